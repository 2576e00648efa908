"""Linking Telegram on a page: a code that no address holds, the end of a link, and groups for those who lead a desk."""

import re
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from backend.organisations.models import ChatLink
from backend.trust.bots import bot_key
from tests.pages.conftest import HTML, staff, token_in, words
from tests.support.application import acting_session
from tests.support.baishi import Baishi


def send(client: FlaskClient, path: str, **form: str) -> tuple[int, str, str]:
    token = token_in(client.get("/console/plain/chat", headers=HTML))
    answer = client.post(f"/console/plain/chat/{path}", data={"token": token, **form}, headers=HTML)
    return answer.status_code, words(answer), answer.headers.get("Location", "")


def code_in(page: str) -> str:
    found = re.search(r"/link ([0-9A-Z]{4}-[0-9A-Z]{4})<", page)
    assert found, page
    return found[1]


def redeem(app: Flask, code: str, chat: str) -> int:
    carried = app.extensions["linli"]
    bot = {"Authorization": f"Bot {bot_key(carried.settings, carried.keyring)}"}
    return app.test_client().post("/api/v1/bot/links", json={"code": code, "chat": chat}, headers=bot).status_code


def linked(app: Flask, **whose: UUID) -> bool:
    with acting_session(app) as session:
        return session.scalars(select(ChatLink).filter_by(**whose)).one_or_none() is not None


@pytest.mark.parametrize("language, not_yet", [("en", "Not linked."), ("zh", "尚未关联。")])
def test_whoever_is_signed_in_links_a_chat_and_ends_it(
    app: Flask, client: FlaskClient, world: Baishi, language: str, not_yet: str
) -> None:
    staff(client, "he")
    assert not_yet in words(client.get(f"/console/plain/chat?lang={language}", headers=HTML))
    status, page, _ = send(client, "code")
    assert status == 200
    assert redeem(app, code_in(page), "4711101") == 201
    assert linked(app, person_id=world.people["he"])
    assert "Linked since" in words(client.get("/console/plain/chat", headers=HTML))
    status, _, back = send(client, "end")
    assert (status, back) == (303, "/console/plain/chat?done=ended")
    assert not linked(app, person_id=world.people["he"])


def test_those_who_lead_a_desk_link_its_group(app: Flask, client: FlaskClient, world: Baishi) -> None:
    desk = world.desks["Nanmen Residents' Committee"]
    staff(client, "li")
    _, page, _ = send(client, f"desks/{desk}/code")
    assert "Nanmen Residents&#39; Committee desk" in page
    assert redeem(app, code_in(page), "-1004712") == 201
    assert linked(app, desk_id=desk)
    assert send(client, f"desks/{desk}/end")[0] == 303
    assert not linked(app, desk_id=desk)


def test_others_see_no_groups_and_make_no_code_for_one(client: FlaskClient, world: Baishi) -> None:
    desk = world.desks["Nanmen Residents' Committee"]
    staff(client, "gao")
    page = words(client.get("/console/plain/chat", headers=HTML))
    assert "Groups of your desks" not in page
    assert send(client, f"desks/{desk}/code")[0] == 403


def test_a_coordinator_makes_no_code_for_the_desk_of_another_body(client: FlaskClient, world: Baishi) -> None:
    staff(client, "li")
    assert send(client, f"desks/{world.desks['Baishi Police']}/code")[0] == 403


@pytest.mark.parametrize("path", ["code", "end"])
def test_a_form_of_another_session_does_nothing(client: FlaskClient, world: Baishi, path: str) -> None:
    staff(client, "he")
    answer = client.post(f"/console/plain/chat/{path}", data={"token": "0" * 64}, headers=HTML)
    assert answer.status_code == 403


def test_the_lists_lead_to_it(client: FlaskClient, world: Baishi) -> None:
    staff(client, "li")
    for path in ("/console/plain", "/console/plain/asked"):
        assert 'href="/console/plain/chat"' in words(client.get(path, headers=HTML))
