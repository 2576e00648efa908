"""Trying conditions in every world they can tell apart, to find rules that never hold, or collide.

A world gives a value to each name that the conditions look at. Names that are true or false have two values,
numbers those around the constants that are written, texts those of their list. Where that makes too many
worlds, a fixed sample is tried: it can show that something is possible, never that it is not.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from math import prod
from typing import Any

from backend.policy.categories import RISK_CLASSES
from backend.policy.expression import Expression, ExpressionFailed, activation, evaluate
from backend.policy.facts import (
    CHANNELS,
    DENSITIES,
    DERIVED,
    GRADES,
    KINDS,
    READERS,
    SEVERITIES,
    VOICES,
    variable_types,
)
from backend.policy.markers import in_group

MAX_WORLDS = 4096
VOCABULARY: Mapping[str, tuple[str, ...]] = {
    "kind": KINDS,
    "voice": VOICES,
    "density": DENSITIES,
    "channel": CHANNELS,
    "risk_class": RISK_CLASSES,
    "suggested_grade": ("", *GRADES),
    "from_grade": ("", *GRADES),
    "to_grade": ("", *GRADES),
    "severity": ("", *SEVERITIES),
    "reader": ("", *READERS),
}
_BOUNDS = {"hour_local": (0, 23), "weekday_local": (1, 7)}
_NUMBER = re.compile(r"(?<![\w.\"'])\d+(?![\w.\"'])")


@dataclass(frozen=True, slots=True)
class Tried:
    """Which of the conditions held in each world, and whether every world was tried."""

    held: tuple[tuple[bool, ...], ...]
    complete: bool

    def together(self) -> bool:
        """Whether all conditions held in one and the same world."""
        return any(all(answers) for answers in self.held)

    def always(self, number: int) -> bool:
        """Whether a condition held in every world, all having been tried."""
        return self.complete and all(answers[number] for answers in self.held)

    def never(self, number: int) -> bool:
        """Whether a condition held in no world, all having been tried."""
        return self.complete and not any(answers[number] for answers in self.held)

    def implies(self, one: int, other: int) -> bool:
        """Whether the other condition held wherever the one did, all worlds having been tried."""
        return self.complete and all(answers[other] for answers in self.held if answers[one])


def count_worlds(conditions: Sequence[Expression], categories: Sequence[str]) -> int:
    """How many worlds ``try_conditions`` would try."""
    names = frozenset().union(*(condition.names for condition in conditions))
    return min(MAX_WORLDS, prod(len(_domain(name, conditions, categories)) for name in names))


def try_conditions(conditions: Sequence[Expression], categories: Sequence[str], *, most: int = MAX_WORLDS) -> Tried:
    """Try conditions together, in the worlds of reports of these categories, of which at most ``most``."""
    names = sorted(frozenset().union(*(condition.names for condition in conditions)))
    domains = [_domain(name, conditions, categories) for name in names]
    complete = prod(len(domain) for domain in domains) <= most
    worlds = product(*domains) if complete else _sample(domains, most)
    held = [
        tuple(_holds(condition, world) for condition in conditions)
        for values in worlds
        if _is_possible(world := dict(zip(names, values, strict=True)))
    ]
    return Tried(tuple(held), complete)


def _domain(name: str, conditions: Sequence[Expression], categories: Sequence[str]) -> tuple[Any, ...]:
    kind = variable_types()[name]
    if kind == "bool":
        return (False, True)
    written = tuple(dict.fromkeys(text for condition in conditions for text in condition.literals))
    if kind == "int":
        return _numbers(name, conditions)
    if kind == "texts":
        return ([], *([text] for text in written), list(written))
    if name != "category":
        return VOCABULARY.get(name) or (*written, "another")
    others = [code for code in categories if code not in written]
    return (*(code for code in written if code in categories), *others[:1])


def _numbers(name: str, conditions: Sequence[Expression]) -> tuple[int, ...]:
    low, high = _BOUNDS.get(name, (0, None))
    written = {int(found) for condition in conditions for found in _NUMBER.findall(condition.source)}
    near = {low} | {number + step for number in written for step in (-1, 0, 1)}
    return tuple(sorted(number for number in near if number >= low and (high is None or number <= high)))


def _sample(domains: Sequence[Sequence[Any]], most: int) -> Iterator[tuple[Any, ...]]:
    """A fixed sample in which markers are mostly absent, as in real reports."""
    dice = random.Random(0)

    def pick(domain: Sequence[Any]) -> Any:
        return (dice.random() < 0.15) if domain == (False, True) else dice.choice(domain)

    return islice((tuple(pick(domain) for domain in domains) for _ in range(most)), most)


def _is_possible(world: Mapping[str, Any]) -> bool:
    """A marker is never set while its whole group is said to be absent."""

    def is_torn(name: str, group: str) -> bool:
        return world.get(name) is False and any(world.get(marker) for marker in in_group(group))

    return not any(is_torn(name, group) for name, group in DERIVED.items())


def _holds(condition: Expression, world: Mapping[str, Any]) -> bool:
    try:
        return evaluate(condition, activation(world))
    except ExpressionFailed:
        return False
