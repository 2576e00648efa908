"""(d) The list of incidents by HTTP for a coordinator who is signed in, as the number of incidents grows.

Half of the incidents are open. The first page, one deep in the list, and the first page of somebody who sees one
neighbourhood of ninety are asked for, by urgency and by risk.
"""

import json
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection
from time import perf_counter
from typing import Any

import psycopg

from tests.bench.figures import Figure, at_most, middle, percentile, spread
from tests.bench.load import Order, send
from tests.bench.serving import web
from tests.bench.world import NEIGHBOUR, PASSWORD, STAFF, World

SIZES = (1_000, 10_000, 100_000)
GOAL_MS, GOAL_GROWTH = 15.0, 1.5
PATH = "/api/v1/incidents"
DEEP = 10  # pages from the first
PAGE = 50

_INCIDENTS = """
INSERT INTO incident (id, state, phase, grade, category, kind, compartment, lat, lon, cell, area_id, area_ids, opened_at,
  closed_at, due_at, owner_org_id, owner_desk_id, party_org_ids, diverted, diversion_answered, major, disputed, duty_open,
  safe_mode, words, report_count, cycle, version)
SELECT gen_random_uuid(), CASE WHEN n %% 2 = 0 THEN 'received' ELSE 'closed' END, 'respond', 1 + n %% 5, 'CN01', 'concern',
  'incident', %(lat)s, %(lon)s, n, chain.ids[3], 0::bigint || chain.ids, now() - n * interval '1 minute',
  CASE WHEN n %% 2 = 0 THEN NULL ELSE now() END, now() + (n %% 10000) * interval '1 minute', %(org)s, %(desk)s,
  ARRAY[%(org)s::uuid], false, true, false, false, false, false, '{}', 1, 1, 1
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n JOIN chain ON chain.at = n / 2 %% %(chains)s
"""
OWNERSHIP = """
INSERT INTO ownership (id, incident_id, org_id, desk_id, during, by_act, by_actor)
SELECT gen_random_uuid(), i.id, i.owner_org_id, i.owner_desk_id, tstzrange(i.opened_at, NULL), 'intake', 'bench'
FROM incident i WHERE NOT EXISTS (SELECT FROM ownership o WHERE o.incident_id = i.id)
"""
# The list as its owner would write it by hand: no row security, no application.
_BARE = """
SELECT id, number, state, phase, grade, category, kind, compartment, area_id, opened_at, acknowledged_at, closed_at, due_at,
  owner_org_id, owner_desk_id, owner_person_id, diverted, diversion_answered, major, disputed, report_count, version
FROM incident WHERE closed_at IS NULL ORDER BY grade, due_at NULLS LAST, id LIMIT 51
"""


def fill(world: World, connection: psycopg.Connection[Any], count: int) -> None:
    """Let there be ``count`` incidents, each with its owner from its opening on, as the schema demands."""
    held = connection.execute("SELECT count(*) FROM incident").fetchone()
    given = {
        "first": (held[0] if held else 0) + 1, "last": count, "chains": len(world.chains), "lat": 24.8, "lon": 120.95,
        "org": world.bodies["City Office"], "desk": world.desks["City Office"],
    }  # fmt: skip
    connection.execute("CREATE TEMPORARY TABLE chain (at bigint, ids bigint[]) ON COMMIT DROP")
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO chain VALUES (%s, %s)", list(enumerate(world.chains)))
    # What the triggers would check row by row is checked at once below; both tables are written in one go.
    connection.execute("SET LOCAL session_replication_role = replica")
    connection.execute(_INCIDENTS, given)
    connection.execute(OWNERSHIP)
    loose = connection.execute(
        "SELECT count(*) FROM incident i LEFT JOIN ownership o ON o.incident_id = i.id AND upper_inf(o.during)"
        " AND lower(o.during) = i.opened_at AND o.desk_id = i.owner_desk_id WHERE o.id IS NULL"
    ).fetchone()
    assert loose == (0,), "an incident would be without its owner"
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE incident, ownership")
    connection.autocommit = False


def run(world: World, *, sizes: Sequence[int] = SIZES, rounds: int = 3, requests: int = 100) -> list[Figure]:
    """Measure."""
    found: list[Figure] = []
    first_pages: dict[int, float] = {}
    with web(world.environment) as port, psycopg.connect(world.settings.database_url) as connection:
        city, block = sign_in(port, STAFF), sign_in(port, NEIGHBOUR)
        for size in sizes:
            fill(world, connection, size)
            risk = f"{PATH}?sort=risk"
            pages = {
                "first page": (PATH, city), "page 10": (deep(port, city, PATH), city), "neighbourhood": (PATH, block),
                "by risk": (risk, city), "by risk, page 10": (deep(port, city, risk), city),
                "by risk, neighbourhood": (risk, block),
            }  # fmt: skip
            took = measured(port, pages, rounds, requests)
            bare = middle([_bare_ms(connection, requests) for _ in range(rounds)])
            first_pages[size] = middle(took["first page"])
            found += [
                at_most(
                    f"incident list, {size:,} incidents, {name}, p50", middle(of), "ms", GOAL_MS,
                    yardstick=bare if name == "first page" else None,
                    note=f"the page's bare SQL as its owner; {spread(of)}",
                )
                for name, of in took.items()
            ]  # fmt: skip
    growth = first_pages[sizes[-1]] / first_pages[sizes[0]]
    note = f"p50 at {sizes[-1]:,} incidents over that at {sizes[0]:,}"
    return [*found, at_most("incident list, growth", growth, "x", GOAL_GROWTH, note=note)]


def sign_in(port: int, login: str) -> dict[str, str]:
    """Sign in and return the header of the session."""
    answer = asked(port, "POST", "/api/v1/session", json.dumps({"login": login, "password": PASSWORD}))
    return {"Authorization": f"Bearer {answer['token']}"}


def deep(port: int, who: Mapping[str, str], first: str) -> str:
    """The path of a page deep in the list that begins at ``first``, or of the last."""
    path = first
    for _ in range(DEEP - 1):
        following = asked(port, "GET", path, headers=who).get("next_cursor")
        if not following:
            break
        path = f"{first}{'&' if '?' in first else '?'}cursor={following}"
    return path


def measured(
    port: int, pages: Mapping[str, tuple[str, Mapping[str, str]]], rounds: int, requests: int
) -> dict[str, list[float]]:
    """The p50 of each round in milliseconds, by page; pages take turns."""
    took: dict[str, list[float]] = {name: [] for name in pages}
    for at in range(rounds + 1):
        for name, (path, who) in pages.items():
            answers = send(Order(port, "GET", path, [""] * requests, headers=who))
            if at:  # the first round fills caches
                took[name].append(percentile([one.ms for one in answers], 50))
    return took


def asked(
    port: int, method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Call once; the answer, which has to be good."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, body or None, {"Content-Type": "application/json", **(headers or {})})
    answer = connection.getresponse()
    found: dict[str, Any] = json.loads(answer.read())
    connection.close()
    assert answer.status < 300, found
    return found


def _bare_ms(connection: psycopg.Connection[Any], times: int) -> float:
    took = []
    for _ in range(times):
        began = perf_counter()
        connection.execute(_BARE, prepare=True).fetchall()
        took.append((perf_counter() - began) * 1000)
    return percentile(took, 50)
