"""Which pairs may be brought together: a table of cases, one for each hard condition and each unknown fact."""

from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.aid.matching.facts import PROOF, REACH_M, Safeguard, Window
from backend.aid.matching.rules import LEAST_TOGETHER, Unknown, Why, compare, feasible, in_common, in_order, true_m
from tests.aid.matching.made import LAT, LON, NOW, WINDOWS, offered, offers, wanted, window, wishes

CHILD = frozenset({Safeguard.CHILD})
# What differs from a pair that fits, and all that then speaks against it.
CASES: list[tuple[str, dict[str, Any], dict[str, Any], tuple[Why, ...]]] = [
    ("the same need, near, at one time, in one language", {}, {}, ()),
    ("another need", {}, {"need": "AID09"}, (Why.NEED,)),
    ("times that only touch", {}, {"windows": (window(26),)}, (Why.TIME,)),
    ("29 minutes in common", {}, {"windows": (window(24 + 1 + 31 / 60),)}, (Why.TIME,)),
    ("half an hour in common", {}, {"windows": (window(25.5),)}, ()),
    ("no time left", {"windows": ()}, {}, (Why.TIME,)),
    ("inside the reach that everybody has", {}, {"north_m": REACH_M - 100}, ()),
    ("beyond it", {}, {"north_m": REACH_M + 100}, (Why.DISTANCE,)),
    ("beyond the reach that the offer names", {}, {"reach_m": 500.0}, (Why.DISTANCE,)),
    ("a drive, which goes further", {"need": "AID03"}, {"need": "AID03", "north_m": 9_000.0}, ()),
    ("no language in common", {}, {"languages": ("en", "hak")}, (Why.LANGUAGE,)),
    ("a second language in common", {"languages": ("zh", "en")}, {"languages": ("en",)}, ()),
    ("one says Chinese, the other wrote in it", {"languages": None, "writes": "zh"}, {}, ()),
    ("no way in for a wheelchair", {"accessibility": frozenset({"step_free"})}, {}, (Why.ACCESS,)),
    ("inside a home, nobody knows who", {"safeguards": frozenset({Safeguard.IN_HOME})}, {}, (Why.CREDENTIAL,)),
    ("inside a home, with the proof", {"safeguards": frozenset({Safeguard.IN_HOME})},
     {"credentials": frozenset({"in_home"})}, ()),
    ("a child, and who helps has no proof", {"safeguards": CHILD}, {"credentials": frozenset({"care"})}, (Why.CHILD,)),
    ("a child, and nobody knows who helps", {"safeguards": CHILD}, {}, (Why.CHILD,)),
    ("a child, with the proof", {"safeguards": CHILD}, {"credentials": frozenset({"child_safeguarding"})}, ()),
    ("asked often enough this week", {}, {"load": 6}, (Why.LOAD,)),
    ("asked once less", {}, {"load": 5}, ()),
    ("left out by the request", {"excluded": frozenset({UUID(int=1_000_001)})}, {}, (Why.EXCLUDED,)),
    ("left out by the offer", {}, {"excluded": frozenset({UUID(int=1)})}, (Why.EXCLUDED,)),
    ("a worry about it", {"held": True}, {}, (Why.HELD,)),
    ("a worry about who helps", {}, {"held": True}, (Why.HELD,)),
    ("everything at once", {"held": True}, {"need": "AID09", "north_m": 90_000.0, "windows": (), "languages": ("en",)},
     (Why.NEED, Why.HELD, Why.DISTANCE, Why.TIME, Why.LANGUAGE)),
]  # fmt: skip


@pytest.mark.parametrize("name, asked, given, why_not", CASES, ids=[name for name, *_ in CASES])
def test_what_speaks_against_a_pair(
    name: str, asked: dict[str, Any], given: dict[str, Any], why_not: tuple[Why, ...]
) -> None:
    assert feasible(wanted(**asked), offered(**given)) == why_not


UNKNOWN: list[tuple[dict[str, Any], dict[str, Any], Unknown]] = [
    ({"lat": None}, {}, Unknown.PLACE),
    ({}, {"lon": None}, Unknown.PLACE),
    ({"windows": None}, {}, Unknown.TIME),
    ({}, {"windows": None}, Unknown.TIME),
    ({"languages": None}, {}, Unknown.LANGUAGE),
    ({"languages": None, "writes": "en"}, {}, Unknown.LANGUAGE),
    ({}, {"languages": None, "writes": "en"}, Unknown.LANGUAGE),
    ({}, {"languages": ()}, Unknown.LANGUAGE),
    ({"accessibility": None}, {}, Unknown.ACCESS),
    ({"accessibility": frozenset({"sign"})}, {"accessibility": None}, Unknown.ACCESS),
]


@pytest.mark.parametrize("asked, given, unknown", UNKNOWN)
def test_what_is_not_known_is_said_and_bars_nothing(
    asked: dict[str, Any], given: dict[str, Any], unknown: Unknown
) -> None:
    verdict = compare(wanted(**asked), offered(**given))
    assert (verdict.why_not, verdict.unknown) == ((), (unknown,))


def test_near_the_edge_of_a_reach_the_true_distance_decides() -> None:
    # The quick distance is 1,004.4 m by latitude where the true one is 1,001.2 m, or the other way about.
    here = wanted(lat=0.0, lon=0.0)
    there = offered(lat=0.009, lon=0.0)
    far_m = true_m(here, there)
    for reach_m, why_not in ((far_m - 1, (Why.DISTANCE,)), (far_m + 1, ())):
        assert feasible(here, offered(lat=0.009, lon=0.0, reach_m=reach_m)) == why_not


@given(wishes(1), offers(1))
def test_a_child_is_never_with_somebody_without_the_proof(asked: Any, given_: Any) -> None:
    if Safeguard.CHILD in asked.safeguards and PROOF[Safeguard.CHILD] not in (given_.credentials or ()):
        assert Why.CHILD in feasible(asked, given_)


@given(WINDOWS, WINDOWS)
def test_what_two_have_in_common_is_the_same_from_both_sides_and_inside_both(one: Any, other: Any) -> None:
    found = in_common(one or (), other or ())
    assert found == in_common(other or (), one or ())
    if found:
        start, end = found.first
        assert end - start >= LEAST_TOGETHER
        for windows in (one, other):
            assert any(window.start <= start and end <= window.end for window in windows)


@given(st.lists(st.tuples(st.integers(-20, 60), st.integers(-3, 9)), max_size=6))
def test_windows_are_put_in_order_cut_and_joined(raw: list[tuple[int, int]]) -> None:
    until = NOW + timedelta(hours=48)
    given_ = [window(start, hours) for start, hours in raw]
    found = in_order(given_, now=NOW, until=until)
    assert all(NOW <= one.start < one.end <= until for one in found)
    assert all(one.end < other.start for one, other in pairwise(found))
    for hour in range(-20, 60):
        middle = NOW + timedelta(hours=hour, minutes=30)
        before = NOW <= middle < until and any(one.start <= middle < one.end for one in given_)
        assert before == any(one.start <= middle < one.end for one in found)


def test_a_window_that_ends_before_it_begins_is_no_window() -> None:
    assert in_order([Window(NOW + timedelta(hours=3), NOW)], now=NOW, until=NOW + timedelta(days=1)) == ()


def test_two_at_one_place_are_nought_metres_apart() -> None:
    verdict = compare(wanted(), offered(lat=LAT, lon=LON))
    assert (verdict.apart_m, verdict.why_not) == (0.0, ())
