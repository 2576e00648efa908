"""The city that reports are sent to: 100 areas, ten rules of its own, bodies with desks, mandates and a person on shift.

It is built by the actions that a deployer's first afternoon uses. The server is the embedded one as ``linli up``
starts it: with fsync.
"""

import base64
import json
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from backend.app import create_app
from backend.areas.actions import import_areas
from backend.areas.models import Area
from backend.kernel.database import SYSTEM, act_as, db, owner_engine
from backend.kernel.embedded import EmbeddedServer
from backend.kernel.ids import new_id
from backend.kernel.migrate import migrate
from backend.kernel.versions import bump
from backend.organisations.models import Desk, Mandate, Shift
from backend.policy.actions import import_policy
from backend.settings import Settings
from tests.support.people import make_organisation, make_person
from tests.support.postgres import create_database

KEY = bytes(range(32))
TEMPLATE = "bench_city"
# The city's corner and its side, in degrees: about 10 km.
LAT, LON, SIDE = 24.75, 120.90, 0.09
DISTRICTS, BLOCKS = 3, 10  # 3 x 3 districts of 10 neighbourhoods: with the city 100 areas
# Rules of the city's own: the code, the condition, what follows.
RULES: Sequence[tuple[str, str, dict[str, Any]]] = (
    ("night-noise", 'category == "CN04" && (hour_local >= 22 || hour_local < 6)', {"parallel": ["NC"]}),
    ("many-people", "people_count > 20", {"parallel": ["SW"]}),
    ("with-photo", "photo_count > 0", {"notices": ["received"]}),
    ("no-text", "!has_text", {"needs": ["reason"]}),
    ("anonymous", "anonymous && !has_place", {"needs": ["reason"]}),
    ("weekend", 'weekday_local >= 6 && kind == "aid_request"', {"parallel": ["SW"]}),
    ("repeated", "repeat_30d >= 3", {"parallel": ["NC"]}),
    ("countryside", 'density == "rural" && category in ["CN01", "CN02"]', {"parallel": ["NC"]}),
    ("cold-homes", "no_heat && has_vulnerability", {"grade_at_least": "G2"}),
    ("one-source", "reports_24h_same_source > 10", {"needs": ["reason"]}),
)
TEXTS = (
    "A manhole cover is loose in front of the school, cyclists have to swerve",
    "路灯坏了好几天，晚上过马路看不清，希望尽快修好",
    "The pavement has sunk near the bus stop and people stumble there, number {n}",
    "Rubbish was left beside the stairs of building {n} and blocks the way for prams",
    "小区门口的井盖松动，骑车经过很危险，门牌{n}",
)
# Who signs in: a coordinator of the city, and one who sees a single neighbourhood of ninety.
STAFF, NEIGHBOUR, PASSWORD = "coordinator", "neighbour", "nine small lanterns"


@dataclass(frozen=True, slots=True)
class World:
    """What benchmarks need to name. ``now`` is when it was built; shifts last for a day from then."""

    settings: Settings
    areas: dict[str, int]
    bodies: dict[str, UUID]
    desks: dict[str, UUID]
    now: datetime

    @property
    def chains(self) -> list[list[int]]:
        """The areas over each neighbourhood, from the city down."""
        blocks = ((name, name.partition("n")[0]) for name in self.areas if "n" in name)
        return [[self.areas["city"], self.areas[district], self.areas[block]] for block, district in blocks]

    def copy(self, server: EmbeddedServer, name: str) -> "World":
        """The same city in a database of its own."""
        url = create_database(server.dsn, name, template=TEMPLATE)
        return replace(self, settings=replace(self.settings, database_url=url))

    @property
    def environment(self) -> dict[str, str]:
        """The settings for a process of its own."""
        return {
            "DATABASE_URL": self.settings.database_url, "LINLI_DATA": str(self.settings.data),
            "LINLI_MASTER_KEY": base64.b64encode(KEY).decode(), "LINLI_LOG_LEVEL": "warning",
            "LINLI_SECOND_FACTOR": "offered",
        }  # fmt: skip


@contextmanager
def database_server(folder: Path) -> Iterator[EmbeddedServer]:
    """The embedded server on ``folder``, durable as ``linli up`` has it."""
    with EmbeddedServer.start(folder) as server:
        yield server


def build(server: EmbeddedServer, folder: Path) -> World:
    """Build the city, in a database that is only copied from."""
    database_url = server.ensure_database(TEMPLATE)
    engine = owner_engine(database_url)
    migrate(engine)
    engine.dispose()
    settings = Settings.from_env(
        {}, second_factor="offered", database_url=database_url, data=folder, master_key=KEY, log_level="warning"
    )
    app, now = create_app(settings), datetime.now(UTC)
    with app.app_context():
        session = db.session()
        act_as(session, SYSTEM)
        world = _populate(app, session, settings, now)
        db.session.remove()
        db.engine.dispose()
    return world


def _populate(app: Flask, session: Session, settings: Settings, now: datetime) -> World:
    import_areas(session, document=places(), source="bench", by="bench", now=now)
    _commit(session)
    import_policy(session, document=policy(), by="bench", now=now)
    _commit(session)
    world = World(settings, {row.source_id: row.id for row in session.scalars(select(Area))}, {}, {}, now)
    ring = app.extensions["linli"].keyring
    for name, kind, desk_kind, routes in (
        ("City Office", "government", "duty", ()),
        ("Public Works", "government", "organisation", ("O:muni",)),
        ("Neighbourhood Committee", "residents_committee", "organisation", ("NC",)),
        ("Social Work Station", "social_work", "organisation", ("SW",)),
        ("Mediators", "civic", "organisation", ("M",)),
    ):
        world.bodies[name] = make_organisation(session, now, name=name, kind=kind)
        _seat(session, world, name, desk_kind, routes)
    for login, body, place in (
        (STAFF, "City Office", "city"),
        ("works", "Public Works", "city"),
        (NEIGHBOUR, "Social Work Station", "d00n0"),
    ):
        person = make_person(
            session, ring, now, roles=("coordinator", "triage"), org=world.bodies[body], area=world.areas[place],
            login=login, password=PASSWORD, email=f"{login}@example.org",
        )  # fmt: skip
        during = Range(now - timedelta(hours=1), now + timedelta(hours=24))
        session.add(Shift(id=new_id(), desk_id=world.desks[body], person_id=person, rank=0, during=during))
    _commit(session)
    return world


def _seat(session: Session, world: World, body: str, kind: str, routes: Sequence[str]) -> None:
    """A desk of the body for the whole city, and its mandates."""
    city = world.areas["city"]
    desk = Desk(
        id=new_id(), org_id=world.bodies[body], area_id=city, kind=kind, name=f"{body} desk",
        names={"en": f"{body} desk", "zh": f"{body} 值班席"}, always_staffed=False,
    )  # fmt: skip
    world.desks[body] = desk.id
    session.add(desk)
    for route in routes:
        mandate = Mandate(
            id=new_id(), org_id=world.bodies[body], area_id=city, route=route, phase="respond", role="lead", rights=[],
            obligations=[], capacity={}, basis="bench", valid_from=world.now - timedelta(days=1), state="accepted",
        )  # fmt: skip
        session.add(mandate)
    bump(session, "organisations")
    _commit(session)


def _commit(session: Session) -> None:
    session.commit()
    act_as(session, SYSTEM)


def policy() -> str:
    """The city's layer: ten rules that look at every report."""
    because = {"en": "the city wants it so", "zh": "本市如此规定"}
    rules = {code: {"when": when, "because": because, "then": then} for code, when, then in RULES}
    return json.dumps({"layer": {"area": "city", "name": "Bench City"}, "rules": rules}, ensure_ascii=False)


def places() -> str:
    """The city, nine districts and ninety neighbourhoods as GeoJSON."""
    found = [_feature("city", None, 0, LAT, LON, SIDE, SIDE)]
    side = SIDE / DISTRICTS
    for row in range(DISTRICTS):
        for column in range(DISTRICTS):
            name, lat, lon = f"d{row}{column}", LAT + row * side, LON + column * side
            found.append(_feature(name, "city", 1, lat, lon, side, side))
            strips = (
                _feature(f"{name}n{at}", name, 2, lat + at * side / BLOCKS, lon, side / BLOCKS, side)
                for at in range(BLOCKS)
            )
            found.extend(strips)
    return json.dumps({"type": "FeatureCollection", "features": found})


def _feature(
    name: str, parent: str | None, level: int, lat: float, lon: float, high: float, wide: float
) -> dict[str, Any]:
    corners = [(lon, lat), (lon + wide, lat), (lon + wide, lat + high), (lon, lat + high), (lon, lat)]
    properties = {
        "id": name, "name": name, "parent_id": parent, "level": level, "level_name": ("city", "district", "block")[level],
        "country": "CN", "timezone": "Asia/Shanghai",
    }  # fmt: skip
    ring = [[round(x, 7), round(y, 7)] for x, y in corners]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def report(dice: random.Random, **more: Any) -> dict[str, Any]:
    """A resident's report of a street hazard somewhere in the city: graded, routed and offered by rule (R04)."""
    place = {
        "lat": LAT + dice.uniform(0.001, SIDE - 0.001),
        "lon": LON + dice.uniform(0.001, SIDE - 0.001),
        "accuracy_m": 12,
    }
    text = dice.choice(TEXTS).format(n=dice.randrange(1000))
    return {"client_id": str(uuid4()), "kind": "concern", "category": "CN01", "text": text, "place": place, **more}


def reports(count: int, seed: int, **more: Any) -> list[str]:
    """Bodies of reports, ready to be sent."""
    dice = random.Random(seed)
    return [json.dumps(report(dice, **more), ensure_ascii=False) for _ in range(count)]
