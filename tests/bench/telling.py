"""(e) From a report to the first person told, and from a rung's time to its climbing: a real worker, a real wire.

The time runs from when the resident has the answer until the SMTP server has the letter's last line; that from the
beginning of the request is printed too. Each report is one that a person triages (R04), so that one letter follows:
to whoever is on duty at the desk that owns it.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import psycopg

from tests.bench.figures import Figure, at_most, percentile
from tests.bench.load import Answer, Order, per_second, send
from tests.bench.mailbox import mailbox
from tests.bench.serving import linli, started, web
from tests.bench.world import World, reports
from tests.support.processes import eventually

LATE_S = 1.0
DELIVERED_WITHIN_S = 60.0
WARM_RATE, WARM = 20, 40

Database: TypeAlias = "psycopg.Connection[tuple[object, ...]]"


@dataclass(frozen=True, slots=True)
class Phase:
    """``count`` reports at ``rate`` a second, and within how many milliseconds the first letter of 99 in 100 is there."""

    rate: int
    count: int
    goal_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The phases; how many rungs come due over how many seconds, and then how many more at one moment."""

    phases: Sequence[Phase] = (Phase(5, 100, 50.0), Phase(25, 250), Phase(100, 800, 250.0))
    rungs: int = 100
    rungs_over_s: float = 10.0
    crowd: int = 400


_CATEGORY = "CN12"
_LETTERS = """
SELECT r.client_id, array_agg(d.id) FROM report r JOIN delivery d ON d.incident_id = r.incident_id AND d.channel = 'email'
GROUP BY r.client_id
"""
_WAITING = "SELECT NOT EXISTS (SELECT FROM delivery WHERE state = 'waiting' AND channel = 'email')"
# Rungs of acknowledge clocks that climbed none yet come due one after the other, from two seconds on.
_SOON = """
WITH chosen AS (
  SELECT id, row_number() OVER () AS at FROM clock WHERE kind = 'acknowledge' AND state = 'running'
  AND NOT EXISTS (SELECT FROM escalation e WHERE e.clock_id = clock.id) LIMIT %(rungs)s
), due AS (SELECT id, clock_timestamp() + interval '2 s' + at * %(over_s)s / %(rungs)s * interval '1 s' AS at FROM chosen)
UPDATE clock SET next_rung_at = due.at, rungs_fired = 0, started_at = due.at - rungs_s[1] * interval '1 s'
FROM due WHERE clock.id = due.id
"""


def run(world: World, plan: Plan = Plan()) -> list[Figure]:
    """Measure."""
    with mailbox() as box:
        settings = world.environment | {"LINLI_SMTP_HOST": "127.0.0.1", "LINLI_SMTP_PORT": str(box.port)}
        with (
            web(settings) as port,
            worker(settings),
            psycopg.connect(world.settings.database_url, autocommit=True) as db,
        ):
            _send(port, db, Phase(WARM_RATE, WARM))
            db.execute("ANALYZE")
            sent = [_send(port, db, phase) for phase in plan.phases]
            letters = {str(row[0]): row[1] for row in db.execute(_LETTERS)}  # before rungs send more of them
            late = _rungs(db, plan.rungs, plan.rungs_over_s)
            crowded = _rungs(db, plan.crowd, 0.0)
        arrived = box.letters()
    first_at = {
        client: min(arrived[str(one)] for one in ids) for client, ids in letters.items() if isinstance(ids, list)
    }
    told = (_figures(phase, answers, first_at) for phase, answers in zip(plan.phases, sent, strict=True))
    return [
        *(one for figures in told for one in figures),
        _lateness(f"lateness of a rung, most of {len(late)}", late, LATE_S),
        _lateness(f"lateness of a rung, most of {len(crowded)} that are due at once", crowded),
    ]


def _lateness(name: str, late: Sequence[float], goal_s: float | None = None) -> Figure:
    return at_most(name, max(late), "s", goal_s, note=f"p50 {percentile(late, 50):.2f} s")


@contextmanager
def worker(settings: Mapping[str, str]) -> Iterator[None]:
    """``linli worker``, which has begun."""
    with started(linli("worker"), settings):
        with psycopg.connect(settings["DATABASE_URL"], autocommit=True) as connection:
            begun = "SELECT count(*) > 0 FROM procrastinate_workers"
            assert eventually(lambda: connection.execute(begun).fetchone() == (True,)), "the worker did not begin"
        yield


def _send(port: int, db: Database, phase: Phase) -> dict[str, Answer]:
    """Send the reports of a phase and wait until every letter has left; the answers by client id."""
    bodies = reports(phase.count, seed=phase.rate, category=_CATEGORY)
    most_s = phase.count / phase.rate + 20
    at_once = min(32, phase.rate)
    order = Order(port, "POST", "/api/v1/reports", bodies, connections=at_once, rate=phase.rate, most_s=most_s)
    answers = send(order)
    left = eventually(lambda: db.execute(_WAITING).fetchone() == (True,), DELIVERED_WITHIN_S)
    assert left, "letters are still waiting"
    return {str(json.loads(bodies[one.body])["client_id"]): one for one in answers}


def _rungs(db: Database, rungs: int, over_s: float) -> list[float]:
    """Have rungs come due and return how late each was recorded as climbed, in seconds."""
    before = db.execute("SELECT clock_timestamp()").fetchone()
    chosen = db.execute(_SOON, {"rungs": rungs, "over_s": over_s}).rowcount
    time.sleep(over_s + 2)
    climbed = "SELECT extract(epoch FROM fired_at - due_at)::float8 FROM escalation WHERE due_at > %s"
    found = eventually(lambda: rows if len(rows := db.execute(climbed, before).fetchall()) >= chosen else None)
    assert found, "a rung was not climbed"
    return [float(str(row[0])) for row in found]


def _figures(phase: Phase, answers: Mapping[str, Answer], first_at: Mapping[str, float]) -> list[Figure]:
    answered = [(first_at[client] - answer.ended) * 1000 for client, answer in answers.items()]
    begun = [(first_at[client] - answer.began) * 1000 for client, answer in answers.items()]
    title = f"report to first letter at {phase.rate}/s"
    note = (
        f"from the answer to the letter's last line; p50 {percentile(answered, 50):.1f} ms of {len(answered)};"
        f" {per_second(list(answers.values())):.0f} reports a second were answered"
    )
    return [
        at_most(f"{title}, p99", percentile(answered, 99), "ms", phase.goal_ms, note=note),
        at_most(f"{title}, from the request's beginning, p99", percentile(begun, 99), "ms"),
    ]
