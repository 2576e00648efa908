"""Pictures of the pages for the documentation: ``python -m tests.journeys.screens [FOLDER]``.

They are taken in the scenarios' invented world, with a clock that stands still, so that they change only when the
pages do.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page

from backend.kernel.database import owner_engine
from backend.kernel.migrate import migrate
from tests.journeys.browser import DESKTOP, PHONE, OnTime, chromium, serving, visiting
from tests.journeys.views import EXAMPLE, LANGUAGES, SAME_CODE, shown
from tests.support.application import application, with_baishi
from tests.support.baishi import NANMEN, TAOHUA
from tests.support.people import PASSWORD
from tests.support.postgres import cluster, create_database

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
FOLDER = Path(__file__).parents[2] / "docs" / "screens"
COLOURS = 64
# What was sent, in the order in which it came in, and the minutes until the next came.
REPORTS: list[tuple[dict[str, Any], int]] = [
    ({"kind": "concern", "category": "CN04", "text": "Drilling every night at eleven", "place": TAOHUA}, 95),
    ({"kind": "aid_request", "category": "AID01", "text": "My mother cannot cook this week", "place": NANMEN}, 20),
    ({"kind": "concern", "category": "CN12", "text": "Nobody has seen Mrs Qian, 81, for three days. She lives alone.",
      "place": NANMEN | {"landmark": "Building 3, second floor", "accuracy_m": 18}}, 14),
    ({"kind": "concern", "category": "CN01", "text": "The street light at the school is broken", "place": NANMEN}, 2),
    ({"kind": "distress", "category": "DS02", "danger_now": True, "text": "Smoke from a window", "place": NANMEN}, 1),
]  # fmt: skip


@contextmanager
def house() -> Iterator[tuple[Flask, str]]:
    """The application with the world and its reports, served."""
    with tempfile.TemporaryDirectory() as folder, cluster("embedded", Path(folder) / "postgres") as dsn:
        engine = owner_engine(create_database(dsn, "linli_template"))
        migrate(engine)
        engine.dispose()
        with application(dsn, Path(folder), NOW) as app:
            with_baishi(app, NOW)
            client = app.test_client()
            for number, (said, minutes) in enumerate(REPORTS, start=1):
                answer = client.post("/api/v1/reports", json={"client_id": str(UUID(int=number)), **said})
                assert answer.status_code == 201, answer.get_data(as_text=True)
                app.extensions["linli"].clock.advance(minutes=minutes)
            with serving(app, handler=OnTime) as url:
                yield app, url


def keep(page: Page, path: Path, *, whole: bool = True) -> None:
    """Save a picture with few colours, which makes it small."""
    size = page.viewport_size
    assert size
    page.evaluate(SAME_CODE, EXAMPLE)
    if whole:  # the window as tall as the page, so that what sticks to its edges lies there
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
    picture = Image.open(BytesIO(page.screenshot()))
    page.set_viewport_size(size)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


# Views of the phone page that are pictured, and whether the whole page is; what opens before a page is seen as it is.
PICTURED = {
    "home": False, "report": False, "report-danger": False, "report-filled": True, "report-topics": False,
    "report-wrong": True, "report-offline": False, "sent": False, "sent-waiting": False, "reports": False,
    "reports-some": True, "thread": True, "open": False, "aid": True, "sos": False, "sos-sure": False,
    "sos-counting": False, "sos-active": True, "sos-undelivered": True, "sos-end": False, "alerts": True,
    "safety": True, "safety-open": True, "safety-delete": False, "install": True, "help": True,
}  # fmt: skip


def phone(browser: Browser, app: Flask, url: str, save: Callable[..., None]) -> None:
    """The phone page."""
    for name, whole in PICTURED.items():
        for language in LANGUAGES:
            with shown(browser, app, url, name, language) as visit:
                save(visit.page, f"{name}-{language}", whole=whole)


def fill_report(page: Page) -> None:
    """A report of a broken street light."""
    page.goto("/form")
    page.get_by_text("Something is wrong").first.click()
    page.get_by_label("What happened, or what is needed?").fill("The street light in front of No. 12 is broken.")
    page.get_by_label("Where is it?").fill("Beside the school gate")


def plain(browser: Browser, url: str, save: Callable[..., None]) -> None:
    """The resident's pages without scripts."""
    for language in LANGUAGES:
        with visiting(browser, url, language=language, scripts=False) as page:
            page.goto("/form")
            save(page, f"plain-form-{language}", whole=False)
    with visiting(browser, url) as page:
        fill_report(page)
        page.get_by_role("button", name="Send").click()
        save(page, "plain-sent")
        page.get_by_role("button", name="See my report").click()
        save(page, "plain-thread")


def staff(browser: Browser, url: str, save: Callable[..., None]) -> None:
    """The staff's pages."""
    for name, size in (("phone", PHONE), ("wide", DESKTOP)):
        with visiting(browser, url, size=size) as page:
            page.goto("/console/plain")
            save(page, f"sign-in-{name}", whole=False)
            page.get_by_label("Login").fill("li")
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            save(page, f"queue-{name}", whole=size is DESKTOP)
            page.get_by_role("link", name="Worry about an adult").click()
            save(page, f"incident-{name}", whole=size is DESKTOP)
            page.get_by_text("Change the grade").first.click()
            page.locator("#regrade-grade").select_option("5")
            page.get_by_role("button", name="Change the grade").click()
            save(page, f"incident-refused-{name}", whole=False)
    with visiting(browser, url, language="zh", size=DESKTOP) as page:
        page.goto("/console/plain/sign-in?lang=zh")
        page.get_by_label("用户名").fill("li")
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.goto("/console/plain?lang=zh")
        save(page, "queue-zh")
        page.locator(".row-link").nth(2).click()
        save(page, "incident-zh")


def main(folder: Path) -> None:
    """Take all pictures."""
    with house() as (app, url), chromium() as browser:

        def save(page: Page, name: str, *, whole: bool = True) -> None:
            keep(page, folder / f"{name}.png", whole=whole)

        staff(browser, url, save)  # first: the others leave reports behind
        plain(browser, url, save)
        phone(browser, app, url, save)
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
