"""The index of all present areas, held in memory until the areas change."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.areas.index import AreaIndex, IndexedArea
from backend.areas.models import Area, AreaShape
from backend.kernel.versions import Cached


def load_index(session: Session) -> AreaIndex:
    """Build the index from the database. Use ``AREAS.get(session)``, which keeps it by version."""
    rows = session.execute(
        select(*_columns(), AreaShape.geometry)
        .join(AreaShape, (AreaShape.area_id == Area.id) & AreaShape.valid_to.is_(None))
        .where(Area.retired_at.is_(None))
    )
    return AreaIndex((_indexed(row), row.geometry) for row in rows)


def _columns() -> tuple[InstrumentedAttribute[Any], ...]:
    """All but the bulky ones: 50,000 areas are read at once, after every import and at every start."""
    tree = (Area.id, Area.level, Area.division, Area.parent_id, Area.division_order)
    return *tree, Area.name, Area.names, Area.country, Area.timezone, Area.density


def _indexed(row: Any) -> IndexedArea:
    return IndexedArea(
        id=row.id,
        level=row.level,
        division=row.division,
        parent_id=row.parent_id,
        rank=row.division_order,
        name=row.name,
        names=row.names,
        country=row.country,
        timezone=row.timezone,
        density=row.density,
    )


AREAS = Cached("areas", load=load_index)
