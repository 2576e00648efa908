"""How long it takes to find the nearest 20 of 100,000 responders who may be asked.

``python -m tests.bench.responders`` makes them in a throwaway embedded cluster, searches for a common, a seldom and a
rare skill from places in town and outside, checks each answer against a full scan, and prints both.
"""

import random
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import mean, quantiles
from time import perf_counter
from typing import Any

import psycopg
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from backend.areas.rings import search_cells
from backend.dispatch.waves import find_candidates
from backend.kernel.database import SYSTEM, act_as, engine_options, owner_engine, prepare, sqlalchemy_url
from backend.kernel.ids import new_id
from backend.kernel.migrate import migrate
from backend.organisations.directory import TOP_ORGANISATION_ID
from tests.bench.figures import Figure, at_most, percentile
from tests.support.postgres import cluster, create_database

PEOPLE = 100_000
WANTED = 20
SEARCHES = 300
MEAN_MS, P99_MS = 4.0, 25.0
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
# Shares of people with a skill.
SKILLS = {"company": 0.5, "first_aid": 0.05, "sign_language": 0.001}
TOWN = (24.80, 120.97)

_FULL_SCAN = text(
    "SELECT r.person_id, 12742017.6 * asin(least(1, sqrt(power(sin(radians(r.lat - :lat) / 2), 2)"
    " + cos(radians(:lat)) * cos(radians(r.lat)) * power(sin(radians(r.lon - :lon) / 2), 2)))) AS distance_m"
    " FROM responder r JOIN person p ON p.id = r.person_id AND p.left_at IS NULL"
    " JOIN credential c ON c.person_id = r.person_id AND c.type = :skill AND c.state = 'active'"
    " AND c.level = 'qualified' AND c.valid_to > :now"
    " WHERE r.available AND r.skills @> ARRAY[:skill] AND (r.on_duty_until IS NULL OR r.on_duty_until > :now)"
    " ORDER BY distance_m LIMIT :wanted"
)


def a_place(dice: random.Random) -> tuple[float, float]:
    """Where somebody lives: two thirds in a town of some 5 km, the others in the country around it."""
    spread = 0.03 if dice.random() < 2 / 3 else 0.25
    return dice.gauss(TOWN[0], spread), dice.gauss(TOWN[1], spread)


def populate(dsn: str, dice: random.Random, count: int = PEOPLE) -> None:
    """People, their credentials and where they can be called to."""
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        people = [new_id() for _ in range(count)]
        with cursor.copy("COPY person (id, language, created_at) FROM STDIN") as rows:
            for person in people:
                rows.write_row((person, "en", NOW))
        skills = [[name for name, share in SKILLS.items() if dice.random() < share] for _ in people]
        with cursor.copy("COPY credential (id, person_id, type, level, issued_by, valid_to, state) FROM STDIN") as rows:
            for person, held in zip(people, skills, strict=True):
                for skill in held:
                    valid_to = NOW + timedelta(days=dice.choice([-1, 30, 400, 400]))
                    rows.write_row((new_id(), person, skill, "qualified", "test", valid_to, "active"))
        columns = (
            "person_id, org_id, available, lat, lon, cell_8, cell_6, cell_4, skills, nights, daily_cap, weekly_cap"
        )
        with cursor.copy(f"COPY responder ({columns}, updated_at) FROM STDIN") as rows:
            for person, held in zip(people, skills, strict=True):
                lat, lon = a_place(dice)
                cells = search_cells(lat=lat, lon=lon)
                here = (lat, lon, cells[8], cells[6], cells[4], held, dice.random() < 0.3)
                rows.write_row((person, TOP_ORGANISATION_ID, dice.random() < 0.8, *here, 3, 6, NOW))
    with psycopg.connect(dsn, autocommit=True) as connection:
        # Without this index a rare skill costs two full scans.
        connection.execute(
            "CREATE INDEX IF NOT EXISTS ix_responder_skills ON responder USING gin (skills) WHERE available"
        )
        connection.execute("VACUUM ANALYZE person, responder, credential, offer")


def full_scan(session: Session, values: dict[str, Any]) -> Any:
    """The yardstick: look at everybody."""
    return session.execute(_FULL_SCAN, values).all()


def timed(search: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds that ``search`` takes, and what it finds."""
    began = perf_counter()
    found = search()
    return (perf_counter() - began) * 1000, found


def said(name: str, took_ms: list[float]) -> str:
    """One line of figures."""
    cuts = quantiles(took_ms, n=100)
    return f"{name:<28} mean {mean(took_ms):6.2f} ms   p50 {cuts[49]:6.2f} ms   p99 {cuts[98]:6.2f} ms"


def measure(session: Session, skill: str, places: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Times of the search and of the full scan. Raises AssertionError when they differ in whom they find."""
    ours, theirs = [], []
    for at, (lat, lon) in enumerate(places):
        place: dict[str, Any] = {"lat": lat, "lon": lon, "skill": skill, "now": NOW}
        took_ms, found = timed(partial(find_candidates, session, org_ids=None, limit=WANTED, **place))
        ours.append(took_ms)
        if at % 10 == 0:
            scan = partial(full_scan, session, place | {"wanted": WANTED})
            took_ms, scanned = timed(scan)
            theirs.append(took_ms)
            assert [one.person_id for one in found] == [row.person_id for row in scanned]
    return ours, theirs


def measured(people: int = PEOPLE, searches: int = SEARCHES) -> dict[str, tuple[list[float], list[float]]]:
    """Times of the search and of the full scan in milliseconds, by skill."""
    dice = random.Random(7)
    found = {}
    with tempfile.TemporaryDirectory() as folder, cluster("embedded", Path(folder)) as server:
        dsn = create_database(server, "bench")
        owner = owner_engine(dsn)
        migrate(owner)
        populate(dsn, dice, people)
        engine = create_engine(sqlalchemy_url(dsn), **engine_options(pool_size=1))
        prepare(engine)
        places = [a_place(dice) for _ in range(searches)]
        with Session(engine) as session:
            act_as(session, SYSTEM)
            for skill in SKILLS:
                measure(session, skill, places[:20])
                found[skill] = measure(session, skill, places)
        engine.dispose()
        owner.dispose()
    return found


def run(*, people: int = PEOPLE, searches: int = SEARCHES) -> list[Figure]:
    """The figures: searches of all skills together, beside a scan of everybody."""
    found = measured(people, searches)
    ours = [ms for took, _ in found.values() for ms in took]
    scan = [ms for _, took in found.values() for ms in took]
    name = f"nearest {WANTED} of {people:,} responders with a skill"
    each = ", ".join(f"{skill} {mean(took):.1f} ms" for skill, (took, _) in found.items())
    return [
        at_most(f"{name}, mean", mean(ours), "ms", MEAN_MS, yardstick=mean(scan), note=f"a scan of everybody; {each}"),
        at_most(f"{name}, p99", percentile(ours, 99), "ms", P99_MS, yardstick=percentile(scan, 99)),
    ]


def main() -> None:
    """Print the figures."""
    found = measured()
    for skill, (ours, theirs) in found.items():
        print(said(f"{skill} ({SKILLS[skill]:.1%})", ours))
        print(said("  full scan", theirs))
    print(said("all", [ms for took, _ in found.values() for ms in took]))


if __name__ == "__main__":
    main()
