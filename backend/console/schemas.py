"""What the console's own routes take and answer."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from backend.incidents.schemas import CATEGORY, GRADE, ListedSchema, SearchSchema
from backend.kernel.schemas import PlainText, Truth

BULK_MOST = 50
IDS_MOST = 200


class ViewFiltersSchema(SearchSchema):
    """Filters and an order of the queue: ids and codes. What was searched for is not among them."""

    class Meta:
        """Words, ids of incidents and places in a list belong to one moment."""

        exclude = ("q", "ids", "cursor", "limit")

    @post_load
    def kept(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """What is kept: only what narrows, in the shape in which it is shown again."""
        return {name: str(value) if isinstance(value, UUID) else value for name, value in data.items() if value}


class ViewFieldsSchema(Schema):
    """A view: its name and what it shows."""

    name = PlainText(least=1, most=60, required=True)
    filters = fields.Nested(ViewFiltersSchema, required=True)
    is_default = Truth(load_default=False, metadata={"description": "the queue begins with it"})


class ViewPatchSchema(Schema):
    """What changes of a view; what is left out stays."""

    name = PlainText(least=1, most=60)
    filters = fields.Nested(ViewFiltersSchema)
    is_default = Truth()


class ViewSchema(Schema):
    """A saved view; ``etag`` is for ``If-Match``."""

    id = fields.UUID()
    name = fields.String()
    filters = fields.Dict()
    is_default = fields.Boolean()
    etag = fields.String()


class ViewsSchema(Schema):
    """A person's views, of which there are never more than a page."""

    items = fields.List(fields.Nested(ViewSchema))


class PresentSchema(Schema):
    """Somebody who looks at an incident now."""

    incident_id = fields.UUID()
    person_id = fields.UUID()
    name = fields.String(allow_none=True, metadata={"description": "for those who may read the names of people"})


class PresenceSchema(Schema):
    """Everybody else who looks, by incident."""

    items = fields.List(fields.Nested(PresentSchema))


class AtSchema(Schema):
    """Which incidents are meant."""

    ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=IDS_MOST))


class BulkItemSchema(Schema):
    """One incident; with ``version`` it is refused where somebody changed it meanwhile."""

    id = fields.UUID(required=True)
    version = fields.Integer(strict=True, validate=validate.Range(1, 2**62))


class BulkSchema(Schema):
    """One act on several incidents."""

    act = fields.String(required=True, validate=validate.OneOf(["acknowledge", "triage"]))
    items = fields.List(fields.Nested(BulkItemSchema), required=True, validate=validate.Length(min=1, max=BULK_MOST))
    category = fields.String(validate=CATEGORY, metadata={"description": "of a triage"})
    grade = fields.Integer(strict=True, validate=GRADE)
    reason = PlainText(most=2000)

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        """A triage names its category; nothing is asked for twice."""
        if data["act"] == "triage" and "category" not in data:
            raise ValidationError("A triage needs a category.", "category")
        if len({one["id"] for one in data["items"]}) < len(data["items"]):
            raise ValidationError("An incident is named twice.", "items")


class BulkResultSchema(Schema):
    """What came of one: the incident as it stands, or the problem with it."""

    id = fields.UUID()
    incident = fields.Nested(ListedSchema, allow_none=True)
    problem = fields.Dict(allow_none=True, metadata={"description": "problem details, as an error would say them"})


class BulkResultsSchema(Schema):
    """One result for each, in the order in which they were asked for."""

    items = fields.List(fields.Nested(BulkResultSchema))
