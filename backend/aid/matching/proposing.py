"""A coordinator brings two together: a tentative match, which both sides are told of and either may decline (C47).

People choose twice: the coordinator among suggestions, and then both sides. Nothing of it moves who answers for the two
incidents (INV-1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from backend.aid.matching.facts import Offered
from backend.aid.matching.finding import one_open
from backend.aid.matching.reading import apart
from backend.aid.matching.refusals import DoesNotFit, NotTwoSides
from backend.aid.matching.rules import compare
from backend.aid.models import AidMatch
from backend.aid.rules import Side
from backend.aid.states import State
from backend.incidents.ownership import locked
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.outbox import Notice, announce
from backend.kernel.problems import Refusal


@dataclass(frozen=True, slots=True)
class Chosen:
    """A pair that a person chose, by its listings."""

    request: UUID
    offer: UUID


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a pair: its match, or why it was refused."""

    chosen: Chosen
    match: AidMatch | None = None
    refusal: Refusal | None = None


def propose(session: Session, chosen: Chosen, *, by: UUID, now: datetime) -> AidMatch:
    """Propose a match to both sides. Raises NoSuchListing, NotTwoSides, DoesNotFit.

    Everything is compared anew under the locks of both incidents, so that what changed since it was suggested counts.
    """
    seen = [one_open(session, one, now=now) for one in (chosen.request, chosen.offer)]
    for incident_id in sorted({one.row.incident_id for one in seen}):
        locked(session, incident_id)
    request, offer = (one_open(session, one, now=now) for one in (chosen.request, chosen.offer))
    if request.row.direction != Side.REQUEST or offer.row.direction != Side.OFFER:
        raise NotTwoSides()
    (wanted,) = apart(session, [request], [offer])
    assert isinstance(offer.fact, Offered)
    verdict = compare(wanted, offer.fact)
    if not verdict.fits:
        raise DoesNotFit(verdict)
    match = AidMatch(
        id=new_id(), listing_id=request.id, request_report_id=request.row.report_id,
        offer_report_id=offer.row.report_id, state=State.TENTATIVE, proposed_by=by, answered_at=now, moved_at=now,
    )  # fmt: skip
    session.add(match)
    session.flush()
    fact = Fact("AidMatchProposed", {"match_id": match.id, "state": match.state})
    for incident_id in sorted({request.row.incident_id, offer.row.incident_id}):
        record(session, incident_stream(incident_id), [fact], now=now)
    told = [
        Notice("reporter_aid_suggested", one.row.incident_id, report_id=one.row.report_id) for one in (request, offer)
    ]
    announce(session, told, now=now)
    return match


def propose_all(session: Session, chosen: Sequence[Chosen], *, by: UUID, now: datetime) -> list[Result]:
    """Propose several, in their order; what one refuses leaves no trace and stops no other.

    All incidents are locked first, in the order of their ids, so that two such calls never wait in a circle.
    """
    incidents = set()
    for one in chosen:
        for listing_id in (one.request, one.offer):
            try:
                incidents.add(one_open(session, listing_id, now=now).row.incident_id)
            except Refusal:
                continue  # said for its own pair below
    for incident_id in sorted(incidents):
        locked(session, incident_id)
    return [_each(session, one, by=by, now=now) for one in chosen]


def _each(session: Session, chosen: Chosen, *, by: UUID, now: datetime) -> Result:
    savepoint = session.begin_nested()
    try:
        match = propose(session, chosen, by=by, now=now)
        session.flush()
    except Refusal as refusal:
        savepoint.rollback()
        return Result(chosen, refusal=refusal)
    savepoint.commit()
    return Result(chosen, match)
