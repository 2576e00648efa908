"""Listings of help, matches between a request and an offer, and what the two sides write to each other."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Numeric, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from backend.aid.rules import Side
from backend.aid.states import State
from backend.intake.wishes import DAYS, RESOURCES, UNITS
from backend.kernel.database import Base
from backend.organisations.models import one_of

ENDINGS = ("expired", "over", "taken_off", "not_needed", "met")
# How it went, as one side says afterwards; never shown to the other and never added up over people.
WENT = ("well", "so_so", "badly")
OPEN = text("ended_at IS NULL")


class AidListing(Base):
    """A request or an offer with what it says in codes; ``on_board``: neighbours see it, else coordinators alone.

    Its place is a cell that holds many homes, its hour (``listed_at``) is cut; both are missing where it has no place.
    ``waiting_since``: since when the need is unmet, to the second. ``windows``: see ``aid/windows.py``.
    """

    __tablename__ = "aid_listing"
    __table_args__ = (
        one_of("direction", tuple(Side)),
        one_of("days", DAYS),
        one_of("unit", UNITS),
        one_of("resource", RESOURCES),
        one_of("ended_why", ENDINGS),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("people > 0", name="people"),
        # What neighbours see has a place and a topic.
        CheckConstraint("NOT on_board OR (category IS NOT NULL AND cell IS NOT NULL)", name="on_board"),
        Index("ix_aid_listing_near", "wide_cell", "listed_at", postgresql_where=OPEN),
        Index("ix_aid_listing_need", "direction", "category", "wide_cell", postgresql_where=OPEN),
        Index("ix_aid_listing_cell", "cell", "direction", "category", postgresql_where=OPEN),
        Index("ix_aid_listing_rung", "next_rung_at", postgresql_where=OPEN),
        Index("ix_aid_listing_expires", "expires_at", postgresql_where=OPEN),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    report_id: Mapped[UUID] = mapped_column(ForeignKey("report.id"), unique=True)
    direction: Mapped[str]
    category: Mapped[str | None]
    on_board: Mapped[bool]
    # Why neighbours do not see it although that was wanted: a code with words in texts/aid.yaml.
    kept_off: Mapped[str | None]
    days: Mapped[str | None]
    windows: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    amount: Mapped[Decimal | None] = mapped_column(Numeric(9, 2))
    unit: Mapped[str | None]
    people: Mapped[int | None]
    language: Mapped[str]
    languages: Mapped[list[str] | None]
    accessibility: Mapped[list[str] | None]
    conditions: Mapped[list[str] | None]
    # Who said that somebody else may be asked for, and when: {"said_by", "said_at"}.
    for_another: Mapped[dict[str, Any] | None]
    # A keyed hash of that person's address, as `report.source` is of the writer's.
    for_source: Mapped[bytes | None] = mapped_column(LargeBinary)
    # R19, of the category and the words: doorstep, outdoors, in_home, money, care, child or none; None: not known.
    risk: Mapped[str | None]
    # Offers from an account: what it is (C29), and who answers for it.
    resource: Mapped[str | None]
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    cell: Mapped[int | None]
    wide_cell: Mapped[int | None]
    listed_at: Mapped[datetime]
    waiting_since: Mapped[datetime]
    expires_at: Mapped[datetime]
    # When we asked whether it is still so.
    asked_at: Mapped[datetime | None]
    # Of a request: how long after waiting_since a coordinator, then a service is told that nobody was found (R19 at its
    # place); how many were told; and when the next is due, None where it is being met or none is left.
    rungs_s: Mapped[list[int] | None]
    rungs_told: Mapped[int] = mapped_column(server_default="0")
    next_rung_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None]


class AidMatch(Base):
    """One request and one offer that may fit. The same two are brought together once only.

    A neighbour began it (``answered_by``) or a coordinator did (``proposed_by``).
    """

    __tablename__ = "aid_match"
    __table_args__ = (
        one_of("state", tuple(State)),
        one_of("answered_by", tuple(Side)),
        one_of("worried", tuple(Side)),
        one_of("request_went", WENT),
        one_of("offer_went", WENT),
        CheckConstraint("answered_by IS NOT NULL OR proposed_by IS NOT NULL", name="begun"),
        UniqueConstraint("request_report_id", "offer_report_id"),
        Index("ix_aid_match_offer", "offer_report_id"),
        Index(
            "ix_aid_match_moved", "moved_at",
            postgresql_where=text("state IN ('tentative', 'accepted_by_one', 'accepted', 'in_progress')"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("aid_listing.id"), index=True)
    request_report_id: Mapped[UUID] = mapped_column(ForeignKey("report.id"))
    offer_report_id: Mapped[UUID] = mapped_column(ForeignKey("report.id"))
    state: Mapped[str]
    answered_by: Mapped[str | None]
    proposed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    answered_at: Mapped[datetime]
    moved_at: Mapped[datetime]
    request_accepted_at: Mapped[datetime | None]
    offer_accepted_at: Mapped[datetime | None]
    request_done_at: Mapped[datetime | None]
    offer_done_at: Mapped[datetime | None]
    # Since when each side lets the other see how to reach it; both together, or nobody sees.
    request_shares_at: Mapped[datetime | None]
    offer_shares_at: Mapped[datetime | None]
    # When both were asked how it is going, and when a person was told that neither has answered.
    asked_at: Mapped[datetime | None]
    handed_at: Mapped[datetime | None]
    worried: Mapped[str | None]
    request_went: Mapped[str | None]
    offer_went: Mapped[str | None]


class AidMessage(Base):
    """What one side wrote to the other, sealed under a key of its own. No staff reads it."""

    __tablename__ = "aid_message"
    __table_args__ = (one_of("side", tuple(Side)), Index("ix_aid_message_match", "match_id", "at"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    match_id: Mapped[UUID] = mapped_column(ForeignKey("aid_match.id"))
    side: Mapped[str]
    at: Mapped[datetime]
    body: Mapped[bytes] = mapped_column(LargeBinary)
