"""Who leads, who helps and who is tried next: the route of a decision, which never widens force (C12, INV-4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.policy.categories import Category, Change
from backend.policy.effects import Applied, winner
from backend.policy.engine import Evaluation, outweighed
from backend.policy.facts import Facts
from backend.policy.ruleset import APPLIED, RuleSet, Step

POLICE, DESK = "P", "DESK"
VOLUNTEER_ROUTES = frozenset({"V", "SELF"})


@dataclass(frozen=True, slots=True)
class Choice:
    """The route: lead, helpers beside it, whom to try next, and the trace with what was outweighed."""

    lead: str
    parallel: tuple[str, ...]
    fallback: tuple[str, ...]
    letters: tuple[str, ...]
    volunteers: bool
    trace: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class _Lead:
    route: str
    steps: Mapping[tuple[str, str], tuple[str, str]]
    extra: tuple[Step, ...]


def choose(
    facts: Facts,
    category: Category,
    changes: Sequence[Change],
    ruleset: RuleSet,
    tried: Evaluation,
    said: Mapping[str, Any],
    grade: str,
) -> Choice:
    """Choose the route. Police lead only where a letter of R06 is in sight, and a named person still decides."""
    letters = tuple(sorted(said.get("police_letters", ())))
    volunteers = _may_ask_volunteers(facts, category, ruleset, said)
    avoid = frozenset(said.get("avoid", ())) | (frozenset() if volunteers else VOLUNTEER_ROUTES)
    chain = _chain(category, changes, tried)
    lead = _lead(_base_lead(facts, category, changes), chain, tried, avoid, letters, ruleset, grade)
    return Choice(
        lead=lead.route,
        parallel=_parallel(facts, category, changes, said, avoid, lead.route),
        fallback=tuple(route for route in chain if route not in avoid and route not in {lead.route, POLICE}),
        letters=letters,
        volunteers=volunteers,
        trace=(*_with_reasons(tried.trace, lead.steps), *lead.extra),
    )


def _may_ask_volunteers(facts: Facts, category: Category, ruleset: RuleSet, said: Mapping[str, Any]) -> bool:
    allowed = ruleset.flag(category, "volunteers", category.volunteers_allowed)
    return allowed and bool(said.get("volunteers", True)) and facts.kind != "aid_offer"


def _base_lead(facts: Facts, category: Category, changes: Sequence[Change]) -> str:
    """The taxonomy's lead. An offer goes to the coordinator where a request would go to neighbours."""
    if facts.kind == "aid_offer" and category.lead == "V":
        return "NC"
    return next((change.lead for change in changes if change.lead), category.lead)


def _chain(category: Category, changes: Sequence[Change], tried: Evaluation) -> tuple[str, ...]:
    if won := winner(tried.applied, "fallback", {}):
        return tuple(won.then["fallback"])
    return next((change.fallback for change in changes if change.fallback), category.fallback)


def _lead(
    base: str,
    chain: Sequence[str],
    tried: Evaluation,
    avoid: frozenset[str],
    letters: tuple[str, ...],
    ruleset: RuleSet,
    grade: str,
) -> _Lead:
    """The lead that stands, and for every rule whose lead does not stand the reason."""
    reasons: dict[tuple[str, str], tuple[str, str]] = {}
    standing = []
    for one in tried.applied:
        if "lead" not in one.then:
            continue
        if reason := _ruled_out(one.then["lead"], avoid, letters):
            reasons[one.rule.id, one.clause.id] = reason
        else:
            standing.append(one)
    won = winner(standing, "lead", _protective(ruleset, grade))
    for one in standing:
        if won and one.then["lead"] != won.then["lead"]:
            reasons[one.rule.id, one.clause.id] = _gives_way(won, ruleset)
    route = won.then["lead"] if won else base
    if won or not (reason := _ruled_out(route, avoid, letters)):
        return _Lead(route, reasons, ())
    instead = next((other for other in chain if not _ruled_out(other, avoid, letters)), DESK)
    return _Lead(instead, reasons, (_instead_step(base, instead, reason, ruleset),))


def _ruled_out(route: str, avoid: frozenset[str], letters: tuple[str, ...]) -> tuple[str, str] | None:
    if route == POLICE and not letters:
        return "R06 names no letter for police", "R06 没有任何派警情形"
    if route in VOLUNTEER_ROUTES and route in avoid:
        return "this is not for volunteers (R16)", "此事不交给志愿者（R16）"
    if route in avoid:
        return "another rule rules this route out", "另一规则排除了该去向"
    return None


def _gives_way(won: Applied, ruleset: RuleSet) -> tuple[str, str]:
    label = ruleset.catalogue.routes[won.then["lead"]].label
    where = f"{won.rule.id}, {won.layer.name}"
    return f"{label['en']} leads ({where} comes first)", f"由{label['zh']}主责（{where} 优先）"


def _instead_step(base: str, instead: str, reason: tuple[str, str], ruleset: RuleSet) -> Step:
    routes = ruleset.catalogue.routes
    before, after = routes[base].label, routes[instead].label
    why = {
        "en": f"{after['en']} leads instead of {before['en']}: {reason[0]}",
        "zh": f"由{after['zh']}代替{before['zh']}主责：{reason[1]}",
    }
    return Step("R06" if base == POLICE else "R16", "lead", 1, "Linli", "floor", APPLIED, why)


def _protective(ruleset: RuleSet, grade: str) -> dict[str, tuple[int, int]]:
    """For a tie: the route with the faster help, then with less force (rules.md section 10)."""
    general = ruleset.whole(f"{grade}.action_s") or 0
    return {
        code: (ruleset.whole(f"{grade}.action_s_{code}") or general, route.force)
        for code, route in ruleset.catalogue.routes.items()
    }


def _parallel(
    facts: Facts,
    category: Category,
    changes: Sequence[Change],
    said: Mapping[str, Any],
    avoid: frozenset[str],
    lead: str,
) -> tuple[str, ...]:
    found = [one.route for one in category.parallel if not one.only_if or one.only_if & facts.flags]
    for change in changes:
        found += change.parallel
    found += said.get("parallel", ())
    return tuple(
        dict.fromkeys(route for route in found if route not in avoid and route not in {lead, POLICE})
    )


def _with_reasons(trace: Sequence[Step], reasons: Mapping[tuple[str, str], tuple[str, str]]) -> list[Step]:
    if not reasons:
        return list(trace)
    return [
        outweighed(step, *reason) if (reason := reasons.get((step.rule, step.clause))) else step
        for step in trace
    ]
