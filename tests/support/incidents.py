"""Incidents for tests: opened with an owner, and optionally reported by somebody, in one statement each."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from backend.incidents.models import Incident, Report
from backend.incidents.opening import Opening, Spot, opening_rows, table_of
from backend.incidents.states import State
from backend.kernel.database import insert_all
from backend.kernel.ids import new_id
from backend.kernel.sealed import Keyring, Seal, record_key_table
from backend.organisations.directory import TOP_DESK_ID, TOP_ORGANISATION_ID, Owner

TOP = Owner(TOP_ORGANISATION_ID, TOP_DESK_ID, None)


def open_incident(
    session: Session,
    now: datetime,
    *,
    grade: int = 3,
    category: str | None = "CN01",
    owner: Owner = TOP,
    spot: Spot | None = None,
    clocks_s: Mapping[str, float] | None = None,
    safe_mode: bool = False,
    exercise_id: UUID | None = None,
) -> UUID:
    """An incident with its owner from the first second on; not committed."""
    opening = Opening(
        incident_id=new_id(),
        kind="concern",
        category=category,
        grade=grade,
        compartment="incident",
        spot=spot or Spot(),
        owner=owner,
        state=State.RECEIVED,
        clocks_s=clocks_s or {},
        goals=(),
        rule="test",
        diverted=False,
        safe_mode=safe_mode,
        words=(),
    )
    rows = opening_rows(opening, by_actor="test", now=now)
    rows[table_of(Incident)][0]["exercise_id"] = exercise_id
    insert_all(session, rows)
    return opening.incident_id


def add_report(
    session: Session,
    ring: Keyring,
    now: datetime,
    *,
    incident_id: UUID,
    contact: Mapping[str, Any] | None = None,
    safe_contact: Mapping[str, Any] | None = None,
    language: str = "en",
) -> UUID:
    """A report of an incident, with the reporter's contact sealed under its key; not committed."""
    report_id = new_id()
    seal = Seal.fresh(report_id)
    row = {
        "id": report_id,
        "client_id": new_id(),
        "incident_id": incident_id,
        "kind": "concern",
        "voice": "self",
        "channel": "page",
        "language": language,
        "anonymous": contact is None,
        "danger_now": False,
        "received_at": now,
        "contact": seal.close("contact", contact and dict(contact)),
        "safe_contact": seal.close("safe_contact", safe_contact and dict(safe_contact)),
        "receipt_hash": report_id.bytes,
        "request_hash": b"",
        "acknowledgement": {},
        "suggestion": {},
    }
    insert_all(session, {table_of(Report): [row], record_key_table(): [seal.row(ring, now)]})
    return report_id
