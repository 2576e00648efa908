"""The incident's state machine as one table (states.md section 9.1).

Ownership is a separate, gap-free relation, so no state can lack an owner.
"""

from enum import StrEnum


class State(StrEnum):
    """Where an incident stands."""

    RECEIVED = "received"
    TRIAGED = "triaged"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    STABILISED = "stabilised"
    RECOVERING = "recovering"
    GOALS_CHECKED = "goals_checked"
    CLOSED = "closed"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    NOT_OURS_HANDED_OVER = "not_ours_handed_over"


class Act(StrEnum):
    """What people (or a rule, or a clock) do to an incident; each is a call of the public contract."""

    TRIAGE = "triage"
    OFFER = "offer"
    ACCEPT = "accept"
    DECLINE = "decline"
    LAPSE = "lapse"
    START = "start"
    WAIT = "wait"
    WAKE = "wake"
    STABILISE = "stabilise"
    RECOVER = "recover"
    CHECK_GOALS = "check-goals"
    CLOSE = "close"
    REOPEN = "reopen"
    MERGE = "merge"
    SPLIT = "split"
    WITHDRAW = "withdraw"
    NOT_OURS = "not-ours"
    REGRADE = "regrade"
    NOTE = "note"
    MESSAGE = "message"
    HAND_OVER = "hand-over"
    ATTACH = "attach"
    DETACH = "detach"
    MAJOR = "major"


S = State
TERMINAL = frozenset({S.CLOSED, S.MERGED, S.WITHDRAWN})
NON_TERMINAL = frozenset(S) - TERMINAL

# For each act: from which states it may be done, and the state it leads to (None: the state stays).
# MERGE keeps the former state beside the incident, so that SPLIT can restore it.
TRANSITIONS: dict[Act, dict[State, State | None]] = {
    Act.TRIAGE: {S.RECEIVED: S.TRIAGED, S.TRIAGED: S.TRIAGED},
    Act.OFFER: {S.TRIAGED: S.OFFERED, S.OFFERED: S.OFFERED},
    Act.ACCEPT: {S.OFFERED: S.ACCEPTED},
    Act.DECLINE: {S.OFFERED: S.TRIAGED},
    Act.LAPSE: {S.OFFERED: S.TRIAGED},
    Act.START: {S.ACCEPTED: S.IN_PROGRESS},
    Act.WAIT: {S.IN_PROGRESS: S.WAITING},
    Act.WAKE: {S.WAITING: S.IN_PROGRESS},
    Act.STABILISE: {S.IN_PROGRESS: S.STABILISED},
    Act.RECOVER: {S.STABILISED: S.RECOVERING},
    Act.CHECK_GOALS: {
        S.STABILISED: S.GOALS_CHECKED,
        S.RECOVERING: S.GOALS_CHECKED,
        S.IN_PROGRESS: S.GOALS_CHECKED,
        S.NOT_OURS_HANDED_OVER: S.GOALS_CHECKED,
    },
    Act.CLOSE: {S.GOALS_CHECKED: S.CLOSED},
    Act.REOPEN: {S.CLOSED: S.TRIAGED, S.WITHDRAWN: S.TRIAGED},
    Act.MERGE: dict.fromkeys(NON_TERMINAL, S.MERGED),
    Act.SPLIT: {S.MERGED: None},
    Act.WITHDRAW: {S.RECEIVED: S.WITHDRAWN, S.TRIAGED: S.WITHDRAWN},
    Act.NOT_OURS: dict.fromkeys(NON_TERMINAL - {S.NOT_OURS_HANDED_OVER}, S.NOT_OURS_HANDED_OVER),
    Act.REGRADE: dict.fromkeys(NON_TERMINAL),
    Act.NOTE: dict.fromkeys(S),
    Act.MESSAGE: dict.fromkeys(S),
    Act.HAND_OVER: dict.fromkeys(NON_TERMINAL),
    Act.ATTACH: dict.fromkeys(NON_TERMINAL),
    Act.DETACH: dict.fromkeys(S),
    Act.MAJOR: dict.fromkeys(NON_TERMINAL),
}


def allowed_acts(state: State) -> tuple[Act, ...]:
    """The acts that the table allows in ``state``, in its order."""
    return tuple(act for act, moves in TRANSITIONS.items() if state in moves)


def next_state(state: State, act: Act, *, prior: State | None = None) -> State | None:
    """The state that ``act`` leads to from ``state``, or None when it is forbidden there.

    ``prior`` is the state before a merge, to which a split returns.
    """
    moves = TRANSITIONS[act]
    if state not in moves:
        return None
    if act is Act.SPLIT:
        return prior
    return moves[state] or state
