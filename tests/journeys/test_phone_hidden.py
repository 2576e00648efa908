"""What a phone that others pick up shows: another name, neutral notifications, a lock, who looked, and nothing once deleted."""

import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from backend.kernel.sealed import load_keyring, seals_of
from tests.journeys.browser import visiting
from tests.journeys.phones import part, read_value, receipt_of, tap_sos, until, worker_of
from tests.journeys.test_phone import settled, stored, write
from tests.journeys.views import dictionary
from tests.support.people import sign_in

OURS = re.compile("Linli|邻里", re.IGNORECASE)


def hide(page: Page) -> None:
    """Choose discreet mode."""
    settled(page, "/safety")
    part(page, "Discreet mode").get_by_role("checkbox").check()
    expect(page.locator(".brand")).to_have_text("Notes")


def links(page: Page) -> list[str]:
    """The icon and the manifest by which the browser knows the page."""
    return [
        str(page.locator(f'link[rel="{rel}"]').get_attribute("href"))
        for rel in ("icon", "apple-touch-icon", "manifest")
    ]


def test_in_discreet_mode_neither_name_nor_icon_is_ours_from_the_first_byte_on(browser: Browser, url: str) -> None:
    neutral = ["/app/discreet-192.png", "/app/discreet-192.png", "/app/discreet-en.webmanifest"]
    with visiting(browser, url) as page:
        settled(page, "/")
        page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")
        hide(page)
        assert (page.title(), links(page)) == ("Notes", neutral)
        for offline in (False, True):
            page.context.set_offline(offline)
            first = page.goto("/")
            assert first
            assert not OURS.search(re.sub(r"linli-\w+", "", first.text()))
            page.wait_for_function("() => document.querySelector('#exit') !== null")
            assert (page.title(), links(page)) == ("Notes", neutral)
            expect(page.locator(".brand")).to_have_text("Notes")
        page.context.set_offline(False)
        manifest = page.evaluate("fetch('/app/discreet-en.webmanifest').then((answer) => answer.json())")
        assert (manifest["name"], "shortcuts" in manifest) == ("Notes", False)


def shown_notices(page: Page) -> list[Any]:
    """The notifications on the phone."""
    found: list[Any] = page.evaluate(
        """navigator.serviceWorker.ready.then((one) => one.getNotifications())
           .then((all) => all.map(({title, body, icon, tag}) => ({title, body, icon, tag})))"""
    )
    return found


@pytest.mark.parametrize(
    "language, hides, title, body, icon",
    [
        ("en", False, "Linli", "There is something new.", "/app/icon-192.png"),
        ("zh", False, "邻里", "有新内容。", "/app/icon-192.png"),
        ("en", True, "Notes", "There is something new.", "/app/discreet-192.png"),
    ],
)
def test_a_push_says_that_there_is_news_and_not_of_what(
    browser: Browser, url: str, language: str, hides: bool, title: str, body: str, icon: str
) -> None:
    with visiting(browser, url, language=language) as page:
        page.context.grant_permissions(["notifications"], origin=url)
        settled(page, "/")
        if hides:
            hide(page)
            assert until(page, lambda: read_value(page, "discreet"))
        wire, registration = worker_of(page, url)
        sent = {"origin": url, "registrationId": registration, "data": "Gas at your neighbour's, 12 Mill Lane"}
        wire.send("ServiceWorker.deliverPushMessage", sent)
        assert until(page, lambda: shown_notices(page)) == [
            {"title": title, "body": body, "icon": url + icon, "tag": "news"}
        ]


# The browser's push service is on the internet; only it is stood in for.
PUSH_SERVICE = """
let held = null;
const made = () => ({endpoint: "https://push.example/send/abc", unsubscribe: async () => { held = null; return true; }});
PushManager.prototype.subscribe = async (options) => {
  window.subscribedWith = new Uint8Array(options.applicationServerKey).length;
  return (held = made());
};
PushManager.prototype.getSubscription = async () => held;
"""


def pushed_to(session: Session) -> list[bool]:
    """Which reports have a phone to tell, in order."""
    return [report.push is not None for report in stored(session)]


def test_notifications_are_off_where_none_are_sent_and_nothing_is_asked(browser: Browser, url: str) -> None:
    with visiting(browser, url) as page:
        settled(page, "/install")
        expect(page.locator("main")).to_contain_text("Off. This Linli does not send notifications.")
        expect(page.get_by_role("button", name="Allow notifications")).to_have_count(0)


def test_a_phone_is_told_of_news_after_a_tap_and_until_another(
    browser: Browser, url: str, app: Flask, session: Session
) -> None:
    sending = replace(app.extensions["linli"].settings, public_url="https://linli.example")
    app.extensions["linli"] = replace(app.extensions["linli"], settings=sending)
    with visiting(browser, url) as page:
        page.context.grant_permissions(["notifications"], origin=url)
        page.add_init_script(PUSH_SERVICE)
        write(page, "The bench is loose")
        assert pushed_to(session) == [False]
        page.evaluate("history.pushState(null, '', '/install'); dispatchEvent(new PopStateEvent('popstate'))")
        page.get_by_role("button", name="Allow notifications").click()
        expect(page.locator("main")).to_contain_text("On. This phone is told")
        assert page.evaluate("window.subscribedWith") == 65
        assert until(page, lambda: pushed_to(session) == [True])
        page.locator(".brand").click()
        page.locator('a[href="/report"]').click()
        page.locator("textarea[name=text]").fill("The lamp is broken")
        page.get_by_role("button", name="Send", exact=True).click()
        assert until(page, lambda: pushed_to(session) == [True, True])
        page.evaluate("history.pushState(null, '', '/install'); dispatchEvent(new PopStateEvent('popstate'))")
        page.get_by_role("button", name="Turn notifications off").click()
        assert until(page, lambda: pushed_to(session) == [False, False])
        expect(page.get_by_role("button", name="Allow notifications")).to_be_visible()


def test_the_app_code_keeps_others_out_and_never_stands_before_an_sos(browser: Browser, url: str) -> None:
    with visiting(browser, url) as page:
        settled(page, "/safety")
        lock = part(page, "App code")
        lock.get_by_label("New code").fill("2468")
        lock.get_by_label("The same code again").fill("2468")
        lock.get_by_role("button", name="Save").click()
        expect(lock).to_contain_text("Saved on this phone.")
        settled(page, "/reports")
        expect(page.locator("h1:visible")).to_have_text("Enter your code")
        expect(page.locator('a[href="tel:110"]:visible').first).to_be_visible()
        expect(page.locator("#exit:visible")).to_be_visible()
        expect(page.get_by_role("heading", name="My reports")).to_have_count(0)
        page.get_by_label("Code", exact=True).fill("1111")
        page.get_by_role("button", name="Open").click()
        expect(page.locator("body")).to_contain_text("This is not the code.")
        tap_sos(page, dictionary("en"))
        page.get_by_role("button", name="Stop. I did not mean it.").click()
        settled(page, "/reports")
        page.get_by_label("Code", exact=True).fill("2468")
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_role("heading", name="My reports")).to_be_visible()


def test_the_safe_way_to_be_reached_goes_with_a_report(
    browser: Browser, url: str, session: Session, app: Flask
) -> None:
    with visiting(browser, url) as page:
        settled(page, "/safety")
        contact = part(page, "How to reach me")
        contact.get_by_label("By e-mail").check()
        contact.get_by_label("E-mail address").fill("me@example.org")
        contact.get_by_label("From").fill("09:00")
        contact.get_by_label("To").fill("12:00")
        contact.get_by_role("button", name="Save").click()
        expect(contact).to_contain_text("Saved on this phone.")
        write(page, "The bench is loose")
    (sent,) = stored(session)
    settings = app.extensions["linli"].settings
    seals = seals_of(session, load_keyring(settings.data, settings.master_key), [sent.id])
    way = seals[sent.id].open("safe_contact", sent.safe_contact)
    assert (way["channel"], way["hours"]) == ("email", {"from": "09:00", "to": "12:00"})


def test_the_resident_sees_who_looked_when_and_why_and_no_name(browser: Browser, url: str, client: FlaskClient) -> None:
    with visiting(browser, url) as page:
        settled(page, "/report")
        page.get_by_role("button", name="Use my place").click()
        expect(page.locator("main")).to_contain_text("18")
        page.get_by_role("button", name="Send", exact=True).click()
        headers = {"Authorization": f"Receipt {receipt_of(page)}"}
        incident = client.get("/api/v1/receipt", headers=headers).get_json()["incident"]["id"]
        duty = sign_in(client, "duty")
        assert client.get(f"/api/v1/incidents/{incident}?purpose=review", headers=duty).status_code == 200
        settled(page, "/reports")
        page.locator("main a.card").first.click()
        page.get_by_text("Who looked at it: 1").click()
        expect(page.locator("main")).to_contain_text("to review how it was handled.")
        expect(page.locator("main")).not_to_contain_text("Duty")


def test_what_was_deleted_is_gone_from_the_phone(browser: Browser, url: str) -> None:
    with visiting(browser, url) as page:
        write(page, "The bench is loose")
        hide(page)
        page.get_by_role("button", name="Delete everything on this phone").click()
        page.get_by_role("button", name="Delete", exact=True).click()
        page.wait_for_url("**/neutral")
        left = page.evaluate(
            """async () => ({
              databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length,
              workers: (await navigator.serviceWorker.getRegistrations()).length,
              words: localStorage.length + sessionStorage.length,
            })"""
        )
        assert left == {"databases": 0, "caches": 0, "workers": 0, "words": 0}
        settled(page, "/reports")
        expect(page.locator("main")).not_to_contain_text("Sent on")
        expect(page.locator(".brand")).to_have_text("Linli")
