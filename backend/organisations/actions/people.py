"""People and their roles. Names and addresses are sealed under the person's own key."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from backend.kernel.database import insert_all
from backend.kernel.etags import demand_match
from backend.kernel.hooks import Departure, depart
from backend.kernel.ids import new_id
from backend.kernel.problems import NotFound
from backend.kernel.sealed import Keyring, Seal, record_key_table, seal_of
from backend.organisations.actions.chats import end_links
from backend.organisations.actions.duty import go_off_duty
from backend.organisations.actions.finding import (
    active_organisation,
    demand_area,
    locked,
    note,
    present_person,
)
from backend.organisations.actions.turns import end_turns
from backend.organisations.models import ChatLink, Desk, Organisation, Person, Responder, RoleAssignment, Shift
from backend.organisations.refusals import LastAdministrator, PoliceWall
from backend.organisations.rules.people import breaks_police_wall

SEALED = ("name", "email", "phone")


def create_person(session: Session, ring: Keyring, described: Mapping[str, Any], *, now: datetime) -> Person:
    """Enter a person, with a first role when one is named.

    ``described``: name, email, phone, language, timezone in the clear; role, organisation_id, area_id. Raises
    NotFound, NotActive, Invalid, PoliceWall.
    """
    person_id = new_id()
    seal = Seal.fresh(person_id)
    person = Person(
        id=person_id,
        language=described.get("language", "en"),
        timezone=described.get("timezone"),
        created_at=now,
        **{name: seal.close(name, described.get(name)) for name in SEALED},
    )
    session.add(person)
    session.flush()
    insert_all(session, {record_key_table(): [seal.row(ring, now)]})
    note(session, f"person:{person_id}", "PersonEntered", now=now, language=person.language)
    if "role" in described:
        first: dict[str, Any] = {name: described.get(name) for name in ("role", "organisation_id", "area_id")}
        assign_role(session, person_id, **first, now=now)
    return person


def update_person(
    session: Session,
    ring: Keyring,
    person_id: UUID,
    changes: Mapping[str, Any],
    *,
    if_match: str | None = None,
    now: datetime,
) -> Person:
    """Change a person's name, addresses, language or local time. Raises NotFound, Conflict, Unreadable."""
    person = present_person(session, person_id)
    demand_match(person, if_match)
    seal = seal_of(session, ring, person_id)
    for name, value in changes.items():
        setattr(person, name, seal.close(name, value) if name in SEALED else value)
    if "email" in changes:
        person.email_bounced_at = None  # a letter to the new one has not come back
    session.flush()
    note(session, f"person:{person_id}", "PersonChanged", now=now, changed=sorted(changes))
    return person


def leave(session: Session, person_id: UUID, *, if_match: str | None = None, now: datetime) -> Person:
    """A person leaves: roles, turns, duty and the linked chat end, and what they answered for has new owners at once.

    A last desk that is left uncovered is named in the journal. Raises NotFound, Conflict, LastAdministrator.
    """
    person = present_person(session, person_id)
    demand_match(person, if_match)
    own = RoleAssignment.person_id == person_id
    roles = list(session.scalars(select(RoleAssignment).where(own, _holds(now))))
    if any(role.role == "administrator" for role in roles):
        _demand_other_administrator(session, own, now=now)
    for role in roles:
        role.until = now
    person.left_at = now
    session.flush()
    end_turns(session, Shift.person_id == person_id, now=now)
    go_off_duty(session, person_id, now=now)
    end_links(session, ChatLink.person_id == person_id, now=now)
    note(session, f"person:{person_id}", "PersonLeft", now=now)
    depart(session, Departure(person_id=person_id), now=now)
    return person


def assign_role(
    session: Session,
    person_id: UUID,
    *,
    role: str,
    organisation_id: UUID,
    area_id: int | None = None,
    until: datetime | None = None,
    now: datetime,
) -> RoleAssignment:
    """Give a person a role in a body, everywhere or in one area, from now on.

    The same role again only moves its end. Raises NotFound, NotActive, Invalid, PoliceWall.
    """
    present_person(session, person_id)
    organisation = active_organisation(session, organisation_id)
    demand_area(session, area_id)
    if breaks_police_wall(role, organisation.kind, _kinds_of(session, person_id, now)):
        raise PoliceWall()
    assigned = _held(session, person_id, now, role=role, org_id=organisation_id, area_id=area_id) or RoleAssignment(
        id=new_id(), person_id=person_id, org_id=organisation_id, area_id=area_id, role=role, since=now
    )
    assigned.until = until
    session.add(assigned)
    session.flush()
    payload = {"role_id": assigned.id, "role": role, "org_id": organisation_id, "area_id": area_id}
    note(session, f"person:{person_id}", "RoleAssigned", now=now, until=until, **payload)
    return assigned


def end_role(session: Session, person_id: UUID, role_id: UUID, *, now: datetime) -> RoleAssignment:
    """End a role; with the last one in a body, turns at its desks end and ownership there moves on.

    Raises NotFound, LastAdministrator.
    """
    present_person(session, person_id)
    role = locked(session, RoleAssignment, role_id)
    if role.person_id != person_id or (role.until and role.until <= now):
        raise NotFound()
    if role.role == "administrator":
        _demand_other_administrator(session, RoleAssignment.id == role.id, now=now)
    role.until = now
    session.flush()
    payload = {"role_id": role.id, "role": role.role, "org_id": role.org_id}
    note(session, f"person:{person_id}", "RoleEnded", now=now, **payload)
    _leave_body(session, person_id, role.org_id, now=now)
    return role


def _leave_body(session: Session, person_id: UUID, organisation_id: UUID, *, now: datetime) -> None:
    in_body = (RoleAssignment.person_id == person_id, RoleAssignment.org_id == organisation_id)
    if session.scalar(select(RoleAssignment.id).where(*in_body, _holds(now)).limit(1)):
        return
    desks = select(Desk.id).where(Desk.org_id == organisation_id)
    end_turns(session, Shift.person_id == person_id, Shift.desk_id.in_(desks), now=now)
    responder = session.get(Responder, person_id)
    if responder and responder.org_id == organisation_id:
        go_off_duty(session, person_id, now=now)
    depart(session, Departure(person_id=person_id, organisation_id=organisation_id), now=now)


def _demand_other_administrator(session: Session, leaving: ColumnElement[bool], *, now: datetime) -> None:
    others = (
        select(func.count())
        .select_from(RoleAssignment)
        .join(Person, and_(Person.id == RoleAssignment.person_id, Person.left_at.is_(None)))
        .where(RoleAssignment.role == "administrator", _holds(now), ~leaving)
    )
    if not session.scalar(others):
        raise LastAdministrator()


def _holds(now: datetime) -> ColumnElement[bool]:
    return or_(RoleAssignment.until.is_(None), RoleAssignment.until > now)


def _kinds_of(session: Session, person_id: UUID, now: datetime) -> set[str]:
    query = select(Organisation.kind).join(RoleAssignment, RoleAssignment.org_id == Organisation.id)
    return set(session.scalars(query.where(RoleAssignment.person_id == person_id, _holds(now))))


def _held(
    session: Session, person_id: UUID, now: datetime, *, role: str, org_id: UUID, area_id: int | None
) -> RoleAssignment | None:
    return session.scalar(
        select(RoleAssignment).where(
            RoleAssignment.person_id == person_id,
            RoleAssignment.role == role,
            RoleAssignment.org_id == org_id,
            RoleAssignment.area_id.is_not_distinct_from(area_id),
            _holds(now),
        )
    )
