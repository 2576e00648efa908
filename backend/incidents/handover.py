"""Handing over: proposed with SBAR, accepted with a read-back; until then nothing has moved (INV-2, C16)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.incidents import acts
from backend.incidents.acts import By
from backend.incidents.conflicts import demand_neutral
from backend.incidents.models import Handover, Incident
from backend.incidents.ownership import chain_of, locked, move_ownership
from backend.incidents.refusals import ActRefused, Unsuitable
from backend.incidents.rules import Barred
from backend.incidents.states import Act
from backend.incidents.telling import tell_desks, tell_reporters
from backend.kernel.hooks import Departure
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.sealed import Keyring, RecordKey, Seal, seal_of
from backend.kernel.sweeps import one_by_one
from backend.organisations.directory import DIRECTORY, Owner

# A hand-over that nobody answers lapses and the duty has never moved; G1 and G2 are answered at once.
ANSWER_WITHIN = {1: timedelta(minutes=2), 2: timedelta(minutes=10)}
ANSWER_WITHIN_OTHERS = timedelta(hours=4)


def propose(
    session: Session, incident: Incident, *, organisation_id: UUID, person_id: UUID | None, sbar: dict[str, Any],
    by: By, ring: Keyring, now: datetime,
) -> Handover:  # fmt: skip
    """Propose that another body takes over; the owner stays until it accepts. Raises Unsuitable, ActRefused."""
    directory = DIRECTORY.get(session)
    body = directory.organisations.get(organisation_id)
    desk = directory.desk_of(organisation_id, chain_of(incident)) if body else None
    if body is None or body.status != "active" or (desk is None and person_id is None):
        raise Unsuitable({"en": "This body cannot be reached for this place.", "zh": "该机构在此地点无法联系。"})
    demand_neutral(session, incident.id, (organisation_id, person_id))
    if open_handover(session, incident.id):
        raise ActRefused(
            Barred("handover-open", "A hand-over is waiting for its answer.", "已有交接待答复。"), state=incident.state
        )
    acts.apply(session, incident, Act.HAND_OVER, "HandoverProposed", {"org_id": organisation_id}, by=by, now=now)
    if organisation_id not in incident.party_org_ids:
        incident.party_org_ids = [*incident.party_org_ids, organisation_id]
    handover_id = new_id()
    seal = Seal.fresh(handover_id)
    handover = Handover(
        id=handover_id, incident_id=incident.id, to_org_id=organisation_id, to_desk_id=desk.id if desk else None,
        to_person_id=person_id, sbar=seal.close("sbar", sbar), state="proposed", proposed_by=by.person_id,
        proposed_at=now, due_at=now + ANSWER_WITHIN.get(incident.grade, ANSWER_WITHIN_OTHERS),
    )  # fmt: skip
    session.add_all((RecordKey(**seal.row(ring, now)), handover))
    tell_desks(session, incident, "handover_proposed", [handover.to_desk_id], now=now)
    return handover


def open_handover(session: Session, incident_id: UUID) -> Handover | None:
    """The hand-over that waits for an answer, locked."""
    return session.scalars(
        select(Handover).where(Handover.incident_id == incident_id, Handover.state == "proposed").with_for_update()
    ).one_or_none()


def answer(
    session: Session, incident: Incident, handover: Handover, *, read_back: str | None, accepted: bool, by: By,
    ring: Keyring, now: datetime,
) -> None:  # fmt: skip
    """The receiver answers. Acceptance needs a read-back and moves ownership; a refusal leaves everything as it was."""
    if handover.to_person_id not in (None, by.person_id) or handover.to_org_id not in by.org_ids:
        raise ActRefused(
            Barred("not-the-receiver", "Only the receiver answers a hand-over.", "只有接收方可以答复交接。"),
            state=incident.state,
        )
    demand_neutral(session, incident.id, (by.person_id, handover.to_org_id) if accepted else ())
    if accepted and handover.to_org_id not in DIRECTORY.get(session).active:
        raise Unsuitable({"en": "Your body does not take part at present.", "zh": "贵机构目前未参与。"})
    if accepted and not (read_back or "").strip():
        raise Unsuitable({"en": "Read back what you take over.", "zh": "请复述所接手的内容。"})
    handover.state, handover.answered_at = ("accepted" if accepted else "declined"), now
    fact = "HandoverAccepted" if accepted else "HandoverDeclined"
    record(session, incident_stream(incident.id), [Fact(fact, {"org_id": handover.to_org_id})], now=now)
    acts.acknowledge(session, incident, by=by, now=now)
    if accepted:
        handover.read_back = seal_of(session, ring, handover.id).close("read_back", read_back)
        owner = Owner(handover.to_org_id, handover.to_desk_id, by.person_id)
        move_ownership(session, incident, owner, by_act="handover", now=now)
        tell_reporters(session, incident, "reporter_owner_changed", now=now)
    else:
        tell_desks(session, incident, "handover_declined", [incident.owner_desk_id], now=now)
    incident.version += 1


def lapse_due(session: Session, *, now: datetime, limit: int = 50) -> int:
    """Let unanswered hand-overs lapse: the proposer is told that the duty is still theirs. The caller commits."""
    due = session.scalars(
        select(Handover)
        .where(Handover.state == "proposed", Handover.due_at <= now)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()

    def put_off(handover: Handover) -> None:
        handover.due_at = now + timedelta(seconds=30)

    return one_by_one(session, due, lambda one: _lapse(session, one, now=now), what="handovers", put_off=put_off)


def lapse_of_departed(session: Session, departure: Departure, now: datetime) -> None:
    """Whoever departs takes nothing over any more: hand-overs to them lapse at once."""
    query = select(Handover).where(Handover.state == "proposed")
    if departure.organisation_id:
        query = query.where(Handover.to_org_id == departure.organisation_id)
    if departure.desk_id:
        query = query.where(Handover.to_desk_id == departure.desk_id)
    if departure.person_id:
        query = query.where(Handover.to_person_id == departure.person_id)
    for handover in session.scalars(query).all():
        _lapse(session, handover, now=now)


def _lapse(session: Session, handover: Handover, *, now: datetime) -> None:
    incident = locked(session, handover.incident_id)
    handover.state, handover.answered_at = "lapsed", now
    fact = Fact("HandoverLapsed", {"org_id": handover.to_org_id})
    record(session, incident_stream(incident.id), [fact], now=now)
    tell_desks(session, incident, "handover_lapsed", [incident.owner_desk_id], now=now)
