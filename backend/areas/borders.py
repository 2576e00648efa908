"""Borders that do not fit together: areas that overlap, and areas that reach out of their parents. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import shapely

from backend.areas.geojson import ParsedArea

# Neighbours are drawn by different hands: slivers up to one part in a thousand of the smaller area are no overlap,
# and one part in a hundred outside the parent is a coast that was drawn finer.
SLIVER = 0.001
COAST = 0.01


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two areas of one level and division that share ground; ``share`` is of the smaller one, 0 to 1."""

    first: str
    second: str
    level: int
    division: str
    share: float


@dataclass(frozen=True, slots=True)
class Outside:
    """An area of which the part ``share`` (0 to 1) lies outside its parent."""

    id: str
    name: str
    parent_id: str
    share: float


def overlaps_of(areas: Iterable[ParsedArea]) -> list[Overlap]:
    """Every overlap within a level's division, the largest share first. Divisions of a level may overlap each other."""
    ordered = sorted(areas, key=lambda area: (area.level, area.division, area.row))
    found = [
        overlap
        for (level, division), group in groupby(ordered, key=lambda area: (area.level, area.division))
        for overlap in _within(list(group), level, division)
    ]
    return sorted(found, key=lambda one: -one.share)


def _within(areas: Sequence[ParsedArea], level: int, division: str) -> Iterable[Overlap]:
    shapes = shapely.from_wkb([area.geometry.wkb for area in areas])
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = one < other
    one, other = one[pairs], other[pairs]
    common = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    sizes = shapely.area(shapes)
    for a, b, shared in zip(one.tolist(), other.tolist(), common.tolist(), strict=True):
        share = shared / min(sizes[a], sizes[b])
        if share > SLIVER:
            yield Overlap(areas[a].id, areas[b].id, level, division, float(share))


def outside_of(areas: Sequence[ParsedArea]) -> list[Outside]:
    """Every area that reaches out of its parent, the largest share first."""
    by_id = {area.id: area for area in areas}
    placed = [(area, by_id[area.parent_id]) for area in areas if area.parent_id and area.parent_id in by_id]
    if not placed:
        return []
    inner = shapely.from_wkb([area.geometry.wkb for area, _ in placed])
    outer = shapely.from_wkb([parent.geometry.wkb for _, parent in placed])
    left = shapely.area(shapely.difference(inner, outer)) / shapely.area(inner)
    found = [
        Outside(area.id, area.name, parent.id, float(share))
        for (area, parent), share in zip(placed, left.tolist(), strict=True)
        if share > COAST
    ]
    return sorted(found, key=lambda one: -one.share)
