"""Reaching the database from a command, also while ``linli up`` runs; and migrating it."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backend.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

DATABASE = "linli"
STARTING_S = 15.0

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the database, keys and photos.",
)


class Refused(click.ClickException):
    """What was asked cannot be done; one line says why."""


class NoSchema(Refused):
    """The database has another schema than this program."""


def database_folder(settings: Settings) -> Path:
    """Where the embedded database lives."""
    return settings.data / "database"


@contextmanager
def running_database(settings: Settings) -> Iterator[Settings]:
    """``settings`` with the address of a running database.

    That is DATABASE_URL; or the embedded one that another process (``linli up``) runs on this data folder; or
    one that is started now and stopped at the end. Raises EmbeddedFailed.
    """
    with ExitStack() as undo:
        yield settings if settings.database_url else replace(settings, database_url=_embedded(settings, undo))


def _embedded(settings: Settings, undo: ExitStack) -> str:
    from backend.kernel.embedded import DataDirectoryHeld, EmbeddedServer, running_dsn

    folder, deadline = database_folder(settings), time.monotonic() + STARTING_S
    while True:
        if (url := running_dsn(folder, DATABASE)) and _is_open(url):
            return url
        try:
            return undo.enter_context(EmbeddedServer.start(folder)).ensure_database(DATABASE)
        except DataDirectoryHeld:
            # Its holder is just starting or stopping.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _is_open(url: str) -> bool:
    """Whether the server is there with our database: its note may outlive it, its pid be another's."""
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def check_schema(settings: Settings) -> None:
    """Raise NoSchema unless the database has the schema of this program."""
    from backend.kernel.database import owner_engine
    from backend.kernel.health import expected_revision, found_revision

    engine = owner_engine(settings.database_url)
    with engine.connect() as connection:
        found, expected = found_revision(connection), expected_revision()
    engine.dispose()
    if found != expected:
        raise NoSchema(f"the database has schema {found or 'none'}, not {expected}: run `linli migrate`")


@contextmanager
def system_engine(settings: Settings) -> "Iterator[Engine]":
    """An engine in the application's role. Raises NoSchema."""
    from sqlalchemy import create_engine

    from backend.kernel.database import prepare, sqlalchemy_url

    check_schema(settings)
    engine = create_engine(sqlalchemy_url(settings.database_url), pool_size=1, max_overflow=0)
    prepare(engine)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def system_session(settings: Settings) -> "Iterator[Session]":
    """A session that acts for the system; committed at the end of the block. Raises NoSchema."""
    with system_engine(settings) as engine, acting_for_system(engine) as session:
        yield session


@contextmanager
def acting_for_system(engine: "Engine") -> "Iterator[Session]":
    """One transaction that acts for the system."""
    from sqlalchemy.orm import Session

    from backend.kernel.database import SYSTEM, act_as

    with Session(engine) as session, session.begin():
        act_as(session, SYSTEM)
        yield session


def migrate_database(settings: Settings) -> str:
    """Bring the database to the present schema, as its owner; return the revision."""
    from backend.kernel.database import owner_engine
    from backend.kernel.migrate import migrate as run_migrations

    engine = owner_engine(settings.database_url)
    try:
        return run_migrations(engine)
    finally:
        engine.dispose()


@click.command()
@data_option
def migrate(data: Path | None) -> None:
    """Bring the database to the present schema. Safe to repeat."""
    with running_database(Settings.from_env(data=data)) as settings:
        click.echo(f"The database has schema {migrate_database(settings)}.")
