"""What time does to listings and matches, swept by the worker: each row alone, and running twice does nothing twice.

Listings end with their report or their time, after we asked whether it is still so. A need that waits is told to a
coordinator, then sent towards a service (R19). Answers that nobody takes up end, and what has gone quiet is asked about.
Who answers for the incidents moves by none of it (INV-1).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from backend.aid import relisting
from backend.aid.actions import lapse, locked_pair, tell_both
from backend.aid.models import AidListing, AidMatch, AidMessage
from backend.aid.relisting import note
from backend.aid.rules import ANSWER_FOR, PENDING_FOR, QUIET_FOR, Side
from backend.aid.states import HELD, OPEN, PENDING, UNDER_WAY
from backend.aid.wanting import ASKS_BEFORE, ASKS_IN_LAST, next_rung
from backend.incidents.desk.tasks import put
from backend.incidents.models import Incident, Report
from backend.incidents.ownership import chain_of, first_receiver, locked
from backend.incidents.telling import tell_desks
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.outbox import Notice, announce
from backend.kernel.sweeps import one_by_one

AT_ONCE = 200
AGAIN_IN = timedelta(minutes=5)
TASK_FOR = timedelta(days=1)
# What is told when a need has waited for so many rungs, and what is to be done then: the first is a coordinator's
# search, the second leads to a service.
RUNGS = (("AidUnmatched", "aid_unmatched", "find_helper"), ("AidUnserved", "aid_unserved", "refer_to_service"))


def settle(session: Session, *, now: datetime) -> int:
    """Do all that is due. Matches before needs: a need that somebody drops waits at once."""
    steps: tuple[Callable[..., int], ...] = (
        _end_listings, _end_matches, _lapse_unanswered, _ask_if_still, _tell_of_waiting, _ask_how, _hand_over,
    )  # fmt: skip
    return sum(step(session, now=now) for step in steps)


def _over() -> ColumnElement[bool]:
    return or_(Report.withdrawn_at.is_not(None), Incident.closed_at.is_not(None))


def _met() -> ColumnElement[bool]:
    return exists().where(AidMatch.request_report_id == AidListing.report_id, AidMatch.state.in_(HELD))


def _listings() -> Any:
    joined = select(AidListing).join(Report, Report.id == AidListing.report_id)
    return joined.join(Incident, Incident.id == Report.incident_id).where(AidListing.ended_at.is_(None))


def _end_listings(session: Session, *, now: datetime) -> int:
    """Those whose report is over, and those whose time is: a request that is being met waits with that."""
    query = _listings().where(or_(_over(), (AidListing.expires_at <= now) & ~_met()))
    due = session.execute(query.add_columns(_over()).limit(AT_ONCE)).all()

    def end(row: Any) -> None:
        listing, is_over = row
        incident = locked(session, session.get_one(Report, listing.report_id).incident_id)
        relisting.end(session, listing, "over" if is_over else "expired", now=now)
        if not is_over:
            announce(session, [Notice("reporter_aid_expired", incident.id, report_id=listing.report_id)], now=now)
            if listing.direction == Side.REQUEST:
                tell_desks(session, incident, "aid_expired", [incident.owner_desk_id], now=now)

    return one_by_one(session, due, end, what="aid listing", put_off=lambda _: None)


def _ask_if_still(session: Session, *, now: datetime) -> int:
    """Ask before it ends, once (``aid/wanting.py asks_at``)."""
    left_s = func.date_part("epoch", AidListing.expires_at - now)
    stands_s = func.date_part("epoch", AidListing.expires_at - AidListing.waiting_since)
    query = _listings().where(
        AidListing.asked_at.is_(None), AidListing.expires_at > now, AidListing.expires_at <= now + ASKS_BEFORE,
        left_s * ASKS_IN_LAST <= stands_s, ~_over(), ~_met(),
    )  # fmt: skip

    def ask(listing: AidListing) -> None:
        incident = locked(session, session.get_one(Report, listing.report_id).incident_id)
        listing.asked_at = now
        announce(session, [Notice("reporter_aid_still", incident.id, report_id=listing.report_id)], now=now)
        note(session, listing, "AidStillAsked", {"expires_at": listing.expires_at}, now=now)

    due = session.scalars(query.limit(AT_ONCE)).all()
    return one_by_one(session, due, ask, what="aid question", put_off=lambda _: None)


def _tell_of_waiting(session: Session, *, now: datetime) -> int:
    """A need for which nobody was found goes to a coordinator, then towards a service, each with a task of its own."""
    query = _listings().where(AidListing.next_rung_at <= now, ~_over())

    def tell(listing: AidListing) -> None:
        incident = locked(session, session.get_one(Report, listing.report_id).incident_id)
        if relisting.is_held(session, listing):
            listing.next_rung_at = None  # it is being met; when somebody drops out it waits again
            return
        # After a pause of ours, or when somebody drops out late, both may be due.
        while listing.next_rung_at and listing.next_rung_at <= now:
            fact, template, task = RUNGS[min(listing.rungs_told, len(RUNGS) - 1)]
            note(session, listing, fact, {"waiting_since": listing.waiting_since}, now=now)
            put(session, incident, task, due_at=now + TASK_FOR, now=now)
            coordinator = first_receiver(session, chain_of(incident), now=now).desk_id
            tell_desks(session, incident, template, [incident.owner_desk_id, coordinator], now=now)
            listing.rungs_told += 1
            listing.next_rung_at = next_rung(listing.rungs_s or (), listing.rungs_told, since=listing.waiting_since)

    def put_off(listing: AidListing) -> None:
        listing.next_rung_at = now + AGAIN_IN

    due = session.scalars(query.order_by(AidListing.next_rung_at).limit(AT_ONCE)).all()
    return one_by_one(session, due, tell, what="aid waiting", put_off=put_off)


def _end_matches(session: Session, *, now: datetime) -> int:
    """A match that is open ends with either report; one that waits for a yes also with the listing of either side."""
    due: dict[AidMatch, Side] = {}
    for side, column in ((Side.REQUEST, AidMatch.request_report_id), (Side.OFFER, AidMatch.offer_report_id)):
        query = (
            select(AidMatch)
            .join(Report, Report.id == column)
            .join(Incident, Incident.id == Report.incident_id)
            .outerjoin(AidListing, AidListing.report_id == column)
            .where(
                or_(
                    AidMatch.state.in_(OPEN) & _over(),
                    AidMatch.state.in_(PENDING) & AidListing.ended_at.is_not(None),
                )
            )
            .limit(AT_ONCE)
        )
        due |= dict.fromkeys(session.scalars(query), side)

    def end(row: tuple[AidMatch, Side]) -> None:
        lapse(session, row[0], over=row[1], now=now)

    return one_by_one(session, list(due.items()), end, what="aid match", put_off=lambda _: None)


def _lapse_unanswered(session: Session, *, now: datetime) -> int:
    """Where one side said nothing for days, the other is free again; both are told."""
    query = select(AidMatch).where(AidMatch.state.in_(PENDING), AidMatch.moved_at <= now - PENDING_FOR)

    def end(match: AidMatch) -> None:
        lapse(session, match, over=None, now=now)

    due = session.scalars(query.order_by(AidMatch.moved_at).limit(AT_ONCE)).all()
    return one_by_one(session, due, end, what="aid answer", put_off=lambda _: None)


def _quiet(since: ColumnElement[Any], *, now: datetime) -> ColumnElement[bool]:
    """No word was written and nothing moved between the two for so long."""
    heard = exists().where(AidMessage.match_id == AidMatch.id, AidMessage.at > now - since)
    return (AidMatch.moved_at <= now - since) & ~heard


def _under_way() -> Any:
    return select(AidMatch).join(AidListing, AidListing.id == AidMatch.listing_id).where(AidMatch.state.in_(UNDER_WAY))


def _ask_how(session: Session, *, now: datetime) -> int:
    """Ask both how it is going where nothing was heard for a week, or for a month where it is a regular thing."""
    often = func.coalesce(AidListing.days, "") == "often"
    is_quiet = or_(
        *(
            (often if days else ~often) & _quiet(func.make_interval(0, 0, 0, span.days), now=now)
            for days, span in QUIET_FOR.items()
        )
    )

    def ask(match: AidMatch) -> None:
        pair = locked_pair(session, match, Side.REQUEST)
        match.asked_at = now
        tell_both(session, pair, "reporter_aid_how", now=now)

    due = session.scalars(_under_way().where(AidMatch.asked_at.is_(None), is_quiet).limit(AT_ONCE)).all()
    return one_by_one(session, due, ask, what="aid how", put_off=lambda _: None)


def _hand_over(session: Session, *, now: datetime) -> int:
    """Neither has answered how it goes: a person asks them."""
    query = _under_way().where(AidMatch.handed_at.is_(None), AidMatch.asked_at <= now - ANSWER_FOR)

    def hand(match: AidMatch) -> None:
        pair = locked_pair(session, match, Side.REQUEST)
        match.handed_at = now
        incident = pair.incidents[Side.REQUEST]
        put(session, incident, "follow_up", due_at=now + TASK_FOR, now=now)
        said = Fact("AidMatchQuiet", {"match_id": match.id, "state": match.state})
        record(session, incident_stream(incident.id), [said], now=now)
        tell_desks(session, incident, "aid_quiet", [incident.owner_desk_id], now=now)

    due = session.scalars(query.limit(AT_ONCE)).all()
    return one_by_one(session, due, hand, what="aid quiet", put_off=lambda _: None)
