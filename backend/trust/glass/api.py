"""Breaking the glass: opening, ending, the list, the review."""

from typing import Any
from uuid import UUID

from flask import current_app
from flask.views import MethodView

from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.kernel.sealed import Keyring
from backend.trust.access import me, now, requires
from backend.trust.glass import actions
from backend.trust.glass.models import BrokenGlass
from backend.trust.glass.reading import list_openings, say_openings
from backend.trust.glass.schemas import BreakSchema, OpeningSchema, OpeningsQuerySchema, OpeningsSchema, ReviewSchema

blueprint = Blueprint(
    "glass", __name__, url_prefix="/api/v1", description="Opening an incident that is not one's own to see"
)


def _ring() -> Keyring:
    found: Keyring = current_app.extensions["linli"].keyring
    return found


def _answered(opening: BrokenGlass) -> dict[str, Any]:
    """The opening as it stands now; the caller may have lost sight of the incident by the very act."""
    db.session.flush()
    (said,) = say_openings(db.session(), _ring(), [opening], reader=me().person_id, now=now())
    db.session.commit()
    return said


@blueprint.route("/break-glass")
class OpeningsView(MethodView):
    """Openings."""

    @requires("glass.break")
    @blueprint.arguments(BreakSchema)
    @blueprint.response(201, OpeningSchema)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Open an incident that you may not see, to read it for 30 minutes. Its owner and a supervisor are told.

        Asked again while it is open, the answer is the same opening. A wall between compartments stays closed.
        """
        session = db.session()
        which = actions.find_incident(session, body.get("incident_id") or body["number"])
        opening = actions.break_glass(session, me(), which, reason=body["reason"], ring=_ring(), now=now())
        return _answered(opening)

    @requires("glass.review")
    @blueprint.arguments(OpeningsQuerySchema, location="query")
    @blueprint.response(200, OpeningsSchema)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """Openings of incidents that you may see, with the reasons, for review; the latest first."""
        return _listed(query, own=False)


@blueprint.route("/me/break-glass")
class OwnOpeningsView(MethodView):
    """One's own openings."""

    @requires("glass.break")
    @blueprint.arguments(OpeningsQuerySchema, location="query")
    @blueprint.response(200, OpeningsSchema)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """What you opened, until when, and what was said about it."""
        return _listed(query, own=True)


def _listed(query: dict[str, Any], *, own: bool) -> dict[str, Any]:
    return list_openings(
        db.session(), _ring(), reader=me().person_id, state=query.get("state"), own=own, cursor=query.get("cursor"),
        limit=query["limit"], now=now(),
    )  # fmt: skip


@blueprint.route("/break-glass/<uuid:opening_id>/end", methods=["POST"])
@requires("glass.break")
@blueprint.response(200, OpeningSchema)
def end(opening_id: UUID) -> dict[str, Any]:
    """End your own opening before its time."""
    opening = actions.end_opening(db.session(), me(), opening_id, now=now())
    return _answered(opening)


@blueprint.route("/break-glass/<uuid:opening_id>/review", methods=["POST"])
@requires("glass.review")
@blueprint.arguments(ReviewSchema)
@blueprint.response(200, OpeningSchema)
def review(body: dict[str, Any], opening_id: UUID) -> dict[str, Any]:
    """Say whether an opening was justified. Nobody reviews their own."""
    opening = actions.review_opening(
        db.session(), me(), opening_id, is_justified=body["justified"], note=body["note"], ring=_ring(), now=now()
    )
    return _answered(opening)
