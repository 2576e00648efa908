"""What happens in a gap of a rota, worked out for each part of it (R02)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.organisations.rules.cover import Covering, Instead, what_happens
from backend.organisations.rules.rotas import Gap, Turn

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
OWN, NEXT, LAST = UUID(int=1), UUID(int=2), UUID(int=3)
ANA = UUID(int=9)
ORDER = [Covering(OWN, False, True), Covering(NEXT, False, True), Covering(LAST, False, True)]


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def turn(start: float, end: float, rank: int = 0) -> Turn:
    return Turn(at(start), at(end), rank, ANA)


GAP = Gap(at(0), at(8))


@pytest.mark.parametrize(
    "turns, expected",
    [
        ({}, [(0, 8, "nobody", None)]),
        ({NEXT: [turn(-2, 10)]}, [(0, 8, "other_desk", NEXT)]),
        ({NEXT: [turn(0, 3)], LAST: [turn(2, 8)]}, [(0, 3, "other_desk", NEXT), (3, 8, "other_desk", LAST)]),
        ({OWN: [turn(2, 4, rank=1)]}, [(0, 2, "nobody", None), (2, 4, "deputy", None), (4, 8, "nobody", None)]),
        ({NEXT: [turn(0, 4), turn(4, 8)]}, [(0, 8, "other_desk", NEXT)]),
        ({NEXT: [turn(0, 8, rank=1)]}, [(0, 8, "other_desk", NEXT)]),
    ],
)
def test_each_part_of_a_gap_says_who_answers(
    turns: dict[UUID, list[Turn]], expected: list[tuple[int, int, str, UUID | None]]
) -> None:
    found = what_happens(GAP, OWN, ORDER, turns)
    assert [(one.start, one.end, one.instead.value, one.desk_id) for one in found] == [
        (at(a), at(b), instead, desk) for a, b, instead, desk in expected
    ]


def test_a_body_that_takes_no_part_answers_for_nobody_and_an_outside_room_always_does() -> None:
    asleep = [Covering(NEXT, True, False), Covering(LAST, True, True)]
    (piece,) = what_happens(GAP, OWN, asleep, {})
    assert (piece.instead, piece.desk_id) == (Instead.OTHER_DESK, LAST)


spans = st.tuples(st.integers(-4, 12), st.integers(1, 6), st.integers(0, 1)).map(
    lambda one: turn(one[0], one[0] + one[1], one[2])
)


@given(st.dictionaries(st.sampled_from([OWN, NEXT, LAST]), st.lists(spans, max_size=4)))
def test_the_parts_tile_the_gap_and_neighbours_differ(turns: dict[UUID, list[Turn]]) -> None:
    found = what_happens(GAP, OWN, ORDER, turns)
    assert (found[0].start, found[-1].end) == (GAP.start, GAP.end)
    for one, other in pairwise(found):
        assert one.end == other.start
        assert (one.instead, one.desk_id) != (other.instead, other.desk_id)
