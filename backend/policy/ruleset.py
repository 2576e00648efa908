"""A rule set: the catalogue and the layers of one place, compiled once, then used for every report."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from backend.policy.catalogue import Catalogue
from backend.policy.categories import Category
from backend.policy.effects import Applied
from backend.policy.expression import Expression, ExpressionRefused, compile_expression
from backend.policy.layers import Effective, effective_values, ordered, show
from backend.policy.rulefile import rule_as_dict
from backend.policy.rules import Clause, Layer, Lock, Rank, Rule, Value, Words, rank_of, specificity_of

T = TypeVar("T")
_REFERENCE = re.compile(r"\$((?:[A-Z]\w*\.)?[a-z]\w*)")
APPLIED, NOT_APPLIED, FAILED, OUTWEIGHED = "applied", "not_applied", "failed", "outweighed"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a trace: a rule that was tried, and what came of it, in both languages."""

    rule: str
    clause: str
    version: int
    layer: str
    lock: str
    result: str
    why: Words

    def as_dict(self) -> dict[str, Any]:
        """The step as JSON."""
        return {
            "rule": self.rule, "clause": self.clause, "version": self.version, "layer": self.layer,
            "lock": self.lock, "result": self.result, "why": dict(self.why),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReadyClause:
    """A clause made ready: its condition compiled, its effects filled with the values of the place.

    ``broken`` says why the condition could not be compiled; such a clause fails whenever it is tried.
    """

    clause: Clause
    expression: Expression | None
    broken: str
    then: Mapping[str, Any]
    applied: Step


@dataclass(frozen=True, slots=True)
class ReadyRule:
    """A rule of one layer made ready, with the line a trace shows when none of its clauses hold."""

    rule: Rule
    layer: Layer
    clauses: tuple[ReadyClause, ...]
    not_applied: Step


@dataclass(frozen=True, slots=True)
class Planned:
    """A rule that is tried for one event and category: each clause, and what it gives there when it holds."""

    ready: ReadyRule
    clauses: tuple[tuple[ReadyClause, Applied], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All rules that are tried for one event and category, and the names their conditions look at."""

    rules: tuple[Planned, ...]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The policy of one place, ready for use. Build it with ``compile_ruleset``; share it freely."""

    catalogue: Catalogue
    categories: Mapping[str, Category]
    layers: tuple[Layer, ...]
    values: Mapping[str, Effective]
    numbers: Mapping[str, Any]
    country: str
    rules: tuple[ReadyRule, ...]
    local_steps: Mapping[str, Step]
    version: str
    _kept: dict[tuple[str, ...], Any] = field(default_factory=dict, repr=False, compare=False)
    # What was decided here, by the facts: filled and bounded by ``decide``.
    decided: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def once(self, key: tuple[str, ...], make: Callable[[], T]) -> T:
        """What follows from the policy of the place alone: made when it is first asked for, then kept under ``key``."""
        if key not in self._kept:
            self._kept[key] = make()
        found: T = self._kept[key]
        return found

    def value(self, name: str) -> Value:
        """The value that holds here, such as ``R15.cap_day``. Raises KeyError for a name nobody set."""
        return self.values[name].value

    def whole(self, name: str) -> int | None:
        """A value that is a whole number, or None when nobody set it."""
        held = self.values.get(name)
        return held.value if held is not None and isinstance(held.value, int) else None

    def flag(self, category: Category, name: str, default: bool) -> bool:
        """A category's permission that layers may change, such as ``volunteers``."""
        held = self.values.get(f"{category.code}.{name}")
        return bool(held.value) if held is not None else default

    def category_of(self, code: str, kind: str) -> Category:
        """The category, or how its kind is handled while it has none or one that is not known here."""
        return self.categories.get(code) or self.catalogue.uncategorised[kind]

    def plan(self, event: str, category: Category, kind: str) -> Plan:
        """The rules to try for an event, filtered by category before any condition is evaluated."""
        return self.once(("plan", event, category.code, kind), lambda: _plan(self.rules, event, category, kind))


def compile_ruleset(
    catalogue: Catalogue,
    layers: Sequence[Layer] = (),
    *,
    country: str = "EU",
    at: datetime | None = None,
    categories: Mapping[str, Category] | None = None,
) -> RuleSet:
    """Make the policy of a place ready.

    Args:
        layers: the layers of the areas that cover the place, without the product's own.
        country: whose emergency numbers are shown, a key of ``emergency_numbers.yaml``.
        at: aware time at which the rules are in force; a rule set is built anew when that changes.
        categories: categories that places added, by code; the 39 are always there.

    A rule whose condition cannot be compiled does not stop the others: it fails loudly whenever it is tried.
    """
    chain = ordered((catalogue.product, *layers))
    values = effective_values(chain, at)
    rules = tuple(_ready_rules(chain, values, at))
    return RuleSet(
        catalogue=catalogue,
        categories={**catalogue.categories, **(categories or {})},
        layers=chain,
        values=values,
        numbers=catalogue.numbers.get(country) or catalogue.numbers["EU"],
        country=country,
        rules=rules,
        local_steps=_local_steps(values),
        version=_version(chain, at, country),
    )


def _ready_rules(chain: Sequence[Layer], values: Mapping[str, Effective], at: datetime | None) -> list[ReadyRule]:
    """Rules with clauses; a lower layer replaces a rule of the same id unless it is a floor above."""
    standing: dict[str, tuple[Layer, Rule]] = {}
    for layer in chain:
        for rule in layer.in_force(at):
            held = standing.get(rule.id)
            if rule.clauses and (held is None or held[1].lock is not Lock.FLOOR):
                standing[rule.id] = (layer, rule)
    return [_ready(rule, layer, values) for layer, rule in standing.values()]


def _ready(rule: Rule, layer: Layer, values: Mapping[str, Effective]) -> ReadyRule:
    clauses = tuple(_ready_clause(rule, clause, layer, values) for clause in rule.clauses)
    unless = {
        language: _joined(language, [clause.because[language] for clause in rule.clauses]) for language in ("en", "zh")
    }
    title = _title(rule)
    why = {
        "en": f"{title['en']}: does not apply here; not so: {unless['en']}",
        "zh": f"{title['zh']}：此处不适用；并非{unless['zh']}",
    }
    return ReadyRule(
        rule, layer, clauses, Step(rule.id, "", rule.version, layer.name, rule.lock.value, NOT_APPLIED, why)
    )


def _ready_clause(rule: Rule, clause: Clause, layer: Layer, values: Mapping[str, Effective]) -> ReadyClause:
    expression, broken = None, ""
    try:
        expression = compile_expression(fill(clause.when, rule.id, values))
        then = {name: _filled(effect, rule.id, values) for name, effect in clause.then.items()}
    except (ExpressionRefused, KeyError) as error:
        expression, broken, then = None, f"{error}", dict(clause.then)
    title = _title(rule)
    why = {
        "en": f"{title['en']}: applies because {clause.because['en']}",
        "zh": f"{title['zh']}：适用，因为{clause.because['zh']}",
    }
    step = Step(rule.id, clause.id, rule.version, layer.name, clause.lock.value, APPLIED, why)
    return ReadyClause(clause, expression, broken, then, step)


def fill(when: str, rule_id: str, values: Mapping[str, Effective]) -> str:
    """A condition with its ``$names`` replaced by the values of the place. Raises KeyError for unknown ones.

    A shorter value is padded, so that the position of a later mistake still points at the written text.
    """

    def literal(match: re.Match[str]) -> str:
        name = match.group(1)
        return _literal(values[name if "." in name else f"{rule_id}.{name}"].value).ljust(len(match.group()))

    return _REFERENCE.sub(literal, when)


def _literal(value: Value) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def _filled(effect: Any, rule_id: str, values: Mapping[str, Effective]) -> Any:
    return values[f"{rule_id}.{effect['value']}"].value if isinstance(effect, dict) else effect


def _plan(rules: Sequence[ReadyRule], event: str, category: Category, kind: str) -> Plan:
    planned, names = [], set[str]()
    for ready in rules:
        if event not in ready.rule.driven_by:
            continue
        specific = specificity_of(ready.rule.categories, category.code, kind, category.parent)
        if specific is None:
            continue
        clauses = tuple((one, _result(ready, one, specific)) for one in ready.clauses)
        planned.append(Planned(ready, clauses))
        names |= {name for one in ready.clauses if one.expression for name in one.expression.names}
    return Plan(tuple(planned), frozenset(names))


def _result(ready: ReadyRule, one: ReadyClause, specific: int) -> Applied:
    rank: Rank = rank_of(ready.rule, one.clause, ready.layer, specific)
    return Applied(ready.rule, one.clause, ready.layer, one.then, rank)


def _local_steps(values: Mapping[str, Effective]) -> dict[str, Step]:
    """A trace line for each value that a place changed, saying which layer stands over which."""
    found = {}
    for name, held in values.items():
        if len(held.chain) > 1:
            link = held.standing
            others = [other for other in held.chain if other is not link]
            why = {language: _over(held, others, language) for language in ("en", "zh")}
            found[name] = Step(name, "", link.version, link.layer, link.lock.value, APPLIED, why)
    return found


def _over(held: Effective, others: Sequence[Any], language: str) -> str:
    label = held.label.get(language) or held.name
    value = show(held.value, held.unit, language)
    said = [f"{link.layer} {show(link.value, held.unit, language)}" for link in others]
    if language == "zh":
        return f"{label}：{held.standing.layer}定为 {value}，优先于{'、'.join(said)}"
    return f"{label}: {held.standing.layer} sets {value}, over {', '.join(said)}"


def _title(rule: Rule) -> Words:
    return {language: rule.title.get(language) or rule.id for language in ("en", "zh")}


def _joined(language: str, parts: Sequence[str]) -> str:
    return ("；" if language == "zh" else "; ").join(dict.fromkeys(parts))


def _version(chain: Sequence[Layer], at: datetime | None, country: str) -> str:
    """A fingerprint of every rule in force, stored with each decision (INV-14)."""
    body = [
        (layer.area_id, layer.depth, [(rule.id, rule_as_dict(rule)) for rule in layer.in_force(at)]) for layer in chain
    ]
    text = json.dumps([country, body], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
