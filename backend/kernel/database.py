"""The database: one PostgreSQL, ours or the deployer's, reached through Flask-SQLAlchemy.

The application works in the role ``linli_app``, which row security binds; migrations run as the owner. Every
transaction says whom it acts for (``act_as``), so that a query which forgets a filter still sees nothing of
another compartment or area.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Engine, MetaData, Table, Text, Uuid, create_engine, event, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session, registry

from backend.kernel.ahead import Ahead, as_array, line_of, send_ahead, send_texts
from backend.kernel.line import Line, numbered

APP_ROLE = "linli_app"
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every table; types of Python values to columns are chosen here once."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            datetime: DateTime(timezone=True),
            str: Text(),
            int: BigInteger(),
            UUID: Uuid(),
            dict[str, Any]: JSONB(),
            dict[str, str]: JSONB(),
            list[str]: ARRAY(Text()),
            list[int]: ARRAY(BigInteger()),
            list[UUID]: ARRAY(Uuid()),
        },
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


class Scope(StrEnum):
    """How far a transaction may see; row security reads it as ``linli.scope``."""

    NONE = "none"
    STAFF = "staff"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Whom a transaction acts for. ``opened_ids``: incidents of other places that they opened for a while, to read."""

    label: str
    scope: Scope = Scope.NONE
    person_id: UUID | None = None
    organisation_ids: tuple[UUID, ...] = ()
    area_ids: tuple[int, ...] = ()
    compartments: tuple[str, ...] = ()
    opened_ids: tuple[UUID, ...] = ()

    def __str__(self) -> str:
        return self.label


SYSTEM = Actor("system", Scope.SYSTEM)
RESIDENT = Actor("resident", Scope.SYSTEM)

_ACT_AS = (
    "SELECT set_config('linli.scope', %(scope)s, true), set_config('linli.person', %(person)s, true),"
    " set_config('linli.organisations', %(organisations)s, true), set_config('linli.areas', %(areas)s, true),"
    " set_config('linli.compartments', %(compartments)s, true), set_config('linli.opened', %(opened)s, true),"
    " (SELECT jsonb_object_agg(room, version) FROM config_version) AS versions"
)


def act_as(session: Session, actor: Actor, *, ahead: bool = False) -> None:
    """Bind the present transaction to ``actor``, and find the version of each room's configuration.

    One statement does both, because every request needs both: caches of areas, rules and organisations are
    right when their version is. ``ahead``: without waiting; ``versions_of`` does when somebody asks.
    """
    acting, connection = _settings_of(actor), session.connection()
    session.info |= {"actor": actor, "connection": connection, "database": connection.engine.url}
    if ahead:
        session.info["versions"] = send_ahead(session, _ACT_AS, acting)
        return
    row = connection.exec_driver_sql(_ACT_AS, dict(acting)).one()
    session.info["versions"] = row.versions or {}


@lru_cache(maxsize=256)
def _settings_of(actor: Actor) -> Mapping[str, str]:
    return MappingProxyType(
        {
            "scope": actor.scope.value,
            "person": str(actor.person_id or ""),
            "organisations": as_array(actor.organisation_ids),
            "areas": as_array(actor.area_ids),
            "compartments": as_array(actor.compartments),
            "opened": as_array(actor.opened_ids),
        }
    )


def versions_of(session: Session) -> Mapping[str, int]:
    """The version of each room's configuration, as the present transaction found it when it was bound."""
    found = session.info["versions"]
    if isinstance(found, Ahead):
        raw = found.row()[-1]
        found = session.info["versions"] = orjson.loads(raw) if raw else {}
    versions: Mapping[str, int] = found
    return versions


_SCOPE = text("SELECT set_config('linli.scope', :scope, true)")


@contextmanager
def seeing_all(session: Session) -> Iterator[None]:
    """Let the present transaction see every row for a while, whoever acts in it.

    A coordinator's own view would miss an owner elsewhere, or the alerts that a volunteer had in other places. Only
    the scope changes: events go on naming the actor, and the versions of the configuration stay those that the
    transaction began with, so that nothing of its own uncommitted changes gets into a cache.
    """
    actor: Actor = session.info.get("actor", SYSTEM)
    if actor.scope is Scope.SYSTEM or session.info.get("widened"):
        yield  # it sees everything already; an inner block must not end the outer one
        return
    session.flush()
    session.execute(_SCOPE, {"scope": Scope.SYSTEM.value})
    session.info["widened"] = True
    try:
        yield
        session.flush()
    finally:
        session.info["widened"] = False
        if session.is_active:  # a failed transaction takes its settings with it
            session.execute(_SCOPE, {"scope": actor.scope.value})


def sqlalchemy_url(database_url: str) -> str:
    """The SQLAlchemy form of a PostgreSQL address."""
    _, _, rest = database_url.partition("://")
    return f"postgresql+psycopg://{rest}"


def engine_options(*, pool_size: int) -> dict[str, Any]:
    """Pool settings: connections are kept open; a caller waits 10 s for one, then is told to try again.

    The connection last given back is used first: its server process has its plans and caches warm.
    """
    return {
        "pool_size": pool_size, "max_overflow": 2, "pool_timeout": 10, "pool_recycle": 1800, "pool_use_lifo": True,
        "json_deserializer": orjson.loads,
    }  # fmt: skip


def prepare(engine: Engine, *, role: str | None = APP_ROLE) -> None:
    """Set up each new connection: the role that row security binds, UTC, durable commits, bounded statements."""

    def on_connect(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        with connection.cursor() as cursor:
            if role:
                cursor.execute(f"SET ROLE {role}")
            cursor.execute(
                "SET timezone = 'UTC'; SET synchronous_commit = on; SET statement_timeout = '30s';"
                " SET idle_in_transaction_session_timeout = '60s'; SET lock_timeout = '10s'; SET jit = off"
            )
        connection.autocommit = False

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "checkout", _refuse_lost)
    speak_ahead(engine)


def _refuse_lost(connection: Any, _record: Any, _proxy: Any) -> None:
    """Have the pool open another connection in place of one that the server has closed, as every one is after a restart.

    It takes a microsecond and no question to the server, so it is done each time; the pool itself is not touched, from
    which others take meanwhile.
    """
    if connection.is_lost:
        raise DisconnectionError("closed by the server")


def speak_ahead(engine: Engine) -> Engine:
    """Let the connections of ``engine`` be lines, to which statements can be sent ahead."""

    def forget(connection: Connection, _name: str, _context: Any) -> None:
        line_of(connection).forget_plans()

    engine.dialect.connect = Line.connect  # type: ignore[assignment,method-assign]
    event.listen(engine, "rollback_savepoint", forget)
    return engine


def owner_engine(database_url: str) -> Engine:
    """An engine without the application's role: for migrations, backup and tests that look behind row security."""
    return speak_ahead(create_engine(sqlalchemy_url(database_url), pool_size=1, max_overflow=1))


def insert_all(session: Session, rows: Mapping[Table, Sequence[Mapping[str, Any]]]) -> None:
    """Insert the rows of several tables in one statement, one round trip.

    Foreign keys are checked at the end of the statement, so the order of tables does not matter. The statement's
    text depends only on which tables and columns take part, so the server keeps its plan. Rows of one table name
    the same columns. What every request does goes to the driver without a compiler in between (tests/bench/create.py).
    """
    if (made := _insertion(rows)) is not None:
        statement, values = made
        named = {f"rows_{at}": value.decode() for at, value in enumerate(values)}
        session.connection().exec_driver_sql(statement, named)


def insert_ahead(session: Session, rows: Mapping[Table, Sequence[Mapping[str, Any]]]) -> Ahead:
    """The same of some rows, without waiting for it."""
    made = _insertion(rows)
    assert made
    return send_texts(session, numbered(made[0])[0], made[1], soon=False)


def _insertion(rows: Mapping[Table, Sequence[Mapping[str, Any]]]) -> tuple[str, list[bytes]] | None:
    used = {table: found for table, found in rows.items() if found}
    shape = tuple((table, tuple(found[0])) for table, found in used.items())
    return (_insert_statement(shape), [_json(found) for found in used.values()]) if shape else None


@lru_cache(maxsize=256)
def _insert_statement(shape: tuple[tuple[Table, tuple[str, ...]], ...]) -> str:
    quoted = postgresql.dialect().identifier_preparer.quote  # type: ignore[no-untyped-call]

    def one(at: int, table: Table, columns: tuple[str, ...]) -> str:
        # Psycopg reads statements of more than 4096 characters anew each time, hence so terse.
        names = ",".join(map(quoted, columns))
        source = f"jsonb_populate_recordset(NULL::{table.name},%(rows_{at})s::jsonb)"
        return f"INSERT INTO {table.name}({names})SELECT {names} FROM {source}"  # noqa: S608 - names of ours

    parts = [one(at, table, columns) for at, (table, columns) in enumerate(shape)]
    head = ",".join(f"p{at} AS({sql})" for at, sql in enumerate(parts[:-1]))
    return f"WITH {head}{parts[-1]}" if head else parts[-1]


# What JSON does not know, as PostgreSQL reads it; anything else as its text.
_AS_JSON: Mapping[type, Callable[[Any], object]] = {
    bytes: lambda value: "\\x" + value.hex(),
    frozenset: list,
    set: list,
}


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else _AS_JSON.get(type(value), str)(value)


def _json(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return orjson.dumps(rows if isinstance(rows, list) else list(rows), default=_plain)


def connection_of(session: Session) -> Connection:
    """The connection of the present transaction."""
    return session.connection()
