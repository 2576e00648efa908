"""What rooms above must do in the transaction of a change below them, which may not import them.

A hook runs inside the transaction: when it raises, the change does not happen either. That is how an incident
never loses its owner while a body is suspended or a person leaves (INV-1).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from backend.kernel.database import seeing_all


@dataclass(frozen=True, slots=True)
class Departure:
    """Who stops answering from now on: the owners that match every field that is given.

    ``organisation_id`` alone: a body is suspended or leaves. ``desk_id`` alone: a desk closes.
    ``person_id`` alone: a person leaves. With ``desk_id``: the person's time at that desk is over. With
    ``organisation_id``: the person no longer works for that body.

    The directory that the transaction holds by version is the one from before the change; a hook that seeks a
    new owner loads it afresh (``load_directory``), so that whoever departs is not found again.
    """

    organisation_id: UUID | None = None
    desk_id: UUID | None = None
    person_id: UUID | None = None

    def __post_init__(self) -> None:
        if not (self.organisation_id or self.desk_id or self.person_id):
            raise ValueError("a departure names somebody")


@dataclass(frozen=True, slots=True)
class CompetenceLost:
    """A person's credential holds no longer: open tasks that need it are withdrawn and offered anew (R18)."""

    person_id: UUID
    credential_type: str


on_departure: list[Callable[[Session, Departure, datetime], None]] = []
on_competence_lost: list[Callable[[Session, CompetenceLost, datetime], None]] = []


def depart(session: Session, departure: Departure, *, now: datetime) -> None:
    """Have every room above act on ``departure``, in the present transaction."""
    with seeing_all(session):
        for act in on_departure:
            act(session, departure, now)


def lose_competence(session: Session, loss: CompetenceLost, *, now: datetime) -> None:
    """Have every room above act on ``loss``, in the present transaction."""
    with seeing_all(session):
        for act in on_competence_lost:
            act(session, loss, now)
