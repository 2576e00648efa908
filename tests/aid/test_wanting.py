"""What a listing says, as tables and properties: shown or not, how long it stands, when we ask, who asks for whom."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.aid.rules import Side
from backend.aid.wanting import (
    AHEAD_MOST,
    BODY_STANDS_MOST,
    Wish,
    asks_at,
    expires_at,
    is_circle,
    next_rung,
    why_not_shown,
)
from backend.aid.windows import kept, last_end, occurrences, shown

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ASKED = Wish(Side.REQUEST)


def once(start_h: float, end_h: float) -> dict[str, Any]:
    at = [NOW + timedelta(hours=hours) for hours in (start_h, end_h)]
    return {"start": at[0].isoformat(), "end": at[1].isoformat()}


CASES: list[tuple[str, dict[str, Any], str | None]] = [
    ("nothing said", {}, None),
    ("for another who agrees", {"for_other": True, "has_consent": True}, None),
    ("for another who was not asked", {"for_other": True}, "no_consent"),
    ("each asks for the other", {"for_other": True, "has_consent": True, "is_circle": True}, "circle"),
    ("a window that is over", {"windows": [once(-3, -1)]}, "past"),
    ("a window that goes on", {"windows": [once(-3, 1)]}, None),
    ("one over and one to come", {"windows": [once(-3, -1), once(4, 5)]}, None),
    ("its end is now", {"until": NOW}, "past"),
    ("its end is in the past", {"until": NOW - timedelta(days=1)}, "past"),
    ("in four months", {"windows": [once(24 * 120, 24 * 120 + 1)]}, "too_far_ahead"),
    ("a body's in four months", {"until": NOW + timedelta(days=120), "is_body": True}, None),
    ("five hundred portions", {"amount": 500}, None),
    ("more than a household", {"amount": 501}, "large"),
    ("a body's ten thousand", {"amount": 10_000, "is_body": True}, None),
    ("a hundred and one people", {"people": 101}, "large"),
]


@pytest.mark.parametrize("name, said, reason", CASES, ids=[name for name, *_ in CASES])
def test_what_neighbours_may_see(name: str, said: dict[str, Any], reason: str | None) -> None:
    assert why_not_shown(replace(ASKED, **said), now=NOW) == reason


DAYS = timedelta(days=1)
STANDS: list[tuple[dict[str, Any], timedelta]] = [
    ({}, 14 * DAYS),
    ({"direction": Side.OFFER}, 30 * DAYS),
    ({"windows": [once(1, 3)]}, timedelta(hours=3)),
    ({"windows": [once(24 * 30, 24 * 30 + 2)]}, 30 * DAYS + timedelta(hours=2)),
    ({"until": NOW + 5 * DAYS, "windows": [once(1, 24 * 9)]}, 5 * DAYS),
    ({"until": NOW - DAYS}, 14 * DAYS),
    ({"until": NOW + 200 * DAYS}, AHEAD_MOST),
    ({"until": NOW + 200 * DAYS, "is_body": True}, 200 * DAYS),
    ({"until": NOW + 900 * DAYS, "is_body": True}, BODY_STANDS_MOST),
]


@pytest.mark.parametrize("said, stands", STANDS)
def test_how_long_it_stands(said: dict[str, Any], stands: timedelta) -> None:
    assert expires_at(replace(ASKED, **said), now=NOW) == NOW + stands


@pytest.mark.parametrize(
    "stands, before", [(14 * DAYS, 2 * DAYS), (8 * DAYS, 2 * DAYS), (DAYS, DAYS / 4), (0 * DAYS, 0 * DAYS)]
)
def test_it_is_asked_about_before_it_ends(stands: timedelta, before: timedelta) -> None:
    assert asks_at(since=NOW, expires=NOW + stands) == NOW + stands - before


def test_a_coordinator_is_told_after_a_day_and_a_service_after_three() -> None:
    rungs = [86_400, 259_200]
    assert [next_rung(rungs, told, since=NOW) for told in range(3)] == [NOW + DAYS, NOW + 3 * DAYS, None]


A, B, C, D = (bytes([one]) for one in range(4))
CIRCLES: list[tuple[str, bytes, dict[bytes, frozenset[bytes]], bool]] = [
    ("for oneself by another name", A, {}, True),
    ("for somebody who asks for nobody", B, {}, False),
    ("each for the other", B, {B: frozenset({A})}, True),
    ("three in a round", B, {B: frozenset({C}), C: frozenset({A})}, True),
    ("a chain that ends", B, {B: frozenset({C}), C: frozenset({D})}, False),
    ("a round of others", B, {B: frozenset({C}), C: frozenset({B})}, False),
]


@pytest.mark.parametrize("name, start, asks_for, circle", CIRCLES, ids=[name for name, *_ in CIRCLES])
def test_who_asks_for_whom(name: str, start: bytes, asks_for: dict[bytes, frozenset[bytes]], circle: bool) -> None:
    assert is_circle(start, A, asks_for) is circle


ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "UTC"])
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
CLOCKS = st.integers(0, 23).map(lambda hour: f"{hour:02}:30")


@settings(max_examples=60, deadline=None)
@given(
    days=st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True), begins=CLOCKS, ends=CLOCKS, zone=ZONES,
    start=st.dates(date(2026, 1, 1), date(2027, 12, 1)), length=st.integers(1, 40),
)  # fmt: skip
def test_a_weekly_time_means_the_same_hour_of_the_clock_on_each_of_its_days(
    days: list[str], begins: str, ends: str, zone: str, start: date, length: int
) -> None:
    if begins == ends:
        return
    since = datetime.combine(start, time(), UTC)
    windows = kept([{"weekly": days, "from": begins, "to": ends}], zone)
    found = occurrences(windows, since=since, until=since + timedelta(days=length))
    local = [(one.astimezone(ZoneInfo(zone)), two.astimezone(ZoneInfo(zone))) for one, two in found]
    assert {WEEKDAYS[one.weekday()] for one, _ in local} <= set(days)
    # Where clocks are put forward an hour is missing, and what would begin in it begins later.
    assert all(f"{one:%H:%M}" == begins or zone in {"Europe/Berlin", "America/New_York"} for one, _ in local)
    assert len({one.date() for one, _ in local}) == len(found)
    expected = sum(WEEKDAYS[(start + timedelta(days=at)).weekday()] in days for at in range(length))
    assert abs(len(found) - expected) <= 2  # what reaches over either edge
    assert shown(windows) == [{"weekly": days, "from": begins, "to": ends}]
    assert last_end(windows) is None


def test_a_weekly_time_that_ends_is_over_with_its_last_day() -> None:
    (window,) = kept([{"weekly": ["TU"], "from": "22:00", "to": "01:00", "until": date(2026, 3, 12)}], "Asia/Shanghai")
    assert last_end([window]) == datetime(2026, 3, 10, 17, tzinfo=UTC)
    found = occurrences([window], since=NOW, until=NOW + 30 * DAYS)
    assert [one for one, _ in found] == [datetime(2026, 3, day, 14, tzinfo=UTC) for day in (3, 10)]
