"""Categories, layers of rules, what holds at a place, and trying rules before they count."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask.views import MethodView

from backend.areas.lookup import AREAS
from backend.kernel.database import db
from backend.kernel.problems import NotFound
from backend.kernel.web import language
from backend.policy.api.blueprint import blueprint, settings
from backend.policy.cache import ruleset_at
from backend.policy.decide import decide
from backend.policy.drafts import findings_of, read_draft, simulate
from backend.policy.explain import explain
from backend.policy.facts import Facts
from backend.policy.reading import categories, effective, layer_detail, list_layers
from backend.policy.schemas import (
    CategoryListSchema,
    DocumentSchema,
    EffectiveSchema,
    EvaluatedSchema,
    EvaluateSchema,
    LayerDetailSchema,
    LayerListSchema,
    LayerQuerySchema,
    LintedSchema,
    RulesQuerySchema,
    SimulateSchema,
    SimulationSchema,
)
from backend.trust.access import now, requires


@blueprint.route("/categories")
class CategoriesView(MethodView):
    """The catalogue."""

    @requires("configuration.read")
    @blueprint.response(200, CategoryListSchema)
    def get(self) -> dict[str, Any]:
        """Every category with its lead, grade and goals, as it ships."""
        return {"items": categories()}


@blueprint.route("/policy/layers")
class LayersView(MethodView):
    """The layers."""

    @requires("configuration.read")
    @blueprint.arguments(LayerQuerySchema, location="query")
    @blueprint.response(200, LayerListSchema)
    def get(self, page: dict[str, Any]) -> dict[str, Any]:
        """The layer that ships, and those that were added."""
        return list_layers(db.session(), cursor=page.get("cursor"), limit=page["limit"])


@blueprint.route("/policy/layers/<int(max=4611686018427387904):layer_id>")
class LayerView(MethodView):
    """One layer."""

    @requires("configuration.read")
    @blueprint.response(200, LayerDetailSchema)
    def get(self, layer_id: int) -> dict[str, Any]:
        """A layer with the document that makes it."""
        return layer_detail(db.session(), layer_id)


@blueprint.route("/policy/rules")
class RulesView(MethodView):
    """What holds at a place."""

    @requires("configuration.read")
    @blueprint.arguments(RulesQuerySchema, location="query")
    @blueprint.response(200, EffectiveSchema)
    def get(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The rules and values that hold, each value with the chain of layers that produced it."""
        return effective(
            db.session(), area=asked.get("area"), category=asked.get("category"), country=settings().country,
            at=asked.get("at") or now(),
        )  # fmt: skip


@blueprint.route("/policy/evaluate")
class EvaluateView(MethodView):
    """Trying a report."""

    @requires("configuration.read")
    @blueprint.arguments(EvaluateSchema)
    @blueprint.response(200, EvaluatedSchema)
    def post(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What the rules would decide about a made-up report, and why. Writes nothing."""
        chain, at = chain_asked(asked), asked.get("at") or now()
        ruleset = ruleset_at(db.session(), chain, now=at, country=settings().country)
        decision = decide(facts_asked(asked["facts"], chain, at), ruleset, at).as_dict()
        return {"decision": decision, "words": explain(decision, language()), "area_ids": list(chain)}


def chain_asked(asked: dict[str, Any]) -> tuple[int, ...]:
    """The areas of a place from the top down; empty without a place. Raises NotFound for an area that is none."""
    index = AREAS.get(db.session())
    if "lat" in asked:
        return index.locate(lat=asked["lat"], lon=asked["lon"]).primary
    if "area" not in asked:
        return ()
    chain = index.chain(asked["area"])
    if not chain:
        raise NotFound({"en": "There is no such area.", "zh": "没有此区域。"})
    return chain


def facts_asked(given: dict[str, Any], chain: tuple[int, ...], at: datetime) -> Facts:
    """The facts of a made-up report; hour, weekday and density are the place's where none are given."""
    areas = [area for area in map(AREAS.get(db.session()).area, chain) if area]
    smallest = areas[-1] if areas else None
    local = at.astimezone(ZoneInfo((smallest and smallest.timezone) or settings().timezone))
    found = {
        "hour_local": local.hour, "weekday_local": local.isoweekday(), "has_place": bool(areas),
        "density": smallest.density if smallest else "urban",
        "area_level_names": [area.division for area in areas],
    }  # fmt: skip
    return Facts.from_dict(found | given)


@blueprint.route("/policy/lint")
class LintView(MethodView):
    """Looking at a draft."""

    @requires("policy.write")
    @blueprint.arguments(DocumentSchema)
    @blueprint.response(200, LintedSchema)
    def post(self, sent: dict[str, Any]) -> dict[str, Any]:
        """What is wrong with a layer before it is taken. Writes nothing."""
        draft = read_draft(db.session(), sent["document"])
        findings = findings_of(db.session(), draft.layer, rotas_at=now())
        return {
            "layer": draft.layer.name, "area_id": draft.layer.area_id, "rules": len(draft.layer.rules),
            "can_be_taken": not any(finding.blocking for finding in findings),
            "findings": [finding.as_dict() for finding in findings],
        }  # fmt: skip


@blueprint.route("/policy/simulate")
class SimulateView(MethodView):
    """Trying a draft on what happened."""

    @requires("policy.write")
    @blueprint.arguments(SimulateSchema)
    @blueprint.response(200, SimulationSchema)
    def post(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Which past incidents that you may see a layer would have handled otherwise. Writes nothing."""
        done = simulate(db.session(), sent["document"], days=sent["days"], country=settings().country, now=now())
        found = done.simulation
        return {
            "considered": found.considered, "left_out": done.left_out, "unreadable": found.unreadable,
            "changed": len(found.differences), "counts": found.counts,
            "differences": [one.as_dict() for one in found.differences],
            "findings": [finding.as_dict() for finding in done.findings],
        }  # fmt: skip
