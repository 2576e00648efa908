"""The ladder's times (taxonomy.md section 8, rules.md "The no-limbo ladder in one picture")."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.incidents.rules import (
    Pace,
    Run,
    Rung,
    next_rung_at,
    overlaps_or_gaps,
    plan_clocks,
    resumed,
    rungs_due,
    wake_limit,
)
from backend.organisations.hours import DAY_AND_NIGHT, ServiceHours
from backend.policy.clocks import Ladder

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TAIPEI = ZoneInfo("Asia/Taipei")
OFFICE = ServiceHours(frozenset({1, 2, 3, 4, 5}), time(8, 30), time(17, 30), "Asia/Taipei")
DAY = 86_400
SHIPPED = Ladder()


@pytest.mark.parametrize(
    "kind, grade, length_s, minutes",
    [
        ("acknowledge", 2, 600, [5, 10, 15, 20, 30, 50]),
        ("acknowledge", 1, 120, [1, 2, 3, 4, 5, 8]),
        ("acknowledge", 3, 3600, [30, 60, 90, 120, 180, 300]),
        ("contact", 1, 120, [1, 2, 3, 4, 6, 10]),
    ],
)
def test_rungs_are_climbed_at_the_stated_minutes(kind: str, grade: int, length_s: int, minutes: list[int]) -> None:
    assert [offset / 60 for offset in SHIPPED.offsets_s(kind, grade, length_s)] == minutes


@pytest.mark.parametrize(
    "minute, fired, due",
    [
        (4, 0, []),
        (5, 0, [Rung.REMIND_OWNER]),
        (5, 1, []),
        (16, 1, [Rung.DEPUTY, Rung.ORGANISATION_DESK]),
        (60, 0, list(Rung)),
        (60, 6, []),
    ],
)
def test_rungs_missed_while_nobody_looked_are_all_climbed(minute: int, fired: int, due: list[Rung]) -> None:
    rungs_s = SHIPPED.offsets_s("acknowledge", 2, 600)
    found = rungs_due(rungs_s, started_at=NOW, rungs_fired=fired, now=NOW + timedelta(minutes=minute))
    assert list(found) == due


@given(st.integers(1, 5), st.floats(60, 1e7), st.integers(0, 6))
def test_the_next_rung_is_the_first_that_is_not_due(grade: int, length_s: float, fired: int) -> None:
    rungs_s = SHIPPED.offsets_s("acknowledge", grade, length_s)
    following = next_rung_at(rungs_s, started_at=NOW, rungs_fired=fired)
    if following is None:
        assert fired == len(Rung)
    else:
        tick = timedelta(milliseconds=1)
        assert rungs_due(rungs_s, started_at=NOW, rungs_fired=fired, now=following - tick) == ()
        assert rungs_due(rungs_s, started_at=NOW, rungs_fired=fired, now=following + tick)[0] == fired + 1


def test_clocks_start_with_their_first_rung_armed() -> None:
    plans = plan_clocks({"acknowledge": 600, "contact": 1800}, Pace(2), now=NOW)
    assert [(p.kind, p.due_at - NOW, (p.next_rung_at or NOW) - NOW) for p in plans] == [
        ("acknowledge", timedelta(minutes=10), timedelta(minutes=5)),
        ("contact", timedelta(minutes=30), timedelta(minutes=15)),
    ]


def taipei(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TAIPEI)


def walls(moments: list[datetime]) -> list[str]:
    return [moment.astimezone(TAIPEI).strftime("%a %H:%M") for moment in moments]


# A service day is nine hours, so the rungs of “24 h” come after 4.5, 9, 13.5, 18, 27 and 45 hours of service.
@pytest.mark.parametrize(
    "started, due, rungs",
    [
        (
            "2026-03-03 08:30",
            "Wed 08:30",
            ["Tue 13:00", "Wed 08:30", "Wed 13:00", "Thu 08:30", "Fri 08:30", "Tue 08:30"],
        ),
        (
            "2026-03-06 17:00",
            "Mon 17:00",
            ["Mon 12:30", "Mon 17:00", "Tue 12:30", "Tue 17:00", "Wed 17:00", "Fri 17:00"],
        ),
        (
            "2026-03-07 12:00",
            "Tue 08:30",
            ["Mon 13:00", "Tue 08:30", "Tue 13:00", "Wed 08:30", "Thu 08:30", "Mon 08:30"],
        ),
    ],
)
@pytest.mark.parametrize("grade", [4, 5])
def test_a_planned_promise_and_its_rungs_come_in_service_hours(
    grade: int, started: str, due: str, rungs: list[str]
) -> None:
    start = taipei(started)
    (plan,) = plan_clocks({"acknowledge": DAY}, Pace(grade, hours=OFFICE), now=start)
    assert walls([plan.due_at]) == [due]
    assert walls([start + timedelta(seconds=offset) for offset in plan.rungs_s]) == rungs
    assert plan.next_rung_at == start + timedelta(seconds=plan.rungs_s[0])


@given(
    st.integers(1, 3), st.sampled_from(["acknowledge", "contact", "action", "update", "resolve"]), st.floats(60, 1e6)
)
def test_no_hours_of_a_place_stop_a_safety_clock(grade: int, kind: str, length_s: float) -> None:
    saturday = taipei("2026-03-07 12:00")
    with_hours, without = (
        plan_clocks({kind: length_s}, Pace(grade, hours=hours), now=saturday) for hours in (OFFICE, DAY_AND_NIGHT)
    )
    assert with_hours == without
    assert with_hours[0].due_at == saturday + timedelta(seconds=length_s)


@pytest.mark.parametrize("kind", ["wake", "loop_back"])
def test_a_moment_that_a_person_named_is_kept_to_the_second(kind: str) -> None:
    (plan,) = plan_clocks({kind: 3600.5}, Pace(4, hours=OFFICE), now=taipei("2026-03-07 12:00"))
    assert plan.due_at == taipei("2026-03-07 13:00:00.5")
    assert plan.rungs_s == (3601,)


@pytest.mark.parametrize(
    "not_after, due, second_rung",
    [
        ("2026-03-03 10:00", "Tue 10:00", "Tue 10:00"),
        ("2026-03-09 10:00", "Wed 09:00", "Wed 09:00"),
        ("2026-03-02 10:00", "Tue 09:00", "Tue 09:00"),
    ],
)
def test_a_clock_that_replaces_another_is_never_due_later(not_after: str, due: str, second_rung: str) -> None:
    start = taipei("2026-03-03 09:00")
    pace = Pace(4, hours=OFFICE, not_after={"contact": taipei(not_after)})
    (plan,) = plan_clocks({"contact": DAY}, pace, now=start)
    assert walls([plan.due_at]) == [due]
    assert walls([start + timedelta(seconds=plan.rungs_s[1])]) == [second_rung]


@pytest.mark.parametrize(
    "hours, paused, now, due, rungs",
    [
        # Eight of nine service hours were left when it was paused, and three and a half until its first rung.
        (OFFICE, "2026-03-03 09:30", "2026-03-04 10:00", "Thu 09:00", ["Wed 13:30", "Thu 09:00"]),
        (OFFICE, "2026-03-03 09:30", "2026-03-07 10:00", "Mon 16:30", ["Mon 12:00", "Mon 16:30"]),
        (DAY_AND_NIGHT, "2026-03-03 09:30", "2026-03-07 10:30", "Sun 09:30", ["Sat 21:30", "Sun 09:30"]),
    ],
)
def test_what_was_left_of_a_clock_is_left_when_it_goes_on(
    hours: ServiceHours, paused: str, now: str, due: str, rungs: list[str]
) -> None:
    start = taipei("2026-03-03 08:30")
    (plan,) = plan_clocks({"resolve": DAY}, Pace(4, hours=hours), now=start)
    before = Run(start, plan.due_at, plan.rungs_s)
    after = resumed(before, hours, paused_at=taipei(paused), now=taipei(now))
    found = [after.started_at + timedelta(seconds=offset) for offset in after.rungs_s]
    assert (walls([after.due_at]), walls(found[:2])) == ([due], rungs)


def test_a_rung_that_was_due_before_the_pause_stays_due() -> None:
    start, paused = taipei("2026-03-03 08:30"), taipei("2026-03-03 14:00")
    (plan,) = plan_clocks({"resolve": DAY}, Pace(4, hours=OFFICE), now=start)
    after = resumed(Run(start, plan.due_at, plan.rungs_s), OFFICE, paused_at=paused, now=taipei("2026-03-04 14:00"))
    assert after.rungs_s[0] == plan.rungs_s[0]
    assert rungs_due(after.rungs_s, started_at=after.started_at, rungs_fired=0, now=taipei("2026-03-04 14:00")) == (1,)


def test_a_place_climbs_by_its_own_ladder() -> None:
    ladder = Ladder((0.25, 0.5, 0.75, 1.0, 1.5, 2.5), (30, 60, 90, 120, 150, 240))
    first, second = plan_clocks({"acknowledge": 120, "contact": 120}, Pace(1, ladder), now=NOW)
    assert (first.rungs_s, second.rungs_s) == ((30, 60, 90, 120, 150, 240), (30, 60, 90, 120, 180, 300))


@pytest.mark.parametrize("most_s, latest", [(0, None), (14_400, timedelta(hours=4)), (864_000, timedelta(days=10))])
def test_waiting_ends_when_the_place_says_so(most_s: int, latest: timedelta | None) -> None:
    assert wake_limit(most_s, now=NOW) == (latest and NOW + latest)


@pytest.mark.parametrize(
    "intervals, broken",
    [
        ([(0, None)], False),
        ([(0, 5), (5, None)], False),
        ([(0, 5), (6, None)], True),
        ([(0, 5), (4, None)], True),
        ([(1, None)], True),
        ([(0, 5)], True),
        ([], True),
    ],
)
def test_gaps_and_overlaps_of_ownership_are_found(intervals: list[tuple[int, int | None]], broken: bool) -> None:
    def at(minute: int) -> datetime:
        return NOW + timedelta(minutes=minute)

    spans = [(at(begin), at(end) if end is not None else None) for begin, end in intervals]
    assert overlaps_or_gaps(spans, since=NOW) is broken
