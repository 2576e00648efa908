"""The console for journeys: the scenarios' world, served with its live stream, and people who sit down at it.

Everything is made once for a module. The application's clock is held at the moment when it was made, because the stream
runs in a process of its own and looks at the real one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from backend.kernel.clock import MovableClock
from backend.pages.phone import DIST
from tests.journeys.browser import DESKTOP, OnTime, chromium, serving, visiting
from tests.support.application import application, with_baishi
from tests.support.baishi import NANMEN, Baishi
from tests.support.cutting import Road, road
from tests.support.people import PASSWORD
from tests.support.processes import env_of, eventually, free_port, running

AXE = DIST.parent / "node_modules" / "axe-core" / "axe.min.js"


@dataclass
class Consoles:
    """What runs, and the names of the world."""

    app: Flask
    url: str
    world: Baishi
    browser: Browser
    stream: Road

    @property
    def clock(self) -> MovableClock:
        """The application's clock."""
        found: MovableClock = self.app.extensions["linli"].clock
        return found

    def client(self, login: str) -> FlaskClient:
        """Somebody who is signed in at the API, with the cookie."""
        client = self.app.test_client()
        answer = client.post("/api/v1/session", json={"login": login, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        return client

    def report(self, category: str | None = "CN01", **said: Any) -> UUID:
        """Somebody reports in Nanmen; the incident. Without a category somebody has to sort it first."""
        body: dict[str, Any] = {"client_id": str(uuid4()), "kind": "concern", "text": "The lamp is out"} | said
        body |= {"category": category} if category else {}
        body = {"place": {**NANMEN, "accuracy_m": 20}} | body
        answer = self.app.test_client().post("/api/v1/reports", json=body)
        assert answer.status_code == 201, answer.text
        return UUID(answer.get_json()["incident"]["id"])

    @contextmanager
    def at(
        self,
        login: str | None = "li",
        path: str = "/console",
        *,
        language: str = "en",
        size: dict[str, int] | None = None,
        **more: Any,
    ) -> Iterator[Page]:
        """Somebody at the console, signed in without the form; None is nobody. ``more``: what else their device is."""
        stream = f"http://{urlsplit(self.url).hostname}:{self.stream.port}/"
        with visiting(self.browser, self.url, language=language, size=size or DESKTOP, ours=(stream,), **more) as page:
            faults: list[str] = []
            page.on("pageerror", lambda error: faults.append(str(error)))
            if login:
                sign_in(page, login)
            page.goto(path)
            yield page
            assert faults == []


def sign_in(page: Page, login: str) -> None:
    """Give the browser a session, as the form would."""
    answer = page.request.post("/api/v1/session", data={"login": login, "password": PASSWORD})
    assert answer.status == 201, answer.text()


def fill_sign_in(page: Page, login: str, password: str = PASSWORD, language: str = "en") -> None:
    """Sign in by the form."""
    words = {"en": ("Login", "Password", "Sign in"), "zh": ("用户名", "密码", "登录")}[language]
    page.get_by_role("textbox", name=words[0], exact=True).fill(login)
    page.get_by_role("textbox", name=words[1], exact=True).fill(password)
    page.get_by_role("button", name=words[2], exact=True).click()


def settled(page: Page) -> None:
    """Wait until nothing is being fetched for the first time and the line to the server stands."""
    expect(page.locator("main h1")).to_be_visible()
    expect(page.locator("main").get_by_text("Loading …", exact=True)).to_have_count(0)


def barriers(page: Page, *rules: str) -> list[str]:
    """What stands in somebody's way here, as axe finds it by all of its rules or by some; empty is what is wanted."""
    # By the browser's own door, which the page's policy does not reach.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    how = {"resultTypes": ["violations"], "performanceTimer": False, **({"runOnly": list(rules)} if rules else {})}
    found = page.evaluate("(how) => axe.run(document, how)", how)
    return [f"{one['id']}: {node['html']}" for one in found["violations"] for node in one["nodes"]]


@contextmanager
def consoles(postgres: str, folder: Path, **chosen: Any) -> Iterator[Consoles]:
    """The world, the console and its stream, and a browser. ``chosen``: further settings of the application."""
    now, port = datetime.now(UTC), free_port()
    with road(port + 1) as way, application(postgres, folder, now, port=port, stream_port=way.port, **chosen) as app:
        world = with_baishi(app, now)
        env = env_of(app.extensions["linli"].settings.database_url, folder, PORT=port)
        with running("stream", env=env), serving(app, handler=OnTime, port=port) as url, chromium() as browser:
            assert eventually(lambda: _is_alive(port + 1))
            yield Consoles(app, url, world, browser, way)


def _is_alive(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx.HTTPError:
        return False
