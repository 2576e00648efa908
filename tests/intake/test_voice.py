"""Voice notes: known by their content, sealed, heard by those who may see the report, and that is recorded."""

import io
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.intake.voice import BYTES_MOST, NotAVoiceNote, VoiceNoteTooLarge, check_voice
from backend.kernel.clock import MovableClock
from backend.kernel.jobs import PERIODIC
from tests.conftest import NOW
from tests.intake.test_photos import picture
from tests.support.baishi import NANMEN, Baishi, build
from tests.support.people import sign_in


def page(packet: bytes, *, segments: int = 1) -> bytes:
    lengths = bytes([255] * (segments - 1) + [len(packet)])
    return b"OggS" + bytes(22) + bytes([segments]) + lengths + packet


def spoken(size: int = 400) -> bytes:
    return page(b"OpusHead" + bytes(11)) + b"\x5a" * size


def upload(client: FlaskClient, raw: bytes, name: str = "voice") -> Any:
    return client.post("/api/v1/voice", data={name: (io.BytesIO(raw), "a.ogg")})


@pytest.fixture
def world(app: Flask, session: Session) -> Baishi:
    return build(app, session, NOW)


@pytest.mark.parametrize("raw", [spoken(), page(b"OpusHead" + bytes(11), segments=3), page(b"OpusHead")])
def test_opus_in_ogg_is_taken(raw: bytes) -> None:
    # The segment table before the first packet may be longer than one.
    if raw[26] == 3:
        raw = raw[:27] + bytes([255, 255, 19]) + b"OpusHead" + bytes(11)
    check_voice(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"OggS", page(b"\x01vorbis"), page(b"OpusTags"), b"ID3" + bytes(100), picture("JPEG"), b"<html>" * 100,
        b"OggS" + bytes(22) + b"\xff", bytes(5) + spoken(),
    ],
)  # fmt: skip
def test_what_is_no_voice_note_is_refused(raw: bytes) -> None:
    with pytest.raises(NotAVoiceNote):
        check_voice(raw)


def test_one_that_is_too_long_is_refused(client: FlaskClient) -> None:
    with pytest.raises(VoiceNoteTooLarge):
        check_voice(spoken(BYTES_MOST))
    answer = upload(client, spoken(BYTES_MOST))
    assert (answer.status_code, answer.get_json()["code"]) == (413, "voice-note-too-large")


def test_a_call_without_a_file_is_refused(client: FlaskClient) -> None:
    assert upload(client, spoken(), name="other").get_json()["code"] == "not-a-voice-note"


def test_a_report_may_be_spoken_and_those_who_may_see_it_listen(
    app: Flask, client: FlaskClient, session: Session, world: Baishi
) -> None:
    raw = spoken()
    voice = upload(client, raw).get_json()["id"]
    body = {"client_id": str(uuid4()), "kind": "concern", "place": NANMEN, "voice_ids": [voice]}
    sent = client.post("/api/v1/reports", json=body)
    assert sent.status_code == 201
    assert client.post("/api/v1/reports", json=body).status_code == 200
    duty, incident = sign_in(client, "duty"), sent.get_json()["incident"]["id"]
    whole = client.get(f"/api/v1/incidents/{incident}", headers=duty).get_json()
    assert [one["id"] for one in whole["voices"]] == [voice]
    heard = client.get(f"/api/v1/voice/{voice}?purpose=handling", headers=duty)
    assert (heard.status_code, heard.content_type, heard.data) == (200, "audio/ogg", raw)
    audit = "SELECT payload ->> 'voice_id' FROM event WHERE stream = :stream AND payload ? 'voice_id'"
    assert session.scalars(text(audit), {"stream": f"reads:{incident}"}).all() == [voice]
    page = client.get(f"/console/plain/incidents/{incident}", headers=duty | {"Accept": "text/html"})
    assert f'src="/api/v1/voice/{voice}"></audio>' in page.get_data(as_text=True)
    assert "media-src 'self'" in page.headers["Content-Security-Policy"]
    assert client.get(f"/api/v1/voice/{voice}").status_code == 401
    assert client.get(f"/api/v1/voice/{voice}", headers=sign_in(client, "tao")).status_code == 404
    stored = [path.read_bytes() for path in app.extensions["linli"].photos.iterdir()]
    assert [b"OpusHead" in content for content in stored] == [False]


def test_a_voice_note_belongs_to_one_report(client: FlaskClient, world: Baishi) -> None:
    voice = upload(client, spoken()).get_json()["id"]
    body = {"kind": "concern", "text": "x", "voice_ids": [voice]}
    assert client.post("/api/v1/reports", json=body | {"client_id": str(uuid4())}).status_code == 201
    again = client.post("/api/v1/reports", json=body | {"client_id": str(uuid4())})
    assert (again.status_code, again.get_json()["code"]) == (422, "no-such-voice-note")


def test_a_photo_and_a_voice_note_can_be_added_to_a_report(client: FlaskClient, world: Baishi) -> None:
    body = {"client_id": str(uuid4()), "kind": "concern", "text": "x", "place": NANMEN}
    sent = client.post("/api/v1/reports", json=body).get_json()
    receipt = {"Authorization": f"Receipt {sent['receipt']}"}
    voice = upload(client, spoken()).get_json()["id"]
    photo = client.post("/api/v1/photos", data={"photo": (io.BytesIO(picture("PNG")), "a.png")}).get_json()["id"]
    named = {"photo_ids": [photo], "voice_ids": [voice]}
    answer = client.post("/api/v1/receipt/messages", json=named, headers=receipt)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    (added,) = [one for one in answer.get_json()["messages"] if one["from"] == "me"]
    assert (added["words"], added["photos"], added["voices"]) == (None, 1, 1)
    again = client.post("/api/v1/receipt/messages", json=named | {"text": "x"}, headers=receipt)
    assert again.get_json()["code"] == "no-such-photo"
    empty = client.post("/api/v1/receipt/messages", json={}, headers=receipt)
    assert (empty.status_code, empty.get_json()["code"]) == (422, "invalid")
    duty = sign_in(client, "duty")
    whole = client.get(f"/api/v1/incidents/{sent['incident']['id']}", headers=duty).get_json()
    assert ([one["id"] for one in whole["photos"]], [one["id"] for one in whole["voices"]]) == ([photo], [voice])


def test_one_that_nobody_names_is_gone_after_a_day(
    app: Flask, client: FlaskClient, session: Session, clock: MovableClock
) -> None:
    upload(client, spoken())
    clock.advance(hours=25)
    PERIODIC["unattached_photos"].work(app)
    assert list(app.extensions["linli"].photos.iterdir()) == []
    assert session.execute(text("SELECT count(*) FROM voice_note")).scalar_one() == 0
