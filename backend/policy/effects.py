"""Effects: what a rule may do, as one table, and how the effects of several rules become one answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from backend.policy.facts import GRADES
from backend.policy.rules import Clause, Layer, Rank, Rule


class Merge(StrEnum):
    """How one effect of several rules is brought together."""

    ANY = "any"  # true when one rule says so
    DENY = "deny"  # false when one rule says so
    UNION = "union"  # all entries, in order of the rules
    MOST_URGENT = "most_urgent"  # the highest grade
    MOST = "most"  # the greatest number
    COMPETE = "compete"  # one wins by precedence


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing a rule may do. ``takes`` names what it holds; only ``owner`` may use it, when set."""

    merge: Merge
    takes: str
    owner: str = ""


EFFECTS: Mapping[str, Effect] = MappingProxyType(
    {
        "lead": Effect(Merge.COMPETE, "route"),
        "fallback": Effect(Merge.COMPETE, "routes"),
        "owner": Effect(Merge.COMPETE, "word"),
        "refusal": Effect(Merge.COMPETE, "word"),
        "parallel": Effect(Merge.UNION, "routes"),
        "avoid": Effect(Merge.UNION, "routes"),
        "grade_at_least": Effect(Merge.MOST_URGENT, "grade"),
        "grade_up": Effect(Merge.MOST, "number"),
        "team": Effect(Merge.MOST, "number"),
        "divert": Effect(Merge.ANY, "true"),
        "desk": Effect(Merge.ANY, "true"),
        "safe_mode": Effect(Merge.ANY, "true"),
        "private": Effect(Merge.ANY, "true"),
        "duty": Effect(Merge.ANY, "true"),
        "stay_in_contact": Effect(Merge.ANY, "true"),
        "volunteers": Effect(Merge.DENY, "false"),
        "helplines": Effect(Merge.UNION, "services"),
        "needs": Effect(Merge.UNION, "words"),
        "forbids": Effect(Merge.UNION, "words"),
        "offers": Effect(Merge.UNION, "words"),
        "reviews": Effect(Merge.UNION, "words"),
        "notices": Effect(Merge.UNION, "words"),
        "close_needs": Effect(Merge.UNION, "words"),
        # These open a door that only one floor may open (R04, R06, R07).
        "auto_triage": Effect(Merge.ANY, "true", owner="R04"),
        "police_letters": Effect(Merge.UNION, "letters", owner="R06"),
        "police_standby": Effect(Merge.ANY, "true", owner="R07"),
    }
)
LETTERS = ("a", "b", "c", "d", "e", "f")
COMPETING = tuple(name for name, effect in EFFECTS.items() if effect.merge is Merge.COMPETE)
# Effects that only ever help: a rule about language or voice may have these and nothing else (C07).
PROTECTIVE = frozenset(EFFECTS) - {*COMPETING, "avoid", "auto_triage", "police_letters", "police_standby"}


@dataclass(frozen=True, slots=True)
class Applied:
    """A clause that holds for these facts, with the effects it has at this place and its rank."""

    rule: Rule
    clause: Clause
    layer: Layer
    then: Mapping[str, Any]
    rank: Rank


def combine(applied: Iterable[Applied]) -> dict[str, Any]:
    """All effects but the competing ones, brought together; lists keep their first order."""
    found: dict[str, Any] = {}
    for one in applied:
        for name, value in one.then.items():
            merge = EFFECTS[name].merge
            if merge is Merge.UNION:
                found[name] = _joined(found.get(name, ()), value)
            elif merge is Merge.MOST:
                found[name] = max(found.get(name, 0), value)
            elif merge is Merge.MOST_URGENT:
                found[name] = min(found.get(name, GRADES[-1]), value)
            elif merge is not Merge.COMPETE:
                found[name] = value
    return found


def winner(applied: Sequence[Applied], effect: str, protective: Mapping[Any, Any]) -> Applied | None:
    """The clause whose value of a competing effect stands.

    Args:
        protective: for values in a tie, a key that is smaller for the more protective one.
    """
    wanting = [one for one in applied if effect in one.then]
    if not wanting:
        return None
    best = max(one.rank for one in wanting)
    tied = [one for one in wanting if one.rank == best]
    return min(tied, key=lambda one: (protective.get(one.then[effect], 0), str(one.then[effect])))


def effects_of(applied: Sequence[Applied], protective: Mapping[Any, Any] = MappingProxyType({})) -> dict[str, Any]:
    """All effects of the clauses that hold, competing ones decided by precedence."""
    found = combine(applied)
    for name in COMPETING:
        if won := winner(applied, name, protective):
            found[name] = won.then[name]
    return found


def _joined(held: Sequence[str], more: Sequence[str]) -> tuple[str, ...]:
    return (*held, *(item for item in more if item not in held))
