"""How many statements an act sends to the database, counted where they leave SQLAlchemy or are sent ahead of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from backend.kernel.database import db
from backend.kernel.line import HEARING


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements that ``app`` sends while the block lasts."""
    sent: list[str] = []

    def remember(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    def hear(statement: str) -> None:
        if statement != "COMMIT":
            sent.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", remember)
    HEARING.append(hear)
    try:
        yield sent
    finally:
        HEARING.remove(hear)
        event.remove(engine, "before_cursor_execute", remember)
