"""Rotas and duty as clients send and see them."""

import re
from datetime import date, datetime, timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from backend.kernel.schemas import Moment, Number, PlainText, Truth
from backend.organisations.actions.duty import DAILY_CAP, WEEKLY_CAP
from backend.organisations.models import DESK_KINDS
from backend.organisations.schemas.parts import CODE, AreaRef, one_of

PERIOD_MOST = timedelta(days=93)
TURNS_MOST = 2000


class _PeriodSchema(Schema):
    start = Moment(required=True, data_key="from")
    end = Moment(required=True, data_key="to")

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        """A period ends after it begins and is one of a rota, not of years."""
        if not timedelta() < data["end"] - data["start"] <= PERIOD_MOST:
            raise ValidationError(f"has to end after it begins, within {PERIOD_MOST.days} days", "to")


class ShiftQuerySchema(_PeriodSchema):
    """Which desk, from when to when."""

    desk = fields.UUID(required=True)


class TurnSchema(_PeriodSchema):
    """A person's turn at a desk. Rank 0 answers first, 1 is the deputy."""

    person_id = fields.UUID(required=True)
    rank = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, 9))


class RotaPutSchema(_PeriodSchema):
    """All turns of a desk that begin in the period; they replace those that were there."""

    desk_id = fields.UUID(required=True)
    shifts = fields.List(fields.Nested(TurnSchema), required=True, validate=validate.Length(max=TURNS_MOST))


class ShiftSchema(Schema):
    """A person's time at a desk."""

    id = fields.UUID()
    desk_id = fields.UUID()
    person_id = fields.UUID()
    name = fields.String(allow_none=True, metadata={"description": "for those who may read names"})
    rank = fields.Integer()
    start = Moment(attribute="from", data_key="from")
    end = Moment(attribute="to", data_key="to")
    has_handover_note = fields.Boolean()
    handed_over_at = Moment(allow_none=True)
    withdrawn_at = Moment(allow_none=True)
    etag = fields.String(metadata={"description": "for If-Match when it is changed"})


LOCAL_TIME = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$")


class LocalTime(fields.NaiveDateTime):
    """A time as the clocks at the desk show it, without an offset: ``2026-03-29T22:00``."""

    def __init__(self, **kwargs: Any) -> None:
        about = {"description": "local time at the desk, such as 2026-03-29T22:00", "format": "local-date-time"}
        about |= {"pattern": LOCAL_TIME.pattern}
        super().__init__(metadata=about, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if not (isinstance(value, str) and LOCAL_TIME.fullmatch(value)):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        at: datetime = super()._deserialize(value, attr, data, **kwargs)
        _demand_our_years(at.year)
        return at


class Day(fields.Date):
    """A day of the calendar, within the years that a rota can mean."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        day: date = super()._deserialize(value, attr, data, **kwargs)
        _demand_our_years(day.year)
        return day


def _demand_our_years(year: int) -> None:
    if year < 2000:
        raise ValidationError("lies before the year 2000")
    if year > 2099:
        raise ValidationError("lies after the year 2099")


class TurnChangeSchema(Schema):
    """What changes about a turn; whatever is left out stays."""

    person_id = fields.UUID()
    rank = fields.Integer(strict=True, validate=validate.Range(0, 9))
    start = LocalTime(data_key="local_from")
    end = LocalTime(data_key="local_to")


class TurnAddSchema(TurnChangeSchema):
    """One more turn at a desk. Rank 0 answers first, 1 is the deputy."""

    desk_id = fields.UUID(required=True)
    person_id = fields.UUID(required=True)
    rank = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, 9))
    start = LocalTime(data_key="local_from", required=True)
    end = LocalTime(data_key="local_to", required=True)


class EmptyTimeSchema(Schema):
    """A time for which nobody answers first."""

    start = Moment(attribute="from", data_key="from")
    end = Moment(attribute="to", data_key="to")


class RotaSchema(Schema):
    """The shifts of a desk that touch a period; ``gaps`` is for last desks only, which may not be empty."""

    desk_id = fields.UUID()
    items = fields.List(fields.Nested(ShiftSchema))
    gaps = fields.List(fields.Nested(EmptyTimeSchema))


class TurnHandOverSchema(Schema):
    """What the next one has to know; with ``end_now`` the turn ends with it."""

    note = PlainText(most=10_000, least=1, required=True)
    end_now = Truth(load_default=False)


class TurnNoteSchema(Schema):
    """A hand-over note."""

    note = fields.String(allow_none=True)


class OnDutyQuerySchema(Schema):
    """An area or a desk, exactly one of them."""

    area = AreaRef(strict=False)
    desk = fields.UUID()

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        """One place at a time."""
        if len(data) != 1:
            raise ValidationError("give an area or a desk, one of them", "area")


class PersonOnDutySchema(Schema):
    """Somebody who is at a desk now."""

    person_id = fields.UUID()
    name = fields.String(allow_none=True, metadata={"description": "for those who may read names"})
    rank = fields.Integer()
    until = Moment()


class DeskOnDutySchema(Schema):
    """A desk and who is there now. Without people it is staffed only when somebody always answers there."""

    desk_id = fields.UUID()
    organisation_id = fields.UUID()
    area_id = fields.Integer(allow_none=True)
    kind = one_of(DESK_KINDS)
    names = fields.Dict(keys=fields.String(), values=fields.String())
    is_staffed = fields.Boolean()
    people = fields.List(fields.Nested(PersonOnDutySchema))


class OnDutySchema(Schema):
    """Who is on duty here now, the smallest area first."""

    items = fields.List(fields.Nested(DeskOnDutySchema))


class DutyPlaceSchema(Schema):
    """A place to be called at, WGS84."""

    lat = Number(required=True, validate=validate.Range(-90, 90))
    lon = Number(required=True, validate=validate.Range(-180, 180))


class HeldPlaceSchema(DutyPlaceSchema):
    """The place that is held; off duty it is no more than the centre of a cell of some 460 m edge."""

    is_exact = fields.Boolean()


class DutyPutSchema(Schema):
    """On or off duty, and when and how often one may be called."""

    on_duty = Truth(required=True)
    until = Moment(allow_none=True, metadata={"description": "needed on duty; at most 24 hours from now"})
    place = fields.Nested(DutyPlaceSchema)
    available = Truth(metadata={"description": "may be called while off duty"})
    nights = Truth(metadata={"description": "may be called at night"})
    daily_cap = fields.Integer(strict=True, validate=validate.Range(0, DAILY_CAP))
    weekly_cap = fields.Integer(strict=True, validate=validate.Range(0, WEEKLY_CAP))
    skills = fields.List(
        fields.String(validate=CODE),
        validate=validate.Length(max=30),
        metadata={"description": "what one says one can do; credentials prove it"},
    )


class DutySchema(Schema):
    """What somebody has said of being called, with their running and next turns."""

    on_duty = fields.Boolean()
    until = Moment(allow_none=True)
    place = fields.Nested(HeldPlaceSchema, allow_none=True)
    available = fields.Boolean()
    nights = fields.Boolean()
    daily_cap = fields.Integer()
    weekly_cap = fields.Integer()
    skills = fields.List(fields.String())
    shifts = fields.List(fields.Nested(ShiftSchema))
