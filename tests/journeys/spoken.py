"""The spoken pass of ``docs/accessibility.md``, from the browser's own accessibility tree: ``python -m tests.journeys.spoken``.

What stands in the document before the mark is written by hand; what follows is made here, so that it cannot go stale.
"""

import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, expect

from backend.kernel.database import owner_engine
from backend.kernel.migrate import migrate
from tests.conftest import NOW
from tests.journeys.browser import OnTime, chromium, serving
from tests.journeys.reader import Reader
from tests.journeys.views import ANSWERED, REPLIED, sent, shown
from tests.support.application import application, with_baishi
from tests.support.postgres import cluster, create_database

DOCUMENT = Path(__file__).parents[2] / "docs" / "accessibility.md"
MARK = "<!-- What follows is made by `python -m tests.journeys.spoken`. -->\n"


def report(reader: Reader) -> None:
    """A report from its beginning to its code."""
    visit, page = reader.visit, reader.visit.page
    reader.opens("/report", "The screen opens")
    with reader.step("Send, with nothing said"):
        visit.press("report.send")
        page.wait_for_selector("[aria-invalid=true]")
    with reader.step("Danger is ticked"):
        page.locator("[name=danger_now]").check()
    page.locator("[name=danger_now]").uncheck()
    with reader.step("Use my place"):
        visit.press("report.place")
        expect(page.locator("main")).to_contain_text("18")
    with reader.step("Something else: the dialog of topics"):
        page.get_by_text(visit.words("report.other"), exact=True).click()
        page.wait_for_selector("dialog")
    with reader.step("Escape: the dialog closes"):
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")
    page.locator("label.tile").first.click()
    with reader.step("The network goes"):
        visit.lose_network()
        page.wait_for_selector("main .note")
    page.context.set_offline(False)
    page.wait_for_selector("main .note", state="detached")
    with reader.step("Send", whole=True):
        visit.press("report.send")
        page.wait_for_url(re.compile("/sent/"))
        page.wait_for_selector("main .card")


def sos(reader: Reader) -> None:
    """An SOS for whoever cannot hold, until it is ended."""
    visit, page = reader.visit, reader.visit.page
    reader.opens("/sos", "The screen opens")
    with reader.step("I cannot hold: tap instead"):
        visit.press("sos.tap")
    with reader.step("Yes, send SOS: five seconds", whole=True):
        visit.press("sos.sure_yes")
        page.wait_for_selector(".count")
    with reader.step("Do not wait, send now: it arrives", whole=True):
        visit.press("alarm.now")
        page.wait_for_selector("#arrived")
        expect(page.locator("main")).to_contain_text("18", timeout=15_000)
    with reader.step("What is happening: one tap"):
        page.locator("button.tile").first.click()
        page.wait_for_selector("button.tile[aria-pressed=true]")
    with reader.step("I am safe, end SOS"):
        visit.press("alarm.end_ask")
        page.wait_for_selector("dialog[open]")
    with reader.step("Yes, end it"):
        visit.press("alarm.end_yes")
        expect(page.locator("h1")).to_have_text(visit.words("sos.title_ended"))


def my_report(reader: Reader) -> None:
    """A report that was sent, with an answer from the desk."""
    visit, page = reader.visit, reader.visit.page
    sent(visit)
    visit.desk("acknowledge")
    visit.desk("message", text=ANSWERED["en"])
    reader.open("/reports")
    expect(page.locator("main")).to_contain_text(visit.words("mine.news_status"))
    reader.opens("/reports", "The list opens")
    with reader.step("One of them", whole=True):
        page.locator("a.card").click()
        page.wait_for_selector("#message")
    page.locator("#message").fill(REPLIED["en"])
    with reader.step("A message is sent"):
        visit.press("thread.send")
        expect(page.locator("#message")).to_have_value("")
    with reader.step("Take this report back: asked first"):
        visit.press("thread.withdraw_label")


def aid(reader: Reader) -> None:
    """Asking a neighbour for help."""
    visit, page = reader.visit, reader.visit.page
    reader.opens("/aid", "The screen opens")
    with reader.step("Ask, with nothing chosen"):
        visit.press("aid.send")
        page.wait_for_selector("[role=alert]")
    page.locator("label.tile").nth(2).click()
    with reader.step("Ask"):
        visit.press("aid.send")
        page.wait_for_url(re.compile("/sent/"))
        page.wait_for_selector("main .card")


def language(reader: Reader) -> None:
    """The other language, and the way out."""
    visit, page = reader.visit, reader.visit.page
    reader.opens("/", "The first screen opens")
    with reader.step("中文", whole=True):
        page.locator(".top .bare").click()
        page.wait_for_selector("html[lang=zh-Hans]")
    visit.lose_network()
    with reader.step("Leave now, off line", whole=True):
        page.locator("#exit").click()
        page.wait_for_url(re.compile("/neutral$"))


JOURNEYS: dict[str, Callable[[Reader], None]] = {
    "A report": report, "SOS": sos, "My report": my_report, "Help between neighbours": aid, "Language and the way out": language,
}  # fmt: skip


def make(browser: Browser, app: Flask, url: str) -> str:
    """The made part of the document."""
    lines: list[str] = []
    for title, journey in JOURNEYS.items():
        with shown(browser, app, url, None, "en") as visit:
            reader = Reader(visit)
            journey(reader)
            lines += ["", f"## {title}", *reader.lines]
    return "\n".join([*lines, ""])


def made(document: str) -> str:
    """What follows the mark in a document."""
    return document.partition(MARK)[2]


def main() -> None:
    """Write the document anew."""
    with tempfile.TemporaryDirectory() as folder, cluster("embedded", Path(folder) / "postgres") as dsn:
        engine = owner_engine(create_database(dsn, "linli_template"))
        migrate(engine)
        engine.dispose()
        with application(dsn, Path(folder), NOW) as app, chromium() as browser:
            with_baishi(app, NOW)
            with serving(app, handler=OnTime) as url:
                text = make(browser, app, url)
    by_hand = DOCUMENT.read_text(encoding="utf-8").partition(MARK)[0]
    DOCUMENT.write_text(by_hand + MARK + text, encoding="utf-8")
    print(f"{len(text.splitlines())} lines in {DOCUMENT.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
