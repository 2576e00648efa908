"""Clocks, hours and the ladder of a place, from grade and category (taxonomy.md section 8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import time
from functools import lru_cache

from backend.organisations.hours import DAY_AND_NIGHT, EVERY_DAY, Hours, ServiceHours
from backend.policy.catalogue import Rung, default_catalogue
from backend.policy.categories import Category, Change
from backend.policy.layers import Effective, effective_values
from backend.policy.ruleset import RuleSet

Values = Mapping[str, Effective]


def _multiples() -> tuple[float, ...]:
    return shipped_ladder().multiples


def _g1_s() -> tuple[int, ...]:
    return shipped_ladder().g1_s


@dataclass(frozen=True, slots=True)
class Ladder:
    """When rungs are climbed at a place (R03): multiples of a clock's length, and seconds for an acknowledge clock of G1.

    What is not given is as it ships.
    """

    multiples: tuple[float, ...] = field(default_factory=_multiples)
    g1_s: tuple[int, ...] = field(default_factory=_g1_s)

    def offsets_s(self, kind: str, grade: int, length_s: float) -> tuple[int, ...]:
        """Seconds after the start of a clock of ``length_s`` at which each rung is climbed."""
        if kind == "acknowledge" and grade == 1:
            return self.g1_s
        return tuple(round(length_s * multiple) for multiple in self.multiples)


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms clocks of a grade run at a place: their ladder, the hours that count, the longest waiting in seconds.

    ``max_waiting_s`` 0: an incident of this grade never waits.
    """

    ladder: Ladder
    hours: ServiceHours
    max_waiting_s: int

    def at(self, zone: str) -> "Terms":
        """The same terms, with hours in the local time of ``zone``."""
        return replace(self, hours=self.hours.at(zone))


@dataclass(frozen=True, slots=True)
class Rungs:
    """One rung of the ladder for the acknowledge clock: who is added, so many seconds of the clock after its start."""

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
    found = {kind: ruleset.whole(f"{grade}.{kind}_s") for kind in ("acknowledge", "contact", "update", "resolve")}
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


def terms_of(ruleset: RuleSet, grade: str) -> Terms:
    """The terms of a grade such as ``G2`` at the place of ``ruleset``; hours are not yet in its local time."""

    def made() -> Terms:
        only_service = ruleset.catalogue.grades[grade].service_hours_only
        hours = service_hours_in(ruleset.values) if only_service else DAY_AND_NIGHT
        ladder = ladder_in(ruleset.values, ruleset.catalogue.rungs)
        return Terms(ladder, hours, ruleset.whole(f"{grade}.waiting_limit_s") or 0)

    return ruleset.once(("terms", grade), made)


def rungs_of(ladder: Ladder, rungs: Sequence[Rung], grade: str, acknowledge_s: int) -> tuple[Rungs, ...]:
    """When each rung is climbed, in seconds from the start of an acknowledge clock (R03)."""
    offsets = ladder.offsets_s("acknowledge", int(grade[1]), acknowledge_s)
    return tuple(Rungs(rung.number, rung.key, due_s) for rung, due_s in zip(rungs, offsets, strict=True))


def ladder_in(values: Values, rungs: Sequence[Rung]) -> Ladder:
    """When ``rungs`` are climbed by some values, whichever layers they come from."""
    return Ladder(
        tuple(_number(values[f"R03.rung_{rung.number}"]) for rung in rungs),
        tuple(round(_number(values[f"R03.rung_{rung.number}_g1_s"])) for rung in rungs),
    )


def service_hours_in(values: Values) -> ServiceHours:
    """The service hours that some values hold; without a zone yet."""
    days = values["SERVICE.days"].value
    held = frozenset(days if isinstance(days, tuple) else ())
    start, end = (time.fromisoformat(str(values[f"SERVICE.{name}"].value)) for name in ("start", "end"))
    return ServiceHours(frozenset(day for day in EVERY_DAY if day in held), start, end)


def quiet_hours_in(values: Values) -> Hours:
    """The quiet hours that some values hold (R14)."""
    start, end = (time(round(_number(values[f"R14.{name}"]))) for name in ("start", "end"))
    return Hours(start, end)


@lru_cache(maxsize=1)
def _shipped() -> Values:
    return effective_values((default_catalogue().product,))


@lru_cache(maxsize=1)
def shipped_ladder() -> Ladder:
    """The ladder as it ships, before any layer."""
    return ladder_in(_shipped(), default_catalogue().rungs)


@lru_cache(maxsize=1)
def shipped_quiet_hours() -> Hours:
    """The quiet hours as they ship, before any layer."""
    return quiet_hours_in(_shipped())


def _number(held: Effective) -> float:
    if isinstance(held.value, int | float):
        return held.value
    raise TypeError(f"{held.name} is no number")


def _shorter(one: int | None, other: int | None) -> int | None:
    return min((seconds for seconds in (one, other) if seconds is not None), default=None)
