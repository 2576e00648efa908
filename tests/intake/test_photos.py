"""Photos: only pixels survive; what is no photo, or too large a one, is refused."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from backend.intake.photos import NotAPhoto, PhotoTooLarge, clean, keep_photo, read_photo
from backend.kernel.sealed import load_keyring
from tests.conftest import NOW


def picture(fmt: str, size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, fmt, **options)
    return out.getvalue()


def with_position() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif.get_ifd(0x8825)[2] = (42.0, 20.0, 31.0)
    exif[0x010F] = "Marker Camera"
    return picture("JPEG", exif=exif)


def png_bomb(side: int = 60_000) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "GIF"])
def test_every_camera_format_becomes_a_plain_jpeg(fmt: str) -> None:
    made = clean(picture(fmt))
    assert (made.width, made.height) == (64, 48)
    assert Image.open(io.BytesIO(made.jpeg)).format == "JPEG"


def test_position_and_camera_are_gone_and_the_picture_stands_upright() -> None:
    made = clean(with_position())
    opened = Image.open(io.BytesIO(made.jpeg))
    assert dict(opened.getexif()) == {}
    assert b"Marker Camera" not in made.jpeg
    assert opened.size == (48, 64)


def test_a_large_photo_is_made_smaller() -> None:
    assert max(clean(picture("JPEG", (5000, 3000))).width, 0) == 2048


@pytest.mark.parametrize(
    "raw, refusal",
    [
        (b"", NotAPhoto),
        (b"not a photo", NotAPhoto),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", NotAPhoto),
        (b"%PDF-1.7", NotAPhoto),
        (picture("JPEG")[:200], NotAPhoto),
        (picture("BMP"), NotAPhoto),
        (png_bomb(), PhotoTooLarge),
        (bytes(12_000_001), PhotoTooLarge),
    ],
)
def test_what_is_no_photo_is_refused(raw: bytes, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        clean(raw)


def test_a_kept_photo_is_sealed_on_disk_and_opens_again(session: Session, tmp_path: Path) -> None:
    ring = load_keyring(tmp_path)
    photo_id = keep_photo(session, picture("PNG"), folder=tmp_path / "photos", ring=ring, now=NOW)
    session.flush()
    on_disk = (tmp_path / "photos" / f"{photo_id}.sealed").read_bytes()
    assert b"JFIF" not in on_disk
    opened = read_photo(session, photo_id, folder=tmp_path / "photos", ring=ring)
    assert Image.open(io.BytesIO(opened)).size == (64, 48)
