"""Pictures of the chat with the bot for docs/bot.md: ``python -m tests.journeys.chat_screens [FOLDER]``.

The real bot and all processes run in the scenarios' invented world; the page is that of the demo.
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from bot.wording import say
from tests.chaos.bot_storm import fresh_house
from tests.journeys.browser import DESKTOP, PHONE, chromium, visiting
from tests.journeys.chatting import House
from tests.journeys.screens import FOLDER, keep
from tests.support.baishi import NANMEN

NAMES = {"en": "Ann", "zh": "小陈"}
WORDS = {"en": "The manhole cover in front of the school is loose.", "zh": "学校门口的井盖松了。"}
VOLUNTEERS = {"en": ("Vic", "helper0"), "zh": ("小林", "helper1")}
SOON_MS = 20_000


def write(page: Page, text: str) -> None:
    """Write to the bot."""
    page.locator("#say").fill(text)
    page.locator("#say").press("Enter")


def tap(page: Page, label: str) -> None:
    """Tap the newest button that says so."""
    page.get_by_role("button", name=label, exact=True).last.click()


def shows(page: Page, words: str) -> None:
    """Wait until a message says so, and everything has come to rest."""
    expect(page.locator("#log li").filter(has_text=words)).not_to_have_count(0, timeout=SOON_MS)
    page.wait_for_timeout(1200)


def resident(page: Page, language: str, folder: Path) -> None:
    """A report, and the question before an SOS."""

    def text(key: str, **params: object) -> str:
        return say(language, key, **params).split("\n")[0]

    page.locator("#keyboard button").click()
    shows(page, text("home.ask"))
    write(page, WORDS[language])
    shows(page, text("topic.concern"))
    keep(page, folder / f"chat-topics-{language}.png", whole=False)
    tap(page, text("button.skip"))
    shows(page, text("place.ask"))
    tap(page, text("menu.place"))
    shows(page, text("ready.ask"))
    keep(page, folder / f"chat-ready-{language}.png", whole=False)
    tap(page, text("button.send:news"))
    shows(page, text("sent.received"))
    keep(page, folder / f"chat-sent-{language}.png", whole=False)
    tap(page, text("menu.sos"))
    shows(page, text("sos.ask"))
    keep(page, folder / f"chat-sos-{language}.png", whole=False)


def volunteer(home: House, page: Page, language: str, folder: Path) -> None:
    """A task, asked and accepted."""
    name, login = VOLUNTEERS[language]
    who = home.town.person(name, language)
    who.at = (NANMEN["lat"], NANMEN["lon"])
    who.starts()
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    code = home.post("me/chat-code", home.as_(login))["code"]
    write(page, f"/link {code}")
    expect(page.locator("#log")).to_contain_text("/unlink", timeout=SOON_MS)
    write(page, "/duty")
    shows(page, say(language, "duty.ask"))
    tap(page, say(language, "button.hours", hours=2))
    shows(page, say(language, "duty.on", span="@").partition("@")[0])
    sent = home.report(kind="distress", category="DS09", text="I fell and cannot get up", place=NANMEN)
    home.post(
        f"incidents/{sent['incident']['id']}/triage",
        home.as_("top"),
        category="DS09",
        grade=2,
        emergency_attends="not_needed",
    )
    button = {"en": "Yes, I can", "zh": "可以"}[language]
    expect(page.get_by_role("button", name=button, exact=True)).to_be_visible(timeout=SOON_MS)
    page.wait_for_timeout(1200)
    keep(page, folder / f"chat-offer-{language}.png", whole=False)
    tap(page, button)
    expect(page.locator("#log li").last).to_contain_text("30.45", timeout=SOON_MS)
    page.wait_for_timeout(1200)
    keep(page, folder / f"chat-accepted-{language}.png", whole=False)


def take(browser: Browser, home: House, folder: Path) -> None:
    """All pictures: residents on a phone's width, volunteers on a wide screen."""
    for language in ("en", "zh"):
        who = home.town.person(NAMES[language], language)
        who.at = (NANMEN["lat"], NANMEN["lon"])
        with visiting(browser, home.town.url, language=language, size=PHONE | {"height": 1400}) as page:
            page.goto("/demo/chat")
            page.get_by_role("button", name=NAMES[language]).click()
            expect(page.get_by_role("heading", name=NAMES[language])).to_be_visible()
            expect(page.locator("#keyboard button")).to_have_count(1)
            page.evaluate(
                "[document.querySelector('#lat').value, document.querySelector('#lon').value] = ['30.45', '120.45']"
            )
            resident(page, language, folder)
        with visiting(browser, home.town.url, language=language, size=DESKTOP | {"height": 1000}) as page:
            page.goto("/demo/chat")
            volunteer(home, page, language, folder)


def main(folder: Path) -> None:
    """Take all pictures."""
    with fresh_house() as home, chromium() as browser:
        take(browser, home, folder)
    print(f"{len(list(folder.glob('chat-*.png')))} pictures in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
