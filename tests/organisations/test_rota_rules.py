"""Rules of rotas (C13, R03), and of the gap board."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.organisations.rules.gaps import Lead, leads_without_deputy, missing_leads
from backend.organisations.rules.rotas import (
    Gap,
    Turn,
    merge_rota,
    needs_cover,
    overlaps,
    rota_gaps,
    say_gaps,
    say_overlap,
)

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ANA, BO = UUID(int=1), UUID(int=2)


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def turn(start: float, end: float, rank: int = 0, person: UUID = ANA) -> Turn:
    return Turn(at(start), at(end), rank, person)


@pytest.mark.parametrize(
    "turns, gaps",
    [
        ([], [(0, 24)]),
        ([turn(0, 24)], []),
        ([turn(-8, 30)], []),
        ([turn(0, 8), turn(8, 16), turn(16, 24)], []),
        ([turn(16, 24), turn(0, 8)], [(8, 16)]),
        ([turn(0, 24, rank=1)], [(0, 24)]),
        ([turn(2, 10), turn(4, 6), turn(20, 23)], [(0, 2), (10, 20), (23, 24)]),
        ([turn(-8, 0), turn(24, 30)], [(0, 24)]),
        ([turn(5, 5)], [(0, 24)]),
    ],
)
def test_gaps_are_the_times_without_a_first_answerer(turns: list[Turn], gaps: list[tuple[float, float]]) -> None:
    assert rota_gaps(turns, at(0), at(24)) == tuple(Gap(at(start), at(end)) for start, end in gaps)


turns_of_a_day = st.lists(
    st.builds(
        lambda start, length, rank, person: turn(start, start + length, rank, UUID(int=person)),
        st.integers(-12, 30),
        st.integers(1, 16),
        st.integers(0, 1),
        st.integers(1, 4),
    ),
    max_size=8,
)


@given(turns_of_a_day)
def test_every_hour_is_either_covered_or_in_exactly_one_gap(turns: list[Turn]) -> None:
    gaps = rota_gaps(turns, at(0), at(24))
    for hour in range(24):
        moment = at(hour + 0.5)
        covered = any(one.rank == 0 and one.start <= moment < one.end for one in turns)
        assert sum(gap.start <= moment < gap.end for gap in gaps) == (0 if covered else 1)
    assert all(gap.start < gap.end for gap in gaps)
    assert all(first.end < second.start for first, second in pairwise(gaps))


@given(turns_of_a_day)
def test_overlaps_are_named_exactly_when_two_turns_clash(turns: list[Turn]) -> None:
    distinct = sorted(set(turns))
    clash = any(
        a.start < b.end and b.start < a.end and (a.rank == b.rank or a.person_id == b.person_id)
        for at_, a in enumerate(distinct)
        for b in distinct[at_ + 1 :]
    )
    assert bool(overlaps(distinct)) is clash


def test_the_same_turn_twice_clashes_with_itself() -> None:
    assert len(overlaps([turn(0, 8), turn(0, 8)])) == 1


@pytest.mark.parametrize(
    "kind, always_staffed, needed",
    [
        ("buck_stops", False, True),
        ("buck_stops", True, False),
        ("duty", False, False),
        ("organisation", False, False),
    ],
)
def test_only_a_last_desk_without_an_outside_staff_needs_cover(kind: str, always_staffed: bool, needed: bool) -> None:
    assert needs_cover(kind, always_staffed=always_staffed) is needed


def test_the_words_of_a_gap_name_the_local_time_and_who_must_fill_it() -> None:
    words = say_gaps(
        [Gap(at(0), at(8))],
        desk={"en": "Last desk", "zh": "兜底席"},
        body={"en": "River Town Council"},
        zone="Asia/Shanghai",
    )
    assert words["en"].startswith("Nobody answers first at Last desk for 2 Mar 16:00–3 Mar 00:00")
    assert "River Town Council must fill it" in words["en"]
    assert "3月2日 16:00" in words["zh"]


def test_more_gaps_than_can_be_read_are_cut() -> None:
    gaps = [Gap(at(2 * hour), at(2 * hour + 1)) for hour in range(8)]
    words = say_gaps(gaps, desk={"en": "Desk"}, body={"en": "Council"}, zone="UTC")
    assert words["en"].count("–") == 5
    assert "…" in words["en"]


@pytest.mark.parametrize(
    "second, why",
    [(turn(4, 12, person=BO), "two people have rank 0"), (turn(4, 12, rank=1), "one person has two turns")],
)
def test_the_words_of_an_overlap_say_when_and_why(second: Turn, why: str) -> None:
    words = say_overlap(overlaps([turn(0, 8), second])[0], zone="UTC")
    assert words["en"] == f"From 2 Mar 12:00 to 2 Mar 16:00 (UTC), {why}."
    assert words["zh"]


STORED = [turn(-16, -8), turn(-4, 4), turn(4, 12, person=BO), turn(30, 38)]


@pytest.mark.parametrize(
    "wanted, removed, added",
    [
        (STORED[:3], [], []),
        (STORED[:2], [STORED[2]], []),
        (STORED[1:2], [STORED[2]], []),
        ([STORED[2]], [STORED[1]], []),
        ([turn(-4, 4, person=BO), STORED[2]], [STORED[1]], [turn(0, 4, person=BO)]),
        ([*STORED[:3], turn(12, 20)], [], [turn(12, 20)]),
    ],
)
def test_a_new_rota_changes_what_is_to_come_and_nothing_that_was_served(
    wanted: list[Turn], removed: list[Turn], added: list[Turn]
) -> None:
    plan = merge_rota(STORED, wanted, start=at(-24), end=at(24), now=NOW)
    assert plan.misplaced is None
    assert plan.removed == tuple(removed)
    assert plan.added == tuple(added)
    assert STORED[3] in plan.kept


@pytest.mark.parametrize(
    "bad",
    [turn(4, 4), turn(6, 4), turn(25, 30), turn(-30, -28), turn(-16, -9), turn(-8, -1)],
)
def test_a_turn_that_cannot_be_is_named_by_its_index(bad: Turn) -> None:
    plan = merge_rota(STORED, [STORED[1], bad], start=at(-24), end=at(24), now=NOW)
    assert plan.misplaced == 1
    assert set(plan.why) == {"en", "zh"}


LEAD = Lead(UUID(int=9), ANA, "CH", "DS06", 3, "respond", True, True, at(-100), None)
CHAIN = {3: (1, 2, 3), 2: (1, 2), 1: (1,)}


@pytest.mark.parametrize(
    "other, is_missing",
    [
        ({}, False),
        ({"area_id": 1}, False),
        ({"area_id": None}, False),
        ({"category": None}, False),
        ({"area_id": 4}, True),
        ({"category": "DS05"}, True),
        ({"route": "SW"}, True),
        ({"phase": "recover"}, True),
        ({"is_active": False}, True),
        ({"valid_to": at(0)}, True),
        ({"valid_from": at(1)}, True),
    ],
)
def test_a_lead_is_missing_until_another_takes_in_all_of_it(other: dict[str, Any], is_missing: bool) -> None:
    over = replace(LEAD, valid_to=at(-1))
    found = missing_leads([over, replace(LEAD, id=UUID(int=8), **other)], lambda area: CHAIN[area], now=NOW)
    assert (over in found) is is_missing


def test_a_lead_in_force_without_a_deputy_is_a_gap() -> None:
    alone = replace(LEAD, has_deputy=False)
    assert leads_without_deputy([LEAD, alone, replace(alone, is_active=False)], now=NOW) == (alone,)
