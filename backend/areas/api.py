"""Areas: list, detail, lookup and import."""

from typing import Any

from flask.views import MethodView

from backend.areas.actions import import_areas
from backend.areas.lookup import AREAS
from backend.areas.preview import CHANGES_SHOWN, preview_areas
from backend.areas.queries import area_detail, list_areas, say_location, sketch_at
from backend.areas.schemas import (
    AreaDetailSchema,
    AreaListSchema,
    AreaPreviewOptionsSchema,
    AreaPreviewSchema,
    AreaQuerySchema,
    ImportFileSchema,
    ImportOptionsSchema,
    ImportSchema,
    LocationSchema,
    PointSchema,
    SketchQuerySchema,
    SketchSchema,
)
from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.trust.access import me, now, requires

# Two places of one form, which the document of the routes can only say as one.
IMPORT_FORM = {
    "type": "object",
    "required": ["file", "source"],
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "GeoJSON"},
        "source": {"type": "string", "minLength": 1, "maxLength": 100, "description": "whose areas the file replaces"},
        "repair": {"type": "boolean", "default": False, "description": "mend invalid polygons, naming each"},
        "dry_run": {"type": "boolean", "default": False, "description": "only say what would change"},
        "preview": {"type": "string", "maxLength": 64, "description": "digest of the preview that was looked at"},
    },
}
PREVIEW_FORM = IMPORT_FORM | {
    "properties": {name: IMPORT_FORM["properties"][name] for name in ("file", "source", "repair")}  # type: ignore[index]
}

blueprint = Blueprint("areas", __name__, url_prefix="/api/v1/areas", description="Places, their tree and borders")


@blueprint.route("")
class AreasView(MethodView):
    """All areas."""

    @requires("configuration.read")
    @blueprint.arguments(AreaQuerySchema, location="query")
    @blueprint.response(200, AreaListSchema)
    def get(self, filters: dict[str, Any]) -> dict[str, Any]:
        """List areas by level."""
        return list_areas(db.session(), filters)


@blueprint.route("/<int(max=4611686018427387904):area_id>")
class AreaView(MethodView):
    """One area."""

    @requires("configuration.read")
    @blueprint.response(200, AreaDetailSchema)
    def get(self, area_id: int) -> dict[str, Any]:
        """One area with its chain, its shape and the times of its shapes."""
        return area_detail(db.session(), area_id)


@blueprint.route("/locate")
class LocateView(MethodView):
    """The lookup that every report goes through."""

    @requires("configuration.read")
    @blueprint.arguments(PointSchema, location="query")
    @blueprint.response(200, LocationSchema)
    def get(self, point: dict[str, float]) -> dict[str, Any]:
        """The areas of a point."""
        index = AREAS.get(db.session())
        return say_location(index, index.locate(**point))


@blueprint.route("/sketch")
class SketchView(MethodView):
    """Outlines."""

    @requires("configuration.read")
    @blueprint.arguments(SketchQuerySchema, location="query")
    @blueprint.response(200, SketchSchema)
    def get(self, asked: dict[str, int]) -> dict[str, Any]:
        """Draw an area and those right below it as SVG paths."""
        return sketch_at(db.session(), asked.get("area"))


@blueprint.route("/previews")
class PreviewsView(MethodView):
    """Looking before importing."""

    @requires("areas.write")
    @blueprint.doc(parameters=[], requestBody={"content": {"multipart/form-data": {"schema": PREVIEW_FORM}}})
    @blueprint.arguments(ImportFileSchema, location="files")
    @blueprint.arguments(AreaPreviewOptionsSchema, location="form", content_type="multipart/form-data")
    @blueprint.response(200, AreaPreviewSchema)
    def post(self, files: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
        """Say what a file would add, change and close, and name all that is wrong with it. Nothing is written."""
        return preview_areas(db.session(), document=files["file"].read(), **options)


@blueprint.route("/imports")
class ImportsView(MethodView):
    """Imports of GeoJSON files."""

    @requires("areas.write")
    @blueprint.doc(parameters=[], requestBody={"content": {"multipart/form-data": {"schema": IMPORT_FORM}}})
    @blueprint.arguments(ImportFileSchema, location="files")
    @blueprint.arguments(ImportOptionsSchema, location="form", content_type="multipart/form-data")
    @blueprint.response(200, ImportSchema)
    def post(self, files: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
        """Replace the areas of a source by those of a file, or say what that would change."""
        document = files["file"].read()
        outcome = import_areas(db.session(), document=document, by=str(me().actor), now=now(), **options)
        db.session.commit()
        return {
            "id": outcome.id,
            "source": outcome.source,
            "digest": outcome.digest,
            "dry_run": options["dry_run"],
            "counts": outcome.counts,
            "changes": outcome.changes[:CHANGES_SHOWN],
            "repaired": outcome.repaired,
        }
