"""A rehearsal as clients ask for and see it."""

from marshmallow import Schema, fields, validate

from backend.kernel.schemas import Moment, PlainText
from backend.organisations.schemas.parts import AreaRef, one_of

KINDS = ("concern", "aid_request", "aid_offer")


def _words() -> "fields.Dict":
    return fields.Dict(keys=fields.String(), values=fields.String())


class RehearseSchema(Schema):
    """What is rehearsed. No area: outside all of ours; no time: now; no category: one that nobody chose yet."""

    area_id = AreaRef(allow_none=True, load_default=None)
    category = PlainText(most=30, allow_none=True, load_default=None)
    grade = fields.Integer(strict=True, required=True, validate=validate.Range(1, 5))
    kind = one_of(KINDS, load_default="concern")
    at = Moment(metadata={"description": "when the report comes in; at most 93 days from now"})


class RehearsedPlaceSchema(Schema):
    """The area."""

    id = fields.Integer()
    name = fields.String()
    names = _words()


class RehearsedDeskSchema(Schema):
    """A desk that a step adds."""

    id = fields.UUID()
    names = _words()


class RehearsedOwnerSchema(Schema):
    """Who answers from this step on."""

    desk_id = fields.UUID(allow_none=True)
    names = _words()
    person_id = fields.UUID(allow_none=True)
    person = fields.String(allow_none=True, metadata={"description": "for those who may read names"})


class RehearsedMessageSchema(Schema):
    """A message that would be written. ``held`` goes at ``due_at`` only, ``not_sent`` never."""

    person_id = fields.UUID(allow_none=True)
    name = fields.String(allow_none=True, metadata={"description": "for those who may read names"})
    desk_id = fields.UUID(allow_none=True)
    channel = fields.String()
    state = fields.String()
    outcome = fields.String(allow_none=True)
    due_at = Moment()


class RehearsalFailureSchema(Schema):
    """Where a step would fail; ``breaks``: nobody would be told in time."""

    kind = fields.String()
    breaks = fields.Boolean()
    text = _words()


class RehearsedStepSchema(Schema):
    """One moment: the report arrives (no rung), or a rung is climbed because a clock ran out of patience."""

    at = Moment()
    clock = fields.String(allow_none=True)
    rung = fields.Integer(allow_none=True)
    label = fields.Dict(keys=fields.String(), values=fields.String(), allow_none=True)
    desk = fields.Nested(RehearsedDeskSchema, allow_none=True)
    owner = fields.Nested(RehearsedOwnerSchema)
    is_handed = fields.Boolean(metadata={"description": "a change of shifts moved the matter before this step"})
    reporter_told = fields.Boolean()
    told = fields.List(fields.Nested(RehearsedMessageSchema))
    failures = fields.List(fields.Nested(RehearsalFailureSchema))


class RehearsalSchema(Schema):
    """The whole ladder for one matter, and in how many steps it would break or is weak. Nobody was told."""

    area = fields.Nested(RehearsedPlaceSchema, allow_none=True)
    category = fields.String(allow_none=True)
    grade = fields.Integer()
    kind = fields.String()
    at = Moment()
    timezone = fields.String()
    steps = fields.List(fields.Nested(RehearsedStepSchema))
    broken = fields.Integer()
    weak = fields.Integer()
