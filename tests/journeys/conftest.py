"""Journeys run in a copy of the scenarios' world."""

from collections.abc import Iterator

import pytest

from backend.settings import Settings
from tests.support.baishi import Baishi
from tests.support.lending import lender


@pytest.fixture
def database_url(postgres: str, baishi: Baishi) -> Iterator[str]:
    """A copy of the world's database, this test's alone while it runs."""
    with lender(postgres, "linli_baishi").lent() as url:
        yield url


@pytest.fixture
def world(baishi: Baishi, settings: Settings) -> Baishi:
    """The names of the world."""
    return baishi
