"""Voice notes: taken as they are after a look at what they are, sealed in a file named by a random id.

Nobody turns them into words by machine: people who may see the report listen (C58).
"""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.incidents.models import Report
from backend.intake.models import VoiceNote
from backend.intake.photos import write_sealed
from backend.kernel.ids import new_id
from backend.kernel.problems import NotFound, Refusal
from backend.kernel.sealed import Keyring, RecordKey, Seal, seal_of

BYTES_MOST = 2_000_000
MEDIA_TYPE = "audio/ogg"
# An Ogg page (RFC 3533): its mark, 22 bytes on the number of segments, their lengths, then the first packet, which of
# Opus begins so (RFC 7845).
PAGE, SEGMENTS_AT, FIRST_PACKET = b"OggS", 26, b"OpusHead"


class NotAVoiceNote(Refusal):
    """The file is no voice note that a browser can play."""

    code, status = "not-a-voice-note", 422
    title = {"en": "This file is not a voice note that we can play", "zh": "无法播放此语音文件"}
    advice = {"en": "Send Opus in Ogg, as phones record it, or write.", "zh": "请发送Ogg格式的Opus语音，或改用文字。"}


class VoiceNoteTooLarge(Refusal):
    """The voice note is longer than several minutes."""

    code, status = "voice-note-too-large", 413
    title = {"en": "This voice note is too long", "zh": "语音过长"}
    advice = {
        "en": "Send it in parts of at most 2 MB, about five minutes.",
        "zh": "请分段发送，每段不超过2MB（约五分钟）。",
    }


def check_voice(raw: bytes) -> None:
    """Whether it is Opus in Ogg by its first bytes. Raises NotAVoiceNote, VoiceNoteTooLarge."""
    if len(raw) > BYTES_MOST:
        raise VoiceNoteTooLarge()
    if not raw.startswith(PAGE) or len(raw) <= SEGMENTS_AT:
        raise NotAVoiceNote()
    packet_at = SEGMENTS_AT + 1 + raw[SEGMENTS_AT]
    if raw[packet_at : packet_at + len(FIRST_PACKET)] != FIRST_PACKET:
        raise NotAVoiceNote()


def keep_voice(session: Session, raw: bytes, *, folder: Path, ring: Keyring, now: datetime) -> UUID:
    """Store a voice note, sealed under its own key, and return its id. The file is safe on disk before the row."""
    check_voice(raw)
    seal = Seal.fresh(new_id())
    write_sealed(folder, seal.record_id, seal.close_bytes("voice", raw))
    session.add(RecordKey(**seal.row(ring, now)))
    session.add(VoiceNote(id=seal.record_id, size_bytes=len(raw), uploaded_at=now))
    return seal.record_id


def voice_notes_of(session: Session, incident_id: UUID) -> list[dict[str, Any]]:
    """The voice notes of an incident's reports, to be fetched one by one."""
    query = (
        select(VoiceNote.id, VoiceNote.report_id, VoiceNote.message_id, VoiceNote.uploaded_at)
        .join(Report, Report.id == VoiceNote.report_id)
        .where(Report.incident_id == incident_id)
        .order_by(VoiceNote.uploaded_at)
    )
    return [dict(row._mapping) for row in session.execute(query)]


def read_voice(session: Session, voice_id: UUID, *, folder: Path, ring: Keyring) -> bytes:
    """A voice note that the listener may hear. Raises NotFound."""
    path = folder / f"{voice_id}.sealed"
    if session.get(VoiceNote, voice_id) is None or not path.exists():
        raise NotFound()
    return seal_of(session, ring, voice_id).open_bytes("voice", path.read_bytes())
