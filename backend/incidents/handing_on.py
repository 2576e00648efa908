"""Ownership when people and bodies go: a shift that ends, a person who leaves, a body that is suspended (INV-1)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from backend.incidents.conflicts import barred_here
from backend.incidents.models import Incident
from backend.incidents.ownership import chain_of, first_receiver, locked, move_ownership
from backend.incidents.telling import tell_desks, tell_reporters
from backend.kernel.hooks import Departure
from backend.kernel.sweeps import one_by_one
from backend.organisations.directory import Directory, load_directory

# Duty and last desks live by their rota: their incidents follow whoever is there. A body's own desk has accepted as
# a body, and keeps what it accepted whether or not it uses our rota.
_UNATTENDED = text(
    """
    SELECT i.id FROM incident i JOIN desk d ON d.id = i.owner_desk_id
    WHERE i.closed_at IS NULL AND d.kind IN ('duty', 'buck_stops')
      AND (d.closed_at IS NOT NULL
           OR (i.owner_person_id IS NOT NULL AND NOT EXISTS (
                 SELECT FROM shift s WHERE s.desk_id = d.id AND s.person_id = i.owner_person_id
                   AND s.withdrawn_at IS NULL AND s.during @> CAST(:now AS timestamptz)))
           OR (d.kind = 'duty' AND NOT d.always_staffed AND i.owner_person_id IS NULL AND NOT EXISTS (
                 SELECT FROM shift s WHERE s.desk_id = d.id AND s.withdrawn_at IS NULL
                   AND s.during @> CAST(:now AS timestamptz))))
    ORDER BY i.grade, i.opened_at LIMIT :limit
    """
)


def follow_shifts(session: Session, *, now: datetime, limit: int = 100) -> int:
    """Move what a desk owned to whoever is there now, or to the next staffed desk; return how many moved."""
    found = session.scalars(_UNATTENDED, {"now": now, "limit": limit}).all()

    def follow(incident_id: UUID) -> None:
        _hand_on(session, incident_id, by_act="shift_end", now=now)

    return one_by_one(session, found, follow, what="shifts", put_off=lambda _: None)


def leave(session: Session, departure: Departure, now: datetime) -> None:
    """Find new owners for all that a body, desk or person owned, in the transaction in which it goes."""
    query = select(Incident.id).order_by(Incident.id)
    if departure.organisation_id:
        query = query.where(Incident.owner_org_id == departure.organisation_id)
    if departure.desk_id:
        query = query.where(Incident.owner_desk_id == departure.desk_id)
    if departure.person_id:
        query = query.where(Incident.owner_person_id == departure.person_id)
    found: Sequence[UUID] = session.scalars(query).all()
    directory = load_directory(session) if found else None
    for incident_id in found:
        _hand_on(session, incident_id, by_act="departure", now=now, directory=directory)


def _hand_on(
    session: Session, incident_id: UUID, *, by_act: str, now: datetime, directory: Directory | None = None
) -> bool:
    incident = locked(session, incident_id)
    barred = barred_here(session, incident_id)
    owner = first_receiver(session, chain_of(incident), now=now, directory=directory, without=barred)
    if not move_ownership(session, incident, owner, by_act=by_act, now=now):
        return False
    if incident.closed_at is None:
        tell_desks(session, incident, "incident_handed_on", [owner.desk_id], now=now)
        if by_act == "departure":
            tell_reporters(session, incident, "reporter_owner_changed", now=now)
    return True
