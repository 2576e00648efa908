"""A resident's rights without scripts: by the code alone, in both languages, the code never in an address."""

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.kernel.languages import say
from tests.pages.conftest import HTML, reported, words
from tests.support.baishi import NANMEN

PLACE = {name: str(value) for name, value in NANMEN.items()}


def post(client: FlaskClient, path: str, code: str, **typed: str) -> TestResponse:
    return client.post(f"/receipt/{path}", data={"code": code, **typed}, headers=HTML)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_says_what_is_kept_who_looked_and_what_can_be_asked(client: FlaskClient, language: str) -> None:
    code = reported(client, text="The lamp is broken", **PLACE)
    shown = words(client.post(f"/receipt/rights?lang={language}", data={"code": code}, headers=HTML))
    for key in ("page.rights.title", "rights.kept.words", "page.rights.looked_none", "page.rights.kind.correct"):
        assert say(key, language) in shown
    assert not re.search(rf'(href|action)="[^"]*{code}', shown)


def test_a_request_is_sent_taken_back_and_said_so(client: FlaskClient) -> None:
    code = reported(client, text="The lamp is broken", **PLACE)
    asked = post(client, "rights-ask", code, kind="object", text="Not the police")
    assert (asked.status_code, say("page.rights.done_ask", "en") in words(asked)) == (200, True)
    assert "Not the police" in words(asked)
    (request,) = re.findall(r'name="request" value="([^"]+)"', words(asked))
    back = post(client, "rights-take-back", code, request=request)
    assert say("rights.state.taken_back", "en") in words(back)
    again = post(client, "rights-take-back", code, request=request)
    assert (again.status_code, "cannot be done" in words(again)) == (409, True)


def test_erasing_an_open_report_says_that_a_person_looks_first_and_a_withdrawn_one_is_erased(
    client: FlaskClient,
) -> None:
    code = reported(client, text="The lamp is broken", **PLACE)
    assert say("rights.bar.not_over", "en") in words(post(client, "rights", code))
    assert post(client, "withdraw", code).status_code == 200
    shown = words(post(client, "rights", code))
    assert say("page.rights.erase_at_once", "en") in shown
    done = words(post(client, "rights-ask", code, kind="erase"))
    assert say("page.rights.done_erase", "en") in done
    assert "The lamp is broken" not in words(client.post("/receipt", data={"code": code}, headers=HTML))


@pytest.mark.parametrize(
    "path, typed, status",
    [
        ("rights", {"code": "nonsense"}, 422),
        ("rights-ask", {}, 422),
        ("rights-ask", {"kind": "fly"}, 422),
        ("rights-ask", {"kind": "see", "text": "a" * 5001}, 422),
        ("rights-appeal", {"request": "x"}, 404),
        ("rights-take-back", {"request": "5f0e7c1a-3f8e-4a4e-9a64-0d7f0a3a8f11"}, 404),
    ],
)
def test_what_cannot_be_used_is_refused_on_the_page(
    client: FlaskClient, path: str, typed: dict[str, str], status: int
) -> None:
    code = reported(client, text="The lamp is broken", **PLACE)
    answer = post(client, path, typed.pop("code", code), **typed)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
