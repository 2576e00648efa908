"""Layers: what a place may change, the chain behind each value, and floors that nothing loosens (INV-9)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.policy.layers import check_layer, effective_values, show
from backend.policy.rules import Layer, Lock, Rule, Setting, Tighter, Value, is_looser, loosen, tighten
from tests.policy.building import BOOK, CITY, COUNTY, NOW, SO, TOWN_LEVEL, VILLAGE, layer, rule

PRODUCT = BOOK.product

# rules.md, "Layer example", and C06: what a village may set under the floors of the product and a county.
EXAMPLE: list[tuple[str, dict[str, Any], str]] = [
    ("radius 3 km", {"R15": {"values": {"radius_urban_m": 3000}}}, ""),
    ("a team of one", {"R07": {"values": {"team": 1}}}, "R07.team"),
    ("a team of three", {"R07": {"values": {"team": 3}}}, ""),
    ("quiet from 21 to 6", {"R14": {"values": {"start": 21, "end": 6}}}, ""),
    ("night opt-in removed", {"R14": {"values": {"opt_in": False}}}, "R14.opt_in"),
    ("planned action in 5 days", {"G4": {"values": {"action_s": 5 * 86400}}}, ""),
    ("urgent acknowledge in 1 minute", {"G1": {"values": {"acknowledge_s": 60}}}, ""),
    ("urgent acknowledge in 5 minutes", {"G1": {"values": {"acknowledge_s": 300}}}, "G1.acknowledge_s"),
    ("a later rung", {"R03": {"values": {"rung_5": 4.0}}}, "R03.rung_5"),
    ("a sooner rung", {"R03": {"values": {"rung_5": 2.5}}}, ""),
    ("fewer tasks for matchers", {"R19": {"values": {"trained_matcher": ["money"]}}}, "R19.trained_matcher"),
    (
        "more tasks for matchers",
        {"R19": {"values": {"trained_matcher": ["in_home", "money", "care", "child", "outdoors"]}}},
        "",
    ),
    ("volunteers for violence", {"DS03": {"values": {"volunteers": True}}}, "DS03.volunteers"),
    ("no volunteers for meals", {"AID01": {"values": {"volunteers": False}}}, ""),
    ("public notices on abuse", {"DS04": {"values": {"private": False}}}, "DS04.private"),
    ("worry about a child as planned", {"CN13": {"values": {"grade": 4}}}, "CN13.grade"),
]


@pytest.mark.parametrize(("rules", "refused"), [row[1:] for row in EXAMPLE], ids=[row[0] for row in EXAMPLE])
def test_a_village_may_tighten_and_adapt_but_not_loosen(rules: dict[str, Any], refused: str) -> None:
    findings = check_layer(layer(VILLAGE, **rules), [PRODUCT])
    assert [finding.details["name"] for finding in findings if finding.details] == ([refused] if refused else [])


def test_a_refusal_names_the_floor_its_level_and_both_values() -> None:
    county = layer(COUNTY, R07={"lock": "floor", "values": {"team": 3}})
    findings = check_layer(layer(VILLAGE, R07={"values": {"team": 1}}), [PRODUCT, county])
    assert [finding.kind for finding in findings] == ["loosens_floor", "loosens_floor"]
    assert findings[1].en == "R07.team: 1 person is refused; the floor of Qinghe County (county) is 3 people"
    assert findings[1].zh == "R07.team：不接受 1 人；Qinghe County (county)的底线为 3 人"
    assert findings[1].as_dict()["details"]["value"] == 3


@pytest.mark.parametrize(
    ("rules", "kind"),
    [
        ({"R99": {"values": {"team": 2}}}, "unknown_value"),
        ({"R07": {"values": {"team": "two"}}}, "wrong_type"),
        ({"R07": {"values": {"team": True}}}, "wrong_type"),
        ({"R07": {"values": {"team": {"value": 3, "tighter": "lower"}}}}, "wrong_direction"),
        ({"R07": {"when": "true", "because": SO, "then": {"lead": "SW"}}}, "replaces_floor"),
        ({"SERVICE": {"values": {"days": [1, 8]}}}, "out_of_range"),
        ({"SERVICE": {"values": {"days": []}}}, "out_of_range"),
        ({"SERVICE": {"values": {"days": 5}}}, "wrong_type"),
        ({"SERVICE": {"values": {"start": "24:00"}}}, "out_of_range"),
        ({"SERVICE": {"values": {"start": "9:00"}}}, "out_of_range"),
        # 17:30 without quotes is a number to YAML.
        ({"SERVICE": {"values": {"end": 1050}}}, "wrong_type"),
    ],
)
def test_a_layer_that_makes_no_sense_is_refused(rules: dict[str, Any], kind: str) -> None:
    findings = check_layer(layer(TOWN_LEVEL, **rules), [PRODUCT])
    assert [finding.kind for finding in findings] == [kind]
    assert findings[0].blocking


def test_a_layer_may_bring_values_of_its_own() -> None:
    own = {"town-1": {"values": {"days": {"value": 3, "tighter": "lower", "lock": "floor"}}}}
    assert check_layer(layer(TOWN_LEVEL, **own), [PRODUCT]) == []


def test_a_value_tells_the_chain_that_produced_it() -> None:
    city = layer(CITY, R14={"version": 2, "values": {"start": 22}})
    town = layer(TOWN_LEVEL, R14={"version": 5, "values": {"start": 21}})
    held = effective_values([town, PRODUCT, city])["R14.start"]
    assert held.value == 21
    assert [(link.layer, link.version, link.value) for link in held.chain] == [
        ("Linli", 1, 22),
        ("Baishi City", 2, 22),
        ("Liuyuan Town", 5, 21),
    ]
    assert held.standing.layer == "Liuyuan Town"


def test_removing_an_override_brings_the_upper_value_back() -> None:
    city = layer(CITY, G4={"values": {"action_s": 6 * 86400}})
    village = layer(VILLAGE, G4={"values": {"action_s": 5 * 86400}})
    assert effective_values([PRODUCT, city, village])["G4.action_s"].value == 5 * 86400
    assert effective_values([PRODUCT, city])["G4.action_s"].value == 6 * 86400


def test_a_floor_set_later_above_holds_at_once_below() -> None:
    village = layer(VILLAGE, G3={"values": {"acknowledge_s": 7200}})
    assert effective_values([PRODUCT, village])["G3.acknowledge_s"].value == 7200
    city = layer(CITY, G3={"values": {"acknowledge_s": {"value": 1800, "lock": "floor"}}})
    held = effective_values([PRODUCT, city, village])["G3.acknowledge_s"]
    assert held.value == 1800
    assert not held.chain[-1].held


def test_a_ceiling_keeps_lower_places_from_going_further() -> None:
    city = layer(CITY, R15={"values": {"cap_day": {"value": 2, "lock": "ceiling"}}})
    village = layer(VILLAGE, R15={"values": {"cap_day": 1}})
    assert [finding.kind for finding in check_layer(village, [PRODUCT, city])] == ["passes_ceiling"]
    assert effective_values([PRODUCT, city, village])["R15.cap_day"].value == 2


def test_a_rule_holds_from_its_date_and_villages_inherit_it_then() -> None:
    first = NOW + timedelta(days=30)
    town = layer(TOWN_LEVEL, R14={"values": {"start": 21}, "effective_from": first.isoformat()})
    chain = [PRODUCT, town, layer(VILLAGE, R15={"values": {"cap_day": 2}})]
    assert effective_values(chain, NOW)["R14.start"].value == 22
    assert effective_values(chain, first)["R14.start"].value == 21


def test_the_newest_version_in_force_counts() -> None:
    old = Rule("R14", 1, Lock.LOCAL, settings=(Setting("start", 20),))
    june = datetime(2026, 6, 1, tzinfo=UTC)
    new = Rule("R14", 2, Lock.LOCAL, settings=(Setting("start", 23),), effective_from=june)
    town = Layer(3, 3, "Liuyuan Town", (new, old))
    assert effective_values([PRODUCT, town], NOW)["R14.start"].value == 20
    assert effective_values([PRODUCT, town], june)["R14.start"].value == 23


@pytest.mark.parametrize(
    ("value", "unit", "en", "zh"),
    [
        (432000, "s", "5 d", "5 天"),
        (5400, "s", "90 min", "90 分钟"),
        (61, "s", "61 s", "61 秒"),
        ((60, 90), "s", "1 min, 90 s", "1 分钟, 90 秒"),
        (True, "", "yes", "是"),
        (1, "people", "1 person", "1 人"),
        (14, "days", "14 days", "14 天"),
        ("M", "", "M", "M"),
        ((1, 6), "weekday", "Mon, Sat", "周一, 周六"),
        (9, "weekday", "9 weekday", "9 weekday"),
        ("08:30", "time", "08:30", "08:30"),
    ],
)
def test_a_value_is_shown_as_people_read_it(value: Value, unit: str, en: str, zh: str) -> None:
    assert (show(value, unit), show(value, unit, "zh")) == (en, zh)


NUMBERS = st.integers(0, 9)
SETS = st.lists(st.sampled_from("abcd"), unique=True).map(tuple)
VALUES: dict[Tighter, st.SearchStrategy[Value]] = {
    Tighter.LOWER: NUMBERS,
    Tighter.HIGHER: NUMBERS,
    Tighter.TRUE: st.booleans(),
    Tighter.FALSE: st.booleans(),
    Tighter.SUPERSET: SETS,
    Tighter.SUBSET: SETS,
    Tighter.NONE: NUMBERS,
}
WAYS = st.sampled_from(list(Tighter))


def as_set(value: Value) -> Value | frozenset[Any]:
    """A list value without its order, which has no meaning for strictness."""
    return frozenset(value) if isinstance(value, tuple) else value


@st.composite
def histories(draw: st.DrawFn) -> tuple[Tighter, list[tuple[int, Lock, Value | None]]]:
    """A direction, and a series of edits: a depth, a lock, and a value or None to remove it."""
    way = draw(WAYS)
    values = VALUES[way]
    first = (0, draw(st.sampled_from(list(Lock))), draw(values))
    edit = st.tuples(st.integers(0, 4), st.sampled_from(list(Lock)), st.none() | values)
    return way, [first, *draw(st.lists(edit, max_size=12))]


def stack(held: dict[int, tuple[Lock, Value]], way: Tighter) -> list[Layer]:
    """The layers that a series of edits left behind."""
    top = min(held)

    def one(depth: int, lock: Lock, value: Value) -> Layer:
        setting = Setting("x", value, lock, way if depth == top else None)
        return Layer(depth, depth, f"layer {depth}", (Rule("R1", 1, lock, settings=(setting,)),))

    return [one(depth, lock, value) for depth, (lock, value) in held.items()]


@given(histories())
def test_no_effective_value_is_looser_than_a_floor_above_it(history: tuple[Tighter, list[Any]]) -> None:
    way, edits = history
    held: dict[int, tuple[Lock, Value]] = {}
    for depth, lock, value in edits:
        if value is None:
            held.pop(depth, None)
        else:
            held[depth] = (lock, value)
        if not held:
            continue
        found = effective_values(stack(held, way))["R1.x"]
        floors = [link for link in found.chain if link.lock is Lock.FLOOR]
        for link in floors if way is not Tighter.NONE else [one for one in floors if one.held]:
            assert as_set(tighten(found.value, link.value, way)) == as_set(found.value)


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_edits_and_of_layers_does_not_matter(history: tuple[Tighter, list[Any]], dice: Any) -> None:
    way, edits = history
    last = {depth: (lock, value) for depth, lock, value in edits if value is not None}
    layers = stack(last, way)
    shuffled = list(layers)
    dice.shuffle(shuffled)
    assert effective_values(shuffled) == effective_values(layers)


@given(histories())
@example((Tighter.LOWER, [(0, Lock.FLOOR, 1), (1, Lock.CEILING, 2), (2, Lock.CEILING, 0)]))
def test_a_layer_that_passes_the_check_gets_what_it_asks_for(history: tuple[Tighter, list[Any]]) -> None:
    way, edits = history
    held = {depth: (lock, value) for depth, lock, value in edits if value is not None}
    layers = sorted(stack(held, way), key=lambda one: one.depth)
    *above, lowest = layers
    if above and not check_layer(lowest, above):
        asked = lowest.rules[0].settings[0].value
        assert as_set(effective_values(layers)["R1.x"].value) == as_set(asked)


@given(WAYS.flatmap(lambda way: st.tuples(st.just(way), VALUES[way], VALUES[way])))
def test_tightening_is_never_looser_than_either(case: tuple[Tighter, Value, Value]) -> None:
    way, one, other = case
    assert not is_looser(tighten(one, other, way), other, way)
    assert not is_looser(one, loosen(one, other, way), way) or way is Tighter.NONE


def test_a_text_has_no_order() -> None:
    with pytest.raises(TypeError):
        tighten("M", "SW", Tighter.LOWER)


def test_rules_with_clauses_below_a_default_replace_it() -> None:
    assert check_layer(layer(CITY, R20=rule("NC", categories=["CN04"])), [PRODUCT]) == []
