"""Conditions as sentences, for a form that writes rules."""

from typing import Any

from flask.views import MethodView

from backend.kernel.database import db
from backend.policy.api.blueprint import blueprint
from backend.policy.condition_schemas import ConditionSchema, ReadConditionSchema, RenderSchema, VocabularySchema
from backend.policy.conditions import read_condition, write_condition
from backend.policy.vocabulary import vocabulary
from backend.trust.access import requires


@blueprint.route("/policy/vocabulary")
class VocabularyView(MethodView):
    """The words of rules."""

    @requires("configuration.read")
    @blueprint.response(200, VocabularySchema)
    def get(self) -> dict[str, Any]:
        """Fields, comparisons, effects and events with their values, in both languages."""
        return vocabulary()


@blueprint.route("/policy/conditions/parse")
class ParseView(MethodView):
    """A condition that somebody types."""

    @requires("configuration.read")
    @blueprint.arguments(ConditionSchema)
    @blueprint.response(200, ReadConditionSchema)
    def post(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A condition as a sentence where it is one, and what is wrong with it, with the place. Writes nothing."""
        return read_condition(db.session(), asked["when"], rule=asked["rule"], area_id=asked.get("area") or None)


@blueprint.route("/policy/conditions/render")
class RenderView(MethodView):
    """A sentence that somebody builds."""

    @requires("configuration.read")
    @blueprint.arguments(RenderSchema)
    @blueprint.response(200, ReadConditionSchema)
    def post(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A sentence as a condition, checked like one that is typed. Writes nothing."""
        return write_condition(db.session(), asked["tree"], rule=asked["rule"], area_id=asked.get("area") or None)
