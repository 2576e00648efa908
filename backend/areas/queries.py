"""Areas as lists and details read them."""

from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from shapely.geometry import mapping
from sqlalchemy import Select, Text, cast, or_, select, tuple_
from sqlalchemy.orm import Session

from backend.areas.index import AreaIndex, IndexedArea, Location
from backend.areas.models import Area, AreaShape
from backend.areas.polygons import Areal
from backend.areas.sketch import SHAPES_MOST, Outline, sketch_of
from backend.kernel.pages import decode_cursor, encode_cursor, number
from backend.kernel.problems import NotFound


def list_areas(session: Session, filters: Mapping[str, Any]) -> dict[str, Any]:
    """A page of areas by level and id, and the cursor of the next page."""
    limit = filters["limit"]
    query = _filtered(filters).order_by(Area.level, Area.id).limit(limit + 1)
    if after := decode_cursor(filters.get("cursor"), 2, (number, number)):
        query = query.where(tuple_(Area.level, Area.id) > (after[0], after[1]))
    rows = list(session.scalars(query))
    more = len(rows) > limit
    page = rows[:limit]
    return {"items": page, "next_cursor": encode_cursor((page[-1].level, page[-1].id)) if more else None}


def _filtered(filters: Mapping[str, Any]) -> Select[Area]:
    query = select(Area)
    columns = {
        "level": Area.level,
        "parent": Area.parent_id,
        "division": Area.division,
        "source": Area.source,
    }
    for name, column in columns.items():
        if name in filters:
            query = query.where(column == filters[name])
    if not filters["retired"]:
        query = query.where(Area.retired_at.is_(None))
    if words := filters.get("q"):
        named = (Area.name, Area.source_id, cast(Area.names, Text))
        query = query.where(or_(*(column.icontains(words, autoescape=True) for column in named)))
    return query


def area_detail(session: Session, area_id: int) -> dict[str, Any]:
    """An area with its chain, its present or last shape and the times of all. Raises NotFound."""
    area = session.get(Area, area_id)
    if area is None:
        raise NotFound()
    shapes = session.scalars(
        select(AreaShape).where(AreaShape.area_id == area_id).order_by(AreaShape.valid_from, AreaShape.id)
    ).all()
    columns = {column.key: getattr(area, column.key) for column in Area.__table__.columns}
    return columns | {
        "chain": _chain(session, area),
        "geometry": mapping(shapely.from_wkb(shapes[-1].geometry)) if shapes else None,
        "shapes": shapes,
    }


def _chain(session: Session, area: Area) -> list[Area]:
    chain = [area]
    while (parent_id := chain[0].parent_id) is not None:
        parent = session.get_one(Area, parent_id)
        if parent.level >= chain[0].level:
            break
        chain.insert(0, parent)
    return chain


def sketch_at(session: Session, area_id: int | None) -> dict[str, Any]:
    """An area and the ones right below it as outlines; None: the widest ones. Raises NotFound."""
    if area_id is not None and session.get(Area, area_id) is None:
        raise NotFound()
    below = Area.parent_id == area_id if area_id is not None else Area.parent_id.is_(None)
    rows = session.execute(
        select(Area, AreaShape.geometry)
        .join(AreaShape, (AreaShape.area_id == Area.id) & AreaShape.valid_to.is_(None))
        .where(or_(Area.id == area_id, below), Area.retired_at.is_(None))
        .order_by(Area.id != area_id if area_id is not None else Area.level, Area.level, Area.id)
        .limit(SHAPES_MOST + 1)
    ).all()
    outlines = [
        Outline(_areal(raw), area.source_id, area.name, area.names, _kind(area, area_id), area.id) for area, raw in rows
    ]
    return sketch_of(outlines)


def _areal(raw: bytes) -> Areal:
    shape: Areal = shapely.from_wkb(raw)  # type: ignore[assignment]  # imports store nothing else
    return shape


def _kind(area: Area, area_id: int | None) -> str:
    return "parent" if area.id == area_id else "child"


def say_location(index: AreaIndex, location: Location) -> dict[str, Any]:
    """A location with its areas instead of their ids."""

    def areas(ids: Sequence[int]) -> list[IndexedArea | None]:
        return [index.area(id_) for id_ in ids]

    return {
        "outside": location.outside,
        "smallest": location.smallest,
        "primary": areas(location.primary),
        "covers": areas(location.covers),
    }
