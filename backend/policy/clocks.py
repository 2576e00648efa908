"""Clocks, quiet hours and the ladder of a decision, from grade and category (taxonomy.md section 8)."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.policy.categories import Category, Change
from backend.policy.ruleset import RuleSet

URGENT = "G1"


@dataclass(frozen=True, slots=True)
class Rungs:
    """One rung of the ladder for the acknowledge clock: who is added, so many seconds after the start."""

    number: int
    key: str
    due_s: int


def clocks_of(
    ruleset: RuleSet,
    category: Category,
    changes: Sequence[Change],
    grade: str,
    lead: str,
    *,
    is_offer: bool,
) -> dict[str, int]:
    """Seconds from the report for each clock; a clock that the grade does not name is left out.

    The category's targets win when shorter; they are for requests and not for offers. Nobody can be contacted
    before somebody acknowledged, so that clock is never longer than the contact clock.
    """
    found = {
        kind: ruleset.whole(f"{grade}.{kind}_s") for kind in ("acknowledge", "contact", "update", "resolve")
    }
    found["action"] = ruleset.whole(f"{grade}.action_s_{lead}") or ruleset.whole(f"{grade}.action_s")
    if not is_offer:
        for kind in ("contact", "action"):
            found[kind] = _shorter(found[kind], target_of(ruleset, category, changes, f"{kind}_s"))
    found["acknowledge"] = _shorter(found["acknowledge"], found["contact"])
    return {kind: seconds for kind, seconds in found.items() if seconds is not None}


def target_of(ruleset: RuleSet, category: Category, changes: Sequence[Change], name: str) -> int | None:
    """A target in seconds, ``contact_s`` or ``action_s``: of the change that holds, else the category's."""
    changed: list[int] = [value for one in changes if (value := getattr(one, name)) is not None]
    own: int | None = getattr(category, name)
    held = ruleset.whole(f"{category.code}.{name}")
    return changed[0] if changed else (own if held is None else held)


def hard_limits_of(ruleset: RuleSet, grade: str) -> dict[str, int]:
    """The limits that a planned matter may only pass with notice, in seconds (G4: 15 days)."""
    limits = {kind: ruleset.whole(f"{grade}.{kind}_hard_s") for kind in ("action", "resolve")}
    return {kind: seconds for kind, seconds in limits.items() if seconds is not None}


def ladder_of(ruleset: RuleSet, grade: str, acknowledge_s: int) -> tuple[Rungs, ...]:
    """When each rung is climbed, in seconds from the start of an acknowledge clock (R03).

    For G1 the rungs are absolute; otherwise they are multiples of the clock's length.
    """
    found = []
    for rung in ruleset.catalogue.rungs:
        absolute = ruleset.whole(f"R03.rung_{rung.number}_g1_s") or 0
        multiple = ruleset.value(f"R03.rung_{rung.number}")
        length = acknowledge_s * multiple if isinstance(multiple, int | float) else 0
        found.append(Rungs(rung.number, rung.key, absolute if grade == URGENT else round(length)))
    return tuple(found)


def is_quiet(hour: int, start: int, end: int) -> bool:
    """Whether a local hour lies in the quiet hours, which may pass midnight (R14)."""
    return start <= hour < end if start <= end else hour >= start or hour < end


def _shorter(one: int | None, other: int | None) -> int | None:
    return min((seconds for seconds in (one, other) if seconds is not None), default=None)
