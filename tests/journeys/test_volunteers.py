"""Volunteers in a night (scenario A5, step 4): only those who may be asked are asked, and the desk owns throughout."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy.orm import Session

from backend.areas.rings import search_cells
from backend.dispatch.models import Offer
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.ids import new_id
from backend.organisations.models import Credential, Responder
from tests.journeys.steps import act, pass_time, receipt, report, whole
from tests.support.baishi import NANMEN, Baishi
from tests.support.people import make_person, sign_in

NIGHT = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)  # half past eleven at night in Shanghai


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(NIGHT)


@pytest.fixture
def volunteers(app: Flask, session: Session, world: Baishi) -> dict[str, UUID]:
    """Twelve within 500 m: five opted in to nights, three of these hold the credential, one of these is at the cap."""
    ring, body = app.extensions["linli"].keyring, world.bodies["Nanmen Residents' Committee"]
    people: dict[str, UUID] = {}
    for at in range(12):
        name = f"v{at}"
        people[name] = make_person(session, ring, NIGHT, roles=["volunteer"], org=body, login=name if at < 3 else None)
        place = {"lat": NANMEN["lat"] + 0.0003 * (at % 4), "lon": NANMEN["lon"] + 0.0003 * (at // 4)}
        session.add(_responder(people[name], body, place, nights=at < 5, skilled=at < 3 or at > 6))
        if at < 3 or at > 6:
            session.add(_credential(people[name]))
    for _ in range(6):
        session.add(_alert(people["v2"], body, session, world))
    session.commit()
    act_as(session, SYSTEM)
    return people


def _responder(person: UUID, body: UUID, place: dict[str, float], *, nights: bool, skilled: bool) -> Responder:
    cells = {f"cell_{size}": cell for size, cell in search_cells(**place).items()}
    return Responder(
        person_id=person, org_id=body, available=True, **place, **cells, skills=["in_home"] if skilled else [],
        nights=nights, daily_cap=3, weekly_cap=6, updated_at=NIGHT,
    )  # fmt: skip


def _credential(person: UUID) -> Credential:
    return Credential(
        id=new_id(), person_id=person, type="in_home", level="qualified", issued_by="test",
        valid_to=NIGHT + timedelta(days=30), state="active",
    )  # fmt: skip


def _alert(person: UUID, body: UUID, session: Session, world: Baishi) -> Offer:
    from tests.support.incidents import open_incident

    incident = open_incident(session, NIGHT - timedelta(days=3))
    return Offer(
        id=new_id(), incident_id=incident, part="volunteer", route="V", org_id=body, person_id=person, wave=1,
        chain_step=0, state="lapsed", offered_at=NIGHT - timedelta(days=3), due_at=NIGHT - timedelta(days=3),
    )  # fmt: skip


def asked(client: FlaskClient, who: dict[str, str], incident: str) -> list[dict[str, Any]]:
    return [offer for offer in whole(client, who, incident)["offers"] if offer["part"] == "volunteer"]


def test_a_fall_at_night_asks_exactly_those_who_may_be_asked(
    app: Flask, client: FlaskClient, clock: MovableClock, world: Baishi, volunteers: dict[str, UUID]
) -> None:
    li = sign_in(client, "duty")
    sent = report(client, kind="distress", category="DS09", text="I fell and cannot get up", place=NANMEN)
    incident = sent["incident"]["id"]
    assert asked(client, li, incident) == []
    act(client, li, incident, "triage", category="DS09", grade=2, emergency_attends="not_needed")
    names = {str(person): name for name, person in volunteers.items()}
    assert sorted(names[offer["person_id"]] for offer in asked(client, li, incident)) == ["v0", "v1"]
    before = whole(client, li, incident)["owner"]
    first = sign_in(client, "v0")
    offer = next(
        o for o in client.get("/api/v1/offers", headers=first).get_json()["items"] if o["incident_id"] == incident
    )
    assert offer["place"] is None
    accepted = client.post(f"/api/v1/offers/{offer['id']}/accept", json={}, headers=first)
    assert accepted.get_json()["place"]["lat"] == NANMEN["lat"]
    assert client.post(f"/api/v1/offers/{offer['id']}/arrived", json={}, headers=first).status_code == 200
    assert whole(client, li, incident)["owner"] == before
    facts = {fact["what"]: fact["at"] is not None for fact in receipt(client, sent)["deliveries"]}
    assert facts["arrived"] is True


def test_nobody_accepts_and_the_desk_still_owns(
    app: Flask, client: FlaskClient, clock: MovableClock, world: Baishi, volunteers: dict[str, UUID]
) -> None:
    li = sign_in(client, "duty")
    incident = report(client, kind="distress", category="DS09", text="I fell", place=NANMEN)["incident"]["id"]
    act(client, li, incident, "triage", category="DS09", grade=2, emergency_attends="not_needed")
    pass_time(app, clock, minutes=2)
    assert {offer["state"] for offer in asked(client, li, incident)} == {"lapsed"}
    assert whole(client, li, incident)["owner"]["desk_id"] is not None


def test_a_photo_of_a_report_is_seen_by_staff_alone(client: FlaskClient, world: Baishi) -> None:
    out = io.BytesIO()
    Image.new("RGB", (40, 30)).save(out, "PNG")
    sent = client.post("/api/v1/photos", data={"photo": (io.BytesIO(out.getvalue()), "a.png")})
    photo = sent.get_json()["id"]
    made = report(client, kind="concern", category="CN01", text="A hole", place=NANMEN, photo_ids=[photo])
    li = sign_in(client, "duty")
    assert [one["id"] for one in whole(client, li, made["incident"]["id"])["photos"]] == [photo]
    assert client.get(f"/api/v1/photos/{photo}", headers=li).content_type == "image/jpeg"
    assert client.get(f"/api/v1/photos/{photo}").status_code == 401
    again = {"client_id": str(new_id()), "kind": "concern", "text": "another", "photo_ids": [photo]}
    assert client.post("/api/v1/reports", json=again).get_json()["code"] == "no-such-photo"


def test_a_volunteer_does_not_answer_for_their_body(
    app: Flask, client: FlaskClient, session: Session, world: Baishi
) -> None:
    ring, body = app.extensions["linli"].keyring, world.bodies["Baishi Public Works"]
    make_person(session, ring, NIGHT, roles=["volunteer"], org=body, login="helper")
    session.commit()
    sent = report(client, kind="concern", category="CN01", text="A loose manhole cover", place=NANMEN)
    lead = whole(client, sign_in(client, "duty"), sent["incident"]["id"])["offers"][0]
    answer = client.post(f"/api/v1/offers/{lead['id']}/accept", json={}, headers=sign_in(client, "helper"))
    assert (answer.status_code, answer.get_json()["code"]) == (403, "not-your-offer")
