"""Requests for rights, what was erased, what is held for the law, and which incident's time was over when."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.database import Base
from backend.organisations.models import one_of
from backend.rights.rules import REASONS, Asked, Part, Right

HOLD_REASONS = ("court", "inquiry", "complaint", "claim")


class RightsRequest(Base):
    """A resident's request about a report: like an incident it always has a desk that answers for it, and a clock.

    ``asked``, ``corrected`` and ``answer`` are sealed under the request's own key, which outlives the report's.
    """

    __tablename__ = "rights_request"
    __table_args__ = (
        one_of("kind", tuple(Right)),
        one_of("state", tuple(Asked)),
        one_of("reason", REASONS),
        CheckConstraint("appeal_answered_by <> answered_by", name="another_person"),
        Index("ix_rights_request_due", "next_at", postgresql_where=text("next_at IS NOT NULL")),
        Index("ix_rights_request_opened", "opened_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    report_id: Mapped[UUID] = mapped_column(ForeignKey("report.id"), index=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    kind: Mapped[str]
    state: Mapped[str]
    asked: Mapped[bytes | None] = mapped_column(LargeBinary)
    corrected: Mapped[bytes | None] = mapped_column(LargeBinary)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    next_at: Mapped[datetime | None]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    desk_id: Mapped[UUID] = mapped_column(ForeignKey("desk.id"))
    reason: Mapped[str | None]
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None]
    appeal_answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class Erasure(Base):
    """That something was erased: which parts, of one report or of a whole incident. It holds ids and codes only.

    ``carried_at``: when the files were gone and the list outside the database knew of it, so that a restored backup
    does not bring anybody back.
    """

    __tablename__ = "erasure"
    __table_args__ = (
        one_of("why", ("request", "retention")),
        Index("ix_erasure_to_carry", "at", postgresql_where=text("carried_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    report_id: Mapped[UUID | None] = mapped_column(ForeignKey("report.id"), index=True)
    parts: Mapped[list[str]]
    files: Mapped[list[UUID]]
    why: Mapped[str]
    at: Mapped[datetime]
    carried_at: Mapped[datetime | None]


class LegalHold(Base):
    """While it stands nothing of the incident is erased, neither on request nor by its time."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        one_of("reason", HOLD_REASONS),
        Index("uq_legal_hold_standing", "incident_id", unique=True, postgresql_where=text("lifted_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    reason: Mapped[str]
    set_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    set_at: Mapped[datetime]
    lifted_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    lifted_at: Mapped[datetime | None]


class Expired(Base):
    """That the time of a part of an incident was over and the part is gone; ``retry_at``: it could not be done yet."""

    __tablename__ = "expired"
    __table_args__ = (one_of("part", tuple(Part)),)

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
