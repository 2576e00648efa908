"""A plan of many pairs for an area, to be looked at before anything is written."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from backend.aid.matching.board import Filters, narrowed
from backend.aid.matching.facts import Offered, Wanted
from backend.aid.matching.reading import Known, apart, known
from backend.aid.matching.rules import Why, compare
from backend.aid.matching.solving import Plan, plan
from backend.aid.models import AidListing
from backend.aid.rules import Side

# What one plan takes in, the longest waiting first. What is left over is said.
REQUESTS_MOST, OFFERS_MOST = 1_000, 5_000
# Of a request that stays open so many offers are looked at to say why.
EXPLAINED_BY = 300


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, the listings that it is of, and for each request that stays open how many offers each reason bars."""

    plan: Plan
    by_id: dict[UUID, Known]
    open: dict[UUID, Counter[Why]]
    left_over: int


def planned(session: Session, filters: Filters, *, now: datetime) -> Planned:
    """Plan for what a filter finds. Requests that have an open match already are not planned again."""
    requests, more = _read(session, filters, Side.REQUEST, REQUESTS_MOST, now=now)
    needs = {one.row.need_now for one in requests}
    offers, _ = _read(session, filters, Side.OFFER, OFFERS_MOST, now=now)
    offers = [one for one in offers if one.row.need_now in needs]
    wanted = [one for one in apart(session, requests, offers) if one.need]
    given = [one.fact for one in offers if isinstance(one.fact, Offered)]
    found = plan(wanted, given, now=now)
    left = {one.id: one for one in wanted}
    why = {one: _barred(left[one], given) for one in found.open}
    return Planned(found, {one.id: one for one in (*requests, *offers)}, why, more)


def _read(session: Session, filters: Filters, side: Side, most: int, *, now: datetime) -> tuple[list[Known], int]:
    """Listings of one side, and 1 where there are more than are taken."""
    alone = filters.alone or side is Side.REQUEST
    mine = Filters(
        side, filters.need, filters.area_id, filters.waiting_h if side is Side.REQUEST else None, None, alone
    )
    query: Any = narrowed(mine, now=now).order_by(AidListing.waiting_since, AidListing.id).limit(most + 1)
    rows = session.execute(query).all()
    return known(session, rows[:most], now=now), int(len(rows) > most)


def _barred(wanted: Wanted, given: list[Offered]) -> Counter[Why]:
    """What bars the offers of the same need; nothing where there is none, or where those that fit went elsewhere."""
    same = [one for one in given if one.need == wanted.need][:EXPLAINED_BY]
    return Counter(why for one in same for why in compare(wanted, one).why_not)
