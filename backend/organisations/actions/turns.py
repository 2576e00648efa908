"""Turns at a desk: what is planned, what ends, and whether the last desk stays covered (C13, R03)."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from backend.areas.models import Area
from backend.kernel.etags import demand_match
from backend.organisations.actions.finding import locked, note
from backend.organisations.models import Desk, Organisation, Person, RoleAssignment, Shift
from backend.organisations.refusals import LastDeskEmpty, MoveRefused
from backend.organisations.rules.rotas import Gap, Turn, needs_cover, rota_gaps, say_gaps

MUST_FILL = ("supervisor", "duty_officer")


def turn_of(shift: Shift) -> Turn:
    """A stored shift as the rules know it, in UTC."""
    start, end = shift.during.lower, shift.during.upper
    assert start is not None
    assert end is not None
    return Turn(start.astimezone(UTC), end.astimezone(UTC), shift.rank, shift.person_id)


def open_desk(session: Session, desk_id: UUID, if_match: str | None = None) -> Desk:
    """A desk that is not closed, locked. Raises NotFound, Conflict, MoveRefused."""
    desk = locked(session, Desk, desk_id)
    demand_match(desk, if_match)
    if desk.closed_at:
        raise MoveRefused(state="closed")
    return desk


def shifts_between(session: Session, desk_id: UUID, start: datetime, end: datetime) -> list[Shift]:
    """The shifts of a desk that touch a period, in order."""
    during = Shift.during.overlaps(Range(start, end))
    query = select(Shift).where(Shift.desk_id == desk_id, Shift.withdrawn_at.is_(None), during)
    return list(session.scalars(query.order_by(Shift.during, Shift.rank)))


def end_turns(session: Session, *criteria: ColumnElement[bool], now: datetime) -> list[Shift]:
    """End the running turns that fit and withdraw those to come; what was served stays as it was.

    The turns' desks are told in the journal, and a last desk that is left uncovered is named there.
    """
    query = select(Shift).where(Shift.withdrawn_at.is_(None), func.upper(Shift.during) > now, *criteria)
    ordered = query.order_by(Shift.desk_id, Shift.id).with_for_update()
    ended = list(session.scalars(ordered.execution_options(populate_existing=True)))
    planned_ends = {shift.id: turn_of(shift).end for shift in ended}
    for shift in ended:
        cut(shift, now)
    session.flush()
    for desk_id in dict.fromkeys(shift.desk_id for shift in ended):
        own = [shift for shift in ended if shift.desk_id == desk_id]
        desk = locked(session, Desk, desk_id)
        note(session, f"desk:{desk_id}", "TurnsEnded", now=now, shift_ids=[shift.id for shift in own])
        _note_uncovered(session, desk, now, max(planned_ends[shift.id] for shift in own))
    return ended


def cut(shift: Shift, now: datetime) -> None:
    """End one turn at ``now``: shorten it when it runs, withdraw it when it has not begun."""
    start = turn_of(shift).start
    if start < now:
        shift.during = Range(start, now)
    else:
        shift.withdrawn_at = now


def _note_uncovered(session: Session, desk: Desk, now: datetime, end: datetime) -> None:
    gaps = gaps_of(session, desk, now, end)
    if gaps and desk.closed_at is None:
        times = [{"from": gap.start, "to": gap.end} for gap in gaps]
        note(session, f"desk:{desk.id}", "LastDeskUncovered", now=now, gaps=times)


def gaps_of(session: Session, desk: Desk, start: datetime, end: datetime) -> tuple[Gap, ...]:
    """When a desk that may never be empty is; nothing for the other desks."""
    if not needs_cover(desk.kind, always_staffed=desk.always_staffed):
        return ()
    return rota_gaps(map(turn_of, shifts_between(session, desk.id, start, end)), start, end)


def demand_covered(
    session: Session,
    desk: Desk,
    start: datetime,
    end: datetime,
    *,
    without: Shift | None = None,
    zone: str,
) -> None:
    """Raise LastDeskEmpty when nobody answers first at some time of the period, saying who must fill it.

    ``without``: a shift that is about to go; ``zone``: the local time where the desk's area names none.
    """
    turns = (turn_of(shift) for shift in shifts_between(session, desk.id, start, end) if shift is not without)
    refuse_gaps(session, desk, rota_gaps(turns, start, end), zone=zone)


def refuse_gaps(session: Session, desk: Desk, gaps: Sequence[Gap], *, zone: str) -> None:
    """Raise LastDeskEmpty for ``gaps``, when there are any."""
    if not gaps:
        return
    organisation = session.get_one(Organisation, desk.org_id)
    body = organisation.names or {"en": organisation.name}
    raise LastDeskEmpty(
        say_gaps(gaps, desk=desk.names, body=body, zone=zone_of(session, desk, zone)),
        gaps=[{"from": gap.start, "to": gap.end} for gap in gaps],
        must_fill={"organisation_id": organisation.id, "person_ids": _who_must_fill(session, desk.org_id)},
    )


def _who_must_fill(session: Session, organisation_id: UUID) -> list[UUID]:
    query = (
        select(RoleAssignment.person_id)
        .join(Person, Person.id == RoleAssignment.person_id)
        .where(
            RoleAssignment.org_id == organisation_id,
            RoleAssignment.role.in_(MUST_FILL),
            RoleAssignment.until.is_(None),
            Person.left_at.is_(None),
        )
    )
    return sorted(set(session.scalars(query)))


def zone_of(session: Session, desk: Desk, default: str) -> str:
    """The local time at a desk: that of its area or of the nearest above it that names one, else the deployment's."""
    area = session.get(Area, desk.area_id) if desk.area_id is not None else None
    while area and not area.timezone and area.parent_id is not None:
        area = session.get(Area, area.parent_id)
    return (area.timezone if area else None) or default


def persons_now(shifts: Iterable[Shift], now: datetime) -> set[UUID]:
    """Who serves at ``now`` by these shifts."""
    running = (turn for shift in shifts if not shift.withdrawn_at for turn in [turn_of(shift)])
    return {turn.person_id for turn in running if turn.start <= now < turn.end}


def said(turn: Turn) -> dict[str, Any]:
    """A turn as a member of a problem or an event."""
    return {"person_id": turn.person_id, "rank": turn.rank, "from": turn.start, "to": turn.end}
