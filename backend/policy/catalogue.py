"""The policy that ships: categories, grades, rules, numbers and words, read from ``defaults/`` once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from backend.policy.categories import SERVICES, Category, CategoryReader, Goal, Route, category_rule
from backend.policy.files import (
    DEFAULTS,
    Entry,
    PolicyInvalid,
    Words,
    default_file,
    read_defaults,
    words_at,
    words_of,
)
from backend.policy.rulefile import rule_from, rules_from_yaml
from backend.policy.rules import Layer, Lock, Rule, Setting, Tighter

CLOCKS = ("acknowledge", "contact", "action", "update", "resolve")
SAFETY_GRADES = frozenset({"G1", "G2", "G3"})


@dataclass(frozen=True, slots=True)
class Grade:
    """One grade of taxonomy.md section 8."""

    code: str
    label: Words
    meaning: Words
    service_hours_only: bool


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of the ladder, counted from 1."""

    number: int
    key: str
    label: Words


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that ships with the product, ready for use."""

    categories: Mapping[str, Category]
    uncategorised: Mapping[str, Category]
    grades: Mapping[str, Grade]
    rungs: tuple[Rung, ...]
    routes: Mapping[str, Route]
    services: Mapping[str, Words]
    words: Mapping[str, Words]
    results: Mapping[str, Words]
    numbers: Mapping[str, Mapping[str, Any]]
    product: Layer


@lru_cache(maxsize=1)
def default_catalogue() -> Catalogue:
    """The policy that ships with Linli. Raises PolicyInvalid naming file, rule and field of a mistake."""
    routes = _routes()
    advice = words_at(_section("categories.yaml", "default_advice"))
    goals, sets = _goals()
    reader = CategoryReader(routes, goals, sets, advice)
    categories = {code: reader.read(entry) for code, entry in read_defaults("categories.yaml", "categories").items()}
    bare = {kind: reader.read_bare(entry) for kind, entry in read_defaults("categories.yaml", "uncategorised").items()}
    _check_references(categories)
    rules = _default_rules()
    _check_r04(rules, categories)
    clocks = (*_grade_rules(), _service_hours())
    product = Layer(None, 0, "Linli", (*rules, *clocks, *map(category_rule, categories.values())), "product")
    return Catalogue(
        categories=MappingProxyType(categories),
        uncategorised=MappingProxyType(bare),
        grades=MappingProxyType(_grades()),
        rungs=_rungs(),
        routes=MappingProxyType(routes),
        services=_word_section("services"),
        words=_word_section("words"),
        results=_word_section("results"),
        numbers=emergency_numbers(),
        product=product,
    )


@lru_cache(maxsize=1)
def emergency_numbers() -> Mapping[str, Mapping[str, Any]]:
    """Emergency numbers by country (ISO 3166 code, or EU), then by service."""
    found = {}
    for country, entry in read_defaults("emergency_numbers.yaml").items():
        entry.only(*SERVICES, "text", "silent")
        for service in SERVICES:
            entry.text(service)
        found[country] = MappingProxyType(dict(entry.data))
    return MappingProxyType(found)


def _section(file: str, name: str) -> Entry:
    return read_defaults(file)[name]


def _word_section(name: str) -> Mapping[str, Words]:
    return MappingProxyType({key: words_at(entry) for key, entry in read_defaults("words.yaml", name).items()})


def _routes() -> dict[str, Route]:
    entries = read_defaults("words.yaml", "routes")
    return {code: Route(code, entry.whole("force"), words_at(entry)) for code, entry in entries.items()}


def _goals() -> tuple[dict[str, Goal], dict[str, tuple[Goal, ...]]]:
    entries = read_defaults("categories.yaml", "goals")
    goals = {key: Goal(key, entry.text("kind"), words_at(entry)) for key, entry in entries.items()}
    sets = _section("categories.yaml", "goal_sets")
    for name in sets.data:
        if unknown := set(sets.texts(name)) - goals.keys():
            raise sets.wrong(name, f"no such goal: {', '.join(sorted(unknown))}", "没有这样的目标")
    return goals, {name: tuple(goals[key] for key in sets.texts(name)) for name in sets.data}


def _grades() -> dict[str, Grade]:
    return {code: grade_from(entry) for code, entry in read_defaults("grades.yaml", "grades").items()}


def grade_from(entry: Entry) -> Grade:
    """One grade. Raises PolicyInvalid for one of G1 to G3 that does not run day and night."""
    by_hours = entry.flag("service_hours_only")
    if by_hours and entry.rule in SAFETY_GRADES:
        raise entry.wrong("service_hours_only", "G1 to G3 run day and night (INV-16)", "G1至G3须昼夜计时")
    return Grade(entry.rule, words_of(entry, "label"), words_of(entry, "meaning"), by_hours)


def _grade_rules() -> list[Rule]:
    """Each grade's clocks as settings such as ``G2.action_s`` and ``G2.action_s_CH``."""
    found = []
    for code, entry in read_defaults("grades.yaml", "grades").items():
        settings = [Setting("waiting_limit_s", entry.whole("waiting_limit_s"), Lock.FLOOR, Tighter.LOWER, "s")]
        for clock in CLOCKS:
            settings += _clock_settings(clock, entry.inside(clock))
        found.append(Rule(code, 1, Lock.DEFAULT, title=words_of(entry, "label"), settings=tuple(settings)))
    return found


def _clock_settings(clock: str, entry: Entry) -> list[Setting]:
    entry.only("s", "hard_s", "floor", "by_lead")
    lock = Lock.FLOOR if entry.flag("floor") else Lock.DEFAULT
    named = {f"{clock}_s": entry.seconds("s"), f"{clock}_hard_s": entry.seconds("hard_s")}
    named |= {f"{clock}_s_{lead}": entry.inside("by_lead").whole(lead) for lead in entry.inside("by_lead").data}
    return [Setting(name, s, lock, Tighter.LOWER, "s") for name, s in named.items() if s is not None]


def _service_hours() -> Rule:
    """When services work, as settings ``SERVICE.days``, ``SERVICE.start`` and ``SERVICE.end`` of every place."""
    return rule_from(Entry("grades.yaml", "SERVICE", default_file("grades.yaml")["service_hours"]))


def _ladder() -> list[Entry]:
    return list(Entry("grades.yaml", "ladder", default_file("grades.yaml")).each("ladder"))


def _rungs() -> tuple[Rung, ...]:
    return tuple(Rung(number, item.text("rung"), words_of(item, "label")) for number, item in enumerate(_ladder(), 1))


def _with_rungs(r03: Rule) -> Rule:
    """R03 with its rungs: multiples of the acknowledge clock, seconds for G1. Each may only be sooner."""
    rungs = []
    for number, item in enumerate(_ladder(), 1):
        label = words_of(item, "label")
        multiple = item.data.get("multiplier")
        if not isinstance(multiple, int | float):
            raise item.wrong("multiplier", "must be a number", "须为数字")
        rungs.append(Setting(f"rung_{number}", float(multiple), Lock.FLOOR, Tighter.LOWER, "clocks", label))
        rungs.append(Setting(f"rung_{number}_g1_s", item.whole("g1_s"), Lock.FLOOR, Tighter.LOWER, "s", label))
    return replace(r03, settings=(*r03.settings, *rungs))


def _default_rules() -> tuple[Rule, ...]:
    found: dict[str, Rule] = {}
    for path in sorted((DEFAULTS / "rules").glob("*.yaml")):
        for rule in rules_from_yaml(f"rules/{path.name}", path.read_text(encoding="utf-8")):
            if rule.id in found:
                raise PolicyInvalid(f"rules/{path.name}", rule.id, "", "is there twice", "重复出现")
            found[rule.id] = _with_rungs(rule) if rule.id == "R03" else rule
    return tuple(found[code] for code in sorted(found))


def _check_references(categories: Mapping[str, Category]) -> None:
    for category in categories.values():
        for change in category.changes:
            if change.becomes and change.becomes not in categories:
                text = f"{change.becomes} is no category"
                raise PolicyInvalid("categories.yaml", category.code, "up_if", text, "没有该类别")


def _check_r04(rules: tuple[Rule, ...], categories: Mapping[str, Category]) -> None:
    """R04's list and the categories' own flags say the same, so that no category is automatic by accident."""
    listed = next(set(rule.categories) for rule in rules if rule.id == "R04")
    flagged = {code for code, category in categories.items() if category.auto_route_allowed}
    if listed != flagged:
        text = f"differs from auto_route_allowed: {', '.join(sorted(listed ^ flagged))}"
        raise PolicyInvalid("rules", "R04", "categories", text, "与 auto_route_allowed 不一致")
