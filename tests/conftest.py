"""What every test may use: a migrated database of its own, an application on it, people who are signed in.

``LINLI_TEST_POSTGRES`` chooses the server: ``embedded`` (default) or ``debian``.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Literal

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from backend.app import create_app
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as, db, owner_engine
from backend.kernel.migrate import migrate
from backend.kernel.sweeps import STOPPING
from backend.settings import Settings
from backend.trust.passwords import PASSWORDS
from tests.support.application import applied
from tests.support.baishi import Baishi, build
from tests.support.lending import lender
from tests.support.postgres import cluster, create_database

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WHICH: Literal["embedded", "debian"] = "debian" if os.environ.get("LINLI_TEST_POSTGRES") == "debian" else "embedded"
_names = count()
# One key for all test databases, so that a copy of a prepared world can be read by every test.
TEST_KEY = bytes(range(32))


def pytest_configure() -> None:
    """Hash passwords quickly while tests run; what real ones cost is looked at in tests/trust/test_passwords.py."""
    PASSWORDS.use(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files that take long come first, so that no worker is left alone with one at the end.

    On the second server only what reaches a database is tried: everything else would say the same again.
    """
    if WHICH == "debian":
        left = [item for item in items if "postgres" not in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if "postgres" in getattr(item, "fixturenames", ())]
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)


def fresh_name() -> str:
    """A database name that no other test uses."""
    return f"linli_{os.getpid()}_{next(_names)}"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A throwaway server with a migrated template database; the URL of its superuser."""
    with cluster(WHICH, tmp_path_factory.mktemp("postgres")) as dsn:
        engine = owner_engine(create_database(dsn, "linli_template"))
        migrate(engine)
        engine.dispose()
        yield dsn


@pytest.fixture(scope="session")
def baishi(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Baishi:
    """The scenarios' world, built once in a database that is copied from."""
    url = create_database(postgres, "linli_baishi", template="linli_template")
    settings = Settings.from_env(
        {},
        second_factor="offered",
        database_url=url,
        data=tmp_path_factory.mktemp("baishi"),
        master_key=TEST_KEY,
        log_level="error",
    )
    app = create_app(settings, clock=MovableClock(NOW))
    with app.app_context():
        act_as(db.session(), SYSTEM)
        world = build(app, db.session(), NOW)
        db.session.remove()
        db.engine.dispose()
    return world


@pytest.fixture
def database_url(postgres: str) -> Iterator[str]:
    """A migrated database, this test's alone while it runs."""
    with lender(postgres, "linli_template").lent() as url:
        yield url


@pytest.fixture
def clock() -> MovableClock:
    """A clock held at a Monday morning, to be moved by the test."""
    return MovableClock(NOW)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of the test's application."""
    return Settings.from_env(
        {},
        second_factor="offered",
        database_url=database_url,
        data=tmp_path,
        master_key=TEST_KEY,
        pool_size=3,
        log_level="error",
    )


@pytest.fixture
def app(settings: Settings, clock: MovableClock) -> Iterator[Flask]:
    """The application on the test's database."""
    with applied(settings, clock) as made:
        yield made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client without a session."""
    return app.test_client()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session that acts for the system, inside the application's context."""
    with app.app_context():
        act_as(db.session(), SYSTEM)
        yield db.session()
        db.session.rollback()


@pytest.fixture
def owner_session(database_url: str) -> Iterator[Session]:
    """A session of the database's owner, which looks behind row security."""
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with Session(engine) as made:
        yield made
    engine.dispose()


def pytest_runtest_setup() -> None:
    """A worker that a test ran in this process has stopped, and left word of it; the next test's work is not stopping."""
    STOPPING.clear()
