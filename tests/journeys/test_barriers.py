"""No barrier on any page that residents and volunteers see, in any state that matters.

Axe finds nothing, nothing scrolls sideways, everything is large enough to be hit.

Each is opened once in each language; light, dark, narrow and twice the text size are looked at in place.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from backend.areas.rings import search_cells
from backend.kernel.ids import new_id
from backend.organisations.models import Credential, Responder
from backend.pages import phone
from tests.conftest import NOW
from tests.journeys.browser import OnTime, chromium, serving, visiting
from tests.journeys.steps import report
from tests.journeys.views import CODE, LANGUAGES, VIEWS, shown
from tests.support.application import acting_session, application, with_baishi
from tests.support.baishi import NANMEN, Baishi
from tests.support.people import PASSWORD, make_person

AXE = phone.DIST.parent / "node_modules" / "axe-core" / "axe.min.js"
NARROW = {"width": 320, "height": 640}
# What is touched, but for links inside a sentence: none smaller than 48 px, whatever it holds (WCAG 2.5.8 asks for 24).
SMALL = """() => [...document.querySelectorAll("button, summary, select, textarea, input, a.button, a.choice, a.call, .tile, .check")]
  .filter((one) => one.checkVisibility() && !one.closest(".tile > *, .check > *"))
  .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.width < 47.9 || box.height < 47.9))
  .map(([words, box]) => `${words} ${Math.round(box.width)} x ${Math.round(box.height)}`)"""


# A language that is written from right to left, made of the page's own words: each letter is one of another alphabet.
TURN = """() => {
  document.documentElement.dir = "rtl";
  const letters = "אבגדהוזחטיכלמנסעפצקרשת";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode;
    if (one.parentElement.closest("[dir=ltr], script, style")) continue;
    one.data = one.data.replace(/[A-Za-z]/g, (letter) => letters[letter.charCodeAt(0) % letters.length]);
  }
}"""
# How far each box lies from the side at which a line begins; letters in a line and parts of a drawing have none.
PLACES = """() => {
  const turned = document.documentElement.dir === "rtl", width = document.documentElement.clientWidth;
  return [...document.querySelectorAll("header, header *, main, main *, dialog[open], dialog[open] *")]
    .filter((one) => one.checkVisibility() && !one.closest("svg > *, [dir=ltr]"))
    .filter((one) => !["inline", "contents"].includes(getComputedStyle(one).display))
    .map((one) => [one, one.getBoundingClientRect()])
    .map(([one, box]) => [one.cloneNode().outerHTML.slice(0, 80), Math.round(turned ? width - box.right : box.left)]);
}"""


@pytest.fixture(scope="module")
def town(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, str, Browser]]:
    """The scenarios' world, served, and one browser for all."""
    with application(postgres, tmp_path_factory.mktemp("barriers"), NOW) as app, chromium() as browser:
        ask_volunteer(app, with_baishi(app, NOW))
        with serving(app, handler=OnTime) as url:
            yield app, url, browser


def ask_volunteer(app: Flask, world: Baishi) -> None:
    """Somebody who may bring food is asked by name."""
    ring, body = app.extensions["linli"].keyring, world.bodies["Nanmen Residents' Committee"]
    with acting_session(app) as session:
        person = make_person(session, ring, NOW, roles=["volunteer"], org=body, login="helper")
        cells = {f"cell_{size}": cell for size, cell in search_cells(**NANMEN).items()}
        session.add(
            Responder(person_id=person, org_id=body, available=True, **NANMEN, **cells, skills=["basic"], nights=True,
                      daily_cap=3, weekly_cap=6, updated_at=NOW)
        )  # fmt: skip
        session.add(
            Credential(id=new_id(), person_id=person, type="basic", level="qualified", issued_by="test",
                       valid_to=NOW + timedelta(days=30), state="active")
        )  # fmt: skip
        session.commit()
    report(app.test_client(), kind="aid_request", category="AID01", text="We need a warm meal", place=NANMEN)


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
    found["right to left"] = turned(page)
    return {how: what for how, what in found.items() if what}


def turned(page: Page) -> list[Any]:
    """What is wrong with the narrow page where lines begin at the right: what is not where a mirror shows it, and barriers."""
    before = page.evaluate(PLACES)
    page.evaluate("document.documentElement.dir = 'rtl'")
    after = page.evaluate(PLACES)
    astray = [(one, was, now) for (one, was), (_, now) in zip(before, after, strict=True) if abs(was - now) > 1]
    page.evaluate(TURN)
    wide = page.evaluate("document.documentElement.scrollWidth")
    return astray + barriers(page) + ([] if wide <= NARROW["width"] else [wide])


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
        assert look_at(visit.page).keys() == {"light", "dark", "narrow, large", "small", "sideways", "right to left"}


def plain_wrong(page: Page) -> None:
    """The plain form, sent with a place that is none."""
    page.goto("/form")
    page.locator("[value=concern]").check()
    page.locator("[name=lat]").evaluate("one => one.closest('details').open = true")
    page.locator("[name=lat]").fill("north")
    page.locator("form.report button:not([type=button])").last.click()
    page.wait_for_selector("#summary")


def plain_danger(page: Page) -> None:
    """The plain form of somebody in danger."""
    page.goto("/form")
    page.locator("[value=distress]").check()


def plain_sent(page: Page) -> None:
    """The plain page after sending."""
    page.goto("/form")
    page.locator("[value=concern]").check()
    page.locator("[name=text]").fill("The bench at the gate is loose")
    page.locator("form.report button:not([type=button])").last.click()
    page.wait_for_selector(".code")


def plain_thread(page: Page) -> None:
    """The plain page of a report, opened by its code."""
    plain_sent(page)
    code = CODE.search(page.locator(".code").inner_text())
    assert code
    page.goto("/receipt")
    page.locator("main input:not([type=hidden])").first.fill(code[0])
    page.locator("main form button").first.click()
    page.wait_for_selector(".status-words")


def asked(page: Page) -> None:
    """The page of a volunteer who is asked."""
    page.goto("/console/plain/sign-in")
    page.locator("[name=login]").fill("helper")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button").click()
    page.wait_for_selector("main form button.first")


PLAIN: dict[str, Callable[[Page], object]] = {
    "form": lambda page: page.goto("/form"), "form in danger": plain_danger, "form, wrong": plain_wrong, "sent": plain_sent,
    "receipt": lambda page: page.goto("/receipt"), "thread": plain_thread, "asked": asked,
    "neutral": lambda page: page.goto("/neutral"), "nothing": lambda page: page.goto("/nothing"),
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PLAIN)
def test_no_plain_page_has_a_barrier(town: tuple[Flask, str, Browser], name: str, language: str) -> None:
    _, url, browser = town
    with visiting(browser, url, language=language) as page:
        PLAIN[name](page)
        assert look_at(page) == {}
