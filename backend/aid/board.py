"""The board: what a report becomes when its resident chose so, and looking through it without learning of anybody.

Whether a listing stands is asked of its report and incident at each look and not copied: what is graded up, closed,
withdrawn or found to be something else is off the board at that moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.orm import Session

from backend.aid.models import AidListing, AidMatch
from backend.aid.nearness import BANDS, board_cell, cells_by_band, rounded, wide_cell, wide_cells
from backend.aid.rules import SELF_MATCH_GRADE, SIDE_OF_KIND, STANDS_FOR, Fitness, Side, kept_off
from backend.aid.states import State
from backend.areas.lookup import AREAS
from backend.incidents.models import Incident, Report
from backend.incidents.opening import table_of
from backend.incidents.rules import is_terminal
from backend.incidents.states import State as IncidentState
from backend.intake.following import Beside
from backend.intake.sighting import Sighting, is_sorted
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact
from backend.kernel.languages import say
from backend.kernel.pages import decode_cursor, encode_cursor, moment, number
from backend.policy.markers import in_group
from backend.policy.models import StoredDecision

DAY = timedelta(days=1)
AT_ONCE = 2000  # listings that are asked about at most in one go
I = IncidentState  # noqa: E741 - the incident's states, by the letter
# While a desk only looks for somebody, neighbours may find each other; once it is settled or elsewhere they need not.
LOOKING = (I.RECEIVED, I.TRIAGED, I.OFFERED, I.ACCEPTED, I.IN_PROGRESS, I.WAITING)
HELD = (State.ACCEPTED, State.IN_PROGRESS, State.DONE)


def fit(said: Mapping[str, Any], flags: frozenset[str]) -> tuple[bool, bool]:
    """Of a decision: whether its place lets the two sides match themselves (R19), and whether somebody is fragile."""
    self_match = "self_match" in said["offers"] and "trained_matcher" not in said["needs"]
    fragile = bool(flags & (in_group("child") | in_group("vulnerability")))
    return self_match and "matching" not in said["forbids"], fragile


def fitness_of_new(sighting: Sighting) -> Fitness:
    """What decides about a report that is just coming in."""
    decision = sighting.decision
    said = {name: getattr(decision, name) for name in ("offers", "needs", "forbids")}
    self_match, is_fragile = fit(said, decision.facts.flags)
    return Fitness(
        sighting.sent["kind"], sighting.category, is_sorted(sighting), self_match, sighting.grade,
        in_danger=sighting.sent["danger_now"] or decision.divert, is_fragile=is_fragile, safe_mode=decision.safe_mode,
        private=decision.private, duty=decision.duty, has_place=sighting.spot.lat is not None,
    )  # fmt: skip


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


def listed(session: Session, sighting: Sighting, report_id: UUID, *, now: datetime) -> Beside:
    """The listing of a report that comes in, or why there is none. The report itself is taken either way."""
    wanted = sighting.sent.get("aid") or {}
    if not wanted.get("on_board"):
        return Beside()
    reason = kept_off(fitness_of_new(sighting), listed_today=_listed_today(session, sighting.source, now=now))
    if reason:
        words = say(f"aid.why.{reason}", sighting.language)
        return Beside(told={"aid": {"on_board": False, "reason": reason, "words": words}})
    row = _row(session, sighting, report_id, days=(wanted.get("when") or {}).get("days"), now=now)
    fact = Fact("AidListed", {"listing_id": row["id"], "direction": row["direction"], "expires_at": row["expires_at"]})
    told = {"aid": {"on_board": True, "listing_id": str(row["id"]), "until": row["expires_at"].isoformat()}}
    return Beside({table_of(AidListing): [row]}, (fact,), told)


def _row(session: Session, sighting: Sighting, report_id: UUID, *, days: str | None, now: datetime) -> dict[str, Any]:
    spot, side = sighting.spot, SIDE_OF_KIND[sighting.sent["kind"]]
    assert spot.lat is not None
    assert spot.lon is not None
    nearest = AREAS.get(session).area(spot.chain[-1]) if spot.chain else None
    return {
        "id": new_id(), "report_id": report_id, "direction": side, "category": sighting.category, "days": days,
        "language": sighting.language, "cell": board_cell(spot.lat, spot.lon, nearest.density if nearest else "rural"),
        "wide_cell": wide_cell(spot.lat, spot.lon), "listed_at": now.replace(minute=0, second=0, microsecond=0),
        "expires_at": now + STANDS_FOR[side],
    }  # fmt: skip


def _listed_today(session: Session, source: bytes | None, *, now: datetime) -> int:
    """Listings of the last day by one source; whoever leaves no address has none to count by."""
    if source is None:
        return 0
    query = select(func.count()).select_from(AidListing).join(Report, Report.id == AidListing.report_id)
    return session.scalar(query.where(Report.source == source, Report.received_at > now - DAY)) or 0


def stands(*, now: datetime) -> list[ColumnElement[bool]]:
    """The conditions under which a listing, joined to its report and incident, is on the board."""
    helped = select(AidMatch.id).where(AidMatch.request_report_id == Report.id, AidMatch.state.in_(HELD))
    return [
        AidListing.ended_at.is_(None), AidListing.expires_at > now, Report.withdrawn_at.is_(None),
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
    columns = (AidListing.id, AidListing.direction, AidListing.category, AidListing.days, AidListing.language)
    query = select(*columns, AidListing.listed_at, band.label("band")).where(
        AidListing.wide_cell == any_(_cells(wide_cells(lat, lon))), AidListing.ended_at.is_(None),
        AidListing.expires_at > now,
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
        "id": row.id, "direction": row.direction, "need": row.category,
        "when": {"days": row.days} if row.days else None, "language": row.language, "distance": BANDS[row.band],
        "listed_at": row.listed_at,
    }  # fmt: skip
