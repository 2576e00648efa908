"""The coordinators' board: every open request and offer that the reader may see, shown to neighbours or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select, tuple_
from sqlalchemy.orm import Session

from backend.aid.matching.reading import open_listings, safeguards
from backend.aid.models import AidListing, AidMatch
from backend.aid.rules import Side
from backend.aid.saying import said_by, when_of
from backend.aid.states import OPEN
from backend.incidents.models import Incident, Report
from backend.kernel.pages import decode_cursor, encode_cursor, moment

ALL_MOST = 5_000  # rows of a file


@dataclass(frozen=True, slots=True)
class Filters:
    """What the board is narrowed to. ``waiting_h``: for at least so many hours; ``alone``: with no match that is open."""

    direction: Side | None = None
    need: str | None = None
    area_id: int | None = None
    waiting_h: float | None = None
    on_board: bool | None = None
    alone: bool = False


def _pending() -> Any:
    """How many matches of the listing at hand are open."""
    query = select(func.count()).select_from(AidMatch).where(AidMatch.state.in_(OPEN))
    either = or_(AidMatch.request_report_id == Report.id, AidMatch.offer_report_id == Report.id)
    return query.where(either).correlate(Report).scalar_subquery()


def narrowed(filters: Filters, *, now: datetime) -> Select[*tuple[Any, ...]]:
    """The statement of the board, without an order."""
    pending = _pending().label("pending")
    query = open_listings(pending, now=now)
    if filters.direction:
        query = query.where(AidListing.direction == filters.direction)
    if filters.need:
        query = query.where(Incident.category == filters.need)
    if filters.area_id is not None:
        query = query.where(Incident.area_ids.contains([filters.area_id]))
    if filters.waiting_h is not None:
        query = query.where(AidListing.waiting_since <= now - timedelta(hours=filters.waiting_h))
    if filters.on_board is not None:
        query = query.where(AidListing.on_board.is_(filters.on_board))
    return query.where(_pending() == 0) if filters.alone else query


def page(
    session: Session, filters: Filters, *, cursor: str | None, limit: int, now: datetime
) -> tuple[list[dict[str, Any]], str | None]:
    """One page, the longest waiting first, and the cursor of the next."""
    query = narrowed(filters, now=now)
    if after := decode_cursor(cursor, 2, (moment, UUID)):
        query = query.where(tuple_(AidListing.waiting_since, AidListing.id) > (after[0], after[1]))
    rows = session.execute(_in_order(query).limit(limit + 1)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    following = encode_cursor([last.waiting_since.isoformat(), last.id]) if last else None
    return [shown(row) for row in rows[:limit]], following


def whole(session: Session, filters: Filters, *, now: datetime) -> list[dict[str, Any]]:
    """The board for a file."""
    return [shown(row) for row in session.execute(_in_order(narrowed(filters, now=now)).limit(ALL_MOST))]


def _in_order(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return query.order_by(AidListing.waiting_since, AidListing.id)


def shown(row: Any) -> dict[str, Any]:
    """A listing as coordinators see it: codes, times and the incident, no word of anybody."""
    return {
        "id": row.id, "direction": row.direction, "need": row.need_now,
        "incident": {"id": row.incident_id, "number": row.number, "grade": row.grade}, "area_id": row.area_id,
        "on_board": row.on_board, "kept_off": row.kept_off, "when": when_of(row), "says": said_by(row),
        "language": row.language, "for_another": row.for_another is not None, "organisation_id": row.organisation_id,
        "safeguards": sorted(one.value for one in safeguards(row)), "held": bool(row.held),
        "waiting_since": row.waiting_since, "expires_at": row.expires_at, "pending": getattr(row, "pending", None),
    }  # fmt: skip


HEAD = (
    "direction", "need", "number", "area", "waiting_since", "expires_at", "on_board", "language", "days", "amount", "unit",
    "people", "languages", "accessibility", "conditions", "pending",
)  # fmt: skip


def cells(row: Mapping[str, Any], areas: Mapping[int, str]) -> Sequence[object]:
    """A listing as a row of a file."""
    says, when = row["says"], row["when"] or {}
    lists = [" ".join(says.get(name, ())) for name in ("languages", "accessibility", "conditions")]
    return (
        row["direction"], row["need"], row["incident"]["number"], areas.get(row["area_id"], ""),
        row["waiting_since"].isoformat(), row["expires_at"].isoformat(), "yes" if row["on_board"] else "no",
        row["language"], when.get("days"), says.get("amount"), says.get("unit"), says.get("people"), *lists,
        row["pending"],
    )  # fmt: skip
