"""Bodies and people of an invented town."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.areas.models import Area
from backend.kernel.database import Actor, Scope, act_as
from backend.kernel.journal import Event
from backend.kernel.sealed import Keyring
from backend.organisations.actions.desks import create_desk
from backend.organisations.models import Desk
from backend.organisations.rules.rotas import Turn
from tests.conftest import NOW
from tests.support.people import make_organisation, make_person


@pytest.fixture
def ring(app: Flask) -> Keyring:
    """The application's keys."""
    found: Keyring = app.extensions["linli"].keyring
    return found


@dataclass(frozen=True, slots=True)
class Town:
    """A council with a last desk of its own, two people for it, and the town's area."""

    area_id: int
    council: UUID
    desk: Desk
    ana: UUID
    bo: UUID


@pytest.fixture
def town(session: Session, ring: Keyring) -> Town:
    """An area at UTC+8, its council, its last desk without an outside staff, a supervisor and a colleague."""
    area = Area(
        source="test", source_id="town", level=2, division="town", division_order=0, name="Town", names={},
        timezone="Asia/Taipei", properties={},
    )  # fmt: skip
    session.add(area)
    session.flush()
    council = make_organisation(session, NOW)
    described = {"org_id": council, "area_id": area.id, "kind": "buck_stops", "name": "Town duty desk"}
    desk = create_desk(session, described, now=NOW)
    ana = make_person(session, ring, NOW, roles=["supervisor"], org=council, login="ana", name="Ana Lin")
    bo = make_person(session, ring, NOW, roles=["coordinator"], org=council, login="bo", name="Bo Chen")
    return Town(area.id, council, desk, ana, bo)


def turn(start: float, end: float, person: UUID, rank: int = 0) -> Turn:
    """A turn by hours from now."""
    return Turn(NOW + timedelta(hours=start), NOW + timedelta(hours=end), rank, person)


def hours(amount: float) -> datetime:
    """A time by hours from now."""
    return NOW + timedelta(hours=amount)


def act_for(session: Session, person_id: UUID, *organisations: UUID) -> None:
    """Let the transaction act for a member of staff who sees no incident at all."""
    act_as(session, Actor(f"person:{person_id}", Scope.STAFF, person_id, organisations, (-1,), ("incident",)))


def events_of(session: Session, stream: str) -> list[str]:
    """The types of a stream's events, in order."""
    found = session.query(Event.type).where(Event.stream == stream).order_by(Event.stream_seq)
    return [type_ for (type_,) in found]


def journal_text(session: Session) -> str:
    """Everything that the journal holds, as text."""
    return str(session.execute(text("SELECT string_agg(payload::text || actor, ' ') FROM event")).scalar_one())
