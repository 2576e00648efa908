"""Being told: the inbox, what "seen" takes, and webhooks that a body adds itself."""

import pytest
from flask.testing import FlaskClient

from tests.journeys.steps import receipt, report, whole
from tests.support.baishi import NANMEN, Baishi
from tests.support.people import sign_in


def test_seen_is_said_only_when_a_person_has_read_it(client: FlaskClient, world: Baishi) -> None:
    sent = report(client, kind="concern", category="CN12", text="Nobody opens", place=NANMEN)
    facts = {fact["what"]: fact["at"] is not None for fact in receipt(client, sent)["deliveries"]}
    assert facts == {"told": True, "seen": False, "coming": False, "arrived": False}
    li = sign_in(client, "li")
    inbox = client.get("/api/v1/me/inbox", headers=li).get_json()["items"]
    mine = [item for item in inbox if item["incident_id"] == sent["incident"]["id"]]
    assert [(item["template"], item["state"]) for item in mine] == [("report_received_desk", "handed_over")]
    assert "CN12" not in str(mine)
    client.post("/api/v1/me/inbox", json={"ids": [mine[0]["id"]]}, headers=li)
    facts = {fact["what"]: fact["at"] is not None for fact in receipt(client, sent)["deliveries"]}
    assert facts["seen"] is True
    states = {delivery["state"] for delivery in whole(client, li, sent["incident"]["id"])["deliveries"]}
    assert states == {"seen"}


def test_nobody_marks_the_messages_of_another(client: FlaskClient, world: Baishi) -> None:
    report(client, kind="concern", category="CN12", text="Nobody opens", place=NANMEN)
    item = client.get("/api/v1/me/inbox", headers=sign_in(client, "li")).get_json()["items"][0]
    client.post("/api/v1/me/inbox", json={"ids": [item["id"]]}, headers=sign_in(client, "gao"))
    again = client.get("/api/v1/me/inbox", headers=sign_in(client, "li")).get_json()["items"][0]
    assert again["state"] == "handed_over"


def test_a_webhook_is_added_told_and_ended(client: FlaskClient, world: Baishi) -> None:
    duty, body = sign_in(client, "duty"), world.bodies["Nanmen Residents' Committee"]
    path = f"/api/v1/organisations/{body}/webhooks"
    made = client.post(path, json={"url": "https://desk.example.org/linli"}, headers=duty).get_json()
    assert made["secret"].startswith("whsec_")
    sent = report(client, kind="concern", category="CN12", text="Nobody opens", place=NANMEN)
    channels = [one["channel"] for one in whole(client, duty, sent["incident"]["id"])["deliveries"]]
    assert "webhook" in channels
    assert client.delete(f"/api/v1/webhooks/{made['id']}", headers=duty).status_code == 204
    assert client.get(path, headers=duty).get_json()["items"] == []


@pytest.mark.parametrize(
    "url", ["http://desk.example.org", "ftp://x.example.org/a", "https://u:p@example.org", "nonsense1"]
)
def test_an_unusable_target_is_refused(client: FlaskClient, world: Baishi, url: str) -> None:
    body = world.bodies["Nanmen Residents' Committee"]
    answer = client.post(f"/api/v1/organisations/{body}/webhooks", json={"url": url}, headers=sign_in(client, "duty"))
    assert (answer.status_code, answer.get_json()["code"]) == (422, "unusable-target")
