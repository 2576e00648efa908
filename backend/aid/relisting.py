"""What becomes of a request's listing when a match begins to meet it, when somebody drops out, and when it is done."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.aid.models import AidListing, AidMatch
from backend.aid.rules import BACK_FOR
from backend.aid.states import HELD, UNDER_WAY, State
from backend.aid.wanting import next_rung
from backend.incidents.models import Report
from backend.kernel.journal import Fact, incident_stream, record


def follow(session: Session, match: AidMatch, before: State, *, now: datetime) -> None:
    """The request's listing follows what its match did: it is met, or it waits again since it first did."""
    after = State(match.state)
    if after is before or ((before in HELD) == (after in HELD) and after is not State.DONE):
        return
    listing = session.scalars(
        select(AidListing).where(AidListing.report_id == match.request_report_id).with_for_update()
    ).one_or_none()
    if listing is None:
        return
    if after is State.DONE:
        _met(session, listing, match, now=now)
    elif after not in HELD and not is_held(session, listing, but=match):
        _back(session, listing, now=now)


def is_held(session: Session, listing: AidListing, *, but: AidMatch | None = None) -> bool:
    """Whether another match meets the request, or has met it."""
    query = select(func.count()).select_from(AidMatch).where(
        AidMatch.request_report_id == listing.report_id, AidMatch.state.in_(HELD)
    )  # fmt: skip
    return bool(session.scalar(query.where(AidMatch.id != but.id) if but else query))


def _met(session: Session, listing: AidListing, match: AidMatch, *, now: datetime) -> None:
    others = select(func.count()).select_from(AidMatch).where(
        AidMatch.request_report_id == listing.report_id, AidMatch.id != match.id, AidMatch.state.in_(UNDER_WAY)
    )  # fmt: skip
    if listing.ended_at is None and not session.scalar(others):
        end(session, listing, "met", now=now)


def _back(session: Session, listing: AidListing, *, now: datetime) -> None:
    """Somebody dropped out: the need is as old as it was, so whoever is told of it may be told at once."""
    if listing.ended_why in {"expired", "met"}:
        listing.ended_at, listing.ended_why = None, None
    if listing.ended_at is not None:
        return
    listing.expires_at, listing.asked_at = max(listing.expires_at, now + BACK_FOR), None
    listing.next_rung_at = next_rung(listing.rungs_s or (), listing.rungs_told, since=listing.waiting_since)
    note(session, listing, "AidListedAgain", {"expires_at": listing.expires_at}, now=now)


def end(session: Session, listing: AidListing, why: str, *, now: datetime) -> None:
    """A listing ends; the report itself goes on."""
    listing.ended_at, listing.ended_why, listing.next_rung_at = now, why, None
    if listing.on_board or why != "over":
        note(session, listing, "AidListingEnded", {"why": why}, now=now)


def note(session: Session, listing: AidListing, what: str, said: dict[str, object], *, now: datetime) -> None:
    """A fact about a listing, in its incident's journal."""
    incident_id = session.get_one(Report, listing.report_id).incident_id
    record(session, incident_stream(incident_id), [Fact(what, {"listing_id": listing.id} | said)], now=now)
