"""Trying the rules of a place against facts: which clauses hold, and a trace of each rule that was tried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, NoReturn

from backend.policy.categories import Category
from backend.policy.effects import Applied, effects_of
from backend.policy.expression import Activation, ExpressionFailed, activation, evaluate
from backend.policy.facts import NO_MOMENT, Facts, Moment, variables
from backend.policy.ruleset import FAILED, OUTWEIGHED, Plan, Planned, ReadyClause, RuleSet, Step


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What trying the rules gave: the clauses that hold, the trace, and the rules that failed."""

    applied: tuple[Applied, ...]
    trace: tuple[Step, ...]
    failures: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """The rules' answer to an event other than a new report."""

    event: str
    effects: Mapping[str, Any]
    trace: tuple[Step, ...]
    failures: tuple[Step, ...]
    rules_version: str


def consult(ruleset: RuleSet, event: str, facts: Facts, moment: Moment = NO_MOMENT) -> Advice:
    """What the rules say when ``event`` happens, such as ``OfferProposed`` or ``RungFired``.

    A rule that fails asks for the desk and never stops the others.
    """
    category = ruleset.category_of(facts.category, facts.kind)
    tried = try_rules(ruleset, event, facts, category, moment)
    effects = effects_of(tried.applied)
    if tried.failures:
        effects["desk"] = True
    return Advice(event, MappingProxyType(effects), tried.trace, tried.failures, ruleset.version)


def try_rules(ruleset: RuleSet, event: str, facts: Facts, category: Category, moment: Moment = NO_MOMENT) -> Evaluation:
    """Try every rule that ``event`` drives for the category, in one activation."""
    # A request that became a distress is tried as one; an offer stays an offer.
    kind = facts.kind if facts.kind == "aid_offer" else category.kind
    plan = ruleset.plan(event, category, kind)
    values = _activation(plan, facts, category, kind, moment)
    applied: list[Applied] = []
    trace: list[Step] = []
    failures: list[Step] = []
    for planned in plan.rules:
        steps = _try(planned, values, applied, failures)
        trace += steps or (planned.ready.not_applied,)
    return Evaluation(tuple(applied), tuple(trace), tuple(failures))


def outweighed(step: Step, en: str, zh: str) -> Step:
    """A step whose clause holds but whose wish gives way, with the reason."""
    why = {"en": f"{step.why['en']}; but {en}", "zh": f"{step.why['zh']}；但{zh}"}
    return replace(step, result=OUTWEIGHED, why=why)


def _activation(plan: Plan, facts: Facts, category: Category, kind: str, moment: Moment) -> Activation:
    every = variables(facts, kind=kind, category=category.code, risk_class=category.risk_class, moment=moment)
    return activation({name: every[name] for name in plan.names})


def _try(planned: Planned, values: Activation, applied: list[Applied], failures: list[Step]) -> Sequence[Step]:
    steps: list[Step] = []
    for one, result in planned.clauses:
        try:
            # Hundreds of these are tried for a report: a call more for each would show (tests/bench/rules.py).
            if evaluate(one.expression or _broken(one), values):
                applied.append(result)
                steps.append(one.applied)
        except ExpressionFailed as error:
            steps.append(_failed(one, str(error)))
            failures.append(steps[-1])
    return steps


def _broken(one: ReadyClause) -> NoReturn:
    raise ExpressionFailed(one.broken)


def _failed(one: ReadyClause, said: str) -> Step:
    why = {
        "en": f"the rule failed and a person decides: {said}",
        "zh": f"规则出错，由人员决定：{said}",
    }
    return replace(one.applied, result=FAILED, why=why)
