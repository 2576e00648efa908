"""Photos: only pixels survive; what is no photo, or too large a one, is refused."""

import io
import struct
import zlib
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.intake.photos import NotAPhoto, PhotoTooLarge, clean, keep_photo, read_photo
from backend.kernel.clock import MovableClock
from backend.kernel.jobs import PERIODIC
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


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(side: int, *between: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9)
    parts = [chunk(b"IHDR", header), *between, chunk(b"IDAT", rows), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def png_bomb(side: int = 60_000) -> bytes:
    return png(side)


def png_with_comment(size: int) -> bytes:
    return png(10, chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(size), 9)))


def gif_bomb() -> bytes:
    screen = struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0)
    frame = b"," + struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0)
    return b"GIF89a" + screen + frame + b"\x02\x02\x44\x01\x00;"


def jpeg_bomb() -> bytes:
    small = picture("JPEG")
    at = small.index(b"\xff\xc0") + 5  # the frame's height and width
    return small[:at] + struct.pack(">HH", 65_500, 65_500) + small[at + 4 :]


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


@pytest.fixture
def folder(app: Flask) -> Path:
    found: Path = app.extensions["linli"].photos
    return found


def upload(client: FlaskClient) -> str:
    form = {"photo": (io.BytesIO(picture("JPEG")), "a.jpg")}
    answer = client.post("/api/v1/photos", data=form, content_type="multipart/form-data")
    assert answer.status_code == 201
    return str(answer.get_json()["id"])


def kept(app: Flask, owner_session: Session) -> tuple[set[str], set[str], set[str]]:
    """The photos that there are: by their rows, their keys and their files."""
    rows = {str(one) for one in owner_session.scalars(text("SELECT id FROM photo"))}
    keys = {str(one) for one in owner_session.scalars(text("SELECT record_id FROM record_key"))}
    owner_session.rollback()
    return rows, keys, {path.stem for path in app.extensions["linli"].photos.glob("*")}


def upkeep(app: Flask) -> None:
    with app.app_context():
        PERIODIC["unattached_photos"].work(app)


def test_a_photo_that_no_report_names_within_a_day_is_deleted(
    app: Flask, client: FlaskClient, clock: MovableClock, owner_session: Session
) -> None:
    left, named = upload(client), upload(client)
    report = {"client_id": str(uuid4()), "kind": "concern", "text": "A loose cover", "photo_ids": [named]}
    assert client.post("/api/v1/reports", json=report).status_code == 201
    clock.advance(hours=23, minutes=59)
    late = upload(client)
    upkeep(app)
    assert kept(app, owner_session)[2] == {left, named, late}
    clock.advance(minutes=2)
    upkeep(app)
    rows, keys, files = kept(app, owner_session)
    assert rows == files == {named, late}
    assert left not in keys
    assert {named, late} <= keys


def test_a_report_that_comes_too_late_is_told_to_send_the_photo_again(
    app: Flask, client: FlaskClient, clock: MovableClock
) -> None:
    photo = upload(client)
    clock.advance(hours=25)
    upkeep(app)
    report = {"client_id": str(uuid4()), "kind": "concern", "text": "A loose cover", "photo_ids": [photo]}
    answer = client.post("/api/v1/reports", json=report)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "no-such-photo")


def test_a_photo_that_a_report_takes_at_this_moment_stays(
    app: Flask, client: FlaskClient, clock: MovableClock, owner_session: Session
) -> None:
    photo = upload(client)
    clock.advance(hours=25)
    owner_session.execute(text("SELECT 1 FROM photo FOR UPDATE"))  # as the report's transaction does
    upkeep(app)
    assert kept(app, owner_session)[0] == {photo}
    upkeep(app)
    assert kept(app, owner_session) == (set(), set(), set())


def test_a_photo_whose_row_could_not_be_stored_leaves_no_file(
    app: Flask, client: FlaskClient, folder: Path, owner_session: Session
) -> None:
    deny = "CREATE FUNCTION deny() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''full''; END'"
    owner_session.execute(text(deny))
    owner_session.execute(
        text(
            "CREATE CONSTRAINT TRIGGER deny AFTER INSERT ON photo DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION deny()"
        )
    )
    owner_session.commit()
    form = {"photo": (io.BytesIO(picture("JPEG")), "a.jpg")}
    assert client.post("/api/v1/photos", data=form, content_type="multipart/form-data").status_code == 500
    assert list(folder.glob("*")) == []
