"""Rules that lead to nobody at some hour (C07): which hours a rule counts on somebody, and whether a rota holds them.

Pure: a layer and the turns of a route's desks in, findings out.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from backend.organisations.hours import DAY_AND_NIGHT, ServiceHours
from backend.policy.catalogue import Catalogue
from backend.policy.clocks import service_hours_in
from backend.policy.expression import ExpressionRefused, compile_expression
from backend.policy.layers import Effective, Finding, effective_values
from backend.policy.rules import Clause, Layer, Rule, specificity_of
from backend.policy.ruleset import fill
from backend.policy.worlds import try_conditions

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
# Neighbours and the two sides of an offer have no rota; police are asked by a person, who sees whether they answer.
WITHOUT_ROTA = frozenset({"V", "SELF", "P", "DESK"})
EVERY_HOUR = frozenset(range(24))
WORLDS_MOST = 256


@dataclass(frozen=True, slots=True)
class Need:
    """A clause that leads to ``route``, the local hours at which it may hold, and by which hours its clocks count."""

    rule: Rule
    clause: Clause
    route: str
    categories: tuple[str, ...]
    hours: frozenset[int]
    service: ServiceHours


@dataclass(frozen=True, slots=True)
class Rota:
    """Who answers for a route: whether any body has the mandate, whether a desk always answers, and the turns."""

    has_body: bool
    is_always: bool
    turns: tuple[tuple[datetime, datetime], ...]


def needs_of(layer: Layer, above: Sequence[Layer], book: Catalogue) -> Iterator[Need]:
    """What the rules of a layer count on. Clauses that cannot be read are left to ``lint``."""
    values = effective_values((*above, layer))
    service = service_hours_in(values)
    for rule in layer.in_force(None):
        covered = _covered(rule, book)
        for clause in rule.clauses:
            route = clause.then.get("lead")
            if "ReportReceived" not in rule.driven_by or not isinstance(route, str) or route in WITHOUT_ROTA:
                continue
            hours = _hours(rule, clause, values, covered)
            is_urgent = any(_may_be_urgent(code, clause, values, book) for code in covered)
            yield Need(rule, clause, route, covered, hours, DAY_AND_NIGHT if is_urgent else service)


def _covered(rule: Rule, book: Catalogue) -> tuple[str, ...]:
    every = book.categories.items()
    return tuple(code for code, one in every if specificity_of(rule.categories, code, one.kind, one.parent) is not None)


def _hours(rule: Rule, clause: Clause, values: Mapping[str, Effective], categories: Sequence[str]) -> frozenset[int]:
    try:
        condition = compile_expression(fill(clause.when, rule.id, values))
        if "hour_local" not in condition.names:
            return EVERY_HOUR
        each = {hour: compile_expression(f"({condition.source}) && hour_local == {hour}") for hour in EVERY_HOUR}
    except (ExpressionRefused, KeyError):
        return frozenset()
    return frozenset(hour for hour, one in each.items() if not try_conditions([one], categories, most=WORLDS_MOST).never(0))  # fmt: skip


def _may_be_urgent(code: str, clause: Clause, values: Mapping[str, Effective], book: Catalogue) -> bool:
    """Whether what the clause leads may be of G1 to G3, whose clocks never stop (INV-16)."""
    held = values.get(f"{code}.grade")
    grade = f"G{held.value}" if held else book.categories[code].grade
    return grade <= "G3" or bool({"grade_at_least", "grade_up"} & clause.then.keys())


def check_needs(
    needs: Iterable[Need], rota_of: Callable[[Need], Rota], layer: Layer, book: Catalogue, *, zone: str, now: datetime
) -> list[Finding]:
    """A finding for each need that no rota holds; hours without anybody keep the layer from being taken."""
    found = []
    for need in needs:
        rota = rota_of(need)
        if rota.is_always:
            continue
        if not rota.has_body or not rota.turns:
            found.append(_unknown(need, rota, layer, book))
        elif hours := empty_hours(need, rota, zone=zone, now=now):
            found.append(_empty(need, hours, layer, book))
    return found


def empty_hours(need: Need, rota: Rota, *, zone: str, now: datetime) -> tuple[int, ...]:
    """The local hours at which nobody is on duty on some day that is planned: a day from now at least, a week at most."""
    end = min(now + WEEK, max(now + DAY, *(until for _, until in rota.turns)))
    place, empty = ZoneInfo(zone), set()
    at = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + HOUR
    service = need.service.at(zone)
    while at < end:
        local = at.astimezone(place)
        counts = local.hour in need.hours and service.between(at, at + HOUR) > timedelta()
        if counts and not any(start <= at < until for start, until in rota.turns):
            empty.add(local.hour)
        at += HOUR
    return tuple(sorted(empty))


def say_hours(hours: Sequence[int]) -> str:
    """Hours as people read them: 22, 23, 0, 1 as ``22:00-02:00``; ``hours`` are in order."""
    if len(hours) == len(EVERY_HOUR):
        return "00:00-24:00"
    held = set(hours)
    starts = [hour for hour in hours if (hour - 1) % 24 not in held]
    parts = []
    for start in starts:
        length = 1
        while (start + length) % 24 in held:
            length += 1
        parts.append(f"{start:02}:00-{(start + length) % 24:02}:00")
    return ", ".join(parts)


def _empty(need: Need, hours: Sequence[int], layer: Layer, book: Catalogue) -> Finding:
    label, said = book.routes[need.route].label, say_hours(hours)
    en = f"{_name(need)}: leads to {label['en']}, where nobody is on duty at {said}"
    zh = f"{_name(need)}：交由{label['zh']}主责，但 {said} 无人值班"
    details = {"clause": need.clause.id, "route": need.route, "hours": list(hours)}
    return Finding("nobody_on_duty", True, (need.rule.id,), layer.name, en, zh, "R02", details)


def _unknown(need: Need, rota: Rota, layer: Layer, book: Catalogue) -> Finding:
    label = book.routes[need.route].label
    what = ("has no rota here, so whether somebody answers is not known", "在此没有排班，是否有人应答未知")
    if not rota.has_body:
        what = ("is nobody's task here, so reports go on down the chain", "在此无机构承担，报告将转到下一去向")
    en, zh = f"{_name(need)}: {label['en']} {what[0]}", f"{_name(need)}：{label['zh']}{what[1]}"
    details = {"clause": need.clause.id, "route": need.route}
    return Finding("no_rota" if rota.has_body else "nobody_leads", False, (need.rule.id,), layer.name, en, zh, "R02", details)  # fmt: skip


def _name(need: Need) -> str:
    return f"{need.rule.id}.{need.clause.id}"
