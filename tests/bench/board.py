"""(j) A look at the neighbours' board by HTTP, among many listings: the first page around a place, and one deep in it."""

import json
from typing import Any

import psycopg

from backend.aid.nearness import board_cell, wide_cell
from tests.bench.figures import Figure, at_most, middle, percentile, spread
from tests.bench.listing import OWNERSHIP, asked
from tests.bench.load import Order, send
from tests.bench.serving import web
from tests.bench.world import LAT, LON, SIDE, World

GOAL_MS = 50.0
SEARCH = "/api/v1/aid/listings/search"
HERE = {"lat": LAT + SIDE / 2, "lon": LON + SIDE / 2}
DEEP = 40  # pages from the first

_REQUESTS = """
INSERT INTO incident (id, state, phase, grade, category, kind, compartment, lat, lon, cell, area_id, area_ids, opened_at,
  due_at, owner_org_id, owner_desk_id, party_org_ids, diverted, diversion_answered, major, disputed, duty_open,
  safe_mode, words, report_count, cycle, version)
SELECT gen_random_uuid(), 'triaged', 'respond', 4, 'AID01', 'aid_request', 'aid', place.lat, place.lon, place.at,
  chain.ids[3], 0::bigint || chain.ids, now() - place.at * interval '1 minute', now() + interval '1 day', %(org)s,
  %(desk)s, ARRAY[%(org)s::uuid], false, true, false, false, false, false, '{}', 1, 1, 1
FROM place JOIN chain ON chain.at = place.at %% %(chains)s
"""
_REPORTS = """
INSERT INTO report (id, client_id, incident_id, kind, category, voice, channel, language, anonymous, danger_now, lat, lon,
  received_at, receipt_hash, request_hash, acknowledgement, suggestion)
SELECT gen_random_uuid(), gen_random_uuid(), id, 'aid_request', 'AID01', 'self', 'web', 'en', false, false, lat, lon,
  opened_at, uuid_send(gen_random_uuid()), '', '{}', '{}' FROM incident WHERE kind = 'aid_request'
"""
_LISTINGS = """
INSERT INTO aid_listing (id, report_id, direction, category, on_board, language, cell, wide_cell, listed_at, waiting_since,
  expires_at)
SELECT gen_random_uuid(), r.id, 'request', 'AID01', true, 'en', place.cell, place.wide, date_trunc('hour', i.opened_at),
  i.opened_at, now() + interval '14 days'
FROM report r JOIN incident i ON i.id = r.incident_id JOIN place ON place.at = i.cell WHERE i.kind = 'aid_request'
"""


def fill(world: World, connection: psycopg.Connection[Any], count: int) -> None:
    """Put so many requests on the board, spread evenly over the city."""
    given = {"chains": len(world.chains), "org": world.bodies["City Office"], "desk": world.desks["City Office"]}
    side = int(count**0.5) + 1
    spots = [(at, LAT + SIDE * (at // side) / side, LON + SIDE * (at % side) / side) for at in range(count)]
    rows = [(at, lat, lon, board_cell(lat, lon, "suburban"), wide_cell(lat, lon)) for at, lat, lon in spots]
    connection.execute("CREATE TEMPORARY TABLE chain (at bigint, ids bigint[]) ON COMMIT DROP")
    connection.execute(
        "CREATE TEMPORARY TABLE place (at bigint, lat float, lon float, cell bigint, wide bigint) ON COMMIT DROP"
    )
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO chain VALUES (%s, %s)", list(enumerate(world.chains)))
        cursor.executemany("INSERT INTO place VALUES (%s, %s, %s, %s, %s)", rows)
    connection.execute("SET LOCAL session_replication_role = replica")
    connection.execute(_REQUESTS, given)
    for statement in (OWNERSHIP, _REPORTS, _LISTINGS):
        connection.execute(statement)
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE incident, ownership, report, aid_listing")
    connection.autocommit = False


def run(world: World, *, listings: int = 20_000, rounds: int = 3, requests: int = 20) -> list[Figure]:
    """Measure."""
    with web(world.environment) as port, psycopg.connect(world.settings.database_url) as connection:
        fill(world, connection, listings)
        cursors = [None]
        for _ in range(DEEP - 1):
            following = asked(port, "POST", SEARCH, _wanted(cursors[-1]))["next_cursor"]
            cursors.append(following or cursors[-1])
        return [
            _figure(f"the board, {listings:,} listings, {name}, p50", port, _wanted(cursor), rounds, requests)
            for name, cursor in (("first page", None), (f"page {DEEP}", cursors[-1]))
        ]


def _wanted(cursor: str | None) -> str:
    return json.dumps({"near": HERE} | ({"cursor": cursor} if cursor else {}))


def _figure(name: str, port: int, body: str, rounds: int, requests: int) -> Figure:
    took = []
    for at in range(rounds + 1):
        answers = send(Order(port, "POST", SEARCH, [body] * requests))
        if at:  # the first round fills caches
            took.append(percentile([one.ms for one in answers], 50))
    return at_most(name, middle(took), "ms", GOAL_MS, note=spread(took))
