"""Photos: checked by their content, made anew without metadata, sealed in a file named by a random id."""

import io
import os
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.incidents.models import Report
from backend.intake.models import Photo, VoiceNote
from backend.kernel.ids import new_id
from backend.kernel.problems import NotFound, Refusal
from backend.kernel.sealed import Keyring, RecordKey, Seal, seal_of

BYTES_MOST = 12_000_000
PIXELS_MOST = 50_000_000
SIDE_MOST = 2048
# A page that was offline sends its photos first and its report when it can; after a day it sends both again.
KEPT_UNATTACHED = timedelta(hours=24)
FORGOTTEN_AT_ONCE = 1000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


class NotAPhoto(Refusal):
    """The file is no picture that we can read."""

    code, status = "not-a-photo", 422
    title = {"en": "This file is not a photo that we can read", "zh": "无法识别此图片文件"}
    advice = {
        "en": "Send a JPEG, PNG, WebP or GIF. The report itself is not affected.",
        "zh": "请发送JPEG、PNG、WebP或GIF。报告本身不受影响。",
    }


class PhotoTooLarge(Refusal):
    """The picture has more bytes or pixels than any camera makes."""

    code, status = "photo-too-large", 413
    title = {"en": "This photo is too large", "zh": "图片过大"}
    advice = {
        "en": "Send one of at most 12 MB and 50 megapixels.",
        "zh": "请发送不超过12MB、5000万像素的图片。",
    }


@dataclass(frozen=True, slots=True)
class CleanPhoto:
    """A picture as we keep it: JPEG without any metadata."""

    jpeg: bytes
    width: int
    height: int


def clean(raw: bytes) -> CleanPhoto:
    """Decode and encode anew: only pixels survive, upright, at most 2,048 a side. Raises NotAPhoto, PhotoTooLarge."""
    if len(raw) > BYTES_MOST:
        raise PhotoTooLarge()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(raw), formats=FORMATS) as opened:
                # The header tells the size before a pixel is decoded.
                if opened.width * opened.height > PIXELS_MOST:
                    raise PhotoTooLarge()
                opened.draft("RGB", (SIDE_MOST, SIDE_MOST))
                upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoTooLarge() from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, ArithmeticError) as error:
        raise NotAPhoto() from error
    upright.thumbnail((SIDE_MOST, SIDE_MOST))
    pixels = Image.frombytes("RGB", upright.size, upright.tobytes())
    out = io.BytesIO()
    pixels.save(out, "JPEG", quality=82, optimize=True)
    return CleanPhoto(out.getvalue(), *pixels.size)


def keep_photo(
    session: Session, raw: bytes, *, folder: Path, ring: Keyring, now: datetime, photo_id: UUID | None = None
) -> UUID:
    """Store a cleaned photo, sealed under its own key, and return its id. The file is safe on disk before the row.

    ``photo_id``: the sender's own, under which a photo that is sent twice is kept once.
    """
    photo = clean(raw)
    if photo_id is None:
        photo_id = new_id()
    elif session.get(Photo, photo_id) is not None:
        return photo_id
    else:
        discard(folder, photo_id)  # what an earlier try left behind without its row
    seal = Seal.fresh(photo_id)
    write_sealed(folder, photo_id, seal.close_bytes("photo", photo.jpeg))
    session.add(RecordKey(**seal.row(ring, now)))
    session.add(Photo(id=photo_id, width=photo.width, height=photo.height, size_bytes=len(photo.jpeg), uploaded_at=now))
    return photo_id


def write_sealed(folder: Path, record_id: UUID, content: bytes) -> None:
    """Write what was sealed under a record's key to the file that its id names; it is on disk when this returns."""
    path = folder / f"{record_id}.sealed"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    entry = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)


def forget_unattached(session: Session, *, folder: Path, now: datetime) -> int:
    """Delete photos and voice notes that no report has named within a day: file, key and row. How many they were.

    The caller commits.

    The file goes first: should the commit fail, the row is still there and the next turn deletes it. A report that
    attaches one at this moment keeps it.
    """
    return sum(_forget(session, model, folder=folder, before=now - KEPT_UNATTACHED) for model in (Photo, VoiceNote))


def _forget(session: Session, model: type[Photo | VoiceNote], *, folder: Path, before: datetime) -> int:
    old = select(model.id).where(model.report_id.is_(None), model.uploaded_at < before).order_by(model.uploaded_at)
    found = session.scalars(old.limit(FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)).all()
    for record_id in found:
        discard(folder, record_id)
    session.execute(delete(model).where(model.id.in_(found)))
    session.execute(delete(RecordKey).where(RecordKey.record_id.in_(found)))
    return len(found)


def discard(folder: Path, record_id: UUID) -> None:
    """Remove the file of a photo or voice note whose row is not stored or will not be."""
    (folder / f"{record_id}.sealed").unlink(missing_ok=True)


def photos_of(session: Session, incident_id: UUID) -> list[dict[str, Any]]:
    """The photos of an incident's reports, to be fetched one by one."""
    query = (
        select(Photo.id, Photo.report_id, Photo.width, Photo.height)
        .join(Report, Report.id == Photo.report_id)
        .where(Report.incident_id == incident_id)
        .order_by(Photo.uploaded_at)
    )
    return [dict(row._mapping) for row in session.execute(query)]


def read_photo(session: Session, photo_id: UUID, *, folder: Path, ring: Keyring) -> bytes:
    """The JPEG of a photo that the reader may see. Raises NotFound."""
    photo = session.get(Photo, photo_id)
    path = folder / f"{photo_id}.sealed"
    if photo is None or not path.exists():
        raise NotFound()
    return seal_of(session, ring, photo_id).open_bytes("photo", path.read_bytes())
