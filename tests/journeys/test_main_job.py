"""The main job: a report comes in, is owned, told, triaged, offered, accepted, worked on and closed on goals."""

from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient

from backend.kernel.clock import MovableClock
from tests.journeys.steps import act, report
from tests.support.baishi import NANMEN, OUTSIDE, Baishi
from tests.support.people import sign_in


def test_a_street_hazard_goes_to_public_works_by_rule_and_is_closed_on_goals(
    client: FlaskClient, world: Baishi, clock: MovableClock
) -> None:
    sent = report(client, kind="concern", category="CN01", text="A manhole cover is loose", place=NANMEN)
    assert sent["incident"] == {"id": sent["incident"]["id"], "grade": 4, "category": "CN01", "status": "offered"}
    assert sent["owner"]["label"] == "Nanmen Residents' Committee desk"
    incident = sent["incident"]["id"]
    gao = sign_in(client, "gao")
    offers = client.get("/api/v1/offers", headers=gao).get_json()["items"]
    assert [offer["incident_id"] for offer in offers] == [incident]
    assert offers[0]["place"] is None
    taken = client.post(f"/api/v1/offers/{offers[0]['id']}/accept", json={}, headers=gao)
    assert taken.get_json()["place"]["lat"] == NANMEN["lat"]
    assert act(client, gao, incident, "start", contact=True)["status"] == "in_progress"
    whole = client.get(f"/api/v1/incidents/{incident}", headers=gao).get_json()
    goals = [{"id": goal["id"], "state": "met", "evidence": "photo in the log"} for goal in whole["goals"]]
    act(client, gao, incident, "check-goals", goals=goals, view="the reporter was called and is content")
    assert act(client, gao, incident, "close", outcome="made_safe")["status"] == "closed"
    receipt = client.get("/api/v1/receipt", headers={"Authorization": f"Receipt {sent['receipt']}"}).get_json()
    assert receipt["status"] == "closed"
    told = {fact["what"]: fact["at"] is not None for fact in receipt["deliveries"]}
    assert told == {"told": True, "seen": True, "coming": True, "arrived": False}


def test_a_repeated_report_gets_the_same_answer_and_makes_nothing_new(client: FlaskClient, world: Baishi) -> None:
    body = {"client_id": str(uuid4()), "kind": "concern", "text": "Gas smell in the stairwell", "place": NANMEN}
    first, again = client.post("/api/v1/reports", json=body), client.post("/api/v1/reports", json=body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json() == again.get_json()
    other = client.post("/api/v1/reports", json=body | {"text": "Something else"})
    assert (other.status_code, other.get_json()["code"]) == (409, "client-id-reused")


def test_a_report_outside_every_area_goes_to_the_top_desk(client: FlaskClient, world: Baishi) -> None:
    assert report(client, kind="concern", text="Water is coming in", place=OUTSIDE)["owner"]["label"] == "Top desk"
    assert report(client, kind="distress")["owner"]["label"] == "Top desk"


def test_danger_shows_the_number_and_stays_received_until_somebody_says_who_attends(
    client: FlaskClient, world: Baishi
) -> None:
    sent = report(client, kind="distress", category="DS02", danger_now=True, place=NANMEN)
    assert sent["emergency"]["number"] == "119"
    incident, li = sent["incident"]["id"], sign_in(client, "li")
    refused = client.post(f"/api/v1/incidents/{incident}/triage", json={"category": "DS02", "grade": 1}, headers=li)
    assert (refused.status_code, refused.get_json()["reason"]) == (409, "diversion-open")
    done = act(client, li, incident, "triage", category="DS02", grade=1, emergency_attends="attending")
    assert done["status"] == "offered"


def test_a_duress_code_looks_like_a_cancel_and_raises_the_alarm(client: FlaskClient, world: Baishi) -> None:
    def alarm() -> tuple[dict[str, Any], dict[str, str]]:
        codes = {"cancel": "1357", "duress": "2468"}
        sent = report(client, kind="distress", category="DS09", place=NANMEN, codes=codes)
        return sent, {"Authorization": f"Receipt {sent['receipt']}"}

    (true_alarm, true_receipt), (_, forced_receipt) = alarm(), alarm()
    assert client.post("/api/v1/receipt/cancel", json={"code": "9999"}, headers=true_receipt).status_code == 403
    cancelled = client.post("/api/v1/receipt/cancel", json={"code": "1357"}, headers=true_receipt)
    forced = client.post("/api/v1/receipt/cancel", json={"code": "2468"}, headers=forced_receipt)
    assert cancelled.status_code == forced.status_code == 200
    assert cancelled.get_json().keys() == forced.get_json().keys()
    assert [m["words"] for m in cancelled.get_json()["messages"]] == [m["words"] for m in forced.get_json()["messages"]]
    li = sign_in(client, "li")
    grades = {i["id"]: i["grade"] for i in client.get("/api/v1/incidents", headers=li).get_json()["items"]}
    assert sorted(grades.values()) == [1, 2]
    assert grades[true_alarm["incident"]["id"]] == 2


def test_police_see_no_aid(client: FlaskClient, world: Baishi) -> None:
    report(client, kind="aid_request", category="AID01", text="We have no food today", place=NANMEN)
    seen = client.get("/api/v1/incidents", headers=sign_in(client, "wei")).get_json()["items"]
    also = client.get("/api/v1/incidents", headers=sign_in(client, "li")).get_json()["items"]
    assert (len(seen), len(also)) == (0, 1)
