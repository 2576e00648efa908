"""Two phones: one asks and shows it on the neighbours' board, the other finds it, answers, and they write to each other."""

import os
import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from tests.journeys.browser import visiting
from tests.journeys.screens import keep
from tests.journeys.test_barriers import AXE
from tests.journeys.test_phone import settled, stored

CODE = re.compile(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}")
# Where pictures of this journey are kept, for whoever wants to look at them.
PICTURES = os.environ.get("LINLI_PICTURES")


def picture(page: Page, name: str) -> None:
    if PICTURES:
        keep(page, Path(PICTURES) / f"{name}.png")


def barriers(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document).then(run => run.violations.map(one => one.id + ' ' + one.nodes[0].html))")
    return [str(one) for one in found]


def write(page: Page, way: str, *, on_board: bool) -> None:
    """Send a request or an offer of food."""
    page.get_by_text(way, exact=True).click()
    page.get_by_text("Food and meals", exact=True).click()
    page.get_by_text("As soon as possible", exact=True).click()
    page.get_by_role("button", name="Use my rough place").click()
    expect(page.get_by_role("button", name="Do not send my place")).to_be_visible()
    if on_board:
        page.get_by_text("More details (you can skip this)").click()
        page.get_by_label("How much?").fill("2")
        page.get_by_label("Of what?").select_option("portion")
        page.get_by_label("By day").check()
        page.get_by_label("Tue").check()
        picture(page, "aid-details")
        assert barriers(page) == []
        page.locator("form .send button").click()
        expect(page.locator("#lack")).to_contain_text("from when to when")
        page.get_by_label("From").fill("14:00")
        page.get_by_label("To", exact=True).fill("17:00")
        page.get_by_label("Show it to neighbours nearby").check()
    page.locator("form .send button").click()
    expect(page).to_have_url(re.compile("/sent/"))
    expect(page.locator("main")).to_contain_text(CODE, timeout=20_000)


def opened(page: Page) -> None:
    """Open my report from the aid screen."""
    settled(page, "/aid")
    page.locator('a.card[href^="/reports/"]').first.click()
    expect(page.get_by_role("heading", name="Neighbours")).to_be_visible()


def answer(page: Page) -> None:
    """Find the request on the board, write an offer, which is what it takes, and say yes."""
    settled(page, "/aid")
    page.get_by_role("button", name="Look around me").click()
    entry = page.locator("section[aria-labelledby=around] li")
    expect(entry).to_contain_text("Less than 500 m away")
    expect(entry).to_contain_text("Food and meals")
    expect(entry).to_contain_text("2 portions · Tue 14:00 to 17:00 · By day")
    assert barriers(page) == []
    picture(page, "aid-board")
    entry.get_by_role("button", name="I can help").click()
    expect(page.locator("main")).to_contain_text("To answer, write first what you offer")
    expect(page.get_by_label("I can help", exact=True)).to_be_checked()
    page.get_by_role("button", name="Offer help").click()
    expect(page).to_have_url(re.compile("/sent/"))
    expect(page.locator("main")).to_contain_text(CODE, timeout=20_000)

    settled(page, "/aid")
    page.get_by_role("button", name="Look around me").click()
    entry.get_by_role("button", name="I can help").click()
    entry.get_by_label("A few words for your neighbour").fill("I cook at noon")
    picture(page, "aid-answer")
    entry.get_by_role("button", name="Say yes").click()
    expect(page).to_have_url(re.compile("/reports/"))
    expect(page.locator("main")).to_contain_text("Now it is your neighbour’s turn")


def test_two_neighbours_find_each_other_and_write(browser: Browser, url: str, session: Session) -> None:
    with visiting(browser, url) as ada, visiting(browser, url) as ben:
        settled(ada, "/aid")
        write(ada, "I need help", on_board=True)
        opened(ada)
        expect(ada.locator("main")).to_contain_text("On the neighbours’ board until")

        settled(ada, "/aid")
        ada.get_by_role("button", name="Look around me").click()
        expect(ada.locator("section[aria-labelledby=around] li")).to_contain_text("This is yours.")

        answer(ben)
        opened(ada)
        expect(ada.locator("main")).to_contain_text("A neighbour can help you.")
        assert "I cook at noon" not in ada.locator("main").inner_text()
        expect(ada.locator("article")).to_contain_text("When both have said yes, your neighbour sees the place")
        ada.get_by_text("For the first meeting").click()
        expect(ada.locator("article")).to_contain_text("Never any money")
        ada.get_by_role("button", name="Yes, let us do it").click()
        expect(ada.locator("main")).to_contain_text("You have both said yes.")
        expect(ada.locator("main")).to_contain_text("I cook at noon")
        ada.get_by_label("Write to your neighbour").fill("Lovely. Ring at the gate.")
        ada.get_by_role("button", name="Send to neighbour").click()
        expect(ada.locator("article")).to_contain_text("Lovely. Ring at the gate.")
        assert barriers(ada) == []
        picture(ada, "aid-contact")

        ada.get_by_role("button", name="Show how to reach me").click()
        ada.get_by_role("group").get_by_role("button", name="Show how to reach me").click()
        expect(ada.locator("article")).to_contain_text("You left no phone number")

        opened(ben)
        expect(ben.locator("article")).to_contain_text("Lovely. Ring at the gate.")
        expect(ben.locator("article")).to_contain_text("Show on a map")
        picture(ben, "aid-place")
        ben.get_by_role("button", name="It is done").click()
        opened(ada)
        expect(ada.locator("article")).to_contain_text("Your neighbour says that it is done.")
        ada.get_by_role("button", name="It is done").click()
        expect(ada.locator("article")).to_contain_text("Both of you say that it is done.")
        ada.get_by_role("button", name="So-so").click()
        expect(ada.get_by_role("button", name="So-so")).to_have_count(0)
        # A worry may come afterwards as well.
        ada.get_by_role("button", name="Something feels wrong").click()
        ada.get_by_role("textbox", name="What happened?").fill("He asked for my bank card")
        assert barriers(ada) == []
        ada.get_by_role("button", name="Stop it").click()
        expect(ada.locator("article")).to_contain_text("Stopped. A coordinator looks at it.")
        expect(ada.locator("article").get_by_role("button")).to_have_count(0)
    assert [one.kind for one in stored(session)] == ["aid_request", "aid_offer"]


def test_an_empty_board_says_so_and_so_does_one_that_cannot_be_reached(browser: Browser, url: str) -> None:
    with visiting(browser, url, language="zh") as phone:
        settled(phone, "/aid")
        phone.get_by_role("button", name="查看附近").click()
        expect(phone.locator("main")).to_contain_text("附近目前没有")
        phone.context.set_offline(True)
        phone.get_by_role("button", name="需要", exact=True).click()
        expect(phone.locator("main")).to_contain_text("无法连接互助板")
        phone.context.set_offline(False)
        phone.get_by_role("button", name="重试").click()
        expect(phone.locator("main")).to_contain_text("附近目前没有")
        assert barriers(phone) == []
        picture(phone, "aid-empty-zh")


def test_without_a_place_the_board_says_what_else_can_be_done(browser: Browser, url: str) -> None:
    with visiting(browser, url) as phone:
        phone.context.clear_permissions()
        settled(phone, "/aid")
        phone.get_by_role("button", name="Look around me").click()
        expect(phone.locator("main")).to_contain_text("Your phone did not give a place.")


def test_what_needs_a_matcher_is_not_offered_for_the_board(browser: Browser, url: str) -> None:
    with visiting(browser, url) as phone:
        settled(phone, "/aid")
        phone.get_by_text("Small repairs at home", exact=True).click()
        expect(phone.locator("main")).to_contain_text("A trained coordinator brings the two together.")
        expect(phone.get_by_label("Show it to neighbours nearby")).to_have_count(0)
