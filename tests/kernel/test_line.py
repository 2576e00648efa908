"""Statements that are sent ahead: their answers, their failures, and what else the connection is used for meanwhile."""

import threading
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, InternalError, OperationalError
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.kernel.ahead import line_of, send_ahead
from backend.kernel.database import RESIDENT, act_as, db, speak_ahead, sqlalchemy_url, versions_of
from backend.kernel.line import PREPARED_MOST, numbered
from backend.kernel.versions import bump


@pytest.fixture(scope="module")
def engine(postgres: str) -> Iterator[Engine]:
    """One connection that can be spoken to ahead, on a server without tables of ours."""
    made = speak_ahead(create_engine(sqlalchemy_url(postgres), pool_size=1, max_overflow=0))
    yield made
    made.dispose()


@pytest.fixture
def here(engine: Engine) -> Iterator[Session]:
    """A session with a table of its own, which goes with its transaction's connection."""
    with Session(engine) as made:
        made.execute(text("CREATE TEMPORARY TABLE IF NOT EXISTS kept (id int PRIMARY KEY, said text)"))
        made.execute(text("TRUNCATE kept"))
        made.commit()
        yield made
        made.rollback()


INSERT = "INSERT INTO kept (id, said) VALUES (%(id)s, %(said)s)"


def insert(session: Session, number: int, said: str | None = None, *, soon: bool = False) -> None:
    """Send one row ahead."""
    send_ahead(session, INSERT, {"id": number, "said": said}, soon=soon)


def numbers(session: Session) -> list[int]:
    """The ids that are there."""
    return list(session.scalars(text("SELECT id FROM kept ORDER BY id")))


def test_names_become_numbers_and_a_name_used_twice_is_one() -> None:
    assert numbered("a = %(one)s AND b = %(two)s OR c = %(one)s") == ("a = $1 AND b = $2 OR c = $1", ("one", "two"))


def test_an_answer_is_there_when_it_is_asked_for(here: Session) -> None:
    first = send_ahead(here, "SELECT %(a)s::int + 1, %(b)s::text", {"a": 41, "b": None})
    second = send_ahead(here, "SELECT %(c)s::bigint[], %(d)s::bytea", {"c": [1, 2], "d": b"\x00\xff"}, soon=False)
    assert (second.row(), first.row()) == ((b"{1,2}", b"\\x00ff"), (b"42", None))


def test_whatever_comes_next_through_sqlalchemy_sees_what_was_sent_ahead(here: Session) -> None:
    insert(here, 1)
    insert(here, 2, soon=True)
    assert numbers(here) == [1, 2]


@pytest.mark.parametrize("soon", [True, False])
def test_a_commit_takes_what_is_under_way_with_it(here: Session, soon: bool) -> None:
    insert(here, 1, soon=soon)
    here.commit()
    here.rollback()
    assert numbers(here) == [1]


@pytest.mark.parametrize("soon", [True, False])
def test_a_failure_under_way_is_raised_by_the_commit_and_nothing_stands(here: Session, soon: bool) -> None:
    insert(here, 1, soon=soon)
    insert(here, 1, soon=soon)
    insert(here, 2, soon=soon)
    with pytest.raises(IntegrityError, match="kept_pkey"):
        here.commit()
    here.rollback()
    assert numbers(here) == []


def test_a_failure_that_somebody_let_pass_is_told_by_the_commit(here: Session) -> None:
    insert(here, 1)
    insert(here, 1)
    with pytest.raises(IntegrityError):
        numbers(here)
    with pytest.raises(InternalError, match="nothing of it was stored"):
        here.commit()
    here.rollback()
    assert numbers(here) == []


def test_a_failure_under_way_is_raised_by_the_next_statement(here: Session) -> None:
    insert(here, 1)
    insert(here, 1)
    with pytest.raises(IntegrityError, match="kept_pkey"):
        numbers(here)


def test_a_failure_is_raised_where_an_answer_behind_it_is_asked_for(here: Session) -> None:
    insert(here, 1)
    insert(here, 1)
    behind = send_ahead(here, "SELECT 1", {})
    with pytest.raises(IntegrityError, match="kept_pkey"):
        behind.row()


def test_a_failure_names_no_value_that_was_sent(here: Session) -> None:
    secret = "Zinnober Laterne 47"
    insert(here, 1)
    insert(here, 1, secret)
    with pytest.raises(IntegrityError) as caught:
        here.commit()
    assert secret not in str(caught.value)


def test_a_rollback_drops_what_is_under_way_and_its_failure(here: Session) -> None:
    insert(here, 1)
    insert(here, 1)
    here.rollback()
    insert(here, 2)
    here.commit()
    assert numbers(here) == [2]


def test_a_statement_that_was_skipped_behind_a_failure_is_prepared_when_it_comes_again(here: Session) -> None:
    insert(here, 1)
    insert(here, 1)
    send_ahead(here, "SELECT 'never before', %(a)s::int", {"a": 1}, soon=False)
    with pytest.raises(IntegrityError):
        here.commit()
    here.rollback()
    assert send_ahead(here, "SELECT 'never before', %(a)s::int", {"a": 2}).row() == (b"never before", b"2")


def test_statements_are_prepared_anew_after_going_back_to_a_savepoint(here: Session) -> None:
    insert(here, 1)
    nested = here.begin_nested()
    here.execute(text("INSERT INTO kept (id) VALUES (7)"))
    nested.rollback()
    for number in range(2, 12):  # until psycopg has dropped what was prepared
        insert(here, number)
        here.execute(text("SELECT 1"))
    here.commit()
    assert numbers(here) == list(range(1, 12))


def test_more_statements_than_are_kept_prepared_are_answered_all_the_same(here: Session) -> None:
    for number in range(PREPARED_MOST + 5):
        assert send_ahead(here, f"SELECT {number} + %(a)s::int", {"a": 1}).row() == (str(number + 1).encode(),)


def test_much_can_be_sent_and_read_ahead_without_standing_still(here: Session) -> None:
    long = "x" * 3_000_000
    back = [send_ahead(here, "SELECT %(a)s::text", {"a": long}, soon=False) for _ in range(3)]
    assert [len(one.row()[0] or b"") for one in back] == [len(long)] * 3


def test_a_nul_is_refused_and_does_not_cut_what_is_sent(here: Session) -> None:
    with pytest.raises(ValueError, match="NUL"):
        insert(here, 1, "before\x00after")


def test_a_statement_that_cannot_even_be_sent_leaves_the_connection_as_it_was(here: Session) -> None:
    line = line_of(here.connection())
    with pytest.raises(TypeError):
        line.send("SELECT $1::text", ["not written yet"])  # type: ignore[list-item]
    assert here.scalar(text("SELECT 1")) == 1
    insert(here, 1)
    here.commit()
    assert numbers(here) == [1]


def test_a_connection_that_is_lost_under_way_is_told_as_lost_and_replaced(here: Session, postgres: str) -> None:
    pid = int(send_ahead(here, "SELECT pg_backend_pid()", {}).row()[0] or 0)
    with psycopg.connect(postgres, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (pid,))
    with pytest.raises(OperationalError) as caught:
        send_ahead(here, "SELECT 1", {}).row()
    here.rollback()
    assert caught.value.connection_invalidated
    assert send_ahead(here, "SELECT 1", {}).row() == (b"1",)


def test_a_commit_behind_a_lost_connection_is_no_commit(here: Session, postgres: str) -> None:
    pid = int(send_ahead(here, "SELECT pg_backend_pid()", {}).row()[0] or 0)
    insert(here, 1)
    with psycopg.connect(postgres, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (pid,))
    with pytest.raises(OperationalError):
        here.commit()
    here.rollback()
    assert here.scalar(text("SELECT 1")) == 1


def test_requests_after_a_restart_of_the_database_are_not_refused_one_for_each_connection(
    app: Flask, client: FlaskClient, postgres: str
) -> None:
    with app.app_context():
        kept = [db.engine.connect() for _ in range(3)]
        pids = [one.scalar(text("SELECT pg_backend_pid()")) for one in kept]
        for one in kept:
            one.close()
    with psycopg.connect(postgres, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", (pids,))
        while other.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%s)", (pids,)).fetchone() != (0,):
            pass
    report = {"kind": "concern", "text": "A cover is loose in front of the school"}
    statuses = [
        client.post("/api/v1/reports", json={"client_id": str(uuid4()), **report}).status_code for _ in range(4)
    ]
    assert statuses == [201] * 4


def test_an_actor_who_is_bound_ahead_sees_the_configuration_of_that_moment(app: Flask, session: Session) -> None:
    before = AREAS.get(session)
    bump(session, "areas")
    session.commit()
    act_as(session, RESIDENT, ahead=True)
    assert versions_of(session)["areas"] >= 1
    assert AREAS.get(session) is not before
    assert session.scalar(text("SELECT current_setting('linli.scope')")) == "system"
    assert line_of(session.connection()).pgconn.pipeline_status == 0


def test_one_report_sent_by_two_at_the_same_moment_is_one(app: Flask, client: FlaskClient) -> None:
    report = {"client_id": str(uuid4()), "kind": "concern", "text": "A cover is loose in front of the school"}
    start, statuses = threading.Barrier(4), list[int]()

    def send() -> None:
        start.wait()
        statuses.append(app.test_client().post("/api/v1/reports", json=report).status_code)

    senders = [threading.Thread(target=send) for _ in range(4)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    assert sorted(statuses) == [200, 200, 200, 201]
    assert client.post("/api/v1/reports", json=report).status_code == 200
    with app.app_context():
        db.engine.dispose()
