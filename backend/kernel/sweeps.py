"""Sweeps over due rows: each row alone, so that one that fails never holds up the others (style.md 11)."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from flask import Flask
from sqlalchemy.orm import Session

from backend.kernel.database import SYSTEM, act_as, db
from backend.kernel.logs import log, where_it_broke

Row = TypeVar("Row")


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
    """A sweep of the worker from an action that takes ``session`` and ``now``: for the system, in one transaction."""

    def look(app: Flask) -> int:
        session = db.session()
        act_as(session, SYSTEM)
        now: datetime = app.extensions["linli"].clock.now()
        found = act(session, now=now)
        session.commit()
        return found

    return look
