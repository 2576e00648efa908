"""(i) The console's queue with 100,000 incidents: its first rows on a processor four times slower, cold, and how soon an
event is on the screen after its commit.

*First rows* is the moment, from the beginning of the navigation, at which the first row stands on a screen of somebody who
sees the whole city. *On screen* is from the commit of a change to an incident that is shown until its row shows it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from backend.kernel.database import SYSTEM, act_as, prepare, sqlalchemy_url
from backend.kernel.journal import Fact, incident_stream, record
from tests.bench.figures import Figure, at_most, middle, percentile, spread
from tests.bench.listing import fill
from tests.bench.serving import await_answer, linli, started, web
from tests.bench.world import PASSWORD, STAFF, World
from tests.journeys.browser import DESKTOP, chromium

SLOWER = 4
FIRST_ROWS_S, ON_SCREEN_S = 1.0, 1.0
FIRST_ROW = """() => new Promise((done) => {
  const look = () => document.querySelector("tbody [data-row]") ? done(performance.now()) : requestAnimationFrame(look);
  look();
})"""
# When each row first showed each grade, by the clock of this machine.
NOTE = """() => {
  window.linliShown = {};
  const note = () => {
    for (const row of document.querySelectorAll("tbody [data-row]")) {
      const grade = /G\\d/.exec(row.textContent)[0];
      window.linliShown[`${row.dataset.row} ${grade}`] ??= Date.now();
    }
  };
  note();
  new MutationObserver(note).observe(document.querySelector("tbody"), { subtree: true, childList: true, characterData: true });
}"""
CHANGE = text("UPDATE incident SET grade = :grade, version = version + 1 WHERE id = :id")
BETWEEN_S = 0.1


def run(world: World, *, size: int = 100_000, rounds: int = 5, events: int = 200) -> list[Figure]:
    """Measure ``linli web`` and ``linli stream``."""
    with psycopg.connect(world.settings.database_url) as connection:
        fill(world, connection, size)
    with chromium() as browser, web(world.environment) as port:
        environment = world.environment | {"PORT": str(port)}
        with started(linli("stream"), environment) as stream:
            await_answer(stream, port + 1, "/healthz")
            url = f"http://127.0.0.1:{port}"
            cold = [_first_rows(browser, url) for _ in range(rounds + 1)][1:]  # the first fills the server's caches
            late = _on_screen(browser, url, world, events)
    name = f"console's queue, {size:,} incidents"
    shown = percentile(late, 99)
    return [
        at_most(f"{name}, first rows, cold, processor / {SLOWER}", middle(cold), "s", FIRST_ROWS_S, note=spread(cold)),
        at_most(
            f"{name}, event on screen, p99 of {len(late)}", shown, "s", ON_SCREEN_S, note=f"p50 {middle(late):.3f} s"
        ),
    ]


@contextmanager
def _coordinator(browser: Browser, url: str) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=url, locale="en-GB", viewport=DESKTOP)  # type: ignore[arg-type, unused-ignore]
    answer = context.request.post("/api/v1/session", data={"login": STAFF, "password": PASSWORD})
    assert answer.status == 201, answer.text()
    try:
        yield context
    finally:
        context.close()


def _opened(context: BrowserContext, *, slower: int) -> tuple[Page, float]:
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.goto("/console?grade=3,4&sort=urgency" if slower == 1 else "/console", wait_until="commit")
    return page, page.evaluate(FIRST_ROW) / 1000


def _first_rows(browser: Browser, url: str) -> float:
    with _coordinator(browser, url) as context:
        return _opened(context, slower=SLOWER)[1]


def _on_screen(browser: Browser, url: str, world: World, events: int) -> list[float]:
    engine = create_engine(sqlalchemy_url(world.settings.database_url))
    prepare(engine)
    committed: dict[str, float] = {}
    with _coordinator(browser, url) as context, Session(engine) as session:
        page, _ = _opened(context, slower=1)
        page.locator(".line-live").wait_for()
        rows = page.locator("tbody [data-row]").evaluate_all("all => all.map(one => one.dataset.row)")
        page.evaluate(NOTE)
        for at in range(events):
            incident, grade = rows[at % len(rows)], 5 if at // len(rows) % 2 == 0 else 2
            act_as(session, SYSTEM)
            session.execute(CHANGE, {"grade": grade, "id": incident})
            record(session, incident_stream(incident), [Fact("IncidentRegraded", {"new": grade})], now=world.now)
            session.commit()
            committed.setdefault(f"{incident} G{grade}", time.time())
            page.wait_for_timeout(BETWEEN_S * 1000)
        page.wait_for_timeout(2000)
        shown = page.evaluate("window.linliShown")
    engine.dispose()
    assert committed.keys() <= shown.keys(), "an event never came to the screen"
    return [shown[change] / 1000 - at for change, at in committed.items()]
