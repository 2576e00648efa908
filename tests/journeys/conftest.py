"""Journeys run in a copy of the scenarios' world, at a real server, in a real browser, in each language."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser

from backend.settings import Settings
from tests.journeys.browser import chromium, serving
from tests.journeys.views import LANGUAGES, dictionary
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all journeys of a file; a file that starts browsers of its own must find no other running."""
    with chromium() as found:
        yield found


@pytest.fixture
def url(app: Flask, world: Baishi) -> Iterator[str]:
    """The application in the world, served."""
    with serving(app) as address:
        yield address


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    """Once for each language of the page."""
    found: str = request.param
    return found


@pytest.fixture
def words(language: str) -> dict[str, str]:
    """The page's own texts in the language, by key."""
    return dictionary(language)
