"""Whom to compare one listing with: those of the same need near it, in circles that grow until there are enough."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil, cos, radians
from typing import Any
from uuid import UUID

import h3.api.basic_int as h3
from sqlalchemy import ARRAY, BigInteger, ColumnElement, any_, literal, or_, select
from sqlalchemy.orm import Session

from backend.aid.matching.facts import REACH_BY_NEED_M, REACH_M, Offered
from backend.aid.matching.reading import Known, apart, known, open_listings
from backend.aid.matching.suggesting import SUGGESTED, Suggestions, suggest
from backend.aid.models import AidListing
from backend.aid.nearness import RESOLUTION
from backend.aid.refusals import NoSuchListing
from backend.aid.rules import Side
from backend.incidents.models import Incident, Report
from backend.kernel.database import seeing_all

# The first circle in metres, how circles grow, and how many have to be in one; of more, the nearest are looked at. Where
# too few of them fit, so many as stand second.
FIRST_M, GROWS = 400.0, 2.0
ENOUGH = (60, 300)
# Beyond this radius places are not told apart by cells.
CELLS_UNTIL_M = 12_000.0


def one_open(session: Session, listing_id: UUID, *, now: datetime) -> Known:
    """A listing that the reader may see and that is open. Raises NoSuchListing."""
    return known(session, [_row(session, listing_id, now=now)], now=now)[0]


def _row(session: Session, listing_id: UUID, *, now: datetime) -> Any:
    row = session.execute(open_listings(now=now).where(AidListing.id == listing_id)).one_or_none()
    if row is None:
        raise NoSuchListing()
    return row


def suggestions_for(
    session: Session, listing_id: UUID, *, now: datetime, most: int = SUGGESTED
) -> tuple[Known, list[Known], Suggestions]:
    """The best for one listing, whichever side it is; with the listing and all that it was compared with.

    Where too few of the nearest fit, more are looked at.
    """
    row = _row(session, listing_id, now=now)
    for enough in ENOUGH:
        own, others, found = _compared(session, row, enough, now=now, most=most)
        if len(found.best) >= most or len(others) < enough:
            break
    return own, others, found


def _compared(
    session: Session, row: Any, enough: int, *, now: datetime, most: int
) -> tuple[Known, list[Known], Suggestions]:  # fmt: skip
    ids = _nearest_ids(session, row, enough, now=now) if row.need_now else []
    # Read as the reader may see them; only what happened before is counted over all.
    rows = session.execute(open_listings(now=now).where(AidListing.id.in_(ids))).all() if ids else []
    with seeing_all(session):
        own, *others = known(session, [row, *rows], now=now)
        wanted, offered = ([own], others) if row.direction == Side.REQUEST else (others, [own])
        asked = apart(session, wanted, offered)
    given = [one.fact for one in offered if isinstance(one.fact, Offered)]
    return own, others, suggest(((one, other) for one in asked for other in given), most=most)


def _nearest_ids(session: Session, row: Any, enough: int, *, now: datetime) -> Sequence[UUID]:
    """The ids of those near, found over all that there are; which of them may be seen, their own reading decides."""
    other = Side(row.direction).other
    need = row.need_now
    # What a person has sorted since keeps the category that it came with, or none.
    query = select(AidListing.id).where(
        AidListing.direction == other, AidListing.ended_at.is_(None), AidListing.expires_at > now,
        or_(AidListing.category == need, AidListing.category.is_(None)),
    )  # fmt: skip
    lat, lon, last_m = row.lat, row.lon, REACH_BY_NEED_M.get(need, REACH_M)
    with seeing_all(session):
        if lat is None or lon is None:
            return session.scalars(query.order_by(AidListing.waiting_since, AidListing.id).limit(enough)).all()
        away = _away(lat, lon)
        nearest = query.join(Report, Report.id == AidListing.report_id).join(
            Incident, Incident.id == Report.incident_id
        )
        nearest = nearest.order_by(away.nulls_last(), AidListing.id).limit(enough)
        radius_m = FIRST_M
        while radius_m < min(last_m, CELLS_UNTIL_M):
            found = session.scalars(nearest.where(AidListing.cell == any_(_cells(lat, lon, radius_m)))).all()
            if len(found) >= enough:
                return found
            radius_m *= GROWS
        if last_m <= CELLS_UNTIL_M:
            inside = AidListing.cell == any_(_cells(lat, lon, last_m))
            nearest = nearest.where(or_(inside, AidListing.cell.is_(None)))
        return session.scalars(nearest).all()


def _away(lat: float, lon: float) -> ColumnElement[Any]:
    """What orders places near one by their distance: degrees squared, those of longitude as short as they are there."""
    wide = cos(radians(lat))
    return (Incident.lat - lat) * (Incident.lat - lat) + (Incident.lon - lon) * (Incident.lon - lon) * wide * wide


def _cells(lat: float, lon: float, radius_m: float) -> Any:
    """Every cell of the board that holds a point within the radius, of each of its sizes."""
    found: list[int] = []
    for resolution in RESOLUTION.values():
        edge_m = h3.average_hexagon_edge_length(resolution, "m")
        # The place may lie at the edge of its cell; rings lie at least one and a half edges apart.
        found += h3.grid_disk(h3.latlng_to_cell(lat, lon, resolution), ceil((radius_m + edge_m) / (1.5 * edge_m)))
    return literal(found, ARRAY(BigInteger))
