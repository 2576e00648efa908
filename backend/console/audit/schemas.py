"""What is asked of the audit and told by it."""

from marshmallow import Schema, fields, validate

from backend.kernel.pages import PAGE_SIZE, PAGE_SIZE_MOST
from backend.kernel.schemas import Moment, PlainText, WholeNumber

WHATS = ("incident", "photo", "voice", "audit")
STREAM_MOST = 200


class FiltersSchema(Schema):
    """Narrow the list by who looked, at which incident (id or number), for what purpose, and when."""

    person = fields.UUID()
    incident = fields.UUID()
    number = WholeNumber(least=1)
    purpose = PlainText(most=40)
    since = Moment()
    until = Moment()


class LooksQuerySchema(FiltersSchema):
    """A page of the audit."""

    cursor = PlainText(most=500)
    limit = WholeNumber(least=1, most=PAGE_SIZE_MOST, load_default=PAGE_SIZE)


class OwnQuerySchema(Schema):
    """A page of what oneself looked at."""

    cursor = PlainText(most=500)
    limit = WholeNumber(least=1, most=PAGE_SIZE_MOST, load_default=PAGE_SIZE)


class AuditLookSchema(Schema):
    """One entry: who looked at what, how they were concerned, and why. ``filters``: what of the audit was looked at."""

    at = fields.DateTime(required=True, format="iso")
    person_id = fields.UUID(required=True, allow_none=True)
    person = fields.String(required=True, allow_none=True)
    what = fields.String(required=True, validate=validate.OneOf(WHATS))
    incident_id = fields.UUID(required=True, allow_none=True)
    number = fields.Integer(required=True, allow_none=True)
    relation = fields.String(required=True, allow_none=True)
    purpose = fields.String(required=True, allow_none=True)
    filters = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class AuditLooksSchema(Schema):
    """A page of the audit."""

    items = fields.List(fields.Nested(AuditLookSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class ChainQuerySchema(Schema):
    """Where to go on checking, or the one incident whose chains are to be checked."""

    after = PlainText(most=STREAM_MOST, load_default="")
    incident = fields.UUID()


class BrokenSchema(Schema):
    """An entry that does not follow from the one before it: one is missing before it, or it was changed."""

    stream = fields.String(required=True)
    stream_seq = fields.Integer(required=True)
    reason = fields.String(required=True, validate=validate.OneOf(("missing", "changed")))


class ChainSchema(Schema):
    """What was checked in this step. ``next_after`` is to be sent as ``after``; none: that was the end."""

    entries = fields.Integer(required=True)
    streams = fields.Integer(required=True)
    broken = fields.List(fields.Nested(BrokenSchema), required=True)
    next_after = fields.String(required=True, allow_none=True)
