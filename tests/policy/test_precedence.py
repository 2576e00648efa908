"""Who wins when rules want different things (rules.md section 10)."""

from typing import Any

import pytest

from backend.policy.effects import Applied, combine, effects_of, winner
from backend.policy.rules import Clause, Layer, Rank, rank_of, specificity_of
from backend.policy.ruleset import compile_ruleset
from tests.policy.building import BOOK, CITY, COUNTY, SO, TOWN_LEVEL, VILLAGE, decided, layer, rule

FLOOR = {"lock": "floor"}
# What the two rules are, from which layer, and which lead stands for a dispute in the village.
TABLE: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    (
        "a law floor over a safety floor",
        {"basis": "law", **FLOOR},
        {"basis": "safety", **FLOOR},
        "first",
    ),
    (
        "a safety floor over a rights floor of a smaller place",
        {"basis": "safety", **FLOOR},
        {"basis": "rights", **FLOOR, "place": VILLAGE},
        "first",
    ),
    (
        "a rights floor over a smaller place",
        {"basis": "rights", **FLOOR},
        {"place": VILLAGE},
        "first",
    ),
    ("a smaller place over a wider one", {"place": CITY}, {"place": VILLAGE}, "second"),
    (
        "a smaller place over a more specific category",
        {"place": CITY, "categories": ["CN05"]},
        {"place": VILLAGE},
        "second",
    ),
    ("a category over a kind", {"categories": ["CN05"]}, {"categories": ["kind:concern"]}, "first"),
    ("a kind over everything", {"categories": ["kind:concern"]}, {}, "first"),
    ("a newer version over an older one", {"version": 1}, {"version": 2}, "second"),
]


@pytest.mark.parametrize(("first", "second", "wins"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_precedence_decides_between_two_rules(first: dict[str, Any], second: dict[str, Any], wins: str) -> None:
    places = [one.get("place", COUNTY) for one in (first, second)]
    bodies = {
        f"own_{number}": rule(lead, **{name: value for name, value in one.items() if name != "place"})
        for number, (lead, one) in enumerate((("O:legal", first), ("O:info", second)))
    }
    if places[0] == places[1]:
        layers = [layer(places[0], **bodies)]
    else:
        layers = [layer(place, **{code: bodies[code]}) for place, code in zip(places, bodies, strict=True)]
    lead = decided("CN05", ruleset=compile_ruleset(BOOK, layers)).lead
    assert lead == {"first": "O:legal", "second": "O:info"}[wins]


def test_a_tie_goes_to_the_faster_help_and_then_to_less_force() -> None:
    town = layer(TOWN_LEVEL, own_1=rule("SW", categories=["DS12"]), own_2=rule("TR", categories=["DS12"]))
    assert decided("DS12", ruleset=compile_ruleset(BOOK, [town])).lead == "TR"


def test_the_loser_is_in_the_trace_with_the_reason() -> None:
    village = layer(VILLAGE, own_1=rule("NC", categories=["CN04"]))
    found = decided("CN04", ruleset=compile_ruleset(BOOK, [village]))
    steps = {step.rule: step for step in found.trace}
    assert found.lead == "NC"
    assert steps["own-1"].result == "applied"
    assert steps["R20"].result == "outweighed"
    assert "neighbourhood coordinator leads (own-1, Taohua Village comes first)" in steps["R20"].why["en"]
    assert "网格员" in steps["R20"].why["zh"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ((), 0),
        (("kind:concern",), 1),
        (("CN05",), 2),
        (("kind:concern", "CN05"), 2),
        (("CN04",), None),
        (("kind:distress",), None),
    ],
)
def test_a_filter_is_as_specific_as_it_names_the_category(filters: tuple[str, ...], expected: int | None) -> None:
    assert specificity_of(filters, "CN05", "concern") == expected


def test_a_filter_knows_reports_without_a_category_and_local_categories() -> None:
    assert specificity_of(("uncategorised",), "", "concern") == 2
    assert specificity_of(("CN05",), "CN05-river", "concern", "CN05") == 1


def clause(rank: Rank, **then: Any) -> Applied:
    """A clause that holds, with a rank made up."""
    made = layer(TOWN_LEVEL, own_1=rule()).rules[0]
    return Applied(made, Clause("a", "true", SO, then, made.lock), Layer(None, 0, "x", ()), then, rank)


LOW, HIGH = (0, 0, 0, 1), (3, 0, 0, 1)
MERGES: list[tuple[str, list[Applied], dict[str, Any]]] = [
    ("flags add up", [clause(LOW, desk=True), clause(HIGH, divert=True)], {"desk": True, "divert": True}),
    (
        "no volunteers stays no",
        [clause(HIGH, desk=True), clause(LOW, volunteers=False)],
        {"desk": True, "volunteers": False},
    ),
    (
        "lists are joined once",
        [clause(LOW, needs=("a", "b")), clause(HIGH, needs=("b", "c"))],
        {"needs": ("a", "b", "c")},
    ),
    (
        "the most urgent grade",
        [clause(HIGH, grade_at_least="G2"), clause(LOW, grade_at_least="G1")],
        {"grade_at_least": "G1"},
    ),
    ("the largest team", [clause(HIGH, team=2), clause(LOW, team=3)], {"team": 3}),
    ("one step up only", [clause(HIGH, grade_up=1), clause(LOW, grade_up=1)], {"grade_up": 1}),
    ("one lead by rank", [clause(LOW, lead="M"), clause(HIGH, lead="SW")], {"lead": "SW"}),
    ("nothing", [], {}),
]


@pytest.mark.parametrize(("applied", "effects"), [row[1:] for row in MERGES], ids=[row[0] for row in MERGES])
def test_effects_of_several_rules_become_one_answer(applied: list[Applied], effects: dict[str, Any]) -> None:
    assert effects_of(applied) == effects


def test_competing_effects_are_not_merged_by_accident() -> None:
    assert combine([clause(LOW, lead="M"), clause(HIGH, lead="SW")]) == {}


def test_nobody_wins_what_nobody_wants() -> None:
    assert winner([clause(LOW, desk=True)], "lead", {}) is None


def test_a_rank_orders_floor_place_category_and_version() -> None:
    made = layer(TOWN_LEVEL, own_1=rule(lock="floor", basis="law", version=4)).rules[0]
    place = Layer(3, 3, "Liuyuan Town", (made,))
    assert rank_of(made, made.clauses[0], place, 2) == (3, 3, 2, 4)
