"""Listings on the board, matches between a request and an offer, and what the two sides write to each other."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.aid.rules import Side
from backend.aid.states import State
from backend.kernel.database import Base
from backend.organisations.models import one_of

DAYS = ("soon", "week", "often", "any")
ENDINGS = ("expired", "over", "taken_off")


class AidListing(Base):
    """What a report shows on the board. Its place is a cell that holds many homes; its hour is cut, not exact."""

    __tablename__ = "aid_listing"
    __table_args__ = (
        one_of("direction", tuple(Side)),
        one_of("days", DAYS),
        one_of("ended_why", ENDINGS),
        Index("ix_aid_listing_near", "wide_cell", "listed_at", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    report_id: Mapped[UUID] = mapped_column(ForeignKey("report.id"), unique=True)
    direction: Mapped[str]
    category: Mapped[str]
    days: Mapped[str | None]
    language: Mapped[str]
    cell: Mapped[int]
    wide_cell: Mapped[int]
    listed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None]


class AidMatch(Base):
    """One request and one offer that may fit. The same two are brought together once only."""

    __tablename__ = "aid_match"
    __table_args__ = (
        one_of("state", tuple(State)),
        one_of("answered_by", tuple(Side)),
        one_of("worried", tuple(Side)),
        UniqueConstraint("request_report_id", "offer_report_id"),
        Index("ix_aid_match_offer", "offer_report_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("aid_listing.id"), index=True)
    request_report_id: Mapped[UUID] = mapped_column(ForeignKey("report.id"))
    offer_report_id: Mapped[UUID] = mapped_column(ForeignKey("report.id"))
    state: Mapped[str]
    answered_by: Mapped[str]
    answered_at: Mapped[datetime]
    moved_at: Mapped[datetime]
    request_accepted_at: Mapped[datetime | None]
    offer_accepted_at: Mapped[datetime | None]
    request_done_at: Mapped[datetime | None]
    offer_done_at: Mapped[datetime | None]
    worried: Mapped[str | None]


class AidMessage(Base):
    """What one side wrote to the other, sealed under a key of its own. No staff reads it."""

    __tablename__ = "aid_message"
    __table_args__ = (one_of("side", tuple(Side)), Index("ix_aid_message_match", "match_id", "at"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    match_id: Mapped[UUID] = mapped_column(ForeignKey("aid_match.id"))
    side: Mapped[str]
    at: Mapped[datetime]
    body: Mapped[bytes] = mapped_column(LargeBinary)
