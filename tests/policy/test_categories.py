"""Each of the 39 categories, reported in a bare town, lands as taxonomy.md section 7 says (C12)."""

import pytest

from tests.policy.building import BOOK, decided

MIN, HOUR, DAY = 60, 3600, 86400
# code, grade, lead, with, first contact, first action; targets from the table. The grade's clock stands where
# it is shorter: dispatch within 5 minutes for G1, 60 minutes for a crisis team at G2 (DS11).
TABLE = [
    ("CN01", "G4", "O:muni", ("NC",), DAY, 7 * DAY),
    ("CN02", "G3", "O:fire", ("NC",), 4 * HOUR, DAY),
    ("CN03", "G2", "O:util", ("NC", "O:fire"), 15 * MIN, HOUR),
    ("CN04", "G4", "M", ("NC",), DAY, 7 * DAY),
    ("CN05", "G4", "M", ("NC",), DAY, 7 * DAY),
    ("CN06", "G3", "NC", ("SW",), 4 * HOUR, DAY),
    ("CN07", "G3", "DESK", (), HOUR, DAY),
    ("CN08", "G3", "O:mkt", ("O:health",), 4 * HOUR, DAY),
    ("CN09", "G3", "O:health", ("NC",), 4 * HOUR, DAY),
    ("CN10", "G4", "O:env", ("NC",), DAY, 7 * DAY),
    ("CN11", "G3", "P", ("V", "O:info"), HOUR, DAY),
    ("CN12", "G3", "NC", ("SW",), HOUR, 8 * HOUR),
    ("CN13", "G2", "SW", (), 15 * MIN, 2 * HOUR),
    ("CN14", "G2", "SW", ("O:health",), 30 * MIN, 4 * HOUR),
    ("CN15", "G4", "O:ombud", ("O:legal", "NC"), DAY, 7 * DAY),
    ("CN16", "G4", "O:info", ("NC",), 8 * HOUR, DAY),
    ("AID01", "G4", "V", (), 8 * HOUR, DAY),
    ("AID02", "G4", "V", (), 8 * HOUR, DAY),
    ("AID03", "G4", "V", (), DAY, 7 * DAY),
    ("AID04", "G4", "V", (), DAY, 7 * DAY),
    ("AID05", "G4", "V", (), DAY, 7 * DAY),
    ("AID06", "G4", "SW", (), DAY, 7 * DAY),
    ("AID07", "G4", "SW", (), DAY, 7 * DAY),
    ("AID08", "G3", "SW", (), 4 * HOUR, DAY),
    ("AID09", "G5", "SELF", (), 72 * HOUR, 72 * HOUR),
    ("AID10", "G5", "V", (), 72 * HOUR, 72 * HOUR),
    ("AID11", "G4", "SW", (), DAY, 72 * HOUR),
    ("DS01", "G1", "O:amb", ("TR",), 2 * MIN, 5 * MIN),
    ("DS02", "G1", "O:fire", ("NC",), 2 * MIN, 5 * MIN),
    ("DS03", "G1", "P", ("SW",), 2 * MIN, 5 * MIN),
    ("DS04", "G2", "SW", ("O:adv",), 30 * MIN, 4 * HOUR),
    ("DS05", "G2", "CH", ("SW",), 10 * MIN, HOUR),
    ("DS06", "G2", "CH", ("SW",), 10 * MIN, HOUR),
    ("DS07", "G2", "P", ("NC", "V"), 30 * MIN, 2 * HOUR),
    ("DS08", "G1", "P", ("SW",), 2 * MIN, 5 * MIN),
    ("DS09", "G2", "TR", (), 10 * MIN, 30 * MIN),
    ("DS10", "G2", "SW", (), 15 * MIN, 2 * HOUR),
    ("DS11", "G2", "CH", (), 10 * MIN, HOUR),
    ("DS12", "G2", "O:civil", ("NC", "V", "SW"), 15 * MIN, 2 * HOUR),
]
CODES = [row[0] for row in TABLE]
# Who must be there within, for G1 (starred targets are the other service's own promise).
ATTEND = {"DS01": (480, True), "DS02": (480, True), "DS03": (600, True), "DS08": (600, False)}
# taxonomy.md section 7, "up if": category, markers, then grade and, where it changes, category or lead.
UP_IF = [
    ("CN01", ("fall_or_hit",), "G3", "CN01", "O:muni"),
    ("CN01", ("live_danger",), "G2", "CN01", "O:muni"),
    ("CN02", ("smoke",), "G1", "DS02", "O:fire"),
    ("CN03", ("gas",), "G1", "CN03", "O:util"),
    ("CN04", ("threat",), "G2", "CN05", "SW"),
    ("CN05", ("threat",), "G2", "CN05", "SW"),
    ("CN05", ("child",), "G3", "CN05", "SW"),
    ("CN05", ("power_imbalance",), "G3", "CN05", "SW"),
    ("CN05", ("weapon",), "G1", "DS03", "P"),
    ("CN06", ("violence",), "G1", "DS03", "P"),
    ("CN07", ("act_against_person",), "G1", "DS03", "P"),
    ("CN08", ("people_ill",), "G2", "CN08", "O:mkt"),
    ("CN09", ("cluster_illness",), "G2", "CN09", "O:health"),
    ("CN10", ("breathing",), "G2", "CN10", "O:env"),
    ("CN11", ("money_now",), "G2", "CN11", "P"),
    ("CN12", ("not_seen",), "G2", "CN12", "NC"),
    ("CN12", ("silence",), "G3", "CN12", "NC"),
    ("CN12", ("silence", "harm_signs"), "G1", "CN12", "NC"),
    ("CN13", ("violence",), "G1", "DS08", "P"),
    ("CN14", ("violence",), "G1", "DS03", "P"),
    ("CN15", ("self_harm",), "G2", "DS05", "CH"),
    ("CN15", ("many_alike",), "G4", "CN15", "O:ombud"),
    ("CN16", ("crowd",), "G2", "CN16", "O:info"),
    ("AID01", ("no_food",), "G3", "AID01", "V"),
    ("AID02", ("medicine_out",), "G3", "AID02", "V"),
    ("AID03", ("medical_trip",), "G3", "AID03", "V"),
    ("AID04", ("hopeless",), "G3", "AID04", "SW"),
    ("AID05", ("no_heat",), "G3", "AID05", "V"),
    ("AID06", ("carer_collapse",), "G2", "AID06", "SW"),
    ("AID07", ("eviction",), "G3", "AID07", "SW"),
    ("AID08", ("tonight_outdoors",), "G2", "AID08", "SW"),
    ("AID10", ("deadline",), "G3", "AID10", "V"),
    ("AID11", ("item_nine",), "G2", "DS05", "CH"),
    ("DS04", ("violence",), "G1", "DS04", "P"),
    ("DS05", ("plan_now",), "G1", "DS05", "CH"),
    ("DS06", ("weapon",), "G1", "DS06", "CH"),
    ("DS07", ("child",), "G1", "DS07", "P"),
    ("DS09", ("no_answer",), "G1", "DS09", "TR"),
    ("DS10", ("act_against_person",), "G1", "DS10", "SW"),
    ("DS12", ("water_rising",), "G1", "DS12", "O:civil"),
]


def test_the_table_names_every_category() -> None:
    assert sorted(CODES) == sorted(BOOK.categories)


@pytest.mark.parametrize("row", TABLE, ids=CODES)
def test_a_category_lands_as_the_taxonomy_says(row: tuple[str, str, str, tuple[str, ...], int, int]) -> None:
    code, *expected = row
    found = decided(code)
    assert found.category == code
    targets = (found.clocks["contact"], found.clocks["action"])
    assert [found.grade, found.lead, found.parallel, *targets] == expected
    assert found.attend_within_s == (ATTEND[code][0] if code in ATTEND else None)
    assert found.attend_external == (code in ATTEND and ATTEND[code][1])


@pytest.mark.parametrize(
    ("code", "markers", "grade", "category", "lead"),
    UP_IF,
    ids=[f"{row[0]} {'+'.join(row[1])}" for row in UP_IF],
)
def test_a_condition_raises_the_grade_as_the_taxonomy_says(
    code: str, markers: tuple[str, ...], grade: str, category: str, lead: str
) -> None:
    found = decided(code, *markers)
    assert (found.grade, found.category, found.lead) == (grade, category, lead)
    assert found.reported_category == code


@pytest.mark.parametrize("code", CODES)
def test_a_fallback_chain_ends_at_a_desk_and_never_at_police(code: str) -> None:
    found = decided(code)
    assert "P" not in (*found.fallback, *found.parallel)
    assert "DESK" in (found.lead, *found.fallback)


@pytest.mark.parametrize("code", CODES)
def test_a_category_has_goals_and_a_compartment(code: str) -> None:
    found = decided(code)
    assert found.goals
    walled = {"CN15": "grievance"}
    assert found.compartment == walled.get(code, "aid" if code.startswith("AID") else "incident")
    assert all(goal.text["en"] and goal.text["zh"] for goal in found.goals)


def test_a_missing_child_is_sought_faster_than_the_category_says() -> None:
    found = decided("DS07", "child")
    assert found.attend_within_s == 15 * MIN
    assert found.clocks["contact"] == 2 * MIN


def test_abuse_that_is_happening_now_keeps_the_specialist_beside_police() -> None:
    found = decided("DS04", danger_now=True)
    assert (found.lead, found.parallel, found.attend_within_s) == ("P", ("O:adv", "SW"), 10 * MIN)


@pytest.mark.parametrize(
    ("code", "markers", "route"),
    [
        ("DS05", ("plan_now",), "O:amb"),
        ("DS09", ("injury",), "O:amb"),
        ("DS10", ("sexual_violence",), "O:health"),
    ],
)
def test_a_helper_joins_when_its_condition_is_there(code: str, markers: tuple[str, ...], route: str) -> None:
    assert route not in decided(code).parallel
    assert route in decided(code, *markers).parallel
