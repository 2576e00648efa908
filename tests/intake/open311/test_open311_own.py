"""How a request stands for its sender: readings of the journal and the clocks, and nothing of what became private."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from backend.incidents.models import Incident, Report
from backend.kernel.clock import MovableClock
from tests.bench.statements import counted
from tests.intake.open311.conftest import COVER, V2, House, check_schema, errors, get, post, request_of
from tests.journeys.steps import act
from tests.support.application import acting_session
from tests.support.people import sign_in

NOISE = COVER | {"service_code": "CN04", "description": "drilling at night"}
RECEIVED = "We received your report."


@pytest.fixture
def clock(house: House) -> Iterator[MovableClock]:
    """The clock, put back afterwards."""
    before = house.clock.now()
    yield house.clock
    house.clock.advance(seconds=(before - house.clock.now()).total_seconds())


def incident_of(house: House, sent: dict[str, Any]) -> str:
    with acting_session(house.app) as session:
        return str(session.scalars(select(Report.incident_id).where(Report.id == sent["service_request_id"])).one())


def changed(house: House, sent: dict[str, Any], **columns: Any) -> None:
    """Let the incident of a request be so, as staff or a rule would have it."""
    with acting_session(house.app) as session:
        incident = session.get_one(Incident, UUID(incident_of(house, sent)))
        for name, value in columns.items():
            setattr(incident, name, value)
        session.commit()


def told(found: dict[str, Any]) -> tuple[str, str, str]:
    return found["status"], found["status_notes"], found["agency_responsible"]


def iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def test_a_request_is_followed_from_received_to_closed(house: House, client: FlaskClient, clock: MovableClock) -> None:
    began = clock.now()
    sent = post(client, COVER)
    first = request_of(client, sent)
    check_schema("request", first)
    assert told(first) == ("open", RECEIVED, "Nanmen Residents' Committee desk")
    assert first["requested_datetime"] == first["updated_datetime"] == iso(began)
    expected = datetime.fromisoformat(first["expected_datetime"])
    assert began + timedelta(days=7) <= expected <= began + timedelta(days=15)

    incident, gao = incident_of(house, sent), sign_in(client, "gao")
    (offer,) = [
        one for one in client.get("/api/v1/offers", headers=gao).get_json()["items"] if one["incident_id"] == incident
    ]
    clock.advance(hours=1)
    client.post(f"/api/v1/offers/{offer['id']}/accept", json={}, headers=gao)
    accepted = request_of(client, sent)
    assert told(accepted)[::2] == ("open", "Baishi Public Works desk")
    assert accepted["updated_datetime"] == iso(began + timedelta(hours=1))
    act(client, gao, incident, "start", contact=True)
    assert told(request_of(client, sent))[1] == "Work on it has begun."
    whole = client.get(f"/api/v1/incidents/{incident}", headers=gao).get_json()
    goals = [{"id": goal["id"], "state": "met", "evidence": "seen"} for goal in whole["goals"]]
    act(client, gao, incident, "check-goals", goals=goals, view="content")
    clock.advance(hours=1)
    act(client, gao, incident, "close", outcome="made_safe")
    closed = request_of(client, sent)
    assert told(closed) == ("closed", "It was closed.", "Baishi Public Works desk")
    assert (closed["updated_datetime"], closed["expected_datetime"]) == (iso(began + timedelta(hours=2)), None)
    assert request_of(client, sent) == get(client, f"requests/{sent['service_request_id']}")[0]


def test_what_is_told_is_said_in_the_readers_language(client: FlaskClient) -> None:
    sent = post(client, COVER)["service_request_id"]
    (found,) = get(client, f"requests/{sent}", lang="zh")
    assert told(found) == ("open", "我们收到了您的报告。", "南门社区居委会值班席")


def test_a_request_that_was_taken_back_is_closed_for_its_sender(client: FlaskClient) -> None:
    sent = post(client, COVER)
    receipt = sent["service_notice"].partition("Your receipt is ")[2][:19]
    headers = {"Authorization": f"Receipt {receipt}"}
    assert client.post("/api/v1/receipt/withdraw", json={}, headers=headers).status_code == 200
    assert told(request_of(client, sent))[:2] == ("closed", "It was taken back.")


def test_a_request_that_was_joined_to_another_follows_it(house: House, client: FlaskClient) -> None:
    first, second = post(client, COVER), post(client, COVER)
    li = sign_in(client, "li")
    act(client, li, incident_of(house, first), "acknowledge")
    parent = incident_of(house, first)
    act(client, li, incident_of(house, second), "merge", into=parent)
    assert incident_of(house, second) == parent
    assert told(request_of(client, second)) == told(request_of(client, first)) == (
        "open", "A person has seen it.", "Nanmen Residents' Committee desk",
    )  # fmt: skip


def test_a_category_that_staff_correct_is_shown_where_it_is_a_service(house: House, client: FlaskClient) -> None:
    sent = post(client, COVER)
    changed(house, sent, category="CN10")
    assert request_of(client, sent)["service_code"] == "CN10"


# What makes an incident something that nobody may read of here.
QUIET: dict[str, dict[str, Any]] = {
    "it turned out to be about harm": {"category": "DS04"},
    "it turned out to be about a person": {"category": "CN12"},
    "it has no category any more": {"category": None},
    "its reporter is only safe in some ways": {"safe_mode": True},
    "it lies behind another wall": {"compartment": "aid"},
}


@pytest.mark.parametrize("why", QUIET)
def test_what_became_private_says_no_more_than_a_request_that_nobody_has_looked_at(
    house: House, client: FlaskClient, clock: MovableClock, why: str
) -> None:
    # Where nothing was reported before: what repeats is more urgent.
    there = NOISE | {"lat": f"30.4{list(QUIET).index(why)}", "long": "120.41"}
    sent, other = post(client, there), post(client, there)
    untouched = request_of(client, other)
    act(client, sign_in(client, "li"), incident_of(house, sent), "acknowledge")
    assert told(request_of(client, sent))[1] != RECEIVED
    changed(house, sent, **QUIET[why])
    clock.advance(hours=3)
    same = {"service_request_id": None}
    assert request_of(client, sent) | same == untouched | same
    changed(house, sent, state="closed", closed_at=clock.now())
    assert request_of(client, sent) | same == untouched | same


def test_words_that_the_rules_keep_private_change_nothing_that_is_shown(client: FlaskClient) -> None:
    plain = request_of(client, post(client, NOISE))
    harm = NOISE | {"description": "shouting next door, my husband hit me again and I am afraid of him"}
    hidden = request_of(client, post(client, harm))
    differing = {name for name in plain if plain[name] != hidden[name]}
    assert differing <= {"service_request_id", "expected_datetime"}


def test_only_what_was_sent_here_can_be_followed_here(house: House, client: FlaskClient) -> None:
    page = client.post(
        "/api/v1/reports", json={"client_id": str(UUID(int=9)), "kind": "concern", "category": "CN01", "text": "x"}
    )
    sent = post(client, COVER)
    for known in (page.get_json()["id"], page.get_json()["incident"]["id"], incident_of(house, sent)):
        assert errors(client.get(f"{V2}/requests/{known}.json"), 404)
        assert get(client, "requests", service_request_id=known) == []


def test_following_many_costs_as_many_statements_as_following_one(house: House, client: FlaskClient) -> None:
    app: Flask = house.app
    ids = [post(client, COVER)["service_request_id"] for _ in range(8)]
    counts = []
    for asked in (ids[:1], ids):
        with counted(app) as statements:
            found = client.get(f"{V2}/requests.json", query_string={"service_request_id": ",".join(asked)}).get_json()
        assert len(found) == len(asked)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 6
