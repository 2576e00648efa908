"""At the console: how I am told, with the test button's true result; and the roster on paper."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.journeys.consoles import Consoles, barriers, consoles, settled


@pytest.fixture(scope="module")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    """The world as it is."""
    with consoles(postgres, tmp_path_factory.mktemp("console")) as found:
        yield found


def test_i_choose_how_i_am_told_and_see_by_what_i_can_be_reached(house: Consoles) -> None:
    with house.at("li", "/console/people?view=mine") as page:
        settled(page)
        card = page.get_by_role("region", name="How to be told")
        expect(card).to_contain_text("Text message · not switched on here")
        assert barriers(page) == []
        card.get_by_label("Way 1").select_option(label="Telegram")
        expect(card.get_by_label("Way 2")).to_be_visible()
        card.get_by_label("Quiet from").fill("22:00")
        card.get_by_role("button", name="Save").click()
        expect(card.get_by_role("alert")).to_be_visible()
        card.get_by_label("Quiet until").fill("06:00")
        card.get_by_role("button", name="Save").click()
        expect(page.locator(".toasts")).to_contain_text("Saved.")
        page.set_viewport_size({"width": 320, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.reload()
        settled(page)
        expect(page.get_by_label("Way 1")).to_have_value("telegram")
        expect(page.get_by_label("Quiet from")).to_have_value("22:00")
