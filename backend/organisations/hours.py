"""Hours of a place: parts of a day, and the hours in which its services work. Pure: times in, times out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY, WEEK = timedelta(days=1), timedelta(days=7)
EVERY_DAY = frozenset(range(1, 8))


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of each day in local time, past midnight when it ends before it starts."""

    start: time
    end: time

    def covers(self, local: time) -> bool:
        """Whether a local time lies inside; the end does not."""
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


def hours_of(start: time | None, end: time | None) -> Hours | None:
    """The hours between two times of which both are known; None where one is not."""
    return Hours(start, end) if start is not None and end is not None else None


@dataclass(frozen=True, slots=True)
class ServiceHours:
    """When the services of a place work: ISO weekdays (Monday is 1), local times, and whose local time it is.

    Hours that end when they start last a whole day; those that end before they start go on until the next day. Where
    no day is a service day, time is counted day and night, so that no promise waits for ever.
    """

    days: frozenset[int]
    start: time
    end: time
    zone: str = "UTC"

    def __post_init__(self) -> None:
        """Raises ValueError for a weekday that there is not: time would never pass."""
        if not self.days <= EVERY_DAY:
            raise ValueError(f"{sorted(self.days - EVERY_DAY)} are no ISO weekdays")

    def at(self, zone: str) -> "ServiceHours":
        """The same hours in the local time of ``zone``."""
        return replace(self, zone=zone)

    @property
    def is_always(self) -> bool:
        """Whether they are day and night."""
        return not self.days or (self.days == EVERY_DAY and self.start == self.end)

    def length(self, promised_s: float) -> timedelta:
        """The service time that a promise of ``promised_s`` seconds stands for: a day of it is a service day.

        What is left of a day is counted in hours, up to a service day. So “24 h” made at ten on a Tuesday end at ten
        on Wednesday, and “8 h” made at two in the afternoon end the next morning.
        """
        promised = timedelta(seconds=max(promised_s, 0.0))
        if self.is_always:
            return promised
        days, rest = divmod(promised, DAY)
        return days * self._a_day + min(rest, self._a_day)

    def moments(self, since: datetime, spent: Iterable[timedelta]) -> dict[timedelta, datetime]:
        """The first moment of service at which each of ``spent`` has passed since ``since``; aware.

        A moment that would fall on closing time is the next opening instead: then somebody is there.
        """
        if self.is_always:
            return {one: since + one for one in spent}
        found: dict[timedelta, datetime] = {}
        ahead, passed = sorted(set(spent), reverse=True), timedelta()
        windows = self._open_from(since)
        while ahead:
            begin, end = next(windows)
            while ahead and ahead[-1] < passed + (end - begin):
                one = ahead.pop()
                found[one] = begin + max(one - passed, timedelta())
            passed += end - begin
        return found

    def end_of(self, promised_s: float, *, since: datetime) -> datetime:
        """When a promise of ``promised_s`` seconds, made at ``since``, is due."""
        length = self.length(promised_s)
        return self.moments(since, [length])[length]

    def between(self, since: datetime, until: datetime) -> timedelta:
        """The service time from ``since`` to ``until``; none where ``until`` is the earlier one."""
        if self.is_always:
            return max(until - since, timedelta())
        passed = timedelta()
        for begin, end in self._open_from(since):
            if begin >= until:
                break
            passed += min(end, until) - begin
        return passed

    @property
    def _a_day(self) -> timedelta:
        """How long a service day is by the clock on the wall."""
        return _span(self.start, self.end)

    def _open_from(self, since: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The service days from ``since`` on, as moments; the first begins at ``since`` when it is open then."""
        # Yesterday's hours may reach past midnight.
        yesterday = since.astimezone(ZoneInfo(self.zone)).date() - DAY
        monday = yesterday - timedelta(days=yesterday.weekday())
        while True:
            for begin, end in _week(self, monday):
                if end > since:
                    yield max(begin, since), end
            monday += WEEK


@lru_cache(maxsize=512)
def _span(start: time, end: time) -> timedelta:
    length = datetime.combine(date.min, end) - datetime.combine(date.min, start)
    return length if length > timedelta() else length + DAY


@lru_cache(maxsize=512)
def _week(hours: ServiceHours, monday: date) -> tuple[tuple[datetime, datetime], ...]:
    """The service days of a week. Kept, because every planned report counts through the same two or three."""
    zone = ZoneInfo(hours.zone)
    days = (monday + timedelta(days=weekday - 1) for weekday in sorted(hours.days))
    closes = timedelta() if hours.start < hours.end else DAY
    return tuple((_moment(day, hours.start, zone), _moment(day + closes, hours.end, zone)) for day in days)


def _moment(day: date, local: time, zone: ZoneInfo) -> datetime:
    """Wall time as a moment: through UTC, so that a change of daylight saving lies between and not inside."""
    return datetime.combine(day, local, zone).astimezone(UTC)


# Clocks of G1 to G3, and whatever a person set for a named moment, never stop (INV-16).
DAY_AND_NIGHT = ServiceHours(EVERY_DAY, time(), time())
