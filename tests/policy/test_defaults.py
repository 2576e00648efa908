"""The policy that ships: every rule explains itself in two languages and does what its own examples say."""

import pytest

from backend.policy.catalogue import grade_from
from backend.policy.effects import EFFECTS
from backend.policy.engine import try_rules
from backend.policy.examples import try_example
from backend.policy.facts import Facts, Moment
from backend.policy.files import Entry, PolicyInvalid
from backend.policy.lint import lint
from backend.policy.rules import Lock, Rule, RuleTest
from tests.policy.building import BOOK, TOWN

RULES = {rule.id: rule for rule in BOOK.product.rules if rule.id.startswith("R")}
EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.id} {example.name}") for rule in RULES.values() for example in rule.tests
]
# rules.md section 10: F floor, D default; R19 has both and is a floor whose self-matching is a default.
DEFAULTS = {"R13", "R14", "R15", "R20", "R23"}


def test_there_are_twenty_eight_rules_and_thirty_nine_categories() -> None:
    assert sorted(RULES) == [f"R{number:02}" for number in range(1, 29)]
    assert len(BOOK.categories) == 39


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_a_rule_does_what_its_example_says(rule: Rule, example: RuleTest) -> None:
    outcome = try_example(TOWN, rule.id, example)
    assert outcome.found == outcome.expected


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_is_explained_in_both_languages_and_names_what_drives_it(rule: Rule) -> None:
    for words in (rule.title, rule.explanation, *(clause.because for clause in rule.clauses)):
        assert words["en"].strip()
        assert any("一" <= sign <= "鿿" for sign in words["zh"])
    assert rule.driven_by
    assert rule.room


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_has_the_lock_of_the_rule_book(rule: Rule) -> None:
    assert rule.lock is (Lock.DEFAULT if rule.id in DEFAULTS else Lock.FLOOR)
    assert bool(rule.basis) == (rule.lock is Lock.FLOOR)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_clause_of_a_rule_holds_in_one_of_its_examples_and_fails_in_another(rule: Rule) -> None:
    held: dict[str, set[bool]] = {clause.id: set() for clause in rule.clauses}
    for example in rule.tests:
        given = dict(example.facts)
        known = BOOK.categories.get(str(given.get("category", "")))
        given.setdefault("kind", known.kind if known else "concern")
        facts = Facts.from_dict(given)
        category = TOWN.category_of(facts.category, facts.kind)
        tried = try_rules(TOWN, example.event, facts, category, Moment(**example.moment))
        applied = {one.clause.id for one in tried.applied if one.rule.id == rule.id}
        for clause_id, answers in held.items():
            answers.add(clause_id in applied)
    always = {clause.id for clause in rule.clauses if clause.when == "true"}
    assert {clause_id for clause_id, answers in held.items() if True not in answers} == set()
    assert {clause_id for clause_id, answers in held.items() if False not in answers} <= always


def test_the_rules_that_ship_have_no_findings() -> None:
    assert lint([BOOK.product]) == []


def test_every_setting_of_a_rule_has_a_label_and_a_direction() -> None:
    for rule in RULES.values():
        for setting in rule.settings:
            assert setting.label["en"], f"{rule.id}.{setting.name}"
            assert setting.label["zh"], f"{rule.id}.{setting.name}"
            assert setting.tighter is not None, f"{rule.id}.{setting.name}"


def test_only_r06_names_letters_and_only_r04_lets_a_rule_triage() -> None:
    owners = {"police_letters": "R06", "auto_triage": "R04", "police_standby": "R07"}
    for name, owner in owners.items():
        assert EFFECTS[name].owner == owner
        users = {rule.id for rule in RULES.values() for clause in rule.clauses if name in clause.then}
        assert users == {owner}


@pytest.mark.parametrize("country", BOOK.numbers)
def test_every_country_has_a_number_for_every_service(country: str) -> None:
    assert all(BOOK.numbers[country][service] for service in BOOK.services)


@pytest.mark.parametrize(
    ("country", "numbers"),
    [
        ("CN", {"police": "110", "fire": "119", "ambulance": "120"}),
        ("TW", {"police": "110", "fire": "119", "ambulance": "119"}),
        ("US", {"emergency": "911", "self_harm": "988"}),
        ("GB", {"emergency": "999"}),
        ("EU", {"emergency": "112"}),
    ],
)
def test_the_emergency_numbers_are_those_of_the_country(country: str, numbers: dict[str, str]) -> None:
    assert {service: BOOK.numbers[country][service] for service in numbers} == numbers


def test_planned_grades_alone_count_service_hours() -> None:
    assert {code for code, grade in BOOK.grades.items() if grade.service_hours_only} == {"G4", "G5"}


@pytest.mark.parametrize(("grade", "allowed"), [("G1", False), ("G2", False), ("G3", False), ("G4", True)])
def test_no_file_makes_a_safety_clock_pause(grade: str, allowed: bool) -> None:
    words = {"en": "so", "zh": "如此"}
    entry = Entry("grades.yaml", grade, {"label": words, "meaning": words, "service_hours_only": True})
    if allowed:
        assert grade_from(entry).service_hours_only
    else:
        with pytest.raises(PolicyInvalid, match="INV-16"):
            grade_from(entry)


def test_sensitive_categories_say_nothing_in_notifications() -> None:
    private = {code for code, category in BOOK.categories.items() if category.private}
    assert private >= {"DS04", "DS05", "DS06", "DS10", "DS11", "CN13", "CN14"}


def test_no_category_about_a_person_appears_on_a_hotspot_map() -> None:
    shown = {code for code, category in BOOK.categories.items() if category.may_appear_on_hotspot_map}
    assert not shown & {"CN05", "CN06", "CN07", "CN11", "CN12", "CN13", "CN14", "CN15"}
    assert all(code.startswith("CN") for code in shown)
