"""The one source of time. Rules never ask it: they are given ``now``."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Anything that can say what time it is."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class MovableClock:
    """A clock for tests and exercises: the machine's time plus an offset that can be changed, or held still."""

    def __init__(self, start: datetime | None = None) -> None:
        self._held = start
        self._offset = timedelta()

    def now(self) -> datetime:
        return (self._held or datetime.now(UTC)) + self._offset

    def advance(self, **duration: float) -> datetime:
        """Move by ``timedelta(**duration)``, which may be negative, and return the new time."""
        self._offset += timedelta(**duration)
        return self.now()
