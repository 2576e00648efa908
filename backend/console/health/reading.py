"""The figures that say how Linli is, in a constant number of statements, each by an index or over a short table.

They count and never name: no person, no place, no incident. Ages of what the database stamped are told by its clock,
those of what a process stamped by ours.
"""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.console.health import rules
from backend.console.health.rules import Finding, Lane, Life, Tries
from backend.kernel.database import seeing_all
from backend.kernel.health import expected_revision, found_revision
from backend.kernel.jobs import QUEUES, SWEEPS
from backend.kernel.pulse import program_version

STALLED_S = 30.0  # a job whose worker has said nothing for so long; others take it over after 8 s
LOOKED_BACK = timedelta(hours=1)

_JOBS = text(
    """
    SELECT j.queue_name AS lane, count(*) AS waiting, coalesce(max(extract(epoch FROM now() - coalesce(j.scheduled_at, (
             SELECT min(e.at) FROM procrastinate_events e WHERE e.job_id = j.id)))), 0)::float8 AS oldest_s
    FROM (SELECT id, queue_name, scheduled_at FROM procrastinate_jobs WHERE status = 'todo'
            AND (scheduled_at IS NULL OR scheduled_at <= now()) LIMIT 5000) j
    GROUP BY j.queue_name
    """
)
_LATE = text(
    "SELECT lane, count(*) AS waiting, extract(epoch FROM CAST(:now AS timestamptz) - min(due_at))::float8 AS oldest_s"
    " FROM delivery WHERE state = 'waiting' AND due_at <= :now GROUP BY lane"
)
_TROUBLE = text(
    """
    SELECT (SELECT count(*) FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
            WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => :stalled_s))
           ) AS stalled,
           (SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed') AS failed,
           (SELECT count(*) FROM delivery WHERE state = 'failed' AND created_at > :yesterday) AS undelivered
    """
)
# Of the last hour by channel; the latest in a row that failed are those after the last that did not.
_TRIES = text(
    """
    WITH tried AS (
      SELECT d.channel, a.at, a.id, a.code, a.outcome IN ('retry', 'never') AS failed
      FROM delivery_attempt a JOIN delivery d ON d.id = a.delivery_id WHERE a.at > :since
    ), went AS (SELECT channel, max(id) AS id FROM tried WHERE NOT failed GROUP BY channel)
    SELECT t.channel, count(*) AS tries, count(*) FILTER (WHERE failed) AS failed,
           count(*) FILTER (WHERE failed AND t.id > coalesce(w.id, 0)) AS failed_last,
           (array_agg(t.code ORDER BY t.id DESC) FILTER (WHERE failed))[1] AS code
    FROM tried t LEFT JOIN went w ON w.channel = t.channel GROUP BY t.channel
    """
)
# Those that are down or being tried; of the systems of bodies the one that is so the longest stands for all.
_PROVIDERS = text(
    "SELECT split_part(name, ':', 1) AS channel, (array_agg(reason ORDER BY since))[1] AS reason, min(since) AS since"
    " FROM provider WHERE state <> 'working' GROUP BY 1 ORDER BY 1"
)
_PULSES = text("SELECT kind, beat_at, version, told FROM pulse")


@dataclass(frozen=True, slots=True)
class Pulses:
    """Signs of life by kind, the times at which sweeps last ended, and the age of the last backup."""

    workers: tuple[Life, ...]
    streams: tuple[Life, ...]
    swept_s: Mapping[str, float]
    backup_s: float | None


def look(session: Session, *, channels: frozenset[str], folder: Path, now: datetime) -> list[Finding]:
    """Everything that is looked at, in the order in which it is shown."""
    with seeing_all(session):
        pulses = read_pulses(session, now=now)
        found = [rules.judge_lives("worker", pulses.workers), rules.judge_lives("stream", pulses.streams)]
        if pulses.workers:  # without one nothing sweeps; that is said once
            found.append(rules.judge_sweeps(_sweeps(pulses)))
        found += map(rules.judge_lane, lanes(session, now=now))
        found += look_at_sending(session, channels=channels, now=now)
        found += look_at_jobs(session, now=now)
        found.append(rules.judge_backup(pulses.backup_s))
        database_bytes = session.scalar(text("SELECT pg_database_size(current_database())")) or 0
        found += rules.judge_space(database_bytes=database_bytes, free_bytes=free_bytes(folder))
        lives = (*pulses.workers, *pulses.streams)
        schema = found_revision(session.connection())
        found.append(rules.judge_versions(program_version(), lives, schema, expected_revision()))
    return found


def lanes(session: Session, *, now: datetime) -> list[Lane]:
    """Every lane: what waits in it and how long the oldest has been due, as a job or as a delivery."""
    waiting: dict[str, tuple[int, float]] = dict.fromkeys(QUEUES, (0, 0.0))
    for row in (*session.execute(_JOBS), *session.execute(_LATE, {"now": now})):
        count, oldest_s = waiting.get(row.lane, (0, 0.0))
        waiting[row.lane] = max(count, row.waiting), max(oldest_s, row.oldest_s, 0.0)
    return [Lane(name, *found) for name, found in waiting.items()]


def look_at_sending(session: Session, *, channels: frozenset[str], now: datetime) -> Iterator[Finding]:
    """The channels that are switched on, and those that were used in the last hour."""
    rows = {row.channel: row for row in session.execute(_TRIES, {"since": now - LOOKED_BACK})}
    for name in sorted(channels | rows.keys()):
        row: Any = rows.get(name)
        tries = Tries(name, row.tries, row.failed, row.failed_last, row.code or "") if row else Tries(name)
        yield rules.judge_channel(tries)
    for row in session.execute(_PROVIDERS):
        down_s = max(0.0, (now - row.since).total_seconds())
        yield rules.judge_provider(row.channel, reason=row.reason, down_s=down_s)


def look_at_jobs(session: Session, *, now: datetime) -> Iterator[Finding]:
    """Jobs that lost their worker, jobs that were given up, and messages that reached nobody."""
    found = session.execute(_TROUBLE, {"stalled_s": STALLED_S, "yesterday": now - timedelta(days=1)}).one()
    yield from rules.judge_jobs(stalled=found.stalled, failed=found.failed)
    yield rules.judge_undelivered(found.undelivered)


def read_pulses(session: Session, *, now: datetime) -> Pulses:
    """The signs of life."""
    lives: dict[str, list[Life]] = {"worker": [], "stream": [], "backup": []}
    swept_s: dict[str, float] = {}
    for row in session.execute(_PULSES):
        lives[row.kind].append(Life(max(0.0, (now - row.beat_at).total_seconds()), row.version))
        for name, at in row.told.get("sweeps", {}).items():
            age_s = max(0.0, (now - datetime.fromisoformat(at)).total_seconds())
            swept_s[name] = min(age_s, swept_s.get(name, age_s))
    backup_s = min((one.age_s for one in lives["backup"]), default=None)
    return Pulses(tuple(lives["worker"]), tuple(lives["stream"]), swept_s, backup_s)


def _sweeps(pulses: Pulses) -> list[rules.Sweep]:
    return [rules.Sweep(name, sweep.every_s, pulses.swept_s.get(name)) for name, sweep in SWEEPS.items()]


def free_bytes(folder: Path) -> int:
    """The room that is left where the photos lie."""
    folder = folder.resolve()
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
