"""Applications for tests: one bound to each test's database in turn, or one on a database of its own for a module."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Dialect, Engine, event, make_url, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from backend.app import Linli, create_app
from backend.kernel.clock import Clock, MovableClock
from backend.kernel.database import SYSTEM, act_as, db, owner_engine, sqlalchemy_url
from backend.kernel.sealed import load_keyring
from backend.settings import Settings
from backend.wiring import connect
from tests.support.baishi import Baishi, build
from tests.support.postgres import create_database, drop_database

_names = count()
_made: dict[tuple[object, ...], tuple[Flask, dict[str, Any], dict[str, Any]]] = {}


@contextmanager
def applied(settings: Settings, clock: Clock) -> Iterator[Flask]:
    """An application for one test, with the settings and the clock of the test.

    Routes, their document and the compiled statements are the same for every test: they are made once, and bound to the
    database of whoever has it. One test at a time may.
    """
    key = (settings.log_level, settings.pool_size, settings.trusted_proxies)
    if key not in _made:
        made = create_app(settings, clock=clock, TESTING=False)
        with made.app_context():
            _follow(db.engine)
        _made[key] = made, dict(made.extensions), dict(made.config)
    app, extensions, config = _made.pop(key)
    _bind(app, extensions, config, settings, clock)
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        _made[key] = app, extensions, config


def _bind(app: Flask, extensions: dict[str, Any], config: dict[str, Any], settings: Settings, clock: Clock) -> None:
    app.extensions.clear()
    app.extensions.update(extensions)
    app.config.clear()
    app.config.update(config, SQLALCHEMY_DATABASE_URI=sqlalchemy_url(settings.database_url))
    keyring = load_keyring(settings.data, settings.master_key)
    app.extensions["linli"] = Linli(settings, keyring, clock, settings.data / "photos")
    with app.app_context():
        db.engine.url = make_url(sqlalchemy_url(settings.database_url))
    connect(app)


def _follow(engine: Engine) -> None:
    """Have an engine connect to where its URL says now, not to where it said when it was made."""

    def to_its_url(dialect: Dialect, _record: object, _arguments: object, parameters: dict[str, Any]) -> None:
        parameters.clear()
        parameters.update(dialect.create_connect_args(engine.url)[1])

    def is_there(_connection: object, record: ConnectionPoolEntry, _proxy: object) -> None:
        if record.info.setdefault("url", engine.url) != engine.url:
            raise DisconnectionError("a connection to the database of a test before")

    event.listen(engine, "do_connect", to_its_url)
    event.listen(engine, "checkout", is_there)


@contextmanager
def application(postgres: str, folder: Path, now: datetime, **chosen: Any) -> Iterator[Flask]:
    """An application on a fresh migrated database of the cluster ``postgres``; dropped at the end."""
    name = f"linli_shared_{os.getpid()}_{next(_names)}"
    url = create_database(postgres, name, template="linli_template")
    chosen = {"second_factor": "offered"} | chosen
    settings = Settings.from_env({}, database_url=url, data=folder, pool_size=3, log_level="error", **chosen)
    app = create_app(settings, clock=MovableClock(now), TESTING=False)
    try:
        yield app
    finally:
        with app.app_context():
            db.engine.dispose()
        drop_database(postgres, name)


@contextmanager
def acting_session(app: Flask) -> Iterator[Session]:
    """A session that acts for the system."""
    with app.app_context():
        act_as(db.session(), SYSTEM)
        yield db.session()
        db.session.rollback()


def with_baishi(app: Flask, now: datetime) -> Baishi:
    """The scenarios' world, in the application's database."""
    with acting_session(app) as session:
        return build(app, session, now)


class Counted:
    """How many rows every table holds, seen by the database's owner, behind row security."""

    def __init__(self, app: Flask) -> None:
        self.engine: Engine = owner_engine(app.extensions["linli"].settings.database_url)
        with self.engine.connect() as connection:
            names = connection.scalars(
                text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
            ).all()
        self.query = text(" UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in sorted(names)))

    def rows(self) -> dict[str, int]:
        """Rows by table."""
        with self.engine.connect() as connection:
            return {str(name): int(number) for name, number in connection.execute(self.query)}

    def close(self) -> None:
        """Give the connection back, so that the database can be dropped."""
        self.engine.dispose()
