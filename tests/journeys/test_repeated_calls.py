"""``Idempotency-Key``: the same call twice is done once and answered alike."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.journeys.steps import report, whole
from tests.support.baishi import NANMEN, Baishi
from tests.support.people import sign_in


@pytest.fixture
def incident(client: FlaskClient, world: Baishi) -> str:
    sent = report(client, kind="concern", category="CN12", text="Nobody opens the door", place=NANMEN)
    found: str = sent["incident"]["id"]
    return found


def test_a_note_sent_twice_is_written_once(client: FlaskClient, incident: str) -> None:
    li = sign_in(client, "li") | {"Idempotency-Key": str(uuid4())}
    first, again = (client.post(f"/api/v1/incidents/{incident}/note", json={"text": "x"}, headers=li) for _ in "12")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.get_json() == again.get_json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(whole(client, li, incident)["notes"]) == 1


def test_a_key_used_for_another_call_is_refused(client: FlaskClient, incident: str) -> None:
    li = sign_in(client, "li") | {"Idempotency-Key": "k"}
    client.post(f"/api/v1/incidents/{incident}/note", json={"text": "x"}, headers=li)
    other = client.post(f"/api/v1/incidents/{incident}/note", json={"text": "y"}, headers=li)
    assert (other.status_code, other.get_json()["code"]) == (409, "idempotency-key-reused")


def test_what_was_refused_can_be_sent_again_with_the_same_key(client: FlaskClient, incident: str) -> None:
    li = sign_in(client, "li") | {"Idempotency-Key": "k2"}
    path = f"/api/v1/incidents/{incident}/start"
    assert client.post(path, json={}, headers=li).status_code == 409
    assert client.post(path, json={}, headers=li).get_json()["code"] == "act-refused"


def test_two_at_the_same_moment_do_it_once(app: Flask, client: FlaskClient, incident: str) -> None:
    li = sign_in(client, "li") | {"Idempotency-Key": "k3"}

    def send(_: int) -> int:
        return app.test_client().post(f"/api/v1/incidents/{incident}/note", json={"text": "x"}, headers=li).status_code

    with ThreadPoolExecutor(3) as pool:
        statuses = list(pool.map(send, range(3)))
    assert set(statuses) <= {200, 409}
    assert len(whole(client, li, incident)["notes"]) == 1


def test_an_edit_of_what_was_changed_meanwhile_is_refused(client: FlaskClient, incident: str) -> None:
    li = sign_in(client, "li")
    version = whole(client, li, incident)["version"]
    path = f"/api/v1/incidents/{incident}/regrade"
    assert client.post(path, json={"grade": 2}, headers=li | {"If-Match": str(version)}).status_code == 200
    stale = client.post(path, json={"grade": 1}, headers=li | {"If-Match": str(version)})
    assert (stale.status_code, stale.get_json()["code"]) == (412, "changed-meanwhile")
