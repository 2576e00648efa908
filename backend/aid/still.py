"""“Is it still so?”: asked before a listing ends; a yes prolongs it, a no ends it, and silence ends it at its time."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.aid.actions import lapse
from backend.aid.models import AidListing, AidMatch
from backend.aid.refusals import NotAsked
from backend.aid.relisting import end, is_held, note
from backend.aid.rules import STANDS_FOR, Side
from backend.aid.states import PENDING
from backend.aid.wanting import next_rung
from backend.aid.windows import occurrences
from backend.incidents.models import Incident
from backend.incidents.ownership import locked
from backend.incidents.telling import tell_desks
from backend.intake.thread import Mine


def listing_of(session: Session, mine: Mine) -> AidListing | None:
    """The listing of the own report."""
    return session.scalars(select(AidListing).where(AidListing.report_id == mine.report.id)).one_or_none()


def can_answer(listing: AidListing | None) -> bool:
    """Whether there is something to answer: it stands, or it ended by silence."""
    return listing is not None and (listing.ended_at is None or listing.ended_why == "expired")


def answer(session: Session, mine: Mine, *, still: bool, now: datetime) -> None:
    """The resident says that it is still so, or no longer. Raises NotAsked where there is nothing to prolong or to end."""
    incident = locked(session, mine.report.incident_id)
    listing = listing_of(session, mine)
    if listing is None or not can_answer(listing) or mine.report.withdrawn_at or incident.closed_at:
        raise NotAsked()
    session.refresh(listing, with_for_update=True)
    if still:
        _prolong(session, listing, now=now)
    else:
        _no_longer(session, incident, listing, now=now)


def _prolong(session: Session, listing: AidListing, *, now: datetime) -> None:
    side = Side(listing.direction)
    listing.expires_at = max(listing.expires_at, now + STANDS_FOR[side])
    listing.asked_at, listing.ended_at, listing.ended_why = None, None, None
    # Hours that have passed say nothing any more; what is needed is needed still.
    listing.windows = [
        one for one in listing.windows or () if occurrences([one], since=now, until=listing.expires_at)
    ] or None  # fmt: skip
    if side is Side.REQUEST and not is_held(session, listing):
        listing.next_rung_at = next_rung(listing.rungs_s or (), listing.rungs_told, since=listing.waiting_since)
    note(session, listing, "AidListingProlonged", {"expires_at": listing.expires_at}, now=now)


def _no_longer(session: Session, incident: Incident, listing: AidListing, *, now: datetime) -> None:
    listing.ended_at = None
    end(session, listing, "not_needed", now=now)
    for match in _pending(session, listing):
        lapse(session, match, over=Side(listing.direction), now=now)
    tell_desks(session, incident, "aid_not_needed", [incident.owner_desk_id], now=now)


def _pending(session: Session, listing: AidListing) -> list[AidMatch]:
    own = AidMatch.request_report_id if listing.direction == Side.REQUEST else AidMatch.offer_report_id
    query = select(AidMatch).where(own == listing.report_id, AidMatch.state.in_(PENDING)).order_by(AidMatch.id)
    return list(session.scalars(query))


def take_off(session: Session, mine: Mine, *, now: datetime) -> None:
    """The resident's report leaves the board; whoever answered and has no yes yet is told that it is over."""
    found = listing_of(session, mine)
    if found and found.on_board and found.ended_at is None:
        locked(session, mine.report.incident_id)
        note(session, found, "AidListingEnded", {"why": "taken_off"}, now=now)
        # A coordinator goes on looking: the need is there, only neighbours do not see it any more.
        found.on_board, found.kept_off = False, "taken_off"
        pending = select(AidMatch).where(AidMatch.listing_id == found.id, AidMatch.state.in_(PENDING))
        for match in session.scalars(pending.order_by(AidMatch.id)).all():
            lapse(session, match, over=Side(found.direction), now=now)
