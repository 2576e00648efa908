"""Desks: where reports arrive and, at the last one, where the buck stops (C13)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kernel.ids import new_id
from backend.kernel.versions import bump
from backend.organisations.actions.finding import active_organisation, demand_area, note
from backend.organisations.actions.turns import demand_covered, open_desk
from backend.organisations.models import Desk
from backend.organisations.refusals import LastDeskTaken

COVER_AHEAD = timedelta(days=1)


def create_desk(session: Session, described: Mapping[str, Any], *, now: datetime) -> Desk:
    """Open a desk; ``described`` holds columns of Desk.

    Raises NotFound, NotActive, Invalid, LastDeskTaken.
    """
    active_organisation(session, described["org_id"])
    demand_area(session, described.get("area_id"))
    if described["kind"] == "buck_stops":
        demand_no_last_desk(session, described.get("area_id"))
    defaults = {"names": {"en": described["name"]}, "always_staffed": False, "confirms_swaps": False}
    desk = Desk(**(defaults | dict(described) | {"id": new_id()}))
    session.add(desk)
    session.flush()
    codes = {name: getattr(desk, name) for name in ("org_id", "area_id", "kind", "always_staffed")}
    note(session, f"desk:{desk.id}", "DeskOpened", now=now, **codes)
    bump(session, "organisations")
    return desk


def update_desk(
    session: Session,
    desk_id: UUID,
    changes: Mapping[str, Any],
    *,
    if_match: str | None = None,
    zone: str = "UTC",
    now: datetime,
) -> Desk:
    """Change a desk's name, address or whether somebody always answers.

    A last desk goes over to a rota only when the rota covers the next day already. Raises NotFound, Conflict,
    MoveRefused, LastDeskEmpty.
    """
    desk = open_desk(session, desk_id, if_match)
    if desk.kind == "buck_stops" and not changes.get("always_staffed", True):
        demand_covered(session, desk, now, now + COVER_AHEAD, zone=zone)
    for name, value in changes.items():
        setattr(desk, name, value)
    if "email" in changes:
        desk.email_bounced_at = None  # a letter to the new one has not come back
    session.flush()
    codes = {"always_staffed": desk.always_staffed}
    note(session, f"desk:{desk.id}", "DeskChanged", now=now, changed=sorted(changes), **codes)
    bump(session, "organisations")
    return desk


def demand_no_last_desk(session: Session, area_id: int | None) -> None:
    """Raise LastDeskTaken where an area has its last desk already; None is everywhere."""
    query = select(Desk.id).where(Desk.kind == "buck_stops", Desk.closed_at.is_(None))
    if found := session.scalar(query.where(Desk.area_id.is_not_distinct_from(area_id))):
        raise LastDeskTaken(desk_id=found)
