"""Resources that bodies and enterprises offer from their accounts: typed, with an amount, conditions and an end (C29).

An offer comes in as every report does, with an owner and clocks; what makes it a body's is who stands behind it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from backend.aid.models import AidListing
from backend.aid.refusals import NoSuchListing, OfferRefused
from backend.aid.relisting import end
from backend.aid.saying import said_by, when_of
from backend.aid.wanting import AHEAD_MOST, BODY_STANDS_MOST
from backend.incidents.models import Report
from backend.incidents.ownership import locked
from backend.intake.receive import Received, receive
from backend.kernel.database import seeing_all
from backend.kernel.pages import decode_cursor, encode_cursor, moment
from backend.kernel.sealed import Keyring
from backend.settings import Settings

OFFERS_A_DAY_MOST = 100
DAY = timedelta(days=1)
# The need that a resource meets; whatever is not here is a matter of goods.
NEED = {
    "food": "AID01", "water": "AID01", "vehicle": "AID03", "transport": "AID03", "bed": "AID08", "tent": "AID08",
    "room": "AID08", "staff_time": "AID02",
}  # fmt: skip
GOODS = "AID09"
SAID = ("amount", "unit", "people", "languages", "accessibility", "conditions", "until", "when", "on_board")


def offer(
    session: Session, wanted: Mapping[str, Any], *, person_id: UUID, organisation_ids: tuple[UUID, ...],
    settings: Settings, ring: Keyring, now: datetime,
) -> Received:  # fmt: skip
    """Offer a resource for a body, or for oneself where none is named. The same ``client_id`` again answers the same.

    Raises OfferRefused: the body is not one's own, the end has passed or lies too far, or too many came in a day.
    """
    org_id = wanted.get("organisation_id")
    if org_id and org_id not in organisation_ids:
        raise OfferRefused("not_yours")
    until = wanted["until"]
    if until <= now:
        raise OfferRefused("past")
    if until > now + (BODY_STANDS_MOST if org_id else AHEAD_MOST):
        raise OfferRefused("too_far_ahead")
    with seeing_all(session):
        is_repeated = session.scalar(select(Report.id).where(Report.client_id == wanted["client_id"])) is not None
        if not is_repeated and _today(session, person_id, org_id, now=now) >= OFFERS_A_DAY_MOST:
            raise OfferRefused("too_many")
        return receive(session, _as_report(wanted, person_id), settings=settings, ring=ring, now=now)


def _as_report(wanted: Mapping[str, Any], person_id: UUID) -> dict[str, Any]:
    """The report of such an offer. The rules read its words, if there are any, as they read those of residents."""
    behind = {"resource": wanted["resource"], "person_id": person_id, "organisation_id": wanted.get("organisation_id")}
    said = {name: wanted[name] for name in SAID if name in wanted}
    return {
        "client_id": wanted["client_id"], "kind": "aid_offer", "voice": "official", "channel": "operator",
        "category": wanted.get("need") or NEED.get(wanted["resource"], GOODS), "text": wanted.get("text"),
        "place": wanted["place"], "danger_now": False, "anonymous": False, "photo_ids": [], "people_count": 0,
        "language": wanted.get("language"), "aid": said | {name: one for name, one in behind.items() if one},
    }  # fmt: skip


def _today(session: Session, person_id: UUID, org_id: UUID | None, *, now: datetime) -> int:
    whose = AidListing.organisation_id == org_id if org_id else AidListing.person_id == person_id
    query = select(func.count()).select_from(AidListing)
    return session.scalar(query.where(whose, AidListing.waiting_since > now - DAY)) or 0


def _own(person_id: UUID, organisation_ids: tuple[UUID, ...]) -> ColumnElement[bool]:
    return or_(AidListing.person_id == person_id, AidListing.organisation_id.in_(organisation_ids))


def own_offers(
    session: Session, *, person_id: UUID, organisation_ids: tuple[UUID, ...], cursor: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """What one's bodies and oneself have offered, the newest first, and the next page's cursor."""
    query = select(AidListing).where(_own(person_id, organisation_ids))
    if after := decode_cursor(cursor, 2, (moment, UUID)):
        at, which = after
        older = (AidListing.waiting_since < at) | ((AidListing.waiting_since == at) & (AidListing.id < which))
        query = query.where(older)
    with seeing_all(session):
        ordered = query.order_by(AidListing.waiting_since.desc(), AidListing.id.desc())
        found = session.scalars(ordered.limit(limit + 1)).all()
    last = found[limit - 1] if len(found) > limit else None
    return [_shown(one) for one in found[:limit]], encode_cursor([last.waiting_since, last.id]) if last else None


def end_own(
    session: Session, listing_id: UUID, *, person_id: UUID, organisation_ids: tuple[UUID, ...], now: datetime
) -> dict[str, Any]:
    """An own offer ends; what was agreed goes on. Ended again it stays as it is. Raises NoSuchListing."""
    with seeing_all(session):
        query = select(AidListing).where(AidListing.id == listing_id, _own(person_id, organisation_ids))
        listing = session.scalars(query).one_or_none()
        if listing is None:
            raise NoSuchListing()
        locked(session, session.get_one(Report, listing.report_id).incident_id)
        session.refresh(listing, with_for_update=True)
        if listing.ended_at is None:
            end(session, listing, "not_needed", now=now)
        return _shown(listing)


def _shown(listing: AidListing) -> dict[str, Any]:
    return {
        "id": listing.id, "organisation_id": listing.organisation_id, "need": listing.category,
        "says": said_by(listing), "when": when_of(listing), "on_board": listing.on_board and listing.ended_at is None,
        "offered_at": listing.waiting_since, "until": listing.expires_at, "ended_at": listing.ended_at,
        "ended_why": listing.ended_why,
    }  # fmt: skip
