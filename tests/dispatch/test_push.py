"""Web push: signed by us, with nothing in it, only to a phone that was subscribed, and only in the way marked safe."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.dispatch import vapid
from backend.dispatch.channels import Message
from backend.dispatch.channels.push import Push, outcome_of
from backend.dispatch.deliveries import send_delivery
from backend.dispatch.models import Delivery
from backend.dispatch.rules import Result
from backend.incidents.models import Report
from backend.intake.thread import Mine, tell_phone
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.ids import new_id
from backend.kernel.outbox import Notice, announce
from backend.kernel.sealed import Keyring
from backend.settings import Settings
from tests.conftest import NOW, TEST_KEY
from tests.journeys.steps import report
from tests.support.webhooks import Receiver, webhook_receiver

RING = Keyring("k1", {"k1": TEST_KEY})
OURS = "https://linli.example"
ENDPOINT = "https://push.example/send/abc"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A Linli that residents reach by a secure address, so that it can push."""
    return replace(settings, public_url=OURS, webhook_private_targets=True)


@pytest.fixture
def service() -> Iterator[Receiver]:
    """A push service."""
    with webhook_receiver() as found:
        yield found


def message(address: str) -> Message:
    return Message(new_id(), address, "Subject", "Words", "en", NOW, {"data": "secret"})


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_the_token_says_who_sends_to_that_service_alone_and_bears_our_signature() -> None:
    scheme, token, key = vapid.authorization(RING, ENDPOINT, subject=OURS, now=NOW).split()
    header, claims, signature = token.removeprefix("t=").rstrip(",").split(".")
    assert (scheme, key) == ("vapid", f"k={vapid.public_key(RING)}")
    assert json.loads(decoded(header)) == {"typ": "JWT", "alg": "ES256"}
    said = json.loads(decoded(claims))
    assert said == {"aud": "https://push.example", "sub": OURS, "exp": int(NOW.timestamp()) + 12 * 3600}
    raw = decoded(signature)
    both = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(vapid.public_key(RING)))
    public.verify(both, f"{header}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))


def test_the_key_stays_when_a_newer_one_wraps() -> None:
    assert vapid.public_key(Keyring("k2", {"k1": TEST_KEY, "k2": bytes(32)})) == vapid.public_key(RING)


def test_a_push_has_nothing_in_it(service: Receiver) -> None:
    outcome = Push(RING, subject=OURS, allow_private=True).send(message(service.url))
    assert (outcome.state, len(service.calls)) == (Result.HANDED_OVER, 1)
    headers, body = service.calls[0]
    assert body == b""
    assert (headers["ttl"], headers["topic"], headers["urgency"]) == ("86400", "news", "high")


@pytest.mark.parametrize("address", ["https://127.0.0.1/x", "http://push.example/x", "https://u:p@push.example/x"])
def test_an_address_that_is_none_of_the_internet_is_not_called(address: str) -> None:
    assert Push(RING, subject=OURS).send(message(address)).state is Result.NEVER


@pytest.mark.parametrize(
    "status, expected",
    [
        (201, Result.HANDED_OVER), (200, Result.HANDED_OVER), (404, Result.NEVER), (410, Result.NEVER),
        (302, Result.NEVER), (429, Result.RETRY), (500, Result.RETRY),
    ],
)  # fmt: skip
def test_what_the_service_answers_means(status: int, expected: Result) -> None:
    assert outcome_of(status).state is expected


def call(client: FlaskClient, sent: dict[str, Any], method: str, body: dict[str, Any] | None = None) -> Any:
    headers = {"Authorization": f"Receipt {sent['receipt']}"}
    return client.open("/api/v1/receipt/push", method=method, headers=headers, json=body)


def tell(session: Session, sent: dict[str, Any]) -> list[Delivery]:
    """There is news of a report: what is written to be sent of it."""
    session.rollback()
    act_as(session, SYSTEM)
    notice = Notice("reporter_answer", incident_id=UUID(sent["incident"]["id"]), report_id=UUID(sent["id"]))
    announce(session, [notice], now=NOW)
    session.commit()
    act_as(session, SYSTEM)
    return list(session.scalars(select(Delivery).where(Delivery.channel == "push")))


def test_the_page_is_told_the_key_where_pushes_are_sent_and_only_there(
    client: FlaskClient, app: Flask, settings: Settings
) -> None:
    told = client.get("/api/v1/config").get_json()
    assert (told["channels"]["push"], told["keys"]["push"]) == (True, vapid.public_key(app.extensions["linli"].keyring))
    app.extensions["linli"] = replace(app.extensions["linli"], settings=replace(settings, public_url=""))
    told = client.get("/api/v1/config").get_json()
    assert (told["channels"]["push"], "push" in told["keys"]) == (False, False)


def test_only_a_phone_that_was_subscribed_is_told_until_it_is_no_more(client: FlaskClient, session: Session) -> None:
    sent = report(client, kind="concern", category="CN01", text="The lamp is broken")
    assert tell(session, sent) == []
    assert call(client, sent, "POST", {"endpoint": ENDPOINT}).status_code == 200
    session.rollback()
    act_as(session, SYSTEM)
    (kept,) = session.scalars(select(Report.push))
    assert kept is not None
    assert b"push.example" not in kept
    assert len(tell(session, sent)) == 1
    assert call(client, sent, "DELETE").status_code == 200
    assert len(tell(session, sent)) == 1


@pytest.mark.parametrize(
    "body", [{}, {"endpoint": "http://push.example/x"}, {"endpoint": "x" * 2000}, {"endpoint": ENDPOINT, "more": 1}]
)
def test_what_is_no_address_of_a_push_service_is_refused(client: FlaskClient, body: dict[str, Any]) -> None:
    sent = report(client, kind="concern", category="CN01", text="The lamp is broken")
    assert call(client, sent, "POST", body).status_code == 422


@pytest.mark.parametrize(
    "way, state, calls",
    [
        (None, "handed_over", 1),
        ({"channel": "in_app"}, "handed_over", 1),
        ({"channel": "none"}, "not_sent", 0),
        ({"channel": "email"}, "not_sent", 0),
    ],
    ids=["no way set", "inside the page", "none", "e-mail"],
)
def test_a_phone_is_pushed_to_in_the_way_that_was_marked_safe_alone(
    client: FlaskClient, app: Flask, session: Session, service: Receiver, way: Any, state: str, calls: int
) -> None:
    said = {"safe_contact": way} if way else {}
    sent = report(client, kind="concern", category="CN01", text="The lamp is broken", **said)
    act_as(session, SYSTEM)
    found = session.get(Report, UUID(sent["id"]))
    assert found
    tell_phone(session, Mine(found, app.extensions["linli"].keyring), service.url)
    session.commit()
    (row,) = tell(session, sent)
    send_delivery(app, row.id)
    session.rollback()
    act_as(session, SYSTEM)
    session.refresh(row)
    assert (row.state, len(service.calls)) == (state, calls)
