"""(b) Evaluating 200 rules for one report: the product's and, to make up the number, a city's own."""

from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from backend.policy.catalogue import default_catalogue
from backend.policy.decide import EVENT, decide
from backend.policy.engine import try_rules
from backend.policy.expression import activation, evaluate
from backend.policy.facts import Facts, variables
from backend.policy.rulefile import layer_from
from backend.policy.ruleset import Plan, RuleSet, compile_ruleset
from tests.bench.figures import Figure, at_most, middle, spread

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RULES = 200
GOAL_MS = 0.5
CONDITIONS = (
    'category == "CN01" && hour_local >= {n} && weekday_local < 6',
    "people_count > {n} || photo_count > {n}",
    '(density == "rural" || repeat_30d > {n}) && !anonymous',
    'has_danger && voice in ["self", "witness"] && people_count >= {n}',
    'has_text && language == "zh" && reports_24h_same_source > {n}',
)
FACTS = Facts(kind="concern", category="CN01", flags=frozenset({"fall_or_hit"}), hour_local=14, people_count=3)


def ruleset(own: int) -> RuleSet:
    """The product's rules and ``own`` of a city, each with a condition of its own that every report is tried on."""
    because = {"en": "it is so", "zh": "如此"}
    bodies: dict[str, dict[str, Any]] = {
        f"bench-{n}": {
            "when": CONDITIONS[n % len(CONDITIONS)].format(n=n), "because": because, "then": {"needs": ["reason"]},
        }
        for n in range(own)
    }  # fmt: skip
    return compile_ruleset(default_catalogue(), [layer_from("Bench City", bodies, area_id=1, depth=1)], country="CN")


def run(*, rounds: int = 7, times: int = 300) -> list[Figure]:
    """Measure. The yardstick is the language library alone: the same conditions, one activation, no trace."""
    rules = ruleset(RULES - len(_plan(ruleset(0)).rules))
    category, plan = rules.category_of(FACTS.category, FACTS.kind), _plan(rules)
    clauses = [one.expression for planned in plan.rules for one in planned.ready.clauses if one.expression]
    every = variables(FACTS, kind=category.kind, category=category.code, risk_class=category.risk_class)
    values = {name: every[name] for name in plan.names}

    def alone() -> None:
        given = activation(values)
        for one in clauses:
            evaluate(one, given)

    tried: list[float] = []
    bare: list[float] = []
    decided: list[float] = []
    for _ in range(rounds):
        tried.append(_mean_ms(lambda: try_rules(rules, EVENT, FACTS, category), times))
        bare.append(_mean_ms(alone, times))
        decided.append(_mean_ms(lambda: _decide_anew(rules), times))
    name = f"{len(plan.rules)} rules evaluated"
    return [
        at_most(
            name,
            middle(tried),
            "ms",
            GOAL_MS,
            yardstick=middle(bare),
            note=f"the language library alone; {spread(tried)}",
        ),
        at_most("the whole decision by them", middle(decided), "ms", note=spread(decided)),
    ]


def _plan(rules: RuleSet) -> Plan:
    """The rules that are tried for the report."""
    category = rules.category_of(FACTS.category, FACTS.kind)
    return rules.plan(EVENT, category, category.kind)


def _decide_anew(rules: RuleSet) -> None:
    rules.decided.clear()  # the same facts are decided once
    decide(FACTS, rules, NOW)


def _mean_ms(act: Callable[[], object], times: int) -> float:
    began = perf_counter()
    for _ in range(times):
        act()
    return (perf_counter() - began) / times * 1000
