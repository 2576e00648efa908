"""What a resident reads of their rights, the copy of all that is kept of a report, and the desk's list of requests."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from backend.dispatch.models import Delivery
from backend.incidents.models import Incident, Report
from backend.incidents.reading import opened
from backend.intake.models import Photo, VoiceNote
from backend.intake.thread import Mine
from backend.kernel.etags import etag_of
from backend.kernel.languages import pick, say
from backend.kernel.pages import decode_cursor, encode_cursor, moment
from backend.kernel.sealed import Keyring, seals_of
from backend.organisations.directory import DIRECTORY
from backend.policy.models import StoredDecision
from backend.rights.models import Erasure, RightsRequest
from backend.rights.requests import matter_of
from backend.rights.rules import BY_STAFF, STAYS, WAITING, Asked, Keeping, Part, bars_to_erasing, moves_of

SEALED = ("asked", "corrected", "answer")
PLAIN = ("id", "kind", "state", "opened_at", "due_at", "answered_at", "reason")
IN_THE_OPEN = (
    "id", "kind", "category", "voice", "channel", "language", "anonymous", "danger_now", "lat", "lon", "accuracy_m",
    "located_at", "happened_at", "received_at", "withdrawn_at", "erased_at", "suggestion",
)  # fmt: skip
SEALED_OF_REPORT = ("text", "landmark", "contact", "safe_contact", "push")


def rights_of(session: Session, mine: Mine, keeping: Mapping[Part, Keeping], language: str) -> dict[str, Any]:
    """What is kept and until when, whether it can be erased at once, and what was asked and answered."""
    incident = session.get_one(Incident, mine.report.incident_id)
    bars = bars_to_erasing(matter_of(session, mine.report, incident))
    return {
        "erased_at": mine.report.erased_at,
        "kept": _kept(session, mine.report, incident, keeping, language),
        "erasing": {
            "at_once": not bars, "because": [_said("rights.bar", bar, language) for bar in bars],
            "stays": [_said("rights.stays", name, language) for name in STAYS],
        },
        "requests": _requests(session, mine, language),
    }  # fmt: skip


def _said(kind: str, code: str, language: str) -> dict[str, str]:
    return {"code": code, "words": say(f"{kind}.{code}", language)}


def _kept(
    session: Session, report: Report, incident: Incident, keeping: Mapping[Part, Keeping], language: str
) -> list[dict[str, Any]]:
    of_incident = (Erasure.incident_id == incident.id) & Erasure.report_id.is_(None)
    found = session.scalars(select(Erasure.parts).where((Erasure.report_id == report.id) | of_incident))
    gone = {part for parts in found for part in parts}
    closed = incident.closed_at
    return [
        _said("rights.kept", part, language)
        | {
            "days": one.days_for(incident.category), "gone": part in gone,
            "until": closed + timedelta(days=one.days_for(incident.category)) if closed and part not in gone else None,
        }
        for part, one in keeping.items()
    ]  # fmt: skip


def _requests(session: Session, mine: Mine, language: str) -> list[dict[str, Any]]:
    query = select(RightsRequest).where(RightsRequest.report_id == mine.report.id)
    rows = session.scalars(query.order_by(RightsRequest.opened_at.desc(), RightsRequest.id)).all()
    return [
        said | {"allowed": [one.value for one in moves_of(Asked(row.state)) if one not in BY_STAFF]}
        for row, said in zip(rows, _opened(session, mine.ring, rows, language), strict=True)
    ]


def _opened(session: Session, ring: Keyring, rows: Sequence[RightsRequest], language: str) -> list[dict[str, Any]]:
    seals = seals_of(session, ring, [row.id for row in rows])
    return [
        {name: getattr(row, name) for name in PLAIN}
        | {name: opened(seals, row.id, name, getattr(row, name)) for name in SEALED}
        | {
            "state_words": say(f"rights.state.{row.state}", language),
            "reason_words": say(f"rights.reason.{row.reason}", language) if row.reason else None,
        }
        for row in rows
    ]


def copy_of(session: Session, mine: Mine, *, photos: Path) -> dict[str, Any]:
    """All that is kept of a report and was given by its resident, opened; pictures and voices in base64.

    What staff wrote is not in it: it may tell of others. It is asked for, and looked through by a person first (C56).
    """
    report = mine.report
    seals = seals_of(session, mine.ring, [report.id])
    own = {name: getattr(report, name) for name in IN_THE_OPEN}
    own |= {name: opened(seals, report.id, name, getattr(report, name)) for name in SEALED_OF_REPORT}
    feedback = dict(report.feedback or {})
    if sealed := feedback.get("text"):
        feedback["text"] = opened(seals, report.id, "feedback", bytes.fromhex(sealed))
    decided = session.scalars(
        select(StoredDecision).where(StoredDecision.incident_id == report.incident_id, StoredDecision.kind == "intake")
    )
    sent = session.scalars(select(Delivery).where(Delivery.report_id == report.id).order_by(Delivery.created_at))
    return {
        "report": own | {"feedback": feedback or None, "address_hash_kept": report.source is not None},
        "photos": _files(session, mine, Photo, "photo", photos),
        "voice_notes": _files(session, mine, VoiceNote, "voice", photos),
        "decisions": [
            {"at": one.at, "rules": one.policy_version, "inputs": one.inputs, "result": one.result, "trace": one.trace}
            for one in decided
        ],
        "deliveries": [
            {name: getattr(one, name) for name in ("channel", "state", "created_at", "seen_at")} for one in sent
        ],
    }


def _files(
    session: Session, mine: Mine, model: type[Photo | VoiceNote], name: str, folder: Path
) -> list[dict[str, Any]]:
    query = select(model).where(model.report_id == mine.report.id).order_by(model.uploaded_at)
    rows: Sequence[Photo | VoiceNote] = session.scalars(query).all()  # type: ignore[assignment]
    seals = seals_of(session, mine.ring, [row.id for row in rows])
    found = []
    for row in rows:
        path = folder / f"{row.id}.sealed"
        raw = seals[row.id].open_bytes(name, path.read_bytes()) if row.id in seals and path.exists() else b""
        found.append({"id": row.id, "uploaded_at": row.uploaded_at, "base64": base64.b64encode(raw).decode() or None})
    return found


def list_requests(
    session: Session, ring: Keyring, *, waiting: bool, cursor: str | None, limit: int, language: str, now: datetime
) -> dict[str, Any]:
    """A page of the requests that the reader may see: those that wait by what is due first, or all, the latest first."""
    due = (RightsRequest.due_at, RightsRequest.id)
    late = (RightsRequest.opened_at.desc(), RightsRequest.id.desc())
    query = select(RightsRequest)
    after = decode_cursor(cursor, 2, (moment, UUID))
    if waiting:
        query = query.where(RightsRequest.state.in_(WAITING))
        query = query.where(tuple_(*due) > tuple(after)) if after else query
    elif after:
        query = query.where(tuple_(RightsRequest.opened_at, RightsRequest.id) < tuple(after))
    rows = session.scalars(query.order_by(*(due if waiting else late)).limit(limit + 1)).all()
    page = rows[:limit]
    key = (page[-1].due_at if waiting else page[-1].opened_at, page[-1].id) if len(rows) > limit else None
    return {
        "items": [shown_to_desk(session, ring, row, language=language, now=now, words=False) for row in page],
        "next_cursor": encode_cursor(key) if key else None,
    }


def shown_to_desk(
    session: Session, ring: Keyring, row: RightsRequest, *, language: str, now: datetime, words: bool = True
) -> dict[str, Any]:
    """A request as the desk reads it; in the list without the resident's words, which are read one by one."""
    (said,) = _opened(session, ring, [row], language)
    if not words:
        said |= dict.fromkeys(SEALED)
    label = DIRECTORY.get(session).label(row.org_id, row.desk_id)
    number = session.scalar(select(Incident.number).where(Incident.id == row.incident_id))
    return said | {
        "incident_id": row.incident_id, "number": number, "desk": pick(label, language), "etag": etag_of(row),
        "is_late": row.state in WAITING and row.due_at <= now,
        "allowed": [one.value for one in moves_of(Asked(row.state)) if one in BY_STAFF],
    }  # fmt: skip
