"""Trying a draft on 10,000 past incidents with 200 rules: how long it takes, and that memory stays flat."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any
from uuid import uuid4

import psycopg
from flask import Flask

from backend.app import create_app
from backend.kernel.database import SYSTEM, Actor, Scope, act_as, db
from backend.policy.actions import import_policy
from backend.policy.catalogue import default_catalogue
from backend.policy.drafts import read_draft
from backend.policy.facts import Facts
from backend.policy.markers import marker_codes
from backend.policy.models import PolicySimulation
from backend.policy.simulating import Asked, _Run, ask
from tests.bench.figures import Figure, at_most
from tests.bench.listing import fill
from tests.bench.rules import CONDITIONS
from tests.bench.world import World

INCIDENTS, RULES = 10_000, 200
GOAL_S, GOAL_GROWTH_MB = 20.0, 30.0
COORDINATOR = Actor("person:00000000-0000-4000-8000-00000000beac", Scope.STAFF, None, (), (0,), ("incident", "aid"))
_DECISIONS = (
    "INSERT INTO decision (id, incident_id, kind, at, inputs, result, trace, policy_version)"
    " VALUES (%s, %s, 'intake', %s, %s, '{}', '[]', 'bench')"
)


def run(world: World, *, incidents: int = INCIDENTS) -> list[Figure]:
    """Measure one simulation as the worker runs it, in this process."""
    with psycopg.connect(world.settings.database_url) as connection:
        fill(world, connection, incidents)
        _decide(connection, incidents)
    app = create_app(world.settings)
    with app.app_context():
        row = _asked(app)
        total, simulation_id = row.total, row.id
        assert total >= incidents
        work, sizes = _Run(app, simulation_id), list[float]()
        began = perf_counter()
        while work.chunk():
            sizes.append(_megabytes())
        took = perf_counter() - began
        act_as(db.session(), SYSTEM)
        done = db.session.get_one(PolicySimulation, simulation_id)
        assert (done.state, done.done, done.unreadable) == ("done", total, 0)
        assert 0 < done.changed < total
        changed = done.changed
        db.session.remove()
        db.engine.dispose()
    growth = sizes[-1] - sizes[len(sizes) // 4]
    note = f"{changed:,} would be handled otherwise; {total / took:,.0f} a second"
    return [
        at_most(f"simulation of {total:,} incidents with {RULES} rules", took, "s", GOAL_S, note=note),
        at_most("simulation, memory from its first quarter to its end", max(growth, 0.0), "MB", GOAL_GROWTH_MB),
    ]


def _asked(app: Flask) -> PolicySimulation:
    session, now = db.session(), datetime.now(UTC)
    shipped = sum("ReportReceived" in rule.driven_by for rule in default_catalogue().product.rules)
    own = (RULES - shipped) // 2
    act_as(session, SYSTEM)
    import_policy(session, document=_layer("", range(own)), by="bench", now=now)
    session.commit()
    act_as(session, SYSTEM)
    import_policy(session, document=_layer("city", range(own, 2 * own)), by="bench", now=now)
    session.commit()
    act_as(session, COORDINATOR)
    draft = read_draft(session, _layer("city", range(own, 2 * own), lead="M"))
    asked = Asked(draft, since=now - timedelta(days=30))
    row = ask(session, asked, actor=COORDINATOR, country=app.extensions["linli"].settings.country, now=now)
    session.commit()
    return row


def _layer(area: str, numbers: range, lead: str = "") -> str:
    """Rules that every report is tried on, and one that leads covers at night elsewhere."""
    because = {"en": "it is so", "zh": "如此"}
    rules: dict[str, Mapping[str, Any]] = {
        f"bench-{n}": {
            "when": CONDITIONS[n % len(CONDITIONS)].format(n=n), "because": because, "then": {"needs": ["reason"]},
        }
        for n in numbers
    }  # fmt: skip
    if lead:
        when = 'category == "CN01" && hour_local >= 20'
        rules |= {"night": {"when": when, "because": because, "then": {"lead": lead}}}
    return json.dumps({"layer": {"area": area, "name": area or "Everywhere"}, "rules": rules}, ensure_ascii=False)


def _decide(connection: psycopg.Connection[Any], count: int) -> None:
    """What was known of each incident when it came in: made up, the same in every run, hardly two alike."""
    dice, book = Random(7), default_catalogue().categories
    codes, flags = sorted(book), sorted(marker_codes())
    held = connection.execute("SELECT id FROM incident ORDER BY number LIMIT %s", (count,)).fetchall()
    now, rows = datetime.now(UTC), []
    for at, (incident_id,) in enumerate(held):
        code = dice.choice(("CN01", *codes))
        facts = Facts(
            kind=book[code].kind, category=code, hour_local=dice.randrange(24), weekday_local=dice.randint(1, 7),
            people_count=dice.randrange(200), photo_count=dice.randrange(4), repeat_30d=dice.randrange(4),
            flags=frozenset(dice.sample(flags, dice.randrange(3))), danger_now=dice.random() < 0.05,
        )  # fmt: skip
        age = timedelta(seconds=at * 240)
        rows.append((uuid4(), incident_id, now - age, json.dumps(facts.as_dict())))
    with connection.cursor() as cursor:
        cursor.executemany(_DECISIONS, rows)
    connection.commit()


def _megabytes() -> float:
    """What this process holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6
