"""The phone page in a real browser on a small phone: report, SOS, exit, receipt, in both languages."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.incidents.models import Incident, Report
from backend.intake.models import Photo
from backend.kernel.database import SYSTEM, act_as
from tests.journeys.browser import visiting
from tests.journeys.test_pages import photo
from tests.journeys.views import CODE, LANGUAGES, SAID, at_rest, dictionary


def settled(page: Page, address: str) -> None:
    """Open a screen and wait until it answers to touch."""
    page.goto(address)
    at_rest(page)


def stored(session: Session) -> list[Report]:
    """The reports on the server."""
    session.rollback()
    act_as(session, SYSTEM)
    return list(session.scalars(select(Report).order_by(Report.received_at)))


def write(page: Page, text: str) -> None:
    """Write a report in English and see it sent."""
    settled(page, "/report")
    page.locator("textarea[name=text]").fill(text)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page).to_have_url(re.compile("/sent/"))
    expect(page.locator("main")).to_contain_text(re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}"))


@pytest.mark.parametrize("language", LANGUAGES)
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
        page.get_by_role("button", name=dictionary(language)["report.place"]).click()
        taps += 1
        expect(page.locator("main")).to_contain_text("18")
        page.get_by_role("button", name=dictionary(language)["report.send"], exact=True).click()
        taps += 1
        expect(page).to_have_url(re.compile("/sent/"))
        expect(page.locator("main")).to_contain_text(re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}"))
        assert taps <= 5
    (sent,) = stored(session)
    assert (sent.lat, sent.lon) == (30.45, 120.45)
    assert sent.category
    assert session.scalar(select(func.count()).select_from(Photo).where(Photo.report_id == sent.id)) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_scripts_the_report_goes_as_a_plain_form(
    browser: Browser, url: str, session: Session, language: str
) -> None:
    with visiting(browser, url, language=language, scripts=False) as page:
        page.goto("/report")
        page.locator("textarea[name=text]").fill(SAID[language])
        page.get_by_role("button", name=dictionary(language)["report.send"], exact=True).click()
        expect(page.locator("main")).to_contain_text(CODE)
    (sent,) = stored(session)
    assert sent.language == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receipt_opens_the_report_on_another_phone(browser: Browser, url: str, language: str) -> None:
    words = dictionary(language)
    with visiting(browser, url, language=language) as first, visiting(browser, url, language=language) as second:
        settled(first, "/report")
        first.locator("textarea[name=text]").fill(SAID[language])
        first.get_by_role("button", name=words["report.send"], exact=True).click()
        expect(first.locator("main")).to_contain_text(CODE)
        code = CODE.search(first.locator("main").inner_text())
        assert code
        settled(second, "/open")
        second.get_by_label(words["open.code"]).fill(code[0].lower().replace("-", " "))
        second.get_by_role("button", name=words["open.open"], exact=True).click()
        expect(second.locator("main")).to_contain_text(SAID[language])
        assert code[0] not in second.url


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_sos_is_held_sent_and_seen_as_it_is(browser: Browser, url: str, session: Session, language: str) -> None:
    words = dictionary(language)
    with visiting(browser, url, language=language) as page:
        settled(page, "/sos")
        page.get_by_role("button", name=re.compile(words["sos.hold"])).hover()
        page.mouse.down()
        page.wait_for_timeout(3300)
        page.mouse.up()
        expect(page.locator("h1")).to_have_text(words["sos.title_counting"])
        assert stored(session) == []
        expect(page.locator("main")).to_contain_text(words["sos.delivered"].partition("{")[0].strip(), timeout=15_000)
        expect(page.locator('a[href^="tel:"]').first).to_be_visible()
    (sent,) = stored(session)
    assert (sent.kind, sent.danger_now) == ("distress", True)
    assert session.scalars(select(Incident.grade)).one() <= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_sos_let_go_too_early_sends_nothing(browser: Browser, url: str, session: Session, language: str) -> None:
    words = dictionary(language)
    with visiting(browser, url, language=language) as page:
        settled(page, "/sos")
        page.get_by_role("button", name=re.compile(words["sos.hold"])).hover()
        page.mouse.down()
        page.wait_for_timeout(800)
        page.mouse.up()
        expect(page.locator("main")).to_contain_text(words["sos.early"])
    assert stored(session) == []


@pytest.mark.parametrize("offline", [False, True], ids=["on line", "off line"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_leaves_is_gone_within_a_tenth_of_a_second(
    browser: Browser, url: str, offline: bool, language: str
) -> None:
    with visiting(browser, url, language=language) as page:
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
        expect(page.locator("html")).not_to_contain_text(re.compile("Linli|report|邻里|报告", re.IGNORECASE))
        expect(page).not_to_have_title(re.compile("Linli|邻里"))
