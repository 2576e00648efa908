"""A draft's own examples, tried under the layers of its place."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.policy.cache import EVERYWHERE, POLICY
from backend.policy.catalogue import default_catalogue
from backend.policy.changing import draft_as_changed
from backend.policy.examples import try_example
from backend.policy.layers import ordered
from backend.policy.models import PolicyChange
from backend.policy.rules import Rule, RuleTest
from backend.policy.ruleset import RuleSet, compile_ruleset
from backend.policy.telling import say_effects


def examples_of(session: Session, change: PolicyChange) -> list[dict[str, Any]]:
    """Every example of the rules of a layer as changed, with what it expects and what it gives."""
    layer = draft_as_changed(session, change).layer
    book, index = POLICY.get(session), AREAS.get(session)
    chain = (EVERYWHERE, *(index.chain(layer.area_id) if layer.area_id else ()))
    own = layer.area_id or EVERYWHERE
    above = [book.layers[one] for one in chain if one in book.layers and one != own]
    ruleset = compile_ruleset(default_catalogue(), ordered([*above, layer]))
    return [_tried(ruleset, rule, one) for rule in layer.in_force(None) for one in rule.tests]


def _tried(ruleset: RuleSet, rule: Rule, example: RuleTest) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "rule": rule.id, "name": example.name, "event": example.event, "facts": dict(example.facts),
        "moment": dict(example.moment), "expected": dict(example.expect),
    }  # fmt: skip
    try:
        outcome = try_example(ruleset, rule.id, example)
    except (TypeError, ValueError) as error:
        words = {"en": f"cannot be tried: {error}", "zh": f"无法试算：{error}"}
        return shown | {"found": None, "met": False, "words": words}
    found: Mapping[str, Any] = outcome.found
    return shown | {"found": dict(found), "met": outcome.is_met, "words": say_effects(found)}
