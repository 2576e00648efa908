"""Batches: one job takes along what waits beside it, and one delivery that is slow or broken costs the others nothing."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from backend.dispatch import batches, outcomes
from backend.dispatch.channels import Message, Outcome
from backend.dispatch.deliveries import channels_of, give_back, send_delivery, sweep
from backend.dispatch.models import Delivery, DeliveryAttempt
from backend.dispatch.rules import Result
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.outbox import Notice, announce
from backend.kernel.sweeps import STOPPING
from tests.conftest import NOW
from tests.dispatch.conftest import Body
from tests.support.incidents import open_incident
from tests.support.jobs import run_jobs


def commit(session: Session) -> None:
    session.commit()
    act_as(session, SYSTEM)


def tell(session: Session, person: UUID, count: int, lane: str = "deliveries") -> list[UUID]:
    """Commit that ``person`` is to be told so often; the ids of the e-mails."""
    before = set(session.scalars(select(Delivery.id)))
    notice = Notice("offer_made", open_incident(session, NOW), person_id=person, lane=lane)
    announce(session, [notice] * count, now=NOW)
    commit(session)
    query = select(Delivery.id).where(Delivery.channel == "email", Delivery.id.not_in(before)).order_by(Delivery.id)
    return list(session.scalars(query))


def rows(session: Session, ids: list[UUID]) -> list[Delivery]:
    """Deliveries as they stand now, in the order of ``ids``."""
    commit(session)
    query = select(Delivery).where(Delivery.id.in_(ids)).execution_options(populate_existing=True)
    found = {one.id: one for one in session.scalars(query)}
    return [found[one] for one in ids]


def states(session: Session, ids: list[UUID]) -> list[str]:
    return [one.state for one in rows(session, ids)]


def waiting_jobs(session: Session) -> int:
    commit(session)
    count: int = session.scalars(text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")).one()
    return count


class Doing:
    """A channel that does something else in the midst of the first send, as time and other workers do."""

    def __init__(self, act: Callable[[], object] = lambda: None) -> None:
        self._act: Callable[[], object] | None = act
        self.sent: list[UUID] = []

    def send(self, message: Message) -> Outcome:
        self.sent.append(message.id)
        if act := self._act:
            self._act = None
            act()
        return Outcome(Result.HANDED_OVER, "250")


@pytest.fixture(autouse=True)
def unknown_pace() -> Iterator[None]:
    """Every test begins without knowing how quick a channel is."""
    batches.forget_pace()
    yield
    batches.forget_pace()


@pytest.mark.parametrize(
    "took_s, expected", [(None, 5), (0.0001, 25), (0.002, 25), (0.02, 12), (0.1, 2), (0.3, 1), (8.0, 1)]
)
def test_a_batch_is_as_large_as_the_channel_is_quick(took_s: float | None, expected: int) -> None:
    assert batches.size_of(took_s) == expected


def test_one_job_sends_all_that_waits_beside_it_and_their_jobs_are_gone(
    app: Flask, session: Session, body: Body
) -> None:
    ids = tell(session, body.first, 5)
    assert waiting_jobs(session) == 5
    channels_of(app)["email"] = channel = Doing()
    with app.app_context():
        send_delivery(app, ids[2])
    assert (channel.sent[0], sorted(channel.sent)) == (ids[2], ids)
    assert {(one.state, one.attempts, one.fence) for one in rows(session, ids)} == {("handed_over", 1, 1)}
    assert waiting_jobs(session) == 0
    tries = select(DeliveryAttempt.delivery_id).where(DeliveryAttempt.outcome == "handed_over")
    assert sorted(session.scalars(tries)) == ids


def test_other_lanes_other_channels_and_what_is_not_due_are_not_taken_along(
    app: Flask, session: Session, body: Body
) -> None:
    named, later = tell(session, body.first, 2)
    (urgent,) = tell(session, body.first, 1, lane="sos")
    (hook,) = tell(session, body.first, 1)
    session.execute(text("UPDATE delivery SET due_at = due_at + interval '1 s' WHERE id = :id"), {"id": later})
    session.execute(text("UPDATE delivery SET channel = 'webhook' WHERE id = :id"), {"id": hook})
    commit(session)
    channels_of(app)["email"] = channel = Doing()
    with app.app_context():
        send_delivery(app, named)
    assert channel.sent == [named]
    assert states(session, [later, urgent, hook]) == ["waiting"] * 3
    assert waiting_jobs(session) == 3


BREAKING = {
    "words that nobody wrote": "UPDATE delivery SET template = 'nobody_wrote_this' WHERE id = :id",
    "a place that is not its own": (
        "WITH place AS (INSERT INTO area (source, source_id, level, division, division_order, name, names, properties)"
        " VALUES ('test', '1', 1, 'd', 0, 'A', '{}', '{}') RETURNING id)"
        " UPDATE incident SET area_ids = '{0}', area_id = (SELECT id FROM place)"
        " WHERE id = (SELECT incident_id FROM delivery WHERE id = :id)"
    ),
}


@pytest.mark.parametrize("breaking", BREAKING.values(), ids=BREAKING.keys())
def test_one_that_cannot_be_made_ready_fails_alone(app: Flask, session: Session, body: Body, breaking: str) -> None:
    ids = [tell(session, body.first, 1)[0] for _ in range(4)]
    session.execute(text(breaking), {"id": ids[1]})
    commit(session)
    channels_of(app)["email"] = channel = Doing()
    run_jobs(app)
    assert set(channel.sent) == {ids[0], ids[2], ids[3]}
    assert states(session, ids) == ["handed_over", "waiting", "handed_over", "handed_over"]
    assert rows(session, ids)[1].outcome == "fault"


def test_what_a_dead_worker_held_goes_again_each_alone(
    app: Flask, session: Session, body: Body, clock: MovableClock
) -> None:
    ids = tell(session, body.first, 3)
    with app.app_context():
        act_as(session, SYSTEM)
        assert len(batches.claim(session, ids[0], now=NOW)) == 3
        session.commit()  # and then it died
    clock.advance(seconds=batches.LEASE.total_seconds())
    channels_of(app)["email"] = channel = Doing()
    with app.app_context():
        send_delivery(app, ids[1])
    assert channel.sent == [ids[1]]
    with app.app_context():
        assert sweep(app) == 2
    run_jobs(app)
    assert [(one.state, one.attempts) for one in rows(session, ids)] == [("handed_over", 2)] * 3
    assert sorted(channel.sent) == ids


def test_what_waits_too_long_behind_a_slow_send_is_given_back_and_sent_all_the_same(
    app: Flask, session: Session, body: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = tell(session, body.first, 4)
    channels_of(app)["email"] = channel = Doing(lambda: monkeypatch.setattr(batches, "PATIENCE_S", 0.0))
    with app.app_context():
        send_delivery(app, ids[0])
    assert channel.sent == [ids[0]]
    left = rows(session, ids[1:])
    assert [(one.state, one.attempts, one.lease_until) for one in left] == [("waiting", 0, None)] * 3
    assert waiting_jobs(session) == 3
    monkeypatch.undo()
    run_jobs(app)
    assert sorted(channel.sent) == ids


def test_the_sweep_frees_what_waits_behind_a_send_that_hangs(
    app: Flask, session: Session, body: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = tell(session, body.first, 4)
    seen: list[list[str]] = []

    def hang() -> None:
        channels_of(app)["email"] = quick
        monkeypatch.setattr(batches, "PATIENCE_S", 0.0)
        with app.app_context():
            sweep(app)
        monkeypatch.undo()
        run_jobs(app)
        seen.append(states(session, ids))

    slow, quick = Doing(hang), Doing()
    channels_of(app)["email"] = slow
    with app.app_context():
        send_delivery(app, ids[0])
    assert seen == [["waiting", "handed_over", "handed_over", "handed_over"]]
    assert (slow.sent, sorted(quick.sent)) == (ids[:1], ids[1:])
    assert set(states(session, ids)) == {"handed_over"}


def test_when_a_worker_stops_what_was_sent_is_recorded_and_the_rest_is_another_workers(
    app: Flask, session: Session, body: Body
) -> None:
    ids = tell(session, body.first, 4)
    seen: list[list[tuple[str, int, object]]] = []

    def stop_now() -> None:
        with app.app_context():
            give_back(app)
        seen.append([(one.state, one.attempts, one.lease_until) for one in rows(session, ids)])

    def begin_the_second() -> None:
        channels_of(app)["email"] = Doing(stop_now)

    channels_of(app)["email"] = Doing(begin_the_second)
    with app.app_context():
        send_delivery(app, ids[0])
    begun, unbegun = ("waiting", 1, None), ("waiting", 0, None)
    assert seen == [[("handed_over", 1, None), begun, unbegun, unbegun]]
    again = Doing()
    channels_of(app)["email"] = again
    run_jobs(app)
    assert (sorted(again.sent), set(states(session, ids))) == (ids[1:], {"handed_over"})


def test_a_thread_of_a_worker_that_stops_begins_no_further_send(app: Flask, session: Session, body: Body) -> None:
    ids = tell(session, body.first, 3)
    channels_of(app)["email"] = channel = Doing(STOPPING.set)
    try:
        with app.app_context():
            send_delivery(app, ids[0])
    finally:
        STOPPING.clear()
    assert channel.sent == ids[:1]
    assert [(one.state, one.lease_until) for one in rows(session, ids)] == [
        ("handed_over", None), ("waiting", None), ("waiting", None),
    ]  # fmt: skip


def test_a_failure_whose_consequences_break_takes_no_other_outcome_with_it(
    app: Flask, session: Session, body: Body, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = tell(session, body.first, 3)
    session.execute(text("UPDATE delivery SET attempts = 6 WHERE id = :id"), {"id": ids[1]})
    commit(session)
    channels_of(app)["email"] = channel = Doing()
    with monkeypatch.context() as broken:
        broken.setattr(outcomes, "next_channel", lambda *_, **__: 1 / 0)
        run_jobs(app)
    assert sorted(channel.sent) == [ids[0], ids[2]]
    assert states(session, ids) == ["handed_over", "waiting", "handed_over"]
    clock.advance(seconds=batches.LEASE.total_seconds())
    with app.app_context():
        sweep(app)
    run_jobs(app)
    assert rows(session, ids)[1].outcome == "gave-up"
