"""Telegram's clock, which may run faster than the machine's so that minutes of limits pass in a second."""

import time


class Clock:
    """Seconds since 1970; ``speed`` of them pass in one of the machine's."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed, self._from, self._since = speed, time.time(), time.monotonic()

    def now(self) -> float:
        """The present moment."""
        return self._from + (time.monotonic() - self._since) * self._speed

    @property
    def speed(self) -> float:
        """Seconds of this clock in one of the machine's."""
        return self._speed

    def run(self, speed: float) -> None:
        """Go on from now at another speed."""
        self._from, self._since, self._speed = self.now(), time.monotonic(), speed

    def advance(self, seconds: float) -> None:
        """Jump ahead."""
        self._from += seconds
