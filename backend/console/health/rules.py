"""From figures to findings: how bad each thing is, and which words say it. Pure: figures and ages in, findings out.

Where a threshold comes from stands beside it. A finding's ``key`` names its words in ``texts/health.yaml``; the advice
belongs to what the finding is about.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


# A worker says every 5 s that it lives; its jobs are given to others after 8 s (worker.py).
QUIET_WARNING_S, QUIET_PROBLEM_S = 15.0, 60.0
# The first person is told within 2 s (design.md, 1); for others a minute is late.
LANE_WARNING_S: Mapping[str, float] = {"sos": 2.0, "offers": 10.0, "deliveries": 30.0, "upkeep": 300.0, "bulk": 900.0}
LANE_PROBLEM_TIMES = 6  # so many times the warning
FAILED_SHARE_WARNING, FAILED_SHARE_PROBLEM = 0.2, 0.5
FAILED_LEAST = 3  # tries in a row before a channel counts as down
SWEEP_TIMES, SWEEP_LEAST_S = 20.0, 60.0  # a sweep that did not end for so many of its turns
BACKUP_WARNING_S, BACKUP_PROBLEM_S = 26 * 3600.0, 7 * 86400.0  # one a day, with two hours to spare
FREE_WARNING, FREE_PROBLEM = 5 * 2**30, 2**30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: ``about`` it, how it is, the key of its words and what fills them."""

    about: str
    level: Level
    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane of the queue: how many wait and for how long the oldest has been due."""

    name: str
    waiting: int = 0
    oldest_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Tries:
    """A channel in the last hour: tries, how many failed, how many of the latest in a row, and the latest code."""

    channel: str
    tries: int = 0
    failed: int = 0
    failed_last: int = 0
    code: str = ""


@dataclass(frozen=True, slots=True)
class Life:
    """What a process last said: how long ago, for how long it has run, and in which version."""

    age_s: float
    version: str = ""


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep: how often it is to run and how long ago it last ended; None: never, as far as is known."""

    name: str
    every_s: float
    age_s: float | None


def _level(value: float, warning: float, problem: float) -> Level:
    if value >= problem:
        return Level.PROBLEM
    return Level.WARNING if value >= warning else Level.OK


def judge_lane(lane: Lane) -> Finding:
    """Whether a lane keeps its pace."""
    warning_s = LANE_WARNING_S.get(lane.name, 30.0)
    level = _level(lane.oldest_s, warning_s, warning_s * LANE_PROBLEM_TIMES)
    key = "lane.late" if level is not Level.OK else "lane.on_time" if lane.waiting else "lane.empty"
    return Finding("lane", level, key, {"lane": lane.name, "waiting": lane.waiting, "age_s": lane.oldest_s})


def judge_jobs(*, stalled: int, failed: int) -> Iterator[Finding]:
    """Jobs whose worker died, and jobs that were given up (kept for a week)."""
    level = Level.PROBLEM if stalled else Level.OK
    yield Finding("stalled", level, "stalled.some" if stalled else "stalled.none", {"count": stalled})
    level = Level.WARNING if failed else Level.OK
    yield Finding("failed_jobs", level, "failed_jobs.some" if failed else "failed_jobs.none", {"count": failed})


def judge_undelivered(count: int) -> Finding:
    """Messages of the last day that reached nobody by any way."""
    key = "undelivered.some" if count else "undelivered.none"
    return Finding("undelivered", Level.WARNING if count else Level.OK, key, {"count": count})


def judge_channel(tries: Tries) -> Finding:
    """Whether a channel carries messages. A channel that nobody used in the hour says nothing bad of itself."""
    said = {"channel": tries.channel, "tries": tries.tries, "failed": tries.failed, "code": tries.code}
    if not tries.tries:
        return Finding("channel", Level.OK, "channel.unused", said)
    share = tries.failed / tries.tries
    if tries.failed_last >= FAILED_LEAST or (share >= FAILED_SHARE_PROBLEM and tries.tries >= 2 * FAILED_LEAST):
        return Finding("channel", Level.PROBLEM, "channel.failing", said)
    if share >= FAILED_SHARE_WARNING:
        return Finding("channel", Level.WARNING, "channel.stumbling", said)
    return Finding("channel", Level.OK, "channel.working", said)


def judge_provider(channel: str, *, reason: str, down_s: float) -> Finding:
    """A provider that was moved down by itself (dispatch/providers.py); ``reason`` is ``failing`` or ``slow``."""
    return Finding("provider", Level.PROBLEM, f"provider.{reason}", {"channel": channel, "age_s": down_s})


def judge_lives(kind: str, lives: Sequence[Life]) -> Finding:
    """Whether a process of this kind (``worker``, ``stream``) lives: the liveliest counts."""
    if not lives:
        return Finding(kind, Level.PROBLEM, f"{kind}.none")
    age_s = min(one.age_s for one in lives)
    level = _level(age_s, QUIET_WARNING_S, QUIET_PROBLEM_S)
    alive = sum(one.age_s < QUIET_PROBLEM_S for one in lives)
    key = f"{kind}.alive" if level is Level.OK else f"{kind}.quiet"
    return Finding(kind, level, key, {"count": alive, "age_s": age_s})


def judge_sweeps(sweeps: Sequence[Sweep]) -> Finding:
    """Whether all that is looked for again and again (ladder, offers, shifts) still is."""
    late = [
        one.name for one in sweeps if one.age_s is None or one.age_s > max(SWEEP_LEAST_S, one.every_s * SWEEP_TIMES)
    ]
    if late:
        return Finding("sweeps", Level.PROBLEM, "sweeps.late", {"names": ", ".join(sorted(late)), "count": len(late)})
    oldest_s = max((one.age_s or 0.0 for one in sweeps), default=0.0)
    return Finding("sweeps", Level.OK, "sweeps.on_time", {"count": len(sweeps), "age_s": oldest_s})


def judge_backup(age_s: float | None) -> Finding:
    """How old the last backup is that was made by ``linli backup``."""
    if age_s is None:
        return Finding("backup", Level.WARNING, "backup.none")
    level = _level(age_s, BACKUP_WARNING_S, BACKUP_PROBLEM_S)
    return Finding("backup", level, "backup.made" if level is Level.OK else "backup.old", {"age_s": age_s})


def judge_space(*, database_bytes: int, free_bytes: int) -> Iterator[Finding]:
    """How big the database is, and how much room there is beside the photos."""
    yield Finding("database", Level.OK, "database.size", {"bytes": database_bytes})
    level = _level(-free_bytes, -FREE_WARNING, -FREE_PROBLEM)
    yield Finding("disk", level, "disk.room" if level is Level.OK else "disk.little", {"bytes": free_bytes})


def judge_versions(program: str, lives: Sequence[Life], schema: str, expected: str) -> Finding:
    """Whether all processes and the database are of one version."""
    others = sorted({one.version for one in lives if one.age_s < QUIET_PROBLEM_S and one.version != program})
    said = {"program": program, "schema": schema, "others": ", ".join(others)}
    if schema != expected:
        return Finding("versions", Level.PROBLEM, "versions.schema", said | {"expected": expected})
    key = "versions.mixed" if others else "versions.same"
    return Finding("versions", Level.WARNING if others else Level.OK, key, said)


def worst(findings: Sequence[Finding]) -> Level:
    """The state of the whole: that of the worst of its parts."""
    order = list(Level)
    return max((one.level for one in findings), key=order.index, default=Level.OK)
