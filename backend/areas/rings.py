"""Search for the nearest people or things in growing rings of H3 cells.

Whoever can be found stores the three cells of ``search_cells`` in indexed columns. A search asks for those in
the cells of the first ring, then of the next, and stops once the nearest found lie within what the ring
covers for certain; the last ring is everywhere, so that a rare skill is found too (design.md section 6).
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, cos, hypot, inf, radians, sin
from typing import Generic, TypeVar

import h3.api.basic_int as h3

from backend.areas.distance import haversine_m

Key = TypeVar("Key", bound=Hashable)

RESOLUTIONS = (8, 6, 4)  # 7 cells of these cover at least some 0.5 km, 3.5 km and 24 km

# Cell sides are drawn as chords of a flat map about the place, which bends them by less than this share.
_MARGIN = 0.99


@dataclass(frozen=True, slots=True)
class Ring:
    """Cells around a place. Everything within ``covered_m`` of the place lies in ``cells``.

    ``resolution`` None means everywhere: no cells, and nothing lies outside.
    """

    resolution: int | None
    cells: tuple[int, ...]
    covered_m: float


@dataclass(frozen=True, slots=True)
class Candidate(Generic[Key]):
    """Someone or something with a position."""

    key: Key
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Found(Generic[Key]):
    """A candidate and its distance for ranking (haversine)."""

    key: Key
    distance_m: float


EVERYWHERE = Ring(None, (), inf)


def search_cells(*, lat: float, lon: float) -> dict[int, int]:
    """The H3 cell of a place at each resolution of the search.

    Each is looked up from the position, because H3's children do not tile their parent exactly.
    """
    return {resolution: h3.latlng_to_cell(lat, lon, resolution) for resolution in RESOLUTIONS}


def search_rings(*, lat: float, lon: float) -> Iterator[Ring]:
    """The rings around a place from the smallest to everywhere; each is made when it is asked for."""
    for resolution in RESOLUTIONS:
        cells = h3.grid_disk(h3.latlng_to_cell(lat, lon, resolution), 1)
        yield Ring(resolution, tuple(cells), _covered_m(cells, lat=lat, lon=lon))
    yield EVERYWHERE


def nearest(
    *, lat: float, lon: float, wanted: int, fetch: Callable[[Ring], Iterable[Candidate[Key]]]
) -> list[Found[Key]]:
    """The ``wanted`` nearest candidates, nearest first, equals in the order in which they were fetched.

    ``fetch`` gives everyone in a ring who is fit for the task, or everyone at all for a ring without cells.
    """
    found: dict[Key, Found[Key]] = {}
    for ring in search_rings(lat=lat, lon=lon):
        for one in fetch(ring):
            distance_m = haversine_m(lat=lat, lon=lon, to_lat=one.lat, to_lon=one.lon)
            found.setdefault(one.key, Found(one.key, distance_m))
        ranked = sorted(found.values(), key=lambda one: one.distance_m)[:wanted]
        if len(ranked) == wanted and (not ranked or ranked[-1].distance_m <= ring.covered_m):
            return ranked
    return ranked


def _covered_m(cells: list[int], *, lat: float, lon: float) -> float:
    """Distance from the place to the nearest outer side of the cells, a little less to be safe."""
    inside = set(cells)
    sides = (
        h3.directed_edge_to_boundary(edge)
        for cell in cells
        for edge in h3.origin_to_directed_edges(cell)
        if h3.get_directed_edge_destination(edge) not in inside
    )
    shortest = inf
    for side in sides:
        corners = [_flat(lat, lon, to_lat, to_lon) for to_lat, to_lon in side]
        shortest = min(shortest, *(_to_segment(a, b) for a, b in pairwise(corners)))
    return shortest * _MARGIN


def _flat(lat: float, lon: float, to_lat: float, to_lon: float) -> tuple[float, float]:
    """Where a place lies on a flat map around (lat, lon) that keeps distance and direction from there."""
    phi, to_phi, turn = radians(lat), radians(to_lat), radians(to_lon - lon)
    east = sin(turn) * cos(to_phi)
    north = cos(phi) * sin(to_phi) - sin(phi) * cos(to_phi) * cos(turn)
    bearing = atan2(east, north)
    distance = haversine_m(lat=lat, lon=lon, to_lat=to_lat, to_lon=to_lon)
    return distance * sin(bearing), distance * cos(bearing)


def _to_segment(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Distance of the origin from a straight line between two points."""
    (x, y), (dx, dy) = start, (end[0] - start[0], end[1] - start[1])
    length2 = dx * dx + dy * dy
    along = max(0.0, min(1.0, -(x * dx + y * dy) / length2)) if length2 else 0.0
    return hypot(x + along * dx, y + along * dy)
