"""Whom to compare one listing with: those of the same need near it, in circles that grow until there are enough."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Any
from uuid import UUID

import h3.api.basic_int as h3
from sqlalchemy import ARRAY, BigInteger, any_, literal, or_, select
from sqlalchemy.orm import Session

from backend.aid.matching.facts import REACH_BY_NEED_M, REACH_M, Offered, Wanted
from backend.aid.matching.reading import Known, apart, known, open_listings
from backend.aid.matching.suggesting import SUGGESTED, Suggestions, suggest
from backend.aid.models import AidListing
from backend.aid.nearness import RESOLUTION
from backend.aid.refusals import NoSuchListing
from backend.aid.rules import Side
from backend.kernel.database import seeing_all

# The first circle in metres, how circles grow, and how many have to be in one.
FIRST_M, GROWS, ENOUGH = 500.0, 2.0, 80
LOOKED_AT_MOST = 400
# Beyond this radius places are not told apart by cells.
CELLS_UNTIL_M = 12_000.0


def one_open(session: Session, listing_id: UUID, *, now: datetime) -> Known:
    """A listing that the reader may see and that is open. Raises NoSuchListing."""
    row = session.execute(open_listings(now=now).where(AidListing.id == listing_id)).one_or_none()
    if row is None:
        raise NoSuchListing()
    return known(session, [row], now=now)[0]


def suggestions_for(
    session: Session, listing_id: UUID, *, now: datetime, most: int = SUGGESTED
) -> tuple[Known, list[Known], Suggestions]:
    """The best for one listing, whichever side it is; with the listing and all that it was compared with."""
    own = one_open(session, listing_id, now=now)
    others = around(session, own, now=now)
    is_request = own.row.direction == Side.REQUEST
    wanted, offered = ([own], others) if is_request else (others, [own])
    asked = apart(session, wanted, offered)
    given = [one.fact for one in offered]
    pairs = ((one, other) for one in asked for other in given if isinstance(other, Offered))
    return own, others, suggest(pairs, most=most)


def around(session: Session, own: Known, *, now: datetime) -> list[Known]:
    """Open listings of the other side and the same need, those near first."""
    if not own.row.need_now:
        return []
    ids = _nearest_ids(session, own, now=now)
    rows = session.execute(open_listings(now=now).where(AidListing.id.in_(ids))).all() if ids else []
    return known(session, rows, now=now)


def _nearest_ids(session: Session, own: Known, *, now: datetime) -> Sequence[UUID]:
    """The ids of those near, found over all that there are; which of them may be seen, their own reading decides."""
    other = Side(own.row.direction).other
    need = own.row.need_now
    # What a person has sorted since keeps the category that it came with, or none.
    query = select(AidListing.id).where(
        AidListing.direction == other, AidListing.ended_at.is_(None), AidListing.expires_at > now,
        or_(AidListing.category == need, AidListing.category.is_(None)),
    )  # fmt: skip
    fact = own.fact
    with seeing_all(session):
        radius_m, last_m = FIRST_M, _reach_m(fact, need)
        while fact.lat is not None and fact.lon is not None and radius_m < min(last_m, CELLS_UNTIL_M):
            inside = query.where(AidListing.cell == any_(_cells(fact.lat, fact.lon, radius_m)))
            found = session.scalars(inside.limit(LOOKED_AT_MOST)).all()
            if len(found) >= ENOUGH:
                return found
            radius_m *= GROWS
        if fact.lat is not None and fact.lon is not None and last_m <= CELLS_UNTIL_M:
            near = or_(AidListing.cell == any_(_cells(fact.lat, fact.lon, last_m)), AidListing.cell.is_(None))
            query = query.where(near)
        return session.scalars(query.order_by(AidListing.waiting_since, AidListing.id).limit(LOOKED_AT_MOST)).all()


def _reach_m(fact: Wanted | Offered, need: str) -> float:
    return fact.within_m if isinstance(fact, Offered) else REACH_BY_NEED_M.get(need, REACH_M)


def _cells(lat: float, lon: float, radius_m: float) -> Any:
    """Every cell of the board that holds a point within the radius, of each of its sizes."""
    found: list[int] = []
    for resolution in RESOLUTION.values():
        edge_m = h3.average_hexagon_edge_length(resolution, "m")
        # A cell's middle may lie an edge beyond; rings lie at least one and a half edges apart.
        found += h3.grid_disk(h3.latlng_to_cell(lat, lon, resolution), ceil((radius_m + 2 * edge_m) / (1.5 * edge_m)))
    return literal(found, ARRAY(BigInteger))
