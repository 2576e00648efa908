"""From GeoJSON coordinates to a checked polygon: WGS84, two dimensions, rings as RFC 7946 wants them."""

import math
import re
from dataclasses import dataclass
from typing import Any

import shapely
from shapely import MultiPolygon, Polygon

from backend.areas.problems import VALIDITY_ZH

Areal = Polygon | MultiPolygon
Ring = list[tuple[float, float]]

# A country's coast at 1:10,000 stays below this; it bounds the time that checking one polygon may take.
MAX_POSITIONS = 250_000

_REASON = re.compile(r"^(?P<reason>[^\[]+?)(?:\[(?P<lon>\S+) (?P<lat>\S+)\])?$")


class PolygonFault(Exception):
    """A geometry that is no usable area; ``code`` and ``fields`` are those of ``problems.TEXTS``."""

    def __init__(self, code: str, **fields: object) -> None:
        self.code, self.fields = code, fields
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class CheckedPolygon:
    """A valid polygon; ``repaired`` says what was wrong with it when a repair was asked for and made."""

    geometry: Areal
    repaired: PolygonFault | None = None


def read_polygon(raw: object, *, repair: bool = False) -> CheckedPolygon:
    """Read the ``geometry`` member of a Feature.

    Altitudes are dropped, outer rings run anticlockwise and holes clockwise whatever their order was. With
    ``repair`` open rings are closed and an invalid polygon is replaced by the valid one that covers the same
    places, as far as it has an area. Raises PolygonFault.
    """
    polygons = _coordinates(raw)
    rings = [ring for polygon in polygons for ring in polygon]
    _check_count(sum(map(len, rings)))
    fault = _first_open(rings)
    if fault and not repair:
        raise fault
    geometry = _build(polygons, multi=isinstance(raw, dict) and raw["type"] == "MultiPolygon")
    invalid = _invalidity(geometry)
    if invalid and not repair:
        raise invalid
    if invalid:
        geometry = _mend(geometry)
    # Normalised first, so that a shape written from another corner is the same shape byte for byte.
    return CheckedPolygon(shapely.orient_polygons(shapely.normalize(geometry), exterior_cw=False), fault or invalid)


def _coordinates(raw: object) -> list[list[Ring]]:
    if raw is None:
        raise PolygonFault("missing_geometry")
    if not isinstance(raw, dict):
        raise PolygonFault("bad_coordinates")
    kind, coordinates = raw.get("type"), raw.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon"):
        raise PolygonFault("geometry_type", kind=str(kind)[:40])
    parts = [coordinates] if kind == "Polygon" else _list(coordinates)
    polygons = [[_ring(ring) for ring in _list(part)] for part in parts]
    if not polygons or not all(polygons):
        raise PolygonFault("missing_geometry")
    return polygons


def _list(raw: object) -> list[Any]:
    if not isinstance(raw, list):
        raise PolygonFault("bad_coordinates")
    return raw


def _ring(raw: object) -> Ring:
    ring = [_position(position) for position in _list(raw)]
    if len(ring) < 3 or (len(ring) == 3 and ring[0] == ring[-1]):
        raise PolygonFault("ring_too_short", count=len(ring))
    return ring


def _position(raw: object) -> tuple[float, float]:
    if not isinstance(raw, list) or len(raw) < 2 or any(type(number) not in (int, float) for number in raw):
        raise PolygonFault("bad_coordinates")
    try:
        lon, lat = float(raw[0]), float(raw[1])
    except OverflowError:
        raise PolygonFault("not_finite") from None
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise PolygonFault("not_finite")
    if abs(lon) > 180 or abs(lat) > 90:
        raise PolygonFault("out_of_range", lat=lat, lon=lon)
    return lon, lat


def _check_count(count: int) -> None:
    if count > MAX_POSITIONS:
        raise PolygonFault("too_many_positions", count=count, most=MAX_POSITIONS)


def _first_open(rings: list[Ring]) -> PolygonFault | None:
    for ring in rings:
        if ring[0] != ring[-1]:
            return PolygonFault("ring_not_closed", lon=ring[0][0], lat=ring[0][1])
    return None


def _build(polygons: list[list[Ring]], *, multi: bool) -> Areal:
    parts = [Polygon(shell, holes) for shell, *holes in polygons]
    return MultiPolygon(parts) if multi else parts[0]


def _invalidity(geometry: Areal) -> PolygonFault | None:
    if geometry.is_valid:
        return None
    found = _REASON.match(shapely.is_valid_reason(geometry))
    reason = found["reason"] if found else "invalid"
    place_en = f" at lat {found['lat']}, lon {found['lon']}" if found and found["lat"] else ""
    place_zh = f"（纬度 {found['lat']}、经度 {found['lon']}）" if found and found["lat"] else ""
    return PolygonFault(
        "invalid_polygon",
        reason_en=reason,
        reason_zh=VALIDITY_ZH.get(reason, reason),
        place_en=place_en,
        place_zh=place_zh,
    )


def _mend(geometry: Areal) -> Areal:
    mended = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    parts = [part for part in shapely.get_parts(mended).tolist() if isinstance(part, Polygon) and part.area]
    if not parts:
        raise PolygonFault("nothing_left")
    return MultiPolygon(parts) if len(parts) > 1 else parts[0]
