"""Who looked at an incident, for what purpose and when (INV-7): declared on the route, written in one place.

A route that shows words or pictures of people is marked ``@audited(...)``. Its answer is given only when the entry is
committed. Entries lie in a stream of their own, ``reads:<incident>``, so that whoever reads neither waits for those who
work on the incident nor changes its version, and nothing of it reaches timelines, the live stream or webhooks.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from flask import request
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from backend.kernel.database import act_as, db
from backend.kernel.journal import Fact, reads_stream, record
from backend.kernel.problems import Invalid, NotFound
from backend.trust.access import Me, me, now

P = ParamSpec("P")
R = TypeVar("R")
# The same person, looking at the same for the same purpose again within this time, makes no second entry.
FOLDED = timedelta(minutes=5)
# Beyond so many newer entries one is not looked for: then there are two, which says nothing wrong.
LOOKED_THROUGH = 200
# What a reader may say; without it, how the system knows them to be concerned is taken as the purpose.
PURPOSES = ("handling", "second_opinion", "supervision", "review", "complaint", "rights_request", "exercise")
HEADER = "Linli-Purpose"
PARAMETERS = [
    {
        "name": name, "in": place, "required": False, "schema": {"type": "string", "enum": list(PURPOSES)},
        "description": "why it is read, for the audit; without it, how the reader is concerned",
    }
    for name, place in (("purpose", "query"), (HEADER, "header"))
]  # fmt: skip
_TRIAGE, _SUPERVISORS = frozenset({"triage", "coordinator"}), frozenset({"supervisor", "duty_officer"})

# Where the incident of a route's argument is found.
_WHICH = {
    "incident_id": "SELECT i.id FROM incident i WHERE i.id = :what",
    "voice_id": "SELECT r.incident_id AS id FROM voice_note v JOIN report r ON r.id = v.report_id WHERE v.id = :what",
    "listing_id": "SELECT r.incident_id AS id FROM aid_listing l JOIN report r ON r.id = l.report_id WHERE l.id = :what",
    "request_id": "SELECT q.incident_id AS id FROM rights_request q WHERE q.id = :what",
    "photo_id": "SELECT r.incident_id AS id FROM photo p JOIN report r ON r.id = p.report_id WHERE p.id = :what",
}
_CONCERNED = """
WITH which AS ({which})
SELECT w.id,
  i.owner_person_id = :person OR i.owner_org_id = ANY(:orgs) AS is_owner,
  EXISTS (SELECT FROM offer o WHERE o.incident_id = w.id AND o.state IN ('proposed', 'seen', 'accepted', 'arrived')
          AND (o.person_id = :person OR o.person_id IS NULL AND o.org_id = ANY(:orgs)))
  OR EXISTS (SELECT FROM handover h WHERE h.incident_id = w.id AND h.state = 'proposed' AND h.to_org_id = ANY(:orgs))
  AS is_asked
FROM which w JOIN incident i ON i.id = w.id
"""
_CONCERNED_BY = {name: text(_CONCERNED.format(which=which)) for name, which in _WHICH.items()}
_FOLDED = text(
    "SELECT EXISTS (SELECT FROM (SELECT at, actor, payload FROM event WHERE stream = :stream"
    " ORDER BY stream_seq DESC LIMIT :most) e WHERE at > :since AND actor = :actor AND payload = :payload)"
).bindparams(bindparam("payload", type_=JSONB))
_LOOKS = text(
    "SELECT at, payload FROM event WHERE stream = ANY(:streams) AND at >= :since AND type = 'IncidentRead'"
    " ORDER BY at DESC LIMIT :most"
)
# The stream has no row of its own to lock; the statement that follows sees what was written meanwhile.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:stream, 0))")


def audited(of: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a view, below ``requires``, whose answer shows an incident; ``of`` names the argument that tells which."""
    if of not in _WHICH:
        raise ValueError(f"no incident is found by {of}")

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def marked(*args: P.args, **kwargs: P.kwargs) -> R:
            purpose = stated_purpose()
            answer = view(*args, **kwargs)
            if getattr(answer, "status_code", 200) != 303:  # an act that went well shows nothing, it leads back
                session = db.session()
                act_as(session, me().actor)  # the view may have ended its transaction
                note_read(session, me(), of, kwargs[of], purpose=purpose, now=now())  # type: ignore[arg-type]
                session.commit()
            return answer

        marked.audited = of  # type: ignore[attr-defined]
        return marked

    return mark


def stated_purpose() -> str | None:
    """What the caller says that it is for. Raises Invalid for a purpose that there is not."""
    given = request.args.get("purpose") or request.headers.get(HEADER)
    if given and given not in PURPOSES:
        raise Invalid({"purpose": [f"Must be one of: {', '.join(PURPOSES)}."]})
    return given or None


def note_read(
    session: Session,
    reader: Me,
    of: str,
    what: UUID,
    *,
    purpose: str | None,
    now: datetime,
    relation: str | None = None,
) -> None:
    """Write that ``reader`` saw the incident to which ``what`` belongs, once in five minutes; the caller commits.

    ``relation``: how the reader is concerned, where the caller knows. Raises NotFound: what cannot be noted is not shown.
    """
    asked = {"what": what, "person": reader.person_id, "orgs": list(reader.organisation_ids)}
    row = session.execute(_CONCERNED_BY[of], asked).one_or_none()
    if row is None:
        raise NotFound()
    is_opened = row.id in reader.opened_ids
    if relation is None:
        relation = "opened" if is_opened else relation_of(reader, is_owner=row.is_owner, is_asked=row.is_asked)
    payload: dict[str, Any] = {of: str(what), "relation": relation, "purpose": purpose or relation}
    stream = reads_stream(row.id)
    again = {"stream": stream, "most": LOOKED_THROUGH, "since": now - FOLDED, "actor": str(reader.actor)}
    if not session.scalar(_FOLDED, again | {"payload": payload}):
        session.execute(_ONE_AT_A_TIME, {"stream": stream})
        record(session, stream, [Fact("IncidentRead", payload)], now=now)


@dataclass(frozen=True, slots=True)
class Look:
    """That somebody looked: when, how they were concerned, for what purpose, and whether at a photo. Never who."""

    at: datetime
    relation: str
    purpose: str
    of_photo: bool


def looks_at(session: Session, incident_ids: Iterable[UUID], *, since: datetime, most: int = 50) -> list[Look]:
    """Who looked at any of the incidents since then, the latest first."""
    streams = [reads_stream(incident_id) for incident_id in incident_ids]
    rows = session.execute(_LOOKS, {"streams": streams, "since": since, "most": most})
    return [Look(row.at, row.payload["relation"], row.payload["purpose"], "photo_id" in row.payload) for row in rows]


def relation_of(reader: Me, *, is_owner: bool, is_asked: bool) -> str:
    """How the reader is concerned; ``unstated`` for one whose right to look is all that is known."""
    if is_owner:
        return "owner"
    if is_asked:
        return "offeree"
    if reader.roles & _TRIAGE:
        return "triage"
    return "supervisor" if reader.roles & _SUPERVISORS else "unstated"


def audit_of(view: Any) -> str | None:
    """The mark of a view, for the guard test and the table of permissions."""
    found = getattr(view, "audited", None)
    return found if isinstance(found, str) else None
