"""The staff's pages: the list of incidents, one incident with its acts."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, request
from marshmallow import ValidationError
from werkzeug.wrappers import Response as BaseResponse

from backend.dispatch.models import Offer
from backend.incidents.api import filters_of
from backend.incidents.listing import counts_by_grade, queue
from backend.incidents.schemas import MALICIOUS, OUTCOMES, QueueQuerySchema
from backend.incidents.states import State
from backend.kernel.database import act_as, db
from backend.kernel.problems import Invalid, NotAllowed, NotFound, NotSignedIn, Refusal
from backend.pages.acting import ACTS, FormAct, perform
from backend.pages.desk import Reader, asked_of, colleagues, listed_row
from backend.pages.frame import form_token, is_own_form, link, page, reader, refused_page, ring, settings
from backend.pages.incident import seen_whole
from backend.policy.catalogue import default_catalogue
from backend.trust.access import me, now, requires
from backend.trust.reads import audited

blueprint = Blueprint("console", __name__, url_prefix="/console/plain", template_folder="templates")
blueprint.register_error_handler(Refusal, refused_page)

PAGE_SIZE = 25
REFRESH_S = 30
SINGLE = ("area", "owner", "q", "sort", "cursor")
SEVERAL = ("status", "grade", "category")
FOREIGN_FORM = {
    "en": "This form is not from your session. Load the page again.",
    "zh": "此表单不属于您的会话，请重新载入页面。",
}
# What somebody most likely does next, by the state of the incident: its form is open from the start.
NEXT = {
    State.RECEIVED: "triage", State.TRIAGED: "triage", State.OFFERED: "accept", State.ACCEPTED: "start",
    State.IN_PROGRESS: "check-goals", State.WAITING: "wake", State.STABILISED: "check-goals",
    State.RECOVERING: "check-goals", State.GOALS_CHECKED: "close", State.NOT_OURS_HANDED_OVER: "check-goals",
}  # fmt: skip


@blueprint.errorhandler(NotSignedIn)
def sign_in_first(_: NotSignedIn) -> BaseResponse:
    """Whoever is not signed in does so first, and then goes on to where they were going."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else link("console.incidents")
    return redirect(link("console.sign_in_form", next=wanted), 303)


def check_own_form() -> None:
    """Raise NotAllowed for a form that this session was not given."""
    if not is_own_form():
        raise NotAllowed(FOREIGN_FORM)


def to_me() -> Reader:
    """The person who is signed in, as the reader of a page."""
    return Reader(db.session(), me(), ring(), settings(), reader(), now())


@blueprint.get("")
@requires("incidents.read")
def incidents() -> Response:
    """The list, most urgent first, with what the reader is asked above it."""
    asked = _asked_for()
    try:
        query: dict[str, Any] = QueueQuerySchema().load(asked)
    except ValidationError as error:
        raise Invalid(error.messages_dict) from error
    to = to_me()
    items, following = queue(
        db.session(), filters_of(query), sort=query["sort"], cursor=query.get("cursor"), limit=PAGE_SIZE, now=now()
    )
    rows = [listed_row(item, to) for item in items]
    refresh = REFRESH_S if request.args.get("refresh") else 0
    book = default_catalogue()
    return page(
        "queue", pinned=[row for row in rows if row["urgent"]], rows=[row for row in rows if not row["urgent"]],
        following=following, counts=counts_by_grade(db.session()), asked=asked_of(to), chosen=asked, refresh=refresh,
        grades=[(number, to.grade(number)) for number in range(1, 6)], states=list(State), categories=book.categories,
        choices=to.places.choices, token=form_token(), is_filtered=bool(set(asked) - {"sort", "cursor"}),
    )  # fmt: skip


def _asked_for() -> dict[str, str]:
    """The filters in the address; several values of one are joined as the API takes them."""
    single = {name: request.args[name].strip() for name in SINGLE if request.args.get(name, "").strip()}
    several = {name: ",".join(filter(None, request.args.getlist(name))) for name in SEVERAL}
    return single | {name: joined for name, joined in several.items() if joined}


@blueprint.get("/incidents/<uuid:incident_id>")
@requires("incidents.read")
@audited("incident_id")
def incident(incident_id: UUID) -> Response:
    """One incident, with everything around it."""
    return incident_page(incident_id)


def incident_page(
    incident_id: UUID, *, refusal: Refusal | None = None, tried: str = "", typed: Mapping[str, str] | None = None
) -> Response:
    """The page of an incident; after a refused act with the reason, and with what was typed."""
    to = to_me()
    found = seen_whole(to, incident_id)
    others = colleagues(to) if found["grade"] == 1 else {}
    db.session.commit()
    allowed = [act.name for act in ACTS if act.name in _open_to(found)]
    following = NEXT.get(State(found["status_code"]), "")
    return page(
        "incident", status=refusal.status if refusal else 200, it=found, zone=found["zone"], token=form_token(),
        allowed=allowed, opened=tried or (following if following in allowed else ""), refusal=refusal, tried=tried,
        typed=typed or {}, done=request.args.get("done", "") if request.method == "GET" else "", colleagues=others,
        categories=default_catalogue().categories, grades=[(number, to.grade(number)) for number in range(1, 6)],
        # The plain page has no field for the reason that a false report on purpose needs.
        outcomes=[one for one in OUTCOMES if one != MALICIOUS], names=[act.name for act in ACTS], switch=request.method == "GET",
    )  # fmt: skip


def _open_to(found: Mapping[str, Any]) -> set[str]:
    """The acts that the table allows now and that the reader's roles allow."""
    by_state = set(found["allowed"])
    asked = found["handed_to_me"] or any(offer["mine"] for offer in found["offers"])
    by_state -= {"accept", "decline"}
    by_state |= {"accept", "decline"} if asked else set()
    by_state |= {"acknowledge"} if found["unseen"] else set()
    return {act.name for act in ACTS if act.name in by_state and me().may(act.permission)}


@blueprint.get("/offers/<uuid:offer_id>")
@requires("offers.answer")
def offer(offer_id: UUID) -> BaseResponse:
    """Where the link in a message about an offer leads: to the incident, or to one's own page."""
    found = db.session().get(Offer, offer_id)
    if found is None:
        raise NotFound()
    if not me().may("incidents.read"):
        return redirect(link("console.asked"), 303)
    return redirect(link("console.incident", incident_id=found.incident_id), 303)


def _declare(act: FormAct) -> None:
    @requires(act.permission)
    @audited("incident_id")
    def view(incident_id: UUID) -> BaseResponse:
        check_own_form()
        try:
            perform(act, incident_id, request.form)
        except Refusal as refusal:
            db.session.rollback()
            act_as(db.session(), me().actor)
            return incident_page(incident_id, refusal=refusal, tried=act.name, typed=request.form)
        db.session.commit()
        return redirect(link("console.incident", incident_id=incident_id, done=act.name), 303)

    blueprint.add_url_rule(f"/incidents/<uuid:incident_id>/{act.name}", f"do_{act.name}", view, methods=["POST"])


for _act in ACTS:
    _declare(_act)
