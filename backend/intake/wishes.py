"""What a request or an offer of help says beside its words: how much, when, for how many, under what conditions.

Everything is a code, a number or a time, so that it can be matched and shown without telling of anybody. Nothing of it is
asked for: what is left out is unknown. What cannot be true at any time is refused here; what only time has overtaken
is taken and looked at by a person (backend/aid/rules.py).
"""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from backend.kernel.schemas import ClockTime, Mail, Moment, Number, PlainText, Truth, WholeNumber

DAYS = ("soon", "week", "often", "any")
UNITS = ("portion", "kg", "litre", "piece", "box", "set", "hour", "trip", "night")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# What either side may say in the open; each has its words on every surface. None tells who somebody is.
CONDITIONS = (
    "at_the_door", "outdoors", "by_day", "by_night", "return_it", "pick_up", "brought", "own_vehicle", "no_pets",
    "no_smoke", "two_come", "not_outdoors_in_rain",
)  # fmt: skip
# What somebody needs, or can offer, so that everybody can take part.
ACCESSIBILITY = (
    "step_free", "lift", "wheelchair", "seat", "sign_language", "large_print", "easy_words", "quiet", "guide_dog",
)  # fmt: skip
# Who said that somebody else may be asked for, in the order of preference (C47).
CONSENT_BY = ("themselves", "guardian", "carer")
# Resources of bodies and enterprises, typed (C29). What is none of these is `other`, with its words in the report.
RESOURCES = (
    "food", "water", "blanket", "clothing", "bed", "tent", "heater", "generator", "pump", "vehicle", "tool", "medicine_box",
    "mask", "hygiene", "room", "staff_time", "transport", "phone_charging", "other",
)  # fmt: skip

AMOUNT_MOST = 100_000.0
PEOPLE_MOST = 10_000
WINDOWS_MOST = 14
CODES_MOST = 12
LONGEST_WINDOW_S = 14 * 86_400  # whoever has longer than two weeks says so by days and not by hours

LANGUAGE = validate.Regexp(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$", error="Not a language tag such as zh or hak.")


def _codes(*known: str) -> fields.List[Any]:
    return fields.List(
        fields.String(validate=validate.OneOf(known)), validate=[validate.Length(max=CODES_MOST), _each_once]
    )


def _each_once(values: list[str]) -> None:
    if len(set(values)) != len(values):
        raise ValidationError("Name each one once.")


class WindowSchema(Schema):
    """A time: from ``start`` to ``end``, or each week on the days of ``weekly`` ``from`` one time of day ``to`` another.

    Times of day are local to the place; a ``to`` before ``from`` is on the next day. ``until``: the last day, local.
    """

    start = Moment()
    end = Moment()
    weekly = fields.List(
        fields.String(validate=validate.OneOf(WEEKDAYS)), validate=[validate.Length(1, len(WEEKDAYS)), _each_once]
    )
    begin = ClockTime(data_key="from", attribute="from")
    finish = ClockTime(data_key="to", attribute="to")
    until = fields.Date()

    @validates_schema(skip_on_field_errors=True)
    def is_possible(self, data: dict[str, Any], **_: Any) -> None:
        """One of the two forms, whole, and not the end before the beginning."""
        once, weekly = {"start", "end"} & data.keys(), {"weekly", "from", "to", "until"} & data.keys()
        if once and weekly:
            raise ValidationError("Say either start and end, or weekly with from and to.")
        if weekly:
            _check_weekly(data)
        elif len(once) < 2:
            raise ValidationError("Say when it begins and when it ends.", "start" if "start" not in data else "end")
        else:
            _check_once(data)


def _check_once(data: dict[str, Any]) -> None:
    if data["end"] <= data["start"]:
        raise ValidationError("It ends before it begins.", "end")
    if (data["end"] - data["start"]).total_seconds() > LONGEST_WINDOW_S:
        raise ValidationError("This is longer than two weeks. Say the hours, or leave the times out.", "end")


def _check_weekly(data: dict[str, Any]) -> None:
    for name in ("weekly", "from", "to"):
        if name not in data:
            raise ValidationError("A weekly time needs its days, from and to.", name)
    if data["from"] == data["to"]:
        raise ValidationError("It ends when it begins.", "to")


class WhenSchema(Schema):
    """About when help is needed or can be given: in a word, in hours, or both."""

    days = fields.String(validate=validate.OneOf(DAYS))
    windows = fields.List(fields.Nested(WindowSchema), validate=validate.Length(1, WINDOWS_MOST))

    @validates_schema(skip_on_field_errors=True)
    def says_something(self, data: dict[str, Any], **_: Any) -> None:
        """One of the two."""
        if not data:
            raise ValidationError("Say the days, or leave out when.", "days")


class OtherSchema(Schema):
    """That it is for somebody else, who agrees: who said so and when. Their address is kept as a hash and never shown."""

    said_by = fields.String(required=True, validate=validate.OneOf(CONSENT_BY))
    said_at = Moment()
    email = Mail()
    phone = PlainText(most=40)


class WishSchema(Schema):
    """How much, for how many, in which languages and under what conditions."""

    amount = Number(
        validate=validate.Range(
            min=0, max=AMOUNT_MOST, min_inclusive=False, error="An amount is more than 0 and at most 100,000."
        )
    )
    unit = fields.String(validate=validate.OneOf(UNITS))
    people = WholeNumber(least=1, most=PEOPLE_MOST)
    languages = fields.List(fields.String(validate=LANGUAGE), validate=[validate.Length(max=CODES_MOST), _each_once])
    accessibility = _codes(*ACCESSIBILITY)
    conditions = _codes(*CONDITIONS)
    until = Moment(metadata={"description": "no longer wanted or offered after this"})

    @validates_schema(skip_on_field_errors=True)
    def unit_counts_something(self, data: dict[str, Any], **_: Any) -> None:
        """A unit alone says nothing."""
        if "unit" in data and "amount" not in data:
            raise ValidationError("Say how much, or leave out the unit.", "amount")


class AidSchema(WishSchema):
    """What a request or offer wishes: to be shown to neighbours or not, and what it says in codes (docs/aid.md)."""

    on_board = Truth(load_default=False)
    when = fields.Nested(WhenSchema)
    for_another = fields.Nested(OtherSchema)


class BoardAnswerSchema(Schema):
    """Whether it is on the board and until when, or why not."""

    on_board = fields.Boolean()
    listing_id = fields.UUID(metadata={"description": "its id on the board, by which a client knows its own"})
    until = fields.String(metadata={"format": "date-time"})
    reason = fields.String(allow_none=True)
    words = fields.String()
    asks = fields.Boolean(metadata={"description": "whether we ask if it is still so; silence ends it at until"})
    still = fields.Boolean(metadata={"description": "whether it can be said that it is still so, or no longer"})
    says = fields.Dict(metadata={"description": "what it says in codes"})
    when = fields.Dict(allow_none=True)
