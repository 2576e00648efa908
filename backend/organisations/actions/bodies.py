"""Bodies: their profile and their standing (C01)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kernel.etags import demand_match
from backend.kernel.hooks import Departure, depart
from backend.kernel.ids import new_id
from backend.kernel.versions import bump
from backend.organisations.actions.closing import demand_replaced
from backend.organisations.actions.finding import actor_of, locked, note
from backend.organisations.actions.mandates import demand_still_unbarred, end_all_of
from backend.organisations.directory import TOP_ORGANISATION_ID
from backend.organisations.models import Desk, Organisation
from backend.organisations.refusals import MoveRefused, NameTaken, OwnProfile, ParentLoop, TopDeskStays
from backend.organisations.rules.bodies import ORGANISATION_MOVES

PROFILE_CODES = ("kind", "neutrality", "methods", "resource_modes")
STANDING_EVENTS = {
    "invited": "OrganisationInvited",
    "active": "OrganisationActivated",
    "suspended": "OrganisationSuspended",
    "left": "OrganisationLeft",
}


def create_organisation(session: Session, profile: Mapping[str, Any], *, now: datetime) -> Organisation:
    """Enter a body. ``profile`` holds columns of Organisation. Raises NameTaken, ParentLoop."""
    _demand_free_name(session, profile["name"])
    defaults = {"names": {"en": profile["name"]}, "status": "active"}
    organisation = Organisation(**(defaults | dict(profile) | {"id": new_id(), "created_at": now}))
    _demand_tree(session, organisation.id, organisation.parent_id)
    if organisation.assured_on:
        organisation.assured_by = str(actor_of(session))
    session.add(organisation)
    session.flush()
    payload = {"kind": organisation.kind, "status": organisation.status, "methods": organisation.methods}
    note(session, f"organisation:{organisation.id}", "OrganisationEntered", now=now, **payload)
    bump(session, "organisations")
    return organisation


def update_organisation(
    session: Session,
    organisation_id: UUID,
    changes: Mapping[str, Any],
    *,
    if_match: str | None = None,
    now: datetime,
) -> Organisation:
    """Change a body's profile, its ``status`` among it.

    A body that is suspended or leaves has handed on what it owned before this returns (INV-1). Raises
    NotFound, Conflict, NameTaken, ParentLoop, OwnProfile, MayNotHold, MoveRefused, TopDeskStays, SuccessorNeeded.
    """
    organisation = locked(session, Organisation, organisation_id)
    demand_match(organisation, if_match)
    fields = {name: value for name, value in changes.items() if name != "status"}
    if fields:
        _change_profile(session, organisation, fields, now=now)
    if changes.get("status", organisation.status) != organisation.status:
        _change_standing(session, organisation, changes["status"], now=now)
    bump(session, "organisations")
    return organisation


def _change_profile(session: Session, organisation: Organisation, fields: Mapping[str, Any], *, now: datetime) -> None:
    _demand_foreign_hand(session, organisation, fields)
    if fields.get("name", organisation.name) != organisation.name:
        _demand_free_name(session, fields["name"])
    if "parent_id" in fields:
        _demand_tree(session, organisation.id, fields["parent_id"])
    for name, value in fields.items():
        setattr(organisation, name, value)
    if fields.get("assured_on"):
        organisation.assured_by = str(actor_of(session))
    session.flush()
    demand_still_unbarred(session, organisation)
    payload = {name: fields[name] for name in PROFILE_CODES if name in fields} | {"changed": sorted(fields)}
    note(session, f"organisation:{organisation.id}", "OrganisationProfileChanged", now=now, **payload)


def _demand_foreign_hand(session: Session, organisation: Organisation, fields: Mapping[str, Any]) -> None:
    if organisation.id not in actor_of(session).organisation_ids:
        return
    methods = set(fields.get("methods", organisation.methods))
    if "assured_on" in fields or ("enforcement" in methods) != ("enforcement" in organisation.methods):
        raise OwnProfile()


def _change_standing(session: Session, organisation: Organisation, status: str, *, now: datetime) -> None:
    if organisation.id == TOP_ORGANISATION_ID:
        raise TopDeskStays()
    if (organisation.status, status) not in ORGANISATION_MOVES:
        raise MoveRefused(state=organisation.status)
    if status == "left" and organisation.status == "active":
        # Who may act no more is stopped at once; who goes by plan leaves no area without its desk.
        own = select(Desk).where(Desk.org_id == organisation.id, Desk.closed_at.is_(None)).order_by(Desk.id)
        demand_replaced(session, session.scalars(own).all(), now=now)
    organisation.status = status
    session.flush()
    note(session, f"organisation:{organisation.id}", STANDING_EVENTS[status], now=now)
    if status == "left":
        end_all_of(session, organisation.id, now=now)
    if status in {"suspended", "left"}:
        depart(session, Departure(organisation_id=organisation.id), now=now)


def _demand_free_name(session: Session, name: str) -> None:
    if session.scalar(select(Organisation.id).where(Organisation.name == name)):
        raise NameTaken()


def _demand_tree(session: Session, organisation_id: UUID, parent_id: UUID | None) -> None:
    rows = session.execute(select(Organisation.id, Organisation.parent_id))
    above = {row.id: row.parent_id for row in rows}
    step, seen = parent_id, {organisation_id}
    while step is not None:
        if step in seen or step not in above:
            raise ParentLoop()
        seen.add(step)
        step = above[step]
