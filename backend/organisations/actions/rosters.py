"""Rotas: put, withdraw, hand over (C13). A rota that leaves the last desk empty is refused."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from backend.kernel.database import insert_all
from backend.kernel.hooks import Departure, depart
from backend.kernel.ids import new_id
from backend.kernel.sealed import Keyring, Seal, record_key_table, seal_of, seals_of
from backend.organisations.actions.finding import locked, note
from backend.organisations.actions.turns import (
    cut,
    demand_covered,
    open_desk,
    persons_now,
    refuse_gaps,
    said,
    shifts_between,
    turn_of,
    zone_of,
)
from backend.organisations.models import Desk, Person, RoleAssignment, Shift
from backend.organisations.refusals import MoveRefused, RoleMissing, TurnMisplaced, TurnsClash
from backend.organisations.rules.rotas import (
    Plan,
    Turn,
    merge_rota,
    needs_cover,
    overlaps,
    rota_gaps,
    say_overlap,
)

FOREVER = datetime.max.replace(tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


def put_rota(
    session: Session,
    desk_id: UUID,
    start: datetime,
    end: datetime,
    turns: Sequence[Turn],
    *,
    zone: str = "UTC",
    now: datetime,
) -> list[Shift]:
    """Replace the turns of a desk that begin from ``start`` to before ``end``; return the period's shifts.

    A turn belongs to the period in which it begins. What was served stays; a running turn that is not in the
    new rota ends now. ``zone``: local time where the desk's area names none. Raises NotFound, MoveRefused,
    TurnMisplaced, TurnsClash, RoleMissing, LastDeskEmpty.
    """
    desk = open_desk(session, desk_id)
    until = max([end, *(turn.end for turn in turns)])
    stored = {turn_of(shift): shift for shift in shifts_between(session, desk_id, start, until)}
    plan = merge_rota(list(stored), turns, start=start, end=end, now=now)
    _demand_sound(session, desk, plan, (max(start, now), end), zone=zone)
    demand_roles(session, desk, plan.added)
    write_turns(session, desk, [stored[turn] for turn in plan.removed], plan.added, now=now)
    return shifts_between(session, desk_id, start, end)


def _demand_sound(session: Session, desk: Desk, plan: Plan, period: tuple[datetime, datetime], *, zone: str) -> None:
    if plan.misplaced is not None:
        raise TurnMisplaced(dict(plan.why), index=plan.misplaced)
    turns = [*plan.kept, *plan.added]
    if clashes := overlaps(turns):
        words = say_overlap(clashes[0], zone=zone_of(session, desk, zone))
        raise TurnsClash(words, first=said(clashes[0].first), second=said(clashes[0].second))
    if needs_cover(desk.kind, always_staffed=desk.always_staffed):
        refuse_gaps(session, desk, rota_gaps(turns, *period), zone=zone)


def demand_roles(session: Session, desk: Desk, turns: Sequence[Turn]) -> None:
    """Raise RoleMissing for somebody who has no role in the desk's body until the end of their turn."""
    query = (
        select(RoleAssignment.person_id, func.max(func.coalesce(RoleAssignment.until, FOREVER)).label("until"))
        .join(Person, Person.id == RoleAssignment.person_id)
        .where(RoleAssignment.org_id == desk.org_id, Person.left_at.is_(None))
        .group_by(RoleAssignment.person_id)
    )
    until = {row.person_id: row.until for row in session.execute(query)}
    for turn in turns:
        if turn.person_id not in until or until[turn.person_id] < turn.end:
            raise RoleMissing(person_id=turn.person_id)


def write_turns(
    session: Session, desk: Desk, removed: Sequence[Shift], added: Sequence[Turn], *, now: datetime
) -> None:
    """End or withdraw some shifts and add turns, in one step; whoever is gone by it leaves the desk now."""
    gone = persons_now(removed, now)
    for shift in removed:
        cut(shift, now)
    session.flush()  # a rank is free before somebody else takes it
    session.add_all(
        Shift(
            id=new_id(),
            desk_id=desk.id,
            person_id=turn.person_id,
            rank=turn.rank,
            during=Range(turn.start, turn.end),
        )
        for turn in added
    )
    session.flush()
    removed_ids = [shift.id for shift in removed]
    added_turns = [said(turn) for turn in added]
    note(session, f"desk:{desk.id}", "RotaPut", now=now, removed=removed_ids, added=added_turns)
    _leave_desk(session, desk, gone, now=now)


def withdraw_shift(session: Session, shift_id: UUID, *, zone: str = "UTC", now: datetime) -> Shift:
    """Take a turn out of the rota, or end it when it runs.

    Raises NotFound, MoveRefused when it is over, LastDeskEmpty: put somebody else in its place instead.
    """
    shift, desk = open_shift(session, shift_id, now)
    _end(session, shift, desk, zone=zone, now=now)
    return shift


def hand_over(
    session: Session,
    ring: Keyring,
    shift_id: UUID,
    words: str,
    *,
    end_now: bool = False,
    zone: str = "UTC",
    now: datetime,
) -> Shift:
    """Leave a sealed note to whoever comes next; with ``end_now`` the turn ends with it.

    Without it the turn runs on to its planned end, so that no minute is without somebody. Raises NotFound,
    MoveRefused when the turn was withdrawn, LastDeskEmpty.
    """
    shift = locked(session, Shift, shift_id)
    if shift.withdrawn_at:
        raise MoveRefused(state="withdrawn")
    seal = seals_of(session, ring, [shift.id]).get(shift.id)
    if seal is None:
        seal = Seal.fresh(shift.id)
        insert_all(session, {record_key_table(): [seal.row(ring, now)]})
    shift.handover_note, shift.handed_over_at = seal.close("handover_note", words), now
    session.flush()
    desk = locked(session, Desk, shift.desk_id)
    note(session, f"desk:{desk.id}", "TurnHandedOver", now=now, shift_id=shift.id)
    if end_now and turn_of(shift).end > now:
        _end(session, shift, desk, zone=zone, now=now)
    return shift


def read_hand_over(session: Session, ring: Keyring, shift_id: UUID, *, now: datetime) -> str | None:
    """The note that a turn left, or None; reading it is written to the journal (INV-7). Raises NotFound."""
    shift = locked(session, Shift, shift_id)
    if shift.handover_note is None:
        return None
    words: str = seal_of(session, ring, shift.id).open("handover_note", shift.handover_note)
    locked(session, Desk, shift.desk_id)
    note(session, f"desk:{shift.desk_id}", "HandoverNoteRead", now=now, shift_id=shift.id)
    return words


def open_shift(session: Session, shift_id: UUID, now: datetime) -> tuple[Shift, Desk]:
    """A shift that is not over, and its desk, both locked. Raises NotFound, MoveRefused."""
    shift = locked(session, Shift, shift_id)
    if shift.withdrawn_at or turn_of(shift).end <= now:
        raise MoveRefused(state="withdrawn" if shift.withdrawn_at else "over")
    return shift, locked(session, Desk, shift.desk_id)


def _end(session: Session, shift: Shift, desk: Desk, *, zone: str, now: datetime) -> None:
    planned, gone = turn_of(shift), persons_now([shift], now)
    if needs_cover(desk.kind, always_staffed=desk.always_staffed):
        start = max(planned.start, now)
        demand_covered(session, desk, start, planned.end, without=shift, zone=zone)
    cut(shift, now)
    session.flush()
    note(session, f"desk:{desk.id}", "TurnsEnded", now=now, shift_ids=[shift.id])
    _leave_desk(session, desk, gone, now=now)


def _leave_desk(session: Session, desk: Desk, gone: set[UUID], *, now: datetime) -> None:
    still_there = persons_now(shifts_between(session, desk.id, now, now + INSTANT), now) if gone else set()
    for person_id in sorted(gone - still_there):
        depart(session, Departure(person_id=person_id, desk_id=desk.id), now=now)
