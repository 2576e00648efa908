"""The pages in the scenarios' world: one application for all tests of this folder."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.kernel.clock import MovableClock
from tests.conftest import NOW
from tests.support.application import application, with_baishi
from tests.support.baishi import Baishi
from tests.support.people import PASSWORD

HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture(scope="session")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Baishi]]:
    """An application with the world in it."""
    with application(postgres, tmp_path_factory.mktemp("pages"), NOW) as app:
        yield app, with_baishi(app, NOW)


@pytest.fixture
def app(house: tuple[Flask, Baishi]) -> Flask:
    """The shared application: tests make their own reports and do not count those of others."""
    return house[0]


@pytest.fixture
def world(house: tuple[Flask, Baishi]) -> Baishi:
    """The names of the world."""
    return house[1]


@pytest.fixture
def clock(app: Flask) -> Iterator[MovableClock]:
    """The application's clock; what a test moved is moved back."""
    found: MovableClock = app.extensions["linli"].clock
    before = found.now()
    yield found
    found.advance(seconds=(before - found.now()).total_seconds())


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a session."""
    return app.test_client()


def words(response: TestResponse) -> str:
    """The text of a page."""
    return response.get_data(as_text=True)


def form(**said: Any) -> dict[str, Any]:
    """A form as a fresh rendering sends it."""
    return {"client_id": str(uuid4()), "kind": "concern", **said}


def code_in(response: TestResponse) -> str:
    """The receipt code that a page shows."""
    found = re.search(r'class="code"[^>]*>([^<]+)<', words(response))
    assert found, words(response)
    return found[1]


def reported(client: FlaskClient, **said: Any) -> str:
    """The code of a report that was sent by the form."""
    answer = client.post("/form", data=form(**said), headers=HTML)
    assert answer.status_code == 201, words(answer)
    return code_in(answer)


def staff(client: FlaskClient, login: str) -> FlaskClient:
    """The browser, signed in by the form."""
    answer = client.post("/console/plain/sign-in", data={"login": login, "password": PASSWORD}, headers=HTML)
    assert answer.status_code == 303, words(answer)
    return client


def incident_of(client: FlaskClient, code: str) -> str:
    """The id of the incident of a report."""
    answer = client.get("/api/v1/receipt", headers={"Authorization": f"Receipt {code}"})
    found: str = answer.get_json()["incident"]["id"]
    return found


def token_in(response: TestResponse) -> str:
    """What a page's forms carry."""
    found = re.search(r'name="token" value="([0-9a-f]+)"', words(response))
    assert found
    return found[1]


def act(client: FlaskClient, incident: str, name: str, **said: Any) -> TestResponse:
    """Fill in a form of the incident's page and send it."""
    read = client.get(f"/console/plain/incidents/{incident}", headers=HTML)
    version = re.search(r'name="version" value="(\d+)"', words(read))
    carried = {"token": token_in(read), **({"version": version[1]} if version else {})}
    return client.post(f"/console/plain/incidents/{incident}/{name}", data=carried | said, headers=HTML)
