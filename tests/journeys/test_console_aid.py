"""Mutual aid at the console in a real browser: who fits is found, proposed, planned for many, printed and taken in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from backend.aid.models import AidMatch
from backend.kernel.database import SYSTEM, act_as, db
from tests.journeys.consoles import Consoles, barriers, consoles, settled
from tests.support.baishi import NANMEN

NARROW = {"width": 320, "height": 640}
SECRET = "Zinnober Laterne 47"


@pytest.fixture(scope="module")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    """One world for all tests here."""
    with consoles(postgres, tmp_path_factory.mktemp("aid")) as found:
        yield found


def wish(house: Consoles, kind: str, category: str, *, north: float = 0.0, **aid: Any) -> UUID:
    """Somebody in Nanmen asks for help, or offers it."""
    place = {**NANMEN, "lat": NANMEN["lat"] + north, "accuracy_m": 20}
    wished = {"on_board": True, "when": {"days": "week"}, "languages": ["zh"]} | aid
    return house.report(category, kind=kind, text=SECRET, place=place, voice="self", aid=wished)


def matches(house: Consoles) -> int:
    """How many matches there are."""
    with house.app.app_context():
        act_as(db.session(), SYSTEM)
        return db.session.scalar(select(func.count()).select_from(AidMatch)) or 0


def fits(page: Page) -> bool:
    """Nothing reaches beyond the side of the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def choose(page: Page, tab: str) -> None:
    """Another view of the screen."""
    page.get_by_role("tab", name=tab).click()
    settled(page)


def test_who_fits_is_found_with_reasons_and_proposed_to_both(house: Consoles) -> None:
    wish(house, "aid_request", "AID01", amount=2, unit="portion")
    wish(house, "aid_offer", "AID01", north=0.002, amount=4, unit="portion")
    wish(house, "aid_offer", "AID01", north=0.003, languages=["en"])
    before = matches(house)
    with house.at("li", "/console/aid?need=AID01&direction=request") as page:
        settled(page)
        row = page.locator("main tbody tr")
        expect(row).to_have_count(1)
        expect(row).to_contain_text("2 portions")
        row.get_by_role("link", name="Who fits").click()
        best = page.get_by_role("table", name="Who fits, the best first").locator("tbody tr")
        expect(best).to_have_count(1)
        for reason in ("200 m away", "both speak Chinese", "has not been asked this week", "enough of it: 2"):
            expect(best).to_contain_text(reason)
        assert barriers(page) == []
        page.locator("summary", has_text="Looked at").click()
        expect(page.get_by_role("table", name="Looked at")).to_contain_text("They share no language")
        best.get_by_role("button", name="Propose").click()
        page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
        assert matches(house) == before
        best.get_by_role("button", name="Propose").click()
        page.get_by_role("dialog").get_by_role("button", name="Propose").click()
        expect(page.locator(".toasts")).to_contain_text("Both sides are told")
        expect(page.get_by_text("Nobody fits now")).to_be_visible()
        assert SECRET not in page.content()
    assert matches(house) == before + 1


def test_many_are_planned_looked_at_and_only_then_proposed(house: Consoles) -> None:
    for number in range(3):
        wish(house, "aid_request", "AID10", north=0.001 * number)
        wish(house, "aid_offer", "AID10", north=0.001 * number + 0.0005)
    before = matches(house)
    with house.at("li", "/console/aid?view=plan&need=AID10") as page:
        page.get_by_role("button", name="Plan", exact=True).click()
        pairs = page.get_by_role("table", name="Pairs").locator("tbody tr")
        expect(pairs).to_have_count(3)
        assert barriers(page) == []
        assert matches(house) == before
        pairs.first.get_by_role("checkbox").uncheck()
        page.get_by_role("button", name="Propose 2 pairs").click()
        page.get_by_role("dialog").get_by_role("button", name="Propose").click()
        expect(page.get_by_role("status").filter(has_text="Proposed: 2").first).to_be_visible()
    assert matches(house) == before + 2


def test_gaps_say_what_is_unknown_and_the_keyboard_moves_between_views(house: Consoles) -> None:
    with house.at("li", f"/console/aid?area={house.world.areas['liuyuan']}") as page:
        settled(page)
        page.get_by_role("tab", name="Board").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("tab", name="Gaps")).to_be_focused()
        row = page.get_by_role("table", name="Gaps").locator("tbody tr").filter(has_text="Taohua")
        expect(row.locator(".aid-gap-unknown")).to_have_count(8)
        expect(page.get_by_text("does not mean that all is well")).to_be_visible()
        assert barriers(page) == []


def test_the_printed_list_tells_nothing_of_anybody(house: Consoles) -> None:
    wish(house, "aid_request", "AID02")
    with house.at("li", "/console/aid?view=notice") as page:
        settled(page)
        expect(page.get_by_role("heading", name="Help is wanted")).to_be_visible()
        expect(page.locator(".aid-notice").first).to_contain_text("Nanmen Community")
        page.emulate_media(media="print")
        expect(page.get_by_role("button", name="Print")).to_be_hidden()
        expect(page.locator(".tabs")).to_be_hidden()
        page.emulate_media(media="screen")
        assert barriers(page) == []
        assert SECRET not in page.content()


def test_a_list_is_looked_at_and_its_wrong_rows_are_named_before_any_is_taken(house: Consoles, tmp_path: Path) -> None:
    wrong, good = tmp_path / "wrong.csv", tmp_path / "good.csv"
    head = "direction,need,text,lat,lon,amount,unit\n"
    row = f"request,AID09,A blanket,{NANMEN['lat']},{NANMEN['lon']},1,piece\n"
    wrong.write_text(head + row + "request,AID09,A chair,north,120.45,0,piece\n", encoding="utf-8")
    good.write_text(head + row, encoding="utf-8")
    with house.at("li", "/console/aid?view=import") as page:
        page.locator("input[type=file]").set_input_files(wrong)
        page.get_by_role("button", name="Check the file").click()
        expect(page.get_by_text("Row 3: lat")).to_be_visible()
        assert barriers(page) == []
        page.locator("input[type=file]").set_input_files(good)
        page.get_by_role("button", name="Check the file").click()
        page.get_by_role("button", name="Take 1 rows").click()
        page.get_by_role("dialog").get_by_role("button", name="Take 1 rows").click()
        expect(page.locator(".toasts")).to_contain_text("Taken: 1 new")
    with house.at("li", "/console/aid?need=AID09", language="zh") as page:
        settled(page)
        expect(page.locator("main tbody tr")).to_have_count(1)
        expect(page.locator("main tbody tr")).to_contain_text("1 件")


@pytest.mark.parametrize("view", ["board", "plan", "gaps", "notice", "import"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_view_fits_a_narrow_screen_in_both_languages(house: Consoles, view: str, language: str) -> None:
    with house.at("li", f"/console/aid?view={view}", language=language, size=NARROW) as page:
        expect(page.get_by_role("tabpanel")).to_be_visible()
        expect(page.locator("main p.soft[role=status]")).to_have_count(0)  # nothing is being fetched any more
        assert fits(page)
        assert barriers(page) == []


def test_without_a_network_the_screen_says_what_to_do_and_goes_on(house: Consoles) -> None:
    with house.at("li", "/console/aid") as page:
        settled(page)
        page.context.set_offline(True)
        page.get_by_label("About").select_option("AID03")
        expect(page.get_by_text("The server cannot be reached")).to_be_visible()
        page.context.set_offline(False)
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_text("The server cannot be reached")).to_have_count(0)


def test_police_are_not_shown_the_way_to_it(house: Consoles) -> None:
    with house.at("wei", "/console/aid") as page:
        expect(page.get_by_text("Your role does not open this page")).to_be_visible()
        expect(page.get_by_role("link", name="Mutual aid")).to_have_count(0)
