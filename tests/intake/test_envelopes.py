"""What waited sealed on a phone: opened by the server alone, taken once, and given back when it cannot be used."""

import base64
import json
import os
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.incidents.models import Report
from backend.intake.envelopes import INFO, ORDER, UnreadableEnvelope, open_envelope, public_key
from backend.intake.models import Photo
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.sealed import Keyring
from tests.intake.test_photos import picture

RING = Keyring("k2", {"k1": bytes(32), "k2": bytes(range(32))})
REPORT = {"kind": "concern", "text": "The lamp is broken 灯坏了", "place": {"lat": 1.0, "lon": 2.0}}


def to_base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sealed(key: dict[str, str], plain: bytes, record_id: UUID) -> dict[str, str]:
    """An envelope as a phone makes it."""
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_base64(key["point"]))
    ours = ec.generate_private_key(ec.SECP256R1())
    point = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    secret = HKDF(hashes.SHA256(), length=32, salt=point, info=INFO).derive(ours.exchange(ec.ECDH(), theirs))
    iv = os.urandom(12)
    box = AESGCM(secret).encrypt(iv, plain, str(record_id).encode())
    return {"key": key["id"], "point": to_base64(point), "iv": to_base64(iv), "box": to_base64(box)}


def sealed_report(client: FlaskClient, said: dict[str, Any], client_id: UUID, **more: Any) -> dict[str, Any]:
    key = client.get("/api/v1/config").get_json()["keys"]["envelope"]
    plain = json.dumps(said | {"client_id": str(client_id)}, ensure_ascii=False).encode()
    return {"client_id": str(client_id), "envelope": sealed(key, plain, client_id), **more}


def stored(session: Session) -> int:
    act_as(session, SYSTEM)
    return session.scalar(select(func.count()).select_from(Report)) or 0


def test_what_was_sealed_is_opened_under_its_id() -> None:
    record_id = uuid4()
    assert open_envelope(RING, sealed(public_key(RING), b"words", record_id), record_id) == b"words"


def test_an_older_key_still_opens() -> None:
    former, record_id = Keyring("k1", {"k1": bytes(32)}), uuid4()
    assert open_envelope(RING, sealed(public_key(former), b"words", record_id), record_id) == b"words"


def test_the_order_is_that_of_the_curve() -> None:
    with pytest.raises(ValueError, match=r"."):
        ec.derive_private_key(ORDER, ec.SECP256R1())
    assert ec.derive_private_key(ORDER - 1, ec.SECP256R1()).private_numbers().private_value == ORDER - 1


@pytest.mark.parametrize(
    "spoilt",
    [
        {"key": "k9"},
        {"point": to_base64(b"\x04" + bytes(64))},
        {"point": "AAAA"},
        {"iv": to_base64(bytes(12))},
        {"iv": ""},
        {"box": to_base64(bytes(40))},
        {"box": "A"},
    ],
)
def test_what_was_changed_is_refused(spoilt: dict[str, str]) -> None:
    record_id = uuid4()
    envelope = sealed(public_key(RING), b"words", record_id) | spoilt
    with pytest.raises(UnreadableEnvelope):
        open_envelope(RING, envelope, record_id)


def test_an_envelope_opens_under_no_other_id() -> None:
    with pytest.raises(UnreadableEnvelope):
        open_envelope(RING, sealed(public_key(RING), b"words", uuid4()), uuid4())


def test_a_sealed_report_is_a_report_and_sent_twice_it_is_one(client: FlaskClient, session: Session) -> None:
    body = sealed_report(client, REPORT, uuid4())
    first, again = (client.post("/api/v1/sealed-reports", json=body) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json() == again.get_json()
    code = {"Authorization": f"Receipt {first.get_json()['receipt']}"}
    assert client.get("/api/v1/receipt", headers=code).get_json()["text"] == REPORT["text"]
    assert stored(session) == 1


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"kind": "concern"}, "invalid"),
        ({"kind": "concern", "text": "x", "place": {"lat": 91, "lon": 0}}, "invalid"),
        ({"kind": "concern", "text": "x", "colour": "red"}, "invalid"),
    ],
)
def test_a_refusal_carries_the_report_back(
    client: FlaskClient, session: Session, said: dict[str, Any], code: str
) -> None:
    answer = client.post("/api/v1/sealed-reports", json=sealed_report(client, said, uuid4()))
    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (422, code)
    assert problem["sent"] == said
    assert stored(session) == 0


@pytest.mark.parametrize(
    "plain", [b"no json", b"[]", b'{"kind": "concern", "text": "x", "client_id": "another"}', b"\xff"]
)
def test_what_is_no_report_is_refused(client: FlaskClient, session: Session, plain: bytes) -> None:
    client_id = uuid4()
    key = client.get("/api/v1/config").get_json()["keys"]["envelope"]
    body = {"client_id": str(client_id), "envelope": sealed(key, plain, client_id)}
    answer = client.post("/api/v1/sealed-reports", json=body)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "unreadable-envelope")
    assert stored(session) == 0


def test_a_sealed_photo_is_kept_once_and_goes_with_its_report(
    client: FlaskClient, app: Flask, session: Session
) -> None:
    photo_id, client_id = uuid4(), uuid4()
    key = client.get("/api/v1/config").get_json()["keys"]["envelope"]
    body = {"id": str(photo_id), "envelope": sealed(key, picture("JPEG"), photo_id)}
    answers = [client.post("/api/v1/sealed-photos", json=body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert {answer.get_json()["id"] for answer in answers} == {str(photo_id)}
    sent = client.post(
        "/api/v1/sealed-reports", json=sealed_report(client, REPORT, client_id, photo_ids=[str(photo_id)])
    )
    assert sent.status_code == 201
    act_as(session, SYSTEM)
    assert str(session.scalars(select(Photo.report_id)).one()) == sent.get_json()["id"]
    assert len(list(app.extensions["linli"].photos.iterdir())) == 1


def test_a_sealed_photo_that_is_none_is_refused(client: FlaskClient) -> None:
    photo_id = uuid4()
    key = client.get("/api/v1/config").get_json()["keys"]["envelope"]
    answer = client.post(
        "/api/v1/sealed-photos", json={"id": str(photo_id), "envelope": sealed(key, b"text", photo_id)}
    )
    assert (answer.status_code, answer.get_json()["code"]) == (422, "not-a-photo")
