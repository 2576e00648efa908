"""What must happen later: rows are the truth, and a job only says "look at row N".

A job is a row of Procrastinate's table, written in the transaction of the fact that causes it, so that a roll-back
leaves none. Each row of ours has at most one job that waits (the queueing lock), so that sweeps which look for rows
without a job may be run as often as one likes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from flask import Flask
from sqlalchemy import Column, Integer, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

# Queues by lane, the most urgent first, with the priority of a job that names none.
QUEUES: Mapping[str, int] = {"sos": 100, "offers": 50, "deliveries": 20, "upkeep": 10, "bulk": 0}

# Procrastinate's own table, for rows that are written together with others; not part of our metadata.
JOBS = Table(
    "procrastinate_jobs",
    MetaData(),
    Column("queue_name", Text),
    Column("task_name", Text),
    Column("priority", Integer),
    Column("queueing_lock", Text),
    Column("args", JSONB),
)


class Job(NamedTuple):
    """Have ``task`` look at the row ``row_id`` in the queue of ``lane``; higher ``priority`` goes first."""

    task: str
    row_id: UUID
    lane: str
    priority: int | None = None


class Executor(Protocol):
    """A session or a connection: whoever executes in the transaction that the jobs belong to."""

    def execute(self, statement: Any, params: Any = ..., /) -> Any:
        """Run a statement."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Work that looks for due rows: ``look(app)`` returns how many it found; run ``every_s`` seconds."""

    look: Callable[[Flask], int]
    every_s: float = 0.5


@dataclass(frozen=True, slots=True)
class Periodic:
    """Work at times of day, written as ``cron`` in UTC; one worker of all runs it."""

    work: Callable[[Flask], None]
    cron: str


# What a worker runs, by name. Rooms enter theirs through the wiring; entering a name again replaces it.
TASKS: dict[str, Callable[[Flask, UUID], None]] = {}
SWEEPS: dict[str, Sweep] = {}
PERIODIC: dict[str, Periodic] = {}
# Called once while a worker stops, when its running jobs were given their time.
ON_STOP: dict[str, Callable[[Flask], None]] = {}


class UnknownLane(ValueError):
    """A job names a lane that no worker serves: a mistake of ours."""


def job_rows(jobs: Sequence[tuple[str, UUID, str, int | None]]) -> tuple[Table, list[dict[str, Any]]]:
    """The table of jobs and the rows of ``jobs``, for ``insert_all`` together with the rows they look at.

    Only for rows that are born in the same statement: where a row may have a waiting job already, use
    ``defer_rows``. Raises UnknownLane.
    """
    return JOBS, [_row(Job(*job)) for job in jobs]


def _row(job: Job) -> dict[str, Any]:
    if job.lane not in QUEUES:
        raise UnknownLane(job.lane)
    return {
        "queue_name": job.lane,
        "task_name": job.task,
        "priority": QUEUES[job.lane] if job.priority is None else job.priority,
        "queueing_lock": f"{job.task}:{job.row_id}",
        "args": {"row_id": str(job.row_id)},
    }


_DEFER = text(
    "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, queueing_lock, args)"
    " SELECT j.lane, j.task, j.priority, j.task || ':' || j.row_id, jsonb_build_object('row_id', j.row_id)"
    " FROM unnest(CAST(:tasks AS text[]), CAST(:row_ids AS uuid[]), CAST(:lanes AS text[]),"
    " CAST(:priorities AS integer[])) AS j (task, row_id, lane, priority)"
    " ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING"
)


def defer_rows(session: Executor, jobs: Sequence[tuple[str, UUID, str, int | None]]) -> None:
    """Insert ``jobs`` in the present transaction, in one statement; a row that has a waiting job keeps that one.

    Raises UnknownLane.
    """
    rows = [_row(Job(*job)) for job in jobs]
    if rows:
        values = {
            "tasks": [row["task_name"] for row in rows],
            "row_ids": [row["args"]["row_id"] for row in rows],
            "lanes": [row["queue_name"] for row in rows],
            "priorities": [row["priority"] for row in rows],
        }
        session.execute(_DEFER, values)
