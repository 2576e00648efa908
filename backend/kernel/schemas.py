"""Fields that several rooms use: text as people send it, coordinates, times, languages."""

from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

TEXT_MOST = 10_000
NUMBER_MOST = 2**62  # safely within the database's bigint
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class PlainText(fields.String):
    """Text kept exactly as sent, emoji and right-to-left included; without NUL and without lone surrogates."""

    def __init__(self, *, most: int = TEXT_MOST, least: int = 0, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(min=least or None, max=most), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if "\x00" in text:
            raise ValidationError("holds a NUL character")
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise ValidationError("holds half of a character (a lone surrogate)") from error
        return text


class Mail(PlainText):
    """An e-mail address."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(most=254, metadata={"format": "email"}, **kwargs)
        self.validators = [*self.validators, validate.Email()]


class Pattern(validate.Regexp):
    """A pattern that the whole text has to fit; ``$`` alone would let a line break pass at the end."""

    def __call__(self, value: Any) -> Any:
        """The value. Raises ValidationError."""
        if not self.regex.fullmatch(value):
            raise ValidationError(self._format_error(value))
        return value


class ChatId(fields.String):
    """The id of a Telegram chat, as text; those of groups begin with a minus and are refused where it is ``private``."""

    def __init__(self, *, private: bool = False, **kwargs: Any) -> None:
        form = r"^[0-9]{1,20}$" if private else r"^-?[0-9]{1,20}$"
        super().__init__(validate=Pattern(form, error="Not the id of a chat such as 123456."), **kwargs)


class ClockTime(fields.String):
    """A time of day in hours and minutes, local to whatever it belongs to."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            validate=Pattern(r"^([01][0-9]|2[0-3]):[0-5][0-9]$", error="Not a time of day such as 21:30."), **kwargs
        )


class Truth(fields.Boolean):
    """True or false; in JSON nothing else means either."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Not true or false.")
        return value


class WholeNumber(fields.Integer):
    """A whole number from ``least`` to ``most``, which the database can hold."""

    def __init__(self, *, least: int = 0, most: int = NUMBER_MOST, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(least, most), **kwargs)


class Moment(fields.AwareDateTime):
    """A time with its offset, from 2000 to 2099: what lies further off is a clock that is wrong."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", default_timezone=UTC, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        at: datetime = super()._deserialize(value, attr, data, **kwargs)
        try:
            at = at.astimezone(UTC)
        except (OverflowError, ValueError) as error:
            raise ValidationError("is no time that can be used") from error
        if at < EARLIEST:
            raise ValidationError("lies before the year 2000")
        if at.year > 2099:
            raise ValidationError("lies after the year 2099")
        return at


class Number(fields.Float):
    """A finite number; true and false are none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        if isinstance(value, bool | str):
            raise ValidationError("Not a valid number.")
        number: float = super()._deserialize(value, attr, data, **kwargs)
        return number


class PlaceSchema(Schema):
    """Where something is. A place is coordinates (WGS84), a landmark in words, or both."""

    lat = Number(validate=validate.Range(-90, 90), metadata={"description": "degrees north, WGS84"})
    lon = Number(validate=validate.Range(-180, 180), metadata={"description": "degrees east, WGS84"})
    accuracy_m = Number(validate=validate.Range(0, 100_000), metadata={"description": "68 % radius in metres"})
    taken_at = Moment(metadata={"description": "when the position was fixed"})
    landmark = PlainText(most=500, metadata={"description": "the place in words"})


def in_json(value: Any) -> Any:
    """A value as JSON clients expect it: times in ISO 8601 with Z."""
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
