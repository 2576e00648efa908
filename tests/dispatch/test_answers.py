"""How somebody who was asked goes on: seen, accepted, on the way, arrived, helped; each only by who said yes, and in order."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.dispatch.models import Delivery, Offer
from backend.incidents.models import Incident, ThreadMessage
from backend.incidents.states import State
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.ids import new_id
from backend.kernel.journal import Event, broken_chains
from backend.kernel.sealed import Keyring
from backend.organisations.directory import Owner
from tests.conftest import NOW
from tests.dispatch.conftest import Body
from tests.support.incidents import add_report, open_incident
from tests.support.people import make_organisation, make_person, sign_in


@pytest.fixture
def people(session: Session, ring: Keyring, body: Body) -> dict[str, UUID]:
    """Two volunteers of the body, a responder of it, and a stranger."""
    other = make_organisation(session, NOW, name="Elsewhere")
    made = {"vol": ("volunteer", body.org), "other": ("volunteer", body.org), "lead": ("duty_officer", body.org),
            "stranger": ("responder", other)}  # fmt: skip
    return {
        login: make_person(session, ring, NOW, roles=[role], org=org, login=login)
        for login, (role, org) in made.items()
    }


def asked(session: Session, body: Body, part: str, state: str, person: UUID | None, **at: Any) -> UUID:
    """An offer about an incident that somebody reported."""
    incident = open_incident(session, NOW, owner=Owner(body.org, body.desk, body.first))
    session.get_one(Incident, incident).party_org_ids = [body.org]
    offer = Offer(
        id=new_id(), incident_id=incident, part=part, route="V", org_id=body.org, wave=1, chain_step=0, state=state,
        person_id=person if part == "volunteer" else None, desk_id=None if part == "volunteer" else body.desk,
        offered_at=NOW, due_at=NOW + timedelta(minutes=10), answered_by=None if state in {"proposed", "seen"} else person,
        **at,
    )  # fmt: skip
    session.add(offer)
    session.commit()
    act_as(session, SYSTEM)
    return offer.id


def say(client: FlaskClient, who: dict[str, str], offer: UUID, what: str) -> Any:
    return client.post(
        f"/api/v1/offers/{offer}/{what}", json={} if what in {"accept", "decline"} else None, headers=who
    )


def fresh(session: Session, offer: UUID) -> Offer:
    session.rollback()
    act_as(session, SYSTEM)
    return session.scalars(select(Offer).where(Offer.id == offer).execution_options(populate_existing=True)).one()


def test_each_step_of_a_volunteer_has_its_time_and_the_reporter_is_told(
    app: Flask, client: FlaskClient, session: Session, ring: Keyring, body: Body, people: dict[str, UUID],
    clock: MovableClock,
) -> None:  # fmt: skip
    offer = asked(session, body, "volunteer", "proposed", people["vol"])
    incident = fresh(session, offer).incident_id
    report = add_report(session, ring, NOW, incident_id=incident)
    session.commit()
    vol = sign_in(client, "vol")
    for step in ("seen", "accept", "on-the-way", "arrived", "done"):
        clock.advance(minutes=1)
        answer = say(client, vol, offer, step)
        assert answer.status_code == 200, answer.get_data(as_text=True)
    shown = answer.get_json()
    names = ("seen_at", "answered_at", "on_the_way_at", "arrived_at", "done_at")
    minutes = [(NOW + timedelta(minutes=count)).isoformat() for count in range(1, 6)]
    assert [shown[name] for name in names] == minutes
    assert shown["state"] == "completed"
    act_as(session, SYSTEM)
    facts = session.scalars(select(Event.type).where(Event.stream == f"incident:{incident}").order_by(Event.stream_seq))
    steps = ["OfferSeen", "HelpAccepted", "HelpOnTheWay", "HelpArrived", "HelpDone"]
    assert [fact for fact in facts if fact in steps] == steps
    thread = session.scalars(
        select(ThreadMessage.template).filter_by(report_id=report).order_by(ThreadMessage.at)
    ).all()
    assert thread == ["reporter_set_out", "reporter_arrived"]
    desk = session.scalars(select(Delivery.person_id).filter_by(template="help_done", channel="in_app")).all()
    assert desk == [body.first]
    assert list(broken_chains(session)) == []


def test_for_whoever_leads_work_begins_when_they_set_out(
    client: FlaskClient, session: Session, body: Body, people: dict[str, UUID]
) -> None:
    offer = asked(session, body, "lead", "accepted", people["lead"])
    incident = fresh(session, offer).incident_id
    session.get_one(Incident, incident).state = State.ACCEPTED.value
    session.commit()
    lead = sign_in(client, "lead")
    assert say(client, lead, offer, "on-the-way").status_code == 200
    act_as(session, SYSTEM)
    found = session.scalars(select(Incident.state).where(Incident.id == incident)).one()
    assert found == State.IN_PROGRESS
    assert say(client, lead, offer, "done").status_code == 200
    act_as(session, SYSTEM)
    assert session.scalars(select(Delivery).filter_by(template="help_done")).all() == []  # they own it themselves


def test_setting_out_twice_is_setting_out_once(
    client: FlaskClient, session: Session, body: Body, people: dict[str, UUID], clock: MovableClock
) -> None:
    offer = asked(session, body, "volunteer", "accepted", people["vol"])
    vol = sign_in(client, "vol")
    first = say(client, vol, offer, "on-the-way").get_json()
    clock.advance(minutes=1)
    assert say(client, vol, offer, "on-the-way").get_json() == first


STEPS = ("on-the-way", "arrived", "done")
# What each step may be said from; everything else is refused.
ALLOWED = {("accepted", "on-the-way"), ("accepted", "arrived"), ("accepted", "done"), ("arrived", "done")}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "state", ["proposed", "seen", "accepted", "declined", "lapsed", "withdrawn", "arrived", "completed"]
)
def test_every_step_from_every_state(
    client: FlaskClient, session: Session, body: Body, people: dict[str, UUID], state: str, step: str
) -> None:
    offer = asked(session, body, "volunteer", state, people["vol"])
    answer = say(client, sign_in(client, "vol"), offer, step)
    assert (answer.status_code == 200) is ((state, step) in ALLOWED)
    if answer.status_code != 200:
        assert (answer.status_code, answer.get_json()["title"] != "") == (409, True)
        assert fresh(session, offer).state == state


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("login", ["other", "stranger"])
def test_nobody_goes_on_with_the_offer_of_somebody_else(
    client: FlaskClient, session: Session, body: Body, people: dict[str, UUID], login: str, step: str
) -> None:
    offer = asked(session, body, "volunteer", "accepted", people["vol"])
    answer = say(client, sign_in(client, login), offer, step)
    assert (answer.status_code, answer.get_json()["code"]) in {(403, "not-your-offer"), (404, "not-found")}
    assert fresh(session, offer).state == "accepted"


@pytest.mark.parametrize("step", STEPS)
def test_an_offer_that_does_not_exist_is_not_found(client: FlaskClient, people: dict[str, UUID], step: str) -> None:
    assert say(client, sign_in(client, "vol"), new_id(), step).status_code == 404
