"""(h) How soon the phone page is there on a slow phone (the figures of 400 kbit/s, 400 ms and a sixth of a processor).

*Painted* is the largest contentful paint. *Answers* is the moment from which a tap on the first button does what it
should: the page is tapped every 20 ms until it does. *Whole* is the last part of a screen to come. The yardstick is
the bare page: the same number of bytes of HTML, but plain words without a style or a script, by the same kind of server.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext

from tests.bench.figures import Figure, at_most, middle, spread
from tests.bench.serving import floor, web
from tests.bench.slowly import answers, kept, phone, seen, slow_page
from tests.bench.world import World
from tests.journeys.browser import chromium

PAINTED_S, ANSWERS_S, AGAIN_S = 1.5, 2.5, 1.0
# The address of a screen, and the part of it that comes last.
SCREENS: Mapping[str, tuple[str, str | None]] = {"home": ("/", None), "report": ("/report", "button.tile")}


def run(world: World, *, screens: Mapping[str, tuple[str, str | None]] = SCREENS, rounds: int = 3) -> list[Figure]:
    """Measure ``linli web``."""
    with chromium() as browser, web(world.environment) as port, floor(world.environment) as bare:
        return [
            figure
            for name, (path, last) in screens.items()
            for figure in _screen(
                browser, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{bare}", name, path, last, rounds
            )
        ]


def _screen(
    browser: Browser, url: str, bare: str, name: str, path: str, last: str | None, rounds: int
) -> Iterator[Figure]:
    took: dict[str, list[float]] = {}

    def note(what: str, value: float) -> None:
        took.setdefault(what, []).append(value)

    for _ in range(rounds):
        with phone(browser, bare) as context:
            note("bare", seen(slow_page(context), f"/page/{name}").largest)
        with phone(browser, url) as context:
            opened = seen(slow_page(context), path, last)
            note("cold, painted", opened.largest)
            if opened.whole is not None:
                note("cold, whole", opened.whole)
        with phone(browser, url) as context:
            note("cold, answers", answers(slow_page(context), path))
        for again, has_network in (("warm", True), ("off line", False)):
            with _been_here(browser, url, path, has_network=has_network) as context:
                note(f"{again}, painted", seen(slow_page(context, network=has_network), path).largest)
                note(f"{again}, answers", answers(slow_page(context, network=has_network), path))
    yardstick = middle(took.pop("bare"))
    for what, of in took.items():
        yield _figure(f"slow phone, {name}, {what}", of, yardstick)


@contextmanager
def _been_here(browser: Browser, url: str, path: str, *, has_network: bool) -> Iterator[BrowserContext]:
    with phone(browser, url) as context:
        kept(context, path)
        context.set_offline(not has_network)
        yield context


def _figure(name: str, rounds: list[float], bare: float) -> Figure:
    cold, painted = ", cold, " in name, name.endswith("painted")
    goal = (PAINTED_S if painted else ANSWERS_S) if cold else AGAIN_S
    note = f"the bare page, cold, painted; {spread(rounds)}"
    return at_most(name, middle(rounds), "s", goal, yardstick=bare, note=note)
