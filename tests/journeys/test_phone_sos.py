"""SOS on a small phone: by key, by tap, by an assistive device; ended by code; and what somebody who looks on can see."""

import re
from datetime import UTC, datetime
from io import BytesIO

from flask import Flask
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page, Response, expect
from sqlalchemy.orm import Session

from backend.kernel.clock import MovableClock
from tests.journeys.browser import visiting
from tests.journeys.phones import (
    HOLD_MS,
    Words,
    delivered,
    end_by,
    events,
    raise_sos,
    read_value,
    set_codes,
    tap_sos,
    until,
)
from tests.journeys.test_phone import settled, stored

KEYS = {"en": " ", "zh": "Enter"}  # what a key does depends on no words: one for each language


def test_an_sos_is_held_by_a_key(browser: Browser, url: str, session: Session, language: str, words: Words) -> None:
    key = KEYS[language]
    with visiting(browser, url, language=language) as page:
        settled(page, "/sos")
        page.get_by_role("button", name=re.compile(words["sos.hold"])).focus()
        page.keyboard.down(key)
        expect(page.locator(".ring")).to_contain_text(words["sos.holding"])
        page.wait_for_timeout(HOLD_MS)
        page.keyboard.up(key)
        expect(page.locator("h1")).to_be_focused()
        expect(page.locator("h1")).to_have_text(words["sos.title_counting"])
        # The key that was held presses nothing on the screen that came under it.
        expect(page.locator("main")).to_contain_text(delivered(words), timeout=15_000)
    assert [report.kind for report in stored(session)] == ["distress"]


def test_an_sos_is_tapped_and_confirmed(
    browser: Browser, url: str, session: Session, language: str, words: Words
) -> None:
    with visiting(browser, url, language=language) as page:
        settled(page, "/sos")
        page.get_by_role("button", name=words["sos.tap"], exact=True).click()
        expect(page.locator("main")).to_contain_text(words["sos.sure"])
        page.get_by_role("button", name=words["sos.sure_no"], exact=True).click()
        assert stored(session) == []
        raise_sos(page, words)
    assert len(stored(session)) == 1


def test_a_press_that_cannot_hold_is_asked_and_sends_nothing_by_itself(
    browser: Browser, url: str, session: Session, language: str, words: Words
) -> None:
    with visiting(browser, url, language=language) as page:
        settled(page, "/sos")
        page.locator(".ring").evaluate("(ring) => ring.click()")  # as a screen reader or a switch presses
        expect(page.locator("main")).to_contain_text(words["sos.sure"])
    assert stored(session) == []


def test_a_call_link_is_there_at_every_moment(browser: Browser, url: str, language: str, words: Words) -> None:
    with visiting(browser, url, language=language) as page:
        number = page.locator('main a[href="tel:110"]')
        tap_sos(page, words)
        expect(number).to_be_in_viewport()
        page.get_by_role("button", name=words["alarm.now"], exact=True).click()
        expect(page.locator("main")).to_contain_text(delivered(words))
        expect(number).to_be_in_viewport()
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        expect(number).to_be_in_viewport()


def test_danger_shows_the_number_before_anything_else_also_without_a_network(
    browser: Browser, url: str, language: str, words: Words
) -> None:
    with visiting(browser, url, language=language) as page:
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
    browser: Browser, url: str, session: Session, language: str, words: Words
) -> None:
    with visiting(browser, url, language=language) as page:
        settled(page, "/sos")
        page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")
        page.context.set_offline(True)
        page.get_by_role("button", name=words["sos.tap"], exact=True).click()
        page.get_by_role("button", name=words["sos.sure_yes"], exact=True).click()
        page.get_by_role("button", name=words["alarm.now"], exact=True).click()
        expect(page.locator("main")).to_contain_text(words["sos.undelivered"].replace("{number}", "110"))
        expect(page.locator("main")).to_contain_text(words["alarm.kept"])
        assert stored(session) == []
        page.context.set_offline(False)
        expect(page.locator("main")).to_contain_text(delivered(words), timeout=20_000)
    assert len(stored(session)) == 1


def test_an_alarm_that_is_on_comes_back_after_a_reload(
    browser: Browser, url: str, session: Session, language: str, words: Words
) -> None:
    with visiting(browser, url, language=language) as page:
        raise_sos(page, words)
        assert until(page, lambda: read_value(page, "sos-active"))
        page.goto("/")  # which never falls silent, for the alarm goes on
        expect(page.locator("h1")).to_have_text(words["sos.title_on"])
        expect(page.locator("main")).to_contain_text(delivered(words))
    assert len(stored(session)) == 1


def test_the_place_follows_the_person_until_an_hour_that_is_shown(
    browser: Browser, url: str, session: Session, clock: MovableClock, language: str, words: Words
) -> None:
    # Until when it is shared is told by the server's clock, which its answers carry.
    clock.advance(seconds=(datetime.now(UTC) - clock.now()).total_seconds())
    with visiting(browser, url, language=language) as page:
        raise_sos(page, words)
        expect(page.locator("main")).to_contain_text(re.compile(words["alarm.shared_until"].partition("{")[0] + r"\w"))
        page.context.set_geolocation({"latitude": 30.4512, "longitude": 120.4512, "accuracy": 5})
        assert until(page, lambda: [round(report.lat or 0, 4) for report in stored(session)] == [30.4512])
        page.get_by_role("button", name=words["alarm.share_stop"], exact=True).click()
        expect(page.locator("main")).to_contain_text(words["alarm.not_shared"])


def test_silent_shakes_nothing_and_stays_dark(browser: Browser, url: str, language: str, words: Words) -> None:
    with visiting(browser, url, language=language) as page:
        page.add_init_script("window.shaken = 0; navigator.vibrate = () => (window.shaken += 1, true);")
        settled(page, "/sos")
        page.get_by_label(words["alarm.silent"]).check()
        raise_sos(page, words)
        assert page.evaluate("window.shaken") == 0
        expect(page.locator("html")).to_have_class(re.compile("plain-dark"))


def test_one_press_stops_the_countdown_where_no_code_is_set(
    browser: Browser, url: str, session: Session, language: str, words: Words
) -> None:
    with visiting(browser, url, language=language) as page:
        tap_sos(page, words)
        page.get_by_role("button", name=words["alarm.stop"], exact=True).click()
        expect(page.locator("main")).to_contain_text(words["sos.stopped"])
    assert stored(session) == []


def test_with_a_code_set_only_the_code_stops_the_countdown(
    browser: Browser, url: str, session: Session, language: str, words: Words
) -> None:
    with visiting(browser, url, language=language) as page:
        set_codes(page, words)
        tap_sos(page, words)
        expect(page.get_by_role("button", name=words["alarm.stop"], exact=True)).to_have_count(0)
        end_by(page, words, "1234")
        expect(page.locator("h1")).to_have_text(words["sos.title_ended"])
        page.wait_for_timeout(6000)
    assert stored(session) == []


def ended_by(page: Page, words: Words, code: str) -> tuple[list[bytes], Response, int]:
    """Raise an alarm, end it with a code: what the screen looks like at each step, and what the server answered."""
    set_codes(page, words)
    raise_sos(page, words)
    end_by(page, words, "0000")
    expect(page.locator("main")).to_contain_text(words["alarm.code_wrong"])
    with page.expect_response("**/api/v1/receipt/cancel") as answered:
        end_by(page, words, code)
        expect(page.locator("h1")).to_have_text(words["sos.title_ended"])
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
    expect(page.locator("main")).to_contain_text(words["mine.kind_distress"])
    expect(page.get_by_text(words["mine.asking"])).to_have_count(0)
    pictures.append(page.screenshot(full_page=True))
    return pictures, answered.value, length


def test_the_code_under_duress_looks_like_the_other_to_the_last_pixel_and_raises_the_alarm(
    browser: Browser, url: str, app: Flask, language: str, words: Words
) -> None:
    with visiting(browser, url, language=language) as free:
        seen_free, told_free, length_free = ended_by(free, words, "1234")
    assert events(app).count("AlarmCancelled") == 1
    with visiting(browser, url, language=language) as forced:
        seen_forced, told_forced, length_forced = ended_by(forced, words, "9876")
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
    browser: Browser, url: str, app: Flask, language: str, words: Words
) -> None:
    with visiting(browser, url, language=language) as page:
        raise_sos(page, words)
        categories = app.test_client().get("/api/v1/config").get_json()["categories"]
        weapon = next(one["plain"][language] for one in categories if one["code"] == "DS03")
        page.get_by_role("button", name=weapon).click()
        assert until(page, lambda: "ReporterWrote" in events(app))
        page.get_by_role("button", name=words["alarm.end_ask"], exact=True).click()
        with page.expect_response("**/api/v1/receipt/withdraw"):
            page.get_by_role("button", name=words["alarm.end_yes"], exact=True).click()
            expect(page.locator("h1")).to_have_text(words["sos.title_ended"])
        settled(page, "/reports")
        page.locator("main a.card").first.click()
        expect(page.locator("main")).to_contain_text(words["stand.withdrawn_on"])
