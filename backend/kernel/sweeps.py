"""Sweeps over due rows: each row alone, so that one that fails never holds up the others (style.md 11)."""

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from flask import Flask
from sqlalchemy.orm import Session

from backend.kernel.database import SYSTEM, act_as, db
from backend.kernel.logs import log, where_it_broke

Row = TypeVar("Row")
Act = TypeVar("Act", bound=Callable[..., int])

# Set while a worker of this process stops: what goes on for long ends after the present step.
STOPPING = threading.Event()
# A sweep that still finds something after so many rounds goes on at its next turn.
ROUNDS_MOST = 200
# When each sweep of this process last came to its end, by name; told with the sign of life.
SWEPT_AT: dict[str, datetime] = {}
_REPEATED: set[Callable[..., int]] = set()


def repeated(act: Act) -> Act:
    """Mark an action that takes some of the due rows: its sweep repeats it, each time in a transaction of its own.

    So a crowd of rows is worked off without a pause, yet others see the first ones without waiting for the last, and
    locks are held for a moment only. No row that it took may be due still, whether it succeeded or was put off.
    """
    _REPEATED.add(act)
    return act


def one_by_one(
    session: Session, rows: Iterable[Row], act: Callable[[Row], object], *, what: str, put_off: Callable[[Row], None]
) -> int:
    """Do ``act`` to each row behind a savepoint and return how many succeeded.

    A row that fails is logged, undone and put off, so that it is tried again later and not at every sweep.
    """
    done = 0
    for row in rows:
        try:
            with session.begin_nested():
                act(row)
            done += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, the other rows go on
            log.error("sweep failed", task=what, error=type(error).__name__, where=where_it_broke(error))
            put_off(row)
            session.flush()
    return done


def sweep_of(act: Callable[..., int]) -> Callable[[Flask], int]:
    """A sweep of the worker from an action that takes ``session`` and ``now``: for the system, in one transaction.

    An action that is marked as repeated has as many as it takes until it finds nothing more.
    """

    def once(app: Flask) -> int:
        session = db.session()
        act_as(session, SYSTEM)
        now: datetime = app.extensions["linli"].clock.now()
        found = act(session, now=now)
        session.commit()
        return found

    def in_rounds(app: Flask) -> int:
        total = 0
        for _ in range(ROUNDS_MOST):
            found = once(app)
            total += found
            db.session.remove()  # what the next round reads is fresh
            if not found or STOPPING.is_set():
                break
        return total

    return in_rounds if act in _REPEATED else once
