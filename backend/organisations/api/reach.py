"""Whom a caller may act for, beyond what the permission of the route says."""

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend.kernel.problems import NotAllowed, NotFound
from backend.organisations.api.blueprint import found
from backend.organisations.models import Person, RoleAssignment, Shift
from backend.organisations.refusals import AccountExists
from backend.organisations.rules.people import may_give_role
from backend.trust.access import me, now
from backend.trust.models import Account

# Who acts for every body of the deployment; everybody else only for their own.
FOR_ALL_BODIES = frozenset({"administrator", "duty_officer"})


def is_within_reach(organisation_id: UUID) -> bool:
    """Whether the caller acts for this body."""
    person = me()
    return bool(person.roles & FOR_ALL_BODIES) or organisation_id in person.organisation_ids


def demand_reach(organisation_id: UUID) -> None:
    """Raise NotAllowed unless the caller acts for this body."""
    if not is_within_reach(organisation_id):
        raise NotAllowed()


def demand_may_give(role: str, organisation_id: UUID) -> None:
    """Raise NotAllowed unless the caller may give and end this role in this body."""
    giver = me()
    if not may_give_role(giver.roles, giver.organisation_ids, role=role, organisation_id=organisation_id):
        raise NotAllowed()


def demand_charge_of(session: Session, person_id: UUID) -> None:
    """Raise NotAllowed unless every role of the person is the caller's to give."""
    roles = roles_of(session, person_id)
    if not roles and not me().roles & FOR_ALL_BODIES:
        raise NotAllowed()
    for role in roles:
        demand_may_give(role.role, role.org_id)


def demand_colleague(session: Session, person_id: UUID) -> None:
    """Raise NotAllowed unless the person has a role in a body that the caller acts for."""
    bodies = {role.org_id for role in roles_of(session, person_id)}
    if not me().roles & FOR_ALL_BODIES and not bodies & set(me().organisation_ids):
        raise NotAllowed()


def demand_no_account(session: Session, person_id: UUID) -> None:
    """Raise NotFound for one who left or never was; AccountExists for one who can sign in already."""
    if found(session, Person, person_id).left_at:
        raise NotFound()
    if session.get(Account, person_id):
        raise AccountExists()


def roles_of(session: Session, person_id: UUID) -> list[RoleAssignment]:
    """The roles that a person has now."""
    at = now()
    holds = or_(RoleAssignment.until.is_(None), RoleAssignment.until > at)
    return list(session.scalars(select(RoleAssignment).where(RoleAssignment.person_id == person_id, holds)))


def is_mine(shift: Shift) -> bool:
    """Whether the turn is the caller's own."""
    return shift.person_id == me().person_id
