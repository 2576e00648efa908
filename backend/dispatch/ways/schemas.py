"""Ways, tests of them and services, as clients send and see them."""

from marshmallow import Schema, fields, validate

from backend.dispatch.models import DELIVERY_STATES
from backend.kernel.schemas import PlainText
from backend.organisations.models import DESK_WAYS, WAYS
from backend.organisations.schemas.parts import ChosenSchema, one_of

ANY_WAY = tuple(dict.fromkeys((*WAYS, *DESK_WAYS)))


class WaySchema(Schema):
    """One channel for one addressee."""

    channel = one_of(ANY_WAY, required=True)
    on = fields.Boolean(required=True, metadata={"description": "switched on by the settings of this Linli"})
    has_address = fields.Boolean(required=True)
    down = fields.Boolean(required=True, metadata={"description": "its provider was moved down for the time being"})
    bounced = fields.Boolean(required=True, metadata={"description": "letters came back; enter the address anew"})


class WaysSchema(Schema):
    """By what somebody can be reached. ``service``: the name of a desk's own service."""

    items = fields.List(fields.Nested(WaySchema), required=True)
    service = fields.String(allow_none=True)


class MyWaysSchema(ChosenSchema):
    """How I want to be told, and by what I can be reached."""

    items = fields.List(fields.Nested(WaySchema), dump_only=True)


class AskTestSchema(Schema):
    """The channel to test."""

    channel = one_of(ANY_WAY, required=True)


class TestSchema(Schema):
    """A test: how far its message came, in a code and in words, and nothing more than its row proves."""

    id = fields.UUID(required=True)
    channel = one_of(ANY_WAY)
    state = fields.String(required=True, validate=validate.OneOf(DELIVERY_STATES))
    code = fields.String(allow_none=True)
    words = fields.String(required=True)
    is_over = fields.Boolean(required=True, metadata={"description": "nothing more is to come of it"})


class ServiceSchema(Schema):
    """A desk's service; its address is shown to nobody again."""

    url = PlainText(most=2000, least=5, required=True, load_only=True)
    kind = fields.String(dump_only=True)
    created_at = fields.DateTime(format="iso", dump_only=True)
