"""One turn at a time: added or changed, where putting a whole rota would say too much (C13)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from backend.kernel.etags import demand_match
from backend.kernel.languages import LANGUAGES, say
from backend.organisations.actions.finding import locked
from backend.organisations.actions.rosters import demand_roles, open_shift, write_turns
from backend.organisations.actions.turns import (
    open_desk,
    refuse_gaps,
    said,
    shifts_between,
    turn_of,
    zone_of,
)
from backend.organisations.models import Desk, Shift
from backend.organisations.refusals import TurnMisplaced, TurnsClash
from backend.organisations.rules.local import NoSuchTime, moment_at
from backend.organisations.rules.rotas import Turn, needs_cover, overlaps, rota_gaps, say_overlap


def add_turn(session: Session, desk_id: UUID, wanted: Mapping[str, Any], *, zone: str, now: datetime) -> Shift:
    """Put one more turn into a desk's rota; the others stay as they are.

    ``wanted``: person_id, rank, and start and end as local times of the desk without an offset. One that runs begins
    now. ``zone``: local time where no area over the desk names one. Raises NotFound, MoveRefused, TurnMisplaced,
    TurnsClash, RoleMissing.
    """
    desk = open_desk(session, desk_id)
    local = zone_of(session, desk, zone)
    start, end = (_moment(wanted[name], local) for name in ("start", "end"))
    turn = Turn(max(start, now), end, wanted["rank"], wanted["person_id"])
    _demand_place(turn, now)
    _demand_fit(session, desk, turn, without=None, zone=local)
    write_turns(session, desk, [], [turn], now=now)
    return _written(session, desk, turn)


def change_turn(
    session: Session,
    shift_id: UUID,
    wanted: Mapping[str, Any],
    *,
    if_match: str | None = None,
    zone: str,
    now: datetime,
) -> Shift:
    """Change who serves a turn, in which rank, or from when to when; what was served stays as it was.

    ``wanted`` as for ``add_turn``, any part of it. A turn that runs goes on as a new one from now. A last desk is not
    left empty by it. Raises NotFound, Conflict, MoveRefused, TurnMisplaced, TurnsClash, RoleMissing, LastDeskEmpty.
    """
    shift, desk = open_shift(session, shift_id, now)
    demand_match(shift, if_match)
    local, before = zone_of(session, desk, zone), turn_of(shift)
    changes: dict[str, Any] = {name: wanted[name] for name in ("rank", "person_id") if name in wanted}
    changes |= {name: _moment(wanted[name], local) for name in ("start", "end") if name in wanted}
    turn = replace(before, **changes)
    turn = replace(turn, start=max(turn.start, now))
    _demand_place(turn, now)
    _demand_fit(session, desk, turn, without=shift, zone=local)
    if before.rank == 0 and needs_cover(desk.kind, always_staffed=desk.always_staffed):
        _demand_still_covered(session, desk, replace(before, start=max(before.start, now)), turn, shift, zone=zone)
    write_turns(session, desk, [shift], [turn], now=now)
    return _written(session, desk, turn)


def _moment(local: datetime, zone: str) -> datetime:
    try:
        return moment_at(local, zone)
    except NoSuchTime as error:
        params = {"time": local.strftime("%Y-%m-%d %H:%M"), "zone": zone}
        raise TurnMisplaced(
            {code: say("roster.no_such_time", code, **params) for code in LANGUAGES}, index=0
        ) from error


def _demand_place(turn: Turn, now: datetime) -> None:
    if turn.end <= max(turn.start, now):
        raise TurnMisplaced({code: say("roster.ends_too_soon", code) for code in LANGUAGES}, index=0)


def _demand_fit(session: Session, desk: Desk, turn: Turn, *, without: Shift | None, zone: str) -> None:
    demand_roles(session, desk, [turn])
    there = [turn_of(one) for one in shifts_between(session, desk.id, turn.start, turn.end) if one is not without]
    # Turns that clashed before are not this one's fault.
    if clash := next((one for one in overlaps([*there, turn]) if turn in (one.first, one.second)), None):
        raise TurnsClash(say_overlap(clash, zone=zone), first=said(clash.first), second=said(clash.second))


def _demand_still_covered(
    session: Session, desk: Desk, before: Turn, after: Turn, shift: Shift, *, zone: str
) -> None:  # fmt: skip
    others = [turn_of(one) for one in shifts_between(session, desk.id, before.start, before.end) if one is not shift]
    refuse_gaps(session, desk, rota_gaps([*others, after], before.start, before.end), zone=zone)


def _written(session: Session, desk: Desk, turn: Turn) -> Shift:
    found = shifts_between(session, desk.id, turn.start, turn.end)
    return locked(session, Shift, next(one.id for one in found if turn_of(one) == turn))
