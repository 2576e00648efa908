"""Sending: claimed once, tried again, given up loudly, and never recorded by whoever lost the lease."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from standardwebhooks import Webhook as Signer

from backend.dispatch.batches import LEASE
from backend.dispatch.channels import Message, Outcome
from backend.dispatch.deliveries import (
    channels_of,
    give_back,
    mark_seen,
    release_held,
    send_delivery,
    sweep,
)
from backend.dispatch.models import Delivery, DeliveryAttempt, Offer
from backend.dispatch.rules import Result
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as, insert_all
from backend.kernel.ids import new_id
from backend.kernel.journal import Event, broken_chains
from backend.kernel.outbox import Notice, announce
from backend.kernel.sealed import Keyring
from backend.organisations.directory import Owner
from tests.conftest import NOW
from tests.dispatch.conftest import SECRET, Body, add_webhook
from tests.support.incidents import add_report, open_incident
from tests.support.jobs import run_jobs
from tests.support.people import make_person
from tests.support.smtp import Mailbox
from tests.support.webhooks import Receiver

CONTACT = {"email": "r@example.org", "consent": True}


def commit(session: Session) -> None:
    session.commit()
    act_as(session, SYSTEM)


@pytest.fixture
def owned(session: Session, body: Body) -> UUID:
    """An incident that the body's desk owns."""
    made = open_incident(session, NOW, owner=Owner(body.org, body.desk, body.first))
    commit(session)
    return made


def tell(session: Session, incident_id: UUID, template: str = "offer_made", **chosen: Any) -> None:
    announce(session, [Notice(template, incident_id, **chosen)], now=NOW)
    commit(session)


def one(session: Session, **where: Any) -> Delivery:
    """The delivery that fits, as it stands now."""
    commit(session)
    query = select(Delivery).filter_by(**where).execution_options(populate_existing=True)
    return session.scalars(query).one()


def tries(session: Session, delivery: Delivery) -> list[tuple[str, str]]:
    query = select(DeliveryAttempt).filter_by(delivery_id=delivery.id).order_by(DeliveryAttempt.id)
    return [(row.outcome, row.code) for row in session.scalars(query)]


def test_a_letter_is_neutral_and_carries_the_deliverys_id(
    app: Flask, session: Session, body: Body, owned: UUID, mailbox: Mailbox
) -> None:
    tell(session, owned, person_id=body.first, params={"due_at": "2026-03-02T09:10:00+00:00"})
    assert run_jobs(app) == 1
    sent, letter = one(session, channel="email"), mailbox.letters[0]
    assert (sent.state, sent.outcome, sent.attempts) == ("handed_over", "250", 1)
    assert mailbox.ids == [str(sent.id)]
    assert (letter["To"], letter["Auto-Submitted"]) == ("first@example.org", "auto-generated")
    assert letter["Date"].datetime == NOW
    words = letter.get_content()
    assert f"https://linli.example/console/incidents/{owned}" in words
    assert "2 Mar 17:10" in words
    assert letter["Subject"] == "Will you take no. 1?"


def test_a_letter_to_a_reader_of_chinese_is_in_chinese(
    app: Flask, session: Session, body: Body, owned: UUID, mailbox: Mailbox
) -> None:
    tell(session, owned, person_id=body.deputy)
    run_jobs(app)
    assert mailbox.letters[0]["Subject"] == "请决定是否接受编号1"


def test_running_a_job_twice_sends_once(
    app: Flask, session: Session, body: Body, owned: UUID, mailbox: Mailbox
) -> None:
    tell(session, owned, person_id=body.first)
    run_jobs(app)
    send_delivery(app, one(session, channel="email").id)
    assert len(mailbox.letters) == 1


def test_a_webhook_call_is_signed_and_says_ids_and_times_only(
    app: Flask, session: Session, ring: Keyring, body: Body, owned: UUID, receiver: Receiver
) -> None:
    add_webhook(session, ring, body.org, receiver.url)
    tell(session, owned, desk_id=body.desk, lane="sos")
    run_jobs(app)
    sent = one(session, channel="webhook")
    assert (sent.state, sent.outcome) == ("delivered", "204")
    assert sent.handed_over_at == sent.delivered_at == NOW
    headers, raw = receiver.calls[0]
    assert headers["webhook-id"] == str(sent.id)
    assert headers["webhook-signature"] == Signer(SECRET).sign(str(sent.id), NOW, raw.decode())
    said = json.loads(raw)
    assert (said["type"], said["timestamp"]) == ("offer_made", NOW.isoformat())
    assert set(said["data"]) == {"incident_id", "offer_id", "url", "number"}


@pytest.fixture
def telling(session: Session, body: Body, owned: UUID) -> None:
    """Somebody is to be told by a letter that has not gone yet."""
    tell(session, owned, person_id=body.first)


@pytest.mark.usefixtures("telling")
@pytest.mark.parametrize(
    "replies, ended",
    [
        (["451 later"], ("handed_over", "250", 2)),
        (["451 later"] * 4, ("handed_over", "250", 5)),
        (["451 later"] * 5, ("failed", "451", 5)),
        (["550 nobody here"], ("failed", "550", 1)),
        (["535 sign in"], ("handed_over", "250", 2)),
    ],
)
def test_a_refused_letter_is_tried_again_or_given_up_by_the_servers_reply(
    app: Flask, session: Session, mailbox: Mailbox, clock: MovableClock, replies: list[str], ended: tuple[str, str, int]
) -> None:
    mailbox.replies.extend(replies)
    run_jobs(app)
    for wait_s in (1, 30, 120, 600)[: ended[2] - 1]:
        clock.advance(seconds=wait_s - 0.5)
        assert sweep(app) == 0
        clock.advance(seconds=0.5)
        assert sweep(app) == 1
        run_jobs(app)
    sent = one(session, channel="email", template="offer_made")
    assert (sent.state, sent.outcome, len(tries(session, sent))) == ended


def test_what_cannot_be_delivered_is_told_to_the_desk_and_journalled(
    app: Flask, session: Session, body: Body, owned: UUID, mailbox: Mailbox
) -> None:
    mailbox.replies.append("550 nobody here")
    tell(session, owned, person_id=body.deputy)
    run_jobs(app)
    word = one(session, template="delivery_failed", channel="in_app")
    assert (word.person_id, word.state) == (body.first, "handed_over")
    fact = session.scalars(select(Event).where(Event.type == "DeliveryFailed")).one()
    assert (fact.payload["channel"], fact.payload["code"]) == ("email", "550")
    assert list(broken_chains(session)) == []


def test_a_delivery_by_a_channel_that_is_off_goes_on_by_the_next(
    app: Flask, session: Session, body: Body, owned: UUID, mailbox: Mailbox
) -> None:
    tell(session, owned, person_id=body.first)
    session.execute(text("UPDATE delivery SET channel = 'telegram' WHERE channel = 'email'"))
    commit(session)
    run_jobs(app)
    off, sent = one(session, channel="telegram"), one(session, channel="email")
    assert (off.state, off.outcome, sent.state) == ("failed", "channel-off", "handed_over")
    assert len(mailbox.letters) == 1


def test_a_channel_that_was_tried_already_is_not_tried_again_and_nobody_is_alarmed_where_it_went(
    app: Flask, session: Session, body: Body, owned: UUID, mailbox: Mailbox
) -> None:
    tell(session, owned, person_id=body.first)
    again = {"id": new_id(), "channel": "push", "now": NOW}
    session.execute(
        text(
            "INSERT INTO delivery (id, incident_id, person_id, channel, lane, template, params, language, state,"
            " created_at, due_at, fence, attempts) SELECT :id, incident_id, person_id, :channel, lane, template,"
            " params, language, 'waiting', created_at, :now, 0, 0 FROM delivery WHERE channel = 'email'"
        ),
        again,
    )
    commit(session)
    sweep(app)
    run_jobs(app)
    assert one(session, channel="push").state == "failed"
    assert len(mailbox.letters) == 1
    assert session.scalars(select(Delivery).filter_by(template="delivery_failed")).all() == []


def test_a_webhook_that_fails_about_a_failure_ends_there(
    app: Flask, session: Session, ring: Keyring, body: Body, owned: UUID, receiver: Receiver
) -> None:
    add_webhook(session, ring, body.org, receiver.url)
    receiver.statuses.append(410)
    tell(session, owned, desk_id=body.desk)
    while run_jobs(app):
        pass
    assert one(session, channel="webhook").outcome == "410"
    assert one(session, template="delivery_failed", person_id=body.first).channel == "in_app"


class Doing:
    """A channel that does something else in the midst of sending, as time and other workers do."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act
        self.sent: list[UUID] = []

    def send(self, message: Message) -> Outcome:
        self.sent.append(message.id)
        self._act()
        return Outcome(Result.HANDED_OVER, "250")


def test_a_delivery_that_somebody_holds_is_left_to_them(app: Flask, session: Session, body: Body, owned: UUID) -> None:
    tell(session, owned, person_id=body.first)
    sending = one(session, channel="email").id

    def try_as_well() -> None:
        send_delivery(app, sending)
        assert sweep(app) == 0

    channel = Doing(try_as_well)
    channels_of(app)["email"] = channel
    run_jobs(app)
    assert channel.sent == [sending]


def test_a_worker_that_lost_its_lease_records_its_try_and_not_the_outcome(
    app: Flask, session: Session, body: Body, owned: UUID, clock: MovableClock
) -> None:
    tell(session, owned, person_id=body.first)
    sending = one(session, channel="email").id

    def be_too_slow() -> None:
        clock.advance(seconds=LEASE.total_seconds() + 1)
        channels_of(app)["email"] = quick
        with app.app_context():
            assert sweep(app) == 1
        run_jobs(app)

    quick, slow = Doing(lambda: None), Doing(be_too_slow)
    channels_of(app)["email"] = slow
    run_jobs(app)
    sent = one(session, channel="email")
    assert (slow.sent, quick.sent) == ([sending], [sending])
    assert (sent.state, sent.fence, sent.attempts, sent.handed_over_at) == ("handed_over", 2, 2, clock.now())
    assert len(tries(session, sent)) == 2


def test_a_channel_that_breaks_costs_a_try_and_nothing_else(
    app: Flask, session: Session, body: Body, owned: UUID
) -> None:
    def break_down() -> None:
        raise RuntimeError("a mistake of ours")

    tell(session, owned, person_id=body.first)
    channels_of(app)["email"] = Doing(break_down)
    run_jobs(app)
    sent = one(session, channel="email")
    assert (sent.state, sent.outcome, tries(session, sent)) == ("waiting", "fault", [("retry", "fault")])


def test_a_message_that_kills_its_workers_is_given_up(
    app: Flask, session: Session, body: Body, owned: UUID, clock: MovableClock, mailbox: Mailbox
) -> None:
    tell(session, owned, person_id=body.first)
    session.execute(text("UPDATE delivery SET attempts = 6 WHERE channel = 'email'"))
    commit(session)
    run_jobs(app)
    sent = one(session, channel="email")
    assert (sent.state, sent.outcome, mailbox.letters) == ("failed", "gave-up", [])


def test_the_lease_of_a_send_that_will_not_end_is_given_back_and_another_worker_sends(
    app: Flask, session: Session, body: Body, owned: UUID
) -> None:
    tell(session, owned, person_id=body.first)
    seen: list[Any] = []

    def stop_now() -> None:
        channels_of(app)["email"] = quick
        with app.app_context():
            give_back(app)
        seen.append((one(session, channel="email").lease_until, one(session, channel="email").fence))

    quick, slow = Doing(lambda: None), Doing(stop_now)
    channels_of(app)["email"] = slow
    run_jobs(app)
    sent = one(session, channel="email")
    assert (seen, slow.sent, quick.sent) == ([(None, 2)], [sent.id], [sent.id])
    assert (sent.state, sent.fence, sent.attempts) == ("handed_over", 3, 2)


def test_a_lost_job_loses_nothing(app: Flask, session: Session, body: Body, owned: UUID, mailbox: Mailbox) -> None:
    tell(session, owned, person_id=body.first)
    assert sweep(app) == 0
    session.execute(text("DELETE FROM procrastinate_jobs"))
    commit(session)
    assert sweep(app) == 1
    assert sweep(app) == 0
    run_jobs(app)
    assert len(mailbox.letters) == 1


def test_a_resident_without_consent_is_not_written_to(
    app: Flask, session: Session, ring: Keyring, owned: UUID, mailbox: Mailbox
) -> None:
    report = add_report(session, ring, NOW, incident_id=owned, contact={"email": "r@example.org"})
    tell(session, owned, "reporter_triaged", report_id=report)
    run_jobs(app)
    sent = one(session, channel="email")
    assert (sent.state, sent.outcome, mailbox.letters) == ("not_sent", "no-consent", [])


def test_a_letter_to_a_resident_says_nothing_but_that_there_is_news(
    app: Flask, session: Session, ring: Keyring, owned: UUID, mailbox: Mailbox
) -> None:
    safe = {"channel": "email", "hours": {"from": "16:00", "to": "18:00"}, "code_word": "plum blossom"}
    report = add_report(session, ring, NOW, incident_id=owned, contact=CONTACT, safe_contact=safe, language="zh")
    tell(session, owned, "reporter_closed", report_id=report)
    run_jobs(app)
    letter = mailbox.letters[0]
    assert (letter["Subject"], letter["To"]) == ("您有一条消息", "r@example.org")
    assert letter.get_content().splitlines() == [
        "plum blossom", "您有新消息。请凭回执码查看：", "https://linli.example/receipt",
    ]  # fmt: skip
    assert str(owned) not in letter.as_string()


def test_safe_hours_are_waited_for_and_checked_once_more(
    app: Flask, session: Session, ring: Keyring, owned: UUID, mailbox: Mailbox, clock: MovableClock
) -> None:
    safe = {"channel": "email", "hours": {"from": "20:00", "to": "21:00"}}  # it is 17:00 in Taipei
    report = add_report(session, ring, NOW, incident_id=owned, contact=CONTACT, safe_contact=safe)
    tell(session, owned, "reporter_closed", report_id=report)
    run_jobs(app)
    held = one(session, channel="email")
    assert (held.state, held.outcome, held.attempts) == ("held", "safe-hours", 0)
    assert held.due_at == NOW + timedelta(hours=3)
    clock.advance(hours=2, minutes=59)
    assert release_held(app) == 0
    clock.advance(minutes=1)
    assert release_held(app) == 1
    sweep(app)
    run_jobs(app)
    assert len(mailbox.letters) == 1


def test_a_worker_that_comes_after_the_safe_hours_holds_back_again(
    app: Flask, session: Session, ring: Keyring, owned: UUID, mailbox: Mailbox, clock: MovableClock
) -> None:
    safe = {"channel": "email", "hours": {"from": "20:00", "to": "21:00"}}
    report = add_report(session, ring, NOW, incident_id=owned, contact=CONTACT, safe_contact=safe)
    tell(session, owned, "reporter_closed", report_id=report)
    run_jobs(app)
    clock.advance(hours=4, minutes=1)
    release_held(app)
    sweep(app)
    run_jobs(app)
    held = one(session, channel="email")
    assert (held.state, held.due_at, mailbox.letters) == ("held", NOW + timedelta(hours=27), [])


def test_in_safe_mode_a_resident_who_named_no_safe_way_is_not_written_to(
    app: Flask, session: Session, ring: Keyring, mailbox: Mailbox
) -> None:
    incident_id = open_incident(session, NOW, safe_mode=True, grade=1)
    report = add_report(session, ring, NOW, incident_id=incident_id, contact=CONTACT)
    tell(session, incident_id, "reporter_answer", report_id=report, lane="sos")
    run_jobs(app)
    sent = one(session, channel="email")
    assert (sent.state, sent.outcome, mailbox.letters) == ("not_sent", "safe-contact", [])


def test_erased_words_stay_erased_on_the_way_out(
    app: Flask, session: Session, ring: Keyring, owned: UUID, mailbox: Mailbox
) -> None:
    report = add_report(session, ring, NOW, incident_id=owned, contact=CONTACT)
    tell(session, owned, "reporter_closed", report_id=report)
    session.execute(text("DELETE FROM record_key WHERE record_id = :id"), {"id": report})
    commit(session)
    run_jobs(app)
    sent = one(session, channel="email")
    assert (sent.state, sent.outcome, mailbox.letters) == ("not_sent", "erased", [])


@pytest.mark.parametrize(
    "state, expected", [("proposed", "handed_over"), ("withdrawn", "not_sent"), ("lapsed", "not_sent")]
)
def test_an_offer_that_is_over_is_no_longer_told_of(
    app: Flask, session: Session, body: Body, owned: UUID, state: str, expected: str
) -> None:
    offer = {"id": new_id(), "incident_id": owned, "part": "lead", "route": "NC", "org_id": body.org,
             "desk_id": body.desk, "wave": 0, "chain_step": 0, "state": "proposed", "offered_at": NOW,
             "due_at": NOW + timedelta(minutes=10)}  # fmt: skip
    insert_all(session, {Offer.metadata.tables["offer"]: [offer]})
    tell(session, owned, person_id=body.first, offer_id=offer["id"])
    session.execute(text("UPDATE offer SET state = :state"), {"state": state})
    commit(session)
    run_jobs(app)
    assert one(session, channel="email").state == expected


def test_somebody_without_an_address_is_reported_as_not_reached(
    app: Flask, session: Session, ring: Keyring, body: Body, owned: UUID
) -> None:
    person = make_person(session, ring, NOW, roles=["responder"], org=body.org, email="gone@example.org")
    tell(session, owned, person_id=person)
    session.execute(text("UPDATE person SET email = NULL WHERE id = :id"), {"id": person})
    commit(session)
    run_jobs(app)
    assert one(session, person_id=person, channel="email").outcome == "no-address"
    assert one(session, template="delivery_failed", channel="in_app").person_id == body.first


def test_a_message_is_seen_when_its_reader_says_so_and_nobody_else(session: Session, body: Body, owned: UUID) -> None:
    tell(session, owned, person_id=body.first)
    message = one(session, channel="in_app")
    assert mark_seen(session, [message.id], person_id=body.deputy, now=NOW) == 0
    assert mark_seen(session, [message.id], person_id=body.first, now=NOW) == 1
    assert mark_seen(session, [message.id], person_id=body.first, now=NOW) == 0
    seen = one(session, channel="in_app")
    assert (seen.state, seen.seen_at) == ("seen", NOW)


def test_an_outcome_is_recorded_when_the_database_was_away_for_a_moment(
    app: Flask, session: Session, body: Body, owned: UUID, database_url: str
) -> None:
    tell(session, owned, person_id=body.first)
    session.commit()

    def cut_connections() -> None:
        with psycopg.connect(database_url) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND datname = current_database()"
            )

    channels_of(app)["email"] = Doing(cut_connections)
    run_jobs(app)
    session.rollback()
    act_as(session, SYSTEM)
    sent = one(session, channel="email")
    assert (sent.state, tries(session, sent)) == ("handed_over", [("handed_over", "250")])
