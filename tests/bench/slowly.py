"""A slow phone: a page opened on a network and a processor that are made slow, and when it was there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from tests.journeys.browser import PHONE

BYTES_PER_S, LATENCY_MS, SLOWER = 400_000 / 8, 400, 6
SLOW = {
    "offline": False, "latency": LATENCY_MS, "downloadThroughput": BYTES_PER_S, "uploadThroughput": BYTES_PER_S,
    "connectionType": "cellular3g",
}  # fmt: skip
# Set up before anything of a page runs. Moments are in milliseconds since the navigation began.
LOOK = """
window.linliSeen = { largest: 0, live: 0 };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) linliSeen.largest = entry.startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
"""
# The page is tapped until the tap does what it should: the first button that stands for something takes everything away.
TAP = (
    LOOK
    + """
navigation.addEventListener("navigate", (event) => event.preventDefault());  // what was seen would be gone with the page
const tapping = setInterval(() => {
  const way = document.querySelector("#exit");
  if (!way) return;
  way.click();
  if (document.querySelector("main")) return;
  clearInterval(tapping);
  linliSeen.live = performance.now();
}, 20);
"""
)
# The last part of a screen to come, where it has one.
WHOLE = """(part) => new Promise((done) => {
  const look = () => document.querySelector(part) ? done(performance.now()) : requestAnimationFrame(look);
  look();
})"""
SETTLED_MS = 1500


@contextmanager
def phone(browser: Browser, url: str) -> Iterator[BrowserContext]:
    """A phone that never was here before."""
    context = browser.new_context(base_url=url, locale="en-GB", viewport=PHONE)  # type: ignore[arg-type, unused-ignore]
    context.set_default_timeout(30_000)
    try:
        yield context
    finally:
        context.close()


def slow_page(context: BrowserContext, *, network: bool = True) -> Page:
    """A page on a slow processor and, unless it is off line, a slow network; the worker's requests are slow too."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    if network:
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", SLOW)
        _slow_workers(context)
    return page


def _slow_workers(context: BrowserContext) -> None:
    assert context.browser
    session = context.browser.new_browser_cdp_session()
    for target in session.send("Target.getTargets")["targetInfos"]:
        if target["type"] != "service_worker":
            continue
        held = session.send("Target.attachToTarget", {"targetId": target["targetId"], "flatten": False})["sessionId"]
        for at, (method, said) in enumerate((("Network.enable", {}), ("Network.emulateNetworkConditions", SLOW))):
            message = json.dumps({"id": at + 1, "method": method, "params": said})
            session.send("Target.sendMessageToTarget", {"sessionId": held, "message": message})


@dataclass(frozen=True, slots=True)
class Opened:
    """Seconds from the beginning of the navigation; ``whole`` is None where nothing comes later."""

    largest: float
    whole: float | None


def seen(page: Page, path: str, last_part: str | None = None) -> Opened:
    """Open an address, and say when its largest part was painted and when its last part was there."""
    page.add_init_script(LOOK)
    page.goto(path, wait_until="commit")
    whole = page.evaluate(WHOLE, last_part) / 1000 if last_part else None
    page.wait_for_load_state("load")
    page.wait_for_timeout(SETTLED_MS)  # a later and larger paint would still count
    return Opened(page.evaluate("linliSeen.largest") / 1000, whole)


def answers(page: Page, path: str) -> float:
    """Open an address and tap its way out until it works; the seconds until then."""
    page.add_init_script(TAP)
    page.goto(path, wait_until="commit")
    page.wait_for_function("() => linliSeen.live > 0")
    return float(page.evaluate("linliSeen.live")) / 1000


def kept(context: BrowserContext, path: str) -> Any:
    """Visit once at full speed, so that everything is kept."""
    page = context.new_page()
    page.goto(path)
    page.wait_for_function("() => navigator.serviceWorker.ready.then((found) => found.active?.state === 'activated')")
    page.close()
