"""The decision about a report: category, grade, route, clocks and all that follows, with its trace.

Pure: facts, a rule set and ``now`` in, a frozen decision out. A rule that fails is loud: the report goes to
the desk and the others are still tried (style.md 11).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time
from typing import Any

from backend.policy.case import Case
from backend.policy.categories import Category, Change
from backend.policy.clocks import clocks_of, hard_limits_of, quiet_hours_in, rungs_of, target_of, terms_of
from backend.policy.decision import Decision, Emergency, Police, QuietHours, Volunteers
from backend.policy.effects import combine, winner
from backend.policy.engine import Evaluation, try_rules
from backend.policy.facts import Facts
from backend.policy.routing import POLICE, Choice, choose
from backend.policy.ruleset import APPLIED, RuleSet, Step

EVENT = "ReportReceived"
# Facts are codes: where many report one thing they are the same, and so is what follows from them at a place.
DECIDED_MOST = 200
# Values whose local changes a reader of any decision wants to see: waves, quiet and service hours, the ladder.
_ALWAYS_SHOWN = frozenset({"R03", "R14", "R15", "SERVICE"})


def decide(facts: Facts, ruleset: RuleSet, now: datetime) -> Decision:
    """Decide about one report under the policy of its place.

    Args:
        now: aware time of the decision, stored with it.

    Never raises for what a reporter can send: an unknown category is sorted by a person, a failing rule is
    listed in ``failures`` and asks for the desk.
    """
    former = ruleset.decided.get(facts)
    if former is None:
        if len(ruleset.decided) >= DECIDED_MOST:
            ruleset.decided.clear()
        former = ruleset.decided[facts] = _decide(facts, ruleset, now)
    return replace(former, decided_at=now)


def _decide(facts: Facts, ruleset: RuleSet, now: datetime) -> Decision:
    category, changes, steps = _sorted(facts, ruleset)
    tried = try_rules(ruleset, EVENT, facts, category)
    said = combine(tried.applied)
    grade, source = _grade(facts, category, changes, ruleset, tried=tried, said=said)
    case = Case(facts, ruleset, category, changes, tried, said, grade, source)
    return _assemble(case, choose(case), steps, now)


def _assemble(case: Case, choice: Choice, steps: tuple[Step, ...], now: datetime) -> Decision:
    said, category, grade, ruleset = case.said, case.category, case.grade, case.ruleset
    divert = bool(category.divert or said.get("divert") or case.first("divert") or grade == "G1")
    refusal = _competing(case, "refusal")
    terms = terms_of(ruleset, grade)
    clocks = clocks_of(ruleset, category, case.changes, grade, choice.lead, is_offer=case.is_offer)
    return Decision(
        facts=case.facts,
        decided_at=now,
        rules_version=ruleset.version,
        category=category.code,
        reported_category=case.facts.category,
        grade=grade,
        grade_source=case.grade_source,
        auto_triage=_is_automatic(case, refusal),
        divert=divert,
        emergency=_emergency(case) if divert or category.kind == "distress" else None,
        safe_mode=bool(said.get("safe_mode")),
        private=bool(said.get("private")) or case.flag("private", category.private),
        duty=bool(said.get("duty")) or category.duty,
        stay_in_contact=bool(said.get("stay_in_contact")),
        compartment=category.compartment,
        lead=choice.lead,
        parallel=choice.parallel,
        fallback=choice.fallback,
        owner=_competing(case, "owner"),
        police=Police(case.letters, _police_role(case, choice)),
        clocks=clocks,
        hard_limits=hard_limits_of(ruleset, grade),
        attend_within_s=target_of(ruleset, category, case.changes, "action_s") if grade == "G1" else None,
        attend_external=category.attend_external,
        terms=terms,
        ladder=rungs_of(terms.ladder, ruleset.catalogue.rungs, grade, clocks["acknowledge"]),
        goals=category.goals,
        volunteers=_volunteers(case, choice),
        quiet_hours=_quiet_hours(ruleset, case.facts.hour_local),
        **{name: case.listed(name) for name in ("offers", "reviews")},
        **{name: said.get(name, ()) for name in ("needs", "forbids", "notices", "close_needs")},
        refusal=refusal,
        human_review="rights_desk" if refusal else "duty_desk",
        trace=(*steps, *choice.trace, *_local_steps(ruleset, category, grade)),
        failures=case.tried.failures,
    )


def _sorted(facts: Facts, ruleset: RuleSet) -> tuple[Category, tuple[Change, ...], tuple[Step, ...]]:
    """The category a report is handled as, the changes its markers bring about, and the steps to it."""
    category = ruleset.category_of(facts.category, facts.kind)
    steps = [_default_step(category, ruleset)]
    if facts.kind == "aid_offer":
        return category, (), tuple(steps)
    markers = facts.flags | {"danger_now"} if facts.danger_now else facts.flags
    passed: list[Change] = []
    while onward := next((one for one in category.changes if one.becomes and one.is_met(markers)), None):
        passed.append(onward)
        steps.append(_change_step(category, onward, f"handled as {onward.becomes}", f"按 {onward.becomes} 处理"))
        category = ruleset.categories[onward.becomes]
    met = [one for one in category.changes if one.is_met(markers)]
    steps += [_change_step(category, one, one.grade or "noted", one.grade or "已记录") for one in met]
    return category, (*met, *passed), tuple(steps)


def _default_step(category: Category, ruleset: RuleSet) -> Step:
    lead = ruleset.catalogue.routes[category.lead].label
    why = {
        "en": f"{category.label['en']}: {category.grade} unless something raises it; {lead['en']} leads",
        "zh": f"{category.label['zh']}：默认 {category.grade}，由{lead['zh']}主责",
    }
    lock = "floor" if category.grade_floor else "default"
    return Step(category.code or category.kind, "default", 1, "Linli", lock, APPLIED, why)


def _change_step(category: Category, change: Change, en: str, zh: str) -> Step:
    why = {
        "en": f"{category.label['en']}: {en} because {change.because['en']}",
        "zh": f"{category.label['zh']}：{zh}，因为{change.because['zh']}",
    }
    return Step(category.code, "up_if", 1, "Linli", "default", APPLIED, why)


def _grade(
    facts: Facts,
    category: Category,
    changes: tuple[Change, ...],
    ruleset: RuleSet,
    *,
    tried: Evaluation,
    said: Mapping[str, Any],
) -> tuple[str, str]:
    """The most urgent grade that anything asks for, and what asked for it.

    Vulnerability counts from the category's own grade and is not added to a named one (R12): alone, over 75
    and not seen for three days is G2 (scenarios.md A1).
    """
    if facts.kind == "aid_offer":
        return "G5", "offer"
    held = ruleset.whole(f"{category.code}.grade")
    default = f"G{held}" if held else category.grade
    asked = [(default, "category"), *((one.grade, "up_if") for one in changes if one.grade)]
    for one in tried.applied:
        if "grade_at_least" in one.then:
            asked.append((one.then["grade_at_least"], one.rule.id))
        if "grade_up" in one.then:
            asked.append((f"G{max(1, int(default[1]) - said['grade_up'])}", one.rule.id))
    if facts.suggested_grade:
        asked.append((facts.suggested_grade, "suggested"))
    return min(asked, key=lambda one: one[0])


def _competing(case: Case, effect: str) -> str:
    won = winner(case.tried.applied, effect, {})
    return str(won.then[effect]) if won else ""


def _is_automatic(case: Case, refusal: str) -> bool:
    """Whether rules may triage alone: R04 says so, nothing asks for a person, and no rule failed."""
    asks_person = case.said.get("desk") or case.tried.failures or refusal
    allowed = case.flag("auto_route", case.category.auto_route_allowed)
    return bool(allowed and case.said.get("auto_triage") and not asks_person)


def _police_role(case: Case, choice: Choice) -> str:
    if not case.letters:
        return ""
    if choice.lead == POLICE:
        return "lead"
    return "standby" if case.said.get("police_standby") else "parallel"


def _emergency(case: Case) -> Emergency:
    numbers, category = case.ruleset.numbers, case.category
    services = dict.fromkeys((category.service, *category.helplines, *case.said.get("helplines", ())))
    return Emergency(
        number=numbers[category.service],
        service=category.service,
        numbers=tuple((service, numbers[service]) for service in services),
        text=numbers.get("text"),
        silent=numbers.get("silent"),
        advice=category.advice,
    )


def _volunteers(case: Case, choice: Choice) -> Volunteers:
    value: Any = case.ruleset.value
    urgent = case.grade in {"G1", "G2"}
    return Volunteers(
        allowed=choice.volunteers,
        wave_sizes=value("R15.wave_sizes"),
        radius_m=value(f"R15.radius_{case.facts.density}_m"),
        waits_s=value("R15.wait_urgent_s" if urgent else "R15.wait_other_s"),
        cap_incident=value("R15.cap_incident"),
        cap_day=value("R15.cap_day"),
        cap_week=value("R15.cap_week"),
        night_opt_in=value("R14.opt_in"),
        team=case.said.get("team", 1),
    )


def _quiet_hours(ruleset: RuleSet, hour: int) -> QuietHours:
    hours = ruleset.once(("quiet hours",), lambda: quiet_hours_in(ruleset.values))
    opt_in = bool(ruleset.value("R14.opt_in"))
    return QuietHours(hours.start.hour, hours.end.hour, opt_in, hours.covers(time(hour)))


def _local_steps(ruleset: RuleSet, category: Category, grade: str) -> list[Step]:
    def made() -> list[Step]:
        shown = {grade, category.code, *_ALWAYS_SHOWN}
        return [step for name, step in ruleset.local_steps.items() if name.partition(".")[0] in shown]

    return ruleset.once(("local steps", grade, category.code), made)
