"""Local days and times at a desk, also in the nights in which clocks change."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.organisations.rules.local import NoSuchTime, days_touching, moment_at, week_of

BERLIN, TAIPEI = "Europe/Berlin", "Asia/Taipei"


@pytest.mark.parametrize(
    "zone, day, lengths",
    [
        (TAIPEI, date(2026, 3, 25), [24.0] * 7),
        (BERLIN, date(2026, 3, 25), [24.0] * 6 + [23.0]),
        (BERLIN, date(2026, 10, 25), [24.0] * 6 + [25.0]),
    ],
)
def test_a_day_is_as_long_as_its_clocks_say(zone: str, day: date, lengths: list[float]) -> None:
    days = week_of(day, zone)
    assert [one.length_h for one in days] == lengths
    assert days[0].date.weekday() == 0
    assert days[0].date <= day <= days[-1].date


@given(st.dates(date(2000, 1, 3), date(2099, 12, 20)), st.sampled_from([BERLIN, TAIPEI, "America/New_York", "UTC"]))
def test_the_days_of_a_week_follow_each_other_without_gap(day: date, zone: str) -> None:
    days = week_of(day, zone)
    assert all(one.end == other.start for one, other in pairwise(days))


@pytest.mark.parametrize(
    "local, zone, utc",
    [
        ("2026-03-02 08:00", TAIPEI, "2026-03-02 00:00"),
        ("2026-03-29 01:59", BERLIN, "2026-03-29 00:59"),
        ("2026-03-29 03:00", BERLIN, "2026-03-29 01:00"),
        ("2026-10-25 02:30", BERLIN, "2026-10-25 00:30"),  # shown twice: the first time
    ],
)
def test_a_local_time_is_one_moment(local: str, zone: str, utc: str) -> None:
    assert moment_at(datetime.fromisoformat(local), zone) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def test_a_time_that_the_clocks_skip_is_refused() -> None:
    with pytest.raises(NoSuchTime):
        moment_at(datetime(2026, 3, 29, 2, 30), ZoneInfo(BERLIN).key)  # noqa: DTZ001 - local on purpose


def test_a_night_shift_touches_two_days() -> None:
    days = week_of(date(2026, 3, 29), BERLIN)
    start = moment_at(datetime(2026, 3, 28, 22, 0), BERLIN)  # noqa: DTZ001
    end = moment_at(datetime(2026, 3, 29, 6, 0), BERLIN)  # noqa: DTZ001
    assert end - start == timedelta(hours=7)
    assert days_touching(days, start, end) == (date(2026, 3, 28), date(2026, 3, 29))
