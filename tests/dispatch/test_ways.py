"""How people and desks want to be told, and the test button with its true result."""

from datetime import time
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.dispatch.models import Delivery
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.outbox import Notice, announce
from backend.kernel.sealed import Keyring
from backend.organisations.models import DeskService, Organisation, Person
from tests.conftest import NOW
from tests.dispatch.conftest import Body
from tests.support.jobs import run_jobs
from tests.support.people import make_person, sign_in
from tests.support.smtp import Mailbox
from tests.support.webhooks import Receiver


@pytest.fixture
def boss(app: Flask, session: Session, ring: Keyring, body: Body, client: FlaskClient) -> UUID:
    """An administrator of the body, signed in."""
    person = make_person(
        session, ring, NOW, roles=["administrator"], org=body.org, email="boss@example.org", login="boss"
    )
    client.environ_base["HTTP_AUTHORIZATION"] = sign_in(client, "boss")["Authorization"]
    act_as(session, SYSTEM)
    return person


def result(client: FlaskClient, test_id: str, language: str = "en") -> tuple[str, str | None, str]:
    answer = client.get(f"/api/v1/channel-tests/{test_id}", headers={"Accept-Language": language}).get_json()
    return answer["state"], answer["code"], answer["words"]


@pytest.mark.parametrize(
    "reply, expected",
    [
        ("250 kept", ("handed_over", "250", "Handed to the channel. Whether it was read is not known.")),
        ("550 nobody", ("failed", "550", "Could not be delivered. The mail server refused it for good.")),
        ("451 later", ("waiting", "451", "Not sent yet. The mail server asks to come again later.")),
    ],
)
@pytest.mark.usefixtures("boss")
def test_the_test_button_tells_the_true_result(
    app: Flask, session: Session, client: FlaskClient, mailbox: Mailbox, reply: str, expected: tuple[str, str, str]
) -> None:
    mailbox.replies.append(reply)
    asked = client.post("/api/v1/me/ways/tests", json={"channel": "email"})
    assert (asked.status_code, asked.get_json()["state"]) == (202, "waiting")
    run_jobs(app)
    assert result(client, asked.get_json()["id"]) == expected
    act_as(session, SYSTEM)
    assert set(session.scalars(select(Delivery.template))) == {"channel_test"}, "a test that fails alarms nobody"


@pytest.mark.usefixtures("boss")
def test_a_way_without_an_address_or_that_is_off_is_refused(client: FlaskClient) -> None:
    for channel in ("telegram", "sms", "service"):
        refused = client.post("/api/v1/me/ways/tests", json={"channel": channel})
        assert (refused.status_code, refused.get_json()["code"]) == (409, "no-way-there")


@pytest.mark.usefixtures("boss")
def test_a_second_press_waits_for_the_first(client: FlaskClient) -> None:
    client.post("/api/v1/me/ways/tests", json={"channel": "email"})
    again = client.post("/api/v1/me/ways/tests", json={"channel": "email"})
    assert again.get_json()["code"] == "test-under-way"


def test_i_choose_how_i_am_told(client: FlaskClient, session: Session, boss: UUID) -> None:
    shown = client.get("/api/v1/me/ways")
    assert shown.get_json()["ways"] is None
    assert {one["channel"]: one["has_address"] for one in shown.get_json()["items"]} == {
        "telegram": False, "email": True, "sms": False,
    }  # fmt: skip
    chosen = {"ways": ["email"], "quiet_from": "22:00", "quiet_to": "06:30", "language": "zh"}
    changed = client.patch("/api/v1/me/ways", json=chosen, headers={"If-Match": shown.headers["ETag"]})
    assert {name: changed.get_json()[name] for name in chosen} == chosen
    act_as(session, SYSTEM)
    person = session.get(Person, boss, populate_existing=True)
    assert person is not None
    assert (person.ways, person.quiet_from) == (["email"], time(22))
    stale = client.patch("/api/v1/me/ways", json=chosen, headers={"If-Match": shown.headers["ETag"]})
    assert stale.status_code in {409, 412}
    assert client.patch("/api/v1/me/ways", json={"quiet_from": "22:00"}).status_code == 422


@pytest.mark.usefixtures("boss")
def test_a_desk_is_told_by_its_service_whose_address_nobody_sees_again(
    app: Flask, session: Session, client: FlaskClient, body: Body, receiver: Receiver
) -> None:
    url = receiver.url.replace("http://", "json://") + "/secret-path"
    put = client.put(f"/api/v1/desks/{body.desk}/service", json={"url": url})
    assert put.get_json()["kind"] == "JSON"
    assert "secret-path" not in put.get_data(as_text=True)
    act_as(session, SYSTEM)
    stored = session.scalars(select(DeskService)).one()
    assert b"secret-path" not in stored.url
    asked = client.post(f"/api/v1/desks/{body.desk}/ways/tests", json={"channel": "service"}).get_json()
    run_jobs(app)
    assert result(client, asked["id"])[:2] == ("handed_over", "accepted")
    assert b"test button" in receiver.calls[-1][1]
    assert client.delete(f"/api/v1/desks/{body.desk}/service").status_code == 204
    ways = client.get(f"/api/v1/desks/{body.desk}/ways").get_json()
    assert (ways["service"], {one["channel"]: one["has_address"] for one in ways["items"]}["service"]) == (None, False)


@pytest.mark.usefixtures("boss")
@pytest.mark.parametrize("url", ["words", "nothing://x"])
def test_a_service_that_is_none_is_refused(client: FlaskClient, body: Body, url: str) -> None:
    refused = client.put(f"/api/v1/desks/{body.desk}/service", json={"url": url})
    assert refused.get_json()["code"] == "unknown-service"


def test_a_bodys_own_addresses_are_told_as_it_chose(session: Session, body: Body) -> None:
    org = session.get(Organisation, body.org)
    assert org is not None
    org.quiet_from, org.quiet_to, org.language = time(16), time(18), "zh"  # it is 17:00 in Taipei
    from backend.kernel.versions import bump

    bump(session, "organisations")
    session.commit()
    act_as(session, SYSTEM)
    for lane in ("deliveries", "sos"):
        announce(session, [Notice("help_done", None, desk_id=body.desk, lane=lane)], now=NOW)
    own = session.execute(
        select(Delivery.lane, Delivery.state, Delivery.outcome, Delivery.language).where(
            Delivery.desk_id == body.desk, Delivery.person_id.is_(None), Delivery.channel == "email"
        )
    ).all()
    assert sorted(map(tuple, own)) == [
        ("deliveries", "held", "own-quiet-hours", "zh"), ("sos", "waiting", None, "zh"),
    ]  # fmt: skip


def test_what_was_sent_to_me_is_told_in_my_words(
    app: Flask, client: FlaskClient, session: Session, boss: UUID, mailbox: Mailbox
) -> None:
    mailbox.replies.append("550 nobody")
    announce(session, [Notice("help_done", None, person_id=boss)], now=NOW)
    session.commit()
    run_jobs(app)
    items = client.get("/api/v1/me/deliveries").get_json()["items"]
    said = {one["channel"]: one["said"]["en"] for one in items if one["template"] == "help_done"}
    assert said == {
        "in_app": "In your inbox. Not opened yet.",
        "email": "You could not be reached by this way. The mail server refused it for good. "
        "It is in your inbox. Check your address.",
    }
