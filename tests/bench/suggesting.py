"""(n) A coordinator's look at the suggestions for a request by HTTP, among 50,000 open offers in the database.

The offers are those of the bench of matching (the same town, needs, times and languages), each with a report and an
incident of its own that the coordinator may see. What is measured is the whole call: who asks, whom to compare with, who
was asked how often, who is kept apart, comparing, scoring, words, and the note of who looked.
"""

import json
import random
from collections.abc import Iterable, Iterator
from time import perf_counter
from typing import Any

import psycopg

from backend.aid.matching.facts import Offered, Wanted
from backend.aid.nearness import board_cell, wide_cell
from tests.bench import matching
from tests.bench.figures import Figure, at_most, percentile
from tests.bench.listing import OWNERSHIP, asked, sign_in
from tests.bench.serving import web
from tests.bench.world import STAFF, World

GOAL_MS = 50.0
_ROWS = """
CREATE TEMPORARY TABLE made (incident uuid DEFAULT gen_random_uuid(), report uuid DEFAULT gen_random_uuid(),
  listing uuid DEFAULT gen_random_uuid(), at bigint, kind text, need text, lat float, lon float, cell bigint, wide bigint,
  windows jsonb, amount numeric, languages text[], since timestamptz) ON COMMIT DROP
"""
_INCIDENTS = """
INSERT INTO incident (id, state, phase, grade, category, kind, compartment, lat, lon, cell, area_id, area_ids, opened_at,
  due_at, owner_org_id, owner_desk_id, party_org_ids, diverted, diversion_answered, major, disputed, duty_open,
  safe_mode, words, report_count, cycle, version)
SELECT made.incident, 'triaged', 'respond', 4, made.need, 'aid_' || made.kind, 'aid', lat, lon, made.at, chain.ids[3],
  0::bigint || chain.ids, since, now() + interval '1 day', %(org)s, %(desk)s, ARRAY[%(org)s::uuid], false, true, false,
  false, false, false, '{}', 1, 1, 1 FROM made JOIN chain ON chain.at = made.at %% %(chains)s
"""
_REPORTS = """
INSERT INTO report (id, client_id, incident_id, kind, category, voice, channel, language, anonymous, danger_now, lat, lon,
  received_at, receipt_hash, request_hash, acknowledgement, suggestion, source)
SELECT report, gen_random_uuid(), incident, 'aid_' || kind, need, 'self', 'page', 'en', false, false, lat, lon,
  since, uuid_send(gen_random_uuid()), '', '{}', '{}', uuid_send(gen_random_uuid()) FROM made
"""
_LISTINGS = """
INSERT INTO aid_listing (id, report_id, direction, category, on_board, language, cell, wide_cell, listed_at, waiting_since,
  expires_at, windows, amount, unit, languages, risk)
SELECT listing, report, kind, need, true, 'en', cell, wide, date_trunc('hour', since), since, now() + interval '20 days',
  windows, amount, 'portion', languages, 'doorstep' FROM made
"""


def fill(world: World, connection: psycopg.Connection[Any], facts: Iterable[Wanted | Offered]) -> list[str]:
    """Write them down; the listings of the requests come back."""
    given = {"chains": len(world.chains), "org": world.bodies["City Office"], "desk": world.desks["City Office"]}
    connection.execute("CREATE TEMPORARY TABLE chain (at bigint, ids bigint[]) ON COMMIT DROP")
    connection.execute(_ROWS)
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO chain VALUES (%s, %s)", list(enumerate(world.chains)))
        columns = "(at, kind, need, lat, lon, cell, wide, windows, amount, languages, since)"
        with cursor.copy(f"COPY made {columns} FROM STDIN") as copy:
            for row in _rows(world, facts):
                copy.write_row(row)
    connection.execute("SET LOCAL session_replication_role = replica")
    connection.execute(_INCIDENTS, given)
    for statement in (OWNERSHIP, _REPORTS, _LISTINGS):
        connection.execute(statement)
    found = connection.execute("SELECT listing FROM made WHERE kind = 'request' AND need <> 'AID05'").fetchall()
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE incident, ownership, report, aid_listing")
    connection.autocommit = False
    return [str(listing) for (listing,) in found]


def _rows(world: World, facts: Iterable[Wanted | Offered]) -> Iterator[tuple[Any, ...]]:
    # The town's times begin at a fixed day; here they begin now.
    later = world.now - matching.NOW
    for at, one in enumerate(facts):
        assert one.lat is not None
        assert one.lon is not None
        windows = [{"start": str(start + later), "end": str(end + later)} for start, end in one.windows or ()]
        since = one.since + later if isinstance(one, Wanted) else world.now
        yield (
            at, "request" if isinstance(one, Wanted) else "offer", one.need, one.lat, one.lon,
            board_cell(one.lat, one.lon, "suburban"), wide_cell(one.lat, one.lon), json.dumps(windows), one.amount,
            list(one.languages or ()), since,
        )  # fmt: skip


def run(world: World, *, opened: int = 50_000, requests: int = 200) -> list[Figure]:
    """Measure."""
    chance = random.Random(matching.SEED)
    facts: list[Wanted | Offered] = [*matching.offers(opened, chance), *matching.requests(requests, chance)]
    with web(world.environment) as port, psycopg.connect(world.settings.database_url) as connection:
        listings = fill(world, connection, facts)
        who, took = sign_in(port, STAFF), []
        for listing in listings[:10] + listings:
            began = perf_counter()
            answer = asked(port, "GET", f"/api/v1/aid/listings/{listing}/suggestions", headers=who)
            took.append(1e3 * (perf_counter() - began))
            assert answer["best"] or answer["others"], "nobody to compare with: that would measure nothing"
    name = f"aid: suggestions by HTTP, {opened:,} open offers"
    took = took[10:]  # the first fill caches
    return [at_most(f"{name}, {said}", percentile(took, at), "ms", GOAL_MS) for said, at in (("p50", 50), ("p99", 99))]
