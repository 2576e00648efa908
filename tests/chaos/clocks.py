"""The clock jumps forward and back by an hour and a day: no rung of a ladder is missed, and none is climbed twice.

``python -m tests.chaos.clocks [--incidents N]``. Linli asks one port for the time (``kernel/clock.py``), and that port is
moved, under a worker that runs: so no library has to be put under every process, and the database's own clock goes on, as
it does when one machine of several is wrong. Whoever has libfaketime gives ``--faketime FILE`` its path and has a worker of its own
process live in the wrong time.
"""

import argparse
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from backend.app import create_app
from backend.kernel.clock import MovableClock
from backend.kernel.database import db
from backend.kernel.embedded import EmbeddedServer
from backend.worker import Worker
from tests.bench.figures import Figure, at_least, at_most
from tests.bench.load import Order, send
from tests.bench.serving import linli, started, web
from tests.bench.world import World, build, reports
from tests.chaos.showing import carry_out, parser
from tests.support.processes import eventually

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Each jump begins where the one before it ended.
JUMPS = (("an hour forward", HOUR), ("an hour back", -HOUR), ("a day forward", DAY), ("a day back", -DAY))
LATE_S = 2.0
CLIMBED_WITHIN_S = 60.0
# Of the clocks that still wait, the next rung: when it is due by the rows themselves.
_DUE = "SELECT count(*) FROM clock c WHERE c.state = 'running' AND c.next_rung_at <= %s"
_TWICE = "SELECT count(*) - count(DISTINCT (clock_id, rung)) FROM escalation"
# A rung without the one below it, or a clock that says it climbed more or fewer than were.
_MISSED = """
SELECT count(*) FROM clock c LEFT JOIN LATERAL (
  SELECT count(*) AS rungs, coalesce(max(rung) - min(rung) + 1, 0) AS span FROM escalation e WHERE e.clock_id = c.id) f ON true
WHERE c.kind IN ('acknowledge', 'contact', 'action') AND (f.rungs <> f.span OR f.rungs <> c.rungs_fired)
"""
_EARLY = "SELECT count(*) FROM escalation WHERE fired_at < due_at"
_TOLD_TWICE = """
SELECT coalesce(sum(times - 1), 0) FROM (SELECT count(*) AS times FROM delivery WHERE template LIKE 'rung%%'
GROUP BY incident_id, template, channel, person_id, desk_id, webhook_id, params) AS same WHERE times > 1
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many incidents have ladders; ``faketime`` is the library, where there is one."""

    incidents: int = 200
    faketime: str = ""


WHOLE = Plan()
SHORT = Plan(incidents=20)


def run(plan: Plan, folder: Path) -> list[Figure]:
    """Measure."""
    (folder / "database").mkdir(parents=True)
    with EmbeddedServer.start(folder / "database") as server:
        world = build(server, folder).copy(server, "linli")
        with web(world.environment) as port:
            half = max(1, plan.incidents // 2)  # some of which have minutes, others days
            for more in ({}, {"kind": "distress", "category": "DS02"}):
                send(Order(port, "POST", "/api/v1/reports", reports(half, seed=1, **more), connections=4))
        with psycopg.connect(world.settings.database_url, autocommit=True) as connection:
            jump = _by_faketime if plan.faketime else _by_port
            with nullcontext() if plan.faketime else _working(world):
                found = [one for name, by in JUMPS for one in jump(plan, world, connection, name, by)]
            return [*found, *_promises(connection)]


def _promises(connection: "psycopg.Connection[Any]") -> list[Figure]:
    def number(query: str) -> int:
        row = connection.execute(query).fetchone()  # type: ignore[arg-type, unused-ignore]
        return int(row[0]) if row else 0

    return [
        at_least("rungs climbed", number("SELECT count(*) FROM escalation"), "", 1),
        at_most("rungs climbed twice", number(_TWICE), "", 0),
        at_most("people told twice of one rung", number(_TOLD_TWICE), "", 0),
        at_most("clocks that missed a rung", number(_MISSED), "", 0),
        at_most("rungs climbed before their time", number(_EARLY), "", 0),
    ]


_clock = MovableClock()


def _by_port(plan: Plan, world: World, connection: "psycopg.Connection[Any]", name: str, by: timedelta) -> list[Figure]:
    """The jump under a worker that runs; how soon all that is then due was climbed."""
    began = time.monotonic()
    now = _clock.advance(seconds=by.total_seconds())
    return _await_climbed(connection, name, now, began)


def _await_climbed(connection: "psycopg.Connection[Any]", name: str, now: datetime, began: float) -> list[Figure]:
    eventually(lambda: connection.execute(_DUE, [now]).fetchone() == (0,), CLIMBED_WITHIN_S)
    left = connection.execute(_DUE, [now]).fetchone()
    assert left
    return [
        at_most(
            f"{name}: rungs that are due and not climbed", left[0], "", 0, note=f"{time.monotonic() - began:.1f} s"
        ),
    ]


@contextmanager
def _working(world: World) -> Iterator[None]:
    """A worker whose time is the movable clock's."""
    app = create_app(world.settings, clock=_clock)
    worker = Worker(app, replace(world.settings, worker_concurrency=2))
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    try:
        time.sleep(1)
        yield
    finally:
        worker.stop()
        thread.join(15)
        with app.app_context():
            db.engine.dispose()


def _by_faketime(
    plan: Plan, world: World, connection: "psycopg.Connection[Any]", name: str, by: timedelta
) -> list[Figure]:
    """A worker process that lives in the wrong time from its start."""
    now = _clock.advance(seconds=by.total_seconds())
    offset = round((now - datetime.now(UTC)).total_seconds())
    wrong = {"LD_PRELOAD": plan.faketime, "FAKETIME": f"{offset:+d}", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    with started(linli("worker"), world.environment | wrong):
        return _await_climbed(connection, name, now, time.monotonic())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run, print, keep."""
    asked = parser("clocks", __doc__)
    asked.add_argument("--incidents", type=int, default=WHOLE.incidents)
    asked.add_argument("--faketime", default="", help="path of libfaketime.so.1")
    carry_out("clocks", asked.parse_args(arguments), _chosen)


def _chosen(chosen: argparse.Namespace, folder: Path) -> list[Figure]:
    return run(
        replace(SHORT, faketime=chosen.faketime) if chosen.short else Plan(chosen.incidents, chosen.faketime), folder
    )


if __name__ == "__main__":
    main()
