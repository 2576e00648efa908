"""Signing in at the console in a real browser: passkeys by Chromium's own authenticator, codes, recovery, ended sessions."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pyotp
import pytest
from playwright.sync_api import CDPSession, Page, expect
from sqlalchemy import text

from backend.kernel.database import SYSTEM, act_as, db
from backend.trust.actions import link_subject
from tests.journeys.browser import DESKTOP, PHONE, visiting
from tests.journeys.consoles import Consoles, barriers, consoles, fill_sign_in, settled
from tests.support.agency import CLIENT_ID, SECRET, provider

NARROW = {"width": 320, "height": 640}
TITLES = {"en": "How you sign in", "zh": "登录方式"}


@pytest.fixture(scope="module")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    """A world where a second factor is required, by the name to which passkeys are bound."""
    with consoles(postgres, tmp_path_factory.mktemp("signing"), second_factor="required") as found:
        found.url = found.url.replace("127.0.0.1", "localhost")
        found.report()
        yield found


@pytest.fixture(autouse=True)
def fresh(house: Consoles) -> None:
    """Nobody has a second factor, nobody is signed in, and nobody has to wait."""
    with house.app.app_context():
        act_as(db.session(), SYSTEM)
        for table in ("passkey", "authenticator", "recovery_code", "sign_in_step", "sign_in_try"):
            db.session().execute(text(f"DELETE FROM {table}"))
        db.session().execute(text("UPDATE signed_in SET ended_at = now()"))
        db.session.commit()


def authenticator(page: Page) -> CDPSession:
    """An authenticator within the browser, which finds its person at once."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options: dict[str, Any] = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    options |= {"hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return cdp


def title(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def code_of(house: Consoles, secret: str) -> str:
    """What the app shows; the clock then goes on, so that the next code is another one."""
    code = pyotp.TOTP(secret).at(int(house.clock.now().timestamp()))
    house.clock.advance(seconds=30)
    return code


def set_up_app(house: Consoles, page: Page) -> str:
    """Set up an app by the screen; its secret."""
    page.get_by_role("button", name="Set up an app").click()
    expect(page.get_by_alt_text("QR code for the app")).to_be_visible()
    secret = page.locator("#app-codes ~ form code").inner_text()
    page.get_by_label("Code that the app shows now").fill(code_of(house, secret))
    page.get_by_role("button", name="Use this app").click()
    expect(page.get_by_text("Codes of your app count.")).to_be_visible()
    # With the first factor come recovery codes, by a call of its own.
    expect(page.locator(".codes code")).to_have_count(8)
    return secret


@contextmanager
def nobody(house: Consoles, path: str = "/console", **options: Any) -> Iterator[Page]:
    with house.at(None, path, **options) as page:
        yield page


def test_the_first_sign_in_leads_through_a_passkey_to_the_work_and_the_next_is_by_it_alone(house: Consoles) -> None:
    with nobody(house, "/console?grade=4") as page:
        authenticator(page)
        fill_sign_in(page, "li")
        title(page, TITLES["en"])
        assert barriers(page) == []
        page.get_by_label("Name of the new passkey").fill("My work phone")
        page.get_by_role("button", name="Add a passkey").click()
        expect(page.locator(".codes code")).to_have_count(8)
        expect(page.get_by_text("My work phone not used yet")).to_be_visible()
        assert barriers(page) == []
        page.get_by_role("button", name="Go on to Linli").click()
        title(page, "Incidents")
        assert page.url.endswith("/console?grade=4")
        settled(page)
        expect(page.locator(".line-live")).to_be_visible()
        page.get_by_text("You", exact=True).click()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("button", name="Sign in with a passkey").click()
        title(page, "Incidents")
        # After the password it is the second step.
        page.get_by_text("You", exact=True).click()
        page.get_by_role("button", name="Sign out").click()
        fill_sign_in(page, "li")
        expect(page.get_by_role("heading", name="Second step")).to_be_focused()
        assert barriers(page) == []
        page.get_by_role("button", name="Use your passkey").click()
        title(page, "Incidents")


def test_an_app_and_a_recovery_code_are_second_steps_by_keyboard_alone(house: Consoles) -> None:
    with nobody(house) as page:
        fill_sign_in(page, "li")
        title(page, TITLES["en"])
        secret = set_up_app(house, page)
        codes = page.locator(".codes code").all_inner_texts()
        assert len(codes) == 8
        page.get_by_role("button", name="Go on to Linli").click()
        title(page, "Incidents")
        for code, wrong in ((code_of(house, secret), "000000"), (codes[0].lower(), codes[0][:-1] + "?")):
            page.context.clear_cookies()
            page.goto("/console")
            page.get_by_label("Login").fill("li")
            page.keyboard.press("Tab")
            page.keyboard.type("nine small lanterns")
            page.keyboard.press("Enter")
            expect(page.get_by_role("heading", name="Second step")).to_be_focused()
            page.get_by_label("Code").fill(wrong)
            page.keyboard.press("Enter")
            expect(page.get_by_role("alert")).to_contain_text("does not fit")
            page.get_by_label("Code").fill(code)
            page.keyboard.press("Enter")
            title(page, "Incidents")


def test_a_session_that_is_ended_elsewhere_loses_access_at_once_and_no_work(house: Consoles) -> None:
    with nobody(house) as phone, nobody(house) as desk:
        fill_sign_in(desk, "li")
        secret = set_up_app(house, desk)
        desk.get_by_role("button", name="Go on to Linli").click()
        title(desk, "Incidents")
        desk.goto("/console/break-glass")
        reason = desk.get_by_label("Why")
        reason.fill("What was written stays")
        fill_sign_in(phone, "li")
        phone.get_by_label("Code").fill(code_of(house, secret))
        phone.get_by_role("button", name="Go on").click()
        title(phone, "Incidents")
        phone.goto("/console/security")
        title(phone, TITLES["en"])
        expect(phone.get_by_role("table", name="Where you are signed in").locator("tbody tr")).to_have_count(2)
        phone.get_by_role("button", name="End all others").click()
        expect(phone.get_by_role("table", name="Where you are signed in").locator("tbody tr")).to_have_count(1)
        dialog = desk.get_by_role("dialog", name="Your session has ended")
        expect(dialog).to_be_visible()
        assert barriers(desk) == []
        fill_sign_in(desk, "li")
        desk.get_by_label("Code").fill(code_of(house, secret))
        desk.get_by_role("button", name="Go on").click()
        expect(dialog).to_have_count(0)
        expect(reason).to_have_value("What was written stays")


def test_what_changes_the_sign_in_asks_to_sign_in_again_and_then_goes_on(house: Consoles) -> None:
    with nobody(house) as page:
        fill_sign_in(page, "li")
        secret = set_up_app(house, page)
        house.clock.advance(seconds=16 * 60)
        page.get_by_role("button", name="Make new codes").first.click()
        page.get_by_role("dialog").get_by_role("button", name="Make new codes").click()
        dialog = page.get_by_role("dialog", name="Please sign in again for this")
        expect(dialog).to_be_visible()
        fill_sign_in(page, "li")
        dialog.get_by_label("Code").fill(code_of(house, secret))
        dialog.get_by_role("button", name="Go on").click()
        expect(dialog).to_have_count(0)
        expect(page.locator(".codes code")).to_have_count(8)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", [None, PHONE, NARROW], ids=["desk", "phone", "narrow"])
def test_the_screen_reflows_and_nothing_stands_in_the_way(
    house: Consoles, language: str, size: dict[str, int] | None
) -> None:
    with nobody(house, language=language, size=size) as page:
        fill_sign_in(page, "li", language=language)
        title(page, TITLES[language])
        page.locator("#app-codes ~ .row button").first.click()
        expect(page.locator("img.qr")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert barriers(page) == []
        page.emulate_media(color_scheme="dark")
        assert barriers(page) == []


def test_an_administrator_lets_somebody_in_again_whose_phone_is_lost(house: Consoles) -> None:
    with nobody(house) as page, nobody(house) as lost:
        fill_sign_in(lost, "li")
        set_up_app(house, lost)
        fill_sign_in(page, "duty")
        set_up_app(house, page)
        page.get_by_role("button", name="Go on to Linli").click()
        expect(page.get_by_role("link", name="People")).to_be_visible()
        page.goto(f"/console/people/{house.world.people['li']}")
        card = page.locator("section", has=page.get_by_role("heading", name="Sign-in"))
        card.get_by_role("button", name="Second step is lost").click()
        page.get_by_role("dialog").get_by_role("button", name="Second step is lost").click()
        code = card.locator(".note code").inner_text()
        assert re.fullmatch(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){2}", code)
        assert barriers(page) == []
        lost.goto("/console")
        fill_sign_in(lost, "li")
        lost.get_by_label("Code").fill(code)
        lost.get_by_role("button", name="Go on").click()
        title(lost, TITLES["en"])
        expect(lost.get_by_text("Set up a second step first")).to_be_visible()


def test_somebody_signs_in_at_their_agency_and_comes_back_to_the_screen_they_wanted(
    house: Consoles, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried = house.app.extensions["linli"]
    with provider(f"{house.url}/console/plain/agency/back") as issuer:
        chosen = replace(
            carried.settings, oidc_issuer=issuer, oidc_client_id=CLIENT_ID, oidc_client_secret=SECRET,
            oidc_name="River Agency", oidc_acr="strong",
        )  # fmt: skip
        monkeypatch.setitem(house.app.extensions, "linli", replace(carried, settings=chosen))
        stream = f"http://localhost:{house.stream.port}/"
        with visiting(house.browser, house.url, size=DESKTOP, ours=(stream, issuer)) as page:
            page.goto("/console/rules")
            assert barriers(page) == []
            enter(page, "strong-4711")
            expect(page.get_by_role("alert")).to_contain_text("not linked to a person here")
            expect(page.get_by_role("alert")).to_contain_text("strong-4711")
            assert barriers(page) == []
            link(house, issuer, "strong-4711")
            page.goto("/console/rules")
            page.get_by_role("link", name="Sign in with River Agency").click()  # the agency knows its own again
            title(page, "Rules")
            assert page.url.endswith("/console/rules")
            page.goto("/console/security")
            expect(page.get_by_text("You can also sign in with River Agency.")).to_be_visible()


def enter(page: Page, login: str) -> None:
    """Go to the agency and sign in there."""
    page.get_by_role("link", name="Sign in with River Agency").click()
    page.get_by_label("Staff number").fill(login)
    page.get_by_role("button", name="Enter").click()


def link(house: Consoles, issuer: str, subject: str) -> None:
    """An administrator links the subject to Li."""
    li, duty = house.world.people["li"], house.world.people["duty"]
    with house.app.app_context():
        act_as(db.session(), SYSTEM)
        ring = house.app.extensions["linli"].keyring
        link_subject(db.session(), ring, li, issuer=issuer, subject=subject, by=duty, now=house.clock.now())
        db.session.commit()
