"""Openings: who opened which incident, why, until when, and what another person made of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.database import Base
from backend.trust.glass.rules import Glass

_STATES = ", ".join(f"'{state}'" for state in Glass)


class BrokenGlass(Base):
    """An opening. The reason and the reviewer's words are sealed under its own key."""

    __tablename__ = "broken_glass"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("reviewed_by <> person_id", name="another_person"),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended_at"),
        CheckConstraint("(state IN ('justified', 'not_justified')) = (reviewed_at IS NOT NULL)", name="reviewed_at"),
        Index("uq_broken_glass_open", "person_id", "incident_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_broken_glass_opened", "opened_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str]
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    reviewed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    reviewed_at: Mapped[datetime | None]
    review_note: Mapped[bytes | None] = mapped_column(LargeBinary)
    reminded_at: Mapped[datetime | None]
