"""When a silence of the worker or the database is an alarm, and when it is over. Pure: what was seen and ``now`` in, a word out."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

# As on the page of health (QUIET_PROBLEM_S): a worker says every 5 s that it lives.
SILENT = timedelta(seconds=60)
# Whoever did not act is told again.
AGAIN = timedelta(hours=1)


class Trouble(StrEnum):
    """What is wrong; nothing is sent and no ladder climbs meanwhile."""

    NONE = "none"
    WORKER = "worker"
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class Silence:
    """What is wrong since when, and when people were told last."""

    trouble: Trouble = Trouble.NONE
    since: datetime | None = None
    told_at: datetime | None = None


def turn(silence: Silence, seen: Trouble, *, now: datetime) -> tuple[Silence, str]:
    """What follows from what is ``seen``: the new state, and what people are told: ``silent``, ``back`` or nothing."""
    if seen is Trouble.NONE:
        return Silence(), "back" if silence.told_at else ""
    if silence.trouble is Trouble.NONE:
        return Silence(seen, now), ""
    silence = replace(silence, trouble=seen)
    assert silence.since
    is_due = now - (silence.told_at or silence.since) >= (AGAIN if silence.told_at else SILENT)
    return (replace(silence, told_at=now), "silent") if is_due else (silence, "")
