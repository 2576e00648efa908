"""Linked chats: one code, once, within minutes, typed where it belongs; and what ends a link ends its sessions."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.jobs import PERIODIC
from backend.kernel.sealed import Keyring, RecordKey, seal_of
from backend.organisations.actions.closing import close_desk
from backend.organisations.actions.people import leave
from backend.organisations.directory import load_directory
from backend.organisations.models import ChatCode, ChatLink
from backend.trust.bots import bot_key
from tests.conftest import NOW
from tests.organisations.conftest import Town, events_of, journal_text
from tests.support.people import make_organisation, make_person, sign_in

PRIVATE, OTHER, GROUP = "4711001", "4711002", "-1004711"


class Chats:
    """What the bot and people do, over HTTP."""

    def __init__(self, app: Flask, client: FlaskClient) -> None:
        carried = app.extensions["linli"]
        self.client, self.bot = client, {"Authorization": f"Bot {bot_key(carried.settings, carried.keyring)}"}

    def code(self, who: dict[str, str], desk: object = None) -> str:
        path = f"/api/v1/desks/{desk}/chat-code" if desk else "/api/v1/me/chat-code"
        answer = self.client.post(path, headers=who)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return str(answer.get_json()["code"])

    def post(self, path: str, **body: str) -> Any:
        return self.client.post(f"/api/v1/bot/{path}", json=body, headers=self.bot)

    def link(self, code: str, chat: str = PRIVATE) -> Any:
        return self.post("links", code=code, chat=chat)

    def session(self, chat: str = PRIVATE) -> Any:
        return self.post("sessions", chat=chat)

    def me(self, token: str) -> int:
        return self.client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code


@pytest.fixture
def chats(app: Flask, client: FlaskClient, town: Town) -> Chats:
    return Chats(app, client)


@pytest.fixture
def ana(client: FlaskClient, town: Town) -> dict[str, str]:
    return sign_in(client, "ana")


def said(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def test_a_person_links_a_chat_and_it_stands_for_them(client: FlaskClient, chats: Chats, ana: dict[str, str]) -> None:
    assert client.get("/api/v1/me/chat", headers=ana).get_json() == {"linked": False, "since": None}
    linked = chats.link(chats.code(ana))
    assert (linked.status_code, linked.get_json()) == (
        201, {"kind": "person", "language": "en", "label": "River Town Council"},
    )  # fmt: skip
    assert client.get("/api/v1/me/chat", headers=ana).get_json() == {"linked": True, "since": NOW.isoformat()}
    opened = chats.session().get_json()
    assert opened["expires_at"] == (NOW + timedelta(hours=12)).isoformat()
    assert opened["person"] == {"language": "en", "roles": ["supervisor"]}
    assert chats.me(opened["token"]) == 200


@pytest.mark.parametrize("typed", ["{}", " {} ", "{lower}", "{bare}", "{spaced}", "{o}"])
def test_a_code_may_be_typed_as_people_type(chats: Chats, ana: dict[str, str], typed: str) -> None:
    code = chats.code(ana)
    as_typed = typed.format(
        code, lower=code.lower(), bare=code.replace("-", ""), spaced=code.replace("-", " "), o=code.replace("0", "o")
    )
    assert chats.link(as_typed).status_code == 201


@pytest.mark.parametrize("typed", ["0000-0000", "x", "🙂", "'; --", "K7QF-2M9D-K7QF-2M9D"])
def test_a_wrong_code_links_nothing(session: Session, chats: Chats, ana: dict[str, str], typed: str) -> None:
    chats.code(ana)
    assert said(chats.link(typed)) == (403, "wrong-chat-code")
    assert session.scalars(select(ChatLink)).all() == []


def test_a_code_works_once(session: Session, chats: Chats, ana: dict[str, str]) -> None:
    code = chats.code(ana)
    assert chats.link(code).status_code == 201
    assert said(chats.link(code, OTHER)) == (403, "wrong-chat-code")
    assert said(chats.session(OTHER)) == (404, "not-linked")


def test_of_several_who_type_a_code_at_once_one_is_linked(
    app: Flask, session: Session, chats: Chats, ana: dict[str, str]
) -> None:
    code, answers, start = chats.code(ana), [], threading.Barrier(3)

    def type_it(number: int) -> None:
        start.wait()
        answers.append(Chats(app, app.test_client()).link(code, f"471100{number}").status_code)

    threads = [threading.Thread(target=type_it, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, 403, 403]
    act_as(session, SYSTEM)
    assert len(session.scalars(select(ChatLink)).all()) == 1


def test_a_code_is_over_after_a_quarter_of_an_hour_and_forgotten(
    app: Flask, session: Session, chats: Chats, ana: dict[str, str], clock: MovableClock
) -> None:
    code = chats.code(ana)
    clock.advance(minutes=15)
    assert said(chats.link(code)) == (403, "wrong-chat-code")
    chats.code(ana)
    clock.advance(minutes=16)
    PERIODIC["chats"].work(app)
    act_as(session, SYSTEM)
    assert session.scalars(select(ChatCode)).all() == []


def test_a_new_code_makes_the_former_one_void(session: Session, chats: Chats, ana: dict[str, str]) -> None:
    former, code = chats.code(ana), chats.code(ana)
    assert said(chats.link(former)) == (403, "wrong-chat-code")
    assert chats.link(code).status_code == 201


def test_guessing_in_a_chat_gets_slower_and_others_are_not_kept_waiting(
    chats: Chats, ana: dict[str, str], clock: MovableClock
) -> None:
    code = chats.code(ana)
    assert {chats.link("0000-0000", OTHER).status_code for _ in range(5)} == {403}
    slowed = chats.link(code, OTHER)
    assert said(slowed) == (429, "too-many-tries")
    assert int(slowed.headers["Retry-After"]) >= 1
    assert chats.link(code).status_code == 201
    clock.advance(minutes=6)
    assert chats.link("0000-0000", OTHER).status_code == 403


def test_a_persons_code_in_a_group_is_spent_and_links_nothing(
    session: Session, chats: Chats, ana: dict[str, str]
) -> None:
    code = chats.code(ana)
    assert said(chats.link(code, GROUP)) == (422, "not-a-private-chat")
    assert said(chats.link(code)) == (403, "wrong-chat-code")
    act_as(session, SYSTEM)
    assert session.scalars(select(ChatCode)).all() == []


def test_a_refused_code_can_be_tried_again_with_the_same_key(chats: Chats, ana: dict[str, str]) -> None:
    chats.bot |= {"Idempotency-Key": "k"}
    assert said(chats.link("0000-0000")) == (403, "wrong-chat-code")
    assert said(chats.link("0000-0000")) == (403, "wrong-chat-code")


@pytest.mark.parametrize("chat", ["", "x", "1.5", "1" * 21, "--1", "1\n"])
def test_what_is_no_chat_is_refused(chats: Chats, chat: str) -> None:
    assert [said(chats.post(path, chat=chat)) for path in ("sessions", "links/end", "blocked")] == [
        (422, "invalid")
    ] * 3


@pytest.mark.parametrize("path", ["links", "links/end", "sessions", "blocked"])
def test_only_the_bot_may_ask_about_chats(chats: Chats, ana: dict[str, str], path: str) -> None:
    for headers in ({}, ana, {"Authorization": "Bot guessed"}):
        assert (
            said(chats.client.post(f"/api/v1/bot/{path}", json={"chat": "1", "code": "x"}, headers=headers))[0] == 401
        )


@pytest.mark.parametrize(
    "how", ["by the person", "by the bot", "blocked", "leaves", "another chat", "another person", "disabled"]
)
def test_what_ends_a_link_ends_its_sessions(
    client: FlaskClient, session: Session, ring: Keyring, town: Town, chats: Chats, ana: dict[str, str], how: str
) -> None:
    chats.link(chats.code(ana))
    token = chats.session().get_json()["token"]
    act_as(session, SYSTEM)
    link = session.scalars(select(ChatLink.id)).one()
    if how == "by the person":
        assert client.delete("/api/v1/me/chat", headers=ana).status_code == 204
    elif how in {"by the bot", "blocked"}:
        path = "links/end" if how == "by the bot" else "blocked"
        assert chats.post(path, chat=PRIVATE).status_code == 204
    elif how == "leaves":
        leave(session, town.ana, now=NOW)
        session.commit()
    elif how == "another chat":
        assert chats.link(chats.code(ana), OTHER).status_code == 201
    elif how == "another person":
        assert chats.link(chats.code(sign_in(client, "bo"))).status_code == 201
    else:
        session.execute(text("UPDATE account SET disabled_at = now() WHERE person_id = :id"), {"id": town.ana})
        session.commit()
    assert chats.me(token) == 401
    if how != "another person":
        assert said(chats.session())[0] == 404
    if how != "disabled":
        act_as(session, SYSTEM)
        assert session.get(RecordKey, link, populate_existing=True) is None
        assert "ChatUnlinked" in events_of(session, f"person:{town.ana}")


def test_a_group_is_linked_to_a_desk_and_the_directory_knows(
    session: Session, town: Town, chats: Chats, ana: dict[str, str]
) -> None:
    linked = chats.link(chats.code(ana, town.desk.id), GROUP)
    assert linked.get_json() == {"kind": "desk", "language": "en", "label": "Town duty desk"}
    act_as(session, SYSTEM)
    assert load_directory(session).desks[town.desk.id].has_group
    assert said(chats.session(GROUP)) == (404, "not-linked")
    assert chats.post("links/end", chat=GROUP).status_code == 204
    act_as(session, SYSTEM)
    assert not load_directory(session).desks[town.desk.id].has_group


def test_one_group_may_serve_several_desks_and_a_desk_that_closes_leaves_it(
    session: Session, town: Town, chats: Chats, client: FlaskClient, ring: Keyring
) -> None:
    from tests.support.desks import make_desk

    second = make_desk(session, town.council)
    make_person(session, ring, NOW, roles=["duty_officer"], org=town.council, login="chief")
    chief = sign_in(client, "chief")
    for desk in (town.desk.id, second):
        assert chats.link(chats.code(chief, desk), GROUP).status_code == 201
    act_as(session, SYSTEM)
    close_desk(session, second, now=NOW)
    session.commit()
    act_as(session, SYSTEM)
    assert session.scalars(select(ChatLink.desk_id)).all() == [town.desk.id]


@pytest.mark.parametrize("login, status", [("ana", 201), ("bo", 201), ("helper", 403), ("elsewhere", 403)])
def test_a_desks_code_is_made_by_those_who_lead_it(
    session: Session, ring: Keyring, town: Town, client: FlaskClient, login: str, status: int
) -> None:
    make_person(session, ring, NOW, roles=["volunteer"], org=town.council, login="helper")
    other = make_organisation(session, NOW, name="Elsewhere")
    make_person(session, ring, NOW, roles=["supervisor"], org=other, login="elsewhere")
    answer = client.post(f"/api/v1/desks/{town.desk.id}/chat-code", headers=sign_in(client, login))
    assert answer.status_code == status


def test_the_chat_is_known_by_a_keyed_hash_and_sealed_and_nothing_else(
    app: Flask, session: Session, ring: Keyring, chats: Chats, ana: dict[str, str], owner_session: Session
) -> None:
    chats.bot |= {"Idempotency-Key": "once"}
    code = chats.code(ana | {"Idempotency-Key": "once"})
    chats.link(code)
    chats.session()
    act_as(session, SYSTEM)
    link = session.scalars(select(ChatLink)).one()
    assert seal_of(session, ring, link.id).open("chat", link.chat) == PRIVATE
    assert link.chat_hash != ring.hashed("chat-report", PRIVATE)
    tables = owner_session.scalars(
        text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
    ).all()
    raw = " ".join(
        str(owner_session.scalar(text(f"SELECT string_agg(row_to_json(t)::text, ' ') FROM {name} t")))
        for name in tables
    )
    marks = (PRIVATE, PRIVATE.encode().hex(), code, code.replace("-", ""))
    assert [mark for mark in marks if mark in raw] == []
    assert PRIVATE not in journal_text(session)
