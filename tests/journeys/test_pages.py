"""The first pages in a real browser: with and without scripts, on a phone, at 320 px and at twice the text size."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.journeys.browser import DESKTOP, visiting
from tests.support.people import PASSWORD

ADDRESSES = ["/form", "/receipt", "/console/plain/sign-in", "/console/plain", "/nothing"]


def fill(page: Page, text: str = "Please come and look") -> None:
    """Fill in a report."""
    page.goto("/form")
    page.get_by_text("Something is wrong").first.click()
    page.get_by_label("What happened, or what is needed?").fill(text)


def sign_in(page: Page, login: str = "li") -> None:
    """Sign in by the form."""
    page.get_by_label("Login").fill(login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def photo() -> Any:
    """A photo as a phone makes it."""
    raw = io.BytesIO()
    Image.new("RGB", (640, 480), "gray").save(raw, "JPEG")
    return {"name": "lamp.jpg", "mimeType": "image/jpeg", "buffer": raw.getvalue()}


@pytest.mark.parametrize("scripts", [False, True], ids=["without scripts", "with scripts"])
def test_a_report_is_sent_read_answered_and_closed(browser: Browser, url: str, scripts: bool) -> None:
    with visiting(browser, url, scripts=scripts) as resident, visiting(browser, url, scripts=scripts) as desk:
        fill(resident, "Please come and look at the bench")
        resident.get_by_label("Where is it?").fill("Beside the school gate")
        resident.get_by_text("I know the coordinates").click()
        resident.get_by_label("Latitude").fill("30,45")
        resident.get_by_label("Longitude").fill("120.45")
        resident.get_by_label("Photos, at most 3").set_input_files([photo()])
        resident.get_by_role("button", name="Send").click()
        expect(resident.get_by_role("heading", level=1)).to_have_text("We have it")
        expect(resident.locator("main")).to_contain_text("Nanmen Residents' Committee desk")
        code = resident.locator(".code").inner_text()
        assert code not in resident.url

        desk.goto("/console/plain")
        sign_in(desk)
        desk.get_by_role("link", name="Not yet sorted").click()
        expect(desk.locator("main")).to_contain_text("Please come and look at the bench")
        expect(desk.get_by_role("img")).to_have_count(0)
        desk.get_by_text("Photo 1: show it").click()
        expect(desk.get_by_role("img")).to_be_visible()
        desk.locator("#triage-category").select_option("CN01")
        desk.locator("#triage-grade").select_option("4")
        desk.get_by_role("button", name="Record the triage").click()
        expect(desk.get_by_role("alert")).to_contain_text("Lowering the grade needs a reason.")
        expect(desk.locator("#triage-category")).to_have_value("CN01")
        desk.get_by_label("Reason").first.fill("Nobody can be hurt by it")
        desk.get_by_role("button", name="Record the triage").click()
        expect(desk.get_by_role("status")).to_have_text("The triage is recorded.")
        desk.get_by_role("button", name="Sign out").click()
        desk.goto("/console/plain")
        sign_in(desk, "gao")
        desk.locator(".asked").get_by_role("link").first.click()
        desk.get_by_role("button", name="Accept it").click()
        expect(desk.get_by_role("status")).to_have_text("You answer for it now.")

        resident.goto("/receipt")
        resident.get_by_label("Your code").fill(code.lower())
        resident.get_by_role("button", name="Open").click()
        expect(resident.locator(".status-words")).to_have_text("Being handled.")
        expect(resident.locator(".status")).to_contain_text("Baishi Public Works desk answers for it.")
        resident.get_by_label("Write to us").fill("It is the one at the gate")
        resident.get_by_role("button", name="Send", exact=True).click()
        expect(resident.locator(".thread")).to_contain_text("It is the one at the gate")
        assert code not in resident.url


def test_an_sos_shows_the_number_beside_the_choice_and_after_sending(browser: Browser, url: str) -> None:
    with visiting(browser, url, scripts=False) as page:
        page.goto("/form")
        expect(page.locator("main a").first).to_have_attribute("href", "tel:110")
        expect(page.locator(".call-again")).to_be_hidden()
        page.locator("[value=distress]").check()
        expect(page.locator(".call-again")).to_be_visible()
        page.get_by_role("button", name="Send").click()
        expect(page.locator("main a").first).to_have_attribute("href", "tel:110")
        expect(page.locator("main")).to_contain_text("Your code")


def test_only_the_topics_of_the_chosen_kind_are_shown(browser: Browser, url: str) -> None:
    with visiting(browser, url, scripts=False) as page:
        page.goto("/form")
        page.get_by_text("Choose a topic").click()
        for kind, group in (("concern", "concern"), ("aid_offer", "aid_request"), ("distress", "distress")):
            page.locator(f"[name=kind][value={kind}]").check()
            shown = [
                name for name in ("concern", "aid_request", "distress") if page.locator(f".topic-{name}").is_visible()
            ]
            assert shown == [group]


def test_two_taps_are_one_report(browser: Browser, url: str) -> None:
    with visiting(browser, url) as page:
        sendings: list[str] = []
        page.on("request", lambda request: sendings.append(request.url) if request.method == "POST" else None)
        fill(page)
        page.get_by_role("button", name="Send").dblclick()
        expect(page.locator(".code")).to_be_visible()
        assert len(sendings) == 1
        # Whoever looks at this screen next finds an empty form.
        page.go_back()
        expect(page.get_by_label("What happened, or what is needed?")).to_have_value("")


def test_photos_that_are_too_much_together_are_said_before_anything_is_lost(
    browser: Browser, url: str, tmp_path: Path
) -> None:
    large = [tmp_path / f"{name}.jpg" for name in "ab"]
    for path in large:
        with path.open("wb") as file:
            file.truncate(20_000_000)
    with visiting(browser, url) as page:
        fill(page)
        page.get_by_label("Photos, at most 3").set_input_files(large)
        page.get_by_role("button", name="Send").click()
        expect(page.locator("#photo-much")).to_be_visible()
        expect(page.get_by_label("What happened, or what is needed?")).to_have_value("Please come and look")


def test_the_position_is_asked_for_only_by_a_tap(browser: Browser, url: str) -> None:
    with visiting(browser, url) as page:
        fill(page)
        expect(page.locator("#lat")).to_have_value("")
        page.get_by_role("button", name="Add where I am now").click()
        expect(page.locator("#located")).to_have_text("Added. It is right to about 18 metres.")
        expect(page.locator("#lat")).to_have_value("30.450000")
        page.get_by_role("button", name="Send").click()
        expect(page.locator("main")).to_contain_text("Nanmen Residents' Committee desk")


@pytest.mark.parametrize("way", ["tap", "keys"])
def test_leaving_replaces_the_page_and_back_does_not_return(browser: Browser, url: str, way: str) -> None:
    with visiting(browser, url) as page:
        page.goto("about:blank")
        fill(page)
        if way == "tap":
            page.get_by_role("link", name="Leave quickly").click()
        else:
            for _ in range(3):
                page.keyboard.press("Shift")
        page.wait_for_url("https://www.wikipedia.org/")
        page.go_back()
        assert "come and look" not in page.content()
        assert not page.url.startswith(url)


def test_typing_capitals_does_not_leave(browser: Browser, url: str) -> None:
    with visiting(browser, url) as page:
        fill(page)
        for letter in "ABC":
            page.keyboard.press(f"Shift+{letter}")
        page.wait_for_timeout(200)
        assert page.url.startswith(url)


def test_a_link_in_a_web_mail_leads_to_the_incident_of_whoever_is_signed_in(browser: Browser, url: str) -> None:
    with visiting(browser, url) as page:
        page.goto("/console/plain")
        sign_in(page)
        page.goto("https://mail.example/")
        page.set_content(f'<a href="{url}/console/plain">No. 3 is waiting</a>')
        page.get_by_role("link").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        page.get_by_role("link", name="I am signed in already: go on").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Incidents")


# What a person can hit must be 48 px high (ux.md); links within a sentence are as high as their line.
SMALL_TARGETS = """() => [...document.querySelectorAll("button, summary, select, textarea, .tile, .check, .top a, .button,"
  + " .call-number, .row-link, .counts a, input:not([type=hidden], [type=radio], [type=checkbox])")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 47.5).map((one) => one.outerHTML.slice(0, 90))"""
NAMELESS = """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a")]
  .filter((one) => !(one.labels?.length || one.textContent.trim() || one.getAttribute("aria-label")))
  .map((one) => one.outerHTML.slice(0, 90))"""


@pytest.mark.parametrize(
    ("language", "width", "text"),
    [("en", 320, 100), ("en", 320, 200), ("en", 1280, 200), ("zh", 320, 100), ("zh", 640, 200)],
)
def test_pages_reflow_and_their_targets_are_large(
    browser: Browser, url: str, language: str, width: int, text: int
) -> None:
    told: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "404" not in message.text:
            told.append(message.text)

    with visiting(browser, url, language=language, size={"width": width, "height": 640}) as page:
        page.on("console", note)
        page.goto("/console/plain/sign-in?lang=en")
        sign_in(page)
        for address in [*ADDRESSES, incident_in(page)]:
            page.goto(f"{address}?lang={language}")
            page.evaluate(f"document.documentElement.style.fontSize = '{text}%'")
            page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert overflow <= 0, f"{address} is {overflow} px too wide"
            assert page.evaluate(SMALL_TARGETS) == [], address
            assert page.evaluate(NAMELESS) == [], address
    assert told == []


def incident_in(page: Page) -> str:
    """The address of an incident, made for looking at it."""
    sent = page.request.post(
        "/api/v1/reports",
        data={"client_id": "00000000-0000-4000-8000-0000000000aa", "kind": "distress", "text": "Smoke " * 60,
              "category": "DS02", "danger_now": True, "place": {"lat": 30.45, "lon": 120.45, "accuracy_m": 18}},
    )  # fmt: skip
    return f"/console/plain/incidents/{sent.json()['incident']['id']}"


def test_the_report_is_made_by_keyboard_alone(browser: Browser, url: str) -> None:
    with visiting(browser, url, size=DESKTOP) as page:
        page.goto("/form")

        def focused() -> str:
            return str(page.evaluate("document.activeElement.textContent || document.activeElement.name"))

        page.keyboard.press("Tab")
        assert focused() == "Skip to the page"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert re.sub(r"\s+", " ", focused()).strip() == "Police 110"
        while page.evaluate("document.activeElement.name") != "kind":
            page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.type("please come and look")
        while page.evaluate("document.activeElement.textContent") != "Send":
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator(".code")).to_be_visible()
