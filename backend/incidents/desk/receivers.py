"""To whom an incident can be handed, or who can be asked: bodies with a desk for its place."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from backend.incidents.models import Incident
from backend.incidents.ownership import chain_of
from backend.organisations.directory import DIRECTORY, Directory, who_is_on_duty


def of(session: Session, incident: Incident, *, now: datetime) -> list[dict[str, Any]]:
    """Bodies that take part and have a desk for the place, with the routes that they lead there and who is on duty."""
    directory, chain = DIRECTORY.get(session), chain_of(incident)
    desks = {org: desk for org in directory.active if (desk := directory.desk_of(org, chain))}
    on_duty = who_is_on_duty(session, [desk.id for desk in desks.values()], now=now)
    found = [
        {
            "organisation_id": str(org), "desk_id": str(desk.id), "kind": directory.organisations[org].kind,
            "label": dict(desk.names), "routes": _routes(directory, org, chain, incident.category, now),
            "on_duty": len(on_duty.get(desk.id, ())), "always_staffed": desk.always_staffed,
            "is_owner": org == incident.owner_org_id,
        }
        for org, desk in desks.items()
    ]  # fmt: skip
    return sorted(found, key=lambda one: (not one["routes"], str(one["label"].get("en", ""))))


def _routes(directory: Directory, org: UUID, chain: tuple[int, ...], category: str | None, now: datetime) -> list[str]:
    return sorted(
        {
            one.route
            for one in directory.mandates
            if one.org_id == org
            and one.role == "lead"
            and one.phase == "respond"
            and one.category in (None, category)
            and (one.area_id is None or one.area_id in chain)
            and one.holds(now)
        }
    )
