"""Letters that come back: what a mail server reports of a delivery (RFC 3464) ends that delivery, and others go on.

A report names our letter by its Message-ID, which holds the delivery's id: chance that nobody else has seen but who got
the letter. The address is written to no more where the report says that nobody is there.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from uuid import UUID

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.dispatch.outcomes import go_on
from backend.dispatch.parcels import Parcel
from backend.incidents.contacts import drop_email
from backend.kernel.versions import bump
from backend.organisations.models import Desk, Person

BOUNCED = "bounced"
# RFC 3463: bad addresses (5.1.x), and mailboxes that are disabled (5.2.1).
NOBODY_THERE = re.compile(r"5\.(1\.\d+|2\.1)")
KNOWN_FOR = timedelta(days=10)  # servers try for five days before they give up
MOST_BYTES = 1_000_000
_OURS = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@")


@dataclass(frozen=True, slots=True)
class Report:
    """What a server says of one letter: ``failed``, ``delayed``, ``delivered``, ``relayed`` or ``expanded``."""

    delivery_id: UUID
    action: str
    status: str


def read_report(raw: bytes) -> Report | None:
    """The report in a message, None where it is none, or is about no letter of ours."""
    message = message_from_bytes(raw[:MOST_BYTES], policy=policy.default)
    if message.get_content_type() != "multipart/report":
        return None
    action = status = found = ""
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            blocks = [block for block in part.get_payload() if isinstance(block, Message)]
            for block in blocks:
                action = str(block.get("Action", action)).strip().lower()
                status = str(block.get("Status", status)).strip().partition(" ")[0]
        elif kind in {"text/rfc822-headers", "message/rfc822"}:
            found = found or _message_id(part)
    ours = _OURS.search(found)
    return Report(UUID(ours[1]), action, status) if ours and action else None


def _message_id(part: EmailMessage) -> str:
    inner = part.get_payload()
    if isinstance(inner, list):
        return str(inner[0].get("Message-ID", "")) if isinstance(inner[0], Message) else ""
    raw = part.get_payload(decode=True)
    headers = message_from_bytes(raw if isinstance(raw, bytes) else b"", policy=policy.default)
    return str(headers.get("Message-ID", ""))


_END = text(
    "UPDATE delivery SET state = 'failed', outcome = :code WHERE id = :id AND channel = 'email' AND state = 'handed_over'"
    " AND created_at > :since RETURNING id, fence, attempts, channel, lane, template, created_at, incident_id, report_id,"
    " offer_id, person_id, desk_id, webhook_id, params, language"
)
_ARRIVED = text(
    "UPDATE delivery SET state = 'delivered', delivered_at = :now WHERE id = :id AND channel = 'email'"
    " AND state = 'handed_over' AND created_at > :since RETURNING id"
)
_NOTE = text(
    "INSERT INTO delivery_attempt (delivery_id, at, took_ms, outcome, code) VALUES (:id, :now, 0, 'never', :code)"
)


def take_report(app: Flask, session: Session, report: Report, *, now: datetime) -> str:
    """Act on a report in the present transaction; return what was done: ``failed``, ``delivered`` or ``nothing``.

    The same report again does nothing.
    """
    params = {"id": report.delivery_id, "since": now - KNOWN_FOR}
    if report.action == "delivered":
        return "delivered" if session.scalar(_ARRIVED, params | {"now": now}) else "nothing"
    if report.action != "failed":
        return "nothing"  # delayed is not failed: the server goes on trying
    row = session.execute(_END, params | {"code": BOUNCED}).one_or_none()
    if row is None:
        return "nothing"
    parcel = Parcel(*row)
    session.execute(_NOTE, {"id": parcel.id, "now": now, "code": f"{BOUNCED} {report.status}".strip()})
    if NOBODY_THERE.fullmatch(report.status):
        _close_address(app, session, parcel, now=now)
    go_on(app, session, parcel, BOUNCED, now=now)
    return "failed"


def _close_address(app: Flask, session: Session, parcel: Parcel, *, now: datetime) -> None:
    """Write to this address no more, until it is entered anew."""
    if parcel.report_id:
        drop_email(session, app.extensions["linli"].keyring, parcel.report_id, now=now)
    elif parcel.person_id:
        person = session.get(Person, parcel.person_id)
        if person is not None:
            person.email_bounced_at = now
    elif parcel.desk_id:
        desk = session.get(Desk, parcel.desk_id)
        if desk is not None:
            desk.email_bounced_at = now
            bump(session, "organisations")
    session.flush()
