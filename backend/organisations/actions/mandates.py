"""Mandates: what a body may and must do, accepted by its own signature (C02)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend.kernel.etags import demand_match
from backend.kernel.ids import new_id
from backend.kernel.versions import bump
from backend.organisations.actions.finding import active_organisation, actor_of, demand_area, locked, note
from backend.organisations.models import Mandate, Organisation
from backend.organisations.refusals import (
    DeputyIsLead,
    EmptyPromise,
    MayNotHold,
    MoveRefused,
    NoCommand,
    SignatureMissing,
)
from backend.organisations.rules.bodies import MANDATE_MOVES, Profile, command_rights, empty_promise, lead_bar

MANDATE_EVENTS = {"accept": "MandateAccepted", "suspend": "MandateSuspended", "end": "MandateEnded"}


def propose_mandate(session: Session, terms: Mapping[str, Any], *, now: datetime) -> Mandate:
    """Propose a mandate; ``terms`` holds columns of Mandate. It gives no right until accepted (INV-15).

    Raises NotFound, NotActive, MayNotHold, DeputyIsLead, EmptyPromise, NoCommand, Invalid.
    """
    organisation = active_organisation(session, terms["org_id"])
    demand_area(session, terms.get("area_id"))
    _demand_fitting(session, organisation, terms)
    defaults = {"rights": [], "obligations": [], "capacity": {}, "phase": "respond", "valid_from": now}
    mandate = Mandate(**(defaults | dict(terms) | {"id": new_id(), "state": "proposed"}))
    session.add(mandate)
    session.flush()
    _note(session, mandate, "MandateProposed", now=now, **_codes(mandate))
    bump(session, "organisations")
    return mandate


def _demand_fitting(session: Session, organisation: Organisation, terms: Mapping[str, Any]) -> None:
    if figure := empty_promise(terms.get("obligations", ()), terms.get("capacity", {})):
        raise EmptyPromise(capacity=figure)
    if forbidden := command_rights(terms["role"], terms.get("rights", ())):
        raise NoCommand(rights=list(forbidden))
    _demand_unbarred(organisation, terms)
    deputy_id = terms.get("deputy_org_id")
    if deputy_id is None:
        return
    if deputy_id == organisation.id:
        raise DeputyIsLead()
    _demand_unbarred(active_organisation(session, deputy_id), terms)


def _demand_unbarred(organisation: Organisation, terms: Mapping[str, Any]) -> None:
    profile = Profile(organisation.name, organisation.kind, frozenset(organisation.methods))
    bar = lead_bar(profile, role=terms["role"], route=terms["route"], category=terms.get("category"))
    if bar:
        raise MayNotHold(bar)


def demand_still_unbarred(session: Session, organisation: Organisation) -> None:
    """Raise MayNotHold when a changed profile bars a body from what it, or as a deputy, has taken on."""
    taken_on = select(Mandate).where(
        Mandate.state != "ended",
        or_(Mandate.org_id == organisation.id, Mandate.deputy_org_id == organisation.id),
    )
    for mandate in session.scalars(taken_on):
        terms = {"role": mandate.role, "route": mandate.route, "category": mandate.category}
        _demand_unbarred(organisation, terms)


def accept_mandate(
    session: Session,
    mandate_id: UUID,
    *,
    signed_by: str | None = None,
    if_match: str | None = None,
    now: datetime,
) -> Mandate:
    """Sign a mandate for its body, or take up a suspended one again.

    Somebody of the body signs by this act. Anybody else names in ``signed_by`` the document that the body
    signed. Raises NotFound, Conflict, NotActive, MoveRefused, SignatureMissing.
    """
    mandate = locked(session, Mandate, mandate_id)
    active_organisation(session, mandate.org_id)
    actor = actor_of(session)
    if mandate.org_id not in actor.organisation_ids and not signed_by:
        raise SignatureMissing()
    _move(mandate, "accept", if_match)
    mandate.accepted_by = f"{actor}; {signed_by}" if signed_by else str(actor)
    mandate.accepted_at = now
    return _written(session, mandate, "accept", now=now, signed_document=bool(signed_by))


def suspend_mandate(session: Session, mandate_id: UUID, *, if_match: str | None = None, now: datetime) -> Mandate:
    """Take a mandate out of force until it is accepted again. Raises NotFound, Conflict, MoveRefused."""
    mandate = locked(session, Mandate, mandate_id)
    _move(mandate, "suspend", if_match)
    return _written(session, mandate, "suspend", now=now)


def end_mandate(session: Session, mandate_id: UUID, *, if_match: str | None = None, now: datetime) -> Mandate:
    """End a mandate for good. Raises NotFound, Conflict, MoveRefused."""
    mandate = locked(session, Mandate, mandate_id)
    _move(mandate, "end", if_match)
    mandate.valid_to = min(now, mandate.valid_to or now)
    return _written(session, mandate, "end", now=now)


def end_all_of(session: Session, organisation_id: UUID, *, now: datetime) -> None:
    """End every mandate of a body that leaves."""
    open_ones = select(Mandate.id).where(Mandate.org_id == organisation_id, Mandate.state != "ended")
    for mandate_id in session.scalars(open_ones).all():
        end_mandate(session, mandate_id, now=now)


def _move(mandate: Mandate, act: str, if_match: str | None) -> None:
    demand_match(mandate, if_match)
    if (mandate.state, act) not in MANDATE_MOVES:
        raise MoveRefused(state=mandate.state)
    mandate.state = MANDATE_MOVES[mandate.state, act]


def _written(session: Session, mandate: Mandate, act: str, *, now: datetime, **payload: Any) -> Mandate:
    session.flush()
    _note(session, mandate, MANDATE_EVENTS[act], now=now, **payload)
    bump(session, "organisations")
    return mandate


def _note(session: Session, mandate: Mandate, type_: str, *, now: datetime, **payload: Any) -> None:
    locked(session, Organisation, mandate.org_id)  # the stream is the body's
    note(session, f"organisation:{mandate.org_id}", type_, now=now, mandate_id=mandate.id, **payload)


def _codes(mandate: Mandate) -> dict[str, Any]:
    return {
        name: getattr(mandate, name)
        for name in ("deputy_org_id", "area_id", "category", "route", "phase", "role", "capacity")
    }
