"""The ladder's sweep over real rows: a crowd of clocks is climbed in one go, the gravest first, and nobody waits."""

from collections.abc import Iterator, Sequence
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from backend.incidents import ladder
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.journal import Event, broken_chains
from backend.kernel.sweeps import STOPPING, sweep_of
from tests.conftest import NOW
from tests.support.incidents import open_incident

# Half of ten minutes is when the first rung is climbed.
PROMISES = {"acknowledge": 600.0, "contact": 600.0, "action": 600.0, "resolve": 600.0}
FIRST_RUNG_S = 300


def promise(session: Session, incidents: int, *, grade: int = 3) -> list[UUID]:
    """So many incidents with four clocks each; committed."""
    made = [open_incident(session, NOW, grade=grade, clocks_s=PROMISES) for _ in range(incidents)]
    session.commit()
    act_as(session, SYSTEM)
    return made


def climbed(session: Session) -> Sequence[UUID]:
    """The incidents whose rungs were climbed, one for each rung, in their order."""
    session.commit()
    act_as(session, SYSTEM)
    streams = session.scalars(select(Event.stream).where(Event.type == "RungClimbed").order_by(Event.seq))
    return [UUID(stream.partition(":")[2]) for stream in streams]


def sweep(app: Flask) -> int:
    with app.app_context():
        return sweep_of(ladder.climb)(app)


def still_due(session: Session, clock: MovableClock) -> int:
    count: int = session.scalars(
        text("SELECT count(*) FROM clock WHERE next_rung_at <= :now"), {"now": clock.now()}
    ).one()
    return count


def test_a_crowd_of_due_clocks_is_climbed_by_one_sweep(app: Flask, session: Session, clock: MovableClock) -> None:
    promise(session, 100)
    assert sweep(app) == 0
    clock.advance(seconds=FIRST_RUNG_S)
    assert sweep(app) == 400
    assert (len(climbed(session)), still_due(session, clock)) == (400, 0)
    assert sweep(app) == 0
    assert list(broken_chains(session)) == []


def test_the_gravest_are_climbed_first(app: Flask, session: Session, clock: MovableClock) -> None:
    later = promise(session, 10, grade=3)
    grave = promise(session, 5, grade=2)
    clock.advance(seconds=FIRST_RUNG_S)
    sweep(app)
    order = climbed(session)
    assert (set(order[:20]), set(order[20:])) == (set(grave), set(later))


def test_an_incident_that_somebody_works_on_is_left_to_the_next_sweep(
    app: Flask, session: Session, clock: MovableClock, database_url: str
) -> None:
    busy, free = promise(session, 2)
    clock.advance(seconds=FIRST_RUNG_S)
    with psycopg.connect(database_url) as other:
        other.execute("SELECT 1 FROM incident WHERE id = %s FOR UPDATE", (busy,))
        assert sweep(app) == 4
        assert set(climbed(session)) == {free}
    assert sweep(app) == 4
    assert set(climbed(session)) == {free, busy}


def test_a_clock_that_breaks_is_put_off_and_holds_up_no_other(
    app: Flask, session: Session, clock: MovableClock
) -> None:
    broken, *others = promise(session, 10)
    session.execute(
        text("UPDATE clock SET rungs_s = '{0,0,0,0,0,0,0,300}', rungs_fired = 6 WHERE incident_id = :id"),
        {"id": broken},
    )
    session.commit()
    act_as(session, SYSTEM)
    clock.advance(seconds=FIRST_RUNG_S)
    assert sweep(app) == 36
    assert (set(climbed(session)), still_due(session, clock)) == (set(others), 0)
    clock.advance(seconds=ladder.TRY_AGAIN.total_seconds())
    assert still_due(session, clock) == 4


@pytest.fixture
def stopping() -> Iterator[None]:
    STOPPING.set()
    yield
    STOPPING.clear()


@pytest.mark.usefixtures("stopping")
def test_a_worker_that_stops_ends_after_the_round_that_runs(app: Flask, session: Session, clock: MovableClock) -> None:
    promise(session, 10)
    clock.advance(seconds=FIRST_RUNG_S)
    assert sweep(app) == 20
    assert still_due(session, clock) == 20
