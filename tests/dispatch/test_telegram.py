"""Telegram: what its answers mean, who may be sent to when, and what people and groups get."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from backend.dispatch.channels import Button, Message
from backend.dispatch.channels.telegram import A_SECOND, BURST, PACED, Limiter, Telegram, TelegramFailed, body_of
from backend.dispatch.deliveries import channels_of, sweep
from backend.dispatch.models import Delivery, Offer
from backend.dispatch.rules import Result
from backend.incidents.models import Report
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.ids import new_id
from backend.kernel.journal import broken_chains
from backend.kernel.outbox import Notice, announce
from backend.kernel.sealed import Keyring, RecordKey, seal_of
from backend.organisations.directory import Owner
from backend.organisations.models import ChatLink
from backend.settings import Settings
from tests.conftest import NOW
from tests.dispatch.conftest import Body
from tests.support.chats import TOKEN, Answer, BotApi, bot_api, link_desk, link_person, refused
from tests.support.incidents import add_report, open_incident
from tests.support.jobs import run_jobs
from tests.support.smtp import Mailbox

GROUP, PRIVATE = "-1004711", "4711001"


@pytest.fixture
def api() -> Iterator[BotApi]:
    with bot_api() as made:
        yield made


@pytest.fixture
def settings(settings: Settings, api: BotApi) -> Settings:
    return replace(settings, telegram_token=TOKEN, telegram_api=api.url)


@pytest.fixture
def app(app: Flask, clock: MovableClock, settings: Settings) -> Flask:
    """The application whose Telegram goes by the clock of the test."""
    limiter = Limiter(lambda: clock.now().timestamp())
    channels_of(app)["telegram"] = Telegram(settings, limiter=limiter)
    return app


@pytest.fixture
def channel(api: BotApi) -> Telegram:
    return Telegram(Settings.from_env({}, telegram_token=TOKEN, telegram_api=api.url))


def message(**changes: Any) -> Message:
    return replace(Message(new_id(), PRIVATE, "Subject", "Words", "en", NOW), **changes)


CASES: dict[str, tuple[Answer, Result, str]] = {
    "taken": (Answer(), Result.HANDED_OVER, "200"),
    "taken, but not so": (Answer(200, {"ok": False}), Result.RETRY, "unreadable"),
    "not even JSON": (Answer(200, b"<html>"), Result.RETRY, "unreadable"),
    "JSON that is no object": (Answer(200, []), Result.RETRY, "unreadable"),
    "blocked": (refused(403, "Forbidden: bot was blocked by the user"), Result.NEVER, "403"),
    "no such chat": (refused(400, "Bad Request: chat not found"), Result.NEVER, "chat-not-found"),
    "not understood": (refused(400, "Bad Request: message text is empty"), Result.NEVER, "400"),
    "too often": (refused(429, "Too Many Requests", retry_after=7), Result.RETRY, "429"),
    "our token is wrong": (refused(401, "Unauthorized"), Result.RETRY, "401"),
    "our token is no token": (refused(404, "Not Found"), Result.RETRY, "404"),
    "broken there": (Answer(502, b"<html>"), Result.RETRY, "502"),
    "a redirect": (Answer(302, b""), Result.RETRY, "302"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_an_answer_means(api: BotApi, channel: Telegram, name: str) -> None:
    answer, result, code = CASES[name]
    api.answers.append(answer)
    outcome = channel.send(message())
    assert (outcome.state, outcome.code) == (result, code)


def test_a_connection_that_is_cut_is_worth_another_try(api: BotApi, channel: Telegram) -> None:
    api.answers.append(Answer(0))
    with pytest.raises(TelegramFailed, match="unreachable"):
        channel.send(message())


def test_a_machine_that_is_not_there_is_worth_another_try() -> None:
    channel = Telegram(Settings.from_env({}, telegram_token=TOKEN, telegram_api="http://127.0.0.1:1"))
    with pytest.raises(TelegramFailed, match="unreachable") as failed:
        channel.send(message())
    assert TOKEN not in str(failed.value)


def test_nothing_goes_to_a_chat_before_the_time_that_telegram_named(api: BotApi) -> None:
    at = [100.0]
    settings = Settings.from_env({}, telegram_token=TOKEN, telegram_api=api.url)
    channel = Telegram(settings, limiter=Limiter(lambda: at[0]))
    api.answers.append(refused(429, "Too Many Requests", retry_after=7))
    assert channel.send(message()).after_s == 7
    at[0] += 6
    for lane in ("deliveries", "sos"):
        early = channel.send(message(lane=lane))
        assert (early.state, early.code, early.after_s) == (Result.LATER, "paced", 1.0)
    assert channel.send(message(address="99")).state is Result.HANDED_OVER
    at[0] += 1.5
    assert channel.send(message()).state is Result.HANDED_OVER
    assert [call["chat_id"] for call in api.calls] == [int(PRIVATE), 99, int(PRIVATE)]


def test_a_group_that_became_a_supergroup_is_followed(api: BotApi, channel: Telegram) -> None:
    api.answers.append(refused(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-100999))
    assert channel.send(message(address=GROUP)).state is Result.HANDED_OVER
    assert [call["chat_id"] for call in api.calls] == [int(GROUP), -100999]


def test_a_message_is_plain_not_to_be_passed_on_and_without_a_preview() -> None:
    buttons = (Button("Open", url="https://x"), Button("Yes", data="offer:1:accept"))
    assert body_of(PRIVATE, message(body="<b>*_", buttons=buttons)) == {
        "chat_id": int(PRIVATE), "text": "<b>*_", "protect_content": True, "link_preview_options": {"is_disabled": True},
        "reply_markup": {
            "inline_keyboard": [
                [{"text": "Open", "url": "https://x"}], [{"text": "Yes", "callback_data": "offer:1:accept"}],
            ]
        },
    }  # fmt: skip


def test_messages_to_one_chat_are_a_second_apart_and_an_sos_does_not_wait() -> None:
    at = [10.0]
    limiter = Limiter(lambda: at[0])
    assert limiter.wait_s("a", urgent=False) == 0
    assert limiter.wait_s("a", urgent=False) == 1
    assert limiter.wait_s("a", urgent=True) == 0
    at[0] += 1
    assert limiter.wait_s("a", urgent=False) == 0


def test_messages_leave_nearly_evenly_and_some_of_the_rate_is_for_an_sos() -> None:
    at = [10.0]
    limiter = Limiter(lambda: at[0])
    waits = [limiter.wait_s(f"chat {number}", urgent=False) for number in range(40)]
    assert [wait > 0 for wait in waits] == [False] * BURST + [True] * (40 - BURST)
    later = waits[BURST:]
    assert later == sorted(set(later))  # each asker a little later than the last
    left = A_SECOND - BURST
    assert [limiter.wait_s(f"sos {number}", urgent=True) > 0 for number in range(left + 1)] == [False] * left + [True]
    at[0] += 1
    assert limiter.wait_s("chat 30", urgent=False) == 0


@pytest.mark.parametrize("sharers", [2, 3, 10])
def test_workers_that_share_the_rate_send_no_more_together_than_one_alone(sharers: int) -> None:
    at = [10.0]
    limiters = [Limiter(lambda: at[0], sharers=sharers) for _ in range(sharers)]
    asked = [(one, f"chat {number}") for number in range(40) for one in limiters]
    bulk = [limiter.wait_s(chat, urgent=False) for limiter, chat in asked]
    assert sharers <= bulk.count(0) <= max(BURST, sharers)
    urgent = [limiter.wait_s(f"sos {chat}", urgent=True) for limiter, chat in asked]
    assert bulk.count(0) + urgent.count(0) <= A_SECOND
    at[0] += 2
    assert [limiter.wait_s("sos later", urgent=True) for limiter in limiters] == [0.0] * sharers


def test_whoever_comes_back_when_told_may_send_so_that_the_pace_is_used() -> None:
    at, sent = [10.0], 0
    limiter = Limiter(lambda: at[0])
    back_at = dict.fromkeys(map(str, range(100)), 10.0)
    while back_at:
        chat = min(back_at, key=lambda one: back_at[one])
        at[0] = max(at[0], back_at[chat])
        if wait := limiter.wait_s(chat, urgent=False):
            back_at[chat] = at[0] + wait
        else:
            sent += 1
            del back_at[chat]
    assert sent == 100
    assert 100 / PACED - 1 <= at[0] - 10 <= 100 / PACED + 1


def commit(session: Session) -> None:
    session.commit()
    act_as(session, SYSTEM)


@pytest.fixture
def owned(session: Session, body: Body) -> UUID:
    made = open_incident(session, NOW, owner=Owner(body.org, body.desk, body.first), grade=2)
    commit(session)
    return made


def tell(session: Session, incident: UUID, template: str, **chosen: Any) -> None:
    announce(session, [Notice(template, incident, **chosen)], now=NOW)
    commit(session)


def rows(session: Session, channel: str = "telegram") -> list[Delivery]:
    commit(session)
    query = select(Delivery).filter_by(channel=channel).order_by(Delivery.created_at, Delivery.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def test_a_linked_person_and_a_linked_group_are_told_beside_the_letters(
    app: Flask, session: Session, ring: Keyring, body: Body, owned: UUID, api: BotApi, mailbox: Mailbox
) -> None:
    link_person(session, ring, body.first, PRIVATE, NOW)
    link_desk(session, ring, body.desk, GROUP, body.first, NOW)
    tell(session, owned, "report_received_desk", desk_id=body.desk, lane="sos", params={"number": 1})
    run_jobs(app)
    assert {call["chat_id"] for call in api.calls} == {int(PRIVATE), int(GROUP)}
    assert all("No" not in said and "no. 1" in said and "https://" not in said for said in api.texts)
    assert api.buttons(0) == api.buttons(1) == [f"https://linli.example/console/incidents/{owned}"]
    assert [(row.state, row.outcome) for row in rows(session)] == [("handed_over", "200")] * 2
    assert len(mailbox.letters) == 2
    assert set(api.paths) == {f"/bot{TOKEN}/sendMessage"}


def test_the_address_stands_in_the_text_where_telegram_takes_no_button_to_it(
    app: Flask, session: Session, ring: Keyring, body: Body, owned: UUID, api: BotApi
) -> None:
    # The channel that is open goes on talking to the test's API; what is written is meant for the real one.
    channels_of(app)
    carried = app.extensions["linli"]
    real = replace(carried.settings, public_url="", telegram_api="https://api.telegram.org")
    app.extensions["linli"] = replace(carried, settings=real)
    link_person(session, ring, body.first, PRIVATE, NOW)
    tell(session, owned, "rung_remind_owner", person_id=body.first)
    run_jobs(app)
    assert api.buttons() == []
    assert f"http://localhost:8000/console/incidents/{owned}" in api.texts[0]


def offered(session: Session, body: Body, incident: UUID, part: str = "volunteer") -> UUID:
    offer = Offer(
        id=new_id(), incident_id=incident, part=part, route="V", org_id=body.org, person_id=body.first, wave=1,
        chain_step=0, state="proposed", offered_at=NOW, due_at=NOW + timedelta(minutes=5),
    )  # fmt: skip
    session.add(offer)
    commit(session)
    return offer.id


def test_whoever_is_asked_can_answer_from_the_chat(
    app: Flask, session: Session, ring: Keyring, body: Body, owned: UUID, api: BotApi
) -> None:
    link_person(session, ring, body.first, PRIVATE, NOW)
    offer = offered(session, body, owned)
    tell(session, owned, "offer_volunteer", person_id=body.first, offer_id=offer, lane="sos")
    run_jobs(app)
    assert api.buttons() == [f"offer:{offer}:seen", f"offer:{offer}:accept", f"offer:{offer}:decline"]
    assert max(len(key.encode()) for key in api.buttons()) <= 64
    assert "https://" not in api.texts[0]


def reporting(session: Session, ring: Keyring, incident: UUID, **chosen: Any) -> UUID:
    report = add_report(session, ring, NOW, incident_id=incident, **chosen)
    contact = chosen.get("contact") or {}
    values = {"reach": [way for way in ("email", "phone", "telegram") if way in contact], "id": report,
              "hash": ring.hashed("chat-report", contact.get("telegram", ""))}  # fmt: skip
    session.execute(text("UPDATE report SET reach = :reach, chat_hash = :hash WHERE id = :id"), values)
    commit(session)
    return report


CHAT = {"telegram": PRIVATE, "consent": True}
NIGHT = {"from": "23:00", "to": "06:00"}


@pytest.mark.parametrize(
    "case",
    [
        (CHAT, None, [("telegram", "handed_over", "200")]),
        (CHAT | {"consent": False}, None, [("telegram", "not_sent", "no-consent")]),
        (CHAT | {"email": "r@example.org"}, None, [("email", "handed_over", "250"), ("telegram", "handed_over", "200")]),
        (CHAT, {"channel": "telegram", "code_word": "plum"}, [("telegram", "handed_over", "200")]),
        (CHAT, {"channel": "none"}, [("telegram", "not_sent", "safe-contact")]),
        (CHAT, {"channel": "telegram", "hours": NIGHT}, [("telegram", "held", "safe-hours")]),
        (
            CHAT | {"email": "r@example.org"}, {"channel": "email"},
            [("email", "handed_over", "250"), ("telegram", "not_sent", "safe-contact")],
        ),
        ({"email": "r@example.org", "consent": True}, None, [("email", "handed_over", "250")]),
    ],
)  # fmt: skip
def test_a_resident_is_told_by_the_ways_they_left_and_only_as_it_is_safe(
    app: Flask, session: Session, ring: Keyring, owned: UUID, api: BotApi, case: tuple[Any, Any, Any]
) -> None:
    contact, safe, expected = case
    report = reporting(session, ring, owned, contact=contact, safe_contact=safe)
    tell(session, owned, "reporter_triaged", report_id=report)
    run_jobs(app)
    commit(session)
    found = session.execute(select(Delivery.channel, Delivery.state, Delivery.outcome).filter_by(report_id=report))
    assert sorted(tuple(row) for row in found) == expected
    if api.calls:
        word = "plum\n" if safe else ""
        assert api.texts == [f"{word}There is news for you."]
        assert api.buttons() == ["news"]


def test_at_night_a_resident_is_not_woken_by_a_chat(
    app: Flask, session: Session, ring: Keyring, body: Body, clock: MovableClock, api: BotApi
) -> None:
    quiet = open_incident(session, NOW, owner=Owner(body.org, body.desk, body.first), grade=4)
    report = reporting(session, ring, quiet, contact=CHAT)
    clock.advance(hours=6)  # eleven in the evening, where the place is
    tell(session, quiet, "reporter_triaged", report_id=report)
    run_jobs(app)
    assert [(row.state, row.outcome) for row in rows(session)] == [("held", "quiet-hours")]
    assert api.calls == []


@pytest.mark.parametrize(
    "answer", [refused(403, "Forbidden: bot was kicked"), refused(400, "Bad Request: chat not found")]
)
def test_a_chat_that_is_closed_to_us_is_forgotten_and_the_letter_went_anyhow(
    app: Flask, session: Session, ring: Keyring, body: Body, owned: UUID, api: BotApi, answer: Answer
) -> None:
    link_person(session, ring, body.first, PRIVATE, NOW)
    link = session.scalars(select(ChatLink.id)).one()
    api.answers.append(answer)
    tell(session, owned, "rung_remind_owner", person_id=body.first, lane="sos")
    run_jobs(app)
    assert [row.state for row in rows(session)] == ["failed"]
    assert [row.state for row in rows(session, "email")] == ["handed_over"]
    assert session.scalars(select(ChatLink)).all() == []
    assert session.get(RecordKey, link) is None
    assert session.scalars(select(Delivery).filter_by(template="delivery_failed")).all() == []
    assert list(broken_chains(session)) == []


def test_a_resident_who_blocked_us_keeps_their_other_address(
    app: Flask, session: Session, ring: Keyring, owned: UUID, api: BotApi
) -> None:
    report = reporting(session, ring, owned, contact=CHAT | {"email": "r@example.org"})
    api.answers.append(refused(403, "Forbidden: bot was blocked by the user"))
    tell(session, owned, "reporter_triaged", report_id=report)
    run_jobs(app)
    commit(session)
    row = session.get_one(Report, report)
    session.refresh(row)
    opened = seal_of(session, ring, report).open("contact", row.contact)
    assert (opened, row.reach, row.chat_hash) == ({"email": "r@example.org", "consent": True}, ["email"], None)


def test_where_every_way_fails_a_person_is_told(
    app: Flask, session: Session, ring: Keyring, body: Body, owned: UUID, api: BotApi, mailbox: Mailbox
) -> None:
    link_person(session, ring, body.deputy, PRIVATE, NOW)
    api.answers.append(refused(403, "Forbidden: bot was blocked by the user"))
    mailbox.replies.append("550 nobody here")
    tell(session, owned, "rung_deputy", person_id=body.deputy, lane="sos")
    run_jobs(app)
    words = session.scalars(select(Delivery).filter_by(template="sos_not_told", channel="in_app", desk_id=body.desk))
    assert {(word.person_id, word.state) for word in words} == {
        (body.first, "handed_over"), (body.deputy, "handed_over"),
    }  # fmt: skip


@pytest.fixture
def group(session: Session, ring: Keyring, body: Body) -> Callable[..., None]:
    link_desk(session, ring, body.desk, GROUP, body.first, NOW)

    def put(count: int, lane: str = "deliveries") -> None:
        for number in range(count):
            made = open_incident(session, NOW, owner=Owner(body.org, body.desk, body.first))
            tell(session, made, "report_received_desk", desk_id=body.desk, lane=lane, params={"number": number + 1})

    return put


def test_a_group_is_told_of_a_crowd_in_one_message(
    app: Flask, session: Session, api: BotApi, group: Callable[..., None]
) -> None:
    group(40)
    run_jobs(app)
    assert api.texts == ["40 new matters are with your desk. Please look."]
    assert api.buttons() == ["https://linli.example/console"]
    assert {(row.state, row.outcome, row.attempts) for row in rows(session)} == {("handed_over", "200", 1)}


def test_what_comes_within_three_seconds_waits_for_the_next_message(
    app: Flask, session: Session, clock: MovableClock, api: BotApi, group: Callable[..., None]
) -> None:
    group(1)
    run_jobs(app)
    group(2)
    run_jobs(app)
    put_off = [row for row in rows(session) if row.state == "waiting"]
    assert [(row.outcome, row.attempts, row.due_at) for row in put_off] == [
        ("group-pace", 0, NOW + timedelta(seconds=3))
    ] * 2
    assert len(api.calls) == 1
    clock.advance(seconds=3)
    group(1)
    sweep(app)
    run_jobs(app)
    assert api.texts[1:] == ["3 new matters are with your desk. Please look."]
    assert {row.state for row in rows(session)} == {"handed_over"}


def test_an_sos_goes_to_a_group_alone_and_before_everything_else(
    app: Flask, session: Session, clock: MovableClock, api: BotApi, group: Callable[..., None]
) -> None:
    group(1)
    run_jobs(app)
    group(3)
    group(2, lane="sos")
    run_jobs(app)
    assert [said.partition("\n")[0] for said in api.texts[1:]] == [
        "A new report, no. 1, is with your desk.", "A new report, no. 2, is with your desk.",
    ]  # fmt: skip
    free_at = session.scalars(select(ChatLink.free_at)).one()
    assert free_at == NOW + timedelta(seconds=9)  # the others wait longer for it


def test_a_digest_that_telegram_does_not_take_is_tried_again_whole(
    app: Flask, session: Session, clock: MovableClock, api: BotApi, group: Callable[..., None]
) -> None:
    group(3)
    api.answers.append(Answer(502, b""))
    run_jobs(app)
    assert {(row.state, row.outcome, row.attempts) for row in rows(session)} == {("waiting", "502", 1)}
    clock.advance(seconds=4)
    sweep(app)
    run_jobs(app)
    assert api.texts == ["3 new matters are with your desk. Please look."] * 2
    assert {(row.state, row.attempts) for row in rows(session)} == {("handed_over", 2)}


def test_an_offer_that_was_answered_meanwhile_is_not_counted_in_a_digest(
    app: Flask, session: Session, body: Body, owned: UUID, api: BotApi, group: Callable[..., None]
) -> None:
    offer = offered(session, body, owned, part="parallel")
    tell(session, owned, "offer_made", desk_id=body.desk, offer_id=offer)
    group(2)
    session.execute(text("UPDATE offer SET state = 'withdrawn'"))
    commit(session)
    run_jobs(app)
    assert api.texts == ["2 new matters are with your desk. Please look."]
    assert sorted(str(row.outcome) for row in rows(session)) == ["200", "200", "overtaken"]


def test_a_link_that_ended_meanwhile_says_so_and_reaches_nobody(
    app: Flask, session: Session, body: Body, owned: UUID, api: BotApi, group: Callable[..., None]
) -> None:
    group(2)
    session.execute(text("DELETE FROM chat_link"))
    commit(session)
    run_jobs(app)
    assert api.calls == []
    assert {(row.state, row.outcome) for row in rows(session)} == {("failed", "no-address")}


def test_no_chat_and_no_token_is_in_the_log(
    app: Flask, session: Session, ring: Keyring, body: Body, owned: UUID, api: BotApi, capfd: Any
) -> None:
    link_person(session, ring, body.first, PRIVATE, NOW)
    api.answers += [Answer(0), refused(403, "Forbidden")]
    tell(session, owned, "rung_remind_owner", person_id=body.first)
    tell(session, owned, "rung_deputy", person_id=body.first)
    run_jobs(app)
    out, err = capfd.readouterr()
    assert len(api.calls) >= 1
    assert [mark for mark in (PRIVATE, TOKEN, "4711") if mark in out + err] == []


def test_all_threads_of_a_process_keep_to_one_pace(app: Flask) -> None:
    app.extensions.pop("linli_channels")
    start, found = threading.Barrier(8), list[object]()

    def first_send() -> None:
        start.wait()
        found.append(channels_of(app)["telegram"])

    threads = [threading.Thread(target=first_send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(one) for one in found}) == 1
