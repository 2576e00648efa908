"""Erasing: keys first, then columns, in the transaction that says so; files and the list outside follow from its row.

What is sealed under a key of its own is gone with the key, in every copy of the database too. A report has one key for
all its fields; while some of them stay, they are sealed anew under a fresh key and the old one goes.

The list outside the database (``erasures.log`` in the data folder) is what keeps erased people erased when an older
backup is restored: whatever it names and the database does not know is erased again (``catch_up``).
"""

import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from backend.incidents.models import Incident, Report
from backend.intake.models import Photo, VoiceNote
from backend.intake.photos import discard
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.sealed import Keyring, RecordKey, Seal, Unreadable, seals_of
from backend.kernel.sweeps import one_by_one
from backend.rights.models import Erasure
from backend.rights.rules import OF_RESIDENT, Part, wholly_gone

LIST_NAME = "erasures.log"
# Columns of a report that its key seals, by the part that they belong to.
SEALED = {
    "text": Part.WORDS,
    "landmark": Part.WORDS,
    "contact": Part.CONTACT,
    "safe_contact": Part.CONTACT,
    "push": Part.CONTACT,
}
_POSITION = ("lat", "lon", "accuracy_m", "located_at")

_MESSAGES = text(
    "UPDATE thread_message SET body = NULL WHERE report_id = ANY(:reports) AND body IS NOT NULL RETURNING id"
)
_OTHER_SIDE = text(
    "DELETE FROM aid_message WHERE (match_id, side) IN (SELECT id, 'request' FROM aid_match WHERE request_report_id ="
    " ANY(:reports) UNION SELECT id, 'offer' FROM aid_match WHERE offer_report_id = ANY(:reports)) RETURNING id"
)
_CELLS = text(
    "UPDATE aid_listing SET cell = 0, wide_cell = 0, ended_at = coalesce(ended_at, :now),"
    " ended_why = coalesce(ended_why, 'over') WHERE report_id = ANY(:reports)"
)
_DISTANCES = text("UPDATE offer SET distance_m = NULL WHERE incident_id = :incident")
_REFERENCES = text("UPDATE diversion SET external_ref = NULL WHERE report_id = ANY(:reports)")
_CODES = text("DELETE FROM safe_code WHERE report_id = ANY(:reports)")
# What staff wrote, each under a key of its own; the rows stay as the record of what was done, and cannot be opened.
_STAFF = text(
    " UNION ".join(
        f"SELECT id FROM {table} WHERE incident_id = :incident"  # noqa: S608 - names of ours
        for table in (
            "note",
            "goal",
            "handover",
            "triage",
            "task",
            "dispute",
            "broken_glass",
            "rights_request",
            "share",
        )
    )
)
_OWN_GOALS = text("UPDATE goal SET text = '{}' WHERE incident_id = :incident AND key LIKE 'own:%'")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to go: parts of one report, or (``report_id`` None) of a whole incident."""

    incident_id: UUID
    report_id: UUID | None
    parts: tuple[Part, ...]
    why: str


def erase(session: Session, wanted: Wanted, *, ring: Keyring, now: datetime, erasure_id: UUID | None = None) -> Erasure:
    """Erase at once; the caller commits, and a sweep removes the files and tells the list outside. Repeating is safe."""
    incident = session.get_one(Incident, wanted.incident_id, with_for_update=True, populate_existing=True)
    every = session.scalars(select(Report).where(Report.incident_id == incident.id).with_for_update()).all()
    chosen = [one for one in every if wanted.report_id in {None, one.id}]
    files = _pictures(session, chosen) if Part.PICTURES in wanted.parts else []
    if Part.WORDS in wanted.parts:
        _words(session, incident, chosen)
    if Part.POSITION in wanted.parts:
        _position(session, incident, chosen, every, now=now)
    if Part.CONTACT in wanted.parts:
        session.execute(_CODES, {"reports": [one.id for one in chosen]})
    if Part.STAFF in wanted.parts:
        _drop_keys(session, session.scalars(_STAFF, {"incident": incident.id}))
        session.execute(_OWN_GOALS, {"incident": incident.id})
    _fields(session, chosen, wanted.parts, ring=ring, now=now)
    return _noted(session, wanted, files, now=now, erasure_id=erasure_id)


def _noted(
    session: Session, wanted: Wanted, files: Sequence[UUID], *, now: datetime, erasure_id: UUID | None
) -> Erasure:
    found = Erasure(
        id=erasure_id or new_id(), incident_id=wanted.incident_id, report_id=wanted.report_id,
        parts=[one.value for one in wanted.parts], files=list(files), why=wanted.why, at=now,
    )  # fmt: skip
    session.add(found)
    said = {"erasure_id": found.id, "report_id": found.report_id, "parts": found.parts, "why": found.why}
    record(session, incident_stream(wanted.incident_id), [Fact("PartsErased", said)], now=now)
    session.flush()
    return found


def _pictures(session: Session, reports: Sequence[Report]) -> list[UUID]:
    gone: list[UUID] = []
    for model in (Photo, VoiceNote):
        found = delete(model).where(model.report_id.in_([one.id for one in reports])).returning(model.id)
        gone += session.scalars(found).all()
    _drop_keys(session, gone)
    return gone


def _words(session: Session, incident: Incident, reports: Sequence[Report]) -> None:
    named = {"reports": [one.id for one in reports]}
    for statement in (_MESSAGES, _OTHER_SIDE):
        _drop_keys(session, session.scalars(statement, named).all())
    session.execute(_REFERENCES, named)
    incident.words = []  # hashes of all that was said; whose they are can no longer be told apart
    for one in reports:
        one.suggestion, one.request_hash = {}, b""
        if one.feedback:
            one.feedback = {name: value for name, value in one.feedback.items() if name != "text"}


def _position(
    session: Session, incident: Incident, reports: Sequence[Report], every: Sequence[Report], *, now: datetime
) -> None:
    for one in reports:
        for name in _POSITION:
            setattr(one, name, None)
    session.execute(_CELLS, {"reports": [one.id for one in reports], "now": now})
    session.execute(_DISTANCES, {"incident": incident.id})
    left = next((one for one in every if one.lat is not None), None)
    # The incident lies where those who remain saw it; where nobody does, only its areas are known.
    incident.lat, incident.lon = (left.lat, left.lon) if left else (None, None)
    incident.accuracy_m, incident.cell = (left.accuracy_m, incident.cell) if left else (None, None)


def _fields(
    session: Session, reports: Sequence[Report], parts: Collection[Part], *, ring: Keyring, now: datetime
) -> None:
    """Columns of the reports themselves, and their keys: gone, or made anew for what stays."""
    if not set(OF_RESIDENT) & set(parts):
        return
    seals = seals_of(session, ring, [one.id for one in reports])
    for one in reports:
        if Part.CONTACT in parts:
            one.reach, one.chat_hash, one.source = [], None, None
        stay = {name: getattr(one, name) for name, part in SEALED.items() if part not in parts}
        for name in SEALED.keys() - stay.keys():
            setattr(one, name, None)
        _reseal(session, one, stay, seals.get(one.id), ring=ring, now=now)
        if wholly_gone({*parts, *_gone_before(session, one)}) and not any(stay.values()):
            _drop_keys(session, [one.id])
            one.erased_at = one.erased_at or now


def _gone_before(session: Session, report: Report) -> list[Part]:
    """What was erased of a report before, alone or with its incident."""
    of_incident = (Erasure.incident_id == report.incident_id) & Erasure.report_id.is_(None)
    found = session.scalars(select(Erasure.parts).where((Erasure.report_id == report.id) | of_incident))
    return [Part(part) for parts in found for part in parts]


def _reseal(
    session: Session,
    report: Report,
    stay: Mapping[str, bytes | None],
    old: Seal | None,
    *,
    ring: Keyring,
    now: datetime,
) -> None:
    """Seal what stays under a fresh key, so that the old one opens nothing any more, wherever a copy lies."""
    if old is None:
        return
    fresh = Seal.fresh(report.id)
    for name, value in stay.items():
        setattr(report, name, _moved(old, fresh, name, value))
    if report.feedback and (kept := report.feedback.get("text")):
        moved = _moved(old, fresh, "feedback", bytes.fromhex(kept))
        report.feedback = report.feedback | {"text": moved.hex() if moved else None}
    row = session.get(RecordKey, report.id, with_for_update=True)
    if row is not None:
        for name, value in fresh.row(ring, now).items():
            setattr(row, name, value)


def _moved(old: Seal, fresh: Seal, name: str, value: bytes | None) -> bytes | None:
    if value is None:
        return None
    try:
        return fresh.close_bytes(name, old.open_bytes(name, value))
    except Unreadable:
        return None  # it could not be read before either


def _drop_keys(session: Session, record_ids: Iterable[UUID]) -> None:
    session.flush()
    session.execute(delete(RecordKey).where(RecordKey.record_id.in_(list(record_ids))))


def carry_out(session: Session, *, data: Path, now: datetime) -> int:
    """Remove the files of what was erased, and write it on the list outside the database. The caller commits."""
    query = select(Erasure).where(Erasure.carried_at.is_(None)).order_by(Erasure.at).limit(500)
    waiting = session.scalars(query.with_for_update(skip_locked=True)).all()

    def carry(one: Erasure) -> None:
        for name in one.files:
            discard(data / "photos", name)
        _append(data / LIST_NAME, one)
        one.carried_at = now

    return one_by_one(session, waiting, carry, what="erasures", put_off=lambda _: None)


def _append(path: Path, one: Erasure) -> None:
    line = json.dumps(
        {
            "id": str(one.id), "incident_id": str(one.incident_id), "parts": one.parts, "why": one.why,
            "report_id": str(one.report_id) if one.report_id else None, "at": one.at.isoformat(),
        }
    )  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


def listed(path: Path) -> list[dict[str, Any]]:
    """What the list outside the database names; nothing where there is none. Its last line may have been cut off."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def catch_up(session: Session, entries: Sequence[Mapping[str, Any]], *, ring: Keyring, now: datetime) -> int:
    """Erase again what the list names and this database, restored from an older backup, does not know. How many."""
    named = {UUID(one["id"]): one for one in entries}
    known = set(session.scalars(select(Erasure.id).where(Erasure.id.in_(named))))
    there = set(
        session.scalars(
            select(Incident.id).where(Incident.id.in_([UUID(one["incident_id"]) for one in named.values()]))
        )
    )
    done = 0
    for erasure_id, one in named.items():
        incident_id = UUID(one["incident_id"])
        if erasure_id in known or incident_id not in there:
            continue
        report_id = UUID(one["report_id"]) if one["report_id"] else None
        if report_id and (report := session.get(Report, report_id)):
            incident_id = report.incident_id  # it may have been merged since
        wanted = Wanted(incident_id, report_id, tuple(Part(part) for part in one["parts"]), one["why"])
        erase(session, wanted, ring=ring, now=now, erasure_id=erasure_id)
        done += 1
    return done
