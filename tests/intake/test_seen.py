"""That a message was seen is noted when somebody looked, once, and for the messages of one's own report alone."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend.incidents.models import ThreadMessage
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as
from tests.conftest import NOW
from tests.journeys.steps import act, report, whole
from tests.support.baishi import NANMEN, TAOHUA, Baishi, build
from tests.support.people import sign_in


@pytest.fixture
def world(app: Flask, session: Session) -> Baishi:
    return build(app, session, NOW)


@pytest.fixture
def duty(client: FlaskClient, world: Baishi) -> dict[str, str]:
    return sign_in(client, "duty")


def told(client: FlaskClient, duty: dict[str, str], **said: Any) -> dict[str, Any]:
    """A report, how its resident shows the receipt, and the message that was written to the resident."""
    sent = report(client, kind="concern", category="CN01", text="A loose cover", **said)
    act(client, duty, sent["incident"]["id"], "message", text="We come at noon")
    who = {"Authorization": f"Receipt {sent['receipt']}"}
    messages = client.get("/api/v1/receipt", headers=who).get_json()["messages"]
    return sent | {"who": who, "message": next(one["id"] for one in messages if one["words"] == "We come at noon")}


def seen_at(client: FlaskClient, duty: dict[str, str], sent: dict[str, Any]) -> Any:
    messages = whole(client, duty, sent["incident"]["id"])["messages"]
    return next(one["seen_at"] for one in messages if one["id"] == sent["message"])


def say_seen(client: FlaskClient, sent: dict[str, Any], *ids: str) -> int:
    return client.post("/api/v1/receipt/seen", json={"ids": list(ids)}, headers=sent["who"]).status_code


def test_a_message_that_was_only_fetched_is_not_known_to_be_seen(client: FlaskClient, duty: dict[str, str]) -> None:
    assert seen_at(client, duty, told(client, duty, place=NANMEN)) is None


def test_the_first_look_counts_and_is_told_once(client: FlaskClient, duty: dict[str, str], clock: MovableClock) -> None:
    sent = told(client, duty, place=NANMEN)
    assert say_seen(client, sent, sent["message"]) == 204
    first = seen_at(client, duty, sent)
    clock.advance(hours=1)
    assert say_seen(client, sent, sent["message"]) == 204
    assert seen_at(client, duty, sent) == first == (clock.now() - timedelta(hours=1)).isoformat()
    events = [one["type"] for one in whole(client, duty, sent["incident"]["id"])["timeline"]]
    assert events.count("MessagesSeen") == 1


def test_nobody_says_it_of_anothers_message_or_of_their_own(
    client: FlaskClient, duty: dict[str, str], session: Session
) -> None:
    mine, other = told(client, duty, place=NANMEN), told(client, duty, place=TAOHUA)
    written = client.post("/api/v1/receipt/messages", json={"text": "At the gate"}, headers=mine["who"]).get_json()
    own = next(one["id"] for one in written["messages"] if one["from"] == "me")
    assert say_seen(client, mine, other["message"], own, str(uuid4())) == 204
    assert seen_at(client, duty, other) is None
    session.rollback()
    act_as(session, SYSTEM)
    assert session.get_one(ThreadMessage, UUID(own)).seen_at is None
    assert say_seen(client, mine | {"who": {"Authorization": "Receipt 7KQF-2M9D-X4TB-0WHX"}}, mine["message"]) == 401


@pytest.mark.parametrize("ids", [[], ["x"], None, [str(uuid4())] * 201])
def test_what_names_no_messages_is_refused(client: FlaskClient, duty: dict[str, str], ids: Any) -> None:
    sent = told(client, duty, place=NANMEN)
    assert client.post("/api/v1/receipt/seen", json={"ids": ids}, headers=sent["who"]).status_code == 422
