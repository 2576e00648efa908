"""Reading policy: categories, layers, and what holds at a place with the chain that produced it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.areas.models import Area
from backend.kernel.pages import decode_cursor, encode_cursor, number
from backend.kernel.problems import NotFound
from backend.policy.cache import country_of, ruleset_at
from backend.policy.catalogue import default_catalogue
from backend.policy.categories import Category
from backend.policy.layers import Effective, show
from backend.policy.models import PolicyLayer, PolicyRule
from backend.policy.rules import Rule, specificity_of
from backend.policy.ruleset import ReadyRule, RuleSet

# Values that no single category owns: waves, quiet and service hours, the ladder.
SHARED_RULES = frozenset({"R03", "R14", "R15", "SERVICE"})


def categories() -> list[dict[str, Any]]:
    """Every category that ships, as clients see it."""
    plain = (
        "code", "kind", "label", "plain", "grade", "grade_floor", "lead", "fallback", "contact_s", "action_s",
        "compartment", "private", "duty", "divert", "volunteers_allowed", "auto_route_allowed", "goals",
    )  # fmt: skip
    return [
        {name: getattr(one, name) for name in plain} | {"parallel": [helper.route for helper in one.parallel]}
        for one in default_catalogue().categories.values()
    ]


def product_layer() -> dict[str, Any]:
    """The layer that ships: the default rules, the clocks of grades, the settings of categories."""
    product = default_catalogue().product
    rules = [_said(rule) for rule in product.rules]
    return {"id": None, "area_id": None, "name": product.name, "depth": 0, "rules": rules}


def _said(rule: Rule) -> dict[str, Any]:
    return {"code": rule.id, "version": rule.version, "lock": rule.lock.value, "title": rule.title, "owner": None,
            "effective_from": rule.effective_from, "effective_to": rule.effective_to}  # fmt: skip


def list_layers(session: Session, *, cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the layers that were added, oldest first, and the one that ships."""
    query = select(PolicyLayer).order_by(PolicyLayer.id).limit(limit + 1)
    if after := decode_cursor(cursor, 1, (number,)):
        query = query.where(PolicyLayer.id > after[0])
    layers = session.scalars(query).all()
    page = layers[:limit]
    return {
        "product": product_layer(),
        "items": _layers(session, page),
        "next_cursor": encode_cursor([page[-1].id]) if len(layers) > limit else None,
    }


def layer_detail(session: Session, layer_id: int) -> dict[str, Any]:
    """One layer with the document that would make it again. Raises NotFound."""
    layer = session.get(PolicyLayer, layer_id)
    if layer is None:
        raise NotFound()
    return _layers(session, [layer])[0] | {"document": _document(session, layer)}


def _layers(session: Session, layers: Sequence[PolicyLayer]) -> list[dict[str, Any]]:
    index = AREAS.get(session)
    rules = _rules_of(session, [layer.id for layer in layers])
    return [
        {
            "id": layer.id, "area_id": layer.area_id, "name": layer.name,
            "depth": 1 + (len(index.chain(layer.area_id)) if layer.area_id else 0),
            "rules": [_stored(rule) for rule in rules if rule.layer_id == layer.id],
        }
        for layer in layers
    ]  # fmt: skip


def _rules_of(session: Session, layer_ids: Sequence[int]) -> Sequence[PolicyRule]:
    query = select(PolicyRule).where(PolicyRule.layer_id.in_(layer_ids), PolicyRule.state == "active")
    return session.scalars(query.order_by(PolicyRule.code, PolicyRule.version)).all()


def _stored(rule: PolicyRule) -> dict[str, Any]:
    names = ("code", "version", "lock", "owner", "effective_from", "effective_to")
    return {name: getattr(rule, name) for name in names} | {"title": rule.body.get("title") or {}}


def _document(session: Session, layer: PolicyLayer) -> str:
    source_id = session.scalar(select(Area.source_id).where(Area.id == layer.area_id)) if layer.area_id else ""
    # Of two versions of a rule the later one stands in the document: it is what was imported last.
    bodies = {rule.code: rule.body for rule in _rules_of(session, [layer.id])}
    whole = {"layer": {"area": source_id, "name": layer.name}, "rules": bodies}
    return str(yaml.safe_dump(whole, allow_unicode=True, sort_keys=False, width=100))


def effective(
    session: Session, *, area: int | None, category: str | None, country: str, at: datetime
) -> dict[str, Any]:
    """The rules and values that hold at a place, for every category or for one. Raises NotFound."""
    index = AREAS.get(session)
    chain = index.chain(area) if area is not None else ()
    if area is not None and not chain:
        raise NotFound({"en": "There is no such area.", "zh": "没有此区域。"})
    ruleset = ruleset_at(session, chain, now=at, country=country)
    if category is not None and category not in ruleset.categories:
        raise NotFound({"en": "There is no such category.", "zh": "没有此类别。"})
    one = ruleset.categories[category] if category is not None else None
    return {
        "area_id": area,
        "country": country_of(index, chain, country),
        "version": ruleset.version,
        "layers": [layer.name for layer in ruleset.layers],
        "rules": [_ready(ready) for ready in ruleset.rules if _concerns(ready, one)],
        "values": [_value(held) for held in _values(ruleset, one)],
    }


def _concerns(ready: ReadyRule, category: Category | None) -> bool:
    if category is None:
        return True
    filters = ready.rule.categories
    return specificity_of(filters, category.code, category.kind, category.parent) is not None


def _values(ruleset: RuleSet, category: Category | None) -> list[Effective]:
    if category is None:
        return list(ruleset.values.values())
    own = {category.code, category.grade, *SHARED_RULES}
    own |= {ready.rule.id for ready in ruleset.rules if _concerns(ready, category)}
    return [held for name, held in ruleset.values.items() if name.partition(".")[0] in own]


def _ready(ready: ReadyRule) -> dict[str, Any]:
    rule = ready.rule
    return {
        "id": rule.id, "version": rule.version, "layer": ready.layer.name, "area_id": ready.layer.area_id,
        "lock": rule.lock.value, "basis": rule.basis.value, "title": rule.title, "explanation": rule.explanation,
        "driven_by": rule.driven_by, "categories": rule.categories,
        "clauses": [
            {"id": one.id, "when": one.when, "because": one.because, "then": _plain(one.then), "lock": one.lock.value}
            for one in rule.clauses
        ],
    }  # fmt: skip


def _value(held: Effective) -> dict[str, Any]:
    return {
        "name": held.name, "value": _listed(held.value), "unit": held.unit, "tighter": held.tighter.value,
        "label": held.label, "shown": {language: show(held.value, held.unit, language) for language in ("en", "zh")},
        "chain": [link.as_dict() for link in held.chain],
    }  # fmt: skip


def _plain(effects: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _listed(value) for name, value in effects.items()}


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
