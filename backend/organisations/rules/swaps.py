"""The states of a swap as one table: asked, accepted by the other, confirmed where the desk wants it (C37).

Until it is confirmed nothing has changed: whoever has the turn is on duty.
"""

from enum import StrEnum


class SwapState(StrEnum):
    """Where a swap stands. DONE: the turns have changed hands."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DONE = "done"
    DECLINED = "declined"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class SwapAct(StrEnum):
    """What moves a swap. CONFIRM is the desk's, by a person or by its rule; LAPSE is nobody's act."""

    ACCEPT = "accept"
    DECLINE = "decline"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"


S = SwapState
OPEN = frozenset({S.ASKED, S.ACCEPTED})

TRANSITIONS: dict[SwapAct, dict[SwapState, SwapState]] = {
    SwapAct.ACCEPT: {S.ASKED: S.ACCEPTED},
    SwapAct.DECLINE: {S.ASKED: S.DECLINED},
    SwapAct.CONFIRM: {S.ACCEPTED: S.DONE},
    SwapAct.REFUSE: {S.ACCEPTED: S.REFUSED},
    SwapAct.WITHDRAW: dict.fromkeys(OPEN, S.WITHDRAWN),
    SwapAct.LAPSE: dict.fromkeys(OPEN, S.LAPSED),
}


def next_state(state: SwapState, act: SwapAct) -> SwapState | None:
    """The state that ``act`` leads to from ``state``, or None when it is forbidden there."""
    return TRANSITIONS[act].get(state)


def allowed_acts(state: SwapState) -> tuple[SwapAct, ...]:
    """The acts of people that the table allows in ``state``, in its order."""
    return tuple(act for act, moves in TRANSITIONS.items() if state in moves and act is not SwapAct.LAPSE)
