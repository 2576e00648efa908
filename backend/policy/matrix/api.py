"""The matrix of mandates."""

from typing import Any

from flask.views import MethodView

from backend.kernel.blueprint import Blueprint
from backend.kernel.database import db
from backend.policy.matrix.reading import matrix_of
from backend.policy.matrix.schemas import MatrixQuerySchema, MatrixSchema
from backend.trust.access import now, requires

blueprint = Blueprint("matrix", __name__, url_prefix="/api/v1/mandates", description="Who leads what where")


@blueprint.route("/matrix")
class MatrixView(MethodView):
    """Category by area."""

    @requires("configuration.read")
    @blueprint.arguments(MatrixQuerySchema, location="query")
    @blueprint.response(200, MatrixSchema)
    def get(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Who leads, helps and is told by category and area, with gaps and overlaps named."""
        return matrix_of(db.session(), asked.get("area"), phase=asked["phase"], now=now())
