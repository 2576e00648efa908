"""The page of the demo's chat: by mouse, by keyboard alone, in both languages, on a phone, and without a fault that axe finds."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fakes.telegram import Person, Telegram, telegram
from tests.fakes.telegram.keeping import keep, restore
from tests.fakes.telegram.world import World
from tests.journeys.browser import DESKTOP, PHONE, chromium, visiting
from tests.journeys.test_barriers import AXE

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all."""
    with chromium() as running:
        yield running


@pytest.fixture
def town() -> Iterator[Telegram]:
    """A Telegram with two people."""
    with telegram() as running:
        running.person("Ann", "en")
        running.person("Vic", "zh")
        yield running
        assert running.complaints == []


@pytest.fixture
def ann(town: Telegram) -> Person:
    """The first of them, whose chat is open at first."""
    return Person(town.world, next(iter(town.world.chats.values())))


@pytest.fixture
def page(browser: Browser, town: Telegram) -> Iterator[Page]:
    """The page on a wide screen."""
    with visiting(browser, town.url, size=DESKTOP) as opened:
        opened.goto("/demo/chat")
        yield opened


def bot(town: Telegram, method: str, **given: Any) -> Any:
    """What the bot does."""
    return httpx.post(f"{town.url}/bot{town.token}/{method}", json=given).json()["result"]


def asks(town: Telegram, who: Person) -> None:
    """A question with buttons, and a keyboard."""
    rows = [[{"text": "Yes", "callback_data": "y"}], [{"text": "The list", "url": "http://localhost:8000/console"}]]
    bot(town, "sendMessage", chat_id=who.id, text="Are you well?", reply_markup={"inline_keyboard": rows})
    keys = {"keyboard": [[{"text": "Send my place", "request_location": True}], [{"text": "SOS"}]]}
    bot(town, "sendMessage", chat_id=who.id, text="Where?", reply_markup=keys)


def said(town: Telegram) -> list[str]:
    """What the bot was told, in short."""
    found = []
    for update in bot(town, "getUpdates"):
        body = update.get("message") or update.get("edited_message") or update.get("callback_query") or {}
        found += [
            body.get("text") or body.get("data") or next((k for k in ("photo", "voice", "location") if k in body), "")
        ]
    return [one for one in found if one]


def test_one_talks_to_the_bot_with_all_that_it_takes(page: Page, town: Telegram, ann: Person) -> None:
    expect(page.get_by_text("This is a simulation.")).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("log")).to_contain_text("/start")
    asks(town, ann)
    page.get_by_role("button", name="Yes").click()
    assert page.get_by_role("link", name="The list").get_attribute("href") == "http://localhost:8000/console"
    page.get_by_role("button", name="Send my place").click()
    page.get_by_label("Write to the bot").fill("A lamp is broken")
    page.get_by_label("Write to the bot").press("Enter")
    page.get_by_text("Photo, voice, place, language").click()
    page.get_by_role("button", name="Send a sample photo").click()
    page.get_by_role("button", name="Send a sample voice note").click()
    page.get_by_role("button", name="Share it live").click()
    page.get_by_role("button", name="Walk on").click()
    page.get_by_role("button", name="Stop sharing").click()
    expect(page.get_by_role("button", name="Stop sharing")).to_be_disabled()
    expect(page.get_by_role("log").get_by_role("img")).to_have_count(1)
    assert said(town) == [
        "/start",
        "y",
        "location",
        "A lamp is broken",
        "photo",
        "voice",
        "location",
        "location",
        "location",
    ]


def test_somebody_else_and_a_group_are_one_click_away(page: Page, town: Telegram, ann: Person) -> None:
    ann.starts()
    page.get_by_text("More people").click()
    page.get_by_label("Name of a new person").fill("Bo")
    page.get_by_role("button", name="Add person").click()
    expect(page.get_by_role("heading", name="Bo")).to_be_visible()
    bot(town, "sendMessage", chat_id=ann.id, text="For Ann alone")
    page.get_by_role("button", name="Ann (1 new)").click()
    expect(page.get_by_role("log")).to_contain_text("For Ann alone")
    page.get_by_role("button", name="Add a group with the bot").click()
    expect(page.get_by_role("heading", name="Desk group")).to_be_visible()
    page.get_by_label("Write to the bot").fill("/link K7QF-2M9D")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("log")).to_contain_text("/link")
    assert "/link K7QF-2M9D" in said(town)


def test_the_keyboard_alone_does_it(page: Page, town: Telegram, ann: Person) -> None:
    ann.starts()
    asks(town, ann)
    expect(page.get_by_role("button", name="Yes")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # over to the field
    page.keyboard.type("Hello")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Hello")
    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.textContent") == "Yes":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("…")
    bot(town, "answerCallbackQuery", callback_query_id=next(iter(town.world.taps)), text="Noted")
    expect(page.get_by_role("status")).to_contain_text("Noted")
    assert said(town) == ["/start", "Hello", "y"]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "wide"])
def test_everybody_can_use_it(
    browser: Browser, town: Telegram, ann: Person, language: str, size: dict[str, int]
) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make pwa")
    ann.starts()
    asks(town, ann)
    with visiting(browser, town.url, language=language, size=size) as page:
        page.goto("/demo/chat")
        expect(page.get_by_role("button", name="Yes")).to_be_visible()
        assert page.locator("html").get_attribute("lang") == {"en": "en", "zh": "zh-Hans"}[language]
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []


def test_people_and_chats_are_there_again_after_a_restart(town: Telegram, ann: Person, tmp_path: Any) -> None:
    ann.starts()
    asks(town, ann)
    keep(town.world, tmp_path / "chat.json")
    again = World()
    assert restore(again, tmp_path / "chat.json")
    there = Person(again, again.chats[ann.id])
    assert [one.text for one in there.everything()] == ["/start", "Are you well?", "Where?"]
    assert there.keyboard == ["Send my place", "SOS"]
    assert again.updates.waiting == town.world.updates.waiting
    assert not restore(World(), tmp_path / "nothing.json")
