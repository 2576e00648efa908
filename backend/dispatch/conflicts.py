"""Declaring a conflict of interest: whoever has it is asked nothing more, and answers for it no longer (C04)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.dispatch.models import OPEN_OFFER_STATES, Offer
from backend.dispatch.offers import after_no
from backend.incidents.acts import ENGINE, By
from backend.incidents.conflicts import barred_here
from backend.incidents.models import Handover, Incident
from backend.incidents.ownership import chain_of, move_ownership
from backend.incidents.refusals import ActRefused, Unsuitable
from backend.incidents.rules import Barred
from backend.incidents.states import Act
from backend.incidents.telling import tell_desks, tell_reporters
from backend.kernel.journal import Fact, incident_stream, record
from backend.organisations.directory import DIRECTORY, Owner
from backend.organisations.models import Conflict, Person


def declare(
    session: Session,
    incident: Incident,
    *,
    org_id: UUID | None,
    person_id: UUID | None,
    kind: str,
    by: By,
    now: datetime,
) -> None:
    """Bar a body or a person from an incident; its owner changes in the same transaction where it must.

    Raises Unsuitable for one that there is not, ActRefused where nobody neutral would be left to answer.
    """
    if (org_id and org_id not in DIRECTORY.get(session).organisations) or (
        person_id and session.get(Person, person_id) is None
    ):
        raise Unsuitable({"en": "There is no such body or person.", "zh": "没有此机构或人员。"})
    known = barred_here(session, incident.id)
    if {org_id, person_id} - {None} <= known:
        return
    session.add(Conflict(org_id=org_id, person_id=person_id, incident_id=incident.id, kind=kind, declared_at=now))
    session.flush()
    said = {"org_id": org_id, "person_id": person_id, "kind": kind}
    record(session, incident_stream(incident.id), [Fact("ConflictDeclared", said)], now=now)
    _move_on(session, incident, now=now)
    _ask_no_more(session, incident, now=now)
    incident.version += 1


def _move_on(session: Session, incident: Incident, *, now: datetime) -> None:
    barred = barred_here(session, incident.id)
    if not barred & {incident.owner_org_id, incident.owner_person_id}:
        return
    desks = DIRECTORY.get(session).desks_over(chain_of(incident))
    found = next((desk for desk in desks if desk.org_id not in barred), None)
    if found is None:
        raise ActRefused(Barred("nobody-neutral", "No neutral desk is left to answer.", "没有中立的值班席可以负责。"))
    move_ownership(session, incident, Owner(found.org_id, found.id, None), by_act="conflict", now=now)
    tell_desks(session, incident, "incident_handed_on", [found.id], now=now)
    tell_reporters(session, incident, "reporter_owner_changed", now=now)


def _ask_no_more(session: Session, incident: Incident, *, now: datetime) -> None:
    barred = barred_here(session, incident.id)
    concerned = Offer.org_id.in_(barred) | Offer.person_id.in_(barred)
    query = select(Offer).where(Offer.incident_id == incident.id, Offer.state.in_(OPEN_OFFER_STATES), concerned)
    for offer in session.scalars(query).all():
        offer.state, offer.answered_at = "lapsed", now
        after_no(session, incident, offer, Act.LAPSE, "OfferLapsed", by=ENGINE, now=now)
    to_them = Handover.to_org_id.in_(barred) | Handover.to_person_id.in_(barred)
    waiting = select(Handover).where(Handover.incident_id == incident.id, Handover.state == "proposed", to_them)
    for handover in session.scalars(waiting).all():
        handover.state, handover.answered_at = "lapsed", now
        fact = Fact("HandoverLapsed", {"org_id": handover.to_org_id})
        record(session, incident_stream(incident.id), [fact], now=now)
