"""Small builders for the tests of this room: layers of rules, and decisions about made-up reports."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from backend.policy.catalogue import default_catalogue
from backend.policy.decide import decide
from backend.policy.decision import Decision
from backend.policy.facts import Facts
from backend.policy.rulefile import layer_from
from backend.policy.rules import Layer
from backend.policy.ruleset import RuleSet, compile_ruleset

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BOOK = default_catalogue()
TOWN = compile_ruleset(BOOK)
COUNTY, CITY, TOWN_LEVEL, VILLAGE = (
    ("Qinghe County", 1, "county"),
    ("Baishi City", 2, "city"),
    ("Liuyuan Town", 3, "town"),
    ("Taohua Village", 4, "village"),
)
SO = {"en": "it is so", "zh": "如此"}


def layer(place: tuple[str, int, str], **rules: Mapping[str, Any]) -> Layer:
    """A layer of one of the demo places; keywords are rule ids, ``_`` stands for ``-``."""
    name, depth, level = place
    bodies = {code.replace("_", "-"): body for code, body in rules.items()}
    return layer_from(name, bodies, area_id=depth, depth=depth, level=level)


def rule(lead: str = "M", *, when: str = "true", then: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A rule of one clause that sends a category to a lead, or has the effects given."""
    return {"when": when, "because": SO, "then": dict(then or {"lead": lead}), **more}


def report(category: str = "", *flags: str, **more: Any) -> Facts:
    """A report of a category with markers; its kind follows the category."""
    known = BOOK.categories.get(category)
    more.setdefault("kind", known.kind if known else "concern")
    return Facts(category=category, flags=frozenset(flags), **more)


def decided(category: str = "", *flags: str, ruleset: RuleSet = TOWN, **more: Any) -> Decision:
    """The decision about such a report, in a bare town unless a rule set is given."""
    return decide(report(category, *flags, **more), ruleset, NOW)
