"""Which categories are services, and what is left of an incident in public."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.intake.open311.rules import (
    DELAY,
    PLACES_LEAST,
    RESOLUTIONS,
    WEEK,
    Blurred,
    Happening,
    blurred,
    is_past,
    is_service,
    week_of,
)
from backend.policy.catalogue import default_catalogue

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
LATER = MONDAY + 3 * WEEK
CATEGORIES = default_catalogue().categories
OPEN = {"CN01", "CN02", "CN03", "CN04", "CN08", "CN09", "CN10", "CN16"}


def test_services_are_the_concerns_of_which_counts_may_be_public_and_nothing_about_harm() -> None:
    assert {code for code, one in CATEGORIES.items() if is_service(one, private=one.private)} == OPEN
    about_people = {f"DS{number:02}" for number in range(1, 13)} | {f"AID{number:02}" for number in range(1, 12)}
    about_people |= {"CN05", "CN06", "CN07", "CN11", "CN12", "CN13", "CN14", "CN15"}
    assert about_people | OPEN == CATEGORIES.keys()


@pytest.mark.parametrize("code", sorted(OPEN))
def test_a_category_that_is_private_at_a_place_is_none_there(code: str) -> None:
    assert not is_service(CATEGORIES[code], private=True)


@pytest.mark.parametrize(
    "change", [{"may_appear_on_hotspot_map": False}, {"kind": "aid_request"}, {"kind": "distress"}, {"compartment": "aid"}]
)  # fmt: skip
def test_a_category_that_a_place_adds_has_to_say_that_it_may_be_public(change: dict[str, object]) -> None:
    assert not is_service(replace(CATEGORIES["CN01"], code="CN91", **change), private=False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "at, monday",
    [
        (MONDAY, MONDAY),
        (MONDAY + timedelta(days=6, hours=23, minutes=59), MONDAY),
        (MONDAY - timedelta(microseconds=1), MONDAY - WEEK),
        (MONDAY + WEEK, MONDAY + WEEK),
    ],
)
def test_weeks_begin_on_monday(at: datetime, monday: datetime) -> None:
    assert week_of(at) == monday


def test_a_week_is_shown_when_the_delay_after_its_end_is_over() -> None:
    shown_from = MONDAY + WEEK + DELAY
    assert is_past(MONDAY, shown_from)
    assert not is_past(MONDAY, shown_from - timedelta(microseconds=1))


def happening(number: int, *, lat: float = 30.45, lon: float = 120.45, **changes: object) -> Happening:
    cell = h3.latlng_to_cell(lat, lon, 9)
    base = Happening(UUID(int=number), "CN04", MONDAY + timedelta(hours=number % 100), None, cell, (1, 2, 3))
    return replace(base, **changes)  # type: ignore[arg-type]


def neighbours(count: int, **changes: object) -> list[Happening]:
    """Incidents at places some 350 m apart, all in one fine cell."""
    inner = h3.cell_to_children(h3.latlng_to_cell(30.45, 120.45, RESOLUTIONS[0]), 9)
    return [happening(number, **{"cell": inner[number * 2], **changes}) for number in range(count)]


def test_five_places_in_one_cell_are_shown_there_and_all_alike() -> None:
    shown = blurred(neighbours(5), LATER)
    assert len(shown) == 5
    assert {(one.service, one.week, one.cell, one.area) for one in shown} == {
        ("CN04", MONDAY, h3.latlng_to_cell(30.45, 120.45, RESOLUTIONS[0]), 3)
    }


@pytest.mark.parametrize(
    "happenings",
    [
        [],
        neighbours(4),
        [happening(number) for number in range(20)],
        [*neighbours(4), *neighbours(1, cell=None)],
        [*neighbours(4), replace(neighbours(5)[4], service="CN10")],
        [*neighbours(4), replace(neighbours(5)[4], opened_at=MONDAY - timedelta(seconds=1))],
        neighbours(20, opened_at=LATER - WEEK),
        neighbours(20, cell=None),
    ],
    ids=[
        "nothing", "four places", "one household twenty times", "four places and one unknown", "another service",
        "another week", "the last week", "no positions at all",
    ],
)  # fmt: skip
def test_fewer_than_five_places_are_not_shown(happenings: list[Happening]) -> None:
    assert blurred(happenings, LATER) == []


@pytest.mark.parametrize("at", [1, 2, 3])
def test_what_is_too_few_in_a_cell_joins_its_neighbours_in_a_wider_one(at: int) -> None:
    wide = h3.latlng_to_cell(30.45, 120.45, RESOLUTIONS[at])
    inner = sorted(h3.cell_to_children(wide, RESOLUTIONS[at - 1]))
    apart = [
        happening(number, cell=h3.cell_to_center_child(inner[number], 9), chain=(1, 2, number)) for number in range(5)
    ]
    assert {(one.cell, one.area) for one in blurred(apart, LATER)} == {(wide, 2)}


def test_what_is_too_few_everywhere_near_is_shown_without_a_place() -> None:
    far = [happening(number, lat=10.0 * number, lon=10.0 * number, chain=()) for number in range(5)]
    assert {(one.cell, one.area) for one in blurred([*far, happening(9, cell=None, chain=())], LATER)} == {(None, None)}
    assert len(blurred([*far, happening(9, cell=None, chain=())], LATER)) == 6


def test_an_end_is_shown_as_late_as_a_beginning() -> None:
    ends = [None, MONDAY, MONDAY + WEEK, MONDAY + 2 * WEEK, LATER]
    shown = blurred([replace(one, closed_at=end) for one, end in zip(neighbours(5), ends, strict=True)], LATER)
    closed = {one.id.int: one.closed_week for one in shown}
    assert closed == {0: None, 1: MONDAY, 2: MONDAY + WEEK, 3: None, 4: None}


HAPPENINGS = st.lists(
    st.builds(
        Happening,
        id=st.uuids(),
        service=st.sampled_from(["CN01", "CN04"]),
        opened_at=st.integers(0, 40).map(lambda days: MONDAY + timedelta(days=days)),
        closed_at=st.none() | st.integers(0, 60).map(lambda days: MONDAY + timedelta(days=days)),
        cell=st.none() | st.tuples(st.integers(0, 30), st.integers(0, 30)).map(
            lambda at: h3.latlng_to_cell(30 + at[0] / 50, 120 + at[1] / 50, 9)
        ),
        chain=st.sampled_from([(), (1,), (1, 2), (1, 2, 3), (1, 2, 4), (1, 5)]),
    ),
    max_size=80,
    unique_by=lambda one: one.id,
)  # fmt: skip


@given(HAPPENINGS)
def test_nobody_is_told_apart_from_four_others_by_what_is_public(happenings: list[Happening]) -> None:
    by_id = {one.id: one for one in happenings}
    shown = blurred(happenings, LATER)
    assert len({one.id for one in shown}) == len(shown)
    groups: defaultdict[tuple[object, ...], list[Blurred]] = defaultdict(list)
    for one in shown:
        groups[one.service, one.week, one.cell].append(one)
        true = by_id[one.id]
        assert one.service == true.service
        assert is_past(week_of(true.opened_at), LATER)
        assert one.cell is None or h3.cell_to_parent(true.cell, h3.get_resolution(one.cell)) == one.cell
        assert one.area is None or one.area in true.chain
    for group in groups.values():
        assert len({by_id[one.id].cell for one in group if by_id[one.id].cell}) >= PLACES_LEAST
        assert len({one.area for one in group}) == 1
