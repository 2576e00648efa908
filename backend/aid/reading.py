"""What each side sees of its matches, and what a desk does: states and times, no word that was meant for a neighbour."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from backend.aid import checking, still
from backend.aid.actions import standing_of
from backend.aid.models import AidListing, AidMatch, AidMessage
from backend.aid.rules import SIDE_OF_KIND, Said, Side, allowed, shows_words
from backend.aid.safety import advice_for
from backend.aid.saying import in_the_open, said_by, when_of
from backend.aid.sharing import seen_of_other
from backend.aid.states import HELD, OPEN
from backend.incidents.models import Report
from backend.incidents.reading import opened
from backend.intake.thread import Mine
from backend.kernel.languages import say
from backend.kernel.sealed import seals_of

DESK_FIELDS = ("id", "state", "answered_by", "proposed_by", "answered_at", "moved_at", "handed_at", "worried", "request_accepted_at",
               "offer_accepted_at", "request_done_at", "offer_done_at")  # fmt: skip


def told_of_listing(session: Session, mine: Mine, language: str, *, now: datetime) -> dict[str, Any] | None:
    """Whether the own report is on the board and until when; None when that was never asked for."""
    found = still.listing_of(session, mine)
    refused: dict[str, Any] | None = mine.report.acknowledgement.get("aid")
    if found is None:
        return refused and refused | {"words": say(f"aid.why.{refused['reason']}", language)}
    says, is_asked = said_by(found), found.asked_at is not None and found.ended_at is None
    if refused is None and not says and not is_asked and found.ended_why in {None, "over"}:
        return None
    why = found.ended_why or found.kept_off
    return {
        "on_board": found.on_board and found.ended_at is None, "until": found.expires_at.isoformat(), "reason": why,
        "asks": is_asked, "still": still.can_answer(found), "says": says, "when": when_of(found),
        **({"listing_id": found.id} if found.on_board else {}),
        **({"words": say(f"aid.why.{found.kept_off}", language)} if found.kept_off and not found.ended_at else {}),
    }  # fmt: skip


def matches_of(session: Session, mine: Mine, language: str, *, now: datetime) -> list[dict[str, Any]]:
    """The matches of the own report, the newest first. Of the other side only what both agreed to show."""
    side = SIDE_OF_KIND.get(mine.report.kind)
    if side is None:
        return []
    own, other = _columns(side), _columns(side.other)
    theirs = aliased(AidListing)
    query = (
        select(AidMatch, AidListing, Report.language, theirs)
        .join(AidListing, AidListing.id == AidMatch.listing_id)
        .join(Report, Report.id == other)
        .outerjoin(theirs, theirs.report_id == other)
        .where(own == mine.report.id)
        .order_by(AidMatch.answered_at.desc(), AidMatch.id)
    )
    rows = session.execute(query).all()
    written = _written(session, mine, [match for match, *_ in rows], side, language)
    return [
        _shown(match, listing, side, language)
        | {"language": spoken, "messages": written.get(match.id, []), "theirs": _theirs(match, found)}
        | {"allowed": _allowed(session, match, side, now=now)}
        | seen_of_other(session, match, side, mine.ring)
        for match, listing, spoken, found in rows
    ]


def _columns(side: Side) -> Any:
    return AidMatch.request_report_id if side is Side.REQUEST else AidMatch.offer_report_id


def _shown(match: AidMatch, listing: AidListing, side: Side, language: str) -> dict[str, Any]:
    standing = standing_of(match)
    return {
        "id": str(match.id), "side": side.value, "state": match.state,
        "state_words": say(f"aid.state.{match.state}", language), "need": listing.category,
        "when": when_of(listing), "answered_by_me": match.answered_by == side, "proposed": match.answered_by is None,
        "at": match.answered_at.isoformat(), "accepted_by_me": side in standing.accepted,
        "accepted_by_other": side.other in standing.accepted, "done_by_me": side in standing.done,
        "done_by_other": side.other in standing.done, "shares_by_me": side in standing.shares,
        "shares_by_other": side.other in standing.shares, "asks_how": match.asked_at is not None,
        "advice": [say(f"aid.advice.{one}", language) for one in advice_for(listing.risk)] if match.state in OPEN else [],
    }  # fmt: skip


def _theirs(match: AidMatch, listing: AidListing | None) -> dict[str, Any]:
    """What the other side says in codes: before both yeses no more than the board tells."""
    if listing is None:
        return {}
    is_agreed = shows_words(standing_of(match)) and match.state in HELD
    return {"says": said_by(listing) if is_agreed else in_the_open(listing), "when": when_of(listing)}


def _allowed(session: Session, match: AidMatch, side: Side, *, now: datetime) -> list[str]:
    """What may be said now; a yes only where nothing of safety bars it."""
    found = allowed(standing_of(match), side)
    is_barred = Said.ACCEPT in found and checking.barred(session, match, now=now) is not None
    return [one for one in found if not (is_barred and one == Said.ACCEPT)]


def _written(
    session: Session, mine: Mine, matches: Sequence[AidMatch], side: Side, language: str
) -> dict[UUID, list[dict[str, Any]]]:
    """Messages by match: my own always, the other's once both have said yes."""
    shared = {match.id for match in matches if shows_words(standing_of(match))}
    query = select(AidMessage).where(
        AidMessage.match_id.in_([match.id for match in matches]),
        or_(AidMessage.side == side, AidMessage.match_id.in_(shared)),
    )
    rows = session.scalars(query.order_by(AidMessage.at, AidMessage.id)).all() if matches else []
    seals = seals_of(session, mine.ring, [row.id for row in rows])
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in rows:
        words = opened(seals, row.id, "body", row.body)
        message = {"id": str(row.id), "at": row.at.isoformat(), "from": "me" if row.side == side else "other"}
        found.setdefault(row.match_id, []).append(message | {"words": words})
    return found


def of_incident(session: Session, incident_id: UUID) -> list[dict[str, Any]]:
    """The matches of an incident's reports for whoever may see it, the newest first.

    ``incidents``: by side, the incident of each, or None where the reader may not see it. ``badly``: the sides that said
    it went badly; what else they said of it is nobody's to read.
    """
    reports = select(Report.id).where(Report.incident_id == incident_id).scalar_subquery()
    query = select(AidMatch).where(or_(AidMatch.request_report_id.in_(reports), AidMatch.offer_report_id.in_(reports)))
    rows = session.scalars(query.order_by(AidMatch.answered_at.desc(), AidMatch.id)).all()
    reports_seen = {one for row in rows for one in (row.request_report_id, row.offer_report_id)}
    query_seen = select(Report.id, Report.incident_id).where(Report.id.in_(reports_seen))
    seen = {row.id: row.incident_id for row in session.execute(query_seen)} if rows else {}
    return [
        {name: getattr(row, name) for name in DESK_FIELDS}
        | {"badly": [side.value for side in Side if getattr(row, f"{side}_went") == "badly"]}
        | {"incidents": {"request": seen.get(row.request_report_id), "offer": seen.get(row.offer_report_id)}}
        for row in rows
    ]
