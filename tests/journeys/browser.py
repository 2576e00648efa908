"""A real browser against a real server: Debian's Chromium, driven by Playwright."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright
from werkzeug.http import http_date
from werkzeug.serving import WSGIRequestHandler, make_server

from backend.kernel.clock import Clock
from tests.support.processes import eventually

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PHONE, DESKTOP = {"width": 360, "height": 640}, {"width": 1280, "height": 900}
LOCALES = {"en": "en-GB", "zh": "zh-CN"}
# A busy machine must not look like a page that is wrong.
PATIENCE_MS = 20_000
ELSEWHERE = "<!doctype html><title>elsewhere</title><p>Another website"


class Quiet(WSGIRequestHandler):
    """Answers without writing a line for each request."""

    def log_request(self, *_: object) -> None:
        """Say nothing."""

    def run_wsgi(self) -> None:
        """Answer; until that is done the server has this in hand. What is asked after the end, nobody answers."""
        in_hand: set[object] = getattr(self.server, "in_hand", set())
        in_hand.add(self)
        try:
            if not getattr(self.server, "is_over", False):
                super().run_wsgi()
        finally:
            in_hand.discard(self)


class OnTime(Quiet):
    """Answers that carry the time of the application's clock: a phone believes the server's rather than its own."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The time now, or of ``timestamp``."""
        clock: Clock = self.server.app.extensions["linli"].clock  # type: ignore[attr-defined]
        return http_date(clock.now() if timestamp is None else timestamp)


@contextmanager
def serving(app: Flask, *, handler: type[Quiet] = Quiet, port: int = 0) -> Iterator[str]:
    """The application on ``port`` of this machine, or on a free one; its address.

    At the end what it has in hand is answered first: afterwards it may be another test's.
    """
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=handler)
    in_hand = server.in_hand = set[object]()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.is_over = True  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()
        eventually(lambda: not in_hand)
        server.server_close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; skips the test where it is not installed."""
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed at /usr/bin/chromium")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visiting(
    browser: Browser,
    url: str,
    *,
    language: str = "en",
    scripts: bool = True,
    size: dict[str, int] | None = None,
    ours: tuple[str, ...] = (),
    **more: Any,
) -> Iterator[Page]:
    """A person at a device: pages under ``url`` are ours, every other address is a made-up website.

    ``ours``: further beginnings of addresses that are ours, such as that of the live stream.
    ``more`` is what else Playwright lets a device be.
    """
    context = browser.new_context(
        base_url=url, locale=LOCALES[language], java_script_enabled=scripts,
        viewport=size or PHONE, permissions=["geolocation"],  # type: ignore[arg-type, unused-ignore]
        geolocation={"latitude": 30.45, "longitude": 120.45, "accuracy": 18}, **more,
    )  # fmt: skip

    def elsewhere(route: Route) -> None:
        route.fulfill(body=ELSEWHERE, content_type="text/html")

    context.set_default_timeout(PATIENCE_MS)
    context.route(lambda address: not address.startswith((url, *ours)), elsewhere)
    page = context.new_page()
    try:
        yield page
    finally:
        context.close()
