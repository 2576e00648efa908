"""Signing in: slower with each failure, never locked, the same from every process; and the cookie it leaves."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from backend.app import create_app
from backend.kernel.clock import MovableClock
from backend.kernel.database import db
from backend.kernel.jobs import PERIODIC
from backend.settings import Settings
from backend.trust.access import ABSOLUTE
from backend.trust.throttle import ACCOUNT, ADDRESS, FORGOTTEN, KNOWN, Pace, wait_s
from tests.conftest import NOW
from tests.pages.conftest import HTML, words
from tests.support.people import PASSWORD, make_organisation, make_person

WRONG = "not the password"
HOME, ELSEWHERE = "203.0.113.7", "198.51.100.1"


@pytest.fixture(autouse=True)
def people(app: Flask, session: Session) -> None:
    ring, body = app.extensions["linli"].keyring, make_organisation(session, NOW)
    for login in ("anna", "ben"):
        make_person(session, ring, NOW, roles=["triage"], org=body, login=login)
    session.close()  # the requests of a test are transactions of their own


def attempt(
    client: FlaskClient, login: str = "anna", password: str = WRONG, *, at: str = HOME, **headers: str
) -> TestResponse:
    return client.post(
        "/api/v1/session",
        json={"login": login, "password": password},
        headers=headers,
        environ_overrides={"REMOTE_ADDR": at},
    )


def statuses(client: FlaskClient, times: int, *, at: str = HOME, login: str = "anna") -> list[int]:
    return [attempt(client, login, at=at).status_code for _ in range(times)]


@given(st.integers(0, 10_000), st.integers(1, 50), st.integers(1, 1000))
def test_the_wait_grows_and_has_an_end(tries: int, free: int, most_s: int) -> None:
    pace = Pace(free, most_s)
    assert 0 <= wait_s(tries, pace) <= wait_s(tries + 1, pace) <= most_s
    assert (wait_s(tries, pace) == 0) == (tries < free)


@pytest.mark.parametrize("tries, wait", [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (10, 32), (11, 60), (10_000, 60)])
def test_the_wait_of_an_account(tries: int, wait: int) -> None:
    assert wait_s(tries, ACCOUNT) == wait


def test_after_five_failures_one_has_to_wait_and_is_told_how_long(client: FlaskClient, clock: MovableClock) -> None:
    assert statuses(client, 5) == [401] * 5
    refused = attempt(client, password=PASSWORD, **{"Accept-Language": "zh"})
    problem = refused.get_json()
    assert (refused.status_code, problem["code"], problem["retry_after_s"]) == (429, "too-many-tries", 1)
    assert refused.headers["Retry-After"] == "1"
    assert problem["detail"] == "请在1秒后重试。"
    clock.advance(seconds=1)
    assert attempt(client, password=PASSWORD).status_code == 201


def test_the_wait_doubles_and_trying_meanwhile_does_not_prolong_it(client: FlaskClient, clock: MovableClock) -> None:
    statuses(client, 5)
    waits = []
    for _ in range(8):
        refused = attempt(client)
        assert (refused.status_code, attempt(client).headers["Retry-After"]) == (429, refused.headers["Retry-After"])
        waits.append(int(refused.headers["Retry-After"]))
        clock.advance(seconds=waits[-1])
        assert attempt(client).status_code == 401
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_right_password_ends_the_count(client: FlaskClient) -> None:
    assert [*statuses(client, 4), attempt(client, password=PASSWORD).status_code] == [401] * 4 + [201]
    assert statuses(client, 5, at=ELSEWHERE) == [401] * 5


def test_after_an_hour_without_a_try_one_begins_anew(client: FlaskClient, clock: MovableClock) -> None:
    statuses(client, 5)
    clock.advance(seconds=FORGOTTEN.total_seconds() + 1)
    assert statuses(client, 6) == [401] * 5 + [429]


def test_nobody_is_kept_out_of_an_account_where_they_signed_in_before(client: FlaskClient, clock: MovableClock) -> None:
    assert attempt(client, password=PASSWORD, at=HOME).status_code == 201
    for at in range(1, 200):  # somebody guesses from as many addresses as they like
        if attempt(client, at=f"198.51.100.{at}").status_code == 429:
            break
    assert attempt(client, password=PASSWORD, at=ELSEWHERE).status_code == 429
    assert attempt(client, password=PASSWORD, at=HOME).status_code == 201
    assert attempt(client, password=PASSWORD, at=ELSEWHERE).status_code == 429  # and the guesser begins nothing anew
    clock.advance(seconds=KNOWN.total_seconds() - 30)
    statuses(client, 5, at=ELSEWHERE)
    assert attempt(client, password=PASSWORD, at=HOME).status_code == 201


def test_from_anywhere_else_the_wait_is_at_most_a_minute(client: FlaskClient, clock: MovableClock) -> None:
    for at in range(1, 30):
        attempt(client, at=f"198.51.100.{at}")
        clock.advance(seconds=60)
    statuses(client, 2, at=ELSEWHERE)
    clock.advance(seconds=ACCOUNT.most_s)
    assert attempt(client, password=PASSWORD, at=HOME).status_code == 201


def test_an_address_that_guesses_at_many_accounts_waits_too(client: FlaskClient, clock: MovableClock) -> None:
    guesses = [attempt(client, f"nobody{at}").status_code for at in range(ADDRESS.free + 1)]
    assert guesses == [401] * ADDRESS.free + [429]
    assert attempt(client, "ben", PASSWORD).status_code == 429
    assert attempt(client, "ben", PASSWORD, at=ELSEWHERE).status_code == 201
    clock.advance(seconds=1)
    assert attempt(client, "ben", PASSWORD).status_code == 201


def test_a_neighbour_in_the_same_network_of_ipv6_is_the_same_address(client: FlaskClient) -> None:
    found = [
        attempt(client, f"nobody{at}", at=f"2001:db8:1:2::{at + 1:x}").status_code for at in range(ADDRESS.free + 1)
    ]
    assert found[-1] == 429


def test_an_account_that_does_not_exist_is_answered_alike(client: FlaskClient) -> None:
    assert statuses(client, 6) == statuses(client, 6, login="nobody", at=ELSEWHERE) == [401] * 5 + [429]


def test_a_login_written_otherwise_is_the_same_account(client: FlaskClient) -> None:
    found = [attempt(client, login).status_code for login in ("anna", "Anna", "ANNA", "anna", "aNNa", "annA")]
    assert found == [401] * 5 + [429]


def test_every_process_counts_together(client: FlaskClient, settings: Settings, clock: MovableClock) -> None:
    other = create_app(settings, clock=clock)
    assert [*statuses(client, 3), *statuses(other.test_client(), 3)] == [401] * 5 + [429]
    with other.app_context():
        db.engine.dispose()


def test_tries_at_the_same_moment_are_counted_one_by_one(app: Flask) -> None:
    together = threading.Barrier(8)

    def guess(_: int) -> int:
        together.wait(10)
        return attempt(app.test_client()).status_code

    with ThreadPoolExecutor(8) as threads:
        found = sorted(threads.map(guess, range(8)))
    assert found == [401] * 5 + [429] * 3


def test_what_is_stored_names_neither_login_nor_address(client: FlaskClient, owner_session: Session) -> None:
    statuses(client, 2)
    attempt(client, password=PASSWORD)
    attempt(client, "ben")
    rows = owner_session.scalars(
        text("SELECT to_jsonb(t)::text FROM sign_in_try t UNION ALL SELECT to_jsonb(s)::text FROM signed_in s")
    ).all()
    assert len(rows) == 3
    for word in ("anna", "ben", HOME):
        assert not any(word in row or word.encode().hex() in row for row in rows)


def test_a_refused_sign_in_leaves_no_key_and_can_be_sent_again(client: FlaskClient, owner_session: Session) -> None:
    key = {"Idempotency-Key": "once"}
    assert [attempt(client, **key).status_code for _ in range(2)] == [401, 401]
    assert owner_session.scalar(text("SELECT count(*) FROM answered")) == 0
    assert owner_session.scalar(text("SELECT max(tries) FROM sign_in_try")) == 2
    first, again = (attempt(client, password=PASSWORD, **key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()


def test_what_counts_no_longer_is_deleted(
    app: Flask, client: FlaskClient, clock: MovableClock, owner_session: Session
) -> None:
    statuses(client, 5)
    clock.advance(seconds=FORGOTTEN.total_seconds() + 10)
    statuses(client, 1, login="ben", at=ELSEWHERE)
    with app.app_context():
        PERIODIC["sign_in_tries"].work(app)
    assert owner_session.scalar(text("SELECT count(*) FROM sign_in_try")) == 2


@pytest.mark.parametrize("language, said", [("en", "Too many tries"), ("zh", "尝试次数过多")])
def test_the_page_says_that_one_has_to_wait(client: FlaskClient, language: str, said: str) -> None:
    statuses(client, 5)
    form = {"login": "anna", "password": PASSWORD}
    answer = client.post(
        f"/console/plain/sign-in?lang={language}", data=form, headers=HTML, environ_overrides={"REMOTE_ADDR": HOME}
    )
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert said in words(answer)
    assert "Set-Cookie" not in answer.headers


def api_sign_in(client: FlaskClient, **options: Any) -> TestResponse:
    return client.post("/api/v1/session", json={"login": "anna", "password": PASSWORD}, **options)


def page_sign_in(client: FlaskClient, **options: Any) -> TestResponse:
    return client.post("/console/plain/sign-in", data={"login": "anna", "password": PASSWORD}, **options)


BY_HTTPS: dict[str, dict[str, Any]] = {
    "itself": {"base_url": "https://linli.example"},
    "behind our proxy": {"headers": {"X-Forwarded-Proto": "https"}, "environ_overrides": {"REMOTE_ADDR": "127.0.0.1"}},
}
BY_HTTP: dict[str, dict[str, Any]] = {
    "plainly": {},
    "from one who only says so": {
        "headers": {"X-Forwarded-Proto": "https"}, "environ_overrides": {"REMOTE_ADDR": "203.0.113.5"}
    },
}  # fmt: skip


@pytest.mark.parametrize("enter", [api_sign_in, page_sign_in])
@pytest.mark.parametrize("how", [*BY_HTTPS, *BY_HTTP])
def test_over_https_the_cookie_is_secure_and_bound_to_this_host(client: FlaskClient, enter: Any, how: str) -> None:
    cookie = enter(client, **(BY_HTTPS | BY_HTTP)[how]).headers["Set-Cookie"]
    parts = {part.strip() for part in cookie.split(";")[1:]}
    assert {"HttpOnly", "SameSite=Strict", "Path=/", f"Max-Age={int(ABSOLUTE.total_seconds())}"} <= parts
    assert ("Secure" in parts) == cookie.startswith("__Host-linli_session=") == (how in BY_HTTPS)
    assert not any(part.startswith("Domain") for part in parts)


def test_a_browser_is_known_again_by_its_cookie_over_https(client: FlaskClient) -> None:
    api_sign_in(client, **BY_HTTPS["itself"])
    assert client.get("/api/v1/me", base_url="https://linli.example").status_code == 200


def test_over_https_a_cookie_that_another_host_could_set_counts_for_nothing(client: FlaskClient) -> None:
    token = api_sign_in(client, **BY_HTTPS["itself"]).get_json()["token"]
    fresh = client.application.test_client()
    fresh.set_cookie("linli_session", token, domain="linli.example")
    assert fresh.get("/api/v1/me", base_url="https://linli.example").status_code == 401
    assert fresh.get("/api/v1/me", base_url="http://linli.example").status_code == 200
