"""(m) The measures by HTTP for a coordinator who is signed in, over 100,000 incidents with their clocks and deliveries.

Every incident has three clocks, a report, a lead offer and two deliveries; the period takes in all of them. The figures
are exact percentiles over rows, not roll-ups: nothing has to be kept up to date, and a filter may be anything.
"""

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

import psycopg

from tests.bench.figures import Figure, at_most, middle, percentile, spread
from tests.bench.listing import fill, sign_in
from tests.bench.load import Order, send
from tests.bench.serving import web
from tests.bench.world import STAFF, World

INCIDENTS, GOAL_MS = 100_000, 2_000.0
DAYS = "since={since}&until={until}"
PATHS: Mapping[str, str] = {
    "acknowledged, by grade": "/api/v1/measures/times?of=acknowledge&by=grade",
    "first contact, by language": "/api/v1/measures/times?of=contact&by=language",
    "closed, by area": "/api/v1/measures/times?of=close&by=area",
    "acknowledged, by hour": "/api/v1/measures/times?of=acknowledge&by=hour",
    "clocks": "/api/v1/measures/clocks?",
    "load": "/api/v1/measures/load?",
    "duplicates": "/api/v1/measures/duplicates?",
    "deliveries": "/api/v1/measures/deliveries?",
}  # fmt: skip

_AROUND = (
    "UPDATE incident SET acknowledged_at = opened_at + (number % 900) * interval '1 second' WHERE number % 10 > 0",
    """
    INSERT INTO clock (id, incident_id, kind, grade, cycle, started_at, due_at, state, ended_at, rungs_s, rungs_fired, rule)
    SELECT gen_random_uuid(), i.id, k.kind, i.grade, 1, i.opened_at, i.opened_at + interval '10 minutes',
      CASE WHEN i.number % 7 = 0 THEN 'breached' WHEN i.number % 10 = 0 THEN 'running' ELSE 'met' END,
      CASE WHEN i.number % 7 = 0 THEN i.opened_at + interval '1 hour'
           WHEN i.number % 10 > 0 THEN i.opened_at + interval '5 minutes' END, '{}', 0, 'bench'
    FROM incident i CROSS JOIN (VALUES ('acknowledge'), ('contact'), ('resolve')) AS k (kind)
    """,
    """
    INSERT INTO report (id, client_id, incident_id, kind, voice, channel, language, anonymous, danger_now, received_at,
      receipt_hash, request_hash, acknowledgement, suggestion)
    SELECT gen_random_uuid(), gen_random_uuid(), i.id, 'concern', 'witness', 'page',
      CASE WHEN i.number % 3 = 0 THEN 'en' ELSE 'zh' END, false, false, i.opened_at,
      decode(md5(i.id::text), 'hex'), '', '{}', '{}'
    FROM incident i
    """,
    """
    INSERT INTO offer (id, incident_id, part, route, org_id, desk_id, wave, chain_step, state, offered_at, due_at, answered_at)
    SELECT gen_random_uuid(), i.id, 'lead', 'O:muni', i.owner_org_id, i.owner_desk_id, 0, 0,
      CASE WHEN i.number % 9 = 0 THEN 'declined' ELSE 'accepted' END, i.opened_at, i.opened_at + interval '1 hour',
      i.opened_at + (i.number % 600) * interval '1 second'
    FROM incident i
    """,
    """
    INSERT INTO delivery (id, incident_id, desk_id, channel, lane, template, params, language, state, created_at, due_at,
      fence, attempts, handed_over_at)
    SELECT gen_random_uuid(), i.id, i.owner_desk_id, c.channel, 'deliveries', 'report_received_desk', '{}', 'en',
      CASE WHEN i.number % 50 = 0 THEN 'failed' ELSE 'handed_over' END, i.opened_at, i.opened_at, 1, 1,
      CASE WHEN i.number % 50 > 0 THEN i.opened_at + interval '1 second' END
    FROM incident i CROSS JOIN (VALUES ('email'), ('in_app')) AS c (channel)
    """,
)


def surround(connection: psycopg.Connection[Any]) -> None:
    """Give every incident its clocks, a report, an offer and deliveries."""
    connection.execute("SET LOCAL session_replication_role = replica")
    for statement in _AROUND:
        connection.execute(statement)
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE incident, clock, report, offer, delivery")
    connection.autocommit = False


def run(world: World, *, incidents: int = INCIDENTS, requests: int = 5) -> list[Figure]:
    """Measure."""
    with web(world.environment) as port, psycopg.connect(world.settings.database_url) as connection:
        began = perf_counter()
        fill(world, connection, incidents)
        surround(connection)
        filled_s = perf_counter() - began
        days = _days(connection)
        who = sign_in(port, STAFF)
        took = {name: _took(port, f"{path}&{days}", who, requests) for name, path in PATHS.items()}
    note = f"all {incidents:,} in the period; filled in {filled_s:.0f} s"
    return [
        at_most(
            f"measure, {incidents:,} incidents, {name}, p50", middle(ms), "ms", GOAL_MS, note=f"{note}; {spread(ms)}"
        )
        for name, ms in took.items()
    ]


def _days(connection: psycopg.Connection[Any]) -> str:
    row = connection.execute("SELECT min(opened_at)::date - 1, max(opened_at)::date + 1 FROM incident").fetchone()
    assert row
    return DAYS.format(since=row[0], until=row[1])


def _took(port: int, path: str, who: Mapping[str, str], requests: int) -> Sequence[float]:
    answers = send(Order(port, "GET", path, [""] * (requests + 1), headers=who))
    assert {one.status for one in answers} == {200}, answers[0]
    return [percentile([one.ms], 50) for one in answers[1:]]  # the first one fills caches
