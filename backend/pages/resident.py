"""The resident's pages: report, sent, receipt. They call the actions that the API calls."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, request
from marshmallow import ValidationError
from sqlalchemy import select

from backend.incidents.models import Incident, Report
from backend.intake import thread
from backend.intake.photos import BYTES_MOST, NotAPhoto, PhotoTooLarge, keep_photo
from backend.intake.receive import BehaviourFirst, Received, ReusedClientId, answer, receive
from backend.intake.schemas import MessageSchema, ReasonSchema
from backend.intake.thread import Mine, WrongReceipt, by_receipt
from backend.kernel.database import RESIDENT, act_as, db
from backend.kernel.problems import Invalid, Refusal
from backend.pages import forms
from backend.pages.desk import zone_of
from backend.pages.frame import dress_problem, emergency_numbers, page, reader, refused_page, ring, send_asset, settings
from backend.policy.catalogue import default_catalogue
from backend.trust.access import now, open_to_all, public

blueprint = Blueprint("pages", __name__, template_folder="templates")
blueprint.register_error_handler(Refusal, refused_page)
blueprint.after_app_request(dress_problem)
# Three photos and the words beside them. Each photo is checked on its own, so that what was typed is kept.
UPLOAD_MOST = 3 * BYTES_MOST + 4_000_000


@blueprint.get("/assets/<name>")
@open_to_all
def asset(name: str) -> Response:
    """A style, script or picture of the pages."""
    return send_asset(name)


@lru_cache(maxsize=1)
def topics() -> Mapping[str, str]:
    """The kind of report that each category belongs to."""
    return {code: category.kind for code, category in default_catalogue().categories.items()}


@blueprint.get("/form")
@public
def report() -> Response:
    """The form by which anybody reports, without an account."""
    return form_page()


def form_page(
    errors: Mapping[str, str] | None = None, *, refusal: BehaviourFirst | None = None, status: int = 200
) -> Response:
    """The form, with what was typed and what needs another look."""
    book = default_catalogue()
    groups = {
        kind: [one for one in book.categories.values() if one.kind == kind]
        for kind in ("concern", "aid_request", "distress")
    }
    helped = [book.words[code] for code in (refusal.members.get("help", ()) if refusal else ()) if code in book.words]
    return page(
        "report", status=status, numbers=emergency_numbers(), groups=groups, typed=request.form, errors=errors or {},
        refusal=refusal, helped=helped, client_id=forms.form_id(request.form), photos_most=forms.PHOTOS_MOST, upload_most=3 * BYTES_MOST,
        switch=request.method == "GET",
    )  # fmt: skip


@blueprint.post("/form")
@public
def send() -> Response:
    """Take the form as a report; sent twice it makes one."""
    request.max_content_length = UPLOAD_MOST
    sent = forms.report_of(request.form, language=reader(), topics=topics())
    photos = [file.stream.read(BYTES_MOST + 1) for file in request.files.getlist("photo") if file.filename]
    try:
        received, left_out = take(sent, photos)
    except ValidationError as error:
        return form_page(forms.errors_of(error.messages_dict, sent), status=422)
    except (NotAPhoto, PhotoTooLarge, TooManyPhotos) as error:
        db.session.rollback()
        return form_page({"photo": error.code}, status=422)
    except BehaviourFirst as refusal:
        db.session.rollback()
        return form_page({"text": "behaviour"}, refusal=refusal, status=422)
    return sent_page(received, left_out)


class TooManyPhotos(Exception):
    """More photos than the form takes; said at its field."""

    code = "photos-too-many"


@dataclass
class Kept:
    """Photos that were stored for a report which is not yet committed."""

    ids: list[UUID]
    spoilt: bool = False

    def forget(self) -> None:
        """Remove their files: the report that they belong to was not stored."""
        for photo_id in self.ids:
            with suppress(FileNotFoundError):
                (_folder() / f"{photo_id}.sealed").unlink()


def _folder() -> Any:
    return current_app.extensions["linli"].photos


def take(sent: Mapping[str, Any], photos: Sequence[bytes]) -> tuple[Received, tuple[str, ...]]:
    """Receive a report; return the answer, and what had to be left out of an SOS.

    Raises ValidationError, NotAPhoto, PhotoTooLarge, TooManyPhotos, BehaviourFirst.
    """
    client_id = forms.client_id_of(forms.form_id(request.form), sent, photos)
    loaded, left_out = forms.load_report({**sent, "client_id": str(client_id)})
    kept = Kept([])
    try:
        keep(kept, photos, spare=sent["kind"] == forms.DISTRESS)
        whole = loaded | {"photo_ids": kept.ids}
        received = receive(db.session(), whole, settings=settings(), ring=ring(), now=now())
        if not received.fresh:
            kept.forget()
    except ReusedClientId:
        # The same form with the same content: only the photos got other ids this time.
        kept.forget()
        received = taken_before(client_id)
    except BaseException:
        kept.forget()
        raise
    return received, (*left_out, *(["photo"] if kept.spoilt else []))


def keep(kept: Kept, photos: Sequence[bytes], *, spare: bool) -> None:
    """Store the photos. With ``spare`` those that cannot be used are left out instead of refused."""
    if len(photos) > forms.PHOTOS_MOST and not spare:
        raise TooManyPhotos()
    kept.spoilt = len(photos) > forms.PHOTOS_MOST
    for raw in photos[: forms.PHOTOS_MOST]:
        try:
            kept.ids.append(keep_photo(db.session(), raw, folder=_folder(), ring=ring(), now=now()))
        except (NotAPhoto, PhotoTooLarge):
            if not spare:
                raise
            kept.spoilt = True


def taken_before(client_id: UUID) -> Received:
    """The answer that the first sending of a form got."""
    told = db.session().scalars(select(Report.acknowledgement).where(Report.client_id == client_id)).one()
    return Received(answer(told, ring(), client_id), fresh=False)


def sent_page(received: Received, left_out: Sequence[str]) -> Response:
    """Received: the code to come back, who has it, what happens next and by when."""
    incident = db.session().get(Incident, UUID(received.body["incident"]["id"]))
    zone = zone_of(db.session(), incident.area_id if incident else None)
    no_mail = bool(request.form.get("email", "").strip()) and not forms.keeps_contact(request.form)
    db.session.commit()
    missing = [*left_out, *(["mail"] if no_mail else [])]
    address = f"{settings().public_url or request.host_url.rstrip('/')}/receipt"
    return page(
        "sent", status=201 if received.fresh else 200, sent=received.body, zone=zone, missing=missing,
        address=address, switch=False,
    )  # fmt: skip


@blueprint.get("/receipt")
@public
def receipt() -> Response:
    """Where the code is typed. It is never part of an address."""
    return page("receipt", numbers=emergency_numbers())


def mine() -> Mine:
    """The report whose code the form carries. Raises WrongReceipt."""
    return by_receipt(db.session(), request.form.get("code"), ring=ring())


@blueprint.post("/receipt")
@public
def open_receipt() -> Response:
    """The report of a code."""
    try:
        return thread_page(mine())
    except WrongReceipt as refusal:
        return page("receipt", status=422, numbers=emergency_numbers(), refusal=refusal)


def thread_page(found: Mine, *, done: str = "", refusal: Refusal | None = None, status: int = 200) -> Response:
    """The report as its resident sees it; commits."""
    db.session.flush()
    shown = thread.shown(db.session(), found, reader(), now=now())
    incident = db.session().get_one(Incident, shown["incident"]["id"])
    zone = zone_of(db.session(), incident.area_id)
    due = shown["next_update_by"]
    db.session.commit()
    return page(
        "thread", status=status, shown=shown, zone=zone, code=request.form["code"], done=done, refusal=refusal,
        late=due is not None and due < now(), typed=request.form, switch=False,
    )  # fmt: skip


def act(name: str) -> Callable[[Callable[[Mine], None]], Callable[[], Response]]:
    """Declare what a resident does to a report: ``POST /receipt/{name}``."""

    def mark(change: Callable[[Mine], None]) -> Callable[[], Response]:
        @public
        def view() -> Response:
            return _done(name, change)

        blueprint.add_url_rule(f"/receipt/{name}", f"receipt_{name}", view, methods=["POST"])
        return view

    return mark


def _done(name: str, change: Callable[[Mine], None]) -> Response:
    try:
        found = mine()
        change(found)
        return thread_page(found, done=name)
    except WrongReceipt as refusal:
        return page("receipt", status=422, numbers=emergency_numbers(), refusal=refusal)
    except Refusal as refusal:
        db.session.rollback()
        act_as(db.session(), RESIDENT)
        return thread_page(mine(), refusal=refusal, status=refusal.status)


def _written(schema: Any) -> str:
    typed = request.form.get("text", "").replace("\r\n", "\n").strip()
    try:
        loaded: dict[str, str] = schema.load({"text": typed})
    except ValidationError as error:
        too_short = {"en": "Please write something first.", "zh": "请先写点内容。"}
        too_long = {"en": "This is too long. Please shorten it.", "zh": "内容过长，请缩短。"}
        raise Invalid(error.messages, too_long if typed else too_short) from error
    return loaded["text"]


@act("messages")
def write(found: Mine) -> None:
    """Write to those who handle the report; the same words sent twice in a row are one message."""
    said = _written(MessageSchema())
    db.session().get(Incident, found.report.incident_id, with_for_update=True)
    before = [one for one in thread.shown(db.session(), found, reader(), now=now())["messages"] if one["from"] == "me"]
    if not before or before[-1]["words"] != said:
        thread.add_message(db.session(), found, said, now=now())


@act("withdraw")
def withdraw(found: Mine) -> None:
    """Take the report back."""
    thread.withdraw(db.session(), found, now=now())


@act("reopen")
def reopen(found: Mine) -> None:
    """Say that it is not solved."""
    said = _written(ReasonSchema())
    thread.reopen(db.session(), found, now=now())
    if said:
        thread.add_message(db.session(), found, said, now=now())
