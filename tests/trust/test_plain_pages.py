"""Signing in with a second step, and how one signs in, on plain pages without scripts."""

import re
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from backend.kernel.clock import MovableClock
from backend.settings import Settings
from backend.trust.rules import FRESH
from tests.conftest import NOW, TEST_KEY
from tests.pages.conftest import HTML, words
from tests.support.people import PASSWORD, make_organisation, make_person

PLAIN = "/console/plain"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """A deployment that requires a second factor."""
    return Settings.from_env(
        {}, database_url=database_url, data=tmp_path, master_key=TEST_KEY, pool_size=3, log_level="error"
    )


@pytest.fixture
def anna(app: Flask, session: Session) -> FlaskClient:
    """The browser of somebody who triages."""
    ring, body = app.extensions["linli"].keyring, make_organisation(session, NOW)
    make_person(session, ring, NOW, roles=["triage"], org=body, login="anna")
    session.close()
    return app.test_client()


def sign_in(client: FlaskClient, password: str = PASSWORD) -> TestResponse:
    return client.post(f"{PLAIN}/sign-in", data={"login": "anna", "password": password}, headers=HTML)


def send(client: FlaskClient, path: str, **form: str) -> TestResponse:
    """Send a form of the page about signing in."""
    token = re.search(r'name="token" value="(\w+)"', client.get(f"{PLAIN}/security", headers=HTML).text)
    assert token
    return client.post(f"{PLAIN}/security/{path}", data={"token": token[1], **form}, headers=HTML)


def codes_in(answer: TestResponse) -> list[str]:
    return re.findall(r"<code>([\w-]+)</code>", answer.text)


def code_of(secret: str, clock: MovableClock) -> str:
    """What the app shows; the clock then goes on, so that the next code is another one."""
    code = pyotp.TOTP(secret).at(int(clock.now().timestamp()))
    clock.advance(seconds=30)
    return code


def set_up(client: FlaskClient, clock: MovableClock) -> tuple[str, list[str]]:
    """Set up an app; its secret and the recovery codes."""
    (secret,) = codes_in(send(client, "app"))
    made = send(client, "app/confirm", code=code_of(secret, clock))
    assert made.status_code == 200
    return secret, codes_in(made)


def test_the_first_sign_in_leads_to_setting_up_an_app_and_then_to_the_list(
    anna: FlaskClient, clock: MovableClock
) -> None:
    assert sign_in(anna).headers["Location"] == PLAIN
    assert anna.get(PLAIN, headers=HTML).headers["Location"] == f"{PLAIN}/security"
    page = anna.get(f"{PLAIN}/security?lang=zh", headers=HTML)
    assert "请先设置第二步验证" in words(page)
    drawn = send(anna, "app")
    assert "<svg" in drawn.text
    assert "style=" not in drawn.text  # the page's policy lets no style of its own pass
    _, codes = set_up(anna, clock)
    assert len(codes) == 8
    assert anna.get(PLAIN, headers=HTML).status_code == 200


def test_the_second_step_takes_a_code_of_the_app_or_a_recovery_code_once(
    app: Flask, anna: FlaskClient, clock: MovableClock
) -> None:
    sign_in(anna)
    secret, codes = set_up(anna, clock)
    for code in (code_of(secret, clock), codes[0].lower()):
        caller = app.test_client()
        asked = sign_in(caller)
        assert (asked.status_code, "Second step" in words(asked)) == (200, True)
        assert "Set-Cookie" not in asked.headers
        step = re.search(r'name="step" value="([\w-]+)"', asked.text)
        assert step
        form = {"step": step[1], "code": "000000", "next": f"{PLAIN}?grade=4"}
        wrong = caller.post(f"{PLAIN}/sign-in/code", data=form, headers=HTML)
        assert (wrong.status_code, "does not fit" in words(wrong)) == (422, True)
        right = caller.post(f"{PLAIN}/sign-in/code", data=form | {"code": code}, headers=HTML)
        assert (right.status_code, right.headers["Location"]) == (303, f"{PLAIN}?grade=4")
        again = caller.post(f"{PLAIN}/sign-in/code", data=form | {"code": code}, headers=HTML)
        assert (again.status_code, "took too long" in words(again)) == (422, True)


def test_the_second_step_has_to_wait_too_and_says_so(app: Flask, anna: FlaskClient, clock: MovableClock) -> None:
    sign_in(anna)
    set_up(anna, clock)
    caller = app.test_client()
    caller.environ_base["REMOTE_ADDR"] = "198.51.100.1"
    statuses = []
    for _ in range(2):
        step = re.search(r'name="step" value="([\w-]+)"', sign_in(caller).text)
        assert step
        form = {"step": step[1], "code": "000000"}
        statuses += [caller.post(f"{PLAIN}/sign-in/code", data=form, headers=HTML) for _ in range(3)]
    assert [one.status_code for one in statuses] == [422] * 5 + [429]
    assert statuses[-1].headers["Retry-After"] == "1"


def test_a_form_of_another_site_shows_no_code(app: Flask, anna: FlaskClient) -> None:
    foreign = HTML | {"Sec-Fetch-Site": "cross-site"}
    assert anna.post(f"{PLAIN}/sign-in/code", data={"step": "x", "code": "1"}, headers=foreign).status_code == 403
    sign_in(anna)
    assert anna.post(f"{PLAIN}/security/app", data={"token": "x"}, headers=HTML).status_code == 403


def test_the_password_is_changed_and_others_are_signed_out(app: Flask, anna: FlaskClient, clock: MovableClock) -> None:
    other = app.test_client()
    sign_in(other)
    sign_in(anna)
    set_up(anna, clock)
    wrong = send(anna, "password", present="no", password="five quiet herons wading")
    assert (wrong.status_code, "present password is wrong" in words(wrong)) == (422, True)
    common = send(anna, "password", present=PASSWORD, password="correcthorsebatterystaple")
    assert (common.status_code, "easily guessed" in words(common)) == (422, True)
    done = send(anna, "password", present=PASSWORD, password="five quiet herons wading")
    assert done.headers["Location"] == f"{PLAIN}/security?done=password"
    assert "Your password is changed" in words(anna.get(done.headers["Location"], headers=HTML))
    assert other.get(f"{PLAIN}/security", headers=HTML).status_code == 303


def test_other_sessions_are_ended_and_new_codes_made(app: Flask, anna: FlaskClient, clock: MovableClock) -> None:
    other = app.test_client()
    sign_in(other)
    sign_in(anna)
    _, codes = set_up(anna, clock)
    assert set(codes_in(send(anna, "codes"))).isdisjoint(codes)
    assert send(anna, "sessions/end-others").headers["Location"] == f"{PLAIN}/security?done=sessions"
    assert other.get(f"{PLAIN}/security", headers=HTML).status_code == 303
    clock.advance(seconds=FRESH.total_seconds())
    assert send(anna, "codes").headers["Location"].startswith(f"{PLAIN}/sign-in?next=")
