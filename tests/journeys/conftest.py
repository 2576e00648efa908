"""Journeys run in a copy of the scenarios' world, which is built once."""

from collections.abc import Iterator

import pytest

from backend.app import create_app
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as, db
from backend.settings import Settings
from tests.conftest import NOW, TEST_KEY, fresh_name
from tests.support.baishi import Baishi, build
from tests.support.postgres import create_database, drop_database


@pytest.fixture(scope="session")
def baishi(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Baishi:
    """The world, built in a database that journeys copy."""
    url = create_database(postgres, "linli_baishi", template="linli_template")
    settings = Settings.from_env(
        {}, database_url=url, data=tmp_path_factory.mktemp("baishi"), master_key=TEST_KEY, log_level="error"
    )
    app = create_app(settings, clock=MovableClock(NOW))
    with app.app_context():
        act_as(db.session(), SYSTEM)
        world = build(app, db.session(), NOW)
        db.session.remove()
        db.engine.dispose()
    return world


@pytest.fixture
def database_url(postgres: str, baishi: Baishi) -> Iterator[str]:
    """A copy of the world's database."""
    name = fresh_name()
    yield create_database(postgres, name, template="linli_baishi")
    drop_database(postgres, name)


@pytest.fixture
def world(baishi: Baishi, settings: Settings) -> Baishi:
    """The names of the world."""
    return baishi
