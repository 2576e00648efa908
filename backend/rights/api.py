"""Rights: what a resident with a receipt can see and ask, and the desk that answers."""

from typing import Any
from uuid import UUID

from flask import request
from flask.views import MethodView

from backend.intake import looked, thread
from backend.intake.api import linli, mine
from backend.intake.thread import Mine
from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.kernel.web import language
from backend.rights import holds, requests
from backend.rights.keeping import keeping_of
from backend.rights.models import LegalHold, RightsRequest
from backend.rights.reading import copy_of, list_requests, rights_of, shown_to_desk
from backend.rights.refusals import NoSuchRequest
from backend.rights.rules import Right
from backend.rights.schemas import (
    AnswerSchema,
    AppealSchema,
    AskSchema,
    CopySchema,
    DeskRequestSchema,
    HoldSchema,
    RequestsQuerySchema,
    RequestsSchema,
    RightsSchema,
    StandingHoldSchema,
)
from backend.sharing.reading import shared_of
from backend.trust.access import me, now, public, requires
from backend.trust.reads import PARAMETERS, audited, looks_at

blueprint = Blueprint("rights", __name__, url_prefix="/api/v1", description="What people may ask about what is kept")


def shown(found: Mine) -> dict[str, Any]:
    """What is kept, what can be asked, and what was answered, as it stands now."""
    session = db.session()
    said = rights_of(session, found, keeping_of(linli().settings), language())
    return said | {"shared": shared_of(session, found.report.incident_id, language())}


def answered(found: Mine) -> dict[str, Any]:
    """Answer with the rights as they stand now, and commit."""
    db.session.flush()
    answer = shown(found)
    db.session.commit()
    return answer


@blueprint.route("/receipt/rights")
class RightsView(MethodView):
    """A resident's rights."""

    @public
    @blueprint.response(200, RightsSchema)
    def get(self) -> dict[str, Any]:
        """What is kept of your report and for how long, what can be erased, what you asked and what was answered."""
        return shown(mine())

    @public
    @blueprint.arguments(AskSchema)
    @blueprint.response(200, RightsSchema)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Ask to see what staff wrote, to correct, to object or to erase.

        Erasing is done at once unless something bars that (`erasing.because`); then a person answers by `due_at`.
        """
        found = mine()
        if body["kind"] == Right.ERASE:
            requests.erase_mine(db.session(), found, body.get("words"), now=now())
        else:
            requests.ask(db.session(), found, Right(body["kind"]), body, now=now())
        return answered(found)


@blueprint.route("/receipt/copy")
class CopyView(MethodView):
    """A copy of all that is kept."""

    @public
    @blueprint.response(200, CopySchema)
    def get(self) -> dict[str, Any]:
        """All that you gave us and were told, who looked, with whom it was shared, and how it was decided upon."""
        session, found = db.session(), mine()
        looks = looks_at(session, looked.incidents_of(found.report), since=found.report.received_at, most=1000)
        return copy_of(session, found, photos=linli().photos) | {
            "thread": thread.shown(session, found, language(), now=now()),
            "looked": [looked.told(one, language()) for one in looks],
            "rights": shown(found),
        }


@blueprint.route("/receipt/rights/<uuid:request_id>/appeal", methods=["POST"])
@public
@blueprint.arguments(AppealSchema)
@blueprint.response(200, RightsSchema)
def appeal(body: dict[str, Any], request_id: UUID) -> dict[str, Any]:
    """Have another person look at an answer."""
    found = mine()
    requests.appeal(db.session(), found, request_id, body.get("words"), now=now())
    return answered(found)


@blueprint.route("/receipt/rights/<uuid:request_id>/take-back", methods=["POST"])
@public
@blueprint.response(200, RightsSchema)
def take_back(request_id: UUID) -> dict[str, Any]:
    """Take a request back."""
    found = mine()
    requests.take_back(db.session(), found, request_id, now=now())
    return answered(found)


@blueprint.route("/rights-requests")
class RequestsView(MethodView):
    """Requests of residents, for the desks that answer for them."""

    @requires("rights.answer")
    @blueprint.arguments(RequestsQuerySchema, location="query")
    @blueprint.response(200, RequestsSchema)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """Requests about incidents that you may see: those that wait, what is due first first; or all."""
        return list_requests(
            db.session(), linli().keyring, waiting=query["state"] == "waiting", cursor=query.get("cursor"),
            limit=query["limit"], language=language(), now=now(),
        )  # fmt: skip


@blueprint.route("/rights-requests/<uuid:request_id>")
class RequestView(MethodView):
    """One request."""

    @requires("rights.answer")
    @audited("request_id")
    @blueprint.doc(parameters=PARAMETERS)
    @blueprint.response(200, DeskRequestSchema)
    def get(self, request_id: UUID) -> dict[str, Any]:
        """A request in the resident's words. Who reads it is recorded."""
        found = db.session().get(RightsRequest, request_id)
        if found is None:
            raise NoSuchRequest()
        return shown_to_desk(db.session(), linli().keyring, found, language=language(), now=now())


@blueprint.route("/rights-requests/<uuid:request_id>/answer", methods=["POST"])
@requires("rights.answer")
@audited("request_id")
@blueprint.arguments(AnswerSchema)
@blueprint.response(200, DeskRequestSchema)
def answer(body: dict[str, Any], request_id: UUID) -> dict[str, Any]:
    """Answer a request. What you grant is done at once; an appeal is answered by another person (`If-Match`)."""
    session, ring = db.session(), linli().keyring
    found = requests.answer(
        session, request_id, body, if_match=request.headers.get("If-Match"), by=me().person_id, ring=ring, now=now()
    )
    session.flush()
    said = shown_to_desk(session, ring, found, language=language(), now=now())
    session.commit()
    return said


@blueprint.route("/incidents/<uuid:incident_id>/legal-hold")
class HoldView(MethodView):
    """A legal hold on an incident."""

    @requires("rights.answer")
    @blueprint.arguments(HoldSchema)
    @blueprint.response(200, StandingHoldSchema)
    def put(self, body: dict[str, Any], incident_id: UUID) -> LegalHold:
        """Keep everything of this incident until the hold is lifted: a court, an inquiry, a complaint or a claim."""
        made = holds.set_hold(db.session(), incident_id, body["reason"], by=me().person_id, now=now())
        db.session.commit()
        return made

    @requires("rights.answer")
    @blueprint.response(200, StandingHoldSchema)
    def delete(self, incident_id: UUID) -> LegalHold:
        """Lift the hold; what was kept for too long goes with the next sweep."""
        found = holds.lift_hold(db.session(), incident_id, by=me().person_id, now=now())
        db.session.commit()
        return found
