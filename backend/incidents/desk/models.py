"""Tasks on an incident, and disputes between bodies about it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from backend.incidents.desk.states import DisputeState, TaskState
from backend.kernel.database import Base
from backend.organisations.models import one_of

DISPUTE_KINDS = ("lead", "resource", "information", "grade", "closure")
WHISTLE_REASONS = ("nobody_leads", "help_missing", "unsafe", "too_slow")


class Task(Base):
    """Something to be done for an incident: a task of the list by its ``code``, or one in words, which are sealed.

    A task that is a ``duty`` bars closing until it is over (states.md 9.1). ``due_at`` may be missing.
    """

    __tablename__ = "task"
    __table_args__ = (
        one_of("state", tuple(TaskState)),
        CheckConstraint("code IS NOT NULL OR title IS NOT NULL", name="titled"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    code: Mapped[str | None]
    title: Mapped[bytes | None] = mapped_column(LargeBinary)
    duty: Mapped[bool]
    org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str]
    due_at: Mapped[datetime | None]
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    moved_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    moved_at: Mapped[datetime]


class Dispute(Base):
    """A formal disagreement between bodies. The owner keeps the duty throughout (C05).

    ``called`` holds each whistled body as ``{org_id, attended}``; attended is null until somebody has recorded it.
    """

    __tablename__ = "dispute"
    __table_args__ = (
        one_of("state", tuple(DisputeState)),
        one_of("kind", DISPUTE_KINDS),
        one_of("whistle_reason", WHISTLE_REASONS),
        Index("uq_dispute_open", "incident_id", unique=True, postgresql_where=text("state <> 'closed'")),
        Index("ix_dispute_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    kind: Mapped[str]
    state: Mapped[str]
    with_org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    position: Mapped[bytes | None] = mapped_column(LargeBinary)
    called: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    whistle_reason: Mapped[str | None]
    due_at: Mapped[datetime | None]
    opened_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime]
    decision: Mapped[bytes | None] = mapped_column(LargeBinary)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
