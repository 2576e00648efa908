"""Which areas a point lies in."""

import math
import threading
from collections.abc import Sequence

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.areas.index import OUTSIDE, PREPARE_ABOVE, AreaIndex, IndexedArea, Location
from backend.areas.rules import Node, division_ranks


def area(id_: int, level: int = 0, parent: int | None = None, division: str = "d", rank: int = 0) -> IndexedArea:
    return IndexedArea(id_, level, division, parent, rank)


def box(x0: float, y0: float, x1: float, y1: float) -> bytes:
    return bytes(shapely.box(x0, y0, x1, y1).wkb)


# A city cut into two districts at x = 2, these into villages at x = 1 and x = 3; the ids of the villages run
# against those of the districts. A second division of level 2 cuts at y = 1.
CITY = AreaIndex(
    [
        (area(1), box(0, 0, 4, 2)),
        (area(2, 1, 1), box(0, 0, 2, 2)),
        (area(3, 1, 1), box(2, 0, 4, 2)),
        (area(14, 2, 2, "village"), box(0, 0, 1, 2)),
        (area(13, 2, 2, "village"), box(1, 0, 2, 2)),
        (area(12, 2, 3, "village"), box(2, 0, 3, 2)),
        (area(11, 2, 3, "village"), box(3, 0, 4, 2)),
        (area(20, 2, 1, "beat", 1), box(0, 0, 4, 1)),
        (area(21, 2, 1, "beat", 1), box(0, 1, 4, 2)),
    ]
)


@pytest.mark.parametrize(
    ("lat", "lon", "primary", "covers"),
    [
        (0.5, 0.5, (1, 2, 14), (1, 2, 14, 20)),
        (1.5, 3.5, (1, 3, 11), (1, 3, 11, 21)),
        # On the border of two villages of one district the smaller id wins; the other stays a candidate.
        (0.5, 1.0, (1, 2, 13), (1, 2, 13, 14, 20)),
        (0.5, 3.0, (1, 3, 11), (1, 3, 11, 12, 20)),
        # On the border of two districts the smaller id wins, and below it its own child.
        (0.5, 2.0, (1, 2, 13), (1, 2, 3, 13, 12, 20)),
        # On the border of the other division alone.
        (1.0, 0.5, (1, 2, 14), (1, 2, 14, 20, 21)),
        # A corner of everything.
        (1.0, 2.0, (1, 2, 13), (1, 2, 3, 13, 12, 20, 21)),
        # The outermost corner belongs to the city.
        (0.0, 0.0, (1, 2, 14), (1, 2, 14, 20)),
    ],
)
def test_a_point_has_one_area_of_each_level_and_keeps_the_candidates(
    lat: float, lon: float, primary: tuple[int, ...], covers: tuple[int, ...]
) -> None:
    found = CITY.locate(lat=lat, lon=lon)
    assert found == Location(primary, covers)
    assert found.smallest == primary[-1]
    assert not found.outside


@pytest.mark.parametrize(
    ("lat", "lon"),
    [(-0.001, 1), (1, 4.001), (90, 0), (-90, 180), (0, -180), (1000, 2), (math.nan, 1), (1, math.inf)],
)
def test_a_point_outside_every_area_is_outside_and_never_an_error(lat: float, lon: float) -> None:
    found = CITY.locate(lat=lat, lon=lon)
    assert found is OUTSIDE
    assert found.outside
    assert found.smallest is None
    assert found.primary == ()


def test_a_border_within_one_district_goes_to_the_smaller_id() -> None:
    pair = AreaIndex([(area(8), box(0, 0, 1, 1)), (area(5), box(1, 0, 2, 1))])
    assert pair.locate(lat=0.5, lon=1) == Location((5,), (5, 8))


def test_a_level_that_no_polygon_covers_is_filled_from_the_parents() -> None:
    water = AreaIndex([(area(1), box(0, 0, 1, 1)), (area(2, 1, 1), box(0, 0, 2, 1)), (area(3, 2, 2), box(0, 0, 3, 1))])
    assert water.locate(lat=0.5, lon=1.5) == Location((1, 2, 3), (2, 3))
    assert water.locate(lat=0.5, lon=2.5) == Location((1, 2, 3), (3,))


def test_where_the_first_division_has_a_gap_the_next_gives_the_area() -> None:
    gap = AreaIndex([(area(1, 1, None, "village"), box(0, 0, 1, 1)), (area(2, 1, None, "beat", 1), box(0, 0, 2, 1))])
    assert gap.locate(lat=0.5, lon=0.5) == Location((1,), (1, 2))
    assert gap.locate(lat=0.5, lon=1.5) == Location((2,), (2,))


def test_chains_run_from_the_top_and_stop_at_what_is_no_parent() -> None:
    assert CITY.chain(11) == (1, 3, 11)
    assert CITY.chain(1) == (1,)
    assert CITY.chain(99) == ()
    odd = AreaIndex(
        [
            (area(1, 1, 2), box(0, 0, 1, 1)),
            (area(2, 1, 1), box(0, 0, 1, 1)),
            (area(3, 2, 77), box(0, 0, 1, 1)),
        ]
    )
    assert [odd.chain(id_) for id_ in (1, 2, 3)] == [(1,), (2,), (3,)]


def test_an_empty_index_knows_no_place() -> None:
    nowhere = AreaIndex([])
    assert len(nowhere) == 0
    assert nowhere.locate(lat=0, lon=0).outside
    assert nowhere.area(1) is None


def test_areas_across_the_antimeridian_and_at_the_pole_are_found() -> None:
    fiji = shapely.MultiPolygon([shapely.box(177, -20, 180, -15), shapely.box(-180, -20, -178, -15)]).wkb
    pole = shapely.Polygon([(lon, 80) for lon in range(-180, 181, 10)] + [(180, 90), (-180, 90)]).wkb
    index = AreaIndex([(area(1), fiji), (area(2), pole), (area(3, 1), box(-180, -16, -179, -15))])
    assert index.locate(lat=-17, lon=179.9).primary == (1,)
    assert index.locate(lat=-17, lon=-179.9).primary == (1,)
    assert index.locate(lat=-15.5, lon=180).primary == index.locate(lat=-15.5, lon=-180).primary == (1, 3)
    assert index.locate(lat=90, lon=12).primary == (2,)
    assert index.locate(lat=-17, lon=0).outside


def test_large_polygons_answer_alike_from_many_threads() -> None:
    circles = [shapely.Point(x, 0).buffer(1, quad_segs=PREPARE_ABOVE) for x in range(4)]
    index = AreaIndex([(area(id_), circle.wkb) for id_, circle in enumerate(circles)])
    points = [(x / 50, y / 50) for x in range(-50, 200, 7) for y in range(-50, 50, 7)]
    expected = [tuple(id_ for id_, circle in enumerate(circles) if circle.covers(shapely.Point(p))) for p in points]
    answers: list[list[tuple[int, ...]]] = []

    def ask() -> None:
        answers.append([index.locate(lat=lat, lon=lon).covers for lon, lat in points])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 8


@st.composite
def forests(draw: st.DrawFn) -> list[tuple[IndexedArea, shapely.Polygon]]:
    """Rectangles on a small grid, so that borders and corners meet often, in two divisions a level."""
    shapes: list[tuple[IndexedArea, shapely.Polygon]] = []
    for id_ in draw(st.permutations(range(1, 9))):
        level = draw(st.integers(0, 2))
        above = [other.id for other, _ in shapes if other.level < level]
        parent = draw(st.sampled_from([None, *above]))
        division = draw(st.sampled_from(["x", "y"]))
        x, y = draw(st.integers(0, 4)), draw(st.integers(0, 4))
        wide, high = draw(st.integers(1, 3)), draw(st.integers(1, 3))
        made = area(id_, level, parent, division, rank=int(division == "y"))
        shapes.append((made, shapely.box(x, y, x + wide, y + high)))
    return shapes


def slowly(shapes: Sequence[tuple[IndexedArea, shapely.Polygon]], *, lat: float, lon: float) -> Location:
    """The same answer by looking at every polygon, written as the sentences of ``Location`` say it."""
    here = [one for one, shape in shapes if shape.covers(shapely.Point(lon, lat))]
    by_id = {one.id: one for one, _ in shapes}
    covers: list[int] = []
    firsts: dict[tuple[int, int], IndexedArea] = {}
    for level in range(3):
        for rank in range(2):
            chosen = {one.id for one in firsts.values()}
            tied = [one for one in here if (one.level, one.rank) == (level, rank)]
            tied.sort(key=lambda one: (one.parent_id not in chosen, one.id))
            covers += [one.id for one in tied]
            if tied:
                firsts[level, rank] = tied[0]
    primary = {level: firsts.get((level, 0), firsts.get((level, 1))) for level in range(3)}
    lowest = next((primary[level] for level in (2, 1, 0) if primary[level]), None)
    while lowest and lowest.parent_id:
        lowest = by_id[lowest.parent_id]
        primary[lowest.level] = primary[lowest.level] or lowest
    return Location(tuple(one.id for one in primary.values() if one), tuple(covers))


@settings(deadline=None)
@given(forests(), st.integers(0, 14), st.integers(0, 14))
def test_the_index_answers_as_looking_at_every_polygon_does(
    shapes: list[tuple[IndexedArea, shapely.Polygon]], half_x: int, half_y: int
) -> None:
    index = AreaIndex([(one, shape.wkb) for one, shape in shapes])
    lat, lon = half_y / 2, half_x / 2
    assert index.locate(lat=lat, lon=lon) == slowly(shapes, lat=lat, lon=lon)


def test_divisions_are_ranked_within_their_level_only() -> None:
    nodes = [Node(1, 0, "city", None), Node(2, 1, "beat", 1), Node(3, 1, "ward", 1), Node(4, 2, "beat", 3)]
    assert division_ranks(nodes) == {(0, "city"): 0, (1, "ward"): 0, (1, "beat"): 1, (2, "beat"): 0}
    assert division_ranks(nodes, preferred=["beat"])[1, "beat"] == 0
    assert division_ranks([]) == {}
