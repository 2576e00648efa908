"""What Open311 clients send: forms and filters, of which an empty one counts as not sent (GeoReport v2, Definitions)."""

from typing import Any, ClassVar
from urllib.parse import parse_qsl

from flask import Request
from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from webargs.fields import DelimitedList

from backend.intake.open311.refusals import NotAForm
from backend.intake.open311.rules import LISTED_MOST
from backend.kernel.blueprint import UnreadableRequest, body_of
from backend.kernel.problems import Invalid
from backend.kernel.schemas import Mail, Moment, Pattern, PlainText

FORM = "application/x-www-form-urlencoded"
FIELDS_MOST = 200
DESCRIPTION_MOST = 4000
URL_MOST = 2000
IDS_MOST = 50
YES_NO = ("yes", "no")
DEGREES = Pattern(r"^[-+]?[0-9]{1,3}([.][0-9]{1,20})?$", error="Not a valid number.")


def pairs_in(raw: bytes) -> list[tuple[str, str]]:
    """The names and values of a query or a form. Raises UnreadableRequest for what is not UTF-8, or without end."""
    try:
        return parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=FIELDS_MOST, errors="strict")
    except UnicodeDecodeError as error:
        raise UnreadableRequest(f"not UTF-8 at byte {error.start}") from error
    except ValueError as error:
        raise UnreadableRequest() from error


class Degrees(fields.Float):
    """Degrees in decimal digits."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        if not isinstance(value, str):
            raise ValidationError("Not a valid number.")
        DEGREES(value)
        degrees: float = super()._deserialize(value, attr, data, **kwargs)
        return degrees


class Open311Schema(Schema):
    """What every call takes. No key is needed and one jurisdiction is served, so that neither changes anything."""

    location: ClassVar[str] = "query"
    jurisdiction_id = PlainText(most=200)
    api_key = PlainText(most=200)

    def read(self, request: Request) -> dict[str, Any]:
        """What a request sends. Raises UnreadableRequest, NotAForm, Invalid."""
        sent: dict[str, str] = {}
        for name, value in self.pairs(request):
            if not value.strip():
                continue
            if isinstance(self.fields.get(name), DelimitedList):
                parts = [part.strip() for part in (*sent.get(name, "").split(","), *value.split(","))]
                sent[name] = ",".join(part for part in parts if part)
            elif name in sent:
                raise UnreadableRequest("a key is there twice, and only one of its values could be kept")
            else:
                sent[name] = value
        try:
            loaded: dict[str, Any] = self.load(sent)
        except ValidationError as error:
            raise Invalid(error.messages) from error
        return loaded

    def pairs(self, request: Request) -> list[tuple[str, str]]:
        """Names and values as they were sent; ``lang`` is everywhere the reader's language."""
        return [(name, value) for name, value in pairs_in(request.query_string) if name != "lang"]


class ListQuerySchema(Open311Schema):
    """Which service requests. Several values are separated by commas, or sent under the same name again."""

    service_request_id = DelimitedList(fields.String(), validate=validate.Length(max=IDS_MOST))
    service_code = DelimitedList(fields.String(), validate=validate.Length(max=IDS_MOST))
    start_date = Moment()
    end_date = Moment()
    status = DelimitedList(fields.String(validate=validate.OneOf(["open", "closed"])))
    page = fields.Integer(validate=validate.Range(1, 1_000_000), load_default=1)
    page_size = fields.Integer(validate=validate.Range(1, LISTED_MOST), load_default=LISTED_MOST)
    extensions = PlainText(most=10)


class NewRequestSchema(Open311Schema):
    """A service request. What is not named here is refused, so that a misspelt name is not lost silently."""

    location = "form"
    service_code = PlainText(most=20, required=True)
    lat = Degrees(validate=validate.Range(-90, 90))
    long = Degrees(validate=validate.Range(-180, 180))
    address_string = PlainText(most=400)
    address_id = PlainText(most=80)
    description = PlainText(most=DESCRIPTION_MOST)
    media_url = fields.URL(schemes={"http", "https"}, require_tld=False, validate=validate.Length(max=URL_MOST))
    first_name = PlainText(most=90)
    last_name = PlainText(most=90)
    email = Mail()
    phone = PlainText(most=40)
    device_id = PlainText(most=200)
    account_id = PlainText(most=200)
    danger_now = fields.String(data_key="attribute[danger_now]", validate=validate.OneOf(YES_NO))
    happened_at = Moment(data_key="attribute[happened_at]")
    contact_consent = fields.String(data_key="attribute[contact_consent]", validate=validate.OneOf(YES_NO))

    def pairs(self, request: Request) -> list[tuple[str, str]]:
        """Of the body alone: an address is no place for words of people. Raises NotAForm."""
        raw = body_of(request)
        if raw and request.mimetype != FORM:
            raise NotAForm()
        return pairs_in(raw)

    @validates_schema(skip_on_field_errors=True)
    def says_where(self, data: dict[str, Any], **_: Any) -> None:
        """Coordinates come in pairs, and a place is needed (GeoReport v2, POST Service Request)."""
        if ("lat" in data) != ("long" in data):
            raise ValidationError("lat and long belong together", "lat")
        if not {"lat", "address_string", "address_id"} & data.keys():
            raise ValidationError("Say where: lat and long, address_string or address_id.", "lat")
