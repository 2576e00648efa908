"""The audit as a list: entries of those incidents that its reader may see, and the reader's own.

An entry about the audit itself is shown to whoever made it, to those of the same bodies, and to those who work everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from backend.kernel.journal import Fact, record
from backend.kernel.pages import decode_cursor, encode_cursor, moment, number

FOLDED = timedelta(minutes=5)
CSV_MOST = 10_000
PERSON = "person:"

# The incident is row security's to show: an entry about one out of sight is out of sight.
_LIST = """
SELECT e.seq, e.at, e.type, e.actor, e.payload, i.id AS incident_id, i.number
FROM event e LEFT JOIN incident i ON e.type = 'IncidentRead' AND e.stream LIKE 'reads:%' AND i.id = CASE
  WHEN e.type = 'IncidentRead' THEN CAST(substr(e.stream, 7) AS uuid) END
WHERE e.type IN ('IncidentRead', 'AuditRead') AND {where}
  AND (i.id IS NOT NULL OR e.actor = :self OR (e.type = 'AuditRead' AND (:everywhere OR EXISTS (
    SELECT FROM role_assignment r WHERE r.org_id = ANY(:bodies) AND e.actor = 'person:' || r.person_id))))
ORDER BY e.at DESC, e.seq DESC LIMIT :limit
"""
_WHERE: Mapping[str, str] = {
    "person": "e.actor = :person",
    "incident": "e.stream = :incident",
    "purpose": "e.payload->>'purpose' = :purpose",
    "since": "e.at >= :since",
    "until": "e.at < :until",
    "after": "(e.at, e.seq) < (:after_at, :after_seq)",
}
_FOLDED = text(
    "SELECT EXISTS (SELECT FROM event WHERE stream = :stream AND at > :since AND payload = :payload)"
).bindparams(bindparam("payload", type_=JSONB))
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:stream, 0))")
_NUMBERED = text("SELECT id FROM incident WHERE number = :number")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to."""

    person: UUID | None = None
    incident: UUID | None = None
    purpose: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def said(self) -> dict[str, Any]:
        """Those that are set, as ids, codes and times."""
        found = {name: getattr(self, name) for name in ("person", "incident", "purpose", "since", "until")}
        return {name: str(value) for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Asker:
    """Who reads the audit, for which bodies, and whether everywhere."""

    person_id: UUID
    bodies: tuple[UUID, ...] = ()
    everywhere: bool = False


def looks(
    session: Session, filters: Filters, asker: Asker, *, cursor: str | None = None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of entries, the latest first, and the cursor of the next one."""
    after = decode_cursor(cursor, 2, (moment, number))
    given: dict[str, Any] = {"self": f"{PERSON}{asker.person_id}", "everywhere": asker.everywhere, "limit": limit + 1}
    given["bodies"] = list(asker.bodies)
    wanted = dict(filters.said)
    if filters.person:
        given["person"] = f"{PERSON}{filters.person}"
    if filters.incident:
        given["incident"] = f"reads:{filters.incident}"
    given |= {name: getattr(filters, name) for name in ("purpose", "since", "until") if name in wanted}
    if after:
        wanted["after"] = ""
        given |= {"after_at": after[0], "after_seq": after[1]}
    where = " AND ".join(_WHERE[name] for name in wanted) or "true"
    rows = session.execute(text(_LIST.format(where=where)), given).all()
    page = rows[:limit]
    following = encode_cursor((page[-1].at, page[-1].seq)) if len(rows) > limit else None
    return [_said(row) for row in page], following


def _said(row: Any) -> dict[str, Any]:
    person = row.actor.removeprefix(PERSON) if row.actor.startswith(PERSON) else None
    return {
        "at": row.at, "person_id": UUID(person) if person else None, "what": _what(row), "incident_id": row.incident_id,
        "number": row.number, "relation": row.payload.get("relation"), "purpose": row.payload.get("purpose"),
        "filters": row.payload.get("filters") or {},
    }  # fmt: skip


def _what(row: Any) -> str:
    if row.type == "AuditRead":
        return "audit"
    return next((name for name in ("photo", "voice") if f"{name}_id" in row.payload), "incident")


def incident_of_number(session: Session, wanted: int) -> UUID | None:
    """The incident of a number, if the reader may see it."""
    found: UUID | None = session.scalar(_NUMBERED, {"number": wanted})
    return found


def note_audit_read(session: Session, person_id: UUID, filters: Filters, *, form: str, now: datetime) -> None:
    """Write that somebody read the audit, once in five minutes for the same filters."""
    stream = f"audit:{person_id}"
    payload = {"form": form, "filters": filters.said}
    session.execute(_ONE_AT_A_TIME, {"stream": stream})
    if not session.scalar(_FOLDED, {"stream": stream, "since": now - FOLDED, "payload": payload}):
        record(session, stream, [Fact("AuditRead", payload)], now=now)
