"""An agency's own sign-in: through a real provider and back, and what is forged on the way."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit
from uuid import UUID

import httpx
import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey, RSAKey
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from backend.kernel.clock import MovableClock
from backend.settings import SettingRefused, Settings
from backend.trust.agency import Agency
from backend.trust.refusals import AgencyRefused
from tests.conftest import TEST_KEY
from tests.pages.conftest import HTML, words
from tests.support.agency import CLIENT_ID, SECRET, provider
from tests.trust.signing import API, Caller

At = Callable[[str | None], Caller]
HOME = "http://localhost:8000"
BACK = f"{HOME}/console/plain/agency/back"
SUBJECT = "staff-4711"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The provider, once for all tests here."""
    with provider(BACK) as found:
        yield found


@pytest.fixture
def clock() -> MovableClock:
    """The provider looks at the real clock."""
    return MovableClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def settings(database_url: str, tmp_path: Path, issuer: str, request: pytest.FixtureRequest) -> Settings:
    return Settings.from_env(
        {}, database_url=database_url, data=tmp_path, master_key=TEST_KEY, pool_size=3, log_level="error",
        second_factor="required" if request.node.get_closest_marker("required") else "offered", oidc_issuer=issuer,
        oidc_client_id=CLIENT_ID, oidc_client_secret=SECRET, oidc_name="River Agency", oidc_acr="strong",
    )  # fmt: skip


def leave(client: FlaskClient, wanted: str = "") -> str:
    """Where the agency's sign-in is."""
    answer = client.get("/console/plain/agency", query_string={"next": wanted}, base_url=HOME, headers=HTML)
    assert answer.status_code == 303, words(answer)
    return answer.headers["Location"]


def at_agency(address: str, login: str) -> str:
    """Sign in there as ``login``; the address to which one is sent back."""
    with httpx.Client() as wire:
        answer = wire.get(address)
        while answer.is_redirect and not (address := urljoin(address, answer.headers["Location"])).startswith(BACK):
            answer = wire.get(address)
            if not answer.is_redirect:
                answer = wire.post(address, data={"login": login})
        assert address.startswith(BACK), answer.text
        return address


def arrive(client: FlaskClient, address: str) -> TestResponse:
    return client.get(urlsplit(address).path, query_string=urlsplit(address).query, base_url=HOME, headers=HTML)


def link(browser: At, people: dict[str, UUID], subject: str = SUBJECT, login: str = "anna") -> Caller:
    root = browser("root")
    assert root.call("POST", f"/people/{people[login]}/account/subjects", 201, subject=subject)["subjects"] == 1
    return root


def test_who_was_linked_signs_in_at_the_agency(browser: At, people: dict[str, UUID]) -> None:
    link(browser, people)
    caller = browser(None)
    asked = parse_qs(urlsplit(leave(caller.client)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    back = arrive(caller.client, at_agency(leave(caller.client, "/console/plain?grade=4"), SUBJECT))
    assert (back.status_code, back.headers["Location"]) == (303, "/console/plain?grade=4")
    me = caller.client.get(f"{API}/me", base_url=HOME).get_json()
    assert me["person_id"] == str(people["anna"])
    assert caller.client.get(f"{API}/me/sign-in", base_url=HOME).get_json()["agency"] == "River Agency"


def test_who_was_not_linked_is_told_the_subject_and_gets_in_nowhere(browser: At) -> None:
    caller = browser(None)
    address = at_agency(leave(caller.client), "anna")  # the same word as a login here says nothing
    back = arrive(caller.client, address)
    assert back.status_code == 403
    assert "sign-in is not linked to a person here" in words(back)
    assert "anna" in words(back)
    assert "linli_session" not in back.headers.get("Set-Cookie", "")


def test_an_answer_counts_once_and_for_the_browser_that_asked(browser: At, people: dict[str, UUID]) -> None:
    link(browser, people)
    caller, thief = browser(None), browser(None)
    address = at_agency(leave(caller.client), SUBJECT)
    assert arrive(thief.client, address).status_code == 401
    leave(thief.client)  # who began a sign-in of their own is no better off
    assert arrive(thief.client, address).status_code == 401
    assert arrive(caller.client, address).status_code == 303
    assert arrive(caller.client, address).status_code == 401


@pytest.mark.parametrize("change", ["state", "code", "iss"])
def test_an_answer_that_was_changed_on_the_way_is_refused(browser: At, people: dict[str, UUID], change: str) -> None:
    link(browser, people)
    caller = browser(None)
    parts = urlsplit(at_agency(leave(caller.client), SUBJECT))
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | {change: "x" * 43}
    answer = caller.client.get(parts.path, query_string=query, base_url=HOME, headers=HTML)
    assert answer.status_code == 401
    assert "did not let you in" in words(answer)


def test_who_turned_away_there_is_told_so(browser: At) -> None:
    caller = browser(None)
    state = parse_qs(urlsplit(leave(caller.client)).query)["state"][0]
    answer = arrive(caller.client, f"{BACK}?error=access_denied&state={state}")
    assert answer.status_code == 401


def test_a_second_factor_is_asked_for_after_the_agency_too(browser: At, people: dict[str, UUID]) -> None:
    anna = browser("anna")
    anna.set_up_app()
    link(browser, people)
    caller = browser(None)
    anna.clock.advance(seconds=-60)  # the provider's clock did not move along
    back = arrive(caller.client, at_agency(leave(caller.client), SUBJECT))
    assert (back.status_code, "Second step" in words(back)) == (200, True)
    assert "linli_session" not in back.headers.get("Set-Cookie", "")


@pytest.mark.required
@pytest.mark.parametrize("subject, must", [("strong-1", []), ("weak-1", ["second_factor"])])
def test_what_was_shown_there_stands_for_a_second_factor_where_it_is_named(
    browser: At, people: dict[str, UUID], subject: str, must: list[str]
) -> None:
    root = browser("root")
    root.set_up_app()
    root.clock.advance(seconds=-60)
    root.call("POST", f"/people/{people['anna']}/account/subjects", 201, subject=subject)
    caller = browser(None)
    assert arrive(caller.client, at_agency(leave(caller.client), subject)).status_code == 303
    assert caller.client.get(f"{API}/me", base_url=HOME).get_json()["must"] == must


def test_a_link_that_is_ended_or_another_persons_opens_nothing(
    browser: At, people: dict[str, UUID], owner_session: Session
) -> None:
    root = link(browser, people)
    path = f"/people/{people['ben']}/account/subjects"
    assert root.call("POST", path, 409, subject=SUBJECT)["code"] == "subject-taken"
    assert root.call("POST", f"/people/{people['root']}/account/subjects", 403, subject="x")["code"] == "own-account"
    rows = " ".join(owner_session.scalars(text("SELECT to_jsonb(s)::text FROM subject s")).all())
    assert str(people["anna"]) in rows
    assert SUBJECT not in rows
    root.call("DELETE", f"/people/{people['anna']}/account/subjects")
    caller = browser(None)
    assert arrive(caller.client, at_agency(leave(caller.client), SUBJECT)).status_code == 403


# What a token says


KEY, OTHER = RSAKey.generate_key(2048, {"kid": "a"}), RSAKey.generate_key(2048, {"kid": "a"})
NONCE = "the nonce of this sign-in"


AGENCY = Agency(
    Settings.from_env({}, oidc_issuer="https://agency.example", oidc_client_id=CLIENT_ID, oidc_client_secret=SECRET),
    BACK,
)


def _written(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def said(**changed: Any) -> dict[str, Any]:
    now = int(datetime.now(UTC).timestamp())
    claims = {
        "iss": "https://agency.example",
        "sub": SUBJECT,
        "aud": CLIENT_ID,
        "exp": now + 300,
        "iat": now,
        "nonce": NONCE,
    } | changed
    return {name: value for name, value in claims.items() if value is not None}


def checked(issued: str) -> str:
    return AGENCY._checked({"id_token": issued}, KeySet([KEY]), NONCE, datetime.now(UTC)).subject


def test_a_token_that_holds_names_the_subject() -> None:
    assert checked(jwt.encode({"alg": "RS256", "kid": "a"}, said(), KEY)) == SUBJECT
    several = said(aud=[CLIENT_ID, "another"], azp=CLIENT_ID)
    assert checked(jwt.encode({"alg": "RS256", "kid": "a"}, several, KEY)) == SUBJECT


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"}, {"iss": None}, {"aud": "another"}, {"aud": ["another"]}, {"aud": None},
        {"exp": 1}, {"exp": None}, {"iat": 4102444800}, {"nonce": "another"}, {"nonce": None}, {"sub": None}, {"sub": ""},
        {"sub": 7}, {"azp": "another"}, {"aud": [CLIENT_ID, "another"], "azp": "another"},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_that_says_something_else_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises((AgencyRefused, JoseError)):
        checked(jwt.encode({"alg": "RS256", "kid": "a"}, said(**changed), KEY))


@pytest.mark.parametrize("how", ["by another key", "by the client's secret", "by nobody"])
def test_a_token_that_somebody_else_signed_is_refused(how: str) -> None:
    claims = said()
    forged = {
        "by another key": lambda: jwt.encode({"alg": "RS256", "kid": "a"}, claims, OTHER),
        "by the client's secret": lambda: jwt.encode(
            {"alg": "HS256"}, claims, OctKey.import_key(SECRET.encode()), algorithms=["HS256"]
        ),
        "by nobody": lambda: ".".join((_written({"alg": "none"}), _written(claims), "")),
    }
    with pytest.raises((AgencyRefused, JoseError, ValueError)):
        checked(forged[how]())


@pytest.mark.parametrize(
    "env",
    [
        {"LINLI_OIDC_ISSUER": "http://agency.example", "LINLI_OIDC_CLIENT_ID": "x"}, {"LINLI_OIDC_ISSUER": "agency"},
        {"LINLI_OIDC_ISSUER": "https://agency.example?x=1", "LINLI_OIDC_CLIENT_ID": "x"},
    ],
)  # fmt: skip
def test_an_agency_whose_words_could_be_read_on_the_way_is_refused_at_start(env: dict[str, str]) -> None:
    with pytest.raises(SettingRefused, match="LINLI_OIDC_ISSUER"):
        Settings.from_env(env)
    with pytest.raises(SettingRefused, match="LINLI_OIDC_CLIENT_ID"):
        Settings.from_env({"LINLI_OIDC_ISSUER": "https://agency.example"})
