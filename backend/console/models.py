"""What the console keeps of the people at it: their saved views, and what they look at now."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.database import Base


class SavedView(Base):
    """Filters and an order of the queue under a name, which is sealed under the person's own key."""

    __tablename__ = "saved_view"
    __table_args__ = (Index("uq_saved_view_default", "person_id", unique=True, postgresql_where=text("is_default")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[bytes] = mapped_column(LargeBinary)
    filters: Mapped[dict[str, Any]]
    is_default: Mapped[bool]
    created_at: Mapped[datetime]


class Looking(Base):
    """Somebody has an incident open, until the lease ends. It is of the moment, and no part of the journal."""

    __tablename__ = "looking"

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    until: Mapped[datetime] = mapped_column(index=True)
