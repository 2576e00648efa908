"""What a report of mutual aid becomes: a listing that neighbours see, or one that a coordinator alone matches.

Every request and offer has one, so that what is not shown is found by those who bring two together, and so that its time
runs: a coordinator is told of a need that waits for a day, a service of one that waits for three (R19).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table, func, select, text
from sqlalchemy.orm import Session

from backend.aid.models import AidListing
from backend.aid.nearness import board_cell, wide_cell
from backend.aid.rules import SIDE_OF_KIND, Fitness, Side, kept_off
from backend.aid.wanting import Wish, expires_at, is_circle, next_rung, why_not_shown
from backend.aid.windows import kept
from backend.areas.lookup import AREAS
from backend.incidents.desk.models import Task
from backend.incidents.desk.tasks import task_row
from backend.incidents.models import Report
from backend.incidents.opening import table_of
from backend.intake.following import Beside, ReportIds
from backend.intake.sighting import Sighting, is_sorted
from backend.intake.surroundings import address_hash
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact
from backend.kernel.languages import say
from backend.kernel.sealed import Keyring
from backend.policy.cache import ruleset_at
from backend.policy.markers import in_group

DAY = timedelta(days=1)
# The same need came up again (R13): so soon somebody offers case work.
CASE_WORK_IN = timedelta(days=3)
# What a listing repeats of what was sent, as it was sent.
SAID = ("amount", "unit", "people", "languages", "accessibility", "conditions")
CIRCLE_MOST = 50  # people whom a chain of asking for one another is followed through


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


def listed(session: Session, sighting: Sighting, ids: ReportIds, *, ring: Keyring, now: datetime) -> Beside:
    """The listing of a report that comes in, and why neighbours do not see it where that was asked for."""
    wanted = sighting.sent.get("aid") or {}
    if (side := SIDE_OF_KIND.get(sighting.sent["kind"])) is None:
        return _refused(sighting, "not_aid") if wanted.get("on_board") else Beside()
    other = _other(ring, wanted)
    wish = _wish(session, sighting, side, wanted, other, now=now)
    asks = bool(wanted.get("on_board"))
    reason = _why_not(session, sighting, wish, now=now) if asks else None
    on_board = asks and reason is None
    row = _row(session, sighting, ids.report_id, wish, on_board=on_board, kept_off=reason, now=now)
    row |= _said(wanted, wish, other, now=now)
    rows: dict[Table, list[dict[str, Any]]] = {table_of(AidListing): [row]}
    facts: list[Fact] = []
    told: Mapping[str, Any] = _refused(sighting, reason).told if reason else {}
    if on_board:
        until = row["expires_at"]
        facts.append(Fact("AidListed", {"listing_id": row["id"], "direction": side, "expires_at": until}))
        told = {"aid": {"on_board": True, "listing_id": str(row["id"]), "until": until.isoformat()}}
    if side is Side.REQUEST and "case_work" in sighting.decision.offers:
        task, fact = task_row(ids.incident_id, "offer_case_work", due_at=now + CASE_WORK_IN, now=now)
        rows[table_of(Task)] = [task]
        facts.append(fact)
    return Beside(rows, facts, told)


def _refused(sighting: Sighting, reason: str) -> Beside:
    words = say(f"aid.why.{reason}", sighting.language)
    return Beside(told={"aid": {"on_board": False, "reason": reason, "words": words}})


def _why_not(session: Session, sighting: Sighting, wish: Wish, *, now: datetime) -> str | None:
    today = _listed_today(session, sighting.source, now=now)
    # The measure comes last, what is about a person first.
    return (
        kept_off(fitness_of_new(sighting), listed_today=0)
        or why_not_shown(wish, now=now)
        or kept_off(fitness_of_new(sighting), listed_today=today)
    )


def _other(ring: Keyring, wanted: Mapping[str, Any]) -> bytes | None:
    """The person that it is for, as a keyed hash of the address that was given for them."""
    return address_hash(ring, wanted.get("for_another") or {})


def _wish(
    session: Session, sighting: Sighting, side: Side, wanted: Mapping[str, Any], other: bytes | None, *, now: datetime
) -> Wish:
    windows = kept((wanted.get("when") or {}).get("windows", ()), sighting.zone)
    circle = other is not None and sighting.source is not None and _in_circle(session, other, sighting.source, now=now)
    return Wish(
        side, windows, wanted.get("until"), wanted.get("amount"), wanted.get("people"),
        for_other=sighting.sent.get("voice") == "for_other" or "for_another" in wanted,
        has_consent="for_another" in wanted, is_circle=circle, is_body="organisation_id" in wanted,
    )  # fmt: skip


_ASKS_FOR = text(
    "SELECT r.source, l.for_source FROM aid_listing l JOIN report r ON r.id = l.report_id"
    " WHERE r.source = ANY(:sources) AND l.for_source IS NOT NULL AND l.ended_at IS NULL AND l.expires_at > :now"
)


def _in_circle(session: Session, other: bytes, writer: bytes, *, now: datetime) -> bool:
    """Whether whoever it is for asks for its writer, as far as a chain is followed."""
    asks_for: dict[bytes, frozenset[bytes]] = {}
    new = {other}
    while new and len(asks_for) < CIRCLE_MOST:
        asks_for |= dict.fromkeys(new, frozenset())
        for source, for_source in session.execute(_ASKS_FOR, {"sources": list(new), "now": now}):
            asks_for[bytes(source)] |= {bytes(for_source)}
        new = {one for found in asks_for.values() for one in found} - asks_for.keys()
    return is_circle(other, writer, asks_for)


def _row(
    session: Session, sighting: Sighting, report_id: UUID, wish: Wish, *, on_board: bool, kept_off: str | None,
    now: datetime,
) -> dict[str, Any]:  # fmt: skip
    spot, side = sighting.spot, wish.direction
    days = ((sighting.sent.get("aid") or {}).get("when") or {}).get("days")
    rungs = rungs_of(session, sighting.spot.chain, now=now) if side is Side.REQUEST else None
    row = {
        "id": new_id(), "report_id": report_id, "direction": side, "category": sighting.category, "days": days,
        "language": sighting.language, "listed_at": now.replace(minute=0, second=0, microsecond=0),
        "expires_at": expires_at(wish, now=now), "on_board": on_board, "kept_off": kept_off, "waiting_since": now,
        "risk": risk_of(session, sighting, now=now), "rungs_s": rungs, "rungs_told": 0, "cell": None, "wide_cell": None,
        "next_rung_at": next_rung(rungs, 0, since=now) if rungs else None,
    }  # fmt: skip
    if spot.lat is not None and spot.lon is not None:
        nearest = AREAS.get(session).area(spot.chain[-1]) if spot.chain else None
        density = nearest.density if nearest else "rural"
        row |= {"cell": board_cell(spot.lat, spot.lon, density), "wide_cell": wide_cell(spot.lat, spot.lon)}
    return row


def _said(wanted: Mapping[str, Any], wish: Wish, other: bytes | None, *, now: datetime) -> dict[str, Any]:
    """What it says in codes. All columns or none: the statement that writes rows is kept by their shape."""
    asked = wanted.get("for_another")
    found: dict[str, Any] = {name: wanted.get(name) for name in SAID} | {
        "windows": list(wish.windows) or None,
        "for_another": asked and {"said_by": asked["said_by"], "said_at": (asked.get("said_at") or now).isoformat()},
        "for_source": other,
        "resource": wanted.get("resource"),
        "organisation_id": wanted.get("organisation_id"),
        "person_id": wanted.get("person_id"),
    }
    return found if any(value is not None for value in found.values()) else {}


def risk_of(session: Session, sighting: Sighting, *, now: datetime) -> str | None:
    """The risk class of R19: of the category, and higher where the words say inside a home, money or a child."""
    flags = sighting.decision.facts.flags
    said = {"child": in_group("child"), "money": {"handles_money"}, "in_home": {"inside_home"}}
    if higher := next((risk for risk, markers in said.items() if flags & markers), None):
        return higher
    if not sighting.category:
        return None
    ruleset = ruleset_at(session, sighting.spot.chain, now=now)
    return ruleset.category_of(sighting.category, sighting.sent["kind"]).risk_class or None


def rungs_of(session: Session, chain: tuple[int, ...], *, now: datetime) -> list[int]:
    """After how many seconds a coordinator, then a service is told that nobody was found, at a place (R19)."""
    values = ruleset_at(session, chain, now=now).values
    return [round(float(str(values[f"R19.{name}"].value))) for name in ("coordinator_s", "referral_s")]


def _listed_today(session: Session, source: bytes | None, *, now: datetime) -> int:
    """Listings of the last day by one source; whoever leaves no address has none to count by."""
    if source is None:
        return 0
    query = select(func.count()).select_from(AidListing).join(Report, Report.id == AidListing.report_id)
    shown = query.where(AidListing.on_board, Report.source == source, Report.received_at > now - DAY)
    return session.scalar(shown) or 0
