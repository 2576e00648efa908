"""Answering offers: only the one who was asked can, and whoever accepts to lead owns from that moment (INV-2)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.dispatch.models import OPEN_OFFER_STATES, Offer
from backend.dispatch.offers import after_no
from backend.dispatch.volunteers import release_rest
from backend.incidents import acts
from backend.incidents.acts import By
from backend.incidents.conflicts import demand_neutral
from backend.incidents.models import Incident
from backend.incidents.ownership import locked
from backend.incidents.refusals import ActRefused, Unsuitable
from backend.incidents.rules import Barred
from backend.incidents.states import Act, State, allowed_acts
from backend.incidents.telling import tell_desks, tell_reporters
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.problems import NotFound, Refusal
from backend.organisations.directory import DIRECTORY, Owner


class OfferOver(Refusal):
    """The offer was answered, ran out, or was taken back."""

    code, status = "offer-over", 409
    title = {"en": "This offer is no longer open", "zh": "该派单已失效"}


class NotYours(Refusal):
    """Only the one who was asked may answer (INV-2)."""

    code, status = "not-your-offer", 403
    title = {"en": "Only the one who was asked can answer this offer", "zh": "只有被派单方可以答复"}


class ReadBackMissing(Refusal):
    """G1 and G2 are accepted with a read-back."""

    code, status = "read-back-missing", 422
    title = {"en": "Say in your own words what you are taking over", "zh": "请用自己的话复述所接手的事项"}


def open_offer(session: Session, offer_id: UUID, by: By) -> tuple[Offer, Incident]:
    """The offer and its incident, both locked, if it is open and ``by`` is who was asked."""
    incident_id = session.scalar(select(Offer.incident_id).where(Offer.id == offer_id))
    if incident_id is None:
        raise NotFound()
    incident = locked(session, incident_id)
    offer = session.get(Offer, offer_id, with_for_update=True, populate_existing=True)
    assert offer is not None
    if not _is_asked(offer, by):
        raise NotYours()
    if offer.state not in OPEN_OFFER_STATES:
        raise OfferOver(state=offer.state)
    return offer, incident


def accept_offer(session: Session, offer_id: UUID, *, read_back: str | None, by: By, now: datetime) -> Offer:
    """The one who was asked accepts. Leading moves ownership; helping beside it does not. Raises named refusals."""
    offer, incident = open_offer(session, offer_id, by)
    if now > offer.due_at:
        raise OfferOver(state="lapsed")
    if offer.org_id not in DIRECTORY.get(session).active:
        raise OfferOver(state="withdrawn")
    if offer.part == "lead" and incident.grade <= 2 and not (read_back or "").strip():
        raise ReadBackMissing()
    demand_neutral(session, incident.id, (by.person_id, offer.org_id))
    offer.state, offer.answered_at, offer.answered_by = "accepted", now, by.person_id
    if offer.part == "lead":
        acts.accept(session, incident, Owner(offer.org_id, offer.desk_id, by.person_id), by=by, now=now)
    else:
        payload = {"offer_id": offer.id, "org_id": offer.org_id, "part": offer.part}
        record(session, incident_stream(incident.id), [Fact("HelpAccepted", payload)], now=now)
        acts.acknowledge(session, incident, by=by, now=now)
        session.flush()
        if offer.part == "volunteer":
            release_rest(session, incident, now=now)
    return offer


def decline_offer(session: Session, offer_id: UUID, *, reason: str | None, by: By, now: datetime) -> Offer:
    """The one who was asked says no; the next of the chain is asked. A body gives a reason, a volunteer need not."""
    offer, incident = open_offer(session, offer_id, by)
    if offer.part == "lead" and not (reason or "").strip():
        raise Unsuitable({"en": "A body says why it declines.", "zh": "机构谢绝须说明理由。"})
    offer.state, offer.answered_at, offer.answered_by = "declined", now, by.person_id
    offer.reason = "given" if reason else None
    after_no(session, incident, offer, Act.DECLINE, "OfferDeclined", by=by, now=now)
    return offer


def see_offer(session: Session, offer_id: UUID, *, by: By, now: datetime) -> Offer:
    """The one who was asked has read it: that is an acknowledgement, not an acceptance."""
    offer, incident = open_offer(session, offer_id, by)
    offer.state, offer.seen_at = "seen", offer.seen_at or now
    payload = {"offer_id": offer.id, "person_id": by.person_id}
    record(session, incident_stream(incident.id), [Fact("OfferSeen", payload)], now=now)
    return offer


def arrive(session: Session, offer_id: UUID, *, by: By, now: datetime) -> Offer:
    """Somebody who accepted is there; the action clock is met. Raises NotYours, ActRefused."""
    offer, incident = _accepted(session, offer_id, by, ("accepted",))
    offer.state, offer.arrived_at = "arrived", now
    acts.arrived(session, incident, by=by, now=now)
    return offer


def set_out(session: Session, offer_id: UUID, *, by: By, now: datetime) -> Offer:
    """Somebody who accepted is on the way; for the one who leads, work begins with it. Raises NotYours, ActRefused."""
    offer, incident = _accepted(session, offer_id, by, ("accepted",))
    if offer.on_the_way_at:
        return offer
    offer.on_the_way_at = now
    fact = Fact("HelpOnTheWay", {"offer_id": offer.id, "part": offer.part})
    record(session, incident_stream(incident.id), [fact], now=now)
    if offer.part == "lead" and incident.state == State.ACCEPTED:
        acts.start(session, incident, contact=False, by=by, now=now)
    else:
        tell_reporters(session, incident, "reporter_set_out", now=now)
    return offer


def finish(session: Session, offer_id: UUID, *, by: By, now: datetime) -> Offer:
    """Somebody who accepted has helped. Whoever owns the incident is told; closing it is theirs.

    Raises NotYours, ActRefused.
    """
    offer, incident = _accepted(session, offer_id, by, ("accepted", "arrived"))
    offer.state, offer.done_at = "completed", now
    fact = Fact("HelpDone", {"offer_id": offer.id, "part": offer.part})
    record(session, incident_stream(incident.id), [fact], now=now)
    session.flush()
    if offer.part != "lead":
        tell_desks(session, incident, "help_done", [incident.owner_desk_id], now=now)
    return offer


def _accepted(session: Session, offer_id: UUID, by: By, states: tuple[str, ...]) -> tuple[Offer, Incident]:
    """An offer that ``by`` accepted and is still at, with its incident, both locked."""
    incident_id = session.scalar(select(Offer.incident_id).where(Offer.id == offer_id))
    if incident_id is None:
        raise NotFound()
    incident = locked(session, incident_id)
    offer = session.get(Offer, offer_id, with_for_update=True, populate_existing=True)
    assert offer is not None
    if offer.answered_by != by.person_id and not _is_asked(offer, by):
        raise NotYours()
    if offer.answered_by != by.person_id or offer.state not in states:
        allowed = allowed_acts(State(incident.state))
        raise ActRefused(Barred("not-accepted", "Accept the offer first.", "请先接单。", allowed), state=incident.state)
    return offer, incident


def _is_asked(offer: Offer, by: By) -> bool:
    return offer.person_id == by.person_id if offer.person_id else offer.org_id in by.org_ids


def open_offers_of(session: Session, *, org_ids: Iterable[UUID], person_id: UUID) -> Sequence[Offer]:
    """What a person is asked now: by name, or through a body in which the person works."""
    query = select(Offer).where(
        Offer.state.in_((*OPEN_OFFER_STATES, "accepted", "arrived")),
        (Offer.person_id == person_id) | (Offer.person_id.is_(None) & Offer.org_id.in_(list(org_ids))),
    )
    return session.scalars(query.order_by(Offer.due_at).limit(200)).all()
