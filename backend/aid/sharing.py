"""Masked until both agree: where the request is after both yeses, how to reach each other after both let it be seen.

And how it went, which each side says for itself: the other never reads it, and nobody is ranked by it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.aid import checking
from backend.aid.actions import Pair, pair_of, refused, standing_of
from backend.aid.models import AidListing, AidMatch
from backend.aid.rules import Barred, Side, may_rate, may_write, shows_contact, shows_place
from backend.aid.states import UNDER_WAY
from backend.incidents.models import Incident, Report
from backend.incidents.reading import opened
from backend.intake.thread import Mine
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.sealed import Keyring, Seal, seals_of

NOT_YET = Barred("not-both", "That is possible once both have said yes.", "双方都同意后才能这样做。")
NO_CONTACT = Barred(
    "no-contact",
    "You left no phone number and no e-mail address that may be shown. Add one to your report first.",
    "您没有留下可以展示的电话或电子邮箱。请先在您的报告里添加。",
)
NOT_NOW = Barred("not-in-this-state", "You can say this once, after it is done.", "完成之后可以说一次。")
# What a safe contact lets through (INV-8): the one way in which the resident said they are safe to be reached.
SAFE = {"email": ("email",), "phone": ("phone",), "sms": ("phone",)}


def share(session: Session, mine: Mine, match_id: Any, *, shares: bool, now: datetime) -> None:
    """Let the other side see how to reach me, or not any more. It is shown when both do. Raises NoSuchMatch, MatchRefused."""
    pair = pair_of(session, mine, match_id)
    if not may_write(pair.standing):
        raise refused(pair, NOT_YET)
    if shares and not contact_of(session, pair.reports[pair.side], mine.ring):
        raise refused(pair, NO_CONTACT)
    if shares == (pair.side in pair.standing.shares):
        return
    setattr(pair.match, f"{pair.side}_shares_at", now if shares else None)
    _note(session, pair, "AidContactShared" if shares else "AidContactHidden", now=now)


def rate(session: Session, mine: Mine, match_id: Any, went: str, *, now: datetime) -> None:
    """Say once how it went. Only that it went badly is ever seen by anybody, and only by the desk. Raises as ``share``."""
    pair = pair_of(session, mine, match_id)
    if not may_rate(pair.standing, pair.side):
        raise refused(pair, NOT_NOW)
    setattr(pair.match, f"{pair.side}_went", went)
    _note(session, pair, "AidMatchRated", now=now)


def _note(session: Session, pair: Pair, what: str, *, now: datetime) -> None:
    said = Fact(what, {"match_id": pair.match.id, "side": pair.side, "state": pair.match.state})
    for incident_id in sorted({one.id for one in pair.incidents.values()}):
        record(session, incident_stream(incident_id), [said], now=now)
    session.flush()


def contact_of(session: Session, report: Report, ring: Keyring) -> dict[str, str]:
    """Of what a resident left, what another may be shown: a name, a phone number, an address for mail."""
    seals = seals_of(session, ring, [report.id])
    held = opened(seals, report.id, "contact", report.contact)
    safe = opened(seals, report.id, "safe_contact", report.safe_contact)
    if not isinstance(held, Mapping) or "erased" in held or not held.get("consent"):
        return {}
    ways = ("phone", "email") if safe is None else SAFE.get(str(safe.get("channel")), ())
    found = {name: str(held[name]) for name in ways if held.get(name)}
    return ({"name": str(held["name"])} if held.get("name") else {}) | found if found else {}


def seen_of_other(session: Session, match: AidMatch, side: Side, ring: Keyring) -> dict[str, Any]:
    """What ``side`` may see of the other: ``place`` and ``contact``, each None until it may."""
    standing = standing_of(match)
    found: dict[str, Any] = {"place": None, "contact": None, "waits_for_second": False}
    if match.state not in UNDER_WAY or not shows_place(standing):
        return found
    request, offer = session.get_one(Report, match.request_report_id), session.get_one(Report, match.offer_report_id)
    asked = session.get_one(Incident, request.incident_id)
    if _is_protected(asked) or _is_protected(session.get_one(Incident, offer.incident_id)):
        return found
    if not checking.has_enough(session, request, asked):
        return found | {"waits_for_second": True}
    theirs = offer if side is Side.REQUEST else request
    if side is Side.OFFER or _is_fetched(session, offer):
        found["place"] = _place_of(theirs, seals_of(session, ring, [theirs.id]))
    if shows_contact(standing):
        found["contact"] = contact_of(session, theirs, ring) or None
    return found


def _is_protected(incident: Incident) -> bool:
    """Somebody here must not be found (INV-8): whatever was agreed, nothing of them is shown any more."""
    return incident.safe_mode or incident.diverted


def _is_fetched(session: Session, offer: Report) -> bool:
    """Whether what is offered is to be picked up, so that whoever asked has to know where."""
    said = session.scalar(select(AidListing.conditions).where(AidListing.report_id == offer.id))
    return "pick_up" in (said or ())


def _place_of(report: Report, seals: Mapping[Any, Seal]) -> dict[str, Any] | None:
    words = opened(seals, report.id, "landmark", report.landmark)
    found = {"lat": report.lat, "lon": report.lon, "accuracy_m": report.accuracy_m, "landmark": words}
    kept = {name: value for name, value in found.items() if value is not None and value != {"erased": True}}
    return kept or None
