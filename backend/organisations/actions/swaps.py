"""Swapping turns: asked, accepted by the other, confirmed where the desk wants it (C37).

Until the last of these nothing has changed, so that nobody is off duty because a colleague might come.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from backend.kernel.ids import new_id
from backend.kernel.outbox import Notice, announce
from backend.kernel.problems import NotAllowed
from backend.kernel.sweeps import one_by_one
from backend.organisations.actions.finding import locked, note, present_person
from backend.organisations.actions.rosters import demand_roles, open_shift, write_turns
from backend.organisations.actions.turns import said, shifts_between, turn_of, zone_of
from backend.organisations.models import Desk, Shift
from backend.organisations.refusals import MoveRefused, SwapOpen, SwapWithSelf, TurnsClash
from backend.organisations.rules.rotas import Turn, overlaps, say_overlap
from backend.organisations.rules.swaps import OPEN, SwapAct, SwapState, next_state
from backend.organisations.swap_model import ShiftSwap

EVENTS = {
    SwapAct.ACCEPT: "SwapAccepted",
    SwapAct.DECLINE: "SwapDeclined",
    SwapAct.CONFIRM: "SwapConfirmed",
    SwapAct.REFUSE: "SwapRefused",
    SwapAct.WITHDRAW: "SwapWithdrawn",
    SwapAct.LAPSE: "SwapLapsed",
}
# Who is to hear of an act: the one who asked, the one who was asked, or both.
_ASKER, _OTHER = "from_person_id", "to_person_id"
TOLD = {
    SwapAct.ACCEPT: (_ASKER,),
    SwapAct.DECLINE: (_ASKER,),
    SwapAct.CONFIRM: (_ASKER, _OTHER),
    SwapAct.REFUSE: (_ASKER, _OTHER),
    SwapAct.WITHDRAW: (_OTHER,),
    SwapAct.LAPSE: (_ASKER,),
}
_OPEN_STATES = [state.value for state in OPEN]


def ask_swap(
    session: Session, shift_id: UUID, *, to_person_id: UUID, return_shift_id: UUID | None = None, now: datetime
) -> ShiftSwap:
    """Ask a colleague to take a turn, for one of theirs in return or for none. Nothing else changes yet.

    Raises NotFound, MoveRefused for a turn that is over, SwapWithSelf, SwapOpen, RoleMissing, NotAllowed for a turn in
    return that is not theirs.
    """
    shift, desk = open_shift(session, shift_id, now)
    present_person(session, to_person_id)
    if to_person_id == shift.person_id:
        raise SwapWithSelf()
    swap = ShiftSwap(
        id=new_id(), desk_id=desk.id, shift_id=shift.id, return_shift_id=return_shift_id,
        from_person_id=shift.person_id, to_person_id=to_person_id, state=SwapState.ASKED.value, asked_at=now,
    )  # fmt: skip
    if session.scalar(select(ShiftSwap.id).where(ShiftSwap.shift_id == shift.id, ShiftSwap.state.in_(_OPEN_STATES))):
        raise SwapOpen()
    _demand_possible(session, swap, now=now)
    session.add(swap)
    session.flush()
    note(session, f"desk:{desk.id}", "SwapAsked", now=now, swap_id=swap.id, shift_id=shift.id)
    _tell(session, "swap_asked", [to_person_id], now=now)
    return swap


def move_swap(session: Session, swap_id: UUID, act: SwapAct, *, by: UUID | None, now: datetime) -> ShiftSwap:
    """Do ``act`` to a swap; ``by`` None is the engine. A desk that wants no confirmation confirms at once.

    Raises NotFound, MoveRefused, and what keeps the turns from changing hands: RoleMissing, TurnsClash.
    """
    swap = locked(session, ShiftSwap, swap_id)
    _apply(session, swap, act, by=by, now=now)
    if act is SwapAct.ACCEPT and not session.get_one(Desk, swap.desk_id).confirms_swaps:
        _apply(session, swap, SwapAct.CONFIRM, by=by, now=now)
    return swap


def _apply(session: Session, swap: ShiftSwap, act: SwapAct, *, by: UUID | None, now: datetime) -> None:
    target = next_state(SwapState(swap.state), act)
    if target is None:
        raise MoveRefused(state=swap.state)
    if act in {SwapAct.ACCEPT, SwapAct.CONFIRM}:
        _demand_possible(session, swap, now=now)
    if act is SwapAct.CONFIRM:
        _change_hands(session, swap, now=now)
    swap.state = target.value
    if act in {SwapAct.ACCEPT, SwapAct.DECLINE}:
        swap.answered_at = now
    if target not in OPEN:
        swap.settled_at, swap.settled_by = now, by
    session.flush()
    locked(session, Desk, swap.desk_id)
    note(session, f"desk:{swap.desk_id}", EVENTS[act], now=now, swap_id=swap.id)
    people = [getattr(swap, who) for who in TOLD[act] if getattr(swap, who) != by]
    _tell(session, f"swap_{target.value}", people, now=now)


def _tell(session: Session, template: str, people: list[UUID], *, now: datetime) -> None:
    announce(session, [Notice(template, None, person_id=person) for person in people], now=now)


def _pairs(session: Session, swap: ShiftSwap, now: datetime) -> Iterator[tuple[Shift, Desk, Turn]]:
    """Each shift that would change hands with its desk and the turn that takes its place."""
    for shift_id, person_id in ((swap.shift_id, swap.to_person_id), (swap.return_shift_id, swap.from_person_id)):
        if shift_id:
            shift, desk = open_shift(session, shift_id, now)
            turn = turn_of(shift)
            yield shift, desk, Turn(max(turn.start, now), turn.end, turn.rank, person_id)


def _demand_possible(session: Session, swap: ShiftSwap, *, now: datetime) -> None:
    pairs = list(_pairs(session, swap, now))
    if [shift.person_id for shift, _, _ in pairs] != [swap.from_person_id, swap.to_person_id][: len(pairs)]:
        raise NotAllowed()  # a turn in return is the other's, and both still have theirs
    gone = {shift.id for shift, _, _ in pairs}
    for desk_id in {desk.id for _, desk, _ in pairs}:
        desk = next(one for _, one, _ in pairs if one.id == desk_id)
        turns = [turn for _, one, turn in pairs if one.id == desk_id]
        demand_roles(session, desk, turns)
        start, end = min(turn.start for turn in turns), max(turn.end for turn in turns)
        stay = [turn_of(one) for one in shifts_between(session, desk_id, start, end) if one.id not in gone]
        if clash := next((c for c in overlaps([*stay, *turns]) if {c.first, c.second} & set(turns)), None):
            words = say_overlap(clash, zone=zone_of(session, desk, "UTC"))
            raise TurnsClash(words, first=said(clash.first), second=said(clash.second))


def _change_hands(session: Session, swap: ShiftSwap, *, now: datetime) -> None:
    pairs = sorted(_pairs(session, swap, now), key=lambda pair: pair[1].id)
    for _, group in groupby(pairs, key=lambda pair: pair[1].id):
        own = list(group)
        write_turns(session, own[0][1], [shift for shift, _, _ in own], [turn for _, _, turn in own], now=now)


def lapse_swaps(session: Session, *, now: datetime, limit: int = 100) -> int:
    """End the open swaps whose turn is over or was taken out of the rota; return how many. For the worker's sweep."""
    given, returned = aliased(Shift), aliased(Shift)
    over = [
        or_(shift.withdrawn_at.is_not(None), func.upper(shift.during) <= now) for shift in (given, returned)
    ]  # fmt: skip
    query = (
        select(ShiftSwap.id)
        .join(given, given.id == ShiftSwap.shift_id)
        .outerjoin(returned, returned.id == ShiftSwap.return_shift_id)
        .where(ShiftSwap.state.in_(_OPEN_STATES), or_(over[0], (returned.id.is_not(None)) & over[1]))
        .order_by(ShiftSwap.asked_at)
        .limit(limit)
    )

    def lapse(swap_id: UUID) -> None:
        move_swap(session, swap_id, SwapAct.LAPSE, by=None, now=now)

    return one_by_one(session, session.scalars(query).all(), lapse, what="swaps", put_off=lambda _: None)
