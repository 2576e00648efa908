"""The life of a change of rules, as one table (C07).

A draft is edited, linted, tried on what happened, proposed by one person and approved by another, and holds from its
date. What held before stays to be read, and a roll-back is a change of its own.
"""

from enum import StrEnum


class State(StrEnum):
    """Where a change of rules stands."""

    DRAFT = "draft"
    LINTED = "linted"
    SIMULATED = "simulated"
    PROPOSED = "proposed"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    EFFECTIVE = "effective"
    SUPERSEDED = "superseded"
    ROLLED_BACK = "rolled_back"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    """What moves a change. SUPERSEDE and ROLL_BACK happen to it when another takes its place; BLOCK when its day came
    and the layers around it no longer allow it."""

    SAVE = "save"
    LINT = "lint"
    SIMULATE = "simulate"
    PROPOSE = "propose"
    SEND_BACK = "send_back"
    APPROVE = "approve"
    SCHEDULE = "schedule"
    BLOCK = "block"
    TAKE_EFFECT = "take_effect"
    SUPERSEDE = "supersede"
    ROLL_BACK = "roll_back"
    WITHDRAW = "withdraw"


S = State
EDITABLE = frozenset({S.DRAFT, S.LINTED, S.SIMULATED})
OPEN = EDITABLE | {S.PROPOSED, S.APPROVED, S.SCHEDULED}

TRANSITIONS: dict[Act, dict[State, State]] = {
    # Whatever was found out about the words before is not known of the new ones.
    Act.SAVE: dict.fromkeys(EDITABLE, S.DRAFT),
    Act.LINT: {S.DRAFT: S.LINTED, S.LINTED: S.LINTED, S.SIMULATED: S.SIMULATED},
    Act.SIMULATE: {S.LINTED: S.SIMULATED, S.SIMULATED: S.SIMULATED},
    Act.PROPOSE: {S.LINTED: S.PROPOSED, S.SIMULATED: S.PROPOSED},
    Act.SEND_BACK: {S.PROPOSED: S.DRAFT},
    Act.APPROVE: {S.PROPOSED: S.APPROVED},
    Act.SCHEDULE: {S.APPROVED: S.SCHEDULED},
    Act.BLOCK: {S.SCHEDULED: S.DRAFT},
    Act.TAKE_EFFECT: {S.APPROVED: S.EFFECTIVE, S.SCHEDULED: S.EFFECTIVE},
    Act.SUPERSEDE: {S.EFFECTIVE: S.SUPERSEDED},
    Act.ROLL_BACK: {S.EFFECTIVE: S.ROLLED_BACK},
    Act.WITHDRAW: dict.fromkeys(OPEN, S.WITHDRAWN),
}


def next_state(state: State, act: Act) -> State | None:
    """The state that ``act`` leads to from ``state``, or None when it is forbidden there."""
    return TRANSITIONS[act].get(state)


def acts_from(state: State) -> tuple[Act, ...]:
    """What can happen to a change in ``state``, in the order of a life."""
    return tuple(act for act in Act if state in TRANSITIONS[act])
