"""SOS on a small phone: by key, by tap, by an assistive device; ended by code; and what somebody who looks on can see."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO

import pytest
from flask import Flask
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page, Response, expect
from sqlalchemy.orm import Session

from backend.kernel.clock import MovableClock
from tests.journeys.browser import chromium, serving, visiting
from tests.journeys.phones import HOLD_MS, end_by, events, raise_sos, read_value, set_codes, tap_sos, until
from tests.journeys.test_phone import settled, stored
from tests.support.baishi import Baishi


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all journeys."""
    with chromium() as found:
        yield found


@pytest.fixture
def url(app: Flask, world: Baishi) -> Iterator[str]:
    """The application in the world, served."""
    with serving(app) as address:
        yield address


@pytest.mark.parametrize("key", [" ", "Enter"], ids=["space", "enter"])
def test_an_sos_is_held_by_a_key(browser: Browser, url: str, session: Session, key: str) -> None:
    with visiting(browser, url) as page:
        settled(page, "/sos")
        page.get_by_role("button", name=re.compile("Press and hold")).focus()
        page.keyboard.down(key)
        expect(page.locator(".ring")).to_contain_text("Keep holding")
        page.wait_for_timeout(HOLD_MS)
        page.keyboard.up(key)
        expect(page.locator("h1")).to_be_focused()
        expect(page.locator("h1")).to_have_text("SOS goes out soon")
        # The key that was held presses nothing on the screen that came under it.
        expect(page.locator("main")).to_contain_text("Delivered. It is with:", timeout=15_000)
    assert [report.kind for report in stored(session)] == ["distress"]


def test_an_sos_is_tapped_and_confirmed(browser: Browser, url: str, session: Session) -> None:
    with visiting(browser, url) as page:
        settled(page, "/sos")
        page.get_by_role("button", name="I cannot hold: tap instead").click()
        expect(page.locator("main")).to_contain_text("Send SOS now?")
        page.get_by_role("button", name="No", exact=True).click()
        assert stored(session) == []
        raise_sos(page)
    assert len(stored(session)) == 1


def test_a_press_that_cannot_hold_is_asked_and_sends_nothing_by_itself(
    browser: Browser, url: str, session: Session
) -> None:
    with visiting(browser, url) as page:
        settled(page, "/sos")
        page.locator(".ring").evaluate("(ring) => ring.click()")  # as a screen reader or a switch presses
        expect(page.locator("main")).to_contain_text("Send SOS now?")
    assert stored(session) == []


def test_a_call_link_is_there_at_every_moment(browser: Browser, url: str) -> None:
    with visiting(browser, url) as page:
        number = page.locator('main a[href="tel:110"]')
        tap_sos(page)
        expect(number).to_be_in_viewport()
        page.get_by_role("button", name="Do not wait, send now").click()
        expect(page.locator("main")).to_contain_text("Delivered. It is with:")
        expect(number).to_be_in_viewport()
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        expect(number).to_be_in_viewport()


def test_danger_shows_the_number_before_anything_else_also_without_a_network(browser: Browser, url: str) -> None:
    with visiting(browser, url) as page:
        settled(page, "/")
        page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")
        page.context.set_offline(True)
        page.goto("/report")
        page.locator("[name=danger_now]").check()
        first = page.locator("form a, form button, form textarea").first
        expect(first).to_have_attribute("href", "tel:110")
        expect(first).to_be_in_viewport()
        expect(page.locator("form")).to_contain_text("119")


def test_without_a_network_it_says_not_delivered_and_call_and_goes_out_once_there_is_one(
    browser: Browser, url: str, session: Session
) -> None:
    with visiting(browser, url) as page:
        settled(page, "/sos")
        page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")
        page.context.set_offline(True)
        page.get_by_role("button", name="I cannot hold: tap instead").click()
        page.get_by_role("button", name="Yes, send SOS").click()
        page.get_by_role("button", name="Do not wait, send now").click()
        expect(page.locator("main")).to_contain_text("Not delivered yet. Call 110.")
        expect(page.locator("main")).to_contain_text("It waits on this phone")
        assert stored(session) == []
        page.context.set_offline(False)
        expect(page.locator("main")).to_contain_text("Delivered. It is with:", timeout=20_000)
    assert len(stored(session)) == 1


def test_an_alarm_that_is_on_comes_back_after_a_reload(browser: Browser, url: str, session: Session) -> None:
    with visiting(browser, url) as page:
        raise_sos(page)
        assert until(page, lambda: read_value(page, "sos-active"))
        page.goto("/")  # which never falls silent, for the alarm goes on
        expect(page.locator("h1")).to_have_text("SOS is on")
        expect(page.locator("main")).to_contain_text("It is with:")
    assert len(stored(session)) == 1


def test_the_place_follows_the_person_until_an_hour_that_is_shown(
    browser: Browser, url: str, session: Session, clock: MovableClock
) -> None:
    # Until when it is shared is told by the server's clock, which its answers carry.
    clock.advance(seconds=(datetime.now(UTC) - clock.now()).total_seconds())
    with visiting(browser, url) as page:
        raise_sos(page)
        expect(page.locator("main")).to_contain_text(re.compile(r"Shared until \d"))
        page.context.set_geolocation({"latitude": 30.4512, "longitude": 120.4512, "accuracy": 5})
        assert until(page, lambda: [round(report.lat or 0, 4) for report in stored(session)] == [30.4512])
        page.get_by_role("button", name="Stop sharing").click()
        expect(page.locator("main")).to_contain_text("Your place is not shared.")


def test_silent_shakes_nothing_and_stays_dark(browser: Browser, url: str) -> None:
    with visiting(browser, url) as page:
        page.add_init_script("window.shaken = 0; navigator.vibrate = () => (window.shaken += 1, true);")
        settled(page, "/sos")
        page.get_by_label("Silent: no shaking, plain dark screen").check()
        raise_sos(page)
        assert page.evaluate("window.shaken") == 0
        expect(page.locator("html")).to_have_class(re.compile("plain-dark"))


def test_one_press_stops_the_countdown_where_no_code_is_set(browser: Browser, url: str, session: Session) -> None:
    with visiting(browser, url) as page:
        tap_sos(page)
        page.get_by_role("button", name="Stop. I did not mean it.").click()
        expect(page.locator("main")).to_contain_text("Nothing was sent.")
    assert stored(session) == []


def test_with_a_code_set_only_the_code_stops_the_countdown(browser: Browser, url: str, session: Session) -> None:
    with visiting(browser, url) as page:
        set_codes(page)
        tap_sos(page)
        expect(page.get_by_role("button", name="Stop. I did not mean it.")).to_have_count(0)
        end_by(page, "1234")
        expect(page.locator("h1")).to_have_text("SOS ended")
        page.wait_for_timeout(6000)
    assert stored(session) == []


def ended_by(page: Page, code: str) -> tuple[list[bytes], Response, int]:
    """Raise an alarm, end it with a code: what the screen looks like at each step, and what the server answered."""
    set_codes(page)
    raise_sos(page)
    end_by(page, "0000")
    expect(page.locator("main")).to_contain_text("This code does not end it. SOS goes on.")
    with page.expect_response("**/api/v1/receipt/cancel") as answered:
        end_by(page, code)
        expect(page.locator("h1")).to_have_text("SOS ended")
        pictures = [page.screenshot()]
    length = len(answered.value.body())
    assert until(page, lambda: not read_value(page, "sos-active") and not read_value(page, "sos-ended"))
    page.evaluate("scrollTo(0, 0)")
    pictures.append(page.screenshot(full_page=True))
    settled(page, "/")
    pictures.append(page.screenshot(full_page=True))
    settled(page, "/sos")
    pictures.append(page.screenshot(full_page=True))
    settled(page, "/reports")
    expect(page.locator("main")).to_contain_text("SOS")
    expect(page.get_by_text("Asking")).to_have_count(0)
    pictures.append(page.screenshot(full_page=True))
    return pictures, answered.value, length


def test_the_code_under_duress_looks_like_the_other_to_the_last_pixel_and_raises_the_alarm(
    browser: Browser, url: str, app: Flask
) -> None:
    with visiting(browser, url) as free:
        seen_free, told_free, length_free = ended_by(free, "1234")
    assert events(app).count("AlarmCancelled") == 1
    with visiting(browser, url) as forced:
        seen_forced, told_forced, length_forced = ended_by(forced, "9876")
    assert (events(app).count("AlarmCancelled"), events(app).count("DuressCodeUsed")) == (1, 1)
    assert [furthest(one, other) <= NOISE for one, other in zip(seen_free, seen_forced, strict=True)] == [True] * 5
    assert (told_free.status, length_free) == (told_forced.status, length_forced)
    assert sized(told_free.headers) == sized(told_forced.headers)


# The same button is drawn a shade of one in 255 apart from time to time, also after the same code.
NOISE = 1


def furthest(one: bytes, other: bytes) -> int:
    """How far two pictures are apart at most, in any pixel and colour; 255 for pictures of another size."""
    first, second = (Image.open(BytesIO(picture)).convert("RGB") for picture in (one, other))
    if first.size != second.size:
        return 255
    return max(ImageChops.difference(first, second).tobytes())


def sized(headers: dict[str, str]) -> dict[str, int]:
    """The length of each header: an onlooker on the way sees no more."""
    return {name: len(value) for name, value in headers.items()}


def test_what_happens_is_asked_later_and_an_sos_without_a_code_is_taken_back_by_hand(
    browser: Browser, url: str, app: Flask
) -> None:
    with visiting(browser, url) as page:
        raise_sos(page)
        page.get_by_role("button", name="Violence or a weapon right now").click()
        assert until(page, lambda: "ReporterWrote" in events(app))
        page.get_by_role("button", name="I am safe, end SOS").click()
        page.get_by_role("button", name="Yes, end it").click()
        expect(page.locator("h1")).to_have_text("SOS ended")
        settled(page, "/reports")
        page.locator("main a.card").first.click()
        expect(page.locator("main")).to_contain_text("You took this report back")
