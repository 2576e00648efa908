"""A report on its way to a decision: what is known, which category it is handled as, which rules hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.policy.categories import Category, Change
from backend.policy.engine import Evaluation
from backend.policy.facts import Facts
from backend.policy.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class Case:
    """What a decision is assembled from. ``said`` holds the effects of the rules but the competing ones."""

    facts: Facts
    ruleset: RuleSet
    category: Category
    changes: tuple[Change, ...]
    tried: Evaluation
    said: Mapping[str, Any]
    grade: str
    grade_source: str

    @property
    def is_offer(self) -> bool:
        """Whether help is offered and not asked for."""
        return self.facts.kind == "aid_offer"

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters of R06 that may hold; a named person checks them."""
        return tuple(sorted(self.said.get("police_letters", ())))

    def first(self, name: str) -> Any:
        """The first change of the category that says something about ``name``."""
        return next((value for change in self.changes if (value := getattr(change, name))), None)

    def listed(self, name: str) -> tuple[str, ...]:
        """Entries from rules, then those from changes of the category."""
        found = dict.fromkeys(self.said.get(name, ()))
        for change in self.changes:
            found |= dict.fromkeys(getattr(change, name))
        return tuple(found)

    def flag(self, name: str, default: bool) -> bool:
        """A permission of the category at this place, such as ``volunteers``."""
        return self.ruleset.flag(self.category, name, default)
