"""How residents can be reached: sealed with their report. What of it is known without opening it: by which ways.

A Telegram chat is known again by a keyed hash, so that it can be forgotten everywhere once it is closed to us.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.incidents.models import Report
from backend.incidents.ownership import locked
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.sealed import Keyring, Seal, Unreadable, seal_of

WAYS = ("email", "phone", "telegram")
TELEGRAM = "telegram"


def ways_of(contact: Mapping[str, Any] | None) -> list[str]:
    """The ways for which an address was left."""
    return [way for way in WAYS if (contact or {}).get(way)]


def contact_columns(seal: Seal, ring: Keyring, contact: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a report's row holds of a contact, sealed by the report's own ``seal``."""
    chat = (contact or {}).get(TELEGRAM)
    return {
        "contact": seal.close("contact", dict(contact) if contact else None),
        "reach": ways_of(contact),
        # Another hash than that of linked chats: staff are not found among reporters.
        "chat_hash": ring.hashed("chat-report", chat) if chat else None,
    }


def replace_contact(
    session: Session, report: Report, contact: Mapping[str, Any] | None, *, ring: Keyring, now: datetime
) -> None:
    """The resident says anew how they can be reached; None: not at all any more, and what was there is erased."""
    locked(session, report.incident_id)
    _put(session, report, contact, ring=ring)
    if contact is None:
        report.source = None  # it was made from the address
    else:
        report.anonymous = False
    fact = Fact("ContactChanged" if contact else "ContactErased", {"report_id": report.id, "ways": ways_of(contact)})
    record(session, incident_stream(report.incident_id), [fact], now=now)


def _put(session: Session, report: Report, contact: Mapping[str, Any] | None, *, ring: Keyring) -> None:
    """Write a contact. None needs no key, so that what is to be gone goes also where the key went before."""
    nothing: dict[str, Any] = {"contact": None, "reach": [], "chat_hash": None}
    columns = contact_columns(seal_of(session, ring, report.id), ring, contact) if contact else nothing
    for name, value in columns.items():
        setattr(report, name, value)
    session.flush()


def close_chat(session: Session, ring: Keyring, chat: str, *, now: datetime) -> int:
    """A chat is closed to us: no report names it any more. How many did."""
    reports = session.scalars(select(Report.id).where(Report.chat_hash == ring.hashed("chat-report", chat))).all()
    for report_id in reports:
        drop_chat(session, ring, report_id, now=now)
    return len(reports)


def drop_chat(session: Session, ring: Keyring, report_id: UUID, *, now: datetime) -> None:
    """Take the chat out of how a resident can be reached; what else they left stays."""
    _drop(session, ring, report_id, TELEGRAM, now=now)


def drop_email(session: Session, ring: Keyring, report_id: UUID, *, now: datetime) -> None:
    """Take the e-mail address out of how a resident can be reached, because letters to it come back."""
    _drop(session, ring, report_id, "email", now=now)


def drop_push(session: Session, report_id: UUID, *, now: datetime) -> None:
    """The phone is subscribed no longer, says its push service: nothing is pushed to it any more."""
    report = session.get(Report, report_id)
    if report is None or report.push is None:
        return
    locked(session, report.incident_id)
    report.push = None
    fact = Fact("PushEnded", {"report_id": report.id})
    record(session, incident_stream(report.incident_id), [fact], now=now)


def _drop(session: Session, ring: Keyring, report_id: UUID, way: str, *, now: datetime) -> None:
    report = session.get(Report, report_id)
    if report is None or way not in (report.reach or ()):
        return
    locked(session, report.incident_id)
    session.refresh(report)
    try:
        held: dict[str, Any] = seal_of(session, ring, report.id).open("contact", report.contact) or {}
    except Unreadable:
        held = {}  # the words of this report were erased
    kept = {name: value for name, value in held.items() if name != way}
    _put(session, report, kept if ways_of(kept) else None, ring=ring)
    fact = Fact("ContactChanged", {"report_id": report.id, "ways": ways_of(kept)})
    record(session, incident_stream(report.incident_id), [fact], now=now)
