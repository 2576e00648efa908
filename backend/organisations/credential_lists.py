"""Credentials of everybody, the soonest to expire first, and how many end by body (C34)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from backend.kernel.names import names_of
from backend.kernel.sealed import Keyring
from backend.organisations.actions.credentials import held
from backend.organisations.models import Credential, Organisation, Person, RoleAssignment
from backend.organisations.reading import columns_of, equal, page_of
from backend.organisations.rules.people import credential_level_at

SOON = timedelta(days=30)


def list_credentials(
    session: Session, ring: Keyring | None, filters: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    """A page of credentials of people who are here, by the time of their end. Names only with ``ring``."""
    page = page_of(session, _fitting(filters, now), (Credential.valid_to, Credential.id), filters)
    return page | {"items": say_credentials(session, ring, page["items"], now=now)}


def _fitting(filters: Mapping[str, Any], now: datetime) -> Select[Credential]:
    wanted = equal(filters, type=Credential.type, state=Credential.state)
    query = select(Credential).join(Person, Person.id == Credential.person_id)
    query = query.where(Person.left_at.is_(None), *wanted)
    if "within_days" in filters:
        query = query.where(Credential.valid_to <= now + timedelta(days=filters["within_days"]))
    if "organisation" in filters:
        roles = select(RoleAssignment.person_id).where(RoleAssignment.org_id == filters["organisation"], _holds(now))
        query = query.where(Credential.person_id.in_(roles))
    return query


def _holds(now: datetime) -> ColumnElement[bool]:
    return or_(RoleAssignment.until.is_(None), RoleAssignment.until > now)


def say_credentials(
    session: Session, ring: Keyring | None, rows: Sequence[Credential], *, now: datetime
) -> list[dict[str, Any]]:
    """Credentials with their holder's name and bodies, and the days that are left: negative when it is over."""
    people = {row.person_id for row in rows}
    bodies: dict[UUID, list[UUID]] = {person: [] for person in people}
    roles = select(RoleAssignment.person_id, RoleAssignment.org_id).where(_holds(now))
    for person, body in session.execute(roles.where(RoleAssignment.person_id.in_(people)).distinct()):
        bodies[person].append(body)
    names = names_of(session, ring, people)
    return [
        columns_of(row)
        | {
            "name": names.get(row.person_id),
            "organisation_ids": sorted(bodies[row.person_id]),
            "proves": credential_level_at(held(row), now),
            "days_left": (row.valid_to - now).days,
        }
        for row in rows
    ]


def expiring_by_body(session: Session, *, now: datetime) -> list[dict[str, Any]]:
    """For each active body how many credentials of its people are over, and how many end within 30 days."""
    roles = select(RoleAssignment.person_id, RoleAssignment.org_id).where(_holds(now)).distinct().subquery()
    ends_soon = Credential.valid_to <= now + SOON
    query = (
        select(
            Organisation.id.label("organisation_id"),
            Organisation.name,
            Organisation.names,
            func.count().filter(Credential.valid_to <= now).label("over"),
            func.count().filter(Credential.valid_to > now).label("soon"),
        )
        .join(roles, roles.c.org_id == Organisation.id)
        .join(Credential, Credential.person_id == roles.c.person_id)
        .join(Person, Person.id == Credential.person_id)
        .where(Organisation.status == "active", Person.left_at.is_(None), Credential.state != "revoked", ends_soon)
        .group_by(Organisation.id)
        .order_by(Organisation.name)
    )
    return [dict(row._mapping) for row in session.execute(query)]
