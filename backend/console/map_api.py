"""What the coordinators' map reads."""

from typing import Any

from flask import current_app
from flask.views import MethodView
from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from webargs.fields import DelimitedList

from backend.console.map import EARTH, Bounds, areas_on_map, incidents_on_map, responders_on_map
from backend.incidents.api import filters_of
from backend.incidents.schemas import CATEGORY, GRADE
from backend.incidents.states import State
from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.kernel.schemas import WholeNumber
from backend.trust.access import now, requires

blueprint = Blueprint("map", __name__, url_prefix="/api/v1/map", description="What the coordinators' map shows")


class BoundsSchema(Schema):
    """A part of the Earth in degrees, all four sides or none. ``west`` above ``east`` crosses the date line."""

    south = fields.Float(validate=validate.Range(-90, 90))
    west = fields.Float(validate=validate.Range(-180, 180))
    north = fields.Float(validate=validate.Range(-90, 90))
    east = fields.Float(validate=validate.Range(-180, 180))

    @validates_schema
    def is_whole(self, sent: dict[str, Any], **_: Any) -> None:
        """All sides or none, and the south below the north."""
        sides = [side for side in ("south", "west", "north", "east") if side in sent]
        if sides and len(sides) < 4:
            raise ValidationError("Name all of south, west, north and east, or none of them.", "bounds")
        if sides and sent["south"] > sent["north"]:
            raise ValidationError("The south lies above the north.", "south")


class MapQuerySchema(BoundsSchema):
    """Which incidents to show; several values of one filter are separated by commas."""

    status = DelimitedList(fields.String(validate=validate.OneOf([state.value for state in State])))
    grade = DelimitedList(fields.Integer(validate=GRADE))
    area = WholeNumber()
    category = DelimitedList(fields.String(validate=CATEGORY))
    owner = fields.UUID(metadata={"description": "an organisation's id"})


class MapPointSchema(Schema):
    """An incident with its position: codes, no words of people."""

    id = fields.UUID()
    number = fields.Integer()
    grade = fields.Integer()
    category = fields.String(allow_none=True)
    status = fields.String()
    lat = fields.Float()
    lon = fields.Float()
    accuracy_m = fields.Float(allow_none=True)
    opened_at = fields.DateTime(format="iso")
    due_at = fields.DateTime(format="iso", allow_none=True)
    acknowledged_at = fields.DateTime(format="iso", allow_none=True)
    report_count = fields.Integer()


class MapIncidentsSchema(Schema):
    """Incidents with a position, most urgent first."""

    items = fields.List(fields.Nested(MapPointSchema))
    truncated = fields.Boolean(metadata={"description": "there are more than are named; ask for a smaller part"})
    without_place = fields.Integer(metadata={"description": "incidents that fit the filters and have no position"})


class BodyCountSchema(Schema):
    """How many of one body."""

    id = fields.UUID()
    label = fields.Dict()
    count = fields.Integer()


class MapCellSchema(Schema):
    """A cell of some five square kilometres with those on duty in it."""

    cell = fields.String(metadata={"description": "H3 index, resolution 7"})
    lat = fields.Float(metadata={"description": "of the cell's middle"})
    lon = fields.Float(metadata={"description": "of the cell's middle"})
    count = fields.Integer()
    bodies = fields.List(fields.Nested(BodyCountSchema))


class MapCellsSchema(Schema):
    """Where responders are on duty."""

    items = fields.List(fields.Nested(MapCellSchema))


class MapAreasSchema(Schema):
    """Borders of areas as GeoJSON."""

    type = fields.String()
    truncated = fields.Boolean()
    features = fields.List(fields.Dict())


def bounds_of(query: dict[str, Any]) -> Bounds:
    """The part of the Earth that a checked query names; all of it when it names none."""
    return Bounds(query["south"], query["west"], query["north"], query["east"]) if "south" in query else EARTH


@blueprint.route("/incidents")
class MapIncidentsView(MethodView):
    """Incidents on the map."""

    @requires("incidents.read")
    @blueprint.arguments(MapQuerySchema, location="query")
    @blueprint.response(200, MapIncidentsSchema)
    def get(self, query: dict[str, Any]) -> Any:
        """Incidents with a position that the reader may see, and how many have none."""
        filters = filters_of(query)
        return current_app.json.response(incidents_on_map(db.session(), filters, bounds_of(query)))


@blueprint.route("/responders")
class MapRespondersView(MethodView):
    """Responders on the map."""

    @requires("people.read")
    @blueprint.arguments(BoundsSchema, location="query")
    @blueprint.response(200, MapCellsSchema)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """How many responders and volunteers are on duty in each coarse cell, by body; never who or just where."""
        return {"items": responders_on_map(db.session(), bounds_of(query), now=now())}


@blueprint.route("/areas")
class MapAreasView(MethodView):
    """Areas on the map."""

    @requires("configuration.read")
    @blueprint.arguments(BoundsSchema, location="query")
    @blueprint.response(200, MapAreasSchema)
    def get(self, query: dict[str, Any]) -> Any:
        """Borders of the areas within, as GeoJSON, thinned to what a screen can show."""
        return current_app.json.response(areas_on_map(db.session(), bounds_of(query)))
