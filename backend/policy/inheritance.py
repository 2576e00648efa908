"""What a place inherits, what it says otherwise, and what it may not: each rule and value with where it comes from. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from backend.policy.layers import Effective, Link, show
from backend.policy.rules import Layer, Lock, Rule, Tighter
from backend.policy.ruleset import RuleSet
from backend.policy.telling import say_rule

LANGUAGES = ("en", "zh")


def rules_of_place(ruleset: RuleSet, depth: int) -> list[dict[str, Any]]:
    """Every rule that any layer of the place says something about, in order of its code.

    Args:
        depth: of the place's own layer; what stands above it is inherited.
    """
    said: dict[str, list[tuple[Layer, Rule]]] = {}
    for layer in ruleset.layers:
        for rule in layer.in_force(None):
            said.setdefault(rule.id, []).append((layer, rule))
    held = _by_rule(ruleset.values)
    standing = {ready.rule.id: ready.layer for ready in ruleset.rules}
    return [_rule(code, one, standing.get(code), held.get(code, []), depth) for code, one in sorted(said.items())]


def _by_rule(values: Mapping[str, Effective]) -> dict[str, list[Effective]]:
    found: dict[str, list[Effective]] = {}
    for name, held in values.items():
        found.setdefault(name.partition(".")[0], []).append(held)
    return found


def _rule(
    code: str, said: Sequence[tuple[Layer, Rule]], standing: Layer | None, values: Sequence[Effective], depth: int
) -> dict[str, Any]:
    layer, rule = next(((one, other) for one, other in said if one is standing), said[-1])
    above = [(one, other) for one, other in said if one.depth < depth]
    own = [other for one, other in said if one.depth == depth]
    floor = next((one for one, other in above if other.lock is Lock.FLOOR and other.clauses), None)
    titles = [other.title for _, other in said if other.title.get("en")]
    return {
        "code": code, "title": titles[-1] if titles else {"en": code, "zh": code}, "explanation": rule.explanation,
        "version": rule.version, "layer": layer.name, "area_id": layer.area_id, "depth": layer.depth,
        "lock": rule.lock.value, "basis": rule.basis.value, "driven_by": rule.driven_by, "categories": rule.categories,
        "status": _status(bool(own), bool(above)), "own_version": own[-1].version if own else None,
        "replaces": [{"layer": one.name, "depth": one.depth, "version": other.version} for one, other in above] if own else [],
        "locked_by": {"layer": floor.name, "area_id": floor.area_id, "depth": floor.depth} if floor else None,
        "words": say_rule(rule), "clauses": list(_clauses(rule)), "tests": len(rule.tests),
        "values": [_value(held, depth) for held in values],
    }  # fmt: skip


def _clauses(rule: Rule) -> Iterator[dict[str, Any]]:
    for one in rule.clauses:
        then = {name: list(value) if isinstance(value, tuple) else value for name, value in one.then.items()}
        yield {"id": one.id, "when": one.when, "because": one.because, "then": then, "lock": one.lock.value}


def _status(has_own: bool, has_above: bool) -> str:
    if not has_own:
        return "inherited"
    return "overridden" if has_above else "own"


def _value(held: Effective, depth: int) -> dict[str, Any]:
    own = [link for link in held.chain if link.depth == depth]
    above = [link for link in held.chain if link.depth < depth]
    bound = _bound(above)
    status = "held_back" if own and not own[-1].held else _status(bool(own), bool(above))
    return {
        "name": held.name, "label": held.label, "unit": held.unit, "value": _plain(held.value),
        "shown": _shown(held.value, held.unit), "tighter": held.tighter.value, "status": status,
        "comes_from": _link(held.standing, held), "locked_by": _link(bound, held) if bound else None,
        "may": _may(bound, held.tighter), "chain": [_link(link, held) for link in held.chain],
    }  # fmt: skip


def _bound(above: Sequence[Link]) -> Link | None:
    """The floor or ceiling that binds the place: the nearest one above that itself stands."""
    return next((one for one in reversed(above) if one.held and one.lock in {Lock.FLOOR, Lock.CEILING}), None)


def _may(bound: Link | None, tighter: Tighter) -> str:
    if bound is None:
        return "change"
    if tighter is Tighter.NONE:
        return "nothing"
    return "tighten" if bound.lock is Lock.FLOOR else "loosen"


def _link(link: Link, held: Effective) -> dict[str, Any]:
    return link.as_dict() | {"shown": _shown(link.value, held.unit)}


def _shown(value: Any, unit: str) -> dict[str, str]:
    return {language: show(value, unit, language) for language in LANGUAGES}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
