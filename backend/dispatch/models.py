"""Offers to bodies and people, messages on their way, and where they may go."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, LargeBinary, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.database import Base
from backend.organisations.models import one_of

OFFER_PARTS = ("lead", "parallel", "volunteer")
OFFER_STATES = ("proposed", "seen", "accepted", "declined", "lapsed", "withdrawn", "arrived", "completed")
OPEN_OFFER_STATES = ("proposed", "seen")
DELIVERY_STATES = ("waiting", "held", "handed_over", "delivered", "seen", "failed", "not_sent")
CHANNELS = ("in_app", "email", "webhook", "telegram", "push", "sms", "service")
LANES = ("sos", "offers", "deliveries", "bulk")
PROVIDER_STATES = ("working", "down", "trying")


class Offer(Base):
    """An assignment proposed to a body's desk or to a person. Accepting a ``lead`` offer moves ownership (INV-2).

    Its times are the funnel of those who are asked: alerted, seen, accepted, on the way, arrived, helped.
    """

    __tablename__ = "offer"
    __table_args__ = (
        one_of("part", OFFER_PARTS),
        one_of("state", OFFER_STATES),
        CheckConstraint("desk_id IS NOT NULL OR person_id IS NOT NULL", name="somebody"),
        Index("ix_offer_due", "due_at", postgresql_where=text("state IN ('proposed','seen')")),
        Index(
            "uq_offer_open_lead", "incident_id", unique=True,
            postgresql_where=text("part = 'lead' AND state IN ('proposed','seen')"),
        ),
        Index("ix_offer_offered", "offered_at", postgresql_using="brin"),
        Index("ix_offer_person", "person_id", "offered_at", postgresql_where=text("person_id IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    part: Mapped[str]
    route: Mapped[str]
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    desk_id: Mapped[UUID | None] = mapped_column(ForeignKey("desk.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    wave: Mapped[int] = mapped_column(SmallInteger)
    chain_step: Mapped[int] = mapped_column(SmallInteger)
    distance_m: Mapped[float | None]
    state: Mapped[str]
    offered_at: Mapped[datetime]
    due_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str | None]
    r06_letter: Mapped[str | None]
    on_the_way_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class Delivery(Base):
    """One message to one address by one channel. Words on screens come from ``state`` and its attempts.

    ``template`` and ``params`` name a neutral text of ours; the address is sealed under the delivery's recipient.
    ``fence`` rises with every lease, so that a worker that lost its lease can no longer record an outcome.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        one_of("channel", CHANNELS),
        one_of("state", DELIVERY_STATES),
        one_of("lane", LANES),
        Index("ix_delivery_due", "due_at", postgresql_where=text("state IN ('waiting','held')")),
        Index("ix_delivery_person", "person_id", "created_at"),
        Index(
            "ix_delivery_sos", "created_at",
            postgresql_where=text("lane = 'sos' AND state IN ('waiting','handed_over')"),
        ),
        Index("ix_delivery_created", "created_at", postgresql_using="brin"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID | None] = mapped_column(ForeignKey("incident.id"), index=True)
    report_id: Mapped[UUID | None] = mapped_column(ForeignKey("report.id"), index=True)
    offer_id: Mapped[UUID | None] = mapped_column(ForeignKey("offer.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    desk_id: Mapped[UUID | None] = mapped_column(ForeignKey("desk.id"))
    webhook_id: Mapped[UUID | None] = mapped_column(ForeignKey("webhook.id"))
    channel: Mapped[str]
    lane: Mapped[str]
    template: Mapped[str]
    params: Mapped[dict[str, Any]]
    language: Mapped[str]
    state: Mapped[str]
    outcome: Mapped[str | None]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    fence: Mapped[int]
    attempts: Mapped[int]
    handed_over_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]


class DeliveryAttempt(Base):
    """One try of a delivery and its outcome in the channel's code table."""

    __tablename__ = "delivery_attempt"
    __table_args__ = (Index("ix_delivery_attempt_at", "at", postgresql_using="brin"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("delivery.id"), index=True)
    at: Mapped[datetime]
    took_ms: Mapped[float]
    outcome: Mapped[str]
    code: Mapped[str]


class Webhook(Base):
    """Where a body's own system is told, signed by the Standard Webhooks scheme; the secret is sealed."""

    __tablename__ = "webhook"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    url: Mapped[bytes] = mapped_column(LargeBinary)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Provider(Base):
    """How a provider fares (dispatch/providers.py). No row: as far as is known it works.

    ``name`` is its channel, or ``webhook:`` and ``service:`` with the id of whose system it is. While it is ``down``
    nothing but an SOS goes by it, until ``probe_at``, when one message is let through (``trying``).
    """

    __tablename__ = "provider"
    __table_args__ = (one_of("state", PROVIDER_STATES),)

    name: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    since: Mapped[datetime]
    probe_at: Mapped[datetime | None]
    wait_s: Mapped[int]
    reason: Mapped[str]


class PrintedRoster(Base):
    """The roster on paper as it was made at a time, sealed under a key of its own; both go after a day."""

    __tablename__ = "printed_roster"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    language: Mapped[str]
    made_at: Mapped[datetime]
    pdf: Mapped[bytes] = mapped_column(LargeBinary)
