"""A resident's rights without scripts: what is kept, who looked, with whom it was shared, what can be asked."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response, request
from marshmallow import ValidationError

from backend.incidents.models import Incident
from backend.intake import looked
from backend.intake.thread import Mine, WrongReceipt
from backend.kernel.database import RESIDENT, act_as, db
from backend.kernel.problems import Invalid, NotFound, Refusal
from backend.pages.desk import zone_of
from backend.pages.frame import emergency_numbers, page, reader, settings
from backend.pages.resident import blueprint, mine
from backend.rights import requests
from backend.rights.keeping import keeping_of
from backend.rights.reading import rights_of
from backend.rights.rules import Right
from backend.rights.schemas import AskSchema
from backend.sharing.reading import shared_of
from backend.trust.access import now, public
from backend.trust.reads import looks_at


def rights_page(found: Mine, *, done: str = "", refusal: Refusal | None = None, status: int = 200) -> Response:
    """The rights as they stand now; commits."""
    session, language = db.session(), reader()
    session.flush()
    shown = rights_of(session, found, keeping_of(settings()), language)
    shared = shared_of(session, found.report.incident_id, language)
    looks = looks_at(session, looked.incidents_of(found.report), since=found.report.received_at)
    incident = session.get_one(Incident, found.report.incident_id)
    zone = zone_of(session, incident.area_id)
    session.commit()
    return page(
        "rights", status=status, shown=shown, shared=shared, looks=[looked.told(one, language) for one in looks],
        zone=zone, code=request.form["code"], done=done, refusal=refusal, kinds=[one.value for one in Right],
        typed=request.form, switch=False,
    )  # fmt: skip


def act(name: str) -> Callable[[Callable[[Mine], str]], Callable[[], Response]]:
    """Declare what a resident does here: ``POST /receipt/{name}``; the view tells what was done."""

    def mark(change: Callable[[Mine], str]) -> Callable[[], Response]:
        @public
        def view() -> Response:
            try:
                found = mine()
                return rights_page(found, done=change(found))
            except WrongReceipt as refusal:
                return page("receipt", status=422, numbers=emergency_numbers(), refusal=refusal)
            except Refusal as refusal:
                db.session.rollback()
                act_as(db.session(), RESIDENT)
                return rights_page(mine(), refusal=refusal, status=refusal.status)

        blueprint.add_url_rule(f"/receipt/{name}", f"receipt_{name.replace('-', '_')}", view, methods=["POST"])
        return view

    return mark


@act("rights")
def look(_found: Mine) -> str:
    """Look at what is kept and what can be asked."""
    return ""


@act("rights-ask")
def ask(found: Mine) -> str:
    """Ask to see, correct, object or erase."""
    words = request.form.get("text", "").replace("\r\n", "\n").strip()
    try:
        said: dict[str, Any] = AskSchema().load({"kind": request.form.get("kind", ""), "words": words or None})
    except ValidationError as error:
        missing = {
            "en": "Choose what you want, and keep it under 5,000 characters.",
            "zh": "请选择请求类型，字数不超过5000。",
        }
        raise Invalid(error.messages, missing) from error
    if said["kind"] == Right.ERASE:
        requests.erase_mine(db.session(), found, said.get("words"), now=now())
        return "erase"
    requests.ask(db.session(), found, Right(said["kind"]), said, now=now())
    return "ask"


@act("rights-appeal")
def appeal(found: Mine) -> str:
    """Have another person look at an answer."""
    requests.appeal(db.session(), found, _which(), None, now=now())
    return "appeal"


@act("rights-take-back")
def take_back(found: Mine) -> str:
    """Take a request back."""
    requests.take_back(db.session(), found, _which(), now=now())
    return "take_back"


def _which() -> UUID:
    try:
        return UUID(request.form.get("request", ""))
    except ValueError as error:
        raise NotFound() from error
