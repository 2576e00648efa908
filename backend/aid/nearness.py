"""How near a listing is, without saying where: both places are made coarse, and only a band is told.

A listing is kept as the H3 cell that holds it, finer where homes are dense and coarser in the country, as the radii of
R15 are. Whoever asks from many places can find that cell and nothing within it. A band is told only when all of the
cell lies in it as seen from anywhere in the asker's own grid square, so that it never claims more than is true.
"""

from collections.abc import Iterator, Mapping
from math import ceil

import h3

from backend.areas.distance import haversine_m

# Edges of about 0.2, 0.5 and 1.4 km.
RESOLUTION: Mapping[str, int] = {"urban": 9, "suburban": 8, "rural": 7}
# Listings are looked for in the cell of about 10 km around the asker and in those that touch it.
WIDE_RESOLUTION = 5
BANDS_M: Mapping[str, float] = {"under_500m": 500.0, "under_1km": 1000.0, "under_3km": 3000.0}
FURTHER = "further"
BANDS = (*BANDS_M, FURTHER)
# Half the diagonal of a square of a thousandth of a degree at the equator, where it is the largest.
GRID_M = 79.0
# The quick distance is right to 0.6 %.
MARGIN = 1.006


def rounded(degrees: float) -> float:
    """A coordinate on the grid of about 100 m; the page rounds before it sends, and finer ones are rounded here."""
    return round(degrees, 3)


def board_cell(lat: float, lon: float, density: str) -> int:
    """The cell that a listing is kept as; outside every area the coarsest."""
    return _cell(lat, lon, RESOLUTION.get(density, RESOLUTION["rural"]))


def wide_cell(lat: float, lon: float) -> int:
    """The large cell by which listings are found."""
    return _cell(lat, lon, WIDE_RESOLUTION)


def wide_cells(lat: float, lon: float) -> list[int]:
    """The large cells that an asker is shown."""
    return [h3.str_to_int(one) for one in h3.grid_disk(h3.latlng_to_cell(lat, lon, WIDE_RESOLUTION), 1)]


def cells_by_band(lat: float, lon: float) -> dict[str, list[int]]:
    """For each band the cells that lie in it whole, as seen from the grid square around a place; about 4 ms."""
    found: dict[str, list[int]] = {band: [] for band in BANDS_M}
    for cell, furthest_m in _around(lat, lon):
        band = next((band for band, most_m in BANDS_M.items() if furthest_m <= most_m), None)
        if band:
            found[band].append(cell)
    return found


def _around(lat: float, lon: float) -> Iterator[tuple[int, float]]:
    """Cells of every resolution near a place, with how far off their furthest point can be."""
    most_m = max(BANDS_M.values())
    for resolution in RESOLUTION.values():
        # Rings lie at least one and a half edges apart.
        rings = ceil(most_m / (1.5 * h3.average_hexagon_edge_length(resolution, "m")))
        for name in h3.grid_disk(h3.latlng_to_cell(lat, lon, resolution), rings):
            corners = (haversine_m(lat=lat, lon=lon, to_lat=at[0], to_lon=at[1]) for at in h3.cell_to_boundary(name))
            yield h3.str_to_int(name), MARGIN * max(corners) + GRID_M


def _cell(lat: float, lon: float, resolution: int) -> int:
    return int(h3.str_to_int(h3.latlng_to_cell(lat, lon, resolution)))
