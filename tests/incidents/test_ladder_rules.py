"""The ladder's times (taxonomy.md section 8, rules.md "The no-limbo ladder in one picture")."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.incidents.rules import DEFAULT_LADDER, Rung, next_rung_at, overlaps_or_gaps, plan_clocks, rungs_due

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


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
    assert [offset / 60 for offset in DEFAULT_LADDER.offsets_s(kind, grade, length_s)] == minutes


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
    rungs_s = DEFAULT_LADDER.offsets_s("acknowledge", 2, 600)
    found = rungs_due(rungs_s, started_at=NOW, rungs_fired=fired, now=NOW + timedelta(minutes=minute))
    assert list(found) == due


@given(st.integers(1, 5), st.floats(60, 1e7), st.integers(0, 6))
def test_the_next_rung_is_the_first_that_is_not_due(grade: int, length_s: float, fired: int) -> None:
    rungs_s = DEFAULT_LADDER.offsets_s("acknowledge", grade, length_s)
    following = next_rung_at(rungs_s, started_at=NOW, rungs_fired=fired)
    if following is None:
        assert fired == len(Rung)
    else:
        tick = timedelta(milliseconds=1)
        assert rungs_due(rungs_s, started_at=NOW, rungs_fired=fired, now=following - tick) == ()
        assert rungs_due(rungs_s, started_at=NOW, rungs_fired=fired, now=following + tick)[0] == fired + 1


def test_clocks_start_with_their_first_rung_armed() -> None:
    plans = plan_clocks({"acknowledge": 600, "contact": 1800}, 2, now=NOW)
    assert [(p.kind, p.due_at - NOW, (p.next_rung_at or NOW) - NOW) for p in plans] == [
        ("acknowledge", timedelta(minutes=10), timedelta(minutes=5)),
        ("contact", timedelta(minutes=30), timedelta(minutes=15)),
    ]


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
