"""The end of a desk: what hangs on it, who goes on with that, and opening it again (C13)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.kernel.etags import demand_match
from backend.kernel.hooks import Departure, depart
from backend.kernel.versions import bump
from backend.organisations.actions.chats import end_links
from backend.organisations.actions.desks import COVER_AHEAD, demand_no_last_desk
from backend.organisations.actions.finding import active_organisation, locked, note
from backend.organisations.actions.turns import demand_covered, end_turns, open_desk
from backend.organisations.directory import TOP_DESK_ID
from backend.organisations.models import ChatLink, Desk, Mandate, Organisation, Shift
from backend.organisations.refusals import MoveRefused, SuccessorNeeded, SuccessorUnfit, TopDeskStays
from backend.organisations.rules.closing import OpenDesk, Part, can_succeed, parts_of


@dataclass(frozen=True, slots=True)
class Closing:
    """What closing a desk would leave undone, and the desks that could go on with it."""

    parts: tuple[Part, ...]
    successors: tuple[Desk, ...]


def closing_of(session: Session, desk: Desk, *, now: datetime) -> Closing:
    """Look before a desk is closed."""
    of_active = select(Desk).join(Organisation, Organisation.id == Desk.org_id).where(Organisation.status == "active")
    others = session.scalars(of_active.where(Desk.closed_at.is_(None), Desk.id != desk.id).order_by(Desk.id)).all()
    facts = _facts(desk)
    parts = parts_of(facts, [_facts(one) for one in others], has_mandate=_has_mandate(session, desk.org_id, now))
    above = AREAS.get(session).chain(desk.area_id) if desk.area_id is not None else ()
    fitting = (one for one in others if can_succeed(_facts(one), facts, parts, above=above))
    return Closing(parts, tuple(fitting) if parts else ())


def _facts(desk: Desk) -> OpenDesk:
    return OpenDesk(desk.id, desk.org_id, desk.area_id, desk.kind)


def _has_mandate(session: Session, organisation_id: UUID, now: datetime) -> bool:
    held = select(Mandate.id).where(
        Mandate.org_id == organisation_id, Mandate.state == "accepted", Mandate.role.in_(("lead", "support")),
        Mandate.valid_to.is_(None) | (Mandate.valid_to > now),
    )  # fmt: skip
    return session.scalar(held.limit(1)) is not None


def close_desk(
    session: Session, desk_id: UUID, *, successor_id: UUID | None = None, if_match: str | None = None,
    zone: str = "UTC", now: datetime,
) -> Desk:  # fmt: skip
    """Close a desk and its rota; what it owned gets new owners at once.

    Where something hangs on it alone, ``successor_id`` names the desk that goes on with it. Raises NotFound, Conflict,
    MoveRefused, TopDeskStays, SuccessorNeeded, SuccessorUnfit, LastDeskEmpty.
    """
    desk = open_desk(session, desk_id, if_match)
    if desk.id == TOP_DESK_ID:
        raise TopDeskStays()
    closing = closing_of(session, desk, now=now)
    successor = _successor(session, closing, successor_id)
    desk.closed_at = now
    session.flush()
    if successor and Part.LAST_DESK in closing.parts and successor.kind != "buck_stops":
        _become_last(session, successor, zone=zone, now=now)
    end_turns(session, Shift.desk_id == desk.id, now=now)
    end_links(session, ChatLink.desk_id == desk.id, now=now)
    after = {"successor_id": successor.id} if successor else {}
    note(session, f"desk:{desk.id}", "DeskClosed", now=now, **after)
    bump(session, "organisations")
    depart(session, Departure(desk_id=desk.id), now=now)
    return desk


def _successor(session: Session, closing: Closing, successor_id: UUID | None) -> Desk | None:
    if not closing.parts:
        return None
    if successor_id is None:
        raise SuccessorNeeded(closing.parts)
    if successor_id not in {one.id for one in closing.successors}:
        raise SuccessorUnfit()
    return open_desk(session, successor_id)


def _become_last(session: Session, desk: Desk, *, zone: str, now: datetime) -> None:
    if not desk.always_staffed:
        demand_covered(session, desk, now, now + COVER_AHEAD, zone=zone)
    desk.kind = "buck_stops"
    session.flush()
    note(session, f"desk:{desk.id}", "DeskChanged", now=now, changed=["kind"], always_staffed=desk.always_staffed)


def reopen_desk(session: Session, desk_id: UUID, *, if_match: str | None = None, now: datetime) -> Desk:
    """Open a closed desk again, without the rota and the chat that it had.

    Raises NotFound, Conflict, MoveRefused, NotActive, LastDeskTaken.
    """
    desk = locked(session, Desk, desk_id)
    demand_match(desk, if_match)
    if desk.closed_at is None:
        raise MoveRefused(state="open")
    active_organisation(session, desk.org_id)
    if desk.kind == "buck_stops":
        demand_no_last_desk(session, desk.area_id)
    desk.closed_at = None
    session.flush()
    note(session, f"desk:{desk.id}", "DeskReopened", now=now)
    bump(session, "organisations")
    return desk


def demand_replaced(session: Session, desks: Iterable[Desk], *, now: datetime) -> None:
    """Raise SuccessorNeeded where an area would be without its desk when a body leaves with these."""
    for desk in desks:
        parts = closing_of(session, desk, now=now).parts
        if hanging := tuple(part for part in parts if part is not Part.ONLY_OF_BODY):
            raise SuccessorNeeded(hanging, desk_id=desk.id, desk=desk.names)
