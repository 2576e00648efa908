"""Who looked at an incident (INV-7), for colleagues who may know each other's names."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kernel.journal import Event, reads_stream
from backend.kernel.names import names_of
from backend.kernel.sealed import Keyring

MOST = 50


def who_looked(session: Session, incident_id: UUID, *, ring: Keyring) -> list[dict[str, Any]]:
    """The latest looks at an incident or a picture of it, with who looked; the name is None where it was erased."""
    query = select(Event).where(Event.stream == reads_stream(incident_id), Event.type == "IncidentRead")
    events = session.scalars(query.order_by(Event.stream_seq.desc()).limit(MOST)).all()
    names = names_of(session, ring, {_person(event.actor) for event in events})
    return [
        {
            "at": event.at, "name": names.get(_person(event.actor)), "relation": event.payload["relation"],
            "purpose": event.payload["purpose"], "of_photo": "photo_id" in event.payload,
        }
        for event in events
    ]  # fmt: skip


def _person(actor: str) -> UUID:
    kind, _, raw = actor.partition(":")
    return UUID(raw) if kind == "person" else UUID(int=0)
