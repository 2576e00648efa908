"""Simulations in the background, as clients ask for and see them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from backend.kernel.pages import PAGE_SIZE, PAGE_SIZE_MOST
from backend.kernel.schemas import Moment, PlainText, WholeNumber
from backend.policy.cases import FORMATS
from backend.policy.models import SIMULATION_STATES
from backend.policy.schemas import DAYS_MOST, StepSchema
from backend.policy.simulation import COMPARED
from backend.policy.uploads import CHARACTERS_MOST

FILE_MOST = 8_000_000
# As JSON, in which every quotation mark of a file of JSON lines takes two bytes; codes are ASCII.
BYTES_MOST = 2 * FILE_MOST


class CasesSchema(Schema):
    """A file of facts: JSON lines, or CSV with the names of facts as its head; ``area`` is an area's id in its source."""

    format = fields.String(required=True, validate=validate.OneOf(FORMATS))
    content = PlainText(least=1, most=FILE_MOST, required=True)


class SimulationAskSchema(Schema):
    """What to try: a change or a document; on the last days, or on a file of facts."""

    change_id = fields.UUID()
    document = PlainText(least=1, most=CHARACTERS_MOST)
    days = WholeNumber(least=1, most=DAYS_MOST, strict=True, load_default=30)
    cases = fields.Nested(CasesSchema)

    @validates_schema(skip_on_field_errors=True)
    def names_one_layer(self, data: dict[str, Any], **_: Any) -> None:
        """A change and a document exclude each other."""
        if ("change_id" in data) == ("document" in data):
            raise ValidationError("Send change_id or document, one of them.", "change_id")


class SimulationQuerySchema(Schema):
    """A page of simulations, newest first."""

    change = fields.UUID()
    limit = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(1, PAGE_SIZE_MOST))
    cursor = PlainText(most=200)


class SimulationRunSchema(Schema):
    """A simulation and how far it is. ``summary``: how many would have another grade, owner, offers, clocks."""

    id = fields.UUID()
    change_id = fields.UUID(allow_none=True)
    revision = fields.Integer(allow_none=True)
    area_id = fields.Integer(allow_none=True)
    name = fields.String()
    source = fields.String(validate=validate.OneOf(["past", "file"]))
    since = Moment(allow_none=True)
    holds_at = Moment(metadata={"description": "the time for which the rules are tried"})
    state = fields.String(validate=validate.OneOf(SIMULATION_STATES))
    asked_by = fields.String()
    asked_at = Moment()
    ended_at = Moment(allow_none=True)
    stop_asked = fields.Boolean()
    total = fields.Integer()
    done = fields.Integer()
    changed = fields.Integer()
    unreadable = fields.Integer()
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    summary = fields.Dict(keys=fields.String(), values=fields.Integer())


class SimulationListSchema(Schema):
    """A page of simulations."""

    items = fields.List(fields.Nested(SimulationRunSchema))
    next_cursor = fields.String(allow_none=True)


class ResultQuerySchema(Schema):
    """A page of results, newest incident first; ``changed`` only those in which that part differs."""

    changed = fields.String(validate=validate.OneOf(COMPARED))
    limit = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(1, PAGE_SIZE_MOST))
    cursor = PlainText(most=200)


class ResultSchema(Schema):
    """A case that would be handled otherwise: before, after, and the rules that make the difference."""

    seq = fields.Integer()
    incident_id = fields.UUID(allow_none=True)
    number = fields.Integer(metadata={"description": "of the incident, or the line of the file"})
    at = Moment(allow_none=True)
    changed = fields.List(fields.String())
    before = fields.Dict()
    after = fields.Dict()
    rules = fields.List(fields.Nested(StepSchema))


class ResultListSchema(Schema):
    """A page of results."""

    items = fields.List(fields.Nested(ResultSchema))
    next_cursor = fields.String(allow_none=True)
