"""Who looks at an incident now: leases of 30 seconds, renewed while it is open, seen by those who see the incident."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from backend.console.models import Looking
from backend.incidents.models import Incident
from backend.incidents.refusals import NoSuchIncident
from backend.kernel.sealed import Keyring
from backend.organisations.models import Person
from backend.organisations.reading import open_people

LEASE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who looks at an incident; ``name`` is None for those who may not read the names of people."""

    incident_id: UUID
    person_id: UUID
    name: str | None


def look(session: Session, incident_id: UUID, person_id: UUID, *, now: datetime) -> None:
    """Say that the person looks at the incident for the next 30 seconds. Raises NoSuchIncident."""
    if session.scalar(select(Incident.id).where(Incident.id == incident_id)) is None:
        raise NoSuchIncident()
    lease = insert(Looking).values(incident_id=incident_id, person_id=person_id, until=now + LEASE)
    session.execute(
        lease.on_conflict_do_update(index_elements=["incident_id", "person_id"], set_={"until": now + LEASE})
    )


def look_away(session: Session, incident_id: UUID, person_id: UUID) -> None:
    """The person has closed the incident."""
    session.execute(delete(Looking).where(Looking.incident_id == incident_id, Looking.person_id == person_id))


def others_at(
    session: Session, incident_ids: Sequence[UUID], *, me: UUID, ring: Keyring | None, now: datetime
) -> list[Present]:
    """Who else looks at these incidents; row security leaves out those that the reader may not see."""
    rows = session.execute(
        select(Looking.incident_id, Person)
        .join(Person, Person.id == Looking.person_id)
        .where(Looking.incident_id.in_(incident_ids), Looking.until > now, Looking.person_id != me)
        .order_by(Looking.incident_id, Looking.person_id)
    ).all()
    opened = open_people(session, ring, {person.id: person for _, person in rows}.values())
    return [Present(incident_id, person.id, opened[person.id]["name"]) for incident_id, person in rows]


def forget_leases(session: Session, now: datetime) -> int:
    """Delete the leases that have ended; how many there were."""
    ended = session.scalars(delete(Looking).where(Looking.until < now - LEASE).returning(Looking.person_id))
    return len(ended.all())
