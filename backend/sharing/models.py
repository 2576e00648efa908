"""Agreements between bodies, and what was shared or refused."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.database import Base
from backend.organisations.models import one_of
from backend.sharing.rules import Basis, Terms


class Agreement(Base):
    """What one body tells another, for what, on what legal ground and until when. Empty ``categories``: of all."""

    __tablename__ = "agreement"
    __table_args__ = (
        one_of("state", tuple(Terms)),
        CheckConstraint("from_org_id <> to_org_id", name="two"),
        CheckConstraint("valid_to > valid_from", name="ends"),
        Index("ix_agreement_ends", "valid_to", postgresql_where=text("state IN ('proposed','in_force')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    from_org_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    to_org_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    purpose: Mapped[str]
    legal_basis: Mapped[str]
    fields: Mapped[list[str]]
    categories: Mapped[list[str]]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime]
    state: Mapped[str]
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    proposed_by_org_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    accepted_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Share(Base):
    """That facts of an incident were shared with a body, or that it was decided not to. The reason is sealed.

    ``tell_at``: when those who reported learn of it; later than at once only where telling would endanger somebody.
    """

    __tablename__ = "share"
    __table_args__ = (
        one_of("basis", tuple(Basis)),
        one_of("decision", ("shared", "not_shared")),
        CheckConstraint("(basis = 'agreement') = (agreement_id IS NOT NULL)", name="agreement"),
        CheckConstraint("reviewed_by <> decided_by", name="another_person"),
        Index("ix_share_review", "review_due_at", postgresql_where=text("reviewed_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    from_org_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    to_org_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    fields: Mapped[list[str]]
    basis: Mapped[str]
    agreement_id: Mapped[UUID | None] = mapped_column(ForeignKey("agreement.id"), index=True)
    reason: Mapped[bytes | None] = mapped_column(LargeBinary)
    decision: Mapped[str]
    decided_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    tell_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    review_due_at: Mapped[datetime | None]
    reviewed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    reviewed_at: Mapped[datetime | None]
