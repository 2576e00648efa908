"""Jobs are rows of the transaction that causes them, one statement for any number."""

from uuid import uuid4

import procrastinate
import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from backend.kernel.database import SYSTEM, act_as, connection_of, insert_all
from backend.kernel.jobs import QUEUES, Job, UnknownLane, defer_rows, job_rows

_ROWS = text("SELECT queue_name, task_name, priority, args FROM procrastinate_jobs ORDER BY priority DESC, id")


def test_one_statement_defers_any_number_in_every_lane(session: Session) -> None:
    asked: list[str] = []
    event.listen(connection_of(session), "before_cursor_execute", lambda *args: asked.append(args[2]))
    jobs = [Job("look", uuid4(), lane) for lane in reversed(list(QUEUES))] + [Job("look", uuid4(), "bulk", 7)]
    defer_rows(session, jobs)
    assert len(asked) == 1
    found = [(row.queue_name, row.priority) for row in session.execute(_ROWS)]
    assert found == [("sos", 100), ("offers", 50), ("deliveries", 20), ("upkeep", 10), ("bulk", 7), ("bulk", 0)]


def test_a_roll_back_leaves_no_job(session: Session) -> None:
    defer_rows(session, [("look", uuid4(), "sos", None)])
    session.rollback()
    assert session.execute(_ROWS).all() == []


def test_a_row_has_one_waiting_job(session: Session) -> None:
    row_id = uuid4()
    defer_rows(session, [("look", row_id, "sos", None), ("look", row_id, "bulk", None)])
    defer_rows(session, [("look", row_id, "sos", None), ("other", row_id, "sos", None)])
    assert [row.task_name for row in session.execute(_ROWS)] == ["look", "other"]


def test_a_row_whose_job_is_running_may_get_another(session: Session) -> None:
    row_id = uuid4()
    defer_rows(session, [("look", row_id, "sos", None)])
    session.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
    defer_rows(session, [("look", row_id, "sos", None)])
    assert len(session.execute(_ROWS).all()) == 2


def test_nothing_to_do_costs_nothing(session: Session) -> None:
    asked: list[str] = []
    event.listen(connection_of(session), "before_cursor_execute", lambda *args: asked.append(args[2]))
    defer_rows(session, [])
    assert asked == []


@pytest.mark.parametrize("lane", ["urgent", "", "SOS"])
def test_a_lane_that_nobody_serves_is_refused(session: Session, lane: str) -> None:
    with pytest.raises(UnknownLane):
        defer_rows(session, [("look", uuid4(), lane, None)])


def test_both_ways_write_what_procrastinate_itself_would(session: Session, database_url: str) -> None:
    row_id = uuid4()
    defer_rows(session, [("look", row_id, "offers", None)])
    session.execute(text("UPDATE procrastinate_jobs SET queueing_lock = NULL"))
    table, rows = job_rows([("look", row_id, "offers", None)])
    insert_all(session, {table: rows})
    session.commit()
    act_as(session, SYSTEM)
    engine = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=database_url))
    with engine.open():
        engine.configure_task("look", queue="offers", priority=50, queueing_lock="theirs").defer(row_id=str(row_id))
    same = session.execute(
        text("SELECT DISTINCT queue_name, task_name, priority, lock, args, status, scheduled_at, attempts,"
             " abort_requested, worker_id FROM procrastinate_jobs")
    ).all()  # fmt: skip
    events = session.execute(text("SELECT count(*) FROM procrastinate_events WHERE type = 'deferred'")).scalar_one()
    assert (len(same), events) == (1, 3)
