"""Finding what an action is about, locked, so that its stream in the journal has one writer at a time."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.areas.models import Area
from backend.kernel.database import SYSTEM, Actor, Base
from backend.kernel.journal import Fact, record
from backend.kernel.problems import Invalid, NotFound
from backend.organisations.models import Organisation, Person
from backend.organisations.refusals import NotActive

Row = TypeVar("Row", bound=Base)


def locked(session: Session, model: type[Row], row_id: UUID) -> Row:
    """The row as it is now, locked until the transaction ends. Raises NotFound."""
    query = select(model).where(model.__table__.c.id == row_id).with_for_update()
    found = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def present_person(session: Session, person_id: UUID) -> Person:
    """A person who has not left, locked. Raises NotFound."""
    person = locked(session, Person, person_id)
    if person.left_at:
        raise NotFound()
    return person


def active_organisation(session: Session, organisation_id: UUID) -> Organisation:
    """An active body, locked. Raises NotFound, NotActive."""
    organisation = locked(session, Organisation, organisation_id)
    if organisation.status != "active":
        raise NotActive(status=organisation.status)
    return organisation


def demand_area(session: Session, area_id: int | None) -> None:
    """Raise Invalid for an area that does not exist; None is everywhere."""
    if area_id is not None and session.get(Area, area_id) is None:
        raise Invalid({"area_id": ["is no area"]})


def actor_of(session: Session) -> Actor:
    """Whom the transaction acts for."""
    found: Actor = session.info.get("actor", SYSTEM)
    return found


def note(session: Session, stream: str, type_: str, *, now: datetime, **payload: Any) -> None:
    """Append one fact to ``stream``; the payload holds ids and codes only."""
    record(session, stream, [Fact(type_, payload)], now=now)
