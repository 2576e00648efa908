"""The dead-man alarm: somebody is told when the worker stops, by another process and without it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from backend.console.health.alarm import Watch, ping
from backend.console.health.silence import AGAIN, SILENT, Silence, Trouble, turn
from backend.kernel import pulse
from backend.kernel.clock import MovableClock
from backend.kernel.database import db
from backend.settings import SettingRefused, Settings
from tests.conftest import NOW
from tests.support.smtp import smtp_server
from tests.support.webhooks import webhook_receiver

WORKER, DATABASE, NONE = Trouble.WORKER, Trouble.DATABASE, Trouble.NONE
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("silence", "seen", "word"),
    [
        (Silence(), NONE, ""),
        (Silence(), WORKER, ""),
        (Silence(WORKER, NOW - SILENT + SECOND), WORKER, ""),
        (Silence(WORKER, NOW - SILENT), WORKER, "silent"),
        (Silence(WORKER, NOW - SILENT), DATABASE, "silent"),
        (Silence(WORKER, NOW - SILENT), NONE, ""),
        (Silence(WORKER, NOW - AGAIN, NOW - SECOND), WORKER, ""),
        (Silence(WORKER, NOW - 2 * AGAIN, NOW - AGAIN), WORKER, "silent"),
        (Silence(WORKER, NOW - AGAIN, NOW - SECOND), NONE, "back"),
    ],
)
def test_a_silence_is_told_after_a_minute_and_each_hour_and_its_end_once(
    silence: Silence, seen: Trouble, word: str
) -> None:
    after, told = turn(silence, seen, now=NOW)
    assert told == word
    assert after == Silence() if seen is NONE else after.trouble is seen


def test_those_who_run_linli_are_told_that_no_worker_lives_and_that_one_does_again(
    app: Flask, session: Session, settings: Settings, clock: MovableClock
) -> None:
    with smtp_server() as mailbox:
        chosen = replace(settings, smtp_host="127.0.0.1", smtp_port=mailbox.port, alarm_email=("night@example.org",))
        watch = Watch(chosen, db.engine, clock)
        assert watch.look() == ""
        clock.advance(seconds=61)
        assert watch.look() == "silent"
        pulse.beat(session, "worker", now=clock.now(), told={})
        session.commit()
        assert watch.look() == "back"
        assert [letter["Subject"] for letter in mailbox.letters] == [
            "Linli: the worker has stopped",
            "Linli works again",
        ]
        assert {letter["To"] for letter in mailbox.letters} == {"night@example.org"}


def test_a_database_that_is_away_is_told_too(app: Flask, settings: Settings, clock: MovableClock) -> None:
    with app.app_context(), smtp_server() as mailbox:
        engine = db.engine
        chosen = replace(settings, smtp_host="127.0.0.1", smtp_port=mailbox.port, alarm_email=("night@example.org",))
        watch = Watch(chosen, engine, clock)
        kept, engine.url = engine.url, engine.url.set(database="nowhere")
        engine.dispose()
        watch.look()
        clock.advance(seconds=61)
        watch.look()
        engine.url = kept
        assert [letter["Subject"] for letter in mailbox.letters] == ["Linli: the database cannot be reached"]


@pytest.mark.parametrize(("statuses", "told"), [((), 1), ((500,), 0)])
def test_a_worker_that_works_calls_the_alarm_outside(app: Flask, statuses: tuple[int, ...], told: int) -> None:
    with webhook_receiver() as receiver:
        receiver.statuses.extend(statuses)
        app.extensions["linli"] = replace(
            app.extensions["linli"], settings=replace(app.extensions["linli"].settings, alarm_ping=receiver.url)
        )
        assert ping(app) == told
        assert len(receiver.calls) == 1


def test_without_an_address_nobody_is_called(app: Flask) -> None:
    assert ping(app) == 0


def test_an_address_that_is_none_is_refused_at_start() -> None:
    with pytest.raises(SettingRefused, match="LINLI_ALARM_PING"):
        Settings.from_env({"LINLI_ALARM_PING": "somewhere"})
