"""The worker as a process of its own: it sends, takes over from the dead, outlives the database, stops cleanly."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from procrastinate import JobContext
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from backend import worker
from backend.dispatch.models import Delivery
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.jobs import QUEUES
from backend.kernel.outbox import Notice, announce
from backend.settings import Settings
from tests.dispatch.conftest import Body
from tests.support.incidents import open_incident
from tests.support.smtp import Mailbox

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.slow

STOPS_WITHIN_S = 10  # a promise: whoever supervises a worker kills it soon after
Started = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start_worker(settings: Settings) -> Iterator[Started]:
    """Start workers on the test's database; those that are left are killed at the end."""
    env = {
        "PATH": os.environ["PATH"], "DATABASE_URL": settings.database_url, "LINLI_DATA": str(settings.data),
        "LINLI_SMTP_HOST": "127.0.0.1", "LINLI_SMTP_PORT": str(settings.smtp_port), "LINLI_LOG_LEVEL": "info",
    }  # fmt: skip
    with ExitStack() as left:

        def start(**more: str) -> "subprocess.Popen[bytes]":
            process = subprocess.Popen(
                [sys.executable, "-m", "backend.worker"], cwd=ROOT, env=env | more, stderr=subprocess.PIPE
            )
            left.callback(process.communicate)
            left.callback(process.kill)
            assert process.stderr is not None
            while b"worker started" not in (line := process.stderr.readline()):
                assert line, "the worker ended before it began"
            return process

        yield start


def eventually(look: Callable[[], Any], within_s: float = 30.0) -> Any:
    """What ``look`` finds, once it finds something."""
    deadline = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)
    return found


def tell(session: Session, person: UUID, count: int = 1, lane: str = "sos") -> None:
    """Commit that ``person`` is to be told so often, now by the machine's clock."""
    now = datetime.now(UTC)
    incident = open_incident(session, now)
    announce(session, [Notice("offer_made", incident, person_id=person, lane=lane)] * count, now=now)
    session.commit()
    act_as(session, SYSTEM)


def states(session: Session) -> set[str]:
    """The states of all e-mails."""
    session.commit()
    act_as(session, SYSTEM)
    return set(session.scalars(text("SELECT state FROM delivery WHERE channel = 'email'")))


def test_a_report_reaches_somebody_while_the_worker_waits_for_work(
    session: Session, body: Body, mailbox: Mailbox, start_worker: Started
) -> None:
    start_worker()
    tell(session, body.first)
    mailbox.wait_for(1, 10)
    eventually(lambda: states(session) == {"handed_over"})
    assert mailbox.ids == [str(one) for one in session.scalars(select(Delivery.id).filter_by(channel="email"))]
    eventually(lambda: session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0)


def test_two_workers_send_each_message_once(
    session: Session, body: Body, mailbox: Mailbox, start_worker: Started
) -> None:
    start_worker()
    start_worker()
    tell(session, body.first, count=60, lane="bulk")
    mailbox.wait_for(60, 30)
    eventually(lambda: states(session) == {"handed_over"})
    assert len(mailbox.ids) == len(set(mailbox.ids)) == 60


def test_what_a_killed_worker_had_in_hand_is_sent_by_another_under_the_same_ids(
    session: Session, body: Body, mailbox: Mailbox, start_worker: Started
) -> None:
    mailbox.wait_s = 6.0  # the letter is taken, and the worker still waits to hear so
    first = start_worker()
    tell(session, body.first, count=4)
    mailbox.wait_for(1, 10)
    first.kill()
    first.wait()
    mailbox.wait_s = 0.0
    start_worker()
    eventually(lambda: states(session) == {"handed_over"}, within_s=50)
    assert len(set(mailbox.ids)) == 4
    assert len(mailbox.ids) > 4  # at least once: the receiver knows the second one by its id


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_told_to_stop_finishes_what_it_sends(
    session: Session, body: Body, mailbox: Mailbox, start_worker: Started, number: signal.Signals
) -> None:
    mailbox.wait_s = 1.5
    worker = start_worker()
    tell(session, body.first)
    mailbox.wait_for(1, 10)
    worker.send_signal(number)
    assert worker.wait(STOPS_WITHIN_S) == 0
    assert (states(session), len(mailbox.letters)) == ({"handed_over"}, 1)
    assert session.scalar(text("SELECT count(*) FROM procrastinate_workers")) == 0


def test_what_a_stopping_worker_has_not_begun_is_left_to_the_next_and_nothing_is_sent_twice(
    session: Session, body: Body, mailbox: Mailbox, start_worker: Started
) -> None:
    mailbox.wait_s = 0.5
    worker = start_worker()
    tell(session, body.first, count=30, lane="bulk")
    mailbox.wait_for(1, 10)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(STOPS_WITHIN_S) == 0
    session.commit()
    act_as(session, SYSTEM)
    found = session.execute(text("SELECT state, attempts, lease_until FROM delivery WHERE channel = 'email'")).all()
    sent = [one for one in found if one.state == "handed_over"]
    assert 1 <= len(sent) == len(mailbox.ids) < 30
    assert {tuple(one) for one in found if one not in sent} == {("waiting", 0, None)}
    mailbox.wait_s = 0.0
    start_worker()
    eventually(lambda: states(session) == {"handed_over"})
    assert len(mailbox.ids) == len(set(mailbox.ids)) == 30


def test_a_server_that_does_not_answer_keeps_no_worker_from_stopping(
    session: Session, body: Body, mailbox: Mailbox, start_worker: Started
) -> None:
    mailbox.wait_s = 30.0
    worker = start_worker()
    tell(session, body.first)
    mailbox.wait_for(1, 10)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(STOPS_WITHIN_S) == 0
    found = session.execute(text("SELECT state, lease_until FROM delivery WHERE channel = 'email'")).one()
    assert (found.state, found.lease_until) == ("waiting", None)


def test_a_worker_outlives_the_loss_of_every_connection(
    session: Session, body: Body, mailbox: Mailbox, start_worker: Started, database_url: str
) -> None:
    worker = start_worker()
    tell(session, body.first)
    mailbox.wait_for(1, 10)
    session.commit()
    with psycopg.connect(database_url) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database()"
        )
    session.connection().invalidate()
    session.rollback()
    act_as(session, SYSTEM)
    tell(session, body.first)
    mailbox.wait_for(2, 30)
    eventually(lambda: states(session) == {"handed_over"})
    assert worker.poll() is None


def test_slow_letters_in_other_lanes_do_not_hold_up_an_sos(
    session: Session, body: Body, mailbox: Mailbox, start_worker: Started
) -> None:
    mailbox.wait_s = 2.0
    start_worker(LINLI_WORKER_CONCURRENCY="2")
    tell(session, body.deputy, count=12, lane="bulk")
    mailbox.wait_for(2, 10)
    tell(session, body.first, lane="sos")
    mailbox.wait_for(5, 10)
    sent_to = [letter["To"] for letter in mailbox.letters[:5]]
    assert "first@example.org" in sent_to


@pytest.mark.parametrize(
    ("turn_s", "lane", "expected"),
    [
        (30.0, "bulk", ["first begins", "first ends", "second begins", "second ends"]),
        (0.0, "bulk", ["first begins", "second begins", "second ends", "first ends"]),
        (30.0, "sos", ["first begins", "second begins", "second ends", "first ends"]),
    ],
    ids=[
        "quick ones of a lane go one after the other",
        "a slow one keeps no other",
        "lanes do not wait for each other",
    ],
)
def test_jobs_take_turns(monkeypatch: pytest.MonkeyPatch, turn_s: float, lane: str, expected: list[str]) -> None:
    monkeypatch.setattr(worker, "TURN_S", turn_s)
    ids, said, second_ended = {UUID(int=1): "first", UUID(int=2): "second"}, list[str](), threading.Event()

    def look(_app: Flask, row_id: UUID) -> None:
        said.append(f"{ids[row_id]} begins")
        if ids[row_id] == "first" and expected[1] == "second begins":
            assert second_ended.wait(30)
        said.append(f"{ids[row_id]} ends")
        if ids[row_id] == "second":
            second_ended.set()

    async def run_both() -> None:
        begin = worker._task(Flask("test"), "look", look, {one: asyncio.Lock() for one in QUEUES})
        contexts = [SimpleNamespace(job=SimpleNamespace(queue=queue)) for queue in ("bulk", lane)]
        jobs = zip(contexts, ids, strict=True)
        await asyncio.gather(*(begin(cast(JobContext, context), str(row_id)) for context, row_id in jobs))

    asyncio.run(run_both())
    assert said == expected


def test_a_worker_without_a_database_says_what_it_lacks() -> None:
    env = {"PATH": os.environ["PATH"]}
    ended = subprocess.run(
        [sys.executable, "-m", "backend.worker"], cwd=ROOT, env=env, capture_output=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert b"DATABASE_URL" in ended.stderr
