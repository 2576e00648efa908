"""Triage and offers: the acts of an incident that ask somebody, and the responder's side of them."""

from typing import Any
from uuid import UUID

from flask import current_app
from flask.views import MethodView
from sqlalchemy import select

from backend.dispatch import offers
from backend.dispatch.models import OPEN_OFFER_STATES, Offer
from backend.dispatch.triage import triage as triage_incident
from backend.incidents import handover
from backend.incidents.api import by, done, ring, subject
from backend.incidents.models import Incident
from backend.incidents.schemas import (
    AcceptSchema,
    DeclineSchema,
    ListedSchema,
    OfferSchema,
    OffersSchema,
    OfferViewSchema,
    RefuseOfferSchema,
    TakeOfferSchema,
    TriageSchema,
)
from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.kernel.problems import NotFound
from backend.trust.access import me, now, requires

blueprint = Blueprint("dispatch", __name__, url_prefix="/api/v1", description="Who is asked, and who answers")


def work(name: str, permission: str) -> Any:
    """Declare an act on an incident that asks or answers somebody."""

    def mark(view: Any) -> Any:
        answered = blueprint.response(200, ListedSchema)(view)
        return blueprint.route(f"/incidents/<uuid:incident_id>/{name}", methods=["POST"])(
            requires(permission)(answered)
        )

    return mark


@work("triage", "incidents.triage")
@blueprint.arguments(TriageSchema)
def triage(body: dict[str, Any], incident_id: UUID) -> dict[str, Any]:
    """Decide category and grade; the lead of the route is asked at once."""
    incident = subject(incident_id)
    zone = current_app.extensions["linli"].settings.timezone
    triage_incident(db.session(), incident, body, by=by(), ring=ring(), timezone=zone, now=now())
    return done(incident)


@work("offer", "incidents.triage")
@blueprint.arguments(OfferSchema)
def offer(body: dict[str, Any], incident_id: UUID) -> dict[str, Any]:
    """Ask a body to lead or to help; police only with the letter of R06."""
    incident = subject(incident_id)
    offers.propose(db.session(), incident, offers.Proposal(**body), by=by(), now=now())
    return done(incident)


@work("accept", "offers.answer")
@blueprint.arguments(AcceptSchema)
def accept(body: dict[str, Any], incident_id: UUID) -> dict[str, Any]:
    """Accept the offer or hand-over that waits for me; ownership moves now."""
    incident = subject(incident_id)
    waiting = handover.open_handover(db.session(), incident_id) if "offer_id" not in body else None
    if waiting and waiting.to_org_id in me().organisation_ids:
        handover.answer(
            db.session(), incident, waiting, read_back=body.get("read_back"), accepted=True, by=by(), ring=ring(),
            now=now(),
        )  # fmt: skip
    else:
        offer_id = body.get("offer_id") or offer_for_me(incident_id)
        offers.accept_offer(db.session(), offer_id, read_back=body.get("read_back"), by=by(), now=now())
    return done(incident)


@work("decline", "offers.answer")
@blueprint.arguments(DeclineSchema)
def decline(body: dict[str, Any], incident_id: UUID) -> dict[str, Any]:
    """Say no; the next of the chain is asked, and the owner stays until somebody accepts."""
    incident = subject(incident_id)
    waiting = handover.open_handover(db.session(), incident_id) if "offer_id" not in body else None
    if waiting and waiting.to_org_id in me().organisation_ids:
        handover.answer(
            db.session(), incident, waiting, read_back=None, accepted=False, by=by(), ring=ring(), now=now()
        )
    else:
        offer_id = body.get("offer_id") or offer_for_me(incident_id)
        offers.decline_offer(db.session(), offer_id, reason=body.get("reason"), by=by(), now=now())
    return done(incident)


def offer_for_me(incident_id: UUID) -> UUID:
    """The open offer of an incident that asks me or my body. Raises NotFound."""
    person = me()
    mine = (Offer.person_id == person.person_id) | (
        Offer.person_id.is_(None) & Offer.org_id.in_(list(person.organisation_ids))
    )
    found = (
        db.session()
        .scalars(select(Offer.id).where(Offer.incident_id == incident_id, Offer.state.in_(OPEN_OFFER_STATES), mine))
        .first()
    )
    if found is None:
        raise NotFound({"en": "Nobody asks you about this incident.", "zh": "该事件没有向您派单。"})
    return found


def viewed(offer: Offer) -> dict[str, Any]:
    """An offer as its receiver sees it: the exact place only after acceptance (C17)."""
    place = None
    if offer.state in {"accepted", "arrived"}:
        incident = db.session().get(Incident, offer.incident_id)
        place = {"lat": incident.lat, "lon": incident.lon, "accuracy_m": incident.accuracy_m} if incident else None
    return {
        "id": offer.id, "incident_id": offer.incident_id, "part": offer.part, "route": offer.route,
        "organisation_id": offer.org_id, "person_id": offer.person_id, "state": offer.state, "wave": offer.wave,
        "distance_m": round(offer.distance_m, -2) if offer.distance_m is not None else None,
        "offered_at": offer.offered_at, "due_at": offer.due_at, "place": place,
    }  # fmt: skip


@blueprint.route("/offers")
class OffersView(MethodView):
    """What I am asked."""

    @requires("offers.answer")
    @blueprint.response(200, OffersSchema)
    def get(self) -> dict[str, Any]:
        """Offers to me and to the bodies in which I work."""
        person = me()
        found = offers.open_offers_of(db.session(), org_ids=person.organisation_ids, person_id=person.person_id)
        return {"items": [viewed(one) for one in found]}


def answer_offer(name: str) -> Any:
    """Declare an answer to an offer: ``POST /api/v1/offers/{id}/{name}``."""

    def mark(view: Any) -> Any:
        shown = blueprint.response(200, OfferViewSchema)(view)
        return blueprint.route(f"/offers/<uuid:offer_id>/{name}", methods=["POST"])(requires("offers.answer")(shown))

    return mark


def settled(found: Offer) -> dict[str, Any]:
    """Show an offer, then commit: afterwards nobody is bound to the transaction any more."""
    shown = viewed(found)
    db.session.commit()
    return shown


@answer_offer("accept")
@blueprint.arguments(TakeOfferSchema)
def accept_offer(body: dict[str, Any], offer_id: UUID) -> dict[str, Any]:
    """Take it."""
    return settled(offers.accept_offer(db.session(), offer_id, read_back=body.get("read_back"), by=by(), now=now()))


@answer_offer("decline")
@blueprint.arguments(RefuseOfferSchema)
def decline_offer(body: dict[str, Any], offer_id: UUID) -> dict[str, Any]:
    """Say no; a volunteer needs no reason, a body does."""
    return settled(offers.decline_offer(db.session(), offer_id, reason=body.get("reason"), by=by(), now=now()))


@answer_offer("seen")
def see_offer(offer_id: UUID) -> dict[str, Any]:
    """I have read it."""
    return settled(offers.see_offer(db.session(), offer_id, by=by(), now=now()))


@answer_offer("arrived")
def arrive(offer_id: UUID) -> dict[str, Any]:
    """I am there."""
    return settled(offers.arrive(db.session(), offer_id, by=by(), now=now()))
