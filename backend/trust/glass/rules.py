"""The life of an opening (break-glass): one table of states, how long it lasts, and when a review is late.

An opening ends by itself or is ended; afterwards another person says whether it was justified. There is no other way.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

LASTS = timedelta(minutes=30)  # security.md, Authorisation
REVIEW_WITHIN = timedelta(hours=72)  # C54
OPEN_MOST = 3  # at one time, for one person: whoever needs more needs another role
REASON_LEAST = 10  # characters: a reason that another person can judge


class Glass(StrEnum):
    """The states of an opening."""

    OPEN = "open"
    ENDED = "ended"
    EXPIRED = "expired"
    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not_justified"


class Step(StrEnum):
    """What may happen to an opening."""

    END = "end"
    EXPIRE = "expire"
    APPROVE = "approve"
    REPROVE = "reprove"


MOVES: Mapping[tuple[Glass, Step], Glass] = {
    (Glass.OPEN, Step.END): Glass.ENDED,
    (Glass.OPEN, Step.EXPIRE): Glass.EXPIRED,
    (Glass.ENDED, Step.APPROVE): Glass.JUSTIFIED,
    (Glass.ENDED, Step.REPROVE): Glass.NOT_JUSTIFIED,
    (Glass.EXPIRED, Step.APPROVE): Glass.JUSTIFIED,
    (Glass.EXPIRED, Step.REPROVE): Glass.NOT_JUSTIFIED,
}
OVER = frozenset({Glass.ENDED, Glass.EXPIRED})


def after(state: Glass, step: Step) -> Glass | None:
    """The state that ``step`` leads to; None where it is not allowed."""
    return MOVES.get((state, step))


def allowed_steps(state: Glass) -> tuple[Step, ...]:
    """What may happen next."""
    return tuple(step for step in Step if (state, step) in MOVES)
