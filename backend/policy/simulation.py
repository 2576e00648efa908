"""What a draft would have changed: past reports decided again, under the rules as they are and as they would be.

Pure: past cases and two policies in, differences out. Only the draft differs between the two, so every difference
is its doing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from backend.policy.decide import decide
from backend.policy.decision import Decision
from backend.policy.facts import Facts
from backend.policy.ruleset import APPLIED, OUTWEIGHED, RuleSet, Step

COMPARED = (
    "category", "grade", "lead", "parallel", "fallback", "clocks", "divert", "duty", "safe_mode", "private",
    "auto_triage", "refusal",
)  # fmt: skip
ALWAYS_TOLD = ("grade", "lead", "clocks")
Rules: TypeAlias = Callable[[Sequence[int]], RuleSet]


@dataclass(frozen=True, slots=True)
class Past:
    """A decision that was made: for which incident, at which place (areas from the top down), from what."""

    incident_id: UUID
    number: int
    at: datetime
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
            "incident_id": str(self.past.incident_id), "number": self.past.number, "at": self.past.at.isoformat(),
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


def replay(past: Iterable[Past], before: Rules, after: Rules, *, at: datetime) -> Simulation:
    """Decide every past case under both policies as they hold at ``at``, and tell where they differ."""
    counts: Counter[str] = Counter()
    differences, considered, unreadable = [], 0, 0
    for one in past:
        considered += 1
        facts = _facts(one.inputs)
        if facts is None:
            unreadable += 1
            continue
        found = _compare(one, decide(facts, before(one.chain), at), decide(facts, after(one.chain), at))
        if found:
            differences.append(found)
            counts.update(_kinds(found))
    return Simulation(considered, unreadable, dict(sorted(counts.items())), tuple(differences))


def _facts(inputs: Mapping[str, Any]) -> Facts | None:
    try:
        return Facts.from_dict(inputs)
    except (TypeError, ValueError):
        return None


def _compare(past: Past, before: Decision, after: Decision) -> Difference | None:
    changed = tuple(name for name in COMPARED if getattr(before, name) != getattr(after, name))
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
    return {name: _plain(getattr(decision, name)) for name in names}


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
