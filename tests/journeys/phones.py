"""What people do with the phone page in journeys: set codes, raise an alarm, and look at what the phone keeps.

``words`` are the page's own texts in the language of the phone.
"""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import CDPSession, Page, expect
from sqlalchemy import text

from backend.kernel.database import SYSTEM, act_as, db
from tests.journeys.test_phone import settled

CODE = re.compile(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}")
HOLD_MS = 3300  # the ring is held for 3 s

Words = Mapping[str, str]


def part(page: Page, title: str) -> Any:
    """One part of the safety screen, unfolded."""
    found = page.locator("details", has=page.get_by_role("heading", name=title, exact=True))
    found.locator("summary").click()
    return found


def set_codes(page: Page, words: Words, *, cancel: str = "1234", duress: str = "9876") -> None:
    """Set the codes of an SOS."""
    settled(page, "/safety")
    codes = part(page, words["safety.codes"])
    codes.get_by_label(words["safety.cancel"], exact=True).fill(cancel)
    codes.get_by_label(words["safety.duress"], exact=True).fill(duress)
    codes.get_by_role("button", name=words["safety.save"], exact=True).click()
    expect(codes).to_contain_text(words["safety.said_saved"])


def tap_sos(page: Page, words: Words) -> None:
    """Tap instead of holding, and say yes."""
    settled(page, "/sos")
    page.get_by_role("button", name=words["sos.tap"], exact=True).click()
    page.get_by_role("button", name=words["sos.sure_yes"], exact=True).click()
    expect(page.locator("h1")).to_have_text(words["sos.title_counting"])


def delivered(words: Words) -> str:
    """What stands before the name of whoever has the alarm."""
    return words["sos.delivered"].partition("{")[0].strip()


def raise_sos(page: Page, words: Words) -> None:
    """Raise an alarm and see that the server has it."""
    tap_sos(page, words)
    page.get_by_role("button", name=words["alarm.now"], exact=True).click()
    expect(page.locator("main")).to_contain_text(delivered(words))


def end_by(page: Page, words: Words, code: str) -> None:
    """Type a code."""
    page.get_by_label(words["alarm.code"], exact=True).fill(code)
    page.get_by_role("button", name=words["alarm.code_end"], exact=True).click()


def until(page: Page, look: Callable[[], Any], within_s: float = 30) -> Any:
    """What ``look`` finds as soon as it finds something. The browser goes on meanwhile, which it does not while we sleep."""
    deadline = time.monotonic() + within_s
    while not (found := look()) and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    return found


def receipt_of(page: Page) -> str:
    """The code on the screen."""
    expect(page.locator("main")).to_contain_text(CODE)
    found = CODE.search(page.locator("main").inner_text())
    assert found
    return found[0]


def events(app: Flask) -> list[str]:
    """What happened on the server, in order."""
    with app.app_context():
        act_as(db.session(), SYSTEM)
        found = list(db.session().scalars(text("SELECT type FROM event WHERE stream LIKE 'incident:%' ORDER BY seq")))
        db.session.rollback()
    return found


def read_value(page: Page, name: str) -> Any:
    """Whether the phone keeps something under a name."""
    return page.evaluate(
        """(name) => new Promise((done, failed) => {
          const opening = indexedDB.open("linli");
          opening.onerror = () => failed(opening.error);
          opening.onsuccess = () => {
            const asking = opening.result.transaction("values").objectStore("values").getKey(name);
            asking.onsuccess = () => { opening.result.close(); done(asking.result !== undefined); };
          };
        })""",
        name,
    )


def worker_of(page: Page, url: str) -> tuple[CDPSession, str]:
    """The browser's own way to the page's service worker: the session, and the registration's id."""
    page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")
    wire = page.context.new_cdp_session(page)
    found: list[str] = []

    def take(event: dict[str, Any]) -> None:
        found.extend(one["registrationId"] for one in event["registrations"] if one["scopeURL"].startswith(url))

    wire.on("ServiceWorker.workerRegistrationUpdated", take)
    wire.send("ServiceWorker.enable")
    while not found:
        page.wait_for_timeout(50)
    return wire, found[0]


def answer_to(client: FlaskClient, receipt: str) -> dict[str, Any]:
    """A report as its receipt shows it."""
    found: dict[str, Any] = client.get("/api/v1/receipt", headers={"Authorization": f"Receipt {receipt}"}).get_json()
    return found
