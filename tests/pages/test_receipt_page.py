"""The receipt page: back by the code alone, messages both ways, nothing claimed that is not so."""

import pytest
from flask.testing import FlaskClient

from backend.kernel.clock import MovableClock
from backend.kernel.languages import say
from tests.pages.conftest import HTML, act, incident_of, reported, staff, words
from tests.support.baishi import NANMEN, Baishi

PLACE = {name: str(value) for name, value in NANMEN.items()}
# Far from where the other tests report: what many say of one place is graded higher.
ALONE = {"lat": "30.41", "lon": "120.41"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_asks_for_the_code_in_both_languages(client: FlaskClient, language: str) -> None:
    shown = words(client.get(f"/receipt?lang={language}", headers=HTML))
    assert say("page.receipt.heading", language) in shown
    assert 'method="post"' in shown


@pytest.mark.parametrize("change", [str, str.lower, lambda code: code.replace("-", " "), lambda code: f"  {code} "])
def test_a_code_opens_the_report_however_it_is_typed(client: FlaskClient, change: type[str]) -> None:
    code = reported(client, text="The lamp is broken", **PLACE)
    answer = client.post("/receipt", data={"code": change(code)}, headers=HTML)
    assert answer.status_code == 200
    assert "The lamp is broken" in words(answer)


@pytest.mark.parametrize("code", ["", "nonsense", "7KQF-2M9D-X4TB-0WHX", "A" * 400, "' OR 1=1 --", "\x00"])
def test_a_code_that_is_none_is_refused_with_what_to_check(client: FlaskClient, code: str) -> None:
    answer = client.post("/receipt", data={"code": code}, headers=HTML)
    assert answer.status_code == 422
    assert "Check each group of four" in words(answer)


def test_the_code_is_never_in_an_address(client: FlaskClient) -> None:
    code = reported(client, text="The lamp is broken")
    answer = client.post("/receipt", data={"code": code}, headers=HTML)
    parts = [part for part in words(answer).split("<") if code in part]
    assert parts
    assert all(part.startswith(f'input type="hidden" name="code" value="{code}"') for part in parts)
    assert "Set-Cookie" not in answer.headers
    assert client.get(f"/receipt?code={code}", headers=HTML).status_code == 200
    assert "The lamp is broken" not in words(client.get(f"/receipt?code={code}", headers=HTML))


def test_the_same_message_sent_twice_is_one(client: FlaskClient) -> None:
    code = reported(client, text="The lamp is broken")
    said = {"code": code, "text": "It is the one\r\nat the gate"}
    for _ in range(2):
        answer = client.post("/receipt/messages", data=said, headers=HTML)
        assert answer.status_code == 200
    assert words(answer).count("It is the one\nat the gate") == 1
    assert "It is dark" in words(client.post("/receipt/messages", data=said | {"text": "It is dark"}, headers=HTML))


@pytest.mark.parametrize("text", ["", "  \r\n", "x" * 10_001])
def test_a_message_that_cannot_be_used_is_refused_with_a_reason(client: FlaskClient, text: str) -> None:
    code = reported(client, text="The lamp is broken")
    answer = client.post("/receipt/messages", data={"code": code, "text": text}, headers=HTML)
    assert answer.status_code == 422
    assert 'role="alert"' in words(answer)


@pytest.mark.parametrize("name", ["messages", "withdraw", "reopen"])
def test_nothing_is_done_without_the_code(client: FlaskClient, name: str) -> None:
    answer = client.post(f"/receipt/{name}", data={"text": "x"}, headers=HTML)
    assert answer.status_code == 422
    assert say("page.receipt.heading", "en") in words(answer)


def test_a_report_is_taken_back_after_a_question(client: FlaskClient) -> None:
    code = reported(client, text="The lamp is broken")
    before = words(client.post("/receipt", data={"code": code}, headers=HTML))
    assert before.index(say("page.thread.withdraw", "en")) < before.index(say("page.thread.withdraw_yes", "en"))
    after = words(client.post("/receipt/withdraw", data={"code": code}, headers=HTML))
    assert "You took this report back." in after
    assert say("page.thread.withdraw_yes", "en") not in after


def test_a_promise_that_was_missed_is_told(client: FlaskClient, clock: MovableClock) -> None:
    code = reported(client, text="The lamp is broken", category="CN01", **ALONE)
    assert "You should hear from us by tomorrow at 17:00." in words(client.post("/receipt", data={"code": code}))
    clock.advance(hours=25)
    shown = words(client.post("/receipt", data={"code": code}, headers=HTML))
    assert "We promised news for today at 17:00 and are late." in shown


def seen(client: FlaskClient, incident: str) -> list[bool]:
    """Whether each message that staff wrote is known to be seen."""
    messages = client.get(f"/api/v1/incidents/{incident}").get_json()["messages"]
    return [one["seen_at"] is not None for one in messages if one["written_by"]]


def test_what_staff_write_is_read_here_and_not_solved_opens_it_again(client: FlaskClient, world: Baishi) -> None:
    code = reported(client, text="The lamp is broken", category="CN01", **PLACE)
    incident = incident_of(client, code)
    gao = staff(client, "gao")
    assert act(gao, incident, "accept").status_code == 303
    assert act(gao, incident, "message", text="We come at noon").status_code == 303
    assert seen(client, incident) == [False]
    shown = words(client.post("/receipt", data={"code": code}, headers=HTML))
    assert "We come at noon" in shown
    assert seen(client, incident) == [True]
    assert "A person has seen it." in shown
    act(gao, incident, "start", contact="yes")
    whole = client.get(f"/api/v1/incidents/{incident}").get_json()
    goals = {f"goal-{goal['id']}": "met" for goal in whole["goals"]}
    evidence = {f"evidence-{goal['id']}": "photo" for goal in whole["goals"]}
    assert act(gao, incident, "check-goals", view="content", **goals, **evidence).status_code == 303
    assert act(gao, incident, "close", outcome="made_safe").status_code == 303
    assert "Closed." in words(client.post("/receipt", data={"code": code}, headers=HTML))
    again = words(client.post("/receipt/reopen", data={"code": code, "text": "Dark again"}, headers=HTML))
    assert "It is open again." in again
    assert "Dark again" in again
    twice = client.post("/receipt/reopen", data={"code": code}, headers=HTML)
    assert twice.status_code == 409
    assert 'role="alert"' in words(twice)
