"""Rules that cannot stand are found before they are activated."""

from typing import Any

import pytest

from backend.policy.lint import lint
from tests.policy.building import BOOK, CITY, SO, TOWN_LEVEL, VILLAGE, layer, rule

DESK = {"desk": True}
WRONG = {"name": "x", "facts": {"category": "CN04"}, "expect": {}}
IMPOSSIBLE = {"name": "x", "facts": {"flags": ["wepon"]}, "expect": {}}


def asks(when: str, **more: Any) -> dict[str, Any]:
    """A rule that asks for the desk under a condition."""
    return rule(then=DESK, when=when, **more)


FINDINGS: list[tuple[str, dict[str, Any], str, bool]] = [
    ("a misspelt name", asks("wepon"), "condition", True),
    ("a value that is not there", asks("repeat_30d > $days"), "condition", True),
    ("a category that is not there", rule("NC", categories=["CN99"]), "unknown_category", True),
    ("a condition against itself", asks("weapon && !weapon"), "unreachable", False),
    ("an hour that does not exist", asks("hour_local > 23"), "unreachable", False),
    ("a category it never meets", asks('category == "DS03"', categories=["CN04"]), "unreachable", False),
    ("a group without its markers", asks("weapon && !has_danger"), "unreachable", False),
    ("police for nuisance", rule("P", categories=["CN04"]), "widens_force", True),
    ("police for everything", rule("P"), "widens_force", True),
    ("police after care", rule(then={"fallback": ["SW", "P"]}, categories=["DS06"]), "widens_force", True),
    ("police beside others", rule(then={"parallel": ["P"]}, categories=["CN06"]), "widens_force", True),
    ("a person by name", asks('"Zhao Wei" in area_level_names'), "names_a_person", True),
    ("a telephone number", asks('language == "13800138000"'), "names_a_person", True),
    ("who someone is", asks('reader == "foreign worker"'), "protected_trait", True),
    ("who someone is, in Chinese", asks('"外地人" in area_level_names'), "protected_trait", True),
    ("a lead by language", rule("DESK", when='language == "ug"'), "protected_trait", True),
    ("an example that fails", rule("NC", categories=["CN04"], tests=[WRONG]), "example_failed", True),
    ("an example that cannot be", rule("NC", tests=[IMPOSSIBLE]), "example_failed", True),
]


@pytest.mark.parametrize(("body", "kind", "blocking"), [row[1:] for row in FINDINGS], ids=[row[0] for row in FINDINGS])
def test_a_rule_that_cannot_stand_is_found(body: dict[str, Any], kind: str, blocking: bool) -> None:
    findings = lint([layer(TOWN_LEVEL, own_1=body)])
    assert (kind, blocking) in {(finding.kind, finding.blocking) for finding in findings}
    assert all(finding.en and finding.zh for finding in findings)


SOUND: list[tuple[str, dict[str, Any]]] = [
    ("a local lead", rule("NC", categories=["CN04"])),
    ("an interpreter by language", rule(then={"needs": ["plain_words"]}, when='language == "ug-Arab"')),
    ("a place by name", rule(then={"private": True}, when='"Liuyuan Town" in area_level_names')),
    ("a level", rule(then={"private": True}, when='"village" in area_level_names')),
    ("police where the taxonomy has them", rule("P", categories=["DS03"], when="weapon")),
    ("more care at night", rule(then={"team": 3}, when="hour_local >= 22", categories=["DS06"])),
]


@pytest.mark.parametrize("body", [row[1] for row in SOUND], ids=[row[0] for row in SOUND])
def test_a_sound_local_rule_has_no_blocking_finding(body: dict[str, Any]) -> None:
    assert [finding.en for finding in lint([layer(TOWN_LEVEL, own_1=body)]) if finding.blocking] == []


def test_a_town_that_contradicts_its_city_is_shown_the_pair_and_r06() -> None:
    """A7 step 3: city CN05 to the mediator, town draft CN05 always to police."""
    city = layer(CITY, city_1=rule("M", categories=["CN05"], lock="default"))
    town = layer(TOWN_LEVEL, town_1=rule("P", categories=["CN05"]))
    pairs = [finding for finding in lint([city, town]) if finding.kind == "contradiction"]
    pair = next(finding for finding in pairs if "city-1 (Baishi City)" in finding.rules)
    assert pair.blocking
    assert pair.rules == ("city-1 (Baishi City)", "town-1 (Liuyuan Town)")
    assert pair.because == "R06"
    assert "R06" in pair.en
    assert pair.as_dict()["details"] == {"categories": ["CN05"], "leads": ["M", "P"]}


def noise(lead: str, when: str = "true") -> dict[str, Any]:
    """A rule about noise."""
    return rule(lead, when=when, categories=["CN04"])


PAIRS: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("both always", noise("NC"), noise("SW"), True),
    ("the same condition", noise("NC", "weapon"), noise("SW", "weapon"), True),
    ("conditions that overlap", noise("NC", "hour_local > 5"), noise("SW", "hour_local < 9"), True),
    ("conditions that exclude", noise("NC", "hour_local > 9"), noise("SW", "hour_local < 9"), False),
    ("other categories", noise("NC"), rule("SW", categories=["CN06"]), False),
    ("one names the category, one all", noise("NC"), rule("SW", categories=["kind:concern"]), False),
    ("the same lead", noise("NC"), noise("NC"), False),
]


@pytest.mark.parametrize(("one", "other", "collides"), [row[1:] for row in PAIRS], ids=[row[0] for row in PAIRS])
def test_two_rules_of_one_layer_collide_when_precedence_cannot_settle_them(
    one: dict[str, Any], other: dict[str, Any], collides: bool
) -> None:
    town = layer(TOWN_LEVEL, own_1=one, own_2=other)
    assert any(finding.kind == "contradiction" for finding in lint([town])) is collides


def test_a_lead_against_a_floor_above_is_a_contradiction() -> None:
    findings = lint([layer(TOWN_LEVEL, own_1=rule("NC", categories=["DS06"]))])
    assert [(finding.kind, finding.because) for finding in findings] == [("contradiction", "R07")]


def test_a_rule_that_a_smaller_place_always_replaces_is_shadowed() -> None:
    city = layer(CITY, city_1=rule("NC", when="hour_local > 9", categories=["CN04"]))
    village = layer(VILLAGE, own_1=rule("M", when="hour_local > 3", categories=["CN04"]))
    shadowed = [finding for finding in lint([city, village]) if finding.kind == "shadowed"]
    assert [(finding.rules, finding.blocking) for finding in shadowed] == [(("city-1 (Baishi City)",), False)]


def test_a_loosened_floor_is_among_the_findings() -> None:
    findings = lint([layer(VILLAGE, R07={"values": {"team": 1}})])
    assert [finding.kind for finding in findings] == ["loosens_floor"]


def test_names_of_areas_may_be_told_to_the_check() -> None:
    town = layer(TOWN_LEVEL, own_1=rule(then={"desk": True}, when='"N3" in area_level_names'))
    assert [finding.kind for finding in lint([town])] == ["names_a_person"]
    assert lint([town], known_names=["N3"]) == []


def test_a_condition_too_wide_to_try_in_full_is_not_called_unreachable() -> None:
    wide = " && ".join(
        sorted(f"!{marker}" for marker in ("weapon", "threat", "fire", "smoke", "gas", "pain", "injury"))
    )
    body = rule(
        then={"desk": True},
        when=f"{wide} && (child || ill || alone || pregnant || no_food || no_heat || eviction)",
    )
    assert lint([layer(TOWN_LEVEL, own_1=body)]) == []


def test_the_product_is_known_whether_it_is_given_or_not() -> None:
    town = layer(TOWN_LEVEL, own_1=rule("NC", categories=["CN04"], because=SO))
    assert lint([town]) == lint([BOOK.product, town])
