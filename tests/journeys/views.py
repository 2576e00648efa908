"""Every screen of the phone page and the states of it that matter: how a resident gets there, in either language.

What pictures, the search for barriers and the spoken pass have in common. Words are the page's own.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from flask import Flask
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Locator, Page, expect

from backend.kernel.clock import MovableClock
from tests.journeys.browser import visiting
from tests.journeys.steps import act
from tests.support.people import sign_in

TEXTS = Path(__file__).parents[2] / "pwa" / "src" / "resident" / "texts"
LANGUAGES = ("en", "zh")
CODE = re.compile(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}")
# What somebody says, in their language.
SAID = {
    "en": "The street light in front of No. 12 is broken. It is very dark there.",
    "zh": "12号门前的路灯坏了，晚上很暗。",
}
WHERE = {"en": "Beside the school gate", "zh": "学校大门旁边"}
ANSWERED = {"en": "Thank you. Is the lamp out, or is it loose?", "zh": "谢谢您。灯是不亮，还是松动了？"}
REPLIED = {"en": "It is out. The pole stands firm.", "zh": "灯不亮，灯杆是稳的。"}


# The phone's clock is moved, but not that of its receiver.
PLACED_NOW = "Object.defineProperty(GeolocationPosition.prototype, 'timestamp', { get: () => Date.now() })"


# A code is chosen by lot, and so is the port; seconds run on. Where they are looked at, they are always these.
EXAMPLE = "7KQF-2M9D-X4TB-0WHR"
SAME_CODE = """(example) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const said = walker.currentNode.data
      .replace(/[0-9A-Z]{4}(-[0-9A-Z]{4}){3}/, example)
      .replace(/\\d+(?= s$|秒$)/, "10")
      .replace(location.origin, "https://linli.example");
    if (said !== walker.currentNode.data) walker.currentNode.data = said;
  }
}"""


@lru_cache
def dictionary(language: str) -> dict[str, str]:
    """The page's texts in a language, by key: read from its own files."""
    lines = "\n".join(path.read_text(encoding="utf-8") for path in sorted((TEXTS / language).glob("*.ts")))
    return dict(re.findall(r'^\s*"?([\w.]+)"?: "((?:[^"\\]|\\.)*)",?$', lines, re.MULTILINE))


@dataclass(frozen=True)
class Visit:
    """A person at a phone, and the town they are in."""

    page: Page
    language: str
    app: Flask

    def words(self, key: str) -> str:
        """The page's words for a key."""
        return dictionary(self.language)[key]

    def press(self, key: str) -> None:
        """Press the button of these words."""
        self.button(key).click()

    def button(self, key: str) -> Locator:
        """The button of these words."""
        return self.page.get_by_role("button", name=self.words(key), exact=True)

    def open(self, path: str) -> None:
        """Open a screen and wait until it answers to touch and is quiet."""
        self.page.goto(path)
        at_rest(self.page)

    def lose_network(self) -> None:
        """The network goes, once the phone can do without: its worker keeps the page and looks after it."""
        self.page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        self.page.context.set_offline(True)

    def desk(self, name: str, **body: Any) -> None:
        """Somebody at the desk does this about the newest report."""
        client = self.app.test_client()
        li = sign_in(client, "li")
        incidents = client.get("/api/v1/incidents", headers=li).get_json()["items"]
        act(client, li, max(incidents, key=lambda one: one["number"])["id"], name, **body)

    def pass_time(self, **duration: float) -> None:
        """Let time pass, for the town and for the phone; between, both stand still."""
        clock: MovableClock = self.app.extensions["linli"].clock
        self.page.clock.set_fixed_time(clock.advance(**duration))


def at_rest(page: Page) -> None:
    """Wait until a screen answers to touch and nothing more comes."""
    # Preact leaves its tree at the part of the page that it has taken over.
    page.wait_for_function("() => document.querySelector('#app')?.__k")
    page.wait_for_load_state("networkidle")


def photo() -> Any:
    """A photo of a lamp post at dusk."""
    drawn = Image.new("RGB", (640, 480), "#6d7f93")
    brush = ImageDraw.Draw(drawn)
    brush.rectangle((0, 330, 640, 480), fill="#4a4f4c")
    brush.rectangle((305, 90, 321, 400), fill="#23282b")
    brush.rectangle((313, 82, 400, 96), fill="#23282b")
    brush.ellipse((380, 90, 430, 130), fill="#2f3538")
    raw = BytesIO()
    drawn.save(raw, "JPEG", quality=90)
    return {"name": "lamp.jpg", "mimeType": "image/jpeg", "buffer": raw.getvalue()}


Reach = Callable[[Visit], None]


def at(path: str) -> Reach:
    """A screen as it opens."""
    return lambda visit: visit.open(path)


def danger(visit: Visit) -> None:
    """Somebody is in danger now."""
    visit.open("/report")
    visit.page.locator("[name=danger_now]").check()


def filled(visit: Visit) -> None:
    """A report with a topic, a photo, a place and words."""
    visit.open("/report")
    visit.page.locator("label.tile").first.click()
    visit.page.locator("[type=file]").set_input_files(photo())
    visit.press("report.place")
    expect(visit.page.locator("main")).to_contain_text("18")
    expect(visit.page.locator("main svg image")).to_be_visible()
    visit.page.locator("[name=text]").fill(SAID[visit.language])


def moving(visit: Visit) -> None:
    """The pin is moved by hand."""
    filled(visit)
    visit.press("report.move")


def topics(visit: Visit) -> None:
    """All topics, in a dialog."""
    visit.open("/report")
    visit.page.get_by_text(visit.words("report.other"), exact=True).click()
    expect(visit.page.locator("dialog")).to_be_visible()


def discarding(visit: Visit) -> None:
    """Asked before it is thrown away."""
    filled(visit)
    visit.press("report.discard")
    expect(visit.page.locator("dialog")).to_be_visible()


def wrong(visit: Visit) -> None:
    """Nothing was said, an address is none, and nobody agreed."""
    visit.open("/report")
    visit.page.locator("summary").click()
    visit.page.locator("[name=email]").fill("nowhere")
    visit.press("report.send")
    expect(visit.page.locator("[aria-invalid=true]").first).to_be_visible()


def report_offline(visit: Visit) -> None:
    """The report screen without a network."""
    visit.open("/report")
    visit.lose_network()
    expect(visit.page.locator("main .note").first).to_be_visible()


def _send(visit: Visit) -> None:
    visit.press("report.send")
    expect(visit.page).to_have_url(re.compile("/sent/"))


def sent(visit: Visit) -> None:
    """The server has it."""
    filled(visit)
    _send(visit)
    expect(visit.page.locator("main")).to_contain_text(CODE)


def waits(visit: Visit) -> None:
    """It waits on the phone, for there is no network."""
    filled(visit)
    visit.lose_network()
    _send(visit)
    expect(visit.page.locator(".note").first).to_contain_text(visit.words("sent.offline"))


def mine(visit: Visit) -> None:
    """One report that has news, and one that waits, for the network is gone."""
    sent(visit)
    visit.desk("acknowledge")
    visit.open("/reports")
    expect(visit.page.locator("main")).to_contain_text(visit.words("mine.news_status"))
    visit.pass_time(minutes=7)
    visit.open("/report")
    visit.page.locator("[name=text]").fill(WHERE[visit.language])
    visit.lose_network()
    _send(visit)
    visit.page.locator(".brand").click()
    visit.page.locator('main a[href="/reports"]').first.click()
    expect(visit.page.locator("main")).to_contain_text(visit.words("mine.offline"))


def thread(visit: Visit) -> None:
    """A report with messages both ways."""
    sent(visit)
    visit.desk("acknowledge")
    visit.pass_time(minutes=3)
    visit.desk("message", text=ANSWERED[visit.language])
    visit.pass_time(minutes=2)
    visit.open(visit.page.url.replace("/sent/", "/reports/"))
    visit.page.locator("#message").fill(REPLIED[visit.language])
    visit.press("thread.send")
    expect(visit.page.locator("#message")).to_have_value("")
    expect(visit.page.locator("main")).to_contain_text(REPLIED[visit.language])


def withdrawing(visit: Visit) -> None:
    """Asked before a report is taken back; its code is shown."""
    sent(visit)
    visit.open(visit.page.url.replace("/sent/", "/reports/"))
    visit.press("thread.code_show")
    visit.press("thread.withdraw_label")


def refused_code(visit: Visit) -> None:
    """A code that opens nothing."""
    visit.open("/open")
    visit.page.locator("main input").first.fill("7KQF2M9DX4TB0WHR")
    visit.press("open.open")
    expect(visit.page.locator("[role=alert]")).to_be_visible()


def helping(visit: Visit) -> None:
    """Asking for somebody else, who has not agreed yet."""
    visit.open("/aid")
    visit.page.locator("label.tile").nth(2).click()
    visit.page.get_by_text(visit.words("aid.other"), exact=True).click()
    visit.press("aid.send")
    expect(visit.page.locator("[role=alert]")).to_be_visible()


def sure(visit: Visit) -> None:
    """The way for whoever cannot hold."""
    visit.open("/sos")
    visit.press("sos.tap")


def counting(visit: Visit) -> None:
    """The five seconds in which it can be stopped: the phone's clock stands still."""
    sure(visit)
    visit.press("sos.sure_yes")
    expect(visit.button("alarm.now")).to_be_visible()


def alarmed(visit: Visit) -> None:
    """The alarm is on and somebody has it."""
    sure(visit)
    visit.press("sos.sure_yes")
    visit.press("alarm.now")
    expect(visit.page.locator("#arrived")).to_be_visible(timeout=15_000)
    expect(visit.page.locator("main")).to_contain_text("18", timeout=15_000)


def undelivered(visit: Visit) -> None:
    """The alarm is on and nobody has it: there is no network."""
    sure(visit)
    visit.lose_network()
    visit.press("sos.sure_yes")
    visit.press("alarm.now")
    expect(visit.page.locator(".note.danger")).to_be_visible()


def ending(visit: Visit) -> None:
    """Asked before an alarm is ended."""
    alarmed(visit)
    visit.press("alarm.end_ask")
    expect(visit.page.locator("dialog")).to_be_visible()


def unfolded(visit: Visit) -> None:
    """Every part of the safety screen, open."""
    visit.open("/safety")
    visit.page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")


def deleting(visit: Visit) -> None:
    """Asked before everything on the phone is deleted."""
    visit.open("/safety")
    visit.press("safety.delete")
    expect(visit.page.locator("dialog")).to_be_visible()


def home_offline(visit: Visit) -> None:
    """Home without a network, with one report that waits."""
    waits(visit)
    visit.page.locator(".brand").click()
    expect(visit.page.locator("main nav").first).to_be_visible()


VIEWS: dict[str, Reach] = {
    "home": at("/"), "home-waiting": home_offline,
    "report": at("/report"), "report-danger": danger, "report-filled": filled, "report-pin": moving,
    "report-topics": topics, "report-discard": discarding, "report-wrong": wrong, "report-offline": report_offline,
    "sent": sent, "sent-waiting": waits,
    "reports": at("/reports"), "reports-some": mine, "thread": thread, "thread-withdraw": withdrawing,
    "open": at("/open"), "open-wrong": refused_code,
    "aid": at("/aid"), "aid-wrong": helping,
    "sos": at("/sos"), "sos-sure": sure, "sos-counting": counting, "sos-active": alarmed,
    "sos-undelivered": undelivered, "sos-end": ending,
    "alerts": at("/alerts"), "safety": at("/safety"), "safety-open": unfolded, "safety-delete": deleting,
    "install": at("/install"), "help": at("/help"),
}  # fmt: skip


@contextmanager
def shown(
    browser: Browser, app: Flask, url: str, name: str | None, language: str, *, size: dict[str, int] | None = None
) -> Iterator[Visit]:
    """A view (None: before any), reached by a new visitor whose phone's clock is the server's.

    Afterwards it is as early as before.
    """
    clock: MovableClock = app.extensions["linli"].clock
    began = clock.now()
    with visiting(browser, url, language=language, size=size, timezone_id="Asia/Shanghai") as page:
        visit = Visit(page, language, app)
        page.add_init_script(PLACED_NOW)
        visit.pass_time(minutes=0)
        page.emulate_media(reduced_motion="reduce")
        try:
            if name:
                VIEWS[name](visit)
            yield visit
        finally:
            clock.advance(seconds=(began - clock.now()).total_seconds())
