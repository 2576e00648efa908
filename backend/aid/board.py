"""The board: looking through what residents chose to show, without learning of anybody.

Whether a listing stands is asked of its report and incident at each look and not copied: what is graded up, closed,
withdrawn or found to be something else is off the board at that moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Row,
    Select,
    any_,
    case,
    literal,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.orm import Session

from backend.aid.listing import fit
from backend.aid.models import AidListing, AidMatch
from backend.aid.nearness import BANDS, cells_by_band, rounded, wide_cells
from backend.aid.rules import SELF_MATCH_GRADE, Fitness, Side
from backend.aid.saying import COLUMNS, in_the_open, when_of
from backend.aid.states import HELD, State
from backend.incidents.models import Incident, Report
from backend.incidents.rules import is_terminal
from backend.incidents.states import State as IncidentState
from backend.kernel.pages import decode_cursor, encode_cursor, moment, number
from backend.policy.catalogue import default_catalogue
from backend.policy.models import StoredDecision

AT_ONCE = 2000  # listings that are asked about at most in one go
I = IncidentState  # noqa: E741 - the incident's states, by the letter
# While a desk only looks for somebody, neighbours may find each other; once it is settled or elsewhere they need not.
LOOKING = (I.RECEIVED, I.TRIAGED, I.OFFERED, I.ACCEPTED, I.IN_PROGRESS, I.WAITING)
# What needs a trained matcher (R19).
RISKY = frozenset({"in_home", "money", "care", "child"})


def fitness_of(session: Session, report: Report, incident: Incident) -> Fitness:
    """The same of a report that is here already, by its incident's last decision and as it stands now."""
    query = select(StoredDecision).where(StoredDecision.incident_id == incident.id)
    held = session.scalars(query.order_by(StoredDecision.at.desc()).limit(1)).one()
    self_match, is_fragile = fit(held.result, frozenset(held.inputs["flags"]))
    return Fitness(
        report.kind, incident.category, incident.category == held.result["category"], self_match, incident.grade,
        in_danger=report.danger_now or incident.diverted, is_fragile=is_fragile, safe_mode=incident.safe_mode,
        private=held.result["private"], duty=incident.duty_open, has_place=incident.lat is not None,
        is_over=bool(report.withdrawn_at) or is_terminal(IncidentState(incident.state)),
    )  # fmt: skip


def risk_now(incident: Incident, listed: str | None) -> str | None:
    """The risk class of a request: what was told of it at first, and higher where its category is another by now."""
    known = default_catalogue().categories.get(incident.category or "")
    risk = known.risk_class if known else None
    return risk if listed is None or (risk in RISKY and listed not in RISKY) else listed


def stands(*, now: datetime) -> list[ColumnElement[bool]]:
    """The conditions under which a listing, joined to its report and incident, is on the board."""
    helped = select(AidMatch.id).where(AidMatch.request_report_id == Report.id, AidMatch.state.in_(HELD))
    return [
        AidListing.on_board.is_(True), AidListing.ended_at.is_(None), AidListing.expires_at > now, Report.withdrawn_at.is_(None),
        Incident.state.in_(LOOKING), Incident.grade >= SELF_MATCH_GRADE, Incident.category == AidListing.category,
        Incident.compartment == "aid", Incident.safe_mode.is_(False), Incident.duty_open.is_(False),
        Incident.diverted.is_(False), Incident.disputed.is_(False), Incident.exercise_id.is_(None),
        ~helped.exists(), ~doubted().exists(),
    ]  # fmt: skip


def doubted() -> Select[*tuple[Any, ...]]:
    """Matches of the report at hand that were stopped by the other side's worry.

    Whoever a worry is about is brought together with nobody until a person has looked.
    """
    return select(AidMatch.id).where(
        AidMatch.state == State.FROZEN,
        or_(
            (AidMatch.request_report_id == Report.id) & (AidMatch.worried == Side.OFFER),
            (AidMatch.offer_report_id == Report.id) & (AidMatch.worried == Side.REQUEST),
        ),
    )


def standing(session: Session, listing_id: UUID, *, now: datetime) -> AidListing | None:
    """A listing that is on the board now, or None."""
    query = _joined(select(AidListing)).where(AidListing.id == listing_id, *stands(now=now))
    return session.scalars(query).one_or_none()


def _joined(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return query.join(Report, Report.id == AidListing.report_id).join(Incident, Incident.id == Report.incident_id)


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody looks for, and from where; the place is rounded before it is used."""

    lat: float
    lon: float
    direction: Side | None = None
    need: str | None = None


def search(
    session: Session, wanted: Search, *, cursor: str | None, limit: int, now: datetime
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of the board around a place, the nearest band first and in it the newest; and the next page's cursor.

    Whether a listing stands is asked of those alone that come next, not of all around: of thousands a page shows few.
    """
    after = decode_cursor(cursor, 3, (number, moment, UUID))
    around = _around(wanted, now=now)
    found, most = list[Row[Any]](), 2 * (limit + 1)
    while len(found) <= limit:
        rows = session.execute(_following(around, after).limit(most)).all()
        on_board = _joined(select(AidListing.id)).where(AidListing.id.in_([row.id for row in rows]), *stands(now=now))
        standing = set(session.scalars(on_board)) if rows else set()
        found += [row for row in rows if row.id in standing]
        if len(rows) < most:
            break
        after, most = [rows[-1].band, rows[-1].listed_at, rows[-1].id], min(4 * most, AT_ONCE)
    last = found[limit - 1] if len(found) > limit else None
    following = encode_cursor([last.band, last.listed_at, last.id]) if last else None
    return [_shown(row) for row in found[:limit]], following


@dataclass(frozen=True, slots=True)
class Around:
    """The listings around a place that are not over, and in which band each lies."""

    query: Select[*tuple[Any, ...]]
    band: ColumnElement[int]


def _around(wanted: Search, *, now: datetime) -> Around:
    lat, lon = rounded(wanted.lat), rounded(wanted.lon)
    band = _band_at(cells_by_band(lat, lon))
    columns = (AidListing.id, AidListing.category, AidListing.language, AidListing.listed_at, *COLUMNS)
    query = select(*columns, band.label("band")).where(
        AidListing.wide_cell == any_(_cells(wide_cells(lat, lon))), AidListing.on_board,
        AidListing.ended_at.is_(None), AidListing.expires_at > now,
    )  # fmt: skip
    if wanted.direction:
        query = query.where(AidListing.direction == wanted.direction)
    if wanted.need:
        query = query.where(AidListing.category == wanted.need)
    return Around(query, band)


def _following(around: Around, after: Sequence[Any] | None) -> Select[*tuple[Any, ...]]:
    """Those that come after a place in the order, in order."""
    query = around.query
    if after:
        rank, listed_at, which = after
        later = tuple_(AidListing.listed_at, AidListing.id) < (listed_at, which)
        query = query.where(or_(around.band > rank, (around.band == rank) & later))
    return query.order_by(text("band"), AidListing.listed_at.desc(), AidListing.id.desc())


def _band_at(cells: Mapping[str, list[int]]) -> ColumnElement[int]:
    found = [(AidListing.cell == any_(_cells(cells[band])), at) for at, band in enumerate(BANDS[:-1])]
    return case(*found, else_=len(BANDS) - 1)


def _cells(cells: list[int]) -> ColumnElement[Any]:
    return literal(cells, ARRAY(BigInteger))


def _shown(row: Row[Any]) -> dict[str, Any]:
    """All that anybody learns of a listing."""
    return {
        "id": row.id, "direction": row.direction, "need": row.category, "when": when_of(row), "says": in_the_open(row),
        "language": row.language, "distance": BANDS[row.band], "listed_at": row.listed_at,
    }  # fmt: skip
