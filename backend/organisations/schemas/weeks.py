"""Weeks of rotas as clients ask for and see them."""

from marshmallow import Schema, fields, validate

from backend.kernel.schemas import Moment
from backend.organisations.rules.cover import Instead
from backend.organisations.schemas.bodies import DeskQuerySchema, DeskSchema
from backend.organisations.schemas.parts import one_of
from backend.organisations.schemas.rosters import Day, ShiftSchema


class WeekQuerySchema(DeskQuerySchema):
    """Which desks, and any day of the week; without one it is the present week at each desk."""

    of = Day()
    desk = fields.UUID()
    limit = fields.Integer(load_default=20, validate=validate.Range(1, 50))


class WeekDaySchema(Schema):
    """A local day at a desk: 23 or 25 hours long where the clocks change."""

    date = fields.Date()
    start = Moment(attribute="from", data_key="from")
    end = Moment(attribute="to", data_key="to")
    length_h = fields.Float()


class WeekShiftSchema(ShiftSchema):
    """A turn, and the local days that it touches."""

    days = fields.List(fields.Date())


class WeekGapSchema(Schema):
    """A time for which nobody answers first, and what happens then: ``desk_id`` is the desk that answers instead."""

    start = Moment(attribute="from", data_key="from")
    end = Moment(attribute="to", data_key="to")
    days = fields.List(fields.Date())
    instead = one_of(tuple(one.value for one in Instead))
    desk_id = fields.UUID(allow_none=True)
    text = fields.Dict(keys=fields.String(), values=fields.String())


class DeskWeekSchema(Schema):
    """The week of one desk, in its own local time."""

    desk = fields.Nested(DeskSchema)
    timezone = fields.String()
    days = fields.List(fields.Nested(WeekDaySchema))
    shifts = fields.List(fields.Nested(WeekShiftSchema))
    gaps = fields.List(fields.Nested(WeekGapSchema))


class WeekListSchema(Schema):
    """A page of desks by name, each with its week."""

    items = fields.List(fields.Nested(DeskWeekSchema))
    next_cursor = fields.String(allow_none=True)
