"""Legal holds: while one stands nothing of an incident is erased."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.incidents.ownership import locked
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, incident_stream, record
from backend.rights.models import LegalHold
from backend.rights.refusals import HoldStands


def hold_of(session: Session, incident_id: UUID) -> LegalHold | None:
    """The hold that stands on an incident."""
    query = select(LegalHold).where(LegalHold.incident_id == incident_id, LegalHold.lifted_at.is_(None))
    return session.scalars(query).one_or_none()


def set_hold(session: Session, incident_id: UUID, reason: str, *, by: UUID, now: datetime) -> LegalHold:
    """Keep everything of an incident until the hold is lifted. Raises NoSuchIncident, HoldStands."""
    locked(session, incident_id)
    if hold_of(session, incident_id):
        raise HoldStands()
    made = LegalHold(id=new_id(), incident_id=incident_id, reason=reason, set_by=by, set_at=now)
    session.add(made)
    session.flush()
    record(session, incident_stream(incident_id), [Fact("HoldSet", {"hold_id": made.id, "reason": reason})], now=now)
    return made


def lift_hold(session: Session, incident_id: UUID, *, by: UUID, now: datetime) -> LegalHold:
    """Let times run on; what is over is erased at the next sweep. Raises NoSuchIncident, HoldStands."""
    locked(session, incident_id)
    found = hold_of(session, incident_id)
    if found is None:
        raise HoldStands()
    found.lifted_by, found.lifted_at = by, now
    session.flush()
    record(session, incident_stream(incident_id), [Fact("HoldLifted", {"hold_id": found.id})], now=now)
    return found
