"""Who sits at a demo desk when: turns by a plan that depends on the day alone, so that it can be put again."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.organisations.rules.rotas import Turn

# Local hours at which turns begin and end, by the kind of rota. Only the round has a deputy.
SLOTS = {"round": ((6, 14), (14, 22), (22, 6)), "day": ((8, 20),), "call": ((8, 8),)}
DEPUTIES = frozenset({"round"})
AHEAD = timedelta(days=28)


def horizon(zone: str, now: datetime) -> datetime:
    """Until when rotas are planned: the local midnight that begins the day four weeks on."""
    return _at((now.astimezone(ZoneInfo(zone)) + AHEAD).date(), 0, zone)


def turns(
    rota: str, people: Sequence[UUID], *, zone: str, covered_to: datetime | None, now: datetime, end: datetime
) -> list[Turn]:
    """The turns that are missing from ``now`` to ``end``: those that begin at ``covered_to`` or later.

    ``covered_to`` None: nothing is planned yet, and the turn that runs at ``now`` is the first.
    """
    first = max(covered_to or now - timedelta(days=2), now - timedelta(days=2))
    return [turn for turn in _all_turns(rota, people, zone, first, end) if turn.end > now and first <= turn.start < end]


def _all_turns(rota: str, people: Sequence[UUID], zone: str, start: datetime, end: datetime) -> Iterator[Turn]:
    day, last = (moment.astimezone(ZoneInfo(zone)).date() for moment in (start, end))
    slots = SLOTS[rota]
    while day <= last:
        for number, (begins, ends) in enumerate(slots):
            at = day.toordinal() * len(slots) + number
            following = day + timedelta(days=1) if ends <= begins else day
            period = _at(day, begins, zone), _at(following, ends, zone)
            yield Turn(*period, 0, people[at % len(people)])
            if rota in DEPUTIES:
                yield Turn(*period, 1, people[(at + 2) % len(people)])
        day += timedelta(days=1)


def _at(day: date, hour: int, zone: str) -> datetime:
    return datetime.combine(day, time(hour), ZoneInfo(zone)).astimezone(UTC)
