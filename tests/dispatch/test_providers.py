"""Providers that fail go down by themselves and come back by themselves; an SOS is never held up by it."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.dispatch.circuits import FIRST_WAIT_S, LEAST, LONGEST_WAIT_S, SLOW_MS, Fares, Figures, turn
from backend.dispatch.deliveries import sweep
from backend.dispatch.models import Delivery, Provider
from backend.dispatch.providers import watch
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.outbox import Notice, announce
from backend.organisations.models import Person
from tests.conftest import NOW
from tests.dispatch.conftest import Body
from tests.support.incidents import open_incident
from tests.support.jobs import run_jobs
from tests.support.smtp import Mailbox

DOWN = Fares("down", NOW, NOW + timedelta(seconds=15), 15, "failing")
TRYING = Fares("trying", NOW, NOW + timedelta(seconds=30), 15, "failing")
GOOD, BAD = Figures(LEAST, 0, 20.0), Figures(LEAST, LEAST, 20.0)


@pytest.mark.parametrize(
    "fares, figures, after_s, expected",
    [
        (None, Figures(), 0, None),
        (None, GOOD, 0, None),
        (None, Figures(LEAST - 1, LEAST - 1, 20.0), 0, None),
        (None, BAD, 0, ("down", "failing", FIRST_WAIT_S)),
        (None, Figures(LEAST, 0, SLOW_MS), 0, ("down", "slow", FIRST_WAIT_S)),
        (Fares("working", NOW), BAD, 0, ("down", "failing", FIRST_WAIT_S)),
        (DOWN, Figures(), 3600, None),
        (DOWN, Figures(1, 1, 20.0), 1, None),
        (DOWN, Figures(1, 0, 20.0), 1, ("working", "", FIRST_WAIT_S)),
        (TRYING, Figures(), 1, None),
        (TRYING, Figures(), 30, ("down", "failing", 15)),
        (TRYING, Figures(1, 0, 20.0), 1, ("working", "", FIRST_WAIT_S)),
        (TRYING, Figures(1, 1, 20.0), 1, ("down", "failing", 30)),
        (TRYING, Figures(1, 0, SLOW_MS), 1, ("down", "slow", 30)),
        (Fares("trying", NOW, NOW, LONGEST_WAIT_S), Figures(1, 1, 1.0), 1, ("down", "failing", LONGEST_WAIT_S)),
    ],
)
def test_from_each_state_with_each_figure(
    fares: Fares | None, figures: Figures, after_s: int, expected: tuple[str, str, int] | None
) -> None:
    found = turn(fares, figures, now=NOW + timedelta(seconds=after_s))
    assert (found and (found.state, found.reason, found.wait_s)) == expected


@pytest.fixture
def tell(session: Session, body: Body) -> Callable[..., UUID]:
    def told(template: str = "help_done", **chosen: object) -> UUID:
        session.commit()
        act_as(session, SYSTEM)
        incident = open_incident(session, NOW)
        announce(session, [Notice(template, incident, person_id=body.first, **chosen)], now=NOW)  # type: ignore[arg-type]
        session.commit()
        act_as(session, SYSTEM)
        return incident

    return told


def letters(session: Session, **where: object) -> list[Delivery]:
    session.commit()
    act_as(session, SYSTEM)
    query = select(Delivery).filter_by(channel="email", **where).order_by(Delivery.created_at, Delivery.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def fail_often(app: Flask, mailbox: Mailbox, tell: Callable[..., UUID]) -> None:
    mailbox.replies.extend(["451 later"] * LEAST)
    for _ in range(LEAST):
        tell()
    run_jobs(app)
    assert watch(app) == 1


def state(session: Session) -> str:
    session.commit()
    act_as(session, SYSTEM)
    found = session.get(Provider, "email", populate_existing=True)
    return found.state if found else "working"


def test_a_failing_provider_is_moved_down_is_tried_and_comes_back_with_all_that_waited(
    app: Flask, session: Session, mailbox: Mailbox, clock: MovableClock, tell: Callable[..., UUID]
) -> None:
    fail_often(app, mailbox, tell)
    assert state(session) == "down"
    clock.advance(seconds=2)
    tell()
    sweep(app)
    run_jobs(app)
    waiting = letters(session)
    assert {one.state for one in waiting} == {"waiting"}
    assert {one.outcome for one in waiting} == {"provider-down"}
    assert mailbox.letters == []
    assert max(one.attempts for one in waiting) == 1, "waiting for a provider is no try"
    clock.advance(seconds=FIRST_WAIT_S)
    sweep(app)
    run_jobs(app)
    assert (len(mailbox.letters), state(session)) == (1, "trying")
    clock.advance(seconds=1)
    watch(app)
    assert state(session) == "working"
    sweep(app)
    run_jobs(app)
    assert {one.state for one in letters(session)} == {"handed_over"}


def test_a_probe_that_fails_makes_the_next_wait_longer(
    app: Flask, session: Session, mailbox: Mailbox, clock: MovableClock, tell: Callable[..., UUID]
) -> None:
    fail_often(app, mailbox, tell)
    mailbox.replies.append("451 still")
    clock.advance(seconds=FIRST_WAIT_S + 1)
    sweep(app)
    run_jobs(app)
    watch(app)
    found = session.get(Provider, "email")
    assert found is not None
    assert (found.state, found.wait_s) == ("down", 2 * FIRST_WAIT_S)


def test_an_sos_goes_by_a_provider_that_is_down_and_brings_it_back(
    app: Flask, session: Session, mailbox: Mailbox, clock: MovableClock, tell: Callable[..., UUID]
) -> None:
    fail_often(app, mailbox, tell)
    clock.advance(seconds=1)
    tell("offer_made", lane="sos")
    run_jobs(app)
    assert [one.state for one in letters(session, lane="sos")] == ["handed_over"]
    watch(app)
    assert state(session) == "working"


def test_what_waits_for_hours_is_given_up_and_said(
    app: Flask, session: Session, mailbox: Mailbox, clock: MovableClock, tell: Callable[..., UUID]
) -> None:
    fail_often(app, mailbox, tell)
    mailbox.replies.extend(["451 still"] * 100)
    clock.advance(hours=4, seconds=1)
    for row in session.scalars(select(Provider)):
        row.probe_at = clock.now() + timedelta(seconds=60)
    session.execute(Delivery.__table__.update().values(due_at=clock.now()))  # type: ignore[attr-defined]
    from backend.kernel.versions import bump

    bump(session, "providers")
    session.commit()
    act_as(session, SYSTEM)
    sweep(app)
    run_jobs(app)
    assert {(one.state, one.outcome) for one in letters(session, template="help_done")} == {("failed", "provider-down")}
    assert "delivery_failed" in session.scalars(select(Delivery.template)).all()


def test_whoever_chose_an_order_is_told_by_the_next_while_the_first_is_down(
    session: Session, body: Body, tell: Callable[..., UUID]
) -> None:
    person = session.get(Person, body.first)
    assert person is not None
    person.ways = ["email"]
    session.commit()
    act_as(session, SYSTEM)
    tell()
    assert len(letters(session)) == 1
    person.ways = []
    session.commit()
    act_as(session, SYSTEM)
    tell()
    assert len(letters(session)) == 1
    tell("offer_made", lane="sos")
    assert len(letters(session)) == 2
