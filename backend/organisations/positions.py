"""Positions of responders: exact while on duty, otherwise no finer than a cell of some 460 m edge (C17)."""

from dataclasses import dataclass

import h3.api.basic_int as h3

# design.md section 6: cells by which the ring search looks, finest first.
RESOLUTIONS = (8, 6, 4)
COARSE = 8


@dataclass(frozen=True, slots=True)
class Position:
    """Where somebody can be called: WGS84 degrees and the H3 cells that hold them."""

    lat: float
    lon: float
    cell_8: int
    cell_6: int
    cell_4: int


def exact(*, lat: float, lon: float) -> Position:
    """The position as it was shared."""
    cell_8, cell_6, cell_4 = (h3.latlng_to_cell(lat, lon, resolution) for resolution in RESOLUTIONS)
    return Position(lat, lon, cell_8, cell_6, cell_4)


def coarse(*, lat: float, lon: float) -> Position:
    """The centre of the position's finest cell: where about, and no nearer. Coarse stays as it is."""
    centre_lat, centre_lon = h3.cell_to_latlng(h3.latlng_to_cell(lat, lon, COARSE))
    return exact(lat=centre_lat, lon=centre_lon)
