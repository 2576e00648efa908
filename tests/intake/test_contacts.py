"""How a resident can be reached: said anew, erased, closed by Telegram; and never in the open."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from backend.dispatch.models import Delivery
from backend.incidents.models import Report
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.outbox import Notice, announce
from backend.kernel.sealed import seal_of
from backend.settings import Settings
from backend.trust.bots import bot_key
from tests.bench.statements import counted
from tests.conftest import NOW, TEST_KEY
from tests.support.baishi import NANMEN, Baishi, build
from tests.support.chats import TOKEN
from tests.support.people import sign_in

CHAT = "4711001"
TELEGRAM = {"telegram": CHAT, "consent": True}
MAIL = {"email": "r@example.org", "consent": True}


@pytest.fixture
def settings(database_url: str, tmp_path: Any) -> Settings:
    return Settings.from_env(
        {}, second_factor="offered", database_url=database_url, data=tmp_path, master_key=TEST_KEY, pool_size=3, log_level="error",
        telegram_token=TOKEN, smtp_host="127.0.0.1",
    )  # fmt: skip


@pytest.fixture
def world(app: Flask, session: Session) -> Baishi:
    return build(app, session, NOW)


def report(client: FlaskClient, **said: Any) -> dict[str, Any]:
    body = {"client_id": str(uuid4()), "kind": "concern", "text": "x", "place": NANMEN, "channel": "telegram"}
    answer = client.post("/api/v1/reports", json=body | said)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found | {"who": {"Authorization": f"Receipt {found['receipt']}"}}


def row(session: Session, sent: dict[str, Any]) -> Report:
    session.rollback()
    act_as(session, SYSTEM)
    return session.scalars(
        select(Report).where(Report.id == sent["id"]).execution_options(populate_existing=True)
    ).one()


def opened(app: Flask, session: Session, sent: dict[str, Any]) -> Any:
    found = row(session, sent)
    return seal_of(session, app.extensions["linli"].keyring, found.id).open("contact", found.contact)


@pytest.mark.parametrize(
    "contact, channels",
    [
        (TELEGRAM, ["telegram"]),
        (MAIL, ["email"]),
        (TELEGRAM | MAIL, ["email", "telegram"]),
        ({"phone": "+886 1", "consent": True}, ["email"]),  # nothing can be sent there: a desk is told that it failed
        ({"consent": True}, ["email"]),
        (None, []),
    ],
)
def test_a_report_is_answered_by_the_ways_that_were_left_without_opening_them(
    client: FlaskClient, session: Session, world: Baishi, contact: Any, channels: list[str]
) -> None:
    sent = report(client, **({"contact": contact} if contact else {}))
    row(session, sent)
    tell = Notice("reporter_triaged", UUID(sent["incident"]["id"]), report_id=UUID(sent["id"]))
    announce(session, [tell], now=NOW)
    planned = select(Delivery.channel, Delivery.template).where(Delivery.report_id == sent["id"])
    found = [tuple(one) for one in session.execute(planned)]
    assert sorted(channel for channel, template in found if template == "reporter_triaged") == channels
    # Where the report was sent from, it was answered at once.
    assert sorted(channel for channel, template in found if template == "reporter_received") == [
        channel for channel in channels if channel != "telegram"
    ]


def test_nothing_is_kept_of_one_who_stays_anonymous_until_they_say_how_they_are_reached(
    app: Flask, client: FlaskClient, session: Session, world: Baishi
) -> None:
    sent = report(client, contact=TELEGRAM, anonymous=True)
    found = row(session, sent)
    assert (found.contact, found.reach, found.chat_hash, found.source) == (None, [], None, None)
    assert session.scalars(select(Delivery).where(Delivery.report_id == sent["id"])).all() == []
    answer = client.put("/api/v1/receipt/contact", json=TELEGRAM, headers=sent["who"])
    assert (answer.status_code, answer.get_json()["reached_by"]) == (200, ["telegram"])
    assert opened(app, session, sent) == TELEGRAM
    assert row(session, sent).anonymous is False


def test_what_was_said_before_is_replaced_and_erased(
    app: Flask, client: FlaskClient, session: Session, world: Baishi
) -> None:
    sent = report(client, contact=TELEGRAM | MAIL)
    answer = client.put("/api/v1/receipt/contact", json=MAIL, headers=sent["who"])
    assert answer.get_json()["reached_by"] == ["email"]
    assert opened(app, session, sent) == MAIL
    assert row(session, sent).chat_hash is None
    for _ in range(2):
        assert client.delete("/api/v1/receipt/contact", headers=sent["who"]).status_code == 204
    found = row(session, sent)
    assert (found.contact, found.reach, found.chat_hash, found.source) == (None, [], None, None)
    assert client.get("/api/v1/receipt", headers=sent["who"]).get_json()["reached_by"] == []
    facts = text("SELECT type FROM event WHERE type LIKE 'Contact%' ORDER BY stream_seq")
    assert session.scalars(facts).all() == ["ContactChanged", "ContactErased", "ContactErased"]


@pytest.mark.parametrize(
    "contact", [{"telegram": "-1004711"}, {"telegram": 4711}, {"telegram": "@somebody"}, {"telegram": ""}, {"fax": "1"}]
)
def test_what_is_no_contact_is_refused(client: FlaskClient, world: Baishi, contact: Any) -> None:
    sent = report(client)
    answer = client.put("/api/v1/receipt/contact", json=contact, headers=sent["who"])
    assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_only_the_receipt_opens_it(client: FlaskClient, world: Baishi, method: str) -> None:
    for shown in ({}, sign_in(client, "duty"), {"Authorization": "Receipt 0000-0000-0000-0000"}):
        answer = client.open("/api/v1/receipt/contact", method=method, json=TELEGRAM, headers=shown)
        assert (answer.status_code, answer.get_json()["code"]) == (401, "wrong-receipt")


def test_a_change_that_is_sent_twice_is_done_once(client: FlaskClient, session: Session, world: Baishi) -> None:
    sent = report(client)
    headers = sent["who"] | {"Idempotency-Key": "k"}
    answers = [client.put("/api/v1/receipt/contact", json=TELEGRAM, headers=headers) for _ in range(2)]
    assert answers[0].get_json() == answers[1].get_json()
    row(session, sent)
    assert session.scalar(text("SELECT count(*) FROM event WHERE type = 'ContactChanged'")) == 1


def blocked(app: Flask, client: FlaskClient, chat: str) -> None:
    carried = app.extensions["linli"]
    bot = {"Authorization": f"Bot {bot_key(carried.settings, carried.keyring)}"}
    assert client.post("/api/v1/bot/blocked", json={"chat": chat}, headers=bot).status_code == 204


def test_a_chat_that_is_closed_is_taken_out_of_every_report_and_the_rest_stays(
    app: Flask, client: FlaskClient, session: Session, world: Baishi
) -> None:
    alone, both = report(client, contact=TELEGRAM), report(client, contact=TELEGRAM | MAIL)
    other = report(client, contact={"telegram": "4711002", "consent": True})
    blocked(app, client, CHAT)
    assert opened(app, session, alone) is None
    assert opened(app, session, both) == MAIL
    assert [row(session, sent).reach for sent in (alone, both, other)] == [[], ["email"], ["telegram"]]
    blocked(app, client, CHAT)


def test_a_chat_is_forgotten_also_where_the_words_of_a_report_were_erased(
    app: Flask, client: FlaskClient, session: Session, world: Baishi
) -> None:
    sent = report(client, contact=TELEGRAM | MAIL)
    row(session, sent)
    session.execute(text("DELETE FROM record_key WHERE record_id = :id"), {"id": sent["id"]})
    session.commit()
    blocked(app, client, CHAT)
    found = row(session, sent)
    assert (found.contact, found.reach, found.chat_hash) == (None, [], None)


def test_staff_see_that_there_is_a_chat_and_not_which(client: FlaskClient, world: Baishi) -> None:
    sent = report(client, contact=TELEGRAM | MAIL)
    whole = client.get(f"/api/v1/incidents/{sent['incident']['id']}", headers=sign_in(client, "duty"))
    (shown,) = whole.get_json()["reports"]
    assert shown["contact"] == TELEGRAM | MAIL | {"telegram": True}
    assert CHAT not in whole.get_data(as_text=True)


def test_reports_from_one_chat_are_counted_as_of_one_source(
    client: FlaskClient, session: Session, world: Baishi
) -> None:
    sources = {row(session, report(client, contact=TELEGRAM)).source for _ in range(2)}
    assert len(sources) == 1
    assert None not in sources


def test_a_report_with_a_chat_costs_no_statement_more(app: Flask, client: FlaskClient, world: Baishi) -> None:
    report(client)
    counts = []
    for contact in ({}, MAIL, TELEGRAM, TELEGRAM | MAIL):
        with counted(app) as sent:
            report(client, contact=contact)
        counts.append(len(sent))
    assert len(set(counts)) == 1
    assert counts[0] <= 5


def test_a_chat_lies_nowhere_in_the_open(
    client: FlaskClient, world: Baishi, owner_session: Session, capfd: pytest.CaptureFixture[str]
) -> None:
    key = {"Idempotency-Key": "k"}
    body = {"client_id": str(uuid4()), "kind": "concern", "text": "x", "contact": TELEGRAM}
    sent = client.post("/api/v1/reports", json=body, headers=key).get_json()
    who = key | {"Authorization": f"Receipt {sent['receipt']}"}
    client.put("/api/v1/receipt/contact", json={"telegram": "4711002", "consent": True}, headers=who)
    tables = owner_session.scalars(
        text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
    ).all()
    raw = " ".join(
        str(owner_session.scalar(text(f"SELECT string_agg(row_to_json(t)::text, ' ') FROM {name} t")))
        for name in tables
    )
    marks = [mark for chat in (CHAT, "4711002") for mark in (chat, chat.encode().hex())]
    out, err = capfd.readouterr()
    assert [mark for mark in marks if mark in raw + out + err] == []
