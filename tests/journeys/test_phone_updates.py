"""What a phone goes through with a report on it: another language, a new release, a full memory, a wrong clock, a share."""

import re
import shutil
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.intake.models import Photo
from backend.pages import phone
from backend.settings import Settings
from tests.conftest import TEST_KEY
from tests.journeys.browser import visiting
from tests.journeys.phones import CODE, answer_to, events, receipt_of, until
from tests.journeys.test_pages import photo
from tests.journeys.test_phone import settled, stored, write
from tests.support.people import sign_in
from tests.support.processes import env_of, eventually, free_port, running


def test_the_language_changes_without_loading_the_page_anew_and_is_remembered(browser: Browser, url: str) -> None:
    with visiting(browser, url, language="zh") as page:
        settled(page, "/report")
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
        page.locator("textarea[name=text]").fill("The lamp is broken")
        page.evaluate("window.stays = true")
        page.get_by_role("button", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
        expect(page.locator("textarea[name=text]")).to_have_value("The lamp is broken")
        assert page.evaluate("window.stays") is True
        page.get_by_role("link", name="Linli").click()
        expect(page.locator("main")).not_to_contain_text(re.compile("[\u4e00-\u9fff]"))
        settled(page, "/help")
        expect(page.locator("html")).to_have_attribute("lang", "en")


def next_release(former: Path, folder: Path) -> Path:
    """A release after this one: a worker and a screen of another name, as a build with a change makes them."""
    shutil.copytree(former, folder)
    client = folder / "client"
    found = next(path for path in (client / "assets").glob("help-*.js"))
    renamed = found.with_name("help-AnotherOne.js")
    renamed.write_text(found.read_text() + "\n")
    main = next(path for path in (client / "assets").glob("main-*.js"))
    fresh = main.with_name("main-AnotherOne.js")
    fresh.write_text(main.read_text().replace(found.name, renamed.name))
    worker = client / "sw.js"
    text = re.sub(r"[a-z0-9]{8}-[0-9a-f]{12}", "zzzzzzzz-000000000000", worker.read_text())
    worker.write_text(text.replace(main.name, fresh.name).replace(found.name, renamed.name))
    for page in (folder / "pages").glob("*.html"):
        page.write_text(page.read_text().replace(main.name, fresh.name).replace(found.name, renamed.name))
    for packed in [*client.rglob("*.br"), *client.rglob("*.gz")]:
        packed.unlink()
    return folder


def test_a_page_comes_at_once_as_it_was_kept_and_with_todays_policy_the_next_time(
    browser: Browser, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with visiting(browser, url) as page:
        settled(page, "/help")
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        monkeypatch.setattr(phone, "POLICY", f"{phone.POLICY}; frame-src 'none'")
        kept = page.goto("/help")
        assert kept
        assert "frame-src" not in kept.headers["content-security-policy"]
        expect(page.get_by_role("heading", name="Help", exact=True)).to_be_visible()

        def policy() -> bool:
            again = page.goto("/help")
            return again is not None and "frame-src" in again.headers["content-security-policy"]

        assert until(page, policy)


def test_a_page_of_another_release_is_not_kept_without_its_files(
    browser: Browser, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with visiting(browser, url) as page:
        settled(page, "/help")
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        following, asked, screen = next_release(phone.DIST, tmp_path / "dist"), list[str](), phone.screen
        shutil.copy(phone.DIST / "client" / "sw.js", following / "client")  # its worker does not come through yet
        monkeypatch.setattr(phone, "DIST", following)

        def noted(name: str) -> Response:
            asked.append(name)
            return screen(name)

        monkeypatch.setattr(phone, "screen", noted)
        for _ in range(2):
            page.goto("/help")
        assert until(page, lambda: len(asked) == 2)
        page.context.set_offline(True)
        page.goto("/help")
        expect(page.locator("script[src*='main-AnotherOne']")).to_have_count(0)
        expect(page.get_by_role("heading", name="Help", exact=True)).to_be_visible()


def test_a_new_release_takes_over_while_somebody_writes_and_nothing_is_lost(
    browser: Browser, url: str, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with visiting(browser, url) as page:
        settled(page, "/report")
        page.wait_for_function(
            "() => navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)"
        )
        page.context.set_offline(True)
        page.locator("textarea[name=text]").fill("This one waits")
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.locator("main")).to_contain_text("waits on this phone")
        page.locator(".brand").click()
        page.locator('a[href="/report"]').click()
        page.locator("textarea[name=text]").fill("This one is being written")
        # While the network is away the release changes; it comes back with another worker and other files.
        monkeypatch.setattr(phone, "DIST", next_release(phone.DIST, tmp_path / "dist"))
        page.evaluate(
            """() => { window.changed = false;
              navigator.serviceWorker.addEventListener("controllerchange", () => (window.changed = true)); }"""
        )
        page.context.set_offline(False)
        page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.update())")
        page.wait_for_function("() => window.changed")
        assert until(page, lambda: [report.received_at for report in stored(session)])
        expect(page.locator("textarea[name=text]")).to_have_value("This one is being written")
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.locator("main")).to_contain_text(CODE)
        # A screen that this page had not fetched yet is still there under its former name.
        page.evaluate("history.pushState(null, '', '/help'); dispatchEvent(new PopStateEvent('popstate'))")
        expect(page.locator("h1")).to_have_text("Help")
        settled(page, "/reports")
        expect(page.locator("script[src*='main-AnotherOne']")).to_have_count(1)
        expect(page.locator("main a.card")).to_have_count(2)
    assert len(stored(session)) == 2


def test_what_another_application_shares_is_in_the_report(browser: Browser, url: str, session: Session) -> None:
    with visiting(browser, url) as page:
        settled(page, "/")
        page.wait_for_function(
            "() => navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)"
        )
        shared = b64encode(photo()["buffer"]).decode()
        page.evaluate(
            """(shared) => {
              const made = (tag, what) => Object.assign(document.createElement(tag), what);
              const form = made("form", {method: "post", action: "/report", enctype: "multipart/form-data"});
              const field = made("input", {type: "file", name: "photo"});
              const bytes = Uint8Array.from(atob(shared), (sign) => sign.charCodeAt(0));
              const held = new DataTransfer();
              held.items.add(new File([bytes], "lamp.jpg", {type: "image/jpeg"}));
              field.files = held.files;
              form.append(field, made("input", {name: "text", value: "The lamp at the gate"}));
              document.body.append(form);
              form.submit();
            }""",
            shared,
        )
        page.wait_for_url("**/report?shared=1")
        expect(page.locator("textarea[name=text]")).to_have_value("The lamp at the gate")
        expect(page.get_by_role("img", name="Photo 1")).to_be_visible()
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.locator("main")).to_contain_text(CODE)
    (sent,) = stored(session)
    assert session.scalar(select(func.count()).select_from(Photo).where(Photo.report_id == sent.id)) == 1


def test_a_phone_that_is_full_says_so_and_the_report_can_still_go(browser: Browser, url: str, session: Session) -> None:
    with visiting(browser, url) as page:
        settled(page, "/report")
        page.locator("textarea[name=text]").fill("The lamp is broken")
        page.evaluate(
            """() => {
              const put = IDBObjectStore.prototype.put;
              IDBObjectStore.prototype.put = function (...given) {
                if (this.name === "outbox") throw new DOMException("full", "QuotaExceededError");
                return put.apply(this, given);
              };
            }"""
        )
        page.get_by_role("button", name="Send", exact=True).click()
        told = page.get_by_role("alert").filter(has=page.get_by_role("button"))
        expect(told).to_be_focused()
        expect(page.locator("textarea[name=text]")).to_have_value("The lamp is broken")
        assert stored(session) == []
        told.get_by_role("button").click()
        expect(page.locator("main")).to_contain_text(CODE)
    assert len(stored(session)) == 1


@pytest.mark.parametrize("years", [-40, -1, 1], ids=["in the year of its making", "a year behind", "a year ahead"])
def test_a_phone_whose_clock_is_wrong_sends_its_report_and_blames_nobody(
    browser: Browser, url: str, session: Session, years: int, clock: Any
) -> None:
    clock.advance(seconds=(datetime.now(UTC) - clock.now()).total_seconds())
    with visiting(browser, url) as page:
        page.clock.install(time=datetime.now(UTC) + timedelta(days=365 * years))
        settled(page, "/report")
        page.get_by_role("button", name="Use my place").click()
        expect(page.locator("main")).to_contain_text("18")
        page.locator("textarea[name=text]").fill("The lamp is broken")
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.locator("main")).to_contain_text(CODE)
        settled(page, "/reports")
        page.locator("main a.card").first.click()
        expect(page.locator("main")).to_contain_text("You should hear from us by")
        expect(page.locator("main")).not_to_contain_text("We promised news")
    (sent,) = stored(session)
    assert (sent.lat, sent.lon) == (30.45, 120.45)


@contextmanager
def streaming(app: Flask, url: str) -> Iterator[None]:
    """The live stream beside the served application."""
    settings: Settings = app.extensions["linli"].settings
    stream_port = free_port()
    known = replace(settings, stream_port=stream_port)
    app.extensions["linli"] = replace(app.extensions["linli"], settings=known)
    port = url.rsplit(":", 1)[1]
    env = env_of(settings.database_url, settings.data, PORT=port, LINLI_STREAM_PORT=stream_port)
    with running("stream", env=env | {"LINLI_MASTER_KEY": b64encode(TEST_KEY).decode()}):
        assert eventually(lambda: is_alive(stream_port))
        yield


def is_alive(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx.HTTPError:
        return False


@contextmanager
def phone_that_never_asks_by_itself(browser: Browser, url: str) -> Iterator[Page]:
    """A phone on which no interval ever comes: what it hears after the first answer, it was told."""
    context = browser.new_context(
        base_url=url, locale="en-GB", viewport={"width": 360, "height": 640}, permissions=["geolocation"],
        geolocation={"latitude": 30.45, "longitude": 120.45, "accuracy": 18},
    )  # fmt: skip
    context.set_default_timeout(20_000)
    context.add_init_script("window.setInterval = () => 0")
    try:
        yield context.new_page()
    finally:
        context.close()


def test_a_report_that_is_looked_at_follows_the_live_stream(
    browser: Browser, url: str, app: Flask, client: FlaskClient
) -> None:
    with streaming(app, url), phone_that_never_asks_by_itself(browser, url) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        settled(page, "/report")
        page.get_by_role("button", name="Use my place").click()
        expect(page.locator("main")).to_contain_text("18")
        page.get_by_role("button", name="Send", exact=True).click()
        receipt = receipt_of(page)
        page.locator(".brand").click()
        page.locator('a[href="/reports"]').click()
        page.locator("main a.card").first.click()
        expect(page.locator("main")).to_contain_text("nobody has read it yet")
        assert until(page, lambda: any("/api/v1/receipt/stream" in one for one in asked))
        page.wait_for_timeout(2500)
        incident = answer_to(client, receipt)["incident"]["id"]
        headers = sign_in(client, "li")
        answer = client.post(f"/api/v1/incidents/{incident}/acknowledge", json={}, headers=headers)
        assert answer.status_code == 200, answer.get_json()
        expect(page.locator("main")).to_contain_text("A person has seen it.")
        assert receipt not in "".join(asked)
        assert "IncidentAcknowledged" in events(app)


def test_a_photo_is_added_to_a_report_that_was_sent(browser: Browser, url: str, session: Session) -> None:
    with visiting(browser, url) as page:
        write(page, "The bench is loose")
        settled(page, "/reports")
        page.locator("main a.card").first.click()
        page.locator('main input[type="file"]').set_input_files(photo())
        expect(page.get_by_role("img", name="Photo 1")).to_be_visible()
        page.get_by_role("button", name="Send message").click()
        expect(page.get_by_role("img", name="Photo 1")).to_have_count(0)
        expect(page.locator("main")).not_to_contain_text("Waiting to send")
        expect(page.locator("main")).to_contain_text("Photos: 1")
    (sent,) = stored(session)
    assert session.scalar(select(func.count()).select_from(Photo).where(Photo.report_id == sent.id)) == 1
