"""The ring search finds the really nearest, and distances are right."""

from collections.abc import Iterable

import h3.api.basic_int as h3
import pytest
from geopy.distance import geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.areas.distance import geodesic_m, haversine_m
from backend.areas.rings import EVERYWHERE, RESOLUTIONS, Candidate, Ring, nearest, search_cells, search_rings

PLACES = [(24.8, 120.97), (47.6, -122.33), (0, 180), (-41.3, 174.8), (64.7, 10.5), (78.2, 15.6), (89.999, 0)]


class Register:
    """Candidates as a table with three indexed columns would give them; notes which rings were asked for."""

    def __init__(self, candidates: Iterable[Candidate[int]]) -> None:
        self.rows = [(one, search_cells(lat=one.lat, lon=one.lon)) for one in candidates]
        self.asked: list[int | None] = []

    def fetch(self, ring: Ring) -> list[Candidate[int]]:
        self.asked.append(ring.resolution)
        if ring.resolution is None:
            return [one for one, _ in self.rows]
        return [one for one, cells in self.rows if cells[ring.resolution] in ring.cells]


def by_distance(candidates: Iterable[Candidate[int]], *, lat: float, lon: float) -> list[float]:
    return sorted(haversine_m(lat=lat, lon=lon, to_lat=one.lat, to_lon=one.lon) for one in candidates)


@pytest.mark.parametrize(("lat", "lon"), PLACES)
def test_rings_grow_and_end_everywhere(lat: float, lon: float) -> None:
    rings = list(search_rings(lat=lat, lon=lon))
    assert [ring.resolution for ring in rings] == [*RESOLUTIONS, None]
    assert rings[-1] is EVERYWHERE
    reached = [ring.covered_m for ring in rings]
    assert reached == sorted(reached)
    assert reached[0] > 400
    assert reached[1] > 3_000
    assert reached[2] > 20_000


positions = st.tuples(st.floats(-89.9, 89.9), st.floats(-180, 180))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PLACES) | positions, st.floats(0, 360), st.floats(0, 1), st.sampled_from(RESOLUTIONS))
def test_whatever_lies_within_the_covered_distance_lies_in_the_cells(
    place: tuple[float, float], bearing: float, share: float, resolution: int
) -> None:
    lat, lon = place
    ring = next(ring for ring in search_rings(lat=lat, lon=lon) if ring.resolution == resolution)
    there = geodesic_point(lat=lat, lon=lon, bearing=bearing, distance_m=ring.covered_m * share)
    if haversine_m(lat=lat, lon=lon, to_lat=there[0], to_lon=there[1]) <= ring.covered_m:
        assert h3.latlng_to_cell(*there, resolution) in ring.cells


def geodesic_point(*, lat: float, lon: float, bearing: float, distance_m: float) -> tuple[float, float]:
    there = geodesic(meters=distance_m).destination((lat, lon), bearing)
    return there.latitude, there.longitude


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(PLACES[:-1]),
    st.lists(st.tuples(st.floats(0, 360), st.floats(0, 6)), max_size=40),
    st.integers(1, 10),
)
def test_the_search_finds_the_same_as_measuring_everyone(
    place: tuple[float, float], offsets: list[tuple[float, float]], wanted: int
) -> None:
    lat, lon = place
    crowd = [
        Candidate(key, *geodesic_point(lat=lat, lon=lon, bearing=bearing, distance_m=10**exponent))
        for key, (bearing, exponent) in enumerate(offsets)
    ]
    found = nearest(lat=lat, lon=lon, wanted=wanted, fetch=Register(crowd).fetch)
    assert [one.distance_m for one in found] == by_distance(crowd, lat=lat, lon=lon)[:wanted]


def test_the_search_stops_at_the_first_ring_that_answers_for_certain() -> None:
    lat, lon = PLACES[0]
    near = Register(Candidate(key, lat + key / 10_000, lon) for key in range(5))
    assert [one.key for one in nearest(lat=lat, lon=lon, wanted=3, fetch=near.fetch)] == [0, 1, 2]
    assert near.asked == [8]


def test_a_candidate_in_the_ring_but_beyond_its_reach_does_not_end_the_search() -> None:
    lat, lon = PLACES[0]
    first = next(search_rings(lat=lat, lon=lon))
    edge = max(
        (Candidate(at, *h3.cell_to_latlng(cell)) for at, cell in enumerate(first.cells)),
        key=lambda one: haversine_m(lat=lat, lon=lon, to_lat=one.lat, to_lon=one.lon),
    )
    register = Register([edge])
    nearest(lat=lat, lon=lon, wanted=1, fetch=register.fetch)
    assert register.asked == [8, 6]


def test_a_rare_skill_on_the_other_side_of_the_world_is_found() -> None:
    register = Register([Candidate(1, -24.8, -59.03)])
    found = nearest(lat=24.8, lon=120.97, wanted=1, fetch=register.fetch)
    assert [one.key for one in found] == [1]
    assert register.asked == [8, 6, 4, None]


def test_nobody_is_found_where_nobody_is_and_none_when_none_is_wanted() -> None:
    assert nearest(lat=0, lon=0, wanted=3, fetch=Register([]).fetch) == []
    assert nearest(lat=0, lon=0, wanted=0, fetch=Register([Candidate(1, 0, 0)]).fetch) == []


@pytest.mark.parametrize(
    ("start", "end", "metres"),
    [
        ((0, 0), (0, 0), 0),
        ((0, 0), (0, 1), 111_319.491),
        ((0, 0), (1, 0), 110_574.389),
        ((0, 179.5), (0, -179.5), 111_319.491),
        # Flinders Peak to Buninyong, the worked example of the Geocentric Datum of Australia's manual.
        ((-37.951033417, 144.424867889), (-37.652821139, 143.926495528), 54_972.271),
    ],
)
def test_geodesic_distances_are_those_of_the_ellipsoid(
    start: tuple[float, float], end: tuple[float, float], metres: float
) -> None:
    found = geodesic_m(lat=start[0], lon=start[1], to_lat=end[0], to_lon=end[1])
    assert found == pytest.approx(metres, rel=1e-6, abs=0.001)


@settings(deadline=None)
@given(positions, positions)
def test_haversine_stays_within_six_thousandths_of_the_truth(
    start: tuple[float, float], end: tuple[float, float]
) -> None:
    names = {"lat": start[0], "lon": start[1], "to_lat": end[0], "to_lon": end[1]}
    assert haversine_m(**names) == pytest.approx(geodesic_m(**names), rel=0.006, abs=0.01)
