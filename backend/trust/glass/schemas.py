"""What is asked about openings and told of them."""

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from backend.kernel.pages import PAGE_SIZE, PAGE_SIZE_MOST
from backend.kernel.schemas import PlainText, Truth, WholeNumber
from backend.trust.glass.rules import REASON_LEAST, Glass, Step

STATES = ("open", "waiting", "reviewed")


class BreakSchema(Schema):
    """Which incident, by id or by number, and why. The reason is read by whoever reviews it."""

    incident_id = fields.UUID()
    number = WholeNumber(least=1)
    reason = PlainText(least=REASON_LEAST, most=2000, required=True)

    @validates_schema
    def names_one(self, data: dict[str, object], **_: object) -> None:
        """Exactly one of the two ways to name it."""
        if ("incident_id" in data) == ("number" in data):
            raise ValidationError("Name the incident by its id or by its number.", "number")


class ReviewSchema(Schema):
    """Whether it was right, and what there is to say about it; words are needed where it was not."""

    justified = Truth(required=True)
    note = PlainText(most=2000, load_default="")

    @validates_schema
    def says_why(self, data: dict[str, object], **_: object) -> None:
        """Whoever says that it was wrong says why."""
        if not data["justified"] and not str(data["note"]).strip():
            raise ValidationError("Say why it was not justified.", "note")


class OpeningsQuerySchema(Schema):
    """A page of openings, the latest first."""

    state = fields.String(validate=validate.OneOf(STATES))
    cursor = PlainText(most=500)
    limit = WholeNumber(least=1, most=PAGE_SIZE_MOST, load_default=PAGE_SIZE)


class OpeningSchema(Schema):
    """An opening. ``looks`` counts how often something of the incident was looked at meanwhile."""

    id = fields.UUID(required=True)
    incident_id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    person_id = fields.UUID(required=True)
    person = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf([one.value for one in Glass]))
    allowed = fields.List(fields.String(validate=validate.OneOf([one.value for one in Step])), required=True)
    opened_at = fields.DateTime(required=True, format="iso")
    expires_at = fields.DateTime(required=True, format="iso")
    ended_at = fields.DateTime(required=True, format="iso", allow_none=True)
    looks = fields.Integer(required=True)
    is_mine = fields.Boolean(required=True)
    reviewed_by = fields.UUID(required=True, allow_none=True)
    reviewer = fields.String(required=True, allow_none=True)
    reviewed_at = fields.DateTime(required=True, format="iso", allow_none=True)
    review_note = fields.String(required=True, allow_none=True)


class OpeningsSchema(Schema):
    """A page of openings. ``waiting`` counts all that the reader may see and nobody reviewed yet."""

    items = fields.List(fields.Nested(OpeningSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
    waiting = fields.Integer(required=True)
