"""Which areas a point lies in, answered in process and in microseconds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import shapely
from shapely import MultiPoint, Point, STRtree, box
from shapely.geometry.base import BaseGeometry

from backend.areas.polygons import Areal
from backend.areas.rules import Node

# Above this number of corners a polygon is prepared (indexed by GEOS): 50 µs became 10 µs where the outline
# of a city lies over everything; below it the gain is small and the memory is not.
PREPARE_ABOVE = 200


@dataclass(frozen=True, slots=True)
class IndexedArea(Node[int]):
    """An area as lookup knows it. ``rank`` orders the divisions of a level, 0 first."""

    rank: int = 0
    name: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    country: str | None = None
    timezone: str | None = None
    density: str = "urban"


@dataclass(frozen=True, slots=True)
class Location:
    """Where a point lies.

    ``primary`` holds one area of each level from the top to ``smallest``: that of the level's first division,
    and on a border the child of the area above, else the smaller id. A level that no polygon covers there
    (a police precinct reaches further into the water than its city) is filled with the parent of the next.
    ``covers`` holds every area that contains or touches the point, by level and division; the first of a
    division is its area of the point, the others are candidates on a border.
    """

    primary: tuple[int, ...] = ()
    covers: tuple[int, ...] = ()

    @property
    def smallest(self) -> int | None:
        """The area of the lowest level."""
        return self.primary[-1] if self.primary else None

    @property
    def outside(self) -> bool:
        """Whether no area contains the point."""
        return not self.covers


OUTSIDE = Location()


@dataclass(frozen=True, slots=True)
class Outline:
    """An area with its border as a map draws it."""

    area: IndexedArea
    shape: BaseGeometry


class AreaIndex:
    """Immutable, safe to share between threads. Built from areas and their shapes as WKB in WGS84."""

    def __init__(self, shapes: Iterable[tuple[IndexedArea, bytes]]) -> None:
        ordered = sorted(shapes, key=lambda one: _order(one[0]))
        self._areas = [area for area, _ in ordered]
        self._by_id = {area.id: area for area in self._areas}
        self._chains = {area.id: self._line_of(area) for area in self._areas}
        geometries = shapely.from_wkb([wkb for _, wkb in ordered])
        self._polygons = geometries.tolist()
        _prepare_large(self._polygons)
        self._tree = STRtree(geometries)

    def __len__(self) -> int:
        return len(self._areas)

    def all(self) -> Sequence[IndexedArea]:
        """Every area, from the top down."""
        return tuple(self._areas)

    def area(self, area_id: int) -> IndexedArea | None:
        """The area of this id, or None."""
        return self._by_id.get(area_id)

    def chain(self, area_id: int) -> tuple[int, ...]:
        """The ids from the top of the tree down to the area itself; empty when it is unknown."""
        return self._chains.get(area_id, ())

    def outlines(self, bounds: tuple[float, float, float, float], *, tolerance: float, most: int) -> list[Outline]:
        """Areas that reach into ``bounds`` (south, west, north, east; west above east crosses the date line), widest first.

        Corners closer to the line between their neighbours than ``tolerance``, in degrees, are left out.
        """
        hits = sorted({int(at) for part in _parts(bounds) for at in self._tree.query(part, predicate="intersects")})
        chosen = hits[:most]
        thinned: Any = shapely.simplify([self._polygons[at] for at in chosen], tolerance) if chosen else []
        return [Outline(self._areas[at], shape) for at, shape in zip(chosen, thinned, strict=True)]

    def locate(self, *, lat: float, lon: float) -> Location:
        """Where the point lies. One outside every area, or not on Earth, is ``outside`` and no error."""
        areas = self._covering(lat=lat, lon=lon)
        if not areas:
            return OUTSIDE
        ordered, firsts = _settle(areas)
        return Location(self._primary(firsts), tuple([area.id for area in ordered]))

    def _covering(self, *, lat: float, lon: float) -> list[IndexedArea]:
        point: Point | MultiPoint = Point(lon, lat)
        if lon in (180, -180):  # one meridian with two names
            point = MultiPoint([(180, lat), (-180, lat)])
        polygons = self._polygons
        hits = [at for at in self._tree.query(point).tolist() if polygons[at].intersects(point)]
        hits.sort()
        return [self._areas[at] for at in hits]

    def _primary(self, firsts: Sequence[IndexedArea]) -> tuple[int, ...]:
        chosen: dict[int, int] = {}
        for area in firsts:
            chosen.setdefault(area.level, area.id)
        smallest = chosen[firsts[-1].level]
        for ancestor in self._chains[smallest]:
            chosen.setdefault(self._by_id[ancestor].level, ancestor)
        return tuple([chosen[level] for level in sorted(chosen)])

    def _line_of(self, area: IndexedArea) -> tuple[int, ...]:
        line = [area.id]
        parent = self._parent(area)
        while parent:
            line.append(parent.id)
            parent = self._parent(parent)
        return tuple(reversed(line))

    def _parent(self, area: IndexedArea) -> IndexedArea | None:
        parent = self._by_id.get(area.parent_id) if area.parent_id is not None else None
        return parent if parent and parent.level < area.level else None


def _parts(bounds: tuple[float, float, float, float]) -> list[BaseGeometry]:
    south, west, north, east = bounds
    if west <= east:
        return [box(west, south, east, north)]
    return [box(west, south, 180, north), box(-180, south, east, north)]


def _order(area: IndexedArea) -> tuple[int, int, str, int]:
    return area.level, area.rank, area.division, area.id


def _settle(areas: list[IndexedArea]) -> tuple[list[IndexedArea], list[IndexedArea]]:
    """All areas with the right one first within its division, and these right ones alone."""
    divisions = [(area.level, area.division) for area in areas]
    if len(set(divisions)) == len(areas):
        return areas, areas
    ordered: list[IndexedArea] = []
    firsts: list[IndexedArea] = []
    for _, group in groupby(areas, key=lambda area: (area.level, area.division)):
        above = {first.id for first in firsts}
        candidates = sorted(group, key=lambda area: (area.parent_id not in above, area.id))
        ordered += candidates
        firsts.append(candidates[0])
    return ordered, firsts


def _prepare_large(polygons: Iterable[Areal]) -> None:
    """Index large polygons, and use each once, so that threads later only read what GEOS built."""
    for polygon in polygons:
        if shapely.get_num_coordinates(polygon) > PREPARE_ABOVE:
            shapely.prepare(polygon)
            polygon.intersects(polygon.representative_point())
