"""Parts that several schemas of this room share."""

from typing import Any
from zoneinfo import available_timezones

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from backend.kernel.languages import LANGUAGES
from backend.kernel.pages import PAGE_SIZE, PAGE_SIZE_MOST
from backend.kernel.schemas import NUMBER_MOST, Pattern, PlainText
from backend.organisations.models import WAYS

CODE = Pattern(r"^[a-z][a-z0-9_]{1,59}$")


class Names(fields.Dict):
    """A name by language code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            keys=fields.String(validate=validate.OneOf(LANGUAGES)),
            values=PlainText(most=200, least=1),
            validate=validate.Length(min=1),
            **kwargs,
        )


class AreaRef(fields.Integer):
    """An area's id; null is everywhere. ``strict`` is off where it is read from an address."""

    def __init__(self, *, strict: bool = True, **kwargs: Any) -> None:
        super().__init__(strict=strict, validate=validate.Range(1, NUMBER_MOST), **kwargs)


def one_of(values: tuple[str, ...], **kwargs: Any) -> fields.String:
    """A code of a closed list."""
    return fields.String(validate=validate.OneOf(values), **kwargs)


def codes_of(values: tuple[str, ...], **kwargs: Any) -> "fields.List[str]":
    """Codes of a closed list, each once."""
    return fields.List(one_of(values), validate=validate.Length(max=len(values)), **kwargs)


class ChosenSchema(Schema):
    """How somebody wants to be told. ``ways`` null: by each that there is; empty: in the application alone."""

    language = one_of(LANGUAGES)
    ways = codes_of(WAYS, allow_none=True)
    quiet_from = fields.Time(format="%H:%M", allow_none=True)
    quiet_to = fields.Time(format="%H:%M", allow_none=True)

    @validates_schema
    def _both_or_none(self, data: dict[str, Any], **_: Any) -> None:
        if ("quiet_from" in data) != ("quiet_to" in data) or (
            (data.get("quiet_from") is None) != (data.get("quiet_to") is None)
        ):
            raise ValidationError("Name the time at which they begin and that at which they end.", "quiet_to")


class PageQuerySchema(Schema):
    """Where a list goes on."""

    cursor = PlainText(most=1000)
    limit = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(1, PAGE_SIZE_MOST))


class ZoneName(fields.String):
    """A time zone by its IANA name."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        if name not in available_timezones():
            raise ValidationError("is no time zone")
        return name
