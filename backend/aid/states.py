"""The states of a match between a request and an offer, as one table (states.md 9.2, Aid match).

A match is no owner: whoever answers for the two incidents goes on answering for them, whatever becomes of the match.
"""

from enum import StrEnum


class State(StrEnum):
    """Where a match stands."""

    TENTATIVE = "tentative"
    ACCEPTED_BY_ONE = "accepted_by_one"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    FAILED = "failed"
    FROZEN = "frozen"
    CANCELLED = "cancelled"


class Act(StrEnum):
    """What moves a match. CONFIRM and FINISH are the first and the second "it is done"; LAPSE is nobody's act.

    RETURN, RESUME, CLEAR and END are a coordinator's, who has looked at a worry: back to waiting for the second yes, back
    under way, done as it was, or over.
    """

    ACCEPT = "accept"
    DECLINE = "decline"
    BEGIN = "begin"
    CONFIRM = "confirm"
    FINISH = "finish"
    FAIL = "fail"
    CANCEL = "cancel"
    LAPSE = "lapse"
    WORRY = "worry"
    RETURN = "return"
    RESUME = "resume"
    CLEAR = "clear"
    END = "end"


S = State
PENDING = frozenset({S.TENTATIVE, S.ACCEPTED_BY_ONE})
UNDER_WAY = frozenset({S.ACCEPTED, S.IN_PROGRESS})
OPEN = PENDING | UNDER_WAY
# What meets a request, or has met it.
HELD = UNDER_WAY | {S.DONE}

TRANSITIONS: dict[Act, dict[State, State]] = {
    Act.ACCEPT: {S.TENTATIVE: S.ACCEPTED_BY_ONE, S.ACCEPTED_BY_ONE: S.ACCEPTED},
    Act.DECLINE: dict.fromkeys(PENDING, S.CANCELLED),
    Act.BEGIN: {S.ACCEPTED: S.IN_PROGRESS},
    Act.CONFIRM: {S.ACCEPTED: S.IN_PROGRESS, S.IN_PROGRESS: S.IN_PROGRESS},
    Act.FINISH: {S.IN_PROGRESS: S.DONE},
    Act.FAIL: dict.fromkeys(UNDER_WAY, S.FAILED),
    Act.CANCEL: dict.fromkeys(OPEN, S.CANCELLED),
    Act.LAPSE: dict.fromkeys(OPEN, S.CANCELLED),
    # A worry may come to somebody afterwards as well; what is frozen stays so until a person has looked.
    Act.WORRY: dict.fromkeys(frozenset(S) - {S.FROZEN}, S.FROZEN),
    Act.RETURN: {S.FROZEN: S.ACCEPTED_BY_ONE},
    Act.RESUME: {S.FROZEN: S.IN_PROGRESS},
    Act.CLEAR: {S.FROZEN: S.DONE},
    Act.END: {S.FROZEN: S.CANCELLED},
}


def next_state(state: State, act: Act) -> State | None:
    """The state that ``act`` leads to from ``state``, or None when it is forbidden there."""
    return TRANSITIONS[act].get(state)
