"""Local days and times at a desk as moments, also where clocks change. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


class NoSuchTime(ValueError):
    """The clocks at that place skip this time: they go forward then."""


@dataclass(frozen=True, slots=True)
class LocalDay:
    """A day at a place, from its midnight to the next: 23, 24 or 25 hours long."""

    date: date
    start: datetime
    end: datetime

    @property
    def length_h(self) -> float:
        """How long it is, in hours."""
        return (self.end - self.start) / timedelta(hours=1)


def week_of(day: date, zone: str) -> tuple[LocalDay, ...]:
    """The seven local days of the week in which ``day`` lies, from Monday on."""
    monday = day - timedelta(days=day.weekday())
    midnights = [_midnight(monday + number * DAY, zone) for number in range(8)]
    return tuple(
        LocalDay(monday + number * DAY, midnights[number], midnights[number + 1]) for number in range(7)
    )  # fmt: skip


def _midnight(day: date, zone: str) -> datetime:
    """The first moment of a day: where the clocks skip midnight, the moment to which they skip."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def moment_at(local: datetime, zone: str) -> datetime:
    """The moment at which clocks in ``zone`` show ``local`` (without an offset); the first one where they show it twice.

    So two turns that meet at such a time meet. Raises NoSuchTime.
    """
    at = local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
    if at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local:
        raise NoSuchTime(local.isoformat())
    return at


def days_touching(days: Sequence[LocalDay], start: datetime, end: datetime) -> tuple[date, ...]:
    """The days that a period touches."""
    return tuple(day.date for day in days if day.start < end and start < day.end)
