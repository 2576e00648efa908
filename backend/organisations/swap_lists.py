"""Swaps as people read them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend.kernel.names import names_of
from backend.kernel.sealed import Keyring
from backend.organisations.actions.turns import zone_of
from backend.organisations.models import Desk, Shift
from backend.organisations.reading import equal, page_of
from backend.organisations.rosters import say_shift
from backend.organisations.rules.swaps import OPEN, SwapAct, SwapState, allowed_acts
from backend.organisations.swap_model import ShiftSwap

BY_OTHER = frozenset({SwapAct.ACCEPT, SwapAct.DECLINE})
BY_DESK = frozenset({SwapAct.CONFIRM, SwapAct.REFUSE, SwapAct.WITHDRAW})


def acts_of_person(swap: ShiftSwap, person_id: UUID, *, leads: bool) -> frozenset[SwapAct]:
    """What somebody may do to a swap, in whatever state. Who is a side of it does not confirm it for the desk."""
    if person_id == swap.to_person_id:
        return BY_OTHER
    if person_id == swap.from_person_id:
        return frozenset({SwapAct.WITHDRAW})
    return BY_DESK if leads else frozenset()


def list_swaps(
    session: Session, ring: Keyring | None, filters: Mapping[str, Any], *, only_of: UUID | None,
    acts_of: Callable[[ShiftSwap, Desk], frozenset[SwapAct]], zone: str,
) -> dict[str, Any]:  # fmt: skip
    """A page of swaps; ``only_of``: those of one person. ``acts_of`` tells what the reader may do to one."""
    query = select(ShiftSwap).where(*equal(filters, desk=ShiftSwap.desk_id, state=ShiftSwap.state))
    if filters.get("open"):
        query = query.where(ShiftSwap.state.in_([state.value for state in OPEN]))
    if only_of:
        query = query.where(or_(ShiftSwap.from_person_id == only_of, ShiftSwap.to_person_id == only_of))
    page = page_of(session, query, (ShiftSwap.id,), filters)
    return page | {"items": say_swaps(session, ring, page["items"], acts_of=acts_of, zone=zone)}


def say_swaps(
    session: Session, ring: Keyring | None, swaps: Sequence[ShiftSwap], *,
    acts_of: Callable[[ShiftSwap, Desk], frozenset[SwapAct]], zone: str,
) -> list[dict[str, Any]]:  # fmt: skip
    """Swaps with their turns and both sides. Names only with ``ring``."""
    ids = {one for swap in swaps for one in (swap.shift_id, swap.return_shift_id) if one}
    shifts = {row.id: row for row in session.scalars(select(Shift).where(Shift.id.in_(ids)))}
    desks = {row.id: row for row in session.scalars(select(Desk).where(Desk.id.in_({one.desk_id for one in swaps})))}
    people = {one for swap in swaps for one in (swap.from_person_id, swap.to_person_id)}
    names = names_of(session, ring, people)
    return [
        {
            "id": swap.id,
            "desk_id": swap.desk_id,
            "desk_names": desks[swap.desk_id].names,
            "timezone": zone_of(session, desks[swap.desk_id], zone),
            "state": swap.state,
            "asker": {"person_id": swap.from_person_id, "name": names.get(swap.from_person_id)},
            "other": {"person_id": swap.to_person_id, "name": names.get(swap.to_person_id)},
            "shift": say_shift(shifts[swap.shift_id], names),
            "return_shift": say_shift(shifts[swap.return_shift_id], names) if swap.return_shift_id else None,
            "needs_confirming": desks[swap.desk_id].confirms_swaps,
            "asked_at": swap.asked_at,
            "answered_at": swap.answered_at,
            "settled_at": swap.settled_at,
            "acts": [
                act.value for act in allowed_acts(SwapState(swap.state)) if act in acts_of(swap, desks[swap.desk_id])
            ],
        }
        for swap in swaps
    ]
