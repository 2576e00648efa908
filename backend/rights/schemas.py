"""What is asked about rights and told of them."""

from marshmallow import Schema, fields, validate

from backend.kernel.pages import PAGE_SIZE, PAGE_SIZE_MOST
from backend.kernel.schemas import PlainText, WholeNumber
from backend.rights.models import HOLD_REASONS
from backend.rights.rules import BY_STAFF, REASONS, Asked, Move, Right


class AskSchema(Schema):
    """A request: what is asked, in one's own words; for a correction also what is right instead."""

    kind = fields.String(required=True, validate=validate.OneOf([one.value for one in Right]))
    words = PlainText(most=5000, allow_none=True)
    text = PlainText(most=10_000, allow_none=True, metadata={"description": "what the report should say instead"})
    landmark = PlainText(most=500, allow_none=True, metadata={"description": "the place in words, as it should be"})


class AppealSchema(Schema):
    """Why the answer is not right; may be empty."""

    words = PlainText(most=5000, allow_none=True)


class CodedSchema(Schema):
    """A code for programs, with its words for people."""

    code = fields.String(required=True)
    words = fields.String(required=True)


class KeptSchema(CodedSchema):
    """One part of what is kept: for how many days after the matter is closed, and until when where it is."""

    days = fields.Integer(required=True)
    until = fields.DateTime(required=True, format="iso", allow_none=True)
    gone = fields.Boolean(required=True)


class ErasingSchema(Schema):
    """Whether the report can be erased at once, why a person looks first, and what stays in any case."""

    at_once = fields.Boolean(required=True)
    because = fields.List(fields.Nested(CodedSchema), required=True)
    stays = fields.List(fields.Nested(CodedSchema), required=True)


class RequestSchema(Schema):
    """A request with its answer."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.OneOf([one.value for one in Right]))
    state = fields.String(required=True, validate=validate.OneOf([one.value for one in Asked]))
    state_words = fields.String(required=True)
    opened_at = fields.DateTime(required=True, format="iso")
    due_at = fields.DateTime(required=True, format="iso")
    answered_at = fields.DateTime(required=True, format="iso", allow_none=True)
    reason = fields.String(required=True, allow_none=True, validate=validate.OneOf(REASONS))
    reason_words = fields.String(required=True, allow_none=True)
    asked = fields.Raw(required=True, allow_none=True)
    corrected = fields.Raw(required=True, allow_none=True)
    answer = fields.Raw(required=True, allow_none=True)
    allowed = fields.List(fields.String(validate=validate.OneOf([one.value for one in Move])), required=True)


class RightsSchema(Schema):
    """What a resident can know and do about what is kept of their report."""

    erased_at = fields.DateTime(required=True, format="iso", allow_none=True)
    kept = fields.List(fields.Nested(KeptSchema), required=True)
    erasing = fields.Nested(ErasingSchema, required=True)
    requests = fields.List(fields.Nested(RequestSchema), required=True)
    shared = fields.List(fields.Dict(), required=True, metadata={"description": "with which bodies, what and why"})


class CopySchema(Schema):
    """All that is kept of a report and that its resident gave or was told."""

    report = fields.Dict(required=True)
    thread = fields.Dict(required=True)
    photos = fields.List(fields.Dict(), required=True)
    voice_notes = fields.List(fields.Dict(), required=True)
    decisions = fields.List(fields.Dict(), required=True)
    deliveries = fields.List(fields.Dict(), required=True)
    looked = fields.List(fields.Dict(), required=True)
    rights = fields.Nested(RightsSchema, required=True)


class RequestsQuerySchema(Schema):
    """A page of requests."""

    state = fields.String(validate=validate.OneOf(("waiting", "all")), load_default="waiting")
    cursor = PlainText(most=500)
    limit = WholeNumber(least=1, most=PAGE_SIZE_MOST, load_default=PAGE_SIZE)


class DeskRequestSchema(RequestSchema):
    """A request as the desk that answers for it reads it."""

    incident_id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    desk = fields.String(required=True)
    is_late = fields.Boolean(required=True)
    etag = fields.String(required=True, metadata={"description": "for If-Match of the answer"})


class RequestsSchema(Schema):
    """A page of requests; their words are read one by one, each reading recorded."""

    items = fields.List(fields.Nested(DeskRequestSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class AnswerSchema(Schema):
    """The answer of a person; what is not granted needs its reason and a sentence."""

    decision = fields.String(required=True, validate=validate.OneOf(sorted(one.value for one in BY_STAFF)))
    reason = fields.String(validate=validate.OneOf(REASONS), load_default=None, allow_none=True)
    words = PlainText(most=5000, load_default=None, allow_none=True)


class HoldSchema(Schema):
    """Why nothing may be erased."""

    reason = fields.String(required=True, validate=validate.OneOf(HOLD_REASONS))


class StandingHoldSchema(HoldSchema):
    """A hold that stands, or stood until it was lifted just now."""

    id = fields.UUID(required=True)
    incident_id = fields.UUID(required=True)
    set_at = fields.DateTime(required=True, format="iso")
    lifted_at = fields.DateTime(required=True, format="iso", allow_none=True)
