"""What was uploaded by itself becomes part of the report or the message that names it, once."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from backend.intake.models import Photo, VoiceNote
from backend.kernel.problems import Refusal


class NoSuchPhoto(Refusal):
    """A photo of the report was not uploaded, or belongs to another report."""

    code, status = "no-such-photo", 422
    title = {"en": "A photo is missing", "zh": "缺少图片"}
    advice = {"en": "Upload it again, then send the report.", "zh": "请重新上传图片后再提交报告。"}


class NoSuchVoiceNote(Refusal):
    """A voice note of the report was not uploaded, or belongs to another report."""

    code, status = "no-such-voice-note", 422
    title = {"en": "A voice note is missing", "zh": "缺少语音"}
    advice = {"en": "Upload it again, then send the report.", "zh": "请重新上传语音后再提交报告。"}


@dataclass(frozen=True, slots=True)
class Uploads:
    """The photos and voice notes that a report or message names."""

    photo_ids: Sequence[UUID] = ()
    voice_ids: Sequence[UUID] = ()

    def __bool__(self) -> bool:
        return bool(self.photo_ids or self.voice_ids)


def attach(session: Session, uploads: Uploads, report_id: UUID, *, message_id: UUID | None = None) -> None:
    """Give a report what it names; no statement where it names nothing. Raises NoSuchPhoto, NoSuchVoiceNote."""
    kinds: tuple[tuple[type[Photo | VoiceNote], Sequence[UUID], type[Refusal]], ...] = (
        (Photo, uploads.photo_ids, NoSuchPhoto),
        (VoiceNote, uploads.voice_ids, NoSuchVoiceNote),
    )
    for model, ids, missing in kinds:
        if not ids:
            continue
        free = update(model).where(model.id.in_(ids), model.report_id.is_(None))
        found = session.execute(free.values(report_id=report_id, message_id=message_id))
        if found.rowcount != len(set(ids)):  # type: ignore[attr-defined]
            raise missing()
