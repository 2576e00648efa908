"""Documents that somebody sends: read strictly; what was taken never breaks a decision; what a draft changes is told."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.policy.drafts import FILE, layer_of
from backend.policy.files import Entry, PolicyInvalid
from backend.policy.layers import Finding
from backend.policy.lint import lint
from backend.policy.rules import Layer
from backend.policy.ruleset import RuleSet, compile_ruleset
from backend.policy.simulation import Past, replay
from backend.policy.uploads import read_upload
from tests.policy.building import BOOK, CITY, NOW, SO, TOWN, decided, layer, report, rule


@pytest.mark.parametrize(
    "document, reason",
    [
        ("[" * 100_000, "nested too deeply"),
        ("- " * 50_000, "nested too deeply"),
        ("{" * 21, "a key must be a text"),
        ("a: &one [1]\nb: *one", "anchors and aliases"),
        ("a: !!binary aGk=", "tags are not taken"),
        ("a: !!python/object:os.system x", "tags are not taken"),
        ("a: 1\na: 2", "line 2: a is there twice"),
        ("a: {b: [{c: 1, c: 2}]}", "c is there twice"),
        ("<<: {a: 1}", "a key must be a text"),
        ("on: 1", "put it in quotes"),
        ("2: 1", "put it in quotes"),
        ("a: .inf", "no number that can be kept"),
        ("a: [1, {b: 9007199254740993}]", "rules: a: 2.b: is no number"),
        ('a: "\\0"', "a character that cannot be kept"),
        ("a: 2001-99-01", "is not YAML"),
        ("a: 1\n---\nb: 1", "is not YAML"),
        ("", "must be a mapping"),
        ("x" * 200_001, "is longer than 200,000 characters"),
    ],
)
def test_yaml_that_means_more_than_it_shows_is_refused(document: str, reason: str) -> None:
    with pytest.raises(PolicyInvalid, match=reason):
        read_upload("rules", document)


def test_what_yaml_makes_of_a_document_is_what_json_can_hold() -> None:
    document = "a: {b: [1, 2.5, true, null, text], c: 2026-03-01T08:00:00Z, d: 2026-03-01, é: 🚲}"
    assert read_upload("rules", document) == {
        "a": {
            "b": [1, 2.5, True, None, "text"], "c": "2026-03-01T08:00:00+00:00", "d": "2026-03-01", "é": "🚲",
        }
    }  # fmt: skip


NAMES = st.sampled_from(["CN01", "G1", "G4", "R03", "R04", "R06", "R14", "R15", "L1", "L2"])
SETTINGS = st.sampled_from(
    ["action_s", "acknowledge_s", "grade", "start", "rung_2", "cap_day", "wave_sizes", "private", "x"]
)
SCALARS = st.one_of(st.integers(-5, 100_000), st.floats(-5, 5), st.booleans(), st.sampled_from(["", "M", "G1", "a"]))
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=3))
WAYS = st.sampled_from(["lower", "higher", "true", "false", "superset", "subset", "none"])
LOCKS = st.sampled_from(["floor", "ceiling", "default", "local"])
CONDITIONS = st.sampled_from(
    ["true", "danger_now", "repeat_30d > 2", 'voice == "self" && people_count > 3', '"CN01" == category', "1", "x >"]
)
EFFECTS = st.fixed_dictionaries(
    {},
    optional={
        "lead": st.sampled_from(["M", "NC", "SW", "P", "DESK", "X"]), "grade_up": st.integers(0, 2),
        "grade_at_least": st.sampled_from(["G1", "G2", "G9"]), "desk": VALUES, "safe_mode": st.booleans(),
        "parallel": st.lists(st.sampled_from(["M", "P", "SW"]), max_size=2), "offers": VALUES,
    },
)  # fmt: skip
RULE = st.fixed_dictionaries(
    {},
    optional={
        "lock": LOCKS, "basis": st.sampled_from(["law", "safety", "rights", "", "x"]),
        "categories": st.lists(st.sampled_from(["CN01", "kind:concern", "uncategorised", "XX"]), max_size=2),
        "when": CONDITIONS, "because": st.just(SO), "then": EFFECTS,
        "values": st.dictionaries(
            SETTINGS,
            VALUES | st.fixed_dictionaries({"value": VALUES}, optional={"tighter": WAYS, "lock": LOCKS}),
            max_size=3,
        ),
    },
)  # fmt: skip


def taken(bodies: dict[str, Any]) -> Layer | None:
    """The layer of a document if it would be taken under the product's own."""
    data = read_upload(FILE, json.dumps({"rules": bodies}))
    try:
        made = layer_of(Entry(FILE, "", data).inside("rules"), name="Town", area_id=1, depth=2)
    except PolicyInvalid:
        return None
    findings: list[Finding] = lint([BOOK.product, made])
    return None if any(finding.blocking for finding in findings) else made


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(NAMES, RULE, max_size=3), st.dictionaries(NAMES, RULE, max_size=2))
def test_a_layer_that_was_taken_never_breaks_a_decision(upper: dict[str, Any], lower: dict[str, Any]) -> None:
    first = taken(upper)
    layers = [first] if first else []
    ruleset = compile_ruleset(BOOK, layers, at=NOW)
    made = [decided(code, ruleset=ruleset) for code in ("CN01", "DS01", "AID01", "")]
    assert all(decision.lead and decision.clocks["acknowledge"] >= 0 for decision in made)
    second = taken(lower)
    if first and second:
        # A layer below is at least compared with the one above, whatever both say.
        below = Layer(2, 3, "Village", second.rules)
        assert isinstance(lint([BOOK.product, first, below]), list)


@pytest.mark.parametrize(
    "name, value, kind",
    [
        ("CN01.grade", 0, "out_of_range"),
        ("CN01.grade", 6, "out_of_range"),
        ("CN01.grade", "2", "wrong_type"),
        ("CN01.action_s", 0, "out_of_range"),
        ("CN01.action_s", 1.5, "wrong_type"),
        ("CN01.volunteers", 1, "wrong_type"),
        ("R14.start", 24, "out_of_range"),
        ("R15.wave_sizes", [], "out_of_range"),
        ("R15.wave_sizes", [3, "5"], "wrong_type"),
        ("R15.cap_day", -1, "out_of_range"),
    ],
)
def test_a_value_that_would_break_what_is_made_of_it_is_refused(name: str, value: Any, kind: str) -> None:
    code, _, setting = name.partition(".")
    made = layer(CITY, **{code: {"values": {setting: value}}})
    assert {finding.kind for finding in lint([BOOK.product, made]) if finding.blocking} == {kind}
    # Were it there all the same, what stands above it would go on standing.
    assert compile_ruleset(BOOK, [made]).value(name) == TOWN.value(name)


def past(number: int, category: str = "CN01", **more: Any) -> Past:
    inputs = report(category, **more).as_dict()
    return Past(UUID(int=number), number, NOW - timedelta(days=1), (1,), inputs)


def under(ruleset: RuleSet) -> Any:
    return lambda _chain: ruleset


def test_the_same_rules_make_no_difference() -> None:
    cases = [past(number, code) for number, code in enumerate(BOOK.categories)]
    found = replay(cases, under(TOWN), under(TOWN), at=NOW)
    assert (found.considered, found.unreadable, found.differences, found.counts) == (39, 0, (), {})


def test_a_rule_that_is_added_and_one_that_is_taken_away_are_both_named() -> None:
    with_rule = compile_ruleset(BOOK, [layer(CITY, L1=rule("M", when="photo_count == 0", categories=["CN01"]))])
    for before, after in ((TOWN, with_rule), (with_rule, TOWN)):
        found = replay([past(1), past(2, photo_count=1)], under(before), under(after), at=NOW)
        assert [one.past.number for one in found.differences] == [1]
        assert [step.rule for step in found.differences[0].rules] == ["L1"]
        assert found.counts["lead"] == 1


@pytest.mark.parametrize("before, after, kind", [(4, 2, "grade_raised"), (2, 4, "grade_lowered")])
def test_a_grade_is_counted_by_its_direction(before: int, after: int, kind: str) -> None:
    sets = [compile_ruleset(BOOK, [layer(CITY, CN01={"values": {"grade": grade}})]) for grade in (before, after)]
    found = replay([past(1)], under(sets[0]), under(sets[1]), at=NOW)
    assert found.counts[kind] == 1
    assert found.differences[0].after["grade"] == f"G{after}"


def test_inputs_that_rules_no_longer_understand_are_counted_and_not_guessed() -> None:
    odd = past(1)
    broken = Past(odd.incident_id, 1, odd.at, odd.chain, {**odd.inputs, "shoe_size": 44})
    unknown = Past(odd.incident_id, 1, odd.at, odd.chain, {**odd.inputs, "voice": "parrot"})
    found = replay([broken, unknown, odd], under(TOWN), under(TOWN), at=NOW)
    assert (found.considered, found.unreadable) == (3, 2)
