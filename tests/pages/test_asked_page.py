"""Volunteers sign in too: they find what they are asked, answer it, and are never left before a closed door."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from backend.dispatch.models import Offer
from backend.kernel.ids import new_id
from backend.kernel.languages import say, texts
from backend.organisations.models import ROLES
from tests.conftest import NOW
from tests.pages.conftest import HTML, incident_of, reported, staff, token_in, words
from tests.support.application import acting_session
from tests.support.baishi import NANMEN, Baishi
from tests.support.people import make_person

PLACE = {name: str(value) for name, value in NANMEN.items()}


def person(app: Flask, world: Baishi, role: str, **said: Any) -> tuple[str, UUID]:
    """Somebody with one role, and the login."""
    login = f"{role}-{uuid4().hex[:8]}"
    body = world.bodies["Nanmen Residents' Committee"]
    with acting_session(app) as session:
        ring = app.extensions["linli"].keyring
        return login, make_person(session, ring, NOW, roles=[role], org=body, login=login, **said)


def asked(app: Flask, client: FlaskClient, world: Baishi, who: UUID) -> tuple[str, UUID]:
    """An incident in Nanmen about which the person is asked; both ids."""
    incident = incident_of(client, reported(client, category="CN04", text="Drilling at night", **PLACE))
    offer = Offer(
        id=new_id(), incident_id=UUID(incident), part="volunteer", route="V", person_id=who, wave=1, chain_step=0,
        org_id=world.bodies["Nanmen Residents' Committee"], distance_m=340.0, state="proposed", offered_at=NOW,
        due_at=NOW + timedelta(minutes=10),
    )  # fmt: skip
    with acting_session(app) as session:
        session.add(offer)
        session.commit()
    return incident, offer.id


def answer(client: FlaskClient, offer: UUID, said: str, **form: str) -> TestResponse:
    token = token_in(client.get("/console/plain/asked", headers=HTML))
    return client.post(f"/console/plain/asked/{offer}/{said}", data={"token": token, **form}, headers=HTML)


def state_of(app: Flask, offer: UUID) -> str:
    with acting_session(app) as session:
        return session.scalars(select(Offer.state).where(Offer.id == offer)).one()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_volunteer_who_signs_in_finds_the_page_that_is_theirs(
    app: Flask, client: FlaskClient, world: Baishi, language: str
) -> None:
    login, _ = person(app, world, "volunteer", language=language)
    staff(client, login)
    led = client.get("/console/plain", headers=HTML)
    assert (led.status_code, led.headers["Location"]) == (303, "/console/plain/asked")
    shown = words(client.get("/console/plain/asked", headers=HTML))
    assert say("page.asked.heading", language) in shown
    assert say("page.asked.nothing", language) in shown


def test_the_place_comes_with_the_yes_and_the_desk_learns_of_the_arrival(
    app: Flask, client: FlaskClient, world: Baishi
) -> None:
    login, who = person(app, world, "volunteer")
    incident, offer = asked(app, client, world, who)
    staff(client, login)
    for address in (f"/console/plain/offers/{offer}", f"/console/plain/incidents/{incident}"):
        assert client.get(address, headers=HTML).headers["Location"] == "/console/plain/asked"
    before = words(client.get("/console/plain/asked", headers=HTML))
    assert "300 m" in before
    assert PLACE["lat"] not in before
    assert answer(client, offer, "accept").status_code == 303
    after = words(client.get("/console/plain/asked?done=accept", headers=HTML))
    assert PLACE["lat"] in after
    assert say("page.asked.done_accept", "en") in after
    assert answer(client, offer, "arrived").status_code == 303
    assert state_of(app, offer) == "arrived"
    owner = words(staff(app.test_client(), "li").get(f"/console/plain/incidents/{incident}", headers=HTML))
    assert say("page.offer.arrived", "en") in owner


def test_a_volunteer_may_say_no_without_a_reason(app: Flask, client: FlaskClient, world: Baishi) -> None:
    login, who = person(app, world, "volunteer")
    _, offer = asked(app, client, world, who)
    staff(client, login)
    assert answer(client, offer, "decline").headers["Location"] == "/console/plain/asked?done=decline"
    assert state_of(app, offer) == "declined"
    late = answer(client, offer, "accept")
    assert (late.status_code, "This offer is no longer open" in words(late)) == (409, True)


def test_nobody_answers_for_another_or_for_a_body(app: Flask, client: FlaskClient, world: Baishi) -> None:
    login, _ = person(app, world, "volunteer")
    _, other = person(app, world, "volunteer")
    _, theirs = asked(app, client, world, other)
    incident = incident_of(client, reported(client, category="CN01", text="A loose cover", **PLACE))
    with acting_session(app) as session:
        to_body = session.scalars(select(Offer.id).where(Offer.incident_id == UUID(incident))).first()
    staff(client, login)
    assert to_body is not None
    assert [answer(client, offer, "accept").status_code for offer in (theirs, to_body)] == [404, 404]
    assert [state_of(app, offer) for offer in (theirs, to_body)] == ["proposed", "proposed"]


def test_a_form_of_another_session_answers_nothing(app: Flask, client: FlaskClient, world: Baishi) -> None:
    login, who = person(app, world, "volunteer")
    _, offer = asked(app, client, world, who)
    staff(client, login)
    refused = client.post(f"/console/plain/asked/{offer}/accept", data={"token": "x"}, headers=HTML)
    assert (refused.status_code, state_of(app, offer)) == (403, "proposed")
    assert "not from your session" in words(refused)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_role_without_a_page_is_told_so_in_words(
    app: Flask, client: FlaskClient, world: Baishi, language: str
) -> None:
    login, _ = person(app, world, "auditor", language=language)
    staff(client, login)
    for address in ("/console/plain", "/console/plain/asked"):
        refused = client.get(address, headers=HTML)
        assert refused.status_code == 403
        assert say("page.elsewhere.why", language) in words(refused)
        assert say("page.role.auditor", language) in words(refused)
    left = client.post("/console/plain/sign-out", data={"token": token_in(refused)}, headers=HTML)
    assert left.status_code == 303


def test_every_role_has_a_name() -> None:
    assert {f"page.role.{role}" for role in ROLES} <= texts().keys()


def test_staff_find_their_list_as_before(client: FlaskClient, world: Baishi) -> None:
    staff(client, "gao")
    assert client.get("/console/plain", headers=HTML).status_code == 200
    shown = words(client.get("/console/plain/asked", headers=HTML))
    assert re.search(r'href="/console/plain"[^>]*>' + say("page.problem.to_list", "en"), shown)
