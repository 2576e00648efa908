"""The board, and what residents do with their matches by the receipt of their own report."""

from typing import Any
from uuid import UUID

from flask.views import MethodView

from backend.aid import actions, board, deciding, offering, sharing, still
from backend.aid.rules import Decision, Said, Side
from backend.aid.schemas import (
    AnswerSchema,
    DecidedSchema,
    DecisionSchema,
    ListingsSchema,
    OfferSchema,
    OwnOfferSchema,
    OwnOffersSchema,
    PageSchema,
    RatingSchema,
    SearchSchema,
    StillSchema,
    WordsSchema,
)
from backend.incidents.api import by, ring, subject
from backend.intake.api import answered, linli, mine, received_response
from backend.intake.schemas import ReasonSchema, ReceiptSchema, ReceivedSchema
from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.trust.access import me, now, public, requires

blueprint = Blueprint("aid", __name__, url_prefix="/api/v1", description="Neighbours find each other")


@blueprint.route("/aid/listings/search", methods=["POST"])
@public
@blueprint.arguments(SearchSchema)
@blueprint.response(200, ListingsSchema)
def search(asked: dict[str, Any]) -> dict[str, Any]:
    """Look through the board around a place, the nearest first."""
    direction = Side(asked["direction"]) if "direction" in asked else None
    wanted = board.Search(asked["near"]["lat"], asked["near"]["lon"], direction, asked.get("need"))
    items, following = board.search(db.session(), wanted, cursor=asked.get("cursor"), limit=asked["limit"], now=now())
    return {"items": items, "next_cursor": following}


@blueprint.route("/aid/offers")
class OffersView(MethodView):
    """What bodies and people with an account offer."""

    @requires("aid.offer")
    @blueprint.arguments(OfferSchema)
    @blueprint.response(201, ReceivedSchema)
    @blueprint.alt_response(200, schema=ReceivedSchema, description="the same offer was sent before")
    def post(self, body: dict[str, Any]) -> Any:
        """Offer a resource: what, how much, until when and under what conditions. It gets an owner as every report does."""
        found = offering.offer(
            db.session(), body, person_id=me().person_id, organisation_ids=me().organisation_ids,
            settings=linli().settings, ring=ring(), now=now(),
        )  # fmt: skip
        db.session.commit()
        return received_response(found)

    @requires("aid.offer")
    @blueprint.arguments(PageSchema, location="query")
    @blueprint.response(200, OwnOffersSchema)
    def get(self, page: dict[str, Any]) -> dict[str, Any]:
        """What your bodies and you have offered, the newest first."""
        items, following = offering.own_offers(
            db.session(), person_id=me().person_id, organisation_ids=me().organisation_ids, cursor=page.get("cursor"),
            limit=page["limit"],
        )  # fmt: skip
        return {"items": items, "next_cursor": following}


@blueprint.route("/aid/offers/<uuid:listing_id>/end", methods=["POST"])
@requires("aid.offer")
@blueprint.response(200, OwnOfferSchema)
def end_offer(listing_id: UUID) -> dict[str, Any]:
    """End an offer of your body or your own; what was agreed goes on."""
    shown = offering.end_own(
        db.session(), listing_id, person_id=me().person_id, organisation_ids=me().organisation_ids, now=now()
    )
    db.session.commit()
    return shown


def resident(path: str) -> Any:
    """Declare a call of the resident: ``POST /api/v1/receipt/aid/{path}``."""

    def mark(view: Any) -> Any:
        shown = blueprint.response(200, ReceiptSchema)(view)
        return blueprint.route(f"/receipt/aid/{path}", methods=["POST"])(public(shown))

    return mark


@resident("answers")
@blueprint.arguments(AnswerSchema)
def answer(body: dict[str, Any]) -> dict[str, Any]:
    """Answer a listing with your own request or offer; this says yes for your side."""
    found = mine()
    actions.answer(db.session(), found, body["listing_id"], body.get("text"), now=now())
    return answered(found)


@resident("off-board")
def take_off() -> dict[str, Any]:
    """Take your request or offer off the board; the report itself goes on."""
    found = mine()
    still.take_off(db.session(), found, now=now())
    return answered(found)


@resident("still")
@blueprint.arguments(StillSchema)
def say_still(body: dict[str, Any]) -> dict[str, Any]:
    """Say that it is still needed or offered, which prolongs it, or no longer, which ends it."""
    found = mine()
    still.answer(db.session(), found, still=body["still"], now=now())
    return answered(found)


@resident("matches/<uuid:match_id>/messages")
@blueprint.arguments(WordsSchema)
def write(body: dict[str, Any], match_id: UUID) -> dict[str, Any]:
    """Write to the other side, once both have said yes."""
    found = mine()
    actions.write(db.session(), found, match_id, body["text"], now=now())
    return answered(found)


@resident("matches/<uuid:match_id>/worry")
@blueprint.arguments(ReasonSchema)
def worry(body: dict[str, Any], match_id: UUID) -> dict[str, Any]:
    """Stop the match because something feels wrong; a coordinator looks. The words go to the coordinator alone."""
    found = mine()
    actions.worry(db.session(), found, match_id, body.get("text"), now=now())
    return answered(found)


@resident("matches/<uuid:match_id>/share")
def share(match_id: UUID) -> dict[str, Any]:
    """Let the other side see your name, phone number and mail address; each sees them once both have said so."""
    found = mine()
    sharing.share(db.session(), found, match_id, shares=True, now=now())
    return answered(found)


@resident("matches/<uuid:match_id>/unshare")
def unshare(match_id: UUID) -> dict[str, Any]:
    """Let the other side see no contact any more; then you see none of theirs either."""
    found = mine()
    sharing.share(db.session(), found, match_id, shares=False, now=now())
    return answered(found)


@resident("matches/<uuid:match_id>/rating")
@blueprint.arguments(RatingSchema)
def rate(body: dict[str, Any], match_id: UUID) -> dict[str, Any]:
    """Say once how it went. The other side never reads it; a coordinator learns of it only where it went badly."""
    found = mine()
    sharing.rate(db.session(), found, match_id, body["went"], now=now())
    return answered(found)


@blueprint.route("/incidents/<uuid:incident_id>/matches/<uuid:match_id>/decision", methods=["POST"])
@requires("aid.decide")
@blueprint.arguments(DecisionSchema)
@blueprint.response(200, DecidedSchema)
def decide(body: dict[str, Any], incident_id: UUID, match_id: UUID) -> dict[str, Any]:
    """Decide about a contact that a worry has stopped: it goes on where it stood, or it ends. Both sides are told."""
    incident, decision = subject(incident_id), Decision(body["decision"])
    match = deciding.decide(
        db.session(), incident, match_id, decision, body["reason"], by=by(), ring=ring(), now=now()
    )  # fmt: skip
    shown = {"id": match.id, "state": match.state, "moved_at": match.moved_at}
    db.session.commit()
    return shown


def _say(said: Said, what: str) -> None:
    def view(match_id: UUID) -> dict[str, Any]:
        found = mine()
        actions.say(db.session(), found, match_id, said, now=now())
        return answered(found)

    view.__name__, view.__doc__ = said.value, what
    resident(f"matches/<uuid:match_id>/{said.value}")(view)


_say(Said.ACCEPT, "Say yes to the other side.")
_say(Said.DECLINE, "Say no; no reason is asked.")
_say(Said.DONE, "Say that the help was given; when both have, a person looks and closes.")
_say(Said.FAILED, "Say that it did not work out; the request can be found again.")
_say(Said.CANCEL, "Take your yes back.")
