"""Who answers: ownership moves in one place, so that no instant is without an owner (INV-1, INV-2)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from backend.incidents.models import Incident, Ownership
from backend.incidents.refusals import NoSuchIncident, OpenedToRead
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.problems import Conflict
from backend.organisations.directory import DIRECTORY, Directory, Owner, smallest_staffed, who_is_on_duty

TICK = timedelta(microseconds=1)


def locked(session: Session, incident_id: UUID, *, version: int | None = None) -> Incident:
    """The incident, locked until the transaction ends. Raises NoSuchIncident; Conflict for another ``version``.

    Raises OpenedToRead where the reader opened it for a while: row security shows it and lets nobody touch it.
    """
    incident = session.get(Incident, incident_id, with_for_update=True, populate_existing=True)
    if incident is None:
        if session.scalar(select(Incident.id).where(Incident.id == incident_id)):
            raise OpenedToRead()
        raise NoSuchIncident()
    if version is not None and incident.version != version:
        raise Conflict(version=incident.version)
    return incident


def owner_of(incident: Incident) -> Owner:
    """Who answers for the incident now."""
    return Owner(incident.owner_org_id, incident.owner_desk_id, incident.owner_person_id)


def chain_of(incident: Incident) -> tuple[int, ...]:
    """The areas that responsibility follows, from the top down; empty outside every area."""
    return chain_in(incident.area_ids, incident.area_id)


def chain_in(area_ids: Sequence[int], area_id: int | None) -> tuple[int, ...]:
    """The same of an incident's columns, for readers that have no incident at hand."""
    return tuple(area_ids[1 : area_ids.index(area_id) + 1]) if area_id is not None else ()


def move_ownership(session: Session, incident: Incident, owner: Owner, *, by_act: str, now: datetime) -> bool:
    """End the present ownership and begin the next at the same instant; False when ``owner`` has it already.

    The caller holds the incident locked. Should the clock have jumped back, the new interval begins a
    microsecond after the present one: time within one incident never runs backwards.
    """
    if owner == owner_of(incident):
        return False
    held = session.scalars(
        select(Ownership)
        .where(Ownership.incident_id == incident.id, func.upper_inf(Ownership.during))
        .with_for_update()
    ).one()
    assert held.during.lower is not None
    moment = max(now, held.during.lower + TICK)
    held.during = Range(held.during.lower, moment)
    session.flush()
    session.add(
        Ownership(
            id=new_id(), incident_id=incident.id, org_id=owner.org_id, desk_id=owner.desk_id,
            person_id=owner.person_id, during=Range(moment, None), by_act=by_act,
            by_actor=str(session.info.get("actor", "system")),
        )
    )  # fmt: skip
    incident.owner_org_id, incident.owner_desk_id, incident.owner_person_id = (
        owner.org_id,
        owner.desk_id,
        owner.person_id,
    )
    if owner.org_id not in incident.party_org_ids:
        incident.party_org_ids = [*incident.party_org_ids, owner.org_id]
    payload = {"org_id": owner.org_id, "desk_id": owner.desk_id, "person_id": owner.person_id, "by_act": by_act}
    record(session, incident_stream(incident.id), [Fact("OwnershipMoved", payload)], now=now)
    session.flush()
    return True


def first_receiver(
    session: Session, chain: Sequence[int], *, now: datetime, directory: Directory | None = None,
    without: frozenset[UUID] = frozenset(),
) -> Owner:  # fmt: skip
    """The smallest staffed desk over a place (R02). ``directory``: one read afresh, after a change in this transaction.

    ``without``: bodies that an interest bars (C04); where nobody else is left, the last desk answers all the same.
    """
    directory = directory or DIRECTORY.get(session)
    every = directory.desks_over(chain)
    desks = tuple(desk for desk in every if desk.org_id not in without) or every[-1:]
    on_duty = who_is_on_duty(session, [desk.id for desk in desks], now=now)
    return smallest_staffed(desks, on_duty, active=directory.active)
