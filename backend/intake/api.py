"""Reports, photos and receipts: what residents call, without an account."""

from typing import Any
from uuid import UUID

import orjson
from flask import Response, current_app, request
from flask.views import MethodView

from backend.dispatch import vapid
from backend.incidents.contacts import close_chat, replace_contact
from backend.intake import looked, thread, voice
from backend.intake.attaching import Uploads
from backend.intake.configuration import configuration, countries_anyhow
from backend.intake.envelopes import open_envelope, public_key, report_in, returning
from backend.intake.photos import BYTES_MOST, NotAPhoto, PhotoTooLarge, discard, keep_photo, read_photo
from backend.intake.receive import Received, commit_received, receive
from backend.intake.schemas import (
    ClosedChatSchema,
    CodeSchema,
    ContactSchema,
    FeedbackSchema,
    MessageSchema,
    NewReportSchema,
    PhotoSchema,
    PositionSchema,
    PushSchema,
    ReasonSchema,
    ReceiptSchema,
    ReceivedSchema,
    SealedPhotoSchema,
    SealedReportSchema,
    SeenSchema,
    VoiceSchema,
)
from backend.intake.seen import mark_seen
from backend.intake.thread import Mine, by_receipt
from backend.intake.voice import NotAVoiceNote
from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.kernel.problems import Refusal
from backend.kernel.web import language
from backend.organisations.actions.chats import end_chat
from backend.trust.access import now, open_to_all, public, requires
from backend.trust.bots import bot_only
from backend.trust.reads import PARAMETERS, audited, looks_at

blueprint = Blueprint("intake", __name__, url_prefix="/api/v1", description="Residents report and follow up")

VOICE_FORM = {
    "type": "object",
    "required": ["voice"],
    "properties": {"voice": {"type": "string", "format": "binary"}},
}
PHOTO_FORM = {
    "type": "object",
    "required": ["photo"],
    "properties": {"photo": {"type": "string", "format": "binary"}},
}


def linli() -> Any:
    """What this application carries: settings, keys, the folder of photos."""
    return current_app.extensions["linli"]


def mine() -> Mine:
    """The report whose receipt the caller shows in ``Authorization: Receipt <code>``."""
    scheme, _, code = request.headers.get("Authorization", "").partition(" ")
    return by_receipt(db.session(), code if scheme.lower() == "receipt" else None, ring=linli().keyring)


def answered(found: Mine) -> dict[str, Any]:
    """Answer with the report as it stands now, and commit."""
    db.session.flush()
    answer = shown(found)
    db.session.commit()
    return answer


def shown(found: Mine) -> dict[str, Any]:
    """The report as it stands now, with those who looked at it."""
    of, since = looked.incidents_of(found.report), found.report.received_at
    looks = looks_at(db.session(), of, since=since)
    return thread.shown(db.session(), found, language(), now=now()) | {
        "looked": [looked.told(one, language()) for one in looks]
    }


def received_response(received: Received) -> Response:
    """The answer to a report, which is made and kept in the shape of ReceivedSchema and needs no copy in it."""
    status = 201 if received.fresh else 200
    return Response(orjson.dumps(received.body), status, content_type="application/json")


@blueprint.route("/reports")
class ReportsView(MethodView):
    """Reports."""

    @public
    @blueprint.arguments(NewReportSchema)
    @blueprint.response(201, ReceivedSchema)
    @blueprint.alt_response(200, schema=ReceivedSchema, description="the same report was sent before")
    def post(self, sent: dict[str, Any]) -> Any:
        """Send a report. The same ``client_id`` again answers 200 with the same body."""
        session, settings, ring = db.session(), linli().settings, linli().keyring
        received = receive(session, sent, settings=settings, ring=ring, now=now(), waits=False)
        return received_response(commit_received(session, received, sent, ring=ring))


@blueprint.route("/photos")
class PhotosView(MethodView):
    """Photos."""

    @public
    @blueprint.doc(requestBody={"required": True, "content": {"multipart/form-data": {"schema": PHOTO_FORM}}})
    @blueprint.response(201, PhotoSchema)
    def post(self) -> dict[str, Any]:
        """Upload a photo as multipart field ``photo``; its metadata is removed. Name its id in the report."""
        file = request.files.get("photo") or request.files.get("file")
        if file is None:
            raise NotAPhoto()
        raw = file.stream.read(BYTES_MOST + 1)
        if len(raw) > BYTES_MOST:
            raise PhotoTooLarge()
        photo_id = keep_photo(db.session(), raw, folder=linli().photos, ring=linli().keyring, now=now())
        try:
            db.session.commit()
        except BaseException:
            discard(linli().photos, photo_id)
            raise
        return {"id": photo_id}


@blueprint.route("/sealed-reports")
class SealedReportsView(MethodView):
    """Reports that waited sealed on a phone."""

    @public
    @blueprint.arguments(SealedReportSchema)
    @blueprint.response(201, ReceivedSchema)
    @blueprint.alt_response(200, schema=ReceivedSchema, description="the same report was sent before")
    def post(self, sealed: dict[str, Any]) -> Any:
        """Send a report that waited sealed. A refusal carries it as ``sent``, for the phone cannot open it again."""
        ring, loads = linli().keyring, current_app.json.loads
        written, sent = report_in(ring, sealed["envelope"], sealed["client_id"], sealed["photo_ids"], loads=loads)
        try:
            received = receive(db.session(), sent, settings=linli().settings, ring=ring, now=now())
        except Refusal as refusal:
            raise returning(refusal, written) from refusal
        db.session.commit()
        return received_response(received)


@blueprint.route("/sealed-photos")
class SealedPhotosView(MethodView):
    """Photos that waited sealed on a phone."""

    @public
    @blueprint.arguments(SealedPhotoSchema)
    @blueprint.response(201, PhotoSchema)
    def post(self, sealed: dict[str, Any]) -> dict[str, Any]:
        """Send a photo that waited sealed. Sent twice it is kept once."""
        raw = open_envelope(linli().keyring, sealed["envelope"], sealed["id"])
        photo_id = keep_photo(
            db.session(), raw, folder=linli().photos, ring=linli().keyring, now=now(), photo_id=sealed["id"]
        )
        db.session.commit()
        return {"id": photo_id}


@blueprint.route("/photos/<uuid:photo_id>")
class PhotoView(MethodView):
    """One photo."""

    @requires("photos.read")
    @audited("photo_id")
    @blueprint.doc(parameters=PARAMETERS)
    @blueprint.response(200, content_type="image/jpeg")
    def get(self, photo_id: UUID) -> Response:
        """A photo of a report that the reader may see. Who looks at it is recorded."""
        jpeg = read_photo(db.session(), photo_id, folder=linli().photos, ring=linli().keyring)
        return Response(jpeg, content_type="image/jpeg")


@blueprint.route("/voice")
class VoicesView(MethodView):
    """Voice notes."""

    @public
    @blueprint.doc(requestBody={"required": True, "content": {"multipart/form-data": {"schema": VOICE_FORM}}})
    @blueprint.response(201, VoiceSchema)
    def post(self) -> dict[str, Any]:
        """Upload a voice note as multipart field ``voice``. Name its id in a report or message."""
        file = request.files.get("voice")
        if file is None:
            raise NotAVoiceNote()
        raw = file.stream.read(voice.BYTES_MOST + 1)
        voice_id = voice.keep_voice(db.session(), raw, folder=linli().photos, ring=linli().keyring, now=now())
        try:
            db.session.commit()
        except BaseException:
            discard(linli().photos, voice_id)
            raise
        return {"id": voice_id}


@blueprint.route("/voice/<uuid:voice_id>")
class VoiceView(MethodView):
    """One voice note."""

    @requires("photos.read")
    @audited("voice_id")
    @blueprint.doc(parameters=PARAMETERS)
    @blueprint.response(200, content_type=voice.MEDIA_TYPE)
    def get(self, voice_id: UUID) -> Response:
        """A voice note of a report that the listener may see. Who listens is recorded."""
        raw = voice.read_voice(db.session(), voice_id, folder=linli().photos, ring=linli().keyring)
        return Response(raw, content_type=voice.MEDIA_TYPE)


@blueprint.route("/bot/blocked")
class BlockedView(MethodView):
    """Chats that are closed to us."""

    @bot_only
    @blueprint.arguments(ClosedChatSchema)
    @blueprint.response(204)
    def post(self, body: dict[str, Any]) -> None:
        """Telegram says that the chat is closed to the bot: its links end, and no report names it any more."""
        end_chat(db.session(), linli().keyring, body["chat"], now=now())
        close_chat(db.session(), linli().keyring, body["chat"], now=now())
        db.session.commit()


@blueprint.route("/config")
class ConfigView(MethodView):
    """What a client needs to know before it sends."""

    @open_to_all
    @blueprint.response(200)
    def get(self) -> Any:
        """Languages, categories, emergency numbers of each country with the default first, limits, keys."""
        settings = linli().settings
        told = configuration(settings, countries_anyhow(db.session(), settings))
        keys: dict[str, Any] = {"envelope": public_key(linli().keyring)}
        if told["channels"]["push"]:
            keys["push"] = vapid.public_key(linli().keyring)
        told = told | {"keys": keys, "stream": {"port": settings.stream_port_seen}}
        response = current_app.json.response(told)
        response.headers["Cache-Control"] = "public, max-age=300"
        return response


@blueprint.route("/receipt")
class ReceiptView(MethodView):
    """A report, by its receipt."""

    @public
    @blueprint.response(200, ReceiptSchema)
    def get(self) -> dict[str, Any]:
        """Status, timeline, messages and what was truly delivered, in the resident's words."""
        return shown(mine())


@blueprint.route("/receipt/contact")
class ContactView(MethodView):
    """How the resident can be reached."""

    @public
    @blueprint.arguments(ContactSchema)
    @blueprint.response(200, ReceiptSchema)
    def put(self, contact: dict[str, Any]) -> dict[str, Any]:
        """Say anew how you can be reached; what was said before is replaced."""
        found = mine()
        thread.demand_kept(found.report)
        replace_contact(db.session(), found.report, contact, ring=found.ring, now=now())
        return answered(found)

    @public
    @blueprint.response(204)
    def delete(self) -> None:
        """Erase how you can be reached; the receipt goes on opening the report."""
        found = mine()
        replace_contact(db.session(), found.report, None, ring=found.ring, now=now())
        db.session.commit()


def resident(name: str) -> Any:
    """Declare a call of the resident: ``POST /api/v1/receipt/{name}``."""

    def mark(view: Any) -> Any:
        told = blueprint.response(200, ReceiptSchema)(view)
        return blueprint.route(f"/receipt/{name}", methods=["POST"])(public(told))

    return mark


@resident("messages")
@blueprint.arguments(MessageSchema)
def add_message(body: dict[str, Any]) -> dict[str, Any]:
    """Write to those who handle the report."""
    found = mine()
    uploads = Uploads(body["photo_ids"], body["voice_ids"])
    thread.add_message(db.session(), found, body.get("text"), uploads, now=now())
    return answered(found)


@blueprint.route("/receipt/seen")
class SeenView(MethodView):
    """Messages that were seen."""

    @public
    @blueprint.arguments(SeenSchema)
    @blueprint.response(204)
    def post(self, body: dict[str, Any]) -> None:
        """Say which messages stood on the screen while somebody looked at it; fetching alone is no seeing."""
        mark_seen(db.session(), mine(), body["ids"], now=now())
        db.session.commit()


@resident("withdraw")
@blueprint.arguments(ReasonSchema)
def withdraw(_body: dict[str, Any]) -> dict[str, Any]:
    """Take the report back; where others or danger are concerned, handling goes on without you."""
    found = mine()
    thread.withdraw(db.session(), found, now=now())
    return answered(found)


@resident("location")
@blueprint.arguments(PositionSchema)
def update_position(body: dict[str, Any]) -> dict[str, Any]:
    """Say where you are now."""
    found = mine()
    thread.update_position(db.session(), found, body, now=now())
    return answered(found)


@resident("cancel")
@blueprint.arguments(CodeSchema)
def cancel(body: dict[str, Any]) -> dict[str, Any]:
    """End the alarm by your code."""
    found = mine()
    thread.cancel(db.session(), found, body["code"], now=now())
    return answered(found)


@resident("reopen")
@blueprint.arguments(ReasonSchema)
def reopen(body: dict[str, Any]) -> dict[str, Any]:
    """Say that it is not solved."""
    found = mine()
    thread.reopen(db.session(), found, now=now())
    if body.get("text"):
        thread.add_message(db.session(), found, body["text"], now=now())
    return answered(found)


@resident("feedback")
@blueprint.arguments(FeedbackSchema)
def feedback(body: dict[str, Any]) -> dict[str, Any]:
    """Say how it went."""
    found = mine()
    thread.give_feedback(db.session(), found, body, now=now())
    return answered(found)


@blueprint.route("/receipt/push")
class ReceiptPushView(MethodView):
    """A phone that is told when there is news of a report."""

    @public
    @blueprint.arguments(PushSchema)
    @blueprint.response(200, ReceiptSchema)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Have this phone told, in place of the one before; the push says nothing but that there is news."""
        found = mine()
        thread.tell_phone(db.session(), found, body["endpoint"])
        return answered(found)

    @public
    @blueprint.response(200, ReceiptSchema)
    def delete(self) -> dict[str, Any]:
        """Have no phone told any more."""
        found = mine()
        thread.tell_phone(db.session(), found, None)
        return answered(found)
