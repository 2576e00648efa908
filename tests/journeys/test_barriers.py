"""No barrier on any screen, in any state that matters: axe finds nothing, nothing scrolls sideways, everything can be hit.

Each is opened once in each language; light, dark, narrow and twice the text size are looked at in place.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from backend.pages import phone
from tests.conftest import NOW
from tests.journeys.browser import chromium, serving
from tests.journeys.views import LANGUAGES, VIEWS, shown
from tests.support.application import application, with_baishi

AXE = phone.DIST.parent / "node_modules" / "axe-core" / "axe.min.js"
NARROW = {"width": 320, "height": 640}
# What is touched, but for links inside a sentence: none smaller than 48 px, whatever it holds (WCAG 2.5.8 asks for 24).
SMALL = """() => [...document.querySelectorAll("button, summary, select, textarea, input, a.button, a.choice, a.call, .tile, .check")]
  .filter((one) => one.checkVisibility() && !one.closest(".tile > *, .check > *"))
  .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.width < 47.9 || box.height < 47.9))
  .map(([words, box]) => `${words} ${Math.round(box.width)} x ${Math.round(box.height)}`)"""


@pytest.fixture(scope="module")
def town(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, str, Browser]]:
    """The scenarios' world, served, and one browser for all."""
    with application(postgres, tmp_path_factory.mktemp("barriers"), NOW) as app, chromium() as browser:
        with_baishi(app, NOW)
        with serving(app) as url:
            yield app, url, browser


def barriers(page: Page) -> list[Any]:
    """What axe finds on the page as it is now, with where."""
    found = page.evaluate("axe.run(document, {resultTypes: ['violations'], performanceTimer: false})")
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found["violations"]]


def look_at(page: Page) -> dict[str, Any]:
    """What is wrong with the page as it is, by the way in which it is looked at."""
    page.evaluate(AXE.read_text())
    found: dict[str, Any] = {"light": barriers(page), "small": page.evaluate(SMALL)}
    page.emulate_media(color_scheme="dark")
    found["dark"] = barriers(page)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(NARROW)  # type: ignore[arg-type, unused-ignore]
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    found["narrow, large"] = barriers(page)
    wide = page.evaluate("document.documentElement.scrollWidth")
    found["sideways"] = [] if wide <= NARROW["width"] else wide
    return {how: what for how, what in found.items() if what}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", VIEWS)
def test_no_state_of_the_phone_page_has_a_barrier(town: tuple[Flask, str, Browser], name: str, language: str) -> None:
    app, url, browser = town
    with shown(browser, app, url, name, language) as visit:
        assert look_at(visit.page) == {}


def test_a_barrier_would_be_found(town: tuple[Flask, str, Browser]) -> None:
    app, url, browser = town
    with shown(browser, app, url, "home", "en") as visit:
        visit.page.evaluate(
            """() => {
              const bad = document.createElement("button");
              bad.style = "min-width: 0; min-height: 0; padding: 0; width: 20px; height: 20px; margin-left: 50rem; color: gray";
              document.querySelector("main").append(bad);
            }"""
        )
        assert look_at(visit.page).keys() == {"light", "dark", "narrow, large", "small", "sideways"}
