"""Two hundred reports from a phone that has no network and dies again and again: all arrive, each once.

In a file of its own, for it starts a browser of its own.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from playwright.sync_api import BrowserContext, expect, sync_playwright
from sqlalchemy.orm import Session

from tests.journeys.browser import ARGUMENTS, CHROMIUM, LOCALES, PHONE
from tests.journeys.phones import Words
from tests.journeys.test_phone import settled, stored
from tests.journeys.views import SAID
from tests.support.processes import eventually

# What waits on the phone, counted in its own database.
WAITING_NONE = """() => new Promise((done, failed) => {
  const opening = indexedDB.open("linli");
  opening.onerror = () => failed(opening.error);
  opening.onsuccess = () => {
    const count = opening.result.transaction("outbox").objectStore("outbox").count();
    count.onsuccess = () => { opening.result.close(); done(count.result === 0); };
  };
})"""


def arrived(session: Session) -> list[UUID]:
    """The phone's ids of the reports on the server. No transaction stays open while the phone takes its time."""
    found = [report.client_id for report in stored(session)]
    session.rollback()
    return found


@contextmanager
def own_phone(folder: Path, url: str, language: str, *, offline: bool = False) -> Iterator[BrowserContext]:
    """A phone that keeps what is on it in ``folder``; at the end of the block it dies."""
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(folder), executable_path=str(CHROMIUM), args=ARGUMENTS, base_url=url, locale=LOCALES[language],
            viewport={"width": PHONE["width"], "height": PHONE["height"]}, offline=offline,
        )  # fmt: skip
        context.set_default_timeout(15_000)
        yield context
        for process in psutil.process_iter(["cmdline"]):
            # The browser itself, by the folder that it alone holds; its helpers go with it.
            words = " ".join(process.info["cmdline"] or ())
            if f"--user-data-dir={folder}" in words and "--type=" not in words:
                process.kill()


@pytest.mark.slow
def test_two_hundred_reports_without_a_network_and_with_kills_are_all_there_once(
    url: str, session: Session, tmp_path: Path, language: str, words: Words
) -> None:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed at /usr/bin/chromium")
    session.rollback()  # a transaction that waited all the while would be ended by the database
    with own_phone(tmp_path / "phone", url, language) as context:
        settled(context.pages[0], "/")
        context.pages[0].wait_for_function("navigator.serviceWorker.ready.then(() => true)")
    written = 0
    for _ in range(4):
        with own_phone(tmp_path / "phone", url, language, offline=True) as context:
            page = context.pages[0]
            page.goto("/report")
            for _ in range(50):
                page.locator("textarea[name=text]").fill(f"{SAID[language]} {written}")
                page.get_by_role("button", name=words["report.send"], exact=True).click()
                expect(page).to_have_url(re.compile("/sent/"))
                written += 1
                page.evaluate("history.pushState(null, '', '/report'); dispatchEvent(new PopStateEvent('popstate'))")
                expect(page.locator("textarea[name=text]")).to_have_value("")
    # The browser may have sent some by itself when it woke up; it dies once more while it is sending the others.
    assert len(arrived(session)) < 200
    with own_phone(tmp_path / "phone", url, language) as context:
        context.pages[0].goto("/")
        context.pages[0].wait_for_timeout(1200)
    with own_phone(tmp_path / "phone", url, language) as context:
        context.pages[0].goto("/help")
        assert eventually(lambda: context.pages[0].evaluate(WAITING_NONE), within_s=180)
    found = arrived(session)
    assert len(found) == len(set(found)) == 200
