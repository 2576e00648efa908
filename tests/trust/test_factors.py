"""Second factors: each opens a session once, for its own person alone, however often and however fast it is tried."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.kernel.clock import MovableClock
from backend.kernel.jobs import PERIODIC
from backend.trust.factors.codes import step_of
from backend.trust.factors.recovery import LETTERS, normal
from backend.trust.rules import GIVEN_CODE_LASTS, RECOVERY_CODES, STEP_LASTS, STEP_TRIES
from backend.trust.throttle import BEGUN
from tests.conftest import NOW
from tests.support.authenticator import PRESENT, Authenticator
from tests.support.people import PASSWORD
from tests.trust.signing import Caller

At = Callable[[str | None], Caller]


@pytest.fixture
def anna(browser: At) -> Caller:
    """Anna, who has an app."""
    caller = browser("anna")
    caller.set_up_app()
    return caller


def begun(caller: Caller, login: str = "anna") -> str:
    """The step of somebody whose password was right."""
    answer = caller.password(login)
    assert answer.status_code == 202, answer.get_data(as_text=True)
    assert "Set-Cookie" not in answer.headers
    return str(answer.get_json()["step"])


def test_a_password_alone_opens_nothing_for_somebody_with_an_app(browser: At, anna: Caller) -> None:
    other = browser(None)
    answer = other.password()
    assert (answer.status_code, answer.get_json()["methods"], answer.get_json()["passkey"]) == (202, ["app"], None)
    assert not other.is_in()
    assert other.factor(answer.get_json()["step"], code=anna.code()).status_code == 201
    assert other.is_in()


def test_a_code_is_spent_once(browser: At, anna: Caller) -> None:
    first, second = browser(None), browser(None)
    code = anna.code()
    assert first.factor(begun(first), code=code).status_code == 201
    again = second.factor(begun(second), code=code)
    assert (again.status_code, again.get_json()["code"]) == (401, "wrong-second-factor")


def test_a_code_is_spent_once_in_two_calls_at_the_same_moment(browser: At, anna: Caller) -> None:
    callers = [browser(None) for _ in range(4)]
    steps, code, together = [begun(one) for one in callers], anna.code(), threading.Barrier(4)

    def show(number: int) -> int:
        together.wait(10)
        return callers[number].factor(steps[number], code=code).status_code

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(show, range(4))) == [201, 401, 401, 401]


def test_one_step_opens_one_session_in_two_calls_at_the_same_moment(browser: At, anna: Caller) -> None:
    caller, together = browser(None), threading.Barrier(3)
    step, codes = begun(caller), [anna.code(ahead=ahead) for ahead in (-1, 0, 1)]

    def show(code: str) -> int:
        together.wait(10)
        return browser(None).factor(step, code=code).status_code

    with ThreadPoolExecutor(3) as threads:
        assert sorted(threads.map(show, codes)) == [201, 401, 401]


def test_an_earlier_code_than_the_last_that_was_spent_is_none(browser: At, anna: Caller) -> None:
    first, second = browser(None), browser(None)
    assert first.factor(begun(first), code=anna.code()).status_code == 201
    assert second.factor(begun(second), code=anna.code(ahead=-1)).status_code == 401
    assert second.factor(begun(second), code=anna.code(ahead=1)).status_code == 201


@pytest.mark.parametrize("apart, fits", [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_the_clock_of_the_phone_may_differ_by_half_a_minute(browser: At, anna: Caller, apart: int, fits: bool) -> None:
    anna.clock.advance(seconds=120)
    caller = browser(None)
    assert (caller.factor(begun(caller), code=anna.code(ahead=apart)).status_code == 201) == fits


@given(st.text(max_size=12))
def test_what_is_no_code_is_none_however_it_is_written(typed: str) -> None:
    digits = "".join(typed.split(" "))
    assert (step_of("JBSWY3DPEHPK3PXP" * 2, typed, NOW) is not None) <= (len(digits) == 6 and digits.isdecimal())


def test_a_sign_in_that_began_is_over_after_five_tries(browser: At, anna: Caller) -> None:
    caller = browser(None)
    step = begun(caller)
    found = []
    for _ in range(STEP_TRIES + 1):
        answer = caller.factor(step, code="000000")
        found.append((answer.status_code, answer.get_json()["code"]))
        caller.clock.advance(seconds=61)
    assert found == [(401, "wrong-second-factor")] * STEP_TRIES + [(401, "sign-in-step-over")]
    assert caller.factor(step, code=anna.code()).get_json()["code"] == "sign-in-step-over"


def test_a_sign_in_that_began_is_over_after_ten_minutes(app: Flask, browser: At, anna: Caller) -> None:
    caller = browser(None)
    step = begun(caller)
    caller.clock.advance(seconds=STEP_LASTS.total_seconds() + 1)
    assert caller.factor(step, code=anna.code()).get_json()["code"] == "sign-in-step-over"
    with app.app_context():
        PERIODIC["sign_in_tries"].work(app)


def test_the_second_step_gets_slower_as_the_first_does(browser: At, anna: Caller) -> None:
    caller = browser(None)
    caller.client.environ_base["REMOTE_ADDR"] = "198.51.100.1"
    found = []
    for _ in range(2):
        step = begun(caller)
        found += [caller.factor(step, code="000000").status_code for _ in range(4)]
    assert found == [401] * 5 + [429] * 3
    at_home = browser(None)  # where Anna signed in before, nobody else's guesses keep her out
    assert at_home.factor(begun(at_home), code=anna.code()).status_code == 201


def test_steps_and_codes_are_for_their_own_person_alone(browser: At, anna: Caller) -> None:
    ben = browser("ben")
    ben.set_up_app()
    caller = browser(None)
    assert caller.factor(begun(caller, "ben"), code=anna.code()).status_code == 401
    assert caller.factor("x" * 43, code=anna.code()).get_json()["code"] == "sign-in-step-over"


def test_another_app_takes_the_place_of_the_first_once_its_code_was_shown(browser: At, anna: Caller) -> None:
    former, caller = replace(anna), browser(None)
    anna.secret = anna.call("POST", "/me/app", 201)["secret"]
    assert caller.factor(begun(caller), code=former.code()).status_code == 201  # it counts until then
    assert anna.call("PUT", "/me/app", 422, code=former.code(ahead=1))["code"] == "wrong-app-code"
    anna.call("PUT", "/me/app", 204, code=anna.code())
    anna.clock.advance(seconds=60)
    assert caller.factor(begun(caller), code=former.code()).status_code == 401
    assert caller.factor(begun(caller), code=anna.code()).status_code == 201


def test_a_code_that_confirmed_the_app_is_spent(browser: At) -> None:
    anna, caller = browser("anna"), browser(None)
    anna.secret = anna.call("POST", "/me/app", 201)["secret"]
    assert caller.password().status_code == 201  # an app counts once its code was shown
    anna.call("PUT", "/me/app", 204, code=anna.code())
    assert caller.factor(begun(caller), code=anna.code()).status_code == 401


def test_the_picture_and_the_address_for_the_app_name_the_login_and_hold_the_secret(browser: At) -> None:
    made = browser("anna").call("POST", "/me/app", 201)
    assert made["address"].startswith("otpauth://totp/Linli:anna?secret=" + made["secret"])
    assert made["picture"].startswith("data:image/svg+xml")


# Passkeys


@pytest.fixture
def key(browser: At) -> Authenticator:
    """The passkey of Anna."""
    return browser("anna").set_up_passkey()


def test_a_passkey_alone_signs_in_without_a_login(browser: At, key: Authenticator) -> None:
    caller = browser(None)
    asked = caller.call("POST", "/session/passkey", 202)
    assert asked["passkey"]["userVerification"] == "required"
    assert not asked["passkey"].get("allowCredentials")
    assert caller.factor(asked["step"], passkey=key.get(asked["passkey"])).status_code == 201
    assert caller.is_in()


def test_a_passkey_is_the_second_step_after_the_password(browser: At, key: Authenticator) -> None:
    caller = browser(None)
    asked = caller.password().get_json()
    assert asked["methods"] == ["passkey"]
    assert [one["id"] for one in asked["passkey"]["allowCredentials"]] == [key.get(asked["passkey"])["rawId"]]
    assert caller.factor(asked["step"], passkey=key.get(asked["passkey"])).status_code == 201


def test_what_a_passkey_signed_works_once(browser: At, key: Authenticator) -> None:
    caller = browser(None)
    asked = caller.call("POST", "/session/passkey", 202)
    signed = key.get(asked["passkey"])
    assert caller.factor(asked["step"], passkey=signed).status_code == 201
    assert caller.factor(asked["step"], passkey=signed).get_json()["code"] == "sign-in-step-over"
    fresh = caller.call("POST", "/session/passkey", 202)
    assert caller.factor(fresh["step"], passkey=signed).status_code == 401


WRONG: dict[str, Any] = {
    "of another site": {"origin": "https://linli.example.evil"},
    "bound to another name": {"rp_id": "evil.example"},
    "without looking who it is": {"flags": PRESENT},
    "without anybody there": {"flags": 0},
    "that nobody knows": {"credential_id": b"nobody knows this passkey at all"},
    "whose counter stood still": {"counter": 0},
    "of another person": {"user": UUID(int=7).bytes},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_passkey_is_refused(browser: At, key: Authenticator, wrong: str) -> None:
    caller = browser(None)
    if wrong == "whose counter stood still":
        asked = caller.call("POST", "/session/passkey", 202)
        assert caller.factor(asked["step"], passkey=key.get(asked["passkey"])).status_code == 201
    asked = caller.call("POST", "/session/passkey", 202)
    answer = caller.factor(asked["step"], passkey=replace(key, **WRONG[wrong]).get(asked["passkey"]))
    assert (answer.status_code, answer.get_json()["code"]) == (401, "wrong-second-factor")


def test_another_key_under_the_same_name_is_refused(browser: At, key: Authenticator) -> None:
    caller = browser(None)
    asked = caller.call("POST", "/session/passkey", 202)
    forged = replace(key, key=Authenticator().key)
    assert caller.factor(asked["step"], passkey=forged.get(asked["passkey"])).status_code == 401


@pytest.mark.parametrize("sent", [{}, {"rawId": 7}, {"rawId": "aa", "response": []}, {"rawId": "é", "response": {}}])
def test_what_is_no_passkey_is_refused_and_no_fault(browser: At, key: Authenticator, sent: dict[str, Any]) -> None:
    caller = browser(None)
    asked = caller.call("POST", "/session/passkey", 202)
    assert caller.factor(asked["step"], passkey=sent).status_code == 401
    known = {"rawId": key.get(asked["passkey"])["rawId"]}
    assert caller.factor(asked["step"], passkey=known | {"response": {"signature": 1}}).status_code == 401


@pytest.mark.parametrize("wrong", ["of another site", "bound to another name", "without looking who it is"])
def test_a_new_passkey_is_refused(browser: At, wrong: str) -> None:
    anna = browser("anna")
    asked = anna.call("POST", "/me/passkeys/options", 201)
    made = Authenticator(**WRONG[wrong]).create(asked["options"])
    body = {"step": asked["step"], "name": "A key", "credential": made}
    assert anna.call("POST", "/me/passkeys", 422, **body)["code"] == "no-passkey"


def test_a_passkey_is_added_by_whoever_asked_for_it(browser: At) -> None:
    anna, ben = browser("anna"), browser("ben")
    asked = anna.call("POST", "/me/passkeys/options", 201)
    body = {"step": asked["step"], "name": "A key", "credential": Authenticator().create(asked["options"])}
    assert ben.call("POST", "/me/passkeys", 401, **body)["code"] == "sign-in-step-over"
    assert anna.call("POST", "/me/passkeys", 201, **body)["name"] == "A key"
    again = anna.call("POST", "/me/passkeys/options", 201)
    twice = {**body, "step": again["step"]}
    assert anna.call("POST", "/me/passkeys", 422, **twice)["code"] == "no-passkey"


def test_nobody_removes_the_passkey_of_another(browser: At, key: Authenticator) -> None:
    anna, ben = browser(None), browser("ben")
    asked = anna.call("POST", "/session/passkey", 202)
    anna.factor(asked["step"], passkey=key.get(asked["passkey"]))
    (held,) = anna.call("GET", "/me/sign-in")["passkeys"]
    ben.call("DELETE", f"/me/passkeys/{held['id']}", 404)
    anna.call("DELETE", f"/me/passkeys/{held['id']}", 204)
    assert browser(None).password().status_code == 201  # here a second factor is offered


def test_whoever_begins_and_never_ends_has_to_wait_and_whoever_ends_has_not(browser: At, key: Authenticator) -> None:
    caller = browser(None)
    for _ in range(BEGUN.free - 1):
        asked = caller.call("POST", "/session/passkey", 202)
    assert caller.factor(asked["step"], passkey=key.get(asked["passkey"])).status_code == 201
    found = [caller.client.post("/api/v1/session/passkey").status_code for _ in range(BEGUN.free + 1)]
    assert found == [202] * BEGUN.free + [429]


# Recovery codes


def test_a_recovery_code_works_once_and_however_it_is_typed(browser: At, anna: Caller) -> None:
    codes = anna.call("POST", "/me/recovery-codes", 201)["codes"]
    assert len(set(codes)) == RECOVERY_CODES
    caller = browser(None)
    assert caller.password().get_json()["methods"] == ["app", "recovery"]
    typed = codes[3].replace("-", " ").lower().replace("0", "o").replace("1", "l")
    assert caller.factor(begun(caller), code=typed).status_code == 201
    assert caller.factor(begun(caller), code=codes[3]).status_code == 401
    assert caller.factor(begun(caller), code=codes[4]).status_code == 201
    assert anna.call("GET", "/me/sign-in")["recovery_left"] == RECOVERY_CODES - 2


def test_a_recovery_code_works_once_in_two_calls_at_the_same_moment(browser: At, anna: Caller) -> None:
    code, together = anna.call("POST", "/me/recovery-codes", 201)["codes"][0], threading.Barrier(3)
    callers = [browser(None) for _ in range(3)]
    steps = [begun(one) for one in callers]

    def show(number: int) -> int:
        together.wait(10)
        return callers[number].factor(steps[number], code=code).status_code

    with ThreadPoolExecutor(3) as threads:
        assert sorted(threads.map(show, range(3))) == [201, 401, 401]


def test_new_codes_make_the_former_ones_void_and_need_a_factor(browser: At, anna: Caller) -> None:
    former, caller = anna.call("POST", "/me/recovery-codes", 201)["codes"], browser(None)
    anna.call("POST", "/me/recovery-codes", 201)
    assert caller.factor(begun(caller), code=former[0]).status_code == 401
    assert browser("ben").call("POST", "/me/recovery-codes", 409)["code"] == "no-factor-yet"


def test_with_the_last_factor_the_codes_go_too(browser: At, anna: Caller) -> None:
    anna.call("POST", "/me/recovery-codes", 201)
    anna.call("DELETE", "/me/app", 204)
    assert browser(None).password().status_code == 201


@given(st.text(LETTERS, min_size=12, max_size=12), st.integers(0, 3))
def test_a_recovery_code_is_the_same_however_it_is_grouped(letters: str, gap: int) -> None:
    code = "-".join((letters[:4], letters[4:8], letters[8:]))
    typed = (" " * gap).join(letters.lower())
    assert normal(typed) == normal(code) == code


# What is kept


def test_what_is_kept_gives_no_factor_away(browser: At, anna: Caller, owner_session: Session) -> None:
    codes = anna.call("POST", "/me/recovery-codes", 201)["codes"]
    key = anna.set_up_passkey("Anna's own telephone")
    step = begun(browser(None))
    tables = ("authenticator", "recovery_code", "passkey", "sign_in_step", "event", "answered")
    rows = " ".join(
        owner_session.scalars(
            text(" UNION ALL ".join(f"SELECT to_jsonb(t)::text FROM {name} t" for name in tables))
        ).all()
    )
    for secret in (anna.secret, step, *codes, "Anna's own telephone", PASSWORD):
        assert secret not in rows
        assert secret.encode().hex() not in rows
    assert key.credential_id.hex() in rows  # so the search finds what is there


def test_a_code_that_was_handed_out_ends_by_itself(browser: At, people: dict[str, UUID], clock: MovableClock) -> None:
    root = browser("root")
    given_ = root.call("POST", f"/people/{people['anna']}/account/reset-factors", 201)
    clock.advance(seconds=(GIVEN_CODE_LASTS - timedelta(seconds=1)).total_seconds())
    in_time = browser(None)
    step = begun(in_time)
    clock.advance(seconds=2)
    assert in_time.factor(step, code=given_["code"]).status_code == 401
