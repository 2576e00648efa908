"""The coordinators' calls: board, suggestions, plans, proposals, gaps, the printed board, files."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, current_app

from backend.aid.matching import board, gaps, noticeboard
from backend.aid.matching.board import Filters
from backend.aid.matching.files import HEAD, take
from backend.aid.matching.finding import suggestions_for
from backend.aid.matching.planning import planned
from backend.aid.matching.proposing import Chosen, propose, propose_all
from backend.aid.matching.saying import confirmed, plan_said, suggestions_said
from backend.aid.matching.schemas import (
    AID_FILE_FORM,
    AidFileOptionsSchema,
    AidFileSchema,
    AreaQuerySchema,
    BoardFilterSchema,
    BoardQuerySchema,
    ConfirmedSchema,
    ConfirmSchema,
    CoordinatedBoardSchema,
    GapsSchema,
    ImportedSchema,
    NoticeboardSchema,
    PairSchema,
    PlanFilterSchema,
    PlanSchema,
    ProposedSchema,
    SuggestionsSchema,
)
from backend.aid.rules import Side
from backend.areas.lookup import AREAS
from backend.incidents.api import ring
from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.kernel.languages import pick
from backend.kernel.sheets import csv_answer
from backend.kernel.web import language
from backend.trust.access import me, now, requires
from backend.trust.reads import PARAMETERS, audited

blueprint = Blueprint("aid_matching", __name__, url_prefix="/api/v1/aid", description="Bringing neighbours together")


def _filters(query: Mapping[str, Any]) -> Filters:
    direction = Side(query["direction"]) if "direction" in query else None
    return Filters(
        direction, query.get("need"), query.get("area"), query.get("waiting_h"), query.get("on_board"), query["alone"]
    )


def _zone() -> str:
    found: str = current_app.extensions["linli"].settings.timezone
    return found


@blueprint.route("/board")
@requires("aid.match")
@blueprint.arguments(BoardQuerySchema, location="query")
@blueprint.response(200, CoordinatedBoardSchema)
def read_board(query: dict[str, Any]) -> dict[str, Any]:
    """List open requests and offers, shown to neighbours or not, the longest waiting first."""
    found, following = board.page(
        db.session(), _filters(query), cursor=query.get("cursor"), limit=query["limit"], now=now()
    )
    return {"items": found, "next_cursor": following}


@blueprint.route("/board.csv")
@requires("aid.match")
@blueprint.arguments(BoardFilterSchema, location="query")
@blueprint.response(200, content_type="text/csv")
def export_board(query: dict[str, Any]) -> Response:
    """The same as a file: codes and times, no word of anybody."""
    session = db.session()
    index = AREAS.get(session)
    names = {area.id: pick(area.names, language()) or area.name for area in index.all()}
    rows = [board.cells(one, names) for one in board.whole(session, _filters(query), now=now())]
    return csv_answer("aid", board.HEAD, rows)


@blueprint.route("/listings/<uuid:listing_id>/suggestions")
@requires("aid.match")
@audited("listing_id")
@blueprint.doc(parameters=PARAMETERS)
@blueprint.response(200, SuggestionsSchema)
def suggest(listing_id: UUID) -> dict[str, Any]:
    """The best of the other side for a request or an offer, each with its reasons, and why others do not fit."""
    own, others, found = suggestions_for(db.session(), listing_id, now=now())
    return suggestions_said(own, others, found, language(), zone=_zone())


@blueprint.route("/proposals", methods=["POST"])
@requires("aid.match")
@blueprint.arguments(PairSchema)
@blueprint.response(201, ProposedSchema)
def propose_one(body: dict[str, Any]) -> dict[str, Any]:
    """Bring a request and an offer together. Both sides are told and either may decline."""
    match = propose(db.session(), Chosen(body["request"], body["offer"]), by=me().person_id, now=now())
    shown = {"id": match.id, "state": match.state, "proposed_at": match.answered_at}
    db.session.commit()
    return shown


@blueprint.route("/plans", methods=["POST"])
@requires("aid.match")
@blueprint.arguments(PlanFilterSchema)
@blueprint.response(200, PlanSchema)
def plan(body: dict[str, Any]) -> dict[str, Any]:
    """Plan the best pairs for many at once, to look at. Nothing is written."""
    return plan_said(planned(db.session(), _filters(body), now=now()), language(), zone=_zone())


@blueprint.route("/plans/confirmed", methods=["POST"])
@requires("aid.match")
@blueprint.arguments(ConfirmSchema)
@blueprint.response(200, ConfirmedSchema)
def confirm(body: dict[str, Any]) -> dict[str, Any]:
    """Propose the chosen pairs of a plan. Each is compared anew; what one refuses stops no other."""
    chosen = [Chosen(one["request"], one["offer"]) for one in body["pairs"]]
    found = confirmed(propose_all(db.session(), chosen, by=me().person_id, now=now()), language())
    db.session.commit()
    return found


@blueprint.route("/gaps")
@requires("aid.match")
@blueprint.arguments(AreaQuerySchema, location="query")
@blueprint.response(200, GapsSchema)
def read_gaps(query: dict[str, Any]) -> dict[str, Any]:
    """Needs and help by need domain for each area below a place. Where nobody asked, it is unknown."""
    return gaps.gaps(db.session(), query.get("area"), language=language(), now=now())


@blueprint.route("/noticeboard")
@requires("aid.match")
@blueprint.arguments(AreaQuerySchema, location="query")
@blueprint.response(200, NoticeboardSchema)
def read_noticeboard(query: dict[str, Any]) -> dict[str, Any]:
    """What may be printed and pinned to a board in the street: nothing by which anybody is known."""
    at = now()
    return {"items": noticeboard.lines(db.session(), query.get("area"), language=language(), now=at), "printed_at": at}


@blueprint.route("/imports", methods=["POST"])
@requires("aid.match")
@blueprint.doc(parameters=[], requestBody={"content": {"multipart/form-data": {"schema": AID_FILE_FORM}}})
@blueprint.arguments(AidFileSchema, location="files")
@blueprint.arguments(AidFileOptionsSchema, location="form", content_type="multipart/form-data")
@blueprint.response(200, ImportedSchema)
def import_file(files: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """Take requests and offers from a file, all of them or none, and each wrong row is named."""
    settings = current_app.extensions["linli"].settings
    taken = take(
        db.session(), files["file"].read(), dry_run=options["dry_run"], settings=settings, ring=ring(), now=now()
    )
    db.session.commit()
    return {"rows": taken.rows, "fresh": taken.fresh, "dry_run": options["dry_run"]}


@blueprint.route("/imports/example.csv")
@requires("aid.match")
@blueprint.response(200, content_type="text/csv")
def example_file() -> Response:
    """An example of a file that can be taken, with every head."""
    row = ("request", "AID01", "Two hot meals on Friday", 30.4, 120.4, "", "en", "week", 2, "portion", 1, "zh en", "",
           "at_the_door", "no", "", "", "")  # fmt: skip
    return csv_answer("aid-example", HEAD, [row])
