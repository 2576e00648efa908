"""When a provider counts as down, and when as back. Pure: figures and ``now`` in, the state out."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

WINDOW = timedelta(seconds=60)
LEAST = 5  # tries in the window before they say anything
FAILED_SHARE = 0.5
SLOW_MS = 4000.0  # half of what a try may last: an SOS would have time for few of them
FIRST_WAIT_S, LONGEST_WAIT_S = 15, 300
PROBE_S = 30  # so long the one message that is let through may take, with the recording of it


@dataclass(frozen=True, slots=True)
class Fares:
    """How a provider fares: ``working``, ``down`` or ``trying``; ``wait_s`` grows with each probe that failed."""

    state: str
    since: datetime
    probe_at: datetime | None = None
    wait_s: int = FIRST_WAIT_S
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Tries since the present state began, a minute back at most. ``failed`` leaves out what is the address's fault."""

    tries: int = 0
    failed: int = 0
    median_ms: float = 0.0

    @property
    def trouble(self) -> str:
        """What is wrong, as far as these tell: ``failing``, ``slow`` or nothing."""
        if self.tries and self.failed / self.tries >= FAILED_SHARE:
            return "failing"
        return "slow" if self.median_ms >= SLOW_MS else ""


def turn(fares: Fares | None, figures: Figures, *, now: datetime) -> Fares | None:
    """The state that follows, None where it stays. ``fares`` None: nothing was ever wrong."""
    trouble = figures.trouble
    if fares is None or fares.state == "working":
        if figures.tries < LEAST or not trouble:
            return None
        return Fares("down", now, now + timedelta(seconds=FIRST_WAIT_S), FIRST_WAIT_S, trouble)
    if figures.tries and not trouble:
        return Fares("working", now)  # the probe went, or an SOS did: those go in any case
    if fares.state == "trying":
        if figures.tries:
            return _down_again(fares, min(2 * fares.wait_s, LONGEST_WAIT_S), trouble, now=now)
        if fares.probe_at is not None and fares.probe_at <= now:
            return _down_again(fares, fares.wait_s, fares.reason, now=now)  # whoever tried is gone
    return None


def _down_again(fares: Fares, wait_s: int, reason: str, *, now: datetime) -> Fares:
    return replace(
        fares, state="down", since=now, probe_at=now + timedelta(seconds=wait_s), wait_s=wait_s, reason=reason
    )
