"""Bands never claim more than is true, and no question finds more than the cell in which a listing is kept."""

import h3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.aid.nearness import BANDS_M, RESOLUTION, board_cell, cells_by_band, rounded, wide_cell, wide_cells
from backend.areas.distance import geodesic_m

LATS, LONS = st.floats(-66, 71), st.floats(-179, 179)
# Metres: within about 4 km of each other.
SHIFTS = st.floats(-0.035, 0.035)


def band_of(lat: float, lon: float, cell: int) -> str | None:
    found = cells_by_band(rounded(lat), rounded(lon))
    return next((band for band, cells in found.items() if cell in cells), None)


@settings(max_examples=60, deadline=None, database=None)
@given(lat=LATS, lon=LONS, north=SHIFTS, east=SHIFTS, density=st.sampled_from(sorted(RESOLUTION)))
def test_a_band_holds_for_every_true_place_of_both(
    lat: float, lon: float, north: float, east: float, density: str
) -> None:
    there = {"to_lat": lat + north, "to_lon": lon + east}
    band = band_of(lat, lon, board_cell(lat + north, lon + east, density))
    assert band is None or geodesic_m(lat=lat, lon=lon, **there) <= BANDS_M[band]


@settings(max_examples=30, deadline=None, database=None)
@given(lat=LATS, lon=LONS)
def test_whoever_lives_in_the_same_cell_is_in_the_band_of_that_cell(lat: float, lon: float) -> None:
    # The middle of the cell, from where the whole of it is nearest.
    for density, band in (("urban", "under_500m"), ("suburban", "under_1km"), ("rural", "under_3km")):
        cell = board_cell(lat, lon, density)
        lat_in, lon_in = h3.cell_to_latlng(h3.int_to_str(cell))
        assert band_of(lat_in, lon_in, cell) == band


@pytest.mark.parametrize("density, least_km2", [("urban", 0.05), ("suburban", 0.4), ("rural", 2.8)])
def test_a_cell_is_larger_where_homes_are_fewer(density: str, least_km2: float) -> None:
    for lat, lon in ((24.8, 120.97), (47.6, -122.3), (52.5, 13.4), (-33.9, 18.4)):
        assert h3.cell_area(h3.int_to_str(board_cell(lat, lon, density)), "km^2") > least_km2


def test_a_place_whose_density_is_unknown_is_kept_as_in_the_country() -> None:
    assert board_cell(24.8, 120.97, "") == board_cell(24.8, 120.97, "rural")


def test_two_homes_in_one_cell_cannot_be_told_apart() -> None:
    one = board_cell(24.8039, 120.9647, "urban")
    corners = h3.cell_to_boundary(h3.int_to_str(one))
    middle = h3.cell_to_latlng(h3.int_to_str(one))
    inside = [((lat + middle[0]) / 2, (lon + middle[1]) / 2) for lat, lon in corners]
    assert {board_cell(lat, lon, "urban") for lat, lon in inside} == {one}


@settings(max_examples=30, deadline=None, database=None)
@given(lat=LATS, lon=LONS, north=SHIFTS, east=SHIFTS)
def test_whatever_lies_within_three_kilometres_is_looked_at(lat: float, lon: float, north: float, east: float) -> None:
    if geodesic_m(lat=lat, lon=lon, to_lat=lat + north, to_lon=lon + east) <= 3000:
        assert wide_cell(lat + north, lon + east) in wide_cells(rounded(lat), rounded(lon))
