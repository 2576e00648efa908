"""Receiving a report: located, graded, routed, owned, offered and told in one transaction (design section 1).

Nothing of routing is deferred. What it needs to know of the world lies in memory by version (areas, rules,
directory) or costs one statement (who is on duty, what was reported nearby); everything that follows is written by
three, and each is sent while the next is made (docs/adr/0008-sent-ahead.md).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.incidents.models import Report
from backend.intake.attaching import Uploads, attach
from backend.intake.following import open_incident, other_rows, report_rows
from backend.intake.receipts import receipt_for
from backend.intake.sighting import look
from backend.kernel.database import RESIDENT, act_as, insert_ahead
from backend.kernel.problems import Refusal
from backend.kernel.sealed import Keyring
from backend.settings import Settings


class ReusedClientId(Refusal):
    """Another report was sent with this ``client_id``; what is in this one would be lost if it were taken as a repeat."""

    code, status = "client-id-reused", 409
    title = {"en": "This client_id belongs to another report", "zh": "此client_id已用于另一份报告"}
    advice = {
        "en": "Send it again with a fresh client_id. Nothing of this call was stored.",
        "zh": "请使用新的client_id重新发送。本次内容未保存。",
    }


class BehaviourFirst(Refusal):
    """A report about who somebody is, with no act, time or place (R21): other help is offered, nothing is stored."""

    code, status = "behaviour-first", 422
    title = {"en": "Please say what is happening", "zh": "请说明正在发生的事情"}
    advice = {
        "en": "We act on what somebody does, not on how they look. What did you see or hear, when and where?"
        " If you are in danger, call the emergency number. If you are worried, we can talk.",
        "zh": "我们依据行为而非外貌采取行动。您看到或听到了什么？何时何地？如有危险，请拨打应急电话；如果担心，可以与我们交谈。",
    }


@dataclass(frozen=True, slots=True)
class Received:
    """The answer to a report. ``fresh`` is False for a repeated call."""

    body: dict[str, Any]
    fresh: bool


def request_digest(sent: Mapping[str, Any], ring: Keyring) -> bytes:
    """A digest of what was sent, to tell a repeated call from another report under the same id.

    Keyed, because a report may hold little but an address, which could be tried out against a plain hash.
    """
    return ring.digest("report", orjson.dumps(sent, option=orjson.OPT_SORT_KEYS, default=str))


def _former_digests(sent: Mapping[str, Any], ring: Keyring) -> set[bytes]:
    """The same as it was noted at first, and before digests had a key."""
    written = json.dumps(sent, sort_keys=True, default=str).encode()
    return {ring.digest("report", written), hashlib.sha256(written).digest()}


def receive(
    session: Session, sent: Mapping[str, Any], *, settings: Settings, ring: Keyring, now: datetime, waits: bool = True
) -> Received:
    """Take a report, or answer a repeated one with the same words. Raises ReusedClientId, BehaviourFirst.

    The caller commits; without ``waits`` by ``commit_received``, which then tells a repeated one. At most ten
    statements, whatever follows from the report.
    """
    sighting = look(session, sent, settings=settings, ring=ring, now=now)
    if sighting.decision.refusal:
        raise BehaviourFirst(help=list(sighting.decision.offers))
    opened = open_incident(session, sighting, now=now)
    insert_ahead(session, opened.rows)
    reported = report_rows(session, opened, ring=ring, digest=request_digest(sent, ring), now=now)
    try:
        kept = insert_ahead(session, reported.rows)
        insert_ahead(session, other_rows(session, opened, reported, settings=settings, now=now))
        if waits:
            kept.read()
        attach(session, Uploads(sent["photo_ids"], sent.get("voice_ids", ())), opened.report_id)
    except IntegrityError as error:
        return _answered_before(session, sent, error, ring=ring)
    return Received(reported.acknowledgement | {"receipt": reported.receipt}, fresh=True)


def commit_received(session: Session, received: Received, sent: Mapping[str, Any], *, ring: Keyring) -> Received:
    """Commit a report together with whatever of it is still under way, or answer a repeated one. Raises ReusedClientId."""
    try:
        session.commit()
    except IntegrityError as error:
        return _answered_before(session, sent, error, ring=ring)
    return received


def _answered_before(session: Session, sent: Mapping[str, Any], error: IntegrityError, *, ring: Keyring) -> Received:
    if "uq_report_client_id" not in str(error.orig):
        raise error
    session.rollback()
    act_as(session, RESIDENT)
    return repeated(session, sent, ring=ring)


def repeated(session: Session, sent: Mapping[str, Any], *, ring: Keyring) -> Received:
    """The answer that the first call with this ``client_id`` got. Raises ReusedClientId when it was another report."""
    row = session.execute(
        select(Report.acknowledgement, Report.request_hash).where(Report.client_id == sent["client_id"])
    ).one()
    noted = bytes(row.request_hash)
    if noted != request_digest(sent, ring) and noted not in _former_digests(sent, ring):
        raise ReusedClientId()
    return Received(answer(row.acknowledgement, ring, sent["client_id"]), fresh=False)


def answer(acknowledgement: Mapping[str, Any], ring: Keyring, client_id: UUID) -> dict[str, Any]:
    """An acknowledgement with its receipt, which is made and never stored."""
    return {**acknowledgement, "receipt": receipt_for(ring, client_id)}
