"""No barrier on any screen of the console, nor in its main dialogs.

Axe finds nothing, nothing scrolls sideways, everything is large enough to be touched, the focus is always seen, one heading
names the screen, and there is a place from which a screen reader hears what is said in passing.

Each is opened once; light and dark, both languages, narrow and twice the text size are looked at in place.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.browser import DESKTOP
from tests.journeys.consoles import Consoles, barriers, consoles, settled
from tests.journeys.test_console_incident import press
from tests.journeys.test_console_map import NO_WEBGL
from tests.support.jobs import run_jobs

NARROW = {"width": 320, "height": 640}
TOUCH_PX = 48
COVERS: dict[str, Any] = {
    "title": {"en": "Covers go to mediators", "zh": "井盖交给调解员"}, "categories": ["CN01"], "when": "photo_count == 0",
    "because": {"en": "nobody sent a photo", "zh": "没有图片"}, "then": {"lead": "M"},
    "tests": [{"name": "a cover without a photo", "facts": {"category": "CN01"}, "expect": {"lead": "M"}}],
}  # fmt: skip
# A link that stands in a sentence is as high as its line; any other target is a finger wide (../shared/ux.md).
SMALL = """(least) => [...document.querySelectorAll(
    "a[href], button, summary, select, textarea, input:not([type=checkbox], [type=radio]), label.check, label.mark-box")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest("[inert]"))
  .filter((one) => !document.querySelector("dialog[open]") || one.closest("dialog[open]"))
  .filter((one) => one.className !== "skip")
  .filter((one) => {
    if (one.tagName !== "A" || getComputedStyle(one).display !== "inline") return true;
    let around = one.parentElement;
    while (getComputedStyle(around).display.startsWith("inline")) around = around.parentElement;
    return around.innerText.trim() === one.innerText.trim();
  })
  .map((one) => [one.outerHTML.slice(0, 100), one.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.height < least - 0.1 || box.width < 24))
  .map(([words, box]) => `${words} ${Math.round(box.width)} x ${Math.round(box.height)}`)"""
# What shows no line around it, or hardly one, when the keyboard is at it.
UNSEEN = """() => {
  const within = document.querySelector("dialog[open]") ?? document;
  const found = [];
  for (const one of within.querySelectorAll("a[href], button, summary, select, textarea, input, [tabindex='0']")) {
    if (!one.checkVisibility({ visibilityProperty: true }) || one.disabled || one.closest("[inert]")) continue;
    one.focus();
    if (document.activeElement !== one || !one.matches(":focus-visible")) continue;
    const style = getComputedStyle(one);
    if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) found.push(one.outerHTML.slice(0, 100));
  }
  return found;
}"""
HEARD = "() => [...document.querySelectorAll('[aria-live], [role=status], [role=alert]')].length > 0"
OTHER_LANGUAGE = "document.querySelector('header.top button[lang]').click()"
Way = Callable[[Page], object]


@dataclass
class Town:
    """What runs, what is shown, and the people who sit there, each at one page for all tests."""

    house: Consoles
    ids: dict[str, Any]
    stack: ExitStack
    pages: dict[str | None, Page]

    def page(self, login: str | None) -> Page:
        """Somebody's page: a display that is touched."""
        if login not in self.pages:
            self.pages[login] = self.stack.enter_context(self.house.at(login, "/console/x", has_touch=True))
        return self.pages[login]


@pytest.fixture(scope="module")
def town(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A world in which every screen has something to show."""
    with consoles(postgres, tmp_path_factory.mktemp("barriers")) as house, ExitStack() as stack:
        yield Town(house, lived_in(house), stack, {})


def lived_in(house: Consoles) -> dict[str, Any]:
    """Incidents, a change of rules that was tried, an opening to review; the ids by which addresses name them."""
    lamp: dict[str, Any] = {"text": "The lamp is out", "place": {"lat": 30.41, "lon": 120.41, "accuracy_m": 20}}
    first, second = house.report(**lamp), house.report(**lamp | {"text": "The lamp is out, glass lies there"})
    alarm = house.report(None, kind="distress", text="Somebody is following me")
    fight = house.report("DS06", text="A man shouts at cars", place={"lat": 30.44, "lon": 120.44, "accuracy_m": 300})
    duty, li = house.client("duty"), house.client("li")
    said = {"area": house.world.areas["nanmen"], "name": "Nanmen", "title": "Covers", "edits": {"COVER": COVERS}}
    change = duty.post("/api/v1/policy/changes", json=said).get_json()["id"]
    assert duty.post(f"/api/v1/policy/changes/{change}/lint").status_code == 200
    assert duty.post("/api/v1/policy/simulations", json={"change_id": change, "days": 30}).status_code == 201
    run_jobs(house.app)
    glass = {"incident_id": str(fight), "reason": "The caller at our door says that a child is left alone there"}
    assert house.client("tao").post("/api/v1/break-glass", json=glass).status_code == 201
    assert li.post(f"/api/v1/incidents/{fight}/note", json={"text": "He is calm"}).status_code == 200
    assert li.post(f"/api/v1/incidents/{alarm}/regrade", json={"grade": 1}).status_code == 200
    return {
        "first": first, "second": second, "fight": fight, "change": change,
        "area": house.world.areas["nanmen"], "town": house.world.areas["liuyuan"], "person": house.world.people["li"],
        "body": house.world.bodies["Nanmen Residents' Committee"],
    }  # fmt: skip


def pressed(*names: str) -> Way:
    """Press buttons or the like by their words, one after the other."""

    def go(page: Page) -> None:
        for name in names:
            page.locator("main, dialog, header").locator("button, summary, [role=tab]").filter(
                has_text=name
            ).first.click()

    return go


def keyed(*keys: str) -> Way:
    """Press keys at the queue, once its rows are there and the page listens."""

    def go(page: Page) -> None:
        expect(page.locator("tbody [data-row]").first).to_be_visible()
        page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")
        for one in keys:
            page.keyboard.press(one)
        expect(page.get_by_role("dialog").or_(page.locator(".marked-bar")).first).to_be_visible()

    return go


def form(key: str, title: str) -> Way:
    """A form of the incident's screen."""
    return lambda page: press(page, key, title)


def wrong_sign_in(page: Page) -> None:
    """A password that is none."""
    page.get_by_label("Login").fill("li")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()


def undrawn(page: Page) -> None:
    """A device that cannot draw."""
    page.add_init_script(f"if (location.search === '?undrawn') {{ {NO_WEBGL} }}")
    page.goto("/console/map?undrawn")
    expect(page.get_by_text("This device cannot draw the map.")).to_be_visible()


def drawn(page: Page) -> None:
    """The map has been drawn."""
    expect(page.locator(".map-tools").get_by_role("button", name="Show all")).to_be_visible()


def rehearsed(page: Page) -> None:
    """Every rung is rehearsed."""
    page.get_by_role("button", name="Rehearse every rung").click()
    expect(page.locator(".rung").first).to_be_visible()


def charted(page: Page) -> None:
    """A measure is there."""
    expect(page.locator("main .measure-gist, main p.card").first).to_be_visible()


def imported(page: Page) -> None:
    """A file of areas was looked at."""
    corners = [[121, 31], [121.5, 31], [121.5, 31.5], [121, 31.5], [121, 31]]
    areas = [
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [corners]},
         "properties": {"id": "hill", "name": "Hill Town", "level": 0, "level_name": "town", "country": "CN", "timezone": "Asia/Shanghai"}}
    ]  # fmt: skip
    raw = json.dumps({"type": "FeatureCollection", "features": areas}).encode()
    file = {"name": "areas.geojson", "mimeType": "application/geo+json", "buffer": raw}
    page.get_by_label("File").set_input_files(file)  # type: ignore[arg-type, unused-ignore]
    page.get_by_label("Collection").fill("hill")
    page.get_by_role("button", name="Look at what it would do").click()
    expect(page.get_by_role("img", name="Outlines of")).to_be_visible()


def tried(page: Page) -> None:
    """A simulation with its cases."""
    expect(page.locator("main table tbody tr").first).to_be_visible()


def checked(page: Page) -> None:
    """A draft was checked."""
    page.get_by_role("button", name="Check", exact=True).first.click()
    expect(page.locator("main .note").first).to_be_visible()


# By name: who sits there, the address, and what they do then.
VIEWS: dict[str, tuple[str | None, str, Way | None]] = {
    "sign-in": (None, "", None),
    "sign-in, wrong": (None, "", wrong_sign_in),
    "no such page": ("li", "nothing/here", None),
    "queue": ("li", "", None),
    "queue, narrowed": ("li", "?grade=2,3&late=true&sort=newest", pressed("Grade")),
    "queue, views": ("li", "", pressed("Views")),
    "queue, saving a view": ("li", "", pressed("Views", "Save these filters as a view")),
    "queue, triage": ("li", "", keyed("j", "t")),
    "queue, raising": ("li", "", keyed("j", "e")),
    "queue, marked": ("li", "", keyed("j", "Shift+X", "j", "Shift+X")),
    "queue, keys": ("li", "", keyed("?")),
    "queue, menu": ("li", "", pressed("You")),
    "incident": ("li", "incidents/{fight}", None),
    "incident, barred acts": ("li", "incidents/{fight}", pressed("Not possible now, and why")),
    "incident, triage": ("li", "incidents/{fight}", form("t", "Triage")),
    "incident, note": ("li", "incidents/{fight}", form("n", "Note")),
    "incident, message": ("li", "incidents/{fight}", form("m", "Write to them")),
    "incident, task": ("li", "incidents/{fight}", form("k", "Task")),
    "incident, hand-over": ("li", "incidents/{fight}", form("h", "Hand over")),
    "incident, lower": ("li", "incidents/{fight}", form("d", "Lower the grade")),
    "incident, dispute": ("li", "incidents/{fight}", form("i", "Disagree")),
    "incident, side by side": ("li", "incidents/{second}", pressed("Compare side by side")),
    "map": ("duty", "map", drawn),
    "map, undrawn": ("duty", "map", undrawn),
    "rosters": ("duty", "rosters", None),
    "rosters, list": ("duty", "rosters?list=true", None),
    "rosters, swaps": ("duty", "rosters?view=swaps", None),
    "rosters, a shift": ("duty", "rosters", pressed("Lin Example")),
    "ladder": ("duty", "ladder?area={area}", None),
    "ladder, rehearsed": ("duty", "ladder?area={area}&grade=2", rehearsed),
    "people": ("duty", "people", None),
    "people, credentials": ("duty", "people?view=credentials", None),
    "a person": ("duty", "people/{person}", None),
    "organisations": ("duty", "organisations", None),
    "organisations, matrix": ("duty", "organisations?view=matrix&area={town}", None),
    "organisations, gaps": ("duty", "organisations?view=gaps", None),
    "an organisation": ("duty", "organisations/{body}", None),
    "an organisation, mandate": ("duty", "organisations/{body}", pressed("Propose a mandate")),
    "areas": ("duty", "areas", None),
    "an area": ("duty", "areas/{town}", None),
    "area import": ("duty", "areas/import", None),
    "area import, looked at": ("duty", "areas/import", imported),
    "rules": ("duty", "rules?area={area}", None),
    "a rule": ("duty", "rules/rule/R15?area={area}", None),
    "rules, changes": ("duty", "rules/changes", None),
    "rules, import": ("duty", "rules/import", None),
    "rules, overrides": ("duty", "rules/overrides", None),
    "rules, new": ("duty", "rules/new?area={area}", None),
    "a change, written": ("duty", "rules/changes/{change}", None),
    "a change, what changes": ("duty", "rules/changes/{change}?tab=diff", None),
    "a change, checked": ("duty", "rules/changes/{change}?tab=check", checked),
    "a change, tried": ("duty", "rules/changes/{change}?tab=simulate", tried),
    "a change, history": ("duty", "rules/changes/{change}?tab=history", None),
    "a change, proposing": ("duty", "rules/changes/{change}", pressed("Propose")),
    "measures": ("duty", "measures", charted),
    "measures, promises": ("duty", "measures?measure=clocks", charted),
    "measures, load": ("duty", "measures?measure=load", charted),
    "measures, duplicates": ("duty", "measures?measure=duplicates", charted),
    "measures, deliveries": ("duty", "measures?measure=deliveries", charted),
    "health": ("duty", "health", None),
    "audit": ("duty", "audit", None),
    "audit, reviews": ("duty", "audit?tab=reviews", None),
    "audit, a review": ("duty", "audit?tab=reviews", pressed("Review")),
    "audit, mine": ("duty", "audit?tab=mine", None),
    "audit, whole": ("duty", "audit?tab=chain", pressed("Check now")),
    "break-glass": ("tao", "break-glass/{first}", None),
}  # fmt: skip


def opened(town: Town, name: str) -> Page:
    """A view as somebody finds it, in English and by daylight."""
    login, address, way = VIEWS[name]
    page = town.page(login)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type, unused-ignore]
    page.evaluate("localStorage.clear()")
    page.goto(f"/console/{address.format(**town.ids)}".rstrip("/").replace("/?", "?"))
    settled(page)
    if way:
        way(page)
    page.wait_for_timeout(100)
    return page


def speak_the_other(page: Page) -> None:
    """The page says everything in its other language."""
    before = page.evaluate("document.documentElement.lang")
    page.evaluate(OTHER_LANGUAGE)
    page.wait_for_function("(before) => document.documentElement.lang !== before", arg=before)
    page.wait_for_timeout(50)


def look_at(page: Page, *, hears: bool = True) -> dict[str, Any]:
    """What is wrong with the page as it is, by the way in which it is looked at."""
    found: dict[str, Any] = {"light": barriers(page), "small": page.evaluate(SMALL, TOUCH_PX)}
    found["unheard"] = [] if not hears or page.evaluate(HEARD) else ["nothing is said in passing"]
    found["headings"] = [] if page.locator("h1:visible").count() == 1 else [page.locator("h1").all_inner_texts()]
    found["dark"] = in_the_dark(page)
    narrow_and_large(page, found, "en")
    speak_the_other(page)
    narrow_and_large(page, found, "zh")
    wide_again(page)
    found["zh"], found["zh, dark"] = barriers(page), in_the_dark(page)
    page.keyboard.press("Tab")
    found["focus"] = page.evaluate(UNSEEN)
    return {how: what for how, what in found.items() if what}


def in_the_dark(page: Page) -> list[str]:
    """Only colours differ at night."""
    page.emulate_media(color_scheme="dark")
    found = barriers(page, "color-contrast")
    page.emulate_media(color_scheme="light")
    return found


def narrow_and_large(page: Page, found: dict[str, Any], language: str) -> None:
    """On 320 px, and there with letters of twice the size."""
    page.set_viewport_size(NARROW)  # type: ignore[arg-type, unused-ignore]
    for how, size in (("narrow", ""), ("narrow, large", "200%")):
        page.evaluate("(size) => { document.documentElement.style.fontSize = size }", size)
        page.wait_for_timeout(50)
        wide = page.evaluate("document.documentElement.scrollWidth")
        found[f"{language}, {how}, sideways"] = [] if wide <= NARROW["width"] else [wide, page.evaluate(WIDE)]
    if language == "zh":
        found["narrow, large"] = barriers(page)


# What reaches beyond the side of the screen.
WIDE = """() => [...document.querySelectorAll("body *")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > 321)
  .filter((one) => { for (let up = one.parentElement; up; up = up.parentElement)
     if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(up).overflowX)) return false; return true; })
  .slice(0, 4).map((one) => `${one.cloneNode().outerHTML.slice(0, 90)} ${Math.round(one.getBoundingClientRect().right)}`)"""


def wide_again(page: Page) -> None:
    """A desk's display, with letters of the usual size."""
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type, unused-ignore]
    page.wait_for_timeout(50)


@pytest.mark.parametrize("name", VIEWS)
def test_no_screen_of_the_console_has_a_barrier(town: Town, name: str) -> None:
    page = opened(town, name)
    assert page.evaluate("matchMedia('(pointer: coarse)').matches")
    assert look_at(page, hears=VIEWS[name][0] is not None) == {}


def test_a_barrier_would_be_found(town: Town) -> None:
    page = opened(town, "audit, mine")
    page.evaluate(
        """() => {
          const bad = document.createElement("button");
          bad.style = "min-width: 0; min-height: 0; padding: 0; width: 20px; height: 20px; margin-left: 50rem; outline: none";
          const faint = document.createElement("p");
          faint.style = "color: #888; background: #999";
          faint.textContent = "Hardly to be read";
          document.querySelector("main").append(bad, faint, document.createElement("h1"));
          document.querySelector("main h1:last-child").textContent = "Another";
          for (const one of document.querySelectorAll("[role=status], [aria-live]")) one.replaceWith(...one.childNodes);
        }"""
    )
    found = look_at(page).keys()
    assert {"light", "small", "unheard", "headings", "dark", "zh", "zh, dark", "focus"} <= found
    assert {"en, narrow, sideways", "en, narrow, large, sideways", "zh, narrow, sideways", "narrow, large"} <= found
