"""The shared demo world of the acceptance scenarios, as far as these rooms go: Qinghe County down to two villages.

Places are nested squares; bodies, desks, mandates, people and shifts are written as they would be after a deployer's
first afternoon. Everybody signs in with ``PASSWORD``.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from backend.areas.actions import import_areas
from backend.areas.models import Area
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.ids import new_id
from backend.kernel.versions import bump
from backend.organisations.models import Desk, Mandate, Shift
from tests.support.people import make_organisation, make_person

LAT, LON = 30.0, 120.0
# id, name, parent, level, level name, corner and side in hundredths of a degree
PLACES = [
    ("qinghe", "Qinghe County", None, 0, "county", 0, 0, 100),
    ("baishi", "Baishi City", "qinghe", 1, "city", 10, 10, 60),
    ("liuyuan", "Liuyuan Town", "baishi", 2, "town", 20, 20, 40),
    ("taohua", "Taohua Village", "liuyuan", 3, "village", 25, 25, 10),
    ("nanmen", "Nanmen Community", "liuyuan", 3, "village", 40, 40, 10),
]
NANMEN = {"lat": 30.45, "lon": 120.45}
TAOHUA = {"lat": 30.30, "lon": 120.30}
OUTSIDE = {"lat": 10.0, "lon": 10.0}

# body: kind, methods, areas where it has its desk, routes it leads there
BODIES: dict[str, tuple[str, tuple[str, ...], str, tuple[str, ...]]] = {
    "Nanmen Residents' Committee": ("residents_committee", ("administrative",), "nanmen", ("NC",)),
    "Nanmen Social Work Station": ("social_work", ("professional_care",), "nanmen", ("SW",)),
    "Crisis Care Team": ("health", ("professional_care",), "baishi", ("CH",)),
    "Baishi Police": ("police", ("enforcement",), "baishi", ("P",)),
    "Baishi Fire": ("government", ("personnel",), "baishi", ("O:fire",)),
    "Baishi Gas": ("enterprise", ("material",), "baishi", ("O:util",)),
    "Baishi Public Works": ("government", ("administrative",), "baishi", ("O:muni",)),
    "Liuyuan Mediators": ("civic", ("mediation",), "liuyuan", ("M",)),
    "Taohua Mediators": ("civic", ("mediation",), "taohua", ("M",)),
}

# What desks are called in Chinese.
CHINESE = {
    "Nanmen Residents' Committee": "南门社区居委会", "Nanmen Social Work Station": "南门社工站",
    "Crisis Care Team": "心理危机干预队", "Baishi Police": "白石公安", "Baishi Fire": "白石消防",
    "Baishi Gas": "白石燃气", "Baishi Public Works": "白石市政", "Liuyuan Mediators": "柳园调解",
    "Taohua Mediators": "桃花调解", "Liuyuan Duty Office": "柳园值班室", "Qinghe Duty Office": "清河值班室",
}  # fmt: skip


@dataclass
class Baishi:
    """What tests need to name."""

    areas: dict[str, int]
    bodies: dict[str, UUID] = field(default_factory=dict)
    desks: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)


def square(x: int, y: int, side: int) -> list[list[list[float]]]:
    """A square's ring, corner and side in hundredths of a degree from the county's corner."""
    left, low, size = LON + x / 100, LAT + y / 100, side / 100
    ring = [[left, low], [left + size, low], [left + size, low + size], [left, low + size], [left, low]]
    return [[[round(lon, 6), round(lat, 6)] for lon, lat in ring]]


def places() -> str:
    """The world's areas as GeoJSON."""
    features = [
        {
            "type": "Feature",
            "properties": {
                "id": code, "name": name, "level": level, "level_name": level_name, "parent_id": parent,
                "country": "CN", "timezone": "Asia/Shanghai",
            },
            "geometry": {"type": "Polygon", "coordinates": square(x, y, side)},
        }
        for code, name, parent, level, level_name, x, y, side in PLACES
    ]  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": features})


def build(app: Flask, session: Session, now: datetime) -> Baishi:
    """Build the world in the session's database and commit it; the session acts for the system afterwards."""
    import_areas(session, document=places(), source="baishi", by="test", now=now)
    _commit(session)
    world = Baishi({row.source_id: row.id for row in session.scalars(select(Area))})
    ring = app.extensions["linli"].keyring
    for name, (kind, methods, place, routes) in BODIES.items():
        org = make_organisation(session, now, name=name, kind=kind, methods=methods)
        world.bodies[name] = org
        desk_kind = "duty" if routes == ("NC",) else "organisation"
        world.desks[name] = add_desk(session, world, name, place, desk_kind)
        for route in routes:
            add_mandate(session, world, name, place, route, now=now)
    for place in ("liuyuan", "qinghe"):
        name = f"{place.title()} Duty Office"
        world.bodies[name] = make_organisation(session, now, name=name)
        world.desks[name] = add_desk(session, world, name, place, "buck_stops", always=True)
    add_people(app, session, world, ring, now)
    _commit(session)
    return world


def add_desk(session: Session, world: Baishi, body: str, place: str, kind: str, *, always: bool = False) -> UUID:
    """A desk of a body at a place."""
    desk = Desk(
        id=new_id(), org_id=world.bodies[body], area_id=world.areas[place], kind=kind, name=f"{body} desk",
        names={"en": f"{body} desk", "zh": f"{CHINESE.get(body, body)}值班席"}, always_staffed=always,
    )  # fmt: skip
    session.add(desk)
    bump(session, "organisations")
    _commit(session)
    return desk.id


def add_mandate(
    session: Session, world: Baishi, body: str, place: str, route: str, *, now: datetime, role: str = "lead"
) -> None:
    """An accepted mandate of a body for a route at a place."""
    session.add(
        Mandate(
            id=new_id(), org_id=world.bodies[body], area_id=world.areas[place], route=route, phase="respond",
            role=role, rights=[], obligations=[], capacity={}, basis="test", valid_from=now - timedelta(days=1),
            state="accepted",
        )
    )  # fmt: skip
    bump(session, "organisations")
    _commit(session)


def add_people(app: Flask, session: Session, world: Baishi, ring: Any, now: datetime) -> None:
    """Staff with a login each, and the shifts of the duty desk."""
    roster: Iterable[tuple[str, str, tuple[str, ...]]] = [
        ("li", "Nanmen Residents' Committee", ("triage", "coordinator")),
        ("zhou", "Nanmen Residents' Committee", ("coordinator",)),
        ("he", "Nanmen Social Work Station", ("social_worker",)),
        ("song", "Crisis Care Team", ("responder",)),
        ("wei", "Baishi Police", ("police",)),
        ("gao", "Baishi Public Works", ("responder",)),
        ("tao", "Taohua Mediators", ("mediator",)),
        ("lin", "Liuyuan Mediators", ("mediator",)),
        ("duty", "Qinghe Duty Office", ("duty_officer", "supervisor", "triage", "administrator")),
    ]
    for login, body, roles in roster:
        world.people[login] = make_person(
            session, ring, now, roles=roles, org=world.bodies[body], login=login, email=f"{login}@example.org"
        )
    # An office works for its whole town or county, whatever desks it has.
    for rank, login in enumerate(("li", "zhou")):
        add_shift(session, world, "Nanmen Residents' Committee", login, now, hours=12, rank=rank)
    for body, login in (("Baishi Police", "wei"), ("Nanmen Social Work Station", "he"), ("Baishi Public Works", "gao")):
        add_shift(session, world, body, login, now, hours=12)


def add_shift(
    session: Session, world: Baishi, body: str, login: str, begin: datetime, *, hours: float, rank: int = 0
) -> None:
    """A shift at a body's desk."""
    during = Range(begin - timedelta(hours=1), begin + timedelta(hours=hours))
    session.add(Shift(id=new_id(), desk_id=world.desks[body], person_id=world.people[login], rank=rank, during=during))
    _commit(session)


def _commit(session: Session) -> None:
    session.commit()
    act_as(session, SYSTEM)
