"""What a place inherits and says itself, the history of a rule, and where people decide otherwise than rules."""

from datetime import timedelta
from typing import Any

from flask.views import MethodView

from backend.kernel.database import db
from backend.policy.api.blueprint import blueprint, settings
from backend.policy.overrides import overrides
from backend.policy.place_reading import place, rule_history
from backend.policy.place_schemas import (
    HistoryQuerySchema,
    OverridesQuerySchema,
    OverridesSchema,
    PlaceQuerySchema,
    PlaceSchema,
    RuleHistorySchema,
)
from backend.trust.access import me, now, requires


@blueprint.route("/policy/place")
class PlaceView(MethodView):
    """The rules of a place, layer by layer."""

    @requires("configuration.read")
    @blueprint.arguments(PlaceQuerySchema, location="query")
    @blueprint.response(200, PlaceSchema)
    def get(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Each rule and value: inherited, overridden or the place's own, where it comes from, and what locks it."""
        at = asked.get("at") or now()
        return place(db.session(), asked.get("area") or None, country=settings().country, at=at)


@blueprint.route("/policy/rules/<string:code>/history")
class RuleHistoryView(MethodView):
    """The versions of a rule."""

    @requires("configuration.read")
    @blueprint.arguments(HistoryQuerySchema, location="query")
    @blueprint.response(200, RuleHistorySchema)
    def get(self, asked: dict[str, Any], code: str) -> dict[str, Any]:
        """Every version of a rule, newest first, with who wrote and who approved it."""
        return rule_history(db.session(), code, asked)


@blueprint.route("/policy/overrides")
class OverridesView(MethodView):
    """Rules that may be wrong."""

    @requires("configuration.read")
    @blueprint.arguments(OverridesQuerySchema, location="query")
    @blueprint.response(200, OverridesSchema)
    def get(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Rules whose outcome people changed, by share; counts under five are not told."""
        since = now() - timedelta(days=asked["days"])
        may_read = me().may("incidents.read")
        return overrides(db.session(), since=since, area=asked.get("area") or None, with_incidents=may_read)
