"""Areas: the tree of places, and every shape that each has had."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.database import Base


class Area(Base):
    """A place with a level and a parent. Its identity outlives its shape; ``retired_at`` when a later import left it out."""

    __tablename__ = "area"
    __table_args__ = (UniqueConstraint("source", "source_id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    source: Mapped[str]
    source_id: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"), index=True)
    level: Mapped[int]
    division: Mapped[str]
    division_order: Mapped[int]
    name: Mapped[str]
    names: Mapped[dict[str, str]]
    country: Mapped[str | None]
    timezone: Mapped[str | None]
    density: Mapped[str] = mapped_column(server_default="urban")
    properties: Mapped[dict[str, Any]]
    retired_at: Mapped[datetime | None]


class AreaShape(Base):
    """One shape of an area (WKB, WGS84) and the time for which it holds; the present one has no ``valid_to``."""

    __tablename__ = "area_shape"
    __table_args__ = (
        Index("uq_area_shape_present", "area_id", unique=True, postgresql_where=text("valid_to IS NULL")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), index=True)
    import_id: Mapped[UUID] = mapped_column(ForeignKey("area_import.id"))
    geometry: Mapped[bytes] = mapped_column(LargeBinary)
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


class AreaImport(Base):
    """One import of a file of areas and what it changed."""

    __tablename__ = "area_import"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str]
    digest: Mapped[str]
    imported_at: Mapped[datetime]
    imported_by: Mapped[str]
    counts: Mapped[dict[str, Any]]
