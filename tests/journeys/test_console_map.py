"""The map in a real browser: drawn where the device can, and the list beside it saying the same where it cannot."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.browser import PHONE
from tests.journeys.consoles import Consoles, barriers, consoles, settled
from tests.support.baishi import TAOHUA

WORDS = {
    "en": {
        "all": "Show all",
        "closer": "Closer",
        "see": "Show on the map",
        "part": "Only what the map shows",
        "title": "Map",
    },
    "zh": {"all": "显示全部", "closer": "放大", "see": "在地图上查看", "part": "仅地图所示范围", "title": "地图"},
}
NO_WEBGL = "HTMLCanvasElement.prototype.getContext = () => null"


@pytest.fixture(scope="module")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    """One world for all tests here, with an incident in each of two villages."""
    with consoles(postgres, tmp_path_factory.mktemp("console")) as found:
        found.report("CN01")
        found.report("CN02", place=TAOHUA)
        yield found


def rows(page: Page) -> list[str]:
    """The incidents that the list names, as it writes their grades and categories."""
    return page.locator("section[aria-labelledby=map-list] tbody tr").all_inner_texts()


def press_middle(page: Page) -> None:
    """Click in the middle of the map."""
    box = page.locator(".map").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_map_and_list_show_the_same(house: Consoles, language: str) -> None:
    said = WORDS[language]
    with house.at("duty", "/console/map", language=language) as page:
        expect(page.get_by_role("heading", level=1)).to_have_text(said["title"])
        expect(page.get_by_role("button", name=said["all"], exact=True)).to_be_visible()
        expect(page.locator("section[aria-labelledby=map-list] tbody tr")).to_have_count(2)
        # What the list names, the map shows in its middle; a press there chooses it, and it stands first.
        chosen = page.locator("section[aria-labelledby=map-list] tbody tr").nth(1)
        number = chosen.get_by_role("link").inner_text()
        chosen.get_by_role("button", name=said["see"]).click()
        first = page.locator("section[aria-labelledby=map-list] tbody tr").first
        expect(first.get_by_role("link")).to_have_text(number)
        # It is near by now: the other village lies outside, and the list follows.
        expect(page.locator("section[aria-labelledby=map-list] tbody tr")).to_have_count(1)
        page.get_by_role("button", name=said["part"]).click()
        expect(page.locator("section[aria-labelledby=map-list] tbody tr")).to_have_count(2)
        assert barriers(page) == []


def test_a_mark_that_is_pressed_stands_first_in_the_list(house: Consoles) -> None:
    with house.at("duty", "/console/map?category=CN02") as page:
        expect(page.locator(".map-tools").get_by_role("button", name="Show all")).to_be_visible()
        expect(page.locator("section[aria-labelledby=map-list] tbody tr")).to_have_count(1)
        expect(page.locator("tr.chosen")).to_have_count(0)
        page.locator(".map-tools").get_by_role("button", name="Show all").click()

        def chosen() -> bool:
            press_middle(page)
            page.wait_for_timeout(200)
            return page.locator("tr.chosen").count() == 1

        assert any(chosen() for _ in range(30))


def test_what_happens_meanwhile_comes_onto_the_map(house: Consoles) -> None:
    with house.at("duty", "/console/map?category=CN08") as page:
        settled(page)
        expect(page.get_by_text("No open incident with a position fits.")).to_be_visible()
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        house.report("CN08")
        expect(page.locator("section[aria-labelledby=map-list] tbody tr")).to_have_count(1)


def test_a_device_that_cannot_draw_gets_the_list(house: Consoles) -> None:
    with house.at("duty", "/console/map", size=PHONE) as page:
        page.add_init_script(NO_WEBGL)
        page.goto("/console/map")
        expect(page.get_by_text("This device cannot draw the map. The list below says the same.")).to_be_visible()
        assert len(rows(page)) >= 2
        assert barriers(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_a_network_the_map_says_what_to_do(house: Consoles) -> None:
    with house.at("duty", "/console/map") as page:
        settled(page)
        page.route("**/api/v1/map/incidents*", lambda route: route.abort())
        page.get_by_text("Grade", exact=True).first.click()
        page.get_by_label("G1 Immediate").check()
        page.keyboard.press("Escape")
        expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached")
        page.unroute("**/api/v1/map/incidents*")
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("alert")).to_have_count(0)
