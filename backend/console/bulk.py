"""One act on several incidents in one call: each is done or refused by itself, and the refusals come back beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from backend.incidents.listing import listed
from backend.incidents.models import Incident
from backend.incidents.ownership import locked
from backend.kernel.problems import Refusal


@dataclass(frozen=True, slots=True)
class Asked:
    """One incident of a call, in the version that the caller knows."""

    id: UUID
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it: the incident as it stands, or why it was refused."""

    id: UUID
    incident: dict[str, Any] | None = None
    refusal: Refusal | None = None


def each(session: Session, asked: Sequence[Asked], act: Callable[[Incident], object]) -> list[Result]:
    """Do ``act`` to each incident, in the order in which they were asked for; what one refuses leaves no trace.

    They are locked in the order of their ids, so that two such calls never wait for each other in a circle.
    """
    results: dict[UUID, Result] = {}
    for one in sorted(asked, key=lambda found: found.id):
        savepoint = session.begin_nested()
        try:
            incident = locked(session, one.id, version=one.version)
            act(incident)
            session.flush()
        except Refusal as refusal:
            savepoint.rollback()
            results[one.id] = Result(one.id, refusal=refusal)
        else:
            savepoint.commit()
            results[one.id] = Result(one.id, incident=listed(session, incident))
    return [results[one.id] for one in asked]
