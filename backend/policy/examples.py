"""A rule's own examples: each says which effects its facts lead to, and is tried before a rule counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.policy.effects import effects_of
from backend.policy.engine import Evaluation, try_rules
from backend.policy.facts import Facts, Moment
from backend.policy.layers import Finding
from backend.policy.rules import Rule, RuleTest
from backend.policy.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an example expected and what came of it."""

    rule: str
    name: str
    expected: Mapping[str, Any]
    found: Mapping[str, Any]

    @property
    def is_met(self) -> bool:
        """Whether the rule does what its example says."""
        return dict(self.expected) == dict(self.found)


def try_example(ruleset: RuleSet, rule_id: str, example: RuleTest) -> Outcome:
    """The effects of this rule alone on an example. Raises ValueError or TypeError for impossible facts."""
    given = dict(example.facts)
    category = ruleset.categories.get(str(given.get("category", "")))
    given.setdefault("kind", category.kind if category else "concern")
    facts = Facts.from_dict(given)
    moment = Moment(**example.moment)
    tried = try_rules(ruleset, example.event, facts, ruleset.category_of(facts.category, facts.kind), moment)
    return Outcome(rule_id, example.name, _plain(example.expect), _plain(_of_rule(tried, rule_id)))


def check_examples(ruleset: RuleSet, rules: Iterable[Rule]) -> list[Finding]:
    """A blocking finding for each example that its rule does not meet, or that cannot be tried."""
    found = []
    for rule in rules:
        for example in rule.tests:
            try:
                outcome = try_example(ruleset, rule.id, example)
            except (TypeError, ValueError) as error:
                found.append(_finding(rule, example, f"cannot be tried: {error}", f"无法试算：{error}"))
                continue
            if not outcome.is_met:
                en = f"expects {dict(outcome.expected)}, gives {dict(outcome.found)}"
                found.append(_finding(rule, example, en, f"预期 {dict(outcome.expected)}，实际 {dict(outcome.found)}"))
    return found


def _of_rule(tried: Evaluation, rule_id: str) -> dict[str, Any]:
    return effects_of([one for one in tried.applied if one.rule.id == rule_id])


def _plain(effects: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in effects.items()}


def _finding(rule: Rule, example: RuleTest, en: str, zh: str) -> Finding:
    name = f"{rule.id}: {example.name}"
    return Finding("example_failed", True, (rule.id,), "", f"{name}: {en}", f"{name}：{zh}")
