"""Rules, layers and precedence. Pure: frozen dataclasses in, answers out.

A layer holds the rules of one area. A rule has clauses (when, then) and settings (values with a lock). Lower
layers adapt defaults and tighten floors; they never loosen a floor (INV-9, rules.md section 10).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

Words: TypeAlias = Mapping[str, str]
Scalar: TypeAlias = bool | int | float | str
Value: TypeAlias = Scalar | tuple[Scalar, ...]
NO_WORDS: Words = {"en": "", "zh": ""}


class Lock(StrEnum):
    """What lower layers may do: a floor they tighten, a ceiling they loosen, a default they change."""

    FLOOR = "floor"
    CEILING = "ceiling"
    DEFAULT = "default"
    LOCAL = "local"


class Basis(StrEnum):
    """Why a floor stands; in the order of precedence."""

    LAW = "law"
    SAFETY = "safety"
    RIGHTS = "rights"
    NONE = ""


class Tighter(StrEnum):
    """In which direction a value gets stricter; ``none`` has no direction, so its floor is fixed."""

    LOWER = "lower"
    HIGHER = "higher"
    TRUE = "true"
    FALSE = "false"
    SUPERSET = "superset"
    SUBSET = "subset"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Setting:
    """One value of a rule. ``tighter`` is None where a lower layer only changes the value."""

    name: str
    value: Value
    lock: Lock = Lock.LOCAL
    tighter: Tighter | None = None
    unit: str = ""
    label: Words = field(default_factory=lambda: NO_WORDS)


@dataclass(frozen=True, slots=True)
class Clause:
    """When a condition holds, these effects follow."""

    id: str
    when: str
    because: Words
    then: Mapping[str, Any]
    lock: Lock


@dataclass(frozen=True, slots=True)
class RuleTest:
    """One of a rule's own examples: these facts lead to exactly these effects."""

    name: str
    event: str
    facts: Mapping[str, Any]
    moment: Mapping[str, Any]
    expect: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of a rule in one layer, in force from ``effective_from`` until before ``effective_to``."""

    id: str
    version: int
    lock: Lock
    basis: Basis = Basis.NONE
    title: Words = field(default_factory=lambda: NO_WORDS)
    explanation: Words = field(default_factory=lambda: NO_WORDS)
    driven_by: tuple[str, ...] = ()
    room: str = ""
    categories: tuple[str, ...] = ()
    clauses: tuple[Clause, ...] = ()
    settings: tuple[Setting, ...] = ()
    tests: tuple[RuleTest, ...] = ()
    also_enforced_by: Words = field(default_factory=lambda: NO_WORDS)
    effective_from: datetime | None = None
    effective_to: datetime | None = None

    def is_in_force(self, at: datetime | None) -> bool:
        """Whether the rule holds at ``at``; without a time its dates are not looked at."""
        if at is None:
            return True
        return (self.effective_from is None or self.effective_from <= at) and (
            self.effective_to is None or at < self.effective_to
        )


@dataclass(frozen=True, slots=True)
class Layer:
    """The rules of one area. Depth 0 is the product's own layer; deeper layers cover smaller places."""

    area_id: int | None
    depth: int
    name: str
    rules: tuple[Rule, ...]
    level: str = ""

    def in_force(self, at: datetime | None) -> tuple[Rule, ...]:
        """The newest version of each rule that holds at ``at``, in the order of the layer."""
        newest: dict[str, Rule] = {}
        for rule in self.rules:
            held = newest.get(rule.id)
            if rule.is_in_force(at) and (held is None or rule.version > held.version):
                newest[rule.id] = rule
        return tuple(newest.values())


# How specific a rule's category filter is for a category (precedence, rules.md section 10).
ALL_CATEGORIES, BY_KIND, BY_NAME = 0, 1, 2
_BASIS_RANK = {Basis.LAW: 3, Basis.SAFETY: 2, Basis.RIGHTS: 1, Basis.NONE: 0}
Rank: TypeAlias = tuple[int, int, int, int]


def rank_of(rule: Rule, clause: Clause, layer: Layer, specificity: int) -> Rank:
    """Who wins when two clauses want different things: the greater rank.

    Law floor, safety floor, rights floor; then the most specific place, the most specific category, the newer
    version (rules.md section 10). Equal ranks are an unresolved tie: the more protective value is taken.
    """
    floor = _BASIS_RANK[rule.basis] if clause.lock is Lock.FLOOR else 0
    return (floor, layer.depth, specificity, rule.version)


def specificity_of(filters: Sequence[str], code: str, kind: str, parent: str = "") -> int | None:
    """How specifically a category filter names a category; None when it leaves the category out.

    A filter holds category codes, ``kind:concern`` and the like, or ``uncategorised``; empty means all.
    """
    if not filters:
        return ALL_CATEGORIES
    if (code or "uncategorised") in filters:
        return BY_NAME
    if (parent and parent in filters) or f"kind:{kind}" in filters:
        return BY_KIND
    return None


def is_looser(value: Value, than: Value, tighter: Tighter) -> bool:
    """Whether ``value`` is less strict than ``than``. Where there is no direction, any difference is."""
    return tighten(value, than, tighter) != value


def tighten(value: Value, other: Value, tighter: Tighter) -> Value:
    """The loosest value that is as strict as both; without a direction the other one stands."""
    if tighter in {Tighter.LOWER, Tighter.FALSE}:
        return _least(value, other)
    if tighter in {Tighter.HIGHER, Tighter.TRUE}:
        return _greatest(value, other)
    if isinstance(value, tuple) and isinstance(other, tuple):
        if tighter is Tighter.SUPERSET:
            return value + tuple(item for item in other if item not in value)
        if tighter is Tighter.SUBSET:
            return tuple(item for item in value if item in other)
    return other


def loosen(value: Value, other: Value, tighter: Tighter) -> Value:
    """The strictest value that is as loose as both; the other way round than ``tighten``, for ceilings."""
    return tighten(value, other, _OPPOSITE[tighter])


_OPPOSITE = {
    Tighter.LOWER: Tighter.HIGHER,
    Tighter.HIGHER: Tighter.LOWER,
    Tighter.TRUE: Tighter.FALSE,
    Tighter.FALSE: Tighter.TRUE,
    Tighter.SUPERSET: Tighter.SUBSET,
    Tighter.SUBSET: Tighter.SUPERSET,
    Tighter.NONE: Tighter.NONE,
}


def _least(value: Value, other: Value) -> Value:
    return other if _as_number(other) < _as_number(value) else value


def _greatest(value: Value, other: Value) -> Value:
    return other if _as_number(other) > _as_number(value) else value


def _as_number(value: Value) -> float:
    if isinstance(value, bool | int | float):
        return float(value)
    raise TypeError(f"{value!r} has no order")
