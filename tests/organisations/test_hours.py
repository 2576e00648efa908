"""Service hours: when planned promises end (taxonomy.md section 8), over nights, weekends and changes of the clock."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.organisations.hours import DAY_AND_NIGHT, EVERY_DAY, Hours, ServiceHours

HOUR, DAY = 3600, 86_400
WORKDAYS = frozenset({1, 2, 3, 4, 5})
OFFICE = ServiceHours(WORKDAYS, time(8, 30), time(17, 30), "Asia/Taipei")
BERLIN = OFFICE.at("Europe/Berlin")
ALL_DAY = ServiceHours(EVERY_DAY, time(), time(), "Europe/Berlin")
SUNDAYS = ServiceHours(frozenset({7}), time(), time(), "Europe/Berlin")
FRIDAY_NIGHTS = ServiceHours(frozenset({5}), time(22), time(6), "Europe/Berlin")


def at(wall: str, hours: ServiceHours) -> datetime:
    """The moment at which clocks on the wall of a place show ``wall``."""
    return datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(hours.zone)).astimezone(UTC)


def due(hours: ServiceHours, since: datetime, promised_s: float) -> datetime:
    """When a promise of so many seconds is due."""
    length = hours.length(promised_s)
    return hours.moments(since, [length])[length]


# 2 March 2026 is a Monday. Clocks in Berlin go forward in the night to 29 March and back in the one to 25 October.
@pytest.mark.parametrize(
    "hours, since, promised_s, expected",
    [
        pytest.param(OFFICE, "2026-03-03 10:00", DAY, "2026-03-04 10:00", id="a day is a service day"),
        pytest.param(OFFICE, "2026-03-03 10:00", 7 * DAY, "2026-03-12 10:00", id="seven days are seven of them"),
        pytest.param(OFFICE, "2026-03-03 10:00", 4 * HOUR, "2026-03-03 14:00", id="hours of one day"),
        pytest.param(OFFICE, "2026-03-03 14:00", 8 * HOUR, "2026-03-04 13:00", id="hours go on the next morning"),
        pytest.param(
            OFFICE, "2026-03-03 10:00", 20 * HOUR, "2026-03-04 10:00", id="hours of a day are at most its own"
        ),
        pytest.param(OFFICE, "2026-03-03 10:00", 26 * HOUR, "2026-03-04 12:00", id="a day and two hours"),
        pytest.param(OFFICE, "2026-03-06 17:00", HOUR, "2026-03-09 09:00", id="Friday evening goes on on Monday"),
        pytest.param(OFFICE, "2026-03-06 18:00", DAY, "2026-03-10 08:30", id="Friday night begins on Monday"),
        pytest.param(OFFICE, "2026-03-07 12:00", 4 * HOUR, "2026-03-09 12:30", id="Saturday"),
        pytest.param(OFFICE, "2026-03-08 23:59", 4 * HOUR, "2026-03-09 12:30", id="Sunday night"),
        pytest.param(
            OFFICE, "2026-03-02 07:00", DAY, "2026-03-03 08:30", id="before opening, and never short of a day"
        ),
        pytest.param(OFFICE, "2026-03-02 17:30", HOUR, "2026-03-03 09:30", id="closing time is closed"),
        pytest.param(OFFICE, "2026-03-02 16:30", HOUR, "2026-03-03 08:30", id="what ends at closing ends at opening"),
        pytest.param(OFFICE, "2026-03-07 12:00", 0, "2026-03-09 08:30", id="nothing to wait for but opening"),
        pytest.param(BERLIN, "2026-03-27 17:00", DAY, "2026-03-30 17:00", id="over the change to summer"),
        pytest.param(BERLIN, "2026-10-23 17:00", DAY, "2026-10-26 17:00", id="over the change to winter"),
        pytest.param(SUNDAYS, "2026-03-29 01:00", 2 * HOUR, "2026-03-29 04:00", id="the hour that is skipped"),
        pytest.param(SUNDAYS, "2026-10-25 01:00", 2 * HOUR, "2026-10-25 02:00", id="the hour that comes twice"),
        pytest.param(SUNDAYS, "2026-10-25 23:00", 2 * HOUR, "2026-11-01 01:00", id="a day of twenty-five hours ends"),
        pytest.param(ALL_DAY, "2026-03-28 12:00", DAY, "2026-03-29 13:00", id="day and night is real time"),
        pytest.param(
            FRIDAY_NIGHTS, "2026-03-07 05:00", 2 * HOUR, "2026-03-13 23:00", id="a night belongs to its evening"
        ),
        pytest.param(FRIDAY_NIGHTS, "2026-03-06 21:00", 5 * HOUR, "2026-03-07 03:00", id="past midnight"),
    ],
)
def test_a_promise_counts_service_hours_only(hours: ServiceHours, since: str, promised_s: float, expected: str) -> None:
    found = due(hours, at(since, hours), promised_s)
    assert found.astimezone(ZoneInfo(hours.zone)).strftime("%Y-%m-%d %H:%M") == expected


def test_the_hour_that_comes_twice_ends_at_its_second_turn() -> None:
    assert due(SUNDAYS, at("2026-10-25 01:00", SUNDAYS), 2 * HOUR) == datetime(2026, 10, 25, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "since, until, hours",
    [
        ("2026-03-06 17:00", "2026-03-09 09:00", 1),
        ("2026-03-07 10:00", "2026-03-08 10:00", 0),
        ("2026-03-02 00:00", "2026-03-09 00:00", 45),
        ("2026-03-03 12:00", "2026-03-03 10:00", 0),
    ],
)
def test_what_has_passed_is_counted_alike(since: str, until: str, hours: float) -> None:
    assert OFFICE.between(at(since, OFFICE), at(until, OFFICE)) == timedelta(hours=hours)


moments = st.integers(0, 365 * DAY).map(lambda second: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second))
times = st.times().map(lambda one: one.replace(second=0, microsecond=0, tzinfo=None))
places = st.builds(
    ServiceHours, st.frozensets(st.integers(1, 7)), times, times,
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Taipei", "America/New_York", "Asia/Kathmandu"]),
)  # fmt: skip


@given(places, moments, st.floats(0, 20 * DAY))
def test_the_moment_that_is_found_lies_in_service_and_so_much_service_has_passed(
    hours: ServiceHours, since: datetime, promised_s: float
) -> None:
    found, length = due(hours, since, promised_s), hours.length(promised_s)
    assert hours.between(since, found) == length
    assert found >= since
    assert hours.moments(found, [timedelta()])[timedelta()] == found


@given(places, moments, st.floats(0, 20 * DAY), st.floats(0, DAY))
def test_a_longer_promise_is_never_due_sooner_and_none_is_due_before_its_real_time(
    hours: ServiceHours, since: datetime, promised_s: float, more_s: float
) -> None:
    found = due(hours, since, promised_s)
    assert found <= due(hours, since, promised_s + more_s)
    # The night in which clocks go forward has an hour less.
    assert found >= since + timedelta(seconds=promised_s) - timedelta(hours=1)


@given(moments, st.floats(0, 20 * DAY))
def test_day_and_night_counts_every_second(since: datetime, promised_s: float) -> None:
    assert due(DAY_AND_NIGHT, since, promised_s) == since + timedelta(seconds=promised_s)


def test_where_no_day_is_a_service_day_a_promise_does_not_wait_for_ever() -> None:
    nowhere = ServiceHours(frozenset(), time(8), time(17), "UTC")
    since = datetime(2026, 3, 7, 12, 0, tzinfo=UTC)
    assert due(nowhere, since, 8 * HOUR) == since + timedelta(hours=8)


def test_a_weekday_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="9"):
        ServiceHours(frozenset({1, 9}), time(8), time(17))


@pytest.mark.parametrize(
    "hours, wall, covered",
    [
        (Hours(time(22), time(7)), time(22), True),
        (Hours(time(22), time(7)), time(7), False),
        (Hours(time(1), time(3)), time(2), True),
        (Hours(time(1), time(3)), time(3), False),
        (Hours(time(7), time(7)), time(7), False),
    ],
)
def test_a_part_of_the_day_may_pass_midnight(hours: Hours, wall: time, covered: bool) -> None:
    assert hours.covers(wall) is covered
