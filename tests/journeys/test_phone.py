"""The phone page in a real browser on a small phone: report, offline, SOS, exit, receipt, and no barrier on any screen."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.incidents.models import Incident, Report
from backend.intake.models import Photo
from backend.kernel.database import SYSTEM, act_as
from backend.pages import phone
from tests.journeys.browser import chromium, serving, visiting
from tests.journeys.test_pages import photo
from tests.support.baishi import Baishi

AXE = phone.DIST.parent / "node_modules" / "axe-core" / "axe.min.js"
SCREENS = ["/", "/report", "/reports", "/open", "/aid", "/sos", "/alerts", "/safety", "/install", "/help"]
SEND = {"en": "Send", "zh": "发送"}
PLACE = {"en": "Use my place", "zh": "使用我的位置"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all journeys."""
    with chromium() as found:
        yield found


@pytest.fixture
def url(app: Flask, world: Baishi) -> Iterator[str]:
    """The application in the world, served."""
    with serving(app) as address:
        yield address


def settled(page: Page, address: str) -> None:
    """Open a screen and wait until it answers to touch."""
    page.goto(address)
    page.wait_for_function("navigator.serviceWorker.controller !== null || document.readyState === 'complete'")
    page.wait_for_function("document.querySelector('#exit') !== null")
    page.wait_for_load_state("networkidle")


def stored(session: Session) -> list[Report]:
    """The reports on the server."""
    session.rollback()
    act_as(session, SYSTEM)
    return list(session.scalars(select(Report).order_by(Report.received_at)))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_report_with_a_photo_and_a_place_takes_five_taps_and_no_typing(
    browser: Browser, url: str, session: Session, language: str
) -> None:
    with visiting(browser, url, language=language) as page:
        settled(page, "/")
        taps = 0
        page.locator('a[href="/report"]').click()
        taps += 1
        page.locator("label.tile").first.click()
        taps += 1
        page.locator('input[type="file"]').set_input_files(photo())
        page.get_by_role("button", name=PLACE[language]).click()
        taps += 1
        expect(page.locator("main")).to_contain_text("18")
        page.get_by_role("button", name=SEND[language], exact=True).click()
        taps += 1
        expect(page).to_have_url(re.compile("/sent/"))
        expect(page.locator("main")).to_contain_text(re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}"))
        assert taps <= 5
    (sent,) = stored(session)
    assert (sent.lat, sent.lon) == (30.45, 120.45)
    assert sent.category
    assert session.scalar(select(func.count()).select_from(Photo).where(Photo.report_id == sent.id)) == 1


def test_without_scripts_the_report_goes_as_a_plain_form(browser: Browser, url: str, session: Session) -> None:
    with visiting(browser, url, scripts=False) as page:
        page.goto("/report")
        page.locator("textarea[name=text]").fill("The lamp at the gate is broken")
        page.locator("form button").last.click()
        expect(page.locator("main")).to_contain_text(re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}"))
    assert len(stored(session)) == 1


def test_a_receipt_opens_the_report_on_another_phone(browser: Browser, url: str) -> None:
    with visiting(browser, url) as first, visiting(browser, url) as second:
        write(first, "The bench is loose")
        code = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", first.locator("main").inner_text())
        assert code
        settled(second, "/open")
        second.locator("main input").first.fill(code[0].lower().replace("-", " "))
        second.locator("main form button").first.click()
        expect(second.locator("main")).to_contain_text("The bench is loose")
        assert code[0] not in second.url


def write(page: Page, text: str) -> None:
    """Write a report and see it sent."""
    settled(page, "/report")
    page.locator("textarea[name=text]").fill(text)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page).to_have_url(re.compile("/sent/"))
    expect(page.locator("main")).to_contain_text(re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}"))


def test_an_sos_is_held_sent_and_seen_as_it_is(browser: Browser, url: str, session: Session) -> None:
    with visiting(browser, url) as page:
        settled(page, "/sos")
        ring = page.get_by_role("button", name=re.compile("Press and hold"))
        ring.hover()
        page.mouse.down()
        page.wait_for_timeout(3300)
        page.mouse.up()
        expect(page.locator("h1")).to_contain_text("goes out")
        assert stored(session) == []
        expect(page.locator("main")).to_contain_text("It is with:", timeout=15_000)
        expect(page.locator('a[href^="tel:"]').first).to_be_visible()
    (sent,) = stored(session)
    assert (sent.kind, sent.danger_now) == ("distress", True)
    assert session.scalars(select(Incident.grade)).one() <= 2


def test_an_sos_let_go_too_early_sends_nothing(browser: Browser, url: str, session: Session) -> None:
    with visiting(browser, url) as page:
        settled(page, "/sos")
        page.get_by_role("button", name=re.compile("Press and hold")).hover()
        page.mouse.down()
        page.wait_for_timeout(800)
        page.mouse.up()
        expect(page.locator("main")).to_contain_text("Nothing was sent")
    assert stored(session) == []


@pytest.mark.parametrize("offline", [False, True], ids=["on line", "off line"])
def test_whoever_leaves_is_gone_within_a_tenth_of_a_second(browser: Browser, url: str, offline: bool) -> None:
    with visiting(browser, url) as page:
        settled(page, "/")
        page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
        settled(page, "/report")
        page.context.set_offline(offline)
        gone_ms = page.evaluate(
            """() => {
              const began = performance.now();
              document.querySelector("#exit").click();
              return document.querySelector("main") ? Infinity : performance.now() - began;
            }"""
        )
        assert gone_ms < 100
        page.wait_for_url(re.compile("/neutral$" if offline else "bbc|weather"))
        expect(page.locator("html")).not_to_contain_text(re.compile("Linli|report", re.IGNORECASE))
        expect(page).not_to_have_title(re.compile("Linli"))


@pytest.mark.parametrize("address", SCREENS)
@pytest.mark.parametrize("language, scheme", [("en", "light"), ("zh", "dark")])
def test_no_screen_has_a_barrier_or_scrolls_sideways(
    browser: Browser, url: str, address: str, language: str, scheme: Any
) -> None:
    with visiting(browser, url, language=language, size={"width": 320, "height": 640}) as page:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        settled(page, address)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found["violations"]] == []
