"""Swaps of turns, asked of a colleague."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.database import Base
from backend.organisations.models import one_of

SWAP_STATES = ("asked", "accepted", "done", "declined", "refused", "withdrawn", "lapsed")


class ShiftSwap(Base):
    """A turn offered to a colleague, with or without one of theirs in return. The desk is that of the turn."""

    __tablename__ = "shift_swap"
    __table_args__ = (
        one_of("state", SWAP_STATES),
        Index(
            "uq_shift_swap_open", "shift_id", unique=True, postgresql_where=text("state IN ('asked', 'accepted')")
        ),
        Index("ix_shift_swap_desk", "desk_id", "asked_at"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    desk_id: Mapped[UUID] = mapped_column(ForeignKey("desk.id"))
    shift_id: Mapped[UUID] = mapped_column(ForeignKey("shift.id"))
    return_shift_id: Mapped[UUID | None] = mapped_column(ForeignKey("shift.id"), index=True)
    from_person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    to_person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    state: Mapped[str]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
