"""What a draft would have changed: past reports decided again, under the rules as they are and as they would be.

Pure: past cases and two policies in, differences out. Only the draft differs between the two, so every difference
is its doing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from backend.policy.decide import decide
from backend.policy.decision import Decision
from backend.policy.facts import Facts
from backend.policy.ruleset import APPLIED, OUTWEIGHED, ReadyClause, RuleSet, Step

COMPARED = (
    "category", "grade", "lead", "owner", "parallel", "fallback", "clocks", "divert", "duty", "safe_mode", "private",
    "auto_triage", "refusal", "needs", "volunteers", "quiet_now",
)  # fmt: skip
# What people ask first: whose grade, owner, offers and clocks would be others.
SUMMARY: Mapping[str, frozenset[str]] = {
    "grade": frozenset({"grade"}),
    "owner": frozenset({"lead", "owner", "refusal"}),
    "offers": frozenset({"lead", "parallel", "fallback", "volunteers"}),
    "clocks": frozenset({"clocks"}),
}
ALWAYS_TOLD = ("grade", "lead", "clocks")
Rules: TypeAlias = Callable[[Sequence[int]], RuleSet]


@dataclass(frozen=True, slots=True)
class Past:
    """A decision that was made: for which incident, at which place (areas from the top down), from what."""

    incident_id: UUID | None
    number: int
    at: datetime | None
    chain: tuple[int, ...]
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """An incident that the draft would have handled otherwise, and the rules that make the difference."""

    past: Past
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    changed: tuple[str, ...]
    rules: tuple[Step, ...]

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "incident_id": str(self.past.incident_id) if self.past.incident_id else None,
            "number": self.past.number, "at": self.past.at.isoformat() if self.past.at else None,
            "changed": list(self.changed), "before": dict(self.before), "after": dict(self.after),
            "rules": [step.as_dict() for step in self.rules],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Simulation:
    """The outcome. ``unreadable`` counts past decisions whose inputs these rules no longer understand."""

    considered: int
    unreadable: int
    counts: Mapping[str, int]
    differences: tuple[Difference, ...]


class Replay:
    """Decides cases under two policies as they hold at ``at``, and counts where they differ. Keeps no case.

    Most rules are the same under both, so what a condition said under the one is not asked again for the other; where
    nothing differs at a place nothing is decided at all.
    """

    def __init__(self, before: Rules, after: Rules, *, at: datetime) -> None:
        self._sides, self._at = (before, after), at
        self._said: dict[str, Any] = {}
        self._ready: dict[tuple[str, str], tuple[RuleSet, RuleSet]] = {}
        self.considered = self.unreadable = self.changed = 0
        self.counts: Counter[str] = Counter()
        self.summary: Counter[str] = Counter(dict.fromkeys(SUMMARY, 0))

    def one(self, past: Past) -> Difference | None:
        """How a case would be handled otherwise; None where it would not, or where its facts cannot be read."""
        self.considered += 1
        facts = _facts(past.inputs)
        if facts is None:
            self.unreadable += 1
            return None
        rules = self._rules(past.chain)
        if rules is None:
            return None
        self._said.clear()
        found = _compare(past, *(decide(facts, one, self._at) for one in rules))
        if found:
            self.changed += 1
            self.counts.update(_kinds(found))
            self.summary.update(name for name, parts in SUMMARY.items() if not parts.isdisjoint(found.changed))
        return found

    def _rules(self, chain: tuple[int, ...]) -> tuple[RuleSet, RuleSet] | None:
        before, after = (side(chain) for side in self._sides)
        if before.version == after.version:
            return None
        # Many places are under the same layers: what is made ready is kept by the rules and not by the place.
        key = before.version, after.version
        if key not in self._ready:
            self._ready[key] = remembering(before, self._said), remembering(after, self._said)
        return self._ready[key]


def replay(past: Iterable[Past], before: Rules, after: Rules, *, at: datetime) -> Simulation:
    """Decide every past case under both policies as they hold at ``at``, and tell where they differ."""
    replayed = Replay(before, after, at=at)
    differences = tuple(found for one in past if (found := replayed.one(one)))
    return Simulation(
        replayed.considered, replayed.unreadable, dict(sorted(replayed.counts.items())), differences
    )  # fmt: skip


def remembering(ruleset: RuleSet, said: dict[str, Any]) -> RuleSet:
    """The same rules, whose conditions look into ``said`` before they are evaluated; empty it for other facts."""
    rules = tuple(
        replace(ready, clauses=tuple(_remembering(clause, said) for clause in ready.clauses)) for ready in ruleset.rules
    )
    return replace(ruleset, rules=rules, _kept={})


def _remembering(clause: ReadyClause, said: dict[str, Any]) -> ReadyClause:
    held = clause.expression
    if held is None or held.constant is not None:
        return clause
    return replace(clause, expression=replace(held, program=_Remembered(held.source, held.program, said)))


class _Remembered:
    """A condition that is evaluated once for the same facts; it stands in for the compiled one."""

    __slots__ = ("_program", "_said", "_source")

    def __init__(self, source: str, program: Any, said: dict[str, Any]) -> None:
        self._source, self._program, self._said = source, program, said

    def eval(self, values: Any) -> Any:
        """The answer, from memory where it is known."""
        answer = self._said.get(self._source)
        if answer is None:
            answer = self._said[self._source] = self._program.eval(values)
        return answer


def _facts(inputs: Mapping[str, Any]) -> Facts | None:
    try:
        return Facts.from_dict(inputs)
    except (TypeError, ValueError):
        return None


def _compare(past: Past, before: Decision, after: Decision) -> Difference | None:
    changed = tuple(name for name in COMPARED if _part(before, name) != _part(after, name))
    if not changed:
        return None
    told = dict.fromkeys((*ALWAYS_TOLD, *changed))
    known = {_key(step) for step in _telling(before)}
    fresh = tuple(step for step in _telling(after) if _key(step) not in known)
    gone = {_key(step) for step in _telling(after)}
    # A rule that the draft takes away makes a difference by its absence.
    rules = fresh or tuple(step for step in _telling(before) if _key(step) not in gone)
    return Difference(past, _told(before, told), _told(after, told), changed, rules)


def _telling(decision: Decision) -> list[Step]:
    return [step for step in decision.trace if step.result in {APPLIED, OUTWEIGHED}]


def _key(step: Step) -> tuple[str, ...]:
    return step.rule, step.clause, step.layer, step.result, step.why["en"]


def _told(decision: Decision, names: Iterable[str]) -> dict[str, Any]:
    return {name: _plain(_part(decision, name)) for name in names}


def _part(decision: Decision, name: str) -> Any:
    if name == "quiet_now":
        return decision.quiet_hours.now
    if name == "volunteers":
        return decision.volunteers.as_dict() if decision.volunteers.allowed else None
    return getattr(decision, name)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _kinds(found: Difference) -> list[str]:
    kinds = [name for name in found.changed if name != "grade"]
    if "grade" in found.changed:
        # G1 is the most urgent.
        kinds.append("grade_raised" if found.after["grade"] < found.before["grade"] else "grade_lowered")
    return kinds
