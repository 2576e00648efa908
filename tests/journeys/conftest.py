"""Journeys run in a copy of the scenarios' world."""

from collections.abc import Iterator

import pytest

from backend.settings import Settings
from tests.conftest import fresh_name
from tests.support.baishi import Baishi
from tests.support.postgres import create_database, drop_database


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
