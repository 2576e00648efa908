"""What residents send and what they get back (public contract, design section 10)."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from backend.intake.wishes import AidSchema, BoardAnswerSchema
from backend.kernel.schemas import ChatId, ClockTime, Mail, Moment, Number, Pattern, PlaceSchema, PlainText, Truth

KINDS = ("concern", "aid_request", "aid_offer", "distress")
VOICES = ("self", "for_other", "witness", "about_own_behaviour", "official")
CHANNELS = ("page", "telegram", "open311", "sms", "phone", "paper", "operator")
PHOTOS_MOST = 8
MESSAGES_MOST = 200  # that are said to be seen in one call
CATEGORY = Pattern(r"^[A-Z]{2,4}[0-9]{2}$", error="Not a category code such as CN01.")


class ContactSchema(Schema):
    """How we may reach the resident. Without ``consent`` nothing is sent (INV-15)."""

    name = PlainText(most=200)
    email = Mail()
    phone = PlainText(most=40)
    telegram = ChatId(private=True, metadata={"description": "the id of a private chat with the bot"})
    consent = Truth(load_default=False)


class HoursSchema(Schema):
    """A part of the day in local time."""

    begin = ClockTime(required=True, data_key="from", attribute="from")
    end = ClockTime(required=True, data_key="to", attribute="to")


class SafeContactSchema(Schema):
    """The only way and hours in which the resident is safe to be reached (INV-8)."""

    channel = fields.String(
        required=True, validate=validate.OneOf(["none", "in_app", "email", "telegram", "sms", "phone"])
    )
    hours = fields.Nested(HoursSchema)
    code_word = PlainText(most=60)
    voicemail = Truth(load_default=False)


class CodesSchema(Schema):
    """Codes that the resident sets to end an alarm: the true one, and one that only seems to end it."""

    cancel = PlainText(most=40, least=4, required=True)
    duress = PlainText(most=40, least=4)


class NewReportSchema(Schema):
    """A report. Text or a place is enough; everything else can be said later."""

    client_id = fields.UUID(required=True, metadata={"description": "made by the client; the idempotency key"})
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    category = fields.String(validate=CATEGORY)
    text = PlainText()
    place = fields.Nested(PlaceSchema)
    happened_at = Moment()
    danger_now = Truth(load_default=False)
    language = fields.String(validate=Pattern(r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}$"))
    anonymous = Truth(load_default=False)
    contact = fields.Nested(ContactSchema)
    safe_contact = fields.Nested(SafeContactSchema)
    photo_ids = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=PHOTOS_MOST))
    # Without a default: a report that is sent again after an upgrade is still the same.
    voice_ids = fields.List(fields.UUID(), validate=validate.Length(max=PHOTOS_MOST))
    voice = fields.String(validate=validate.OneOf(VOICES))
    channel = fields.String(validate=validate.OneOf(CHANNELS), load_default="page")
    people_count = fields.Integer(strict=True, validate=validate.Range(0, 100_000), load_default=0)
    codes = fields.Nested(CodesSchema)
    aid = fields.Nested(AidSchema)

    @validates_schema(skip_on_field_errors=True)
    def says_something(self, data: dict[str, Any], **_: Any) -> None:
        """A sentence, a place or a tap on SOS; and coordinates come in pairs."""
        place = data.get("place") or {}
        if ("lat" in place) != ("lon" in place):
            raise ValidationError("lat and lon belong together", "place")
        if data["kind"] == "distress" or (data.get("text") or "").strip():
            return
        if "lat" not in place and not (place.get("landmark") or "").strip():
            raise ValidationError("Say what it is about, or where: one of the two is enough.", "text")


# Base64url of 700 kB: a photo that a phone has made small, with room to spare.
BOX_MOST = 930_000
BASE64 = r"^[A-Za-z0-9_-]*$"


class EnvelopeSchema(Schema):
    """What a phone sealed to the server's key (``keys.envelope`` of the configuration), in base64url."""

    key = fields.String(required=True, validate=validate.Length(1, 40))
    point = fields.String(required=True, validate=[validate.Length(1, 100), Pattern(BASE64)])
    iv = fields.String(required=True, validate=[validate.Length(1, 32), Pattern(BASE64)])
    box = fields.String(required=True, validate=[validate.Length(1, BOX_MOST), Pattern(BASE64)])


class SealedReportSchema(Schema):
    """A report that waited sealed on a phone. ``photo_ids`` are those of its photos that were sent."""

    client_id = fields.UUID(required=True)
    envelope = fields.Nested(EnvelopeSchema, required=True)
    photo_ids = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=PHOTOS_MOST))


class SealedPhotoSchema(Schema):
    """A photo that waited sealed on a phone, under an id of the phone's own."""

    id = fields.UUID(required=True)
    envelope = fields.Nested(EnvelopeSchema, required=True)


class IncidentStubSchema(Schema):
    """What a resident is told of the incident."""

    id = fields.UUID()
    grade = fields.Integer()
    category = fields.String(allow_none=True)
    status = fields.String()


class OwnerLabelSchema(Schema):
    """Who answers, as a label: a desk or a body, never a person."""

    label = fields.String()


class EmergencySchema(Schema):
    """What to do first when somebody is in danger."""

    number = fields.String()
    advice = fields.String()
    helplines = fields.List(fields.Dict())


class ReceivedSchema(Schema):
    """The answer to a report: received, who owns it, what happens next and by when."""

    id = fields.UUID()
    receipt = fields.String()
    status = fields.String()
    received_at = fields.String(metadata={"format": "date-time"})
    incident = fields.Nested(IncidentStubSchema)
    owner = fields.Nested(OwnerLabelSchema)
    next_update_by = fields.String(metadata={"format": "date-time"})
    emergency = fields.Nested(EmergencySchema)
    aid = fields.Nested(BoardAnswerSchema)
    links = fields.Dict()


class PhotoSchema(Schema):
    """A stored photo."""

    id = fields.UUID()


class VoiceSchema(Schema):
    """A stored voice note."""

    id = fields.UUID()


class ClosedChatSchema(Schema):
    """A chat that is closed to the bot."""

    chat = ChatId(required=True)


class MessageSchema(Schema):
    """A message of the resident: words, photos, voice notes, or several of them."""

    text = PlainText(least=1)
    photo_ids = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=PHOTOS_MOST))
    voice_ids = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=PHOTOS_MOST))

    @validates_schema(skip_on_field_errors=True)
    def says_something(self, data: dict[str, Any], **_: Any) -> None:
        """One of the three."""
        if not (data.get("text") or data["photo_ids"] or data["voice_ids"]):
            raise ValidationError("Write something, or add a photo or a voice note.", "text")


class SeenSchema(Schema):
    """Messages that stood on a screen that somebody looked at."""

    ids = fields.List(fields.UUID(), required=True, validate=validate.Length(min=1, max=MESSAGES_MOST))


class CodeSchema(Schema):
    """The resident's own code."""

    code = PlainText(least=1, most=40, required=True)


class ReasonSchema(Schema):
    """Why, in the resident's words; may be left out."""

    text = PlainText(most=2000)


class PositionSchema(Schema):
    """Where the resident is now."""

    lat = Number(required=True, validate=validate.Range(-90, 90))
    lon = Number(required=True, validate=validate.Range(-180, 180))
    accuracy_m = Number(validate=validate.Range(0, 100_000))
    taken_at = Moment()


class PushSchema(Schema):
    """Where a phone is told that there is news: the endpoint of its push subscription (RFC 8030)."""

    endpoint = fields.Url(required=True, schemes={"https"}, validate=validate.Length(max=1000))


class FeedbackSchema(Schema):
    """How it went, asked by Linli and not by the one who handled it (C15)."""

    contacted = Truth()
    resolved = Truth()
    satisfied = fields.Integer(strict=True, validate=validate.Range(1, 5))
    text = PlainText(most=2000)


class ReceiptSchema(Schema):
    """The report as its resident sees it."""

    id = fields.UUID()
    kind = fields.String()
    status = fields.String()
    status_words = fields.String()
    received_at = fields.DateTime(format="iso")
    erased_at = fields.DateTime(format="iso", allow_none=True)
    incident = fields.Nested(IncidentStubSchema)
    owner = fields.Nested(OwnerLabelSchema)
    next_update_by = fields.DateTime(format="iso", allow_none=True)
    emergency = fields.Nested(EmergencySchema, allow_none=True)
    text = fields.Raw(allow_none=True)
    timeline = fields.List(fields.Dict())
    messages = fields.List(fields.Dict())
    deliveries = fields.List(fields.Dict())
    allowed = fields.List(fields.String())
    aid = fields.Nested(BoardAnswerSchema, allow_none=True)
    matches = fields.List(fields.Dict())
    looked = fields.List(fields.Dict(), metadata={"description": "who looked, when and why; roles, never names"})
    reached_by = fields.List(
        fields.String(), metadata={"description": "for which ways an address is kept; see contact"}
    )
