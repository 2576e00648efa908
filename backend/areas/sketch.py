"""Outlines as SVG paths in one small box, for a picture beside a list. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import cos, radians
from typing import Any

import shapely
from shapely import Polygon

from backend.areas.polygons import Areal

WIDTH = 1000
HEIGHT_MOST = 1400
SHAPES_MOST = 600
# Details finer than this part of the width cannot be seen.
FINEST = 1 / 700
METRES_A_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class Outline:
    """A polygon (WGS84) to be drawn, and what it is."""

    geometry: Areal
    source_id: str
    name: str
    names: Mapping[str, str] = field(default_factory=dict)
    kind: str = "child"
    id: int | None = None


@dataclass(frozen=True, slots=True)
class _Box:
    """Where on the page a position lies: north above, degrees of longitude as long as they are in the middle."""

    west: float
    north: float
    squeeze: float
    scale: float

    def place(self, lon: float, lat: float) -> tuple[int, int]:
        return round((lon - self.west) * self.squeeze * self.scale), round((self.north - lat) * self.scale)


def sketch_of(outlines: Sequence[Outline]) -> dict[str, Any]:
    """The box, how many metres its width stands for, and a path for each outline; the first so many are drawn."""
    drawn = outlines[:SHAPES_MOST]
    if not drawn:
        return {"width": WIDTH, "height": WIDTH, "metres": 0.0, "shapes": [], "left_out": 0}
    west, south, east, north = shapely.total_bounds([one.geometry for one in drawn]).tolist()
    squeeze = max(cos(radians((south + north) / 2)), 0.01)
    wide, high = max((east - west) * squeeze, 1e-9), max(north - south, 1e-9)
    scale = min(WIDTH / wide, HEIGHT_MOST / high)
    box = _Box(west, north, squeeze, scale)
    return {
        "width": max(1, round(wide * scale)),
        "height": max(1, round(high * scale)),
        "metres": wide * METRES_A_DEGREE,
        "shapes": [_shape(one, box, max(wide, high) * FINEST) for one in drawn],
        "left_out": len(outlines) - len(drawn),
    }


def _shape(outline: Outline, box: _Box, tolerance: float) -> dict[str, Any]:
    coarse = shapely.simplify(outline.geometry, tolerance, preserve_topology=True)
    inside = outline.geometry.representative_point()
    return {
        "id": outline.id,
        "source_id": outline.source_id,
        "name": outline.name,
        "names": dict(outline.names),
        "kind": outline.kind,
        "path": "".join(_path(part, box) for part in shapely.get_parts(coarse).tolist()),
        "at": list(box.place(inside.x, inside.y)),
    }


def _path(polygon: Polygon, box: _Box) -> str:
    return "".join(_ring(ring.coords, box) for ring in (polygon.exterior, *polygon.interiors))


def _ring(positions: Iterable[Sequence[float]], box: _Box) -> str:
    points = [box.place(lon, lat) for lon, lat, *_ in positions]
    kept = [point for at, point in enumerate(points) if at == 0 or point != points[at - 1]]
    return "M" + "L".join(f"{x} {y}" for x, y in kept) + "Z"
