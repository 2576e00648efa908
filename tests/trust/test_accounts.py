"""What an administrator does about how others sign in, and what a deployment that requires a second factor asks."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.console.stream import Doorman
from backend.kernel.clock import MovableClock
from backend.kernel.database import db
from backend.settings import Settings
from backend.trust.access import OWN_SIGN_IN
from tests.conftest import TEST_KEY
from tests.support.people import PASSWORD
from tests.trust.signing import API, Caller

At = Callable[[str | None], Caller]
GIVEN = "seven brass kettles humming"
OWN = "eight paper boats drifting"


@pytest.fixture
def root(browser: At) -> Caller:
    """The administrator."""
    return browser("root")


def account(people: dict[str, UUID], login: str = "anna") -> str:
    return f"/people/{people[login]}/account"


def test_how_somebody_signs_in_is_shown_in_counts(browser: At, root: Caller, people: dict[str, UUID]) -> None:
    anna = browser("anna")
    anna.set_up_app()
    anna.set_up_passkey()
    found = root.call("GET", account(people))
    assert found == {"login": "anna", "suspended_at": None, "passkeys": 1, "app": True, "recovery_left": 0, "subjects": 0,
                     "sessions": 1}  # fmt: skip


def test_who_is_suspended_loses_access_at_the_next_call_and_comes_back(
    browser: At, root: Caller, people: dict[str, UUID]
) -> None:
    anna = browser("anna")
    key = anna.set_up_passkey()
    asked = browser(None).call("POST", "/session/passkey", 202)
    half = browser(None).password().get_json()
    assert root.call("POST", f"{account(people)}/suspend")["suspended_at"]
    assert not anna.is_in()
    assert browser(None).password().status_code == 401
    assert browser(None).factor(asked["step"], passkey=key.get(asked["passkey"])).status_code == 401
    assert browser(None).factor(half["step"], passkey=key.get(half["passkey"])).status_code == 401
    root.call("POST", f"{account(people)}/restore")
    assert not anna.is_in()
    assert browser(None).password().status_code == 202


def test_the_sessions_of_somebody_are_ended(browser: At, root: Caller, people: dict[str, UUID]) -> None:
    anna, ben = browser("anna"), browser("ben")
    assert root.call("POST", f"{account(people)}/sessions/end")["sessions"] == 0
    assert (anna.is_in(), ben.is_in()) == (False, True)


def test_a_lost_factor_is_reset_and_the_password_alone_still_opens_nothing(
    browser: At, root: Caller, people: dict[str, UUID]
) -> None:
    anna = browser("anna")
    anna.set_up_app()
    key = anna.set_up_passkey()
    given = root.call("POST", f"{account(people)}/reset-factors", 201)
    assert not anna.is_in()
    caller = browser(None)
    half = caller.password().get_json()
    assert half["methods"] == ["recovery"]
    assert caller.factor(half["step"], code=anna.code()).status_code == 401
    asked = caller.call("POST", "/session/passkey", 202)
    assert caller.factor(asked["step"], passkey=key.get(asked["passkey"])).status_code == 401
    assert caller.factor(half["step"], code=given["code"]).status_code == 201
    assert caller.is_in()


def test_a_forgotten_password_is_replaced_and_the_second_factor_stays(
    browser: At, root: Caller, people: dict[str, UUID]
) -> None:
    anna = browser("anna")
    anna.set_up_app()
    root.call("PUT", f"{account(people)}/password", password=GIVEN)
    assert not anna.is_in()
    half = browser(None).password(password=GIVEN)
    assert (half.status_code, half.get_json()["methods"]) == (202, ["app"])


@pytest.mark.parametrize(
    "method, act, body",
    [
        ("PUT", "/password", {"password": GIVEN}), ("POST", "/reset-factors", {}), ("POST", "/suspend", {}),
        ("POST", "/restore", {}),
    ],
)  # fmt: skip
def test_nobody_does_it_to_themselves(
    root: Caller, people: dict[str, UUID], method: str, act: str, body: dict[str, str]
) -> None:
    assert root.call(method, f"{account(people, 'root')}{act}", 403, **body)["code"] == "own-account"


def test_only_who_has_charge_of_somebody_may(browser: At, people: dict[str, UUID]) -> None:
    for method, act in (("GET", ""), ("POST", "/reset-factors"), ("POST", "/suspend"), ("POST", "/sessions/end")):
        browser("ben").call(method, account(people) + act, 403)
    browser("root").call("GET", f"/people/{UUID(int=7)}/account", 404)


def test_each_act_is_in_the_journal_under_the_name_of_who_did_it(
    root: Caller, people: dict[str, UUID], owner_session: Session
) -> None:
    for act in ("suspend", "restore", "reset-factors"):
        root.call("POST", f"{account(people)}/{act}", 201 if act == "reset-factors" else 200)
    root.call("PUT", f"{account(people)}/password", password=GIVEN)
    rows = owner_session.execute(
        text("SELECT type, actor FROM event WHERE stream = :stream ORDER BY stream_seq OFFSET 1"),
        {"stream": f"account:{people['anna']}"},
    ).all()
    assert [row.type for row in rows] == ["AccountSuspended", "AccountRestored", "FactorsReset", "PasswordGiven"]
    assert {row.actor for row in rows} == {f"person:{people['root']}"}


# Where a second factor is required


@pytest.fixture
def settings(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    chosen = "required" if request.node.get_closest_marker("required") else "offered"
    return Settings.from_env(
        {}, database_url=database_url, data=tmp_path, master_key=TEST_KEY, pool_size=3, log_level="error",
        second_factor=chosen,
    )  # fmt: skip


required = pytest.mark.required


@required
def test_the_first_sign_in_is_open_for_setting_up_a_second_factor_and_for_nothing_else(browser: At) -> None:
    anna = browser("anna")
    me = anna.call("GET", "/me")
    assert (me["must"], me["permissions"]) == (["second_factor"], [OWN_SIGN_IN])
    for path in ("/incidents", "/me/chat", "/people", "/me/inbox"):
        answer = anna.client.get(f"{API}{path}")
        assert (answer.status_code, answer.get_json()["code"]) == (403, "second-factor-needed"), path
    anna.set_up_app()
    assert anna.call("GET", "/me")["must"] == []
    assert anna.is_in()


@required
def test_a_passkey_opens_everything_too_and_the_last_factor_stays(browser: At) -> None:
    anna = browser("anna")
    anna.set_up_passkey()
    assert anna.is_in()
    state = anna.call("GET", "/me/sign-in")
    assert anna.call("DELETE", f"/me/passkeys/{state['passkeys'][0]['id']}", 409)["code"] == "last-factor"
    anna.set_up_app()
    anna.call("DELETE", f"/me/passkeys/{state['passkeys'][0]['id']}", 204)
    assert anna.call("DELETE", "/me/app", 409)["code"] == "last-factor"
    assert anna.call("GET", "/me/sign-in")["app"]


@required
def test_volunteers_are_spared_until_they_are_more(
    browser: At, people: dict[str, UUID], owner_session: Session
) -> None:
    vera = browser("vera")
    vera.call("GET", "/me/inbox")
    owner_session.execute(
        text("UPDATE role_assignment SET role = 'triage' WHERE person_id = :id"), {"id": people["vera"]}
    )
    owner_session.commit()
    assert vera.call("GET", "/me/inbox", 403)["code"] == "second-factor-needed"


@required
def test_a_password_that_somebody_else_chose_is_replaced_first(browser: At, people: dict[str, UUID]) -> None:
    root = browser("root")
    root.set_up_app()
    root.call("PUT", f"{account(people)}/password", password=GIVEN)
    anna = browser(None)
    assert anna.password(password=GIVEN).status_code == 201
    assert anna.call("GET", "/me")["must"] == ["second_factor", "password"]
    anna.set_up_app()
    assert not anna.is_in()
    anna.call("PUT", "/me/password", present=GIVEN, password=OWN)
    assert anna.is_in()


@required
def test_a_reset_leads_through_the_code_to_a_new_factor(browser: At, people: dict[str, UUID]) -> None:
    root, anna = browser("root"), browser("anna")
    root.set_up_app()
    anna.set_up_app()
    given = root.call("POST", f"{account(people)}/reset-factors", 201)
    step = anna.password().get_json()["step"]
    assert anna.factor(step, code=given["code"]).status_code == 201
    assert anna.call("GET", "/me")["must"] == ["second_factor"]
    assert not anna.is_in()
    anna.set_up_app()
    assert anna.is_in()


@required
def test_a_session_without_a_second_factor_hears_nothing_live(
    app: Flask, browser: At, clock: MovableClock, people: dict[str, UUID]
) -> None:
    caller = browser(None)
    token = caller.password().get_json()["token"]
    with app.app_context():
        doorman = Doorman(db.engine, clock, second_factor="required")
        assert doorman.look({0: token}) == {0: None}
        caller.set_up_app()
        found = doorman.look({0: token})[0]
    assert found
    assert found.person_id == people["anna"]


def test_what_a_setting_of_signing_in_may_be() -> None:
    assert Settings.from_env({}).second_factor == "required"
    assert Settings.from_env({"LINLI_SECOND_FACTOR": "offered"}).second_factor == "offered"


def test_ways_to_sign_in_are_told_to_everybody(client: FlaskClient) -> None:
    assert client.get(f"{API}/session/ways").get_json() == {"second_factor": "offered", "agency": None}
    assert PASSWORD not in client.get(f"{API}/session/ways").text
