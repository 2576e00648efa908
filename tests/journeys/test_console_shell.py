"""The console's frame in a real browser: signing in, the languages, a session that ends, and addresses that lead nowhere."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from backend.kernel.database import SYSTEM, act_as, db
from tests.journeys.browser import PHONE
from tests.journeys.consoles import Consoles, barriers, consoles, fill_sign_in, settled

NARROW = {"width": 320, "height": 640}
TABLET = {"width": 820, "height": 1180}


@pytest.fixture(scope="module")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    """One world for all tests here."""
    with consoles(postgres, tmp_path_factory.mktemp("console")) as found:
        found.report()
        yield found


def end_sessions(house: Consoles) -> None:
    """Every session ends, as when somebody resets an account."""
    with house.app.app_context():
        act_as(db.session(), SYSTEM)
        db.session().execute(text("UPDATE signed_in SET ended_at = now()"))
        db.session.commit()


def heading(page: Page, words: str) -> None:
    """The screen's heading says so."""
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


@pytest.mark.parametrize(
    "language, wrong, title",
    [("en", "Login or password is wrong", "Incidents"), ("zh", "用户名或密码错误", "事件")],
)
def test_whoever_signs_in_comes_to_where_they_were_going(
    house: Consoles, language: str, wrong: str, title: str
) -> None:
    with house.at(None, "/console?grade=4", language=language) as page:
        settled(page)
        assert barriers(page) == []
        fill_sign_in(page, "li", "not the password", language)
        expect(page.get_by_role("alert")).to_contain_text(wrong)
        fill_sign_in(page, "li", language=language)
        heading(page, title)
        assert page.url.endswith("/console?grade=4")
        settled(page)
        expect(page.locator("main table tbody tr")).to_have_count(1)
        assert barriers(page) == []
        assert page.evaluate("document.cookie") == ""


def test_the_language_changes_without_a_reload_and_is_remembered(house: Consoles) -> None:
    with house.at("li") as page:
        heading(page, "Incidents")
        page.evaluate("window.stays = true")
        page.get_by_role("button", name="中文").click()
        heading(page, "事件")
        assert page.evaluate("[window.stays, document.documentElement.lang]") == [True, "zh-Hans"]
        page.reload()
        heading(page, "事件")


def test_a_session_that_ends_is_opened_again_above_the_work_that_stays(house: Consoles) -> None:
    with house.at("li") as page:
        settled(page)
        page.evaluate("window.stays = true")
        end_sessions(house)
        # The stream ends with the session; the page then asks who is there, and so finds out.
        dialog = page.get_by_role("dialog", name="Your session has ended")
        expect(dialog).to_be_visible()
        assert barriers(page) == []
        page.keyboard.press("Escape")
        expect(dialog).to_be_visible()
        fill_sign_in(page, "li")
        expect(dialog).to_have_count(0)
        expect(page.locator(".line-live")).to_be_visible()
        assert page.evaluate("window.stays") is True


def test_another_person_who_signs_in_sees_nothing_of_the_one_before(house: Consoles) -> None:
    with house.at("li") as page:
        settled(page)
        page.evaluate("window.stays = true")
        end_sessions(house)
        expect(page.get_by_role("dialog")).to_be_visible()
        fill_sign_in(page, "duty")
        page.wait_for_function("() => window.stays === undefined")
        page.get_by_text("You", exact=True).click()
        expect(page.locator(".menu")).to_contain_text("duty officer")


def test_an_address_that_leads_nowhere_says_so_and_leads_on(house: Consoles) -> None:
    with house.at("li", "/console/nothing/here") as page:
        heading(page, "There is no such page here")
        assert barriers(page) == []
        page.get_by_role("link", name="To the incidents").click()
        heading(page, "Incidents")
        assert page.url.endswith("/console")
        page.go_back()
        heading(page, "There is no such page here")


def test_whoever_may_not_see_incidents_is_told_so_and_where_they_are_asked(house: Consoles) -> None:
    with house.app.app_context():
        act_as(db.session(), SYSTEM)
        db.session().execute(
            text("UPDATE role_assignment SET role = 'volunteer' WHERE person_id = :id"),
            {"id": house.world.people["tao"]},
        )
        db.session.commit()
    with house.at("tao") as page:
        heading(page, "Your role does not open this page")
        expect(page.locator("main")).to_contain_text("volunteer")
        # What stands open to everybody is all that the navigation names.
        expect(page.get_by_role("navigation").get_by_role("link")).to_have_text(["Audit"])
        page.get_by_role("link", name="See what you are asked").click()
        assert page.url.endswith("/console/plain/asked")


def test_an_offer_in_a_message_leads_to_the_plain_page_and_without_scripts_so_does_everything(house: Consoles) -> None:
    client = house.client("li")
    offer = "/console/offers/5f0e7c1a-3f8e-4a4e-9a64-0d7f0a3a8f11"
    assert client.get(offer).headers["Location"] == offer.replace("/console", "/console/plain")
    page = client.get("/console/incidents/x").get_data(as_text=True)
    assert '<noscript><p class="note"><a href="/console/plain">' in page


def test_signing_out_ends_the_session_and_leaves_nothing_on_the_screen(house: Consoles) -> None:
    with house.at("li") as page:
        settled(page)
        page.get_by_text("You", exact=True).click()
        page.get_by_role("button", name="Sign out").click()
        heading(page, "Sign in")
        assert page.request.get("/api/v1/me").status == 401


@pytest.mark.parametrize("size", [NARROW, PHONE, TABLET], ids=["narrow", "phone", "tablet"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_frame_fits_and_every_target_can_be_touched(house: Consoles, size: dict[str, int], theme: str) -> None:
    with house.at("li", size=size) as page:
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type, unused-ignore]
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert barriers(page) == []


def test_the_page_is_kept_nowhere_and_the_phones_worker_leaves_it_alone(house: Consoles) -> None:
    answer = house.app.test_client().get("/console")
    policy = answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "require-trusted-types-for 'script'" in policy
    assert "'unsafe-inline'" not in policy
    with house.at("li", "/") as page:
        page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")
        page.goto("/console")
        settled(page)
        kept = page.evaluate(
            "caches.keys().then(names => Promise.all(names.map(name => caches.open(name).then(one => one.keys()))))"
            ".then(all => all.flat().map(one => new URL(one.url).pathname))"
        )
        assert [one for one in kept if "console" in one] == []
