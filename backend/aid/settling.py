"""Listings end: by their time, with their report, or because their resident takes them off the board."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend.aid.actions import lapse
from backend.aid.models import AidListing, AidMatch
from backend.aid.rules import Side
from backend.aid.states import OPEN, PENDING
from backend.incidents.models import Incident, Report
from backend.incidents.ownership import locked
from backend.intake.thread import Mine
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.sweeps import one_by_one

AT_ONCE = 200


def take_off(session: Session, mine: Mine, *, now: datetime) -> None:
    """The resident's report leaves the board; whoever answered and has no yes yet is told that it is over."""
    found = session.scalars(select(AidListing).where(AidListing.report_id == mine.report.id)).one_or_none()
    if found and found.ended_at is None:
        _end(session, found, "taken_off", now=now)
        pending = select(AidMatch).where(AidMatch.listing_id == found.id, AidMatch.state.in_(PENDING))
        for match in session.scalars(pending.order_by(AidMatch.id)).all():
            lapse(session, match, over=Side(found.direction), now=now)


def settle(session: Session, *, now: datetime) -> int:
    """End what is due: listings whose time or report is over, and open matches of reports that are over."""
    return _end_listings(session, now=now) + _end_matches(session, now=now)


def _end_listings(session: Session, *, now: datetime) -> int:
    over = or_(Report.withdrawn_at.is_not(None), Incident.closed_at.is_not(None))
    query = (
        select(AidListing, over)
        .join(Report, Report.id == AidListing.report_id)
        .join(Incident, Incident.id == Report.incident_id)
        .where(AidListing.ended_at.is_(None), or_(AidListing.expires_at <= now, over))
        .limit(AT_ONCE)
    )

    def end(row: tuple[AidListing, bool]) -> None:
        _end(session, row[0], "over" if row[1] else "expired", now=now)

    due = [(listing, is_over) for listing, is_over in session.execute(query)]
    return one_by_one(session, due, end, what="aid listing", put_off=lambda _: None)


def _end(session: Session, listing: AidListing, why: str, *, now: datetime) -> None:
    incident = locked(session, session.get_one(Report, listing.report_id).incident_id)
    listing.ended_at, listing.ended_why = now, why
    fact = Fact("AidListingEnded", {"listing_id": listing.id, "why": why})
    record(session, incident_stream(incident.id), [fact], now=now)


def _end_matches(session: Session, *, now: datetime) -> int:
    """A match that is open ends with either report; one that waits for a yes also with the listing that it answers."""
    over = or_(Report.withdrawn_at.is_not(None), Incident.closed_at.is_not(None))
    due: dict[AidMatch, Side] = {}
    for side, column in ((Side.REQUEST, AidMatch.request_report_id), (Side.OFFER, AidMatch.offer_report_id)):
        query = (
            select(AidMatch)
            .join(Report, Report.id == column)
            .join(Incident, Incident.id == Report.incident_id)
            .join(AidListing, AidListing.id == AidMatch.listing_id)
            .where(
                or_(
                    AidMatch.state.in_(OPEN) & over,
                    AidMatch.state.in_(PENDING) & AidListing.ended_at.is_not(None) & (AidListing.direction == side),
                )
            )
            .limit(AT_ONCE)
        )
        due |= dict.fromkeys(session.scalars(query), side)

    def end(row: tuple[AidMatch, Side]) -> None:
        lapse(session, row[0], over=row[1], now=now)

    return one_by_one(session, list(due.items()), end, what="aid match", put_off=lambda _: None)
