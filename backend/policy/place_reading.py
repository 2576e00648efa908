"""Reading what a place inherits, and the history of a rule."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.kernel.pages import decode_cursor, encode_cursor, number
from backend.kernel.problems import NotFound
from backend.policy.cache import ruleset_at
from backend.policy.catalogue import default_catalogue
from backend.policy.files import Entry
from backend.policy.inheritance import rules_of_place
from backend.policy.models import PolicyLayer, PolicyRule
from backend.policy.rulefile import rule_as_dict, rule_from
from backend.policy.telling import say_rule

VERSION = (
    "version", "state", "lock", "owner", "approver", "effective_from", "effective_to", "created_at", "body",
)  # fmt: skip


def place(session: Session, area_id: int | None, *, country: str, at: datetime) -> dict[str, Any]:
    """The rules and values of a place, each inherited, overridden or its own. Raises NotFound."""
    chain = AREAS.get(session).chain(area_id) if area_id else ()
    if area_id and not chain:
        raise NotFound({"en": "There is no such area.", "zh": "没有此区域。"})
    ruleset, depth = ruleset_at(session, chain, now=at, country=country), 1 + len(chain)
    layers = [
        {"name": one.name, "area_id": one.area_id, "depth": one.depth, "rules": len(one.in_force(at))}
        for one in ruleset.layers
    ]
    return {
        "area_id": area_id, "depth": depth, "version": ruleset.version, "layers": layers,
        "rules": rules_of_place(ruleset, depth),
    }  # fmt: skip


def rule_history(session: Session, code: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """A page of the versions of a rule in every layer, or in one place's, newest first. Raises NotFound."""
    shipped = next((rule for rule in default_catalogue().product.rules if rule.id == code), None)
    query = select(PolicyRule, PolicyLayer).join(PolicyLayer, PolicyLayer.id == PolicyRule.layer_id)
    query = query.where(PolicyRule.code == code)
    if "area" in asked:
        query = query.where(PolicyLayer.area_id.is_not_distinct_from(asked["area"] or None))
    if after := decode_cursor(asked.get("cursor"), 1, (number,)):
        query = query.where(PolicyRule.id < after[0])
    rows = session.execute(query.order_by(PolicyRule.id.desc()).limit(asked["limit"] + 1)).all()
    if not rows and shipped is None and not asked.get("cursor"):
        raise NotFound()
    page = rows[: asked["limit"]]
    return {
        "code": code, "items": [_version(rule, layer) for rule, layer in page],
        "shipped": {"body": rule_as_dict(shipped), "words": say_rule(shipped)} if shipped else None,
        "next_cursor": encode_cursor([page[-1][0].id]) if len(rows) > len(page) else None,
    }  # fmt: skip


def _version(rule: PolicyRule, layer: PolicyLayer) -> dict[str, Any]:
    shown = {name: getattr(rule, name) for name in VERSION}
    words = say_rule(rule_from(Entry(layer.name, rule.code, rule.body)))
    return shown | {"layer": layer.name, "area_id": layer.area_id, "words": words}
