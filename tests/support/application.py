"""An application on a database of its own for a whole module: for tests that look at many calls, not at one world."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from backend.app import create_app
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as, db, owner_engine
from backend.settings import Settings
from tests.support.baishi import Baishi, build
from tests.support.postgres import create_database, drop_database

_names = count()


@contextmanager
def application(postgres: str, folder: Path, now: datetime, **chosen: Any) -> Iterator[Flask]:
    """An application on a fresh migrated database of the cluster ``postgres``; dropped at the end."""
    name = f"linli_shared_{os.getpid()}_{next(_names)}"
    url = create_database(postgres, name, template="linli_template")
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
