"""The map of coordinators: where incidents are, roughly where responders are on duty, and the borders of areas.

Row security narrows incidents to what the reader may see, as in the queue. Responders are never shown as persons: a
map says how many are on duty within a cell of some five square kilometres, by body.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import h3.api.basic_int as h3
import shapely
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from backend.areas.index import Outline
from backend.areas.lookup import AREAS
from backend.incidents.listing import Filters, narrowed
from backend.incidents.models import Incident
from backend.organisations.directory import DIRECTORY
from backend.organisations.models import Responder

POINTS_MOST = 20_000
OUTLINES_MOST = 400
# A cell of H3 resolution 7 is 5 km² on average: a district, never a street.
COARSE = 7
# Corners that a screen of 2,000 points could not tell apart.
SCREEN = 2000


@dataclass(frozen=True, slots=True)
class Bounds:
    """A part of the Earth in degrees. ``west`` above ``east`` crosses the date line."""

    south: float
    west: float
    north: float
    east: float

    @property
    def width(self) -> float:
        """Degrees from west to east."""
        return (self.east - self.west) % 360 or 360.0

    def around(self, lat: Any, lon: Any) -> ColumnElement[bool]:
        """The condition that these columns lie within."""
        across = (
            lon.between(self.west, self.east) if self.west <= self.east else or_(lon >= self.west, lon <= self.east)
        )
        return and_(lat.between(self.south, self.north), across)


EARTH = Bounds(-90, -180, 90, 180)
_POINT = (
    Incident.id, Incident.number, Incident.grade, Incident.category, Incident.state, Incident.lat, Incident.lon,
    Incident.accuracy_m, Incident.opened_at, Incident.due_at, Incident.acknowledged_at, Incident.report_count,
)  # fmt: skip


def incidents_on_map(session: Session, filters: Filters, bounds: Bounds) -> dict[str, Any]:
    """Incidents that have a position within ``bounds``, most urgent first, and how many have none. Two statements.

    At most POINTS_MOST are named; ``truncated`` says that there are more.
    """
    placed = narrowed(select(*_POINT), filters).where(
        Incident.lat.is_not(None), bounds.around(Incident.lat, Incident.lon)
    )
    order = (Incident.grade, Incident.due_at.asc().nulls_last(), Incident.id)
    rows = session.execute(placed.order_by(*order).limit(POINTS_MOST + 1)).all()
    nowhere = narrowed(select(func.count()).select_from(Incident), filters).where(Incident.lat.is_(None))
    return {
        "items": [_point(row._mapping) for row in rows[:POINTS_MOST]],
        "truncated": len(rows) > POINTS_MOST,
        "without_place": session.scalar(nowhere) or 0,
    }


def _point(row: Mapping[Any, Any]) -> dict[str, Any]:
    found = dict(row)
    return found | {"status": found.pop("state")}


def responders_on_map(session: Session, bounds: Bounds, *, now: datetime) -> list[dict[str, Any]]:
    """How many responders and volunteers are on duty in each coarse cell within ``bounds``, by body. One statement."""
    rows = session.execute(
        select(Responder.cell_8, Responder.org_id).where(
            Responder.available, Responder.on_duty_until > now, bounds.around(Responder.lat, Responder.lon)
        )
    )
    counted = Counter((h3.cell_to_parent(row.cell_8, COARSE), row.org_id) for row in rows)
    names = DIRECTORY.get(session).organisations
    found: dict[int, dict[str, Any]] = {}
    for (cell, org_id), count in sorted(counted.items(), key=str):
        lat, lon = h3.cell_to_latlng(cell)
        body = names.get(org_id)
        one = found.setdefault(cell, {"cell": h3.int_to_str(cell), "lat": lat, "lon": lon, "count": 0, "bodies": []})
        one["count"] += count
        one["bodies"].append({"id": org_id, "label": dict(body.names) if body else {}, "count": count})
    return list(found.values())


def _said(one: Outline) -> dict[str, Any]:
    """What is said of an area: its names, and a point within it where they can be written."""
    middle = one.shape.representative_point()
    area = one.area
    return {
        "level": area.level, "division": area.division, "name": area.name, "names": dict(area.names),
        "lat": middle.y, "lon": middle.x,
    }  # fmt: skip


def areas_on_map(session: Session, bounds: Bounds) -> dict[str, Any]:
    """Borders of the areas that reach into ``bounds`` as GeoJSON, thinned to what a screen can show. No statement."""
    index = AREAS.get(session)
    box = (bounds.south, bounds.west, bounds.north, bounds.east)
    found = index.outlines(box, tolerance=bounds.width / SCREEN, most=OUTLINES_MOST + 1)
    return {
        "type": "FeatureCollection",
        "truncated": len(found) > OUTLINES_MOST,
        "features": [
            {
                "type": "Feature",
                "id": one.area.id,
                "properties": _said(one),
                "geometry": shapely.geometry.mapping(one.shape),
            }
            for one in found[:OUTLINES_MOST]
        ],
    }  # fmt: skip
