"""Who leads, who helps, who is tried next: a route that never widens force (C12, INV-4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.policy.case import Case
from backend.policy.effects import Applied, winner
from backend.policy.engine import outweighed
from backend.policy.ruleset import APPLIED, RuleSet, Step

POLICE, DESK = "P", "DESK"
VOLUNTEER_ROUTES = frozenset({"V", "SELF"})


@dataclass(frozen=True, slots=True)
class Choice:
    """The route: lead, helpers beside it, whom to try next, and the trace with what was outweighed."""

    lead: str
    parallel: tuple[str, ...]
    fallback: tuple[str, ...]
    volunteers: bool
    trace: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class _Lead:
    route: str
    reasons: Mapping[tuple[str, str], tuple[str, str]]
    extra: tuple[Step, ...]


def choose(case: Case) -> Choice:
    """Choose the route. Police lead only where a letter of R06 may hold; a named person still decides."""
    volunteers = _may_ask_volunteers(case)
    avoid = frozenset(case.said.get("avoid", ())) | (frozenset() if volunteers else VOLUNTEER_ROUTES)
    chain = _chain(case)
    lead = _lead(case, chain, avoid)
    return Choice(
        lead=lead.route,
        parallel=_parallel(case, avoid, lead.route),
        fallback=tuple(route for route in chain if route not in avoid and route not in {lead.route, POLICE}),
        volunteers=volunteers,
        trace=(*_with_reasons(case.tried.trace, lead.reasons), *lead.extra),
    )


def _may_ask_volunteers(case: Case) -> bool:
    allowed = case.flag("volunteers", case.category.volunteers_allowed)
    return allowed and bool(case.said.get("volunteers", True)) and not case.is_offer


def _base_lead(case: Case) -> str:
    """The taxonomy's lead. An offer goes to the coordinator where a request would go to neighbours."""
    if case.is_offer and case.category.lead == "V":
        return "NC"
    return case.first("lead") or case.category.lead


def _chain(case: Case) -> tuple[str, ...]:
    if won := winner(case.tried.applied, "fallback", {}):
        return tuple(won.then["fallback"])
    return case.first("fallback") or case.category.fallback


def _lead(case: Case, chain: Sequence[str], avoid: frozenset[str]) -> _Lead:
    """The lead that stands, and for every rule whose lead does not stand the reason."""
    reasons: dict[tuple[str, str], tuple[str, str]] = {}
    standing = []
    for one in case.tried.applied:
        if "lead" not in one.then:
            continue
        if reason := _ruled_out(one.then["lead"], avoid, case.letters):
            reasons[one.rule.id, one.clause.id] = reason
        else:
            standing.append(one)
    won = winner(standing, "lead", _protective(standing, case))
    if won is None:
        return _without_rule(case, chain, avoid, reasons)
    for one in standing:
        if one.then["lead"] != won.then["lead"]:
            reasons[one.rule.id, one.clause.id] = _gives_way(won, case.ruleset)
    return _Lead(won.then["lead"], reasons, ())


def _without_rule(
    case: Case,
    chain: Sequence[str],
    avoid: frozenset[str],
    reasons: Mapping[tuple[str, str], tuple[str, str]],
) -> _Lead:
    """The taxonomy's lead, or the next of the chain where that one is ruled out."""
    base = _base_lead(case)
    reason = _ruled_out(base, avoid, case.letters)
    if reason is None:
        return _Lead(base, reasons, ())
    instead = next((other for other in chain if not _ruled_out(other, avoid, case.letters)), DESK)
    return _Lead(instead, reasons, (_instead_step(base, instead, reason, case.ruleset),))


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


def _protective(standing: Sequence[Applied], case: Case) -> dict[str, tuple[int, int]]:
    """For a tie: the route with the faster help, then with less force (rules.md section 10)."""
    ruleset, grade = case.ruleset, case.grade
    general = ruleset.whole(f"{grade}.action_s") or 0
    return {
        route: (
            ruleset.whole(f"{grade}.action_s_{route}") or general,
            ruleset.catalogue.routes[route].force,
        )
        for route in {one.then["lead"] for one in standing}
    }


def _parallel(case: Case, avoid: frozenset[str], lead: str) -> tuple[str, ...]:
    helpers = case.category.parallel
    found = [one.route for one in helpers if not one.only_if or one.only_if & case.facts.flags]
    found += case.listed("parallel")
    return tuple(dict.fromkeys(route for route in found if route not in avoid and route not in {lead, POLICE}))


def _with_reasons(trace: Sequence[Step], reasons: Mapping[tuple[str, str], tuple[str, str]]) -> list[Step]:
    if not reasons:
        return list(trace)
    return [outweighed(step, *reason) if (reason := reasons.get((step.rule, step.clause))) else step for step in trace]
