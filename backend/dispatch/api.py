"""Triage and offers: the acts of an incident that ask somebody, and the responder's side of them."""

from typing import Any
from uuid import UUID

from flask import current_app
from flask.views import MethodView
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from backend.dispatch import answers, offers
from backend.dispatch.conflicts import declare
from backend.dispatch.deliveries import mark_seen
from backend.dispatch.ledger import deliveries_to
from backend.dispatch.models import OPEN_OFFER_STATES, Offer
from backend.dispatch.reading import inbox_of
from backend.dispatch.triage import triage as triage_incident
from backend.dispatch.webhooks import add_webhook, end_webhook, webhooks_of
from backend.dispatch.wording import words_of
from backend.incidents import handover
from backend.incidents.api import by, done, ring, subject
from backend.incidents.models import Incident
from backend.incidents.schemas import (
    AcceptSchema,
    ConflictSchema,
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
from backend.kernel.schemas import Moment, PlainText
from backend.kernel.web import language
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


@work("conflict-of-interest", "incidents.work")
@blueprint.arguments(ConflictSchema)
def declare_conflict(body: dict[str, Any], incident_id: UUID) -> dict[str, Any]:
    """Say that a body or a person, perhaps your own, has an interest in this: they are asked no more and answer no longer."""
    incident = subject(incident_id)
    declare(
        db.session(), incident, org_id=body.get("organisation_id"), person_id=body.get("person_id"), kind=body["kind"],
        by=by(), now=now(),
    )  # fmt: skip
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
        answers.accept_offer(db.session(), offer_id, read_back=body.get("read_back"), by=by(), now=now())
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
        answers.decline_offer(db.session(), offer_id, reason=body.get("reason"), by=by(), now=now())
    return done(incident)


def offer_for_me(incident_id: UUID) -> UUID:
    """The open offer of an incident that asks me or my body. Raises NotFound."""
    person = me()
    mine = (Offer.person_id == person.person_id) | (
        Offer.person_id.is_(None) & Offer.org_id.in_(list(person.organisation_ids))
    )
    asked = select(Offer.id).where(Offer.incident_id == incident_id, Offer.state.in_(OPEN_OFFER_STATES), mine)
    # To lead comes before to help: who says "accept" of an incident means to take it.
    found = db.session().scalars(asked.order_by((Offer.part == "lead").desc())).first()
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
        "offered_at": offer.offered_at, "due_at": offer.due_at, "seen_at": offer.seen_at,
        "answered_at": offer.answered_at, "on_the_way_at": offer.on_the_way_at, "arrived_at": offer.arrived_at,
        "done_at": offer.done_at, "place": place,
    }  # fmt: skip


@blueprint.route("/offers")
class OffersView(MethodView):
    """What I am asked."""

    @requires("offers.answer")
    @blueprint.response(200, OffersSchema)
    def get(self) -> dict[str, Any]:
        """Offers to me and to the bodies in which I work."""
        person = me()
        found = answers.open_offers_of(db.session(), org_ids=person.organisation_ids, person_id=person.person_id)
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
    return settled(answers.accept_offer(db.session(), offer_id, read_back=body.get("read_back"), by=by(), now=now()))


@answer_offer("decline")
@blueprint.arguments(RefuseOfferSchema)
def decline_offer(body: dict[str, Any], offer_id: UUID) -> dict[str, Any]:
    """Say no; a volunteer needs no reason, a body does."""
    return settled(answers.decline_offer(db.session(), offer_id, reason=body.get("reason"), by=by(), now=now()))


@answer_offer("seen")
def see_offer(offer_id: UUID) -> dict[str, Any]:
    """I have read it."""
    return settled(answers.see_offer(db.session(), offer_id, by=by(), now=now()))


@answer_offer("arrived")
def arrive(offer_id: UUID) -> dict[str, Any]:
    """I am there."""
    return settled(answers.arrive(db.session(), offer_id, by=by(), now=now()))


@answer_offer("on-the-way")
def set_out(offer_id: UUID) -> dict[str, Any]:
    """I have set out."""
    return settled(answers.set_out(db.session(), offer_id, by=by(), now=now()))


@answer_offer("done")
def finish(offer_id: UUID) -> dict[str, Any]:
    """I have helped; whoever owns the incident is told."""
    return settled(answers.finish(db.session(), offer_id, by=by(), now=now()))


class InboxItemSchema(Schema):
    """One message in the application, in the reader's language."""

    id = fields.UUID()
    incident_id = fields.UUID(allow_none=True)
    offer_id = fields.UUID(allow_none=True)
    template = fields.String()
    lane = fields.String()
    state = fields.String()
    subject = fields.String()
    created_at = fields.DateTime(format="iso")
    seen_at = fields.DateTime(format="iso", allow_none=True)


class InboxSchema(Schema):
    """What I was told, the newest first."""

    items = fields.List(fields.Nested(InboxItemSchema))


class SeenSchema(Schema):
    """Messages that I have read."""

    ids = fields.List(fields.UUID(), required=True, validate=validate.Length(min=1, max=200))


@blueprint.route("/me/inbox")
class InboxView(MethodView):
    """My messages."""

    @requires("me.read")
    @blueprint.response(200, InboxSchema)
    def get(self) -> dict[str, Any]:
        """What I was told in the application."""
        found = inbox_of(db.session(), me().person_id)
        return {
            "items": [one | {"subject": words_of(one["template"], one["params"], language()).subject} for one in found]
        }

    @requires("me.read")
    @blueprint.arguments(SeenSchema)
    @blueprint.response(204)
    def post(self, body: dict[str, Any]) -> None:
        """Say that I have read these; only then does a screen say "seen"."""
        mark_seen(db.session(), body["ids"], person_id=me().person_id, now=now())
        db.session.commit()


class DeliveryLineSchema(Schema):
    """One message to me by one channel; ``said``: how far it came and what happens instead, in each language."""

    id = fields.UUID()
    incident_id = fields.UUID(allow_none=True)
    offer_id = fields.UUID(allow_none=True)
    channel = fields.String()
    template = fields.String()
    lane = fields.String()
    state = fields.String()
    said = fields.Dict(keys=fields.String(), values=fields.String())
    created_at = fields.DateTime(format="iso")
    handed_over_at = fields.DateTime(format="iso", allow_none=True)
    delivered_at = fields.DateTime(format="iso", allow_none=True)
    seen_at = fields.DateTime(format="iso", allow_none=True)


class DeliveryLinesSchema(Schema):
    """A page of them, the newest first."""

    items = fields.List(fields.Nested(DeliveryLineSchema))
    next_cursor = fields.DateTime(format="iso", allow_none=True)


class DeliveriesQuerySchema(Schema):
    """Where the list goes on."""

    cursor = Moment()
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


@blueprint.route("/me/deliveries")
class MyDeliveriesView(MethodView):
    """What was sent to me, by every channel."""

    @requires("me.read")
    @blueprint.arguments(DeliveriesQuerySchema, location="query")
    @blueprint.response(200, DeliveryLinesSchema)
    def get(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Waiting, handed over, delivered, seen or failed, and what happens instead."""
        limit = asked["limit"]
        items = deliveries_to(db.session(), me().person_id, before=asked.get("cursor"), most=limit)
        return {"items": items, "next_cursor": items[-1]["created_at"] if len(items) == limit else None}


class WebhookSchema(Schema):
    """A webhook; its address is shown to nobody again."""

    id = fields.UUID(dump_only=True)
    url = PlainText(most=2000, least=8, required=True, load_only=True)
    secret = fields.String(dump_only=True, metadata={"description": "shown once, when it is made"})
    created_at = fields.DateTime(format="iso", dump_only=True)


class WebhooksSchema(Schema):
    """The webhooks of a body."""

    items = fields.List(fields.Nested(WebhookSchema))


@blueprint.route("/organisations/<uuid:organisation_id>/webhooks")
class WebhooksView(MethodView):
    """Where a body's own system is told."""

    @requires("organisations.write")
    @blueprint.response(200, WebhooksSchema)
    def get(self, organisation_id: UUID) -> dict[str, Any]:
        """The webhooks in force."""
        found = webhooks_of(db.session(), organisation_id)
        return {"items": [{"id": one.id, "created_at": one.created_at} for one in found]}

    @requires("organisations.write")
    @blueprint.arguments(WebhookSchema)
    @blueprint.response(201, WebhookSchema)
    def post(self, body: dict[str, Any], organisation_id: UUID) -> dict[str, Any]:
        """Add one; the answer holds the secret that signs every call, this once."""
        private = current_app.extensions["linli"].settings.webhook_private_targets
        hook, secret = add_webhook(
            db.session(),
            organisation_id=organisation_id,
            url=body["url"],
            private_allowed=private,
            ring=ring(),
            now=now(),
        )
        db.session.commit()
        return {"id": hook.id, "secret": secret, "created_at": hook.created_at}


@blueprint.route("/webhooks/<uuid:webhook_id>")
class WebhookView(MethodView):
    """One webhook."""

    @requires("organisations.write")
    @blueprint.response(204)
    def delete(self, webhook_id: UUID) -> None:
        """Tell this system no more."""
        end_webhook(db.session(), webhook_id, now=now())
        db.session.commit()
