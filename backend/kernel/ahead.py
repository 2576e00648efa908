"""Statements sent ahead in a session's transaction (``kernel/line.py`` says how); failures come as SQLAlchemy's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from backend.kernel.line import Line, Sent, numbered


@dataclass(frozen=True, slots=True)
class Ahead:
    """A statement that was sent ahead, whose failure is raised as SQLAlchemy raises any."""

    _session: Session
    _sent: Sent

    def row(self) -> tuple[bytes | None, ...]:
        """Its first row as PostgreSQL writes it, once it is there."""
        try:
            return self._sent.row()
        except psycopg.Error as error:
            raise _as_ever(self._session, error) from error

    def read(self) -> None:
        """Wait until it is done."""
        try:
            self._sent.read()
        except psycopg.Error as error:
            raise _as_ever(self._session, error) from error


def send_ahead(session: Session, statement: str, values: Mapping[str, Any], *, soon: bool = True) -> Ahead:
    """Send a statement (``%(name)s``) in the present transaction without waiting for its answer (``kernel/line.py``).

    ``soon``: its answer is waited for before long. Whatever the session does next through SQLAlchemy waits for it, and raises its failure.
    """
    sql, names = numbered(statement)
    return send_texts(session, sql, [_as_text(values[name]) for name in names], soon=soon)


def send_texts(session: Session, sql: str, values: Sequence[bytes | None], *, soon: bool = True) -> Ahead:
    """The same for a statement with numbers (``$1``) and values that are written already."""
    try:
        sent = line_of(_connection_of(session)).send(sql, values, soon=soon)
    except psycopg.Error as error:
        raise _as_ever(session, error) from error
    return Ahead(session, sent)


def _connection_of(session: Session) -> Connection:
    """The connection that ``act_as`` bound, for as long as its transaction lasts."""
    bound: Connection | None = session.info.get("connection")
    return session.connection() if bound is None or bound.closed else bound


def line_of(connection: Connection) -> Line:
    """The line behind a connection of SQLAlchemy's."""
    found = connection.connection.dbapi_connection
    assert isinstance(found, Line)
    return found


def _as_ever(session: Session, error: psycopg.Error) -> DBAPIError:
    """A failure of what was sent ahead, as SQLAlchemy would have raised it."""
    connection = session.connection()
    is_lost = connection.dialect.is_disconnect(error, connection.connection.dbapi_connection, None)  # type: ignore[arg-type]
    if is_lost:
        connection.invalidate(error)
    made = DBAPIError.instance(
        None,
        None,
        error,
        psycopg.Error,
        hide_parameters=True,
        connection_invalidated=is_lost,
        dialect=connection.dialect,
    )
    assert isinstance(made, DBAPIError)
    return made


def _as_text(value: object) -> bytes | None:
    """A value as PostgreSQL reads it from text. Raises ValueError for a NUL, which would end it there."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return b"\\x" + value.hex().encode()
    if isinstance(value, list | tuple):
        return as_array(value).encode()
    raw = str(value).encode()
    if b"\0" in raw:
        raise ValueError("a NUL in a value")
    return raw


def as_array(values: Sequence[object]) -> str:
    """Values without commas and quotes (ids, numbers) as PostgreSQL reads an array."""
    return "{" + ",".join(map(str, values)) + "}"
