"""Offers and deliveries of an incident, for whoever looks at it: each word only as far as a row proves it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.dispatch.ledger import Reader, told_of
from backend.dispatch.models import Delivery, Offer
from backend.incidents.models import ThreadMessage

OFFER_FIELDS = (
    "id", "part", "route", "org_id", "desk_id", "person_id", "wave", "chain_step", "state", "offered_at", "due_at",
    "seen_at", "answered_at", "answered_by", "r06_letter", "on_the_way_at", "arrived_at", "done_at",
)  # fmt: skip
DELIVERY_FIELDS = (
    "id", "person_id", "desk_id", "report_id", "offer_id", "channel", "lane", "template", "state", "outcome",
    "created_at", "due_at", "attempts", "handed_over_at", "delivered_at", "seen_at",
)  # fmt: skip
MOST = 500


def offers_of(session: Session, incident_id: UUID) -> list[dict[str, Any]]:
    """Who was asked, and what they said, in order."""
    query = select(Offer).where(Offer.incident_id == incident_id).order_by(Offer.offered_at, Offer.id).limit(MOST)
    return [{name: getattr(row, name) for name in OFFER_FIELDS} for row in session.scalars(query)]


def deliveries_of(session: Session, incident_id: UUID) -> list[dict[str, Any]]:
    """Who was told by what channel, and how far that came, in order."""
    query = (
        select(Delivery)
        .where(Delivery.incident_id == incident_id)
        .order_by(Delivery.created_at, Delivery.id)
        .limit(MOST)
    )
    rows = session.scalars(query).all()
    words = told_of(rows, Reader.COORDINATOR)
    return [{name: getattr(row, name) for name in DELIVERY_FIELDS} | {"said": words[row.id]} for row in rows]


def was_told(session: Session, incident_id: UUID, since: datetime, but_not: UUID | None) -> bool:
    """Whether anybody but that person was told of an incident since then: by what left, in a thread or an inbox."""
    left = select(Delivery.id).where(
        Delivery.incident_id == incident_id, Delivery.created_at >= since,
        Delivery.state.in_(("handed_over", "delivered", "seen")), Delivery.person_id.is_distinct_from(but_not),
    )  # fmt: skip
    said = select(ThreadMessage.id).where(
        ThreadMessage.incident_id == incident_id, ThreadMessage.at >= since, ThreadMessage.direction == "to_reporter"
    )
    return any(session.scalars(query.limit(1)).first() is not None for query in (left, said))


def inbox_of(session: Session, person_id: UUID) -> list[dict[str, Any]]:
    """What a person was told in the application, the newest first."""
    query = (
        select(Delivery)
        .where(
            Delivery.person_id == person_id, Delivery.channel == "in_app", Delivery.state.in_(("handed_over", "seen"))
        )
        .order_by(Delivery.created_at.desc())
        .limit(200)
    )
    fields = ("id", "incident_id", "offer_id", "template", "params", "lane", "state", "created_at", "seen_at")
    return [{name: getattr(row, name) for name in fields} for row in session.scalars(query)]
