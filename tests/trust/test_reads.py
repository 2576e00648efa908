"""Who reads an incident leaves an entry that nobody can edit (INV-7), and nothing else changes by it."""

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from backend.kernel.clock import MovableClock
from backend.kernel.database import db, owner_engine
from backend.kernel.journal import broken_chains
from backend.kernel.languages import texts
from backend.kernel.stream import DatabaseJournal
from backend.trust.access import Me
from backend.trust.reads import FOLDED, PURPOSES, relation_of
from tests.conftest import NOW
from tests.intake.test_photos import picture
from tests.pages.conftest import HTML, act, staff, token_in
from tests.support.application import Counted, acting_session, application, with_baishi
from tests.support.baishi import NANMEN, Baishi
from tests.support.people import sign_in


@pytest.fixture(scope="module")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Baishi]]:
    with application(postgres, tmp_path_factory.mktemp("reads"), NOW) as app:
        yield app, with_baishi(app, NOW)


@pytest.fixture
def app(house: tuple[Flask, Baishi]) -> Flask:
    return house[0]


@pytest.fixture
def world(house: tuple[Flask, Baishi]) -> Baishi:
    return house[1]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def sent(client: FlaskClient, **said: Any) -> dict[str, Any]:
    """A report in Nanmen, and the answer to it."""
    body = {"client_id": str(uuid4()), "kind": "concern", "category": "CN01", "text": "A loose cover", "place": NANMEN}
    answer = client.post("/api/v1/reports", json=body | said)
    assert answer.status_code == 201
    found: dict[str, Any] = answer.get_json()
    return found


def entries(app: Flask, incident: str) -> list[Any]:
    """The audit of an incident."""
    query = "SELECT type, at, actor, payload FROM event WHERE stream = :stream ORDER BY stream_seq"
    with acting_session(app) as session:
        return list(session.execute(text(query), {"stream": f"reads:{incident}"}))


def read(client: FlaskClient, login: str, incident: str, query: str = "", **headers: str) -> Any:
    return client.get(f"/api/v1/incidents/{incident}{query}", headers=sign_in(client, login) | headers)


@pytest.fixture
def clock(app: Flask) -> Iterator[MovableClock]:
    found: MovableClock = app.extensions["linli"].clock
    before = found.now()
    yield found
    found.advance(seconds=(before - found.now()).total_seconds())


@pytest.mark.parametrize(
    "login, relation", [("li", "owner"), ("gao", "offeree"), ("duty", "triage"), ("he", "unstated")]
)
def test_a_read_says_who_for_what_purpose_and_when(
    app: Flask, client: FlaskClient, world: Baishi, login: str, relation: str
) -> None:
    incident = sent(client)["incident"]["id"]
    assert entries(app, incident) == []
    assert read(client, login, incident).status_code == 200
    (entry,) = entries(app, incident)
    assert (entry.type, entry.at, entry.actor) == ("IncidentRead", NOW, f"person:{world.people[login]}")
    assert entry.payload == {"incident_id": incident, "relation": relation, "purpose": relation}


@pytest.mark.parametrize(
    "roles, is_owner, is_asked, relation",
    [
        ({"supervisor"}, True, True, "owner"),
        ({"supervisor"}, False, True, "offeree"),
        ({"coordinator"}, False, False, "triage"),
        ({"triage", "supervisor"}, False, False, "triage"),
        ({"supervisor"}, False, False, "supervisor"),
        ({"duty_officer"}, False, False, "supervisor"),
        ({"police"}, False, False, "unstated"),
        ({"administrator"}, False, False, "unstated"),
    ],
)
def test_how_a_reader_is_concerned(roles: set[str], is_owner: bool, is_asked: bool, relation: str) -> None:
    reader = Me(uuid4(), "en", frozenset(roles), (), (), is_police=False)
    assert relation_of(reader, is_owner=is_owner, is_asked=is_asked) == relation


def test_whoever_is_asked_to_take_over_is_concerned(app: Flask, client: FlaskClient, world: Baishi) -> None:
    incident = sent(client, category="CN04")["incident"]["id"]
    said = {"organisation_id": str(world.bodies["Nanmen Social Work Station"]), "situation": "She is alone"}
    li = sign_in(client, "li")
    assert client.post(f"/api/v1/incidents/{incident}/hand-over", json=said, headers=li).status_code == 200
    read(client, "he", incident)
    assert [entry.payload["relation"] for entry in entries(app, incident)] == ["offeree"]


@pytest.mark.parametrize("given", [("?purpose=complaint", {}), ("", {"Linli-Purpose": "complaint"})])
def test_a_purpose_that_is_given_is_kept_beside_how_the_reader_is_concerned(
    app: Flask, client: FlaskClient, given: tuple[str, dict[str, str]]
) -> None:
    incident = sent(client)["incident"]["id"]
    assert read(client, "he", incident, given[0], **given[1]).status_code == 200
    (entry,) = entries(app, incident)
    assert (entry.payload["purpose"], entry.payload["relation"]) == ("complaint", "unstated")


def test_a_purpose_that_there_is_not_is_refused_and_shows_nothing(app: Flask, client: FlaskClient) -> None:
    incident = sent(client)["incident"]["id"]
    answer = read(client, "li", incident, "?purpose=curiosity&lang=zh")
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["purpose"])
    assert "须为以下之一" in answer.get_json()["errors"]["purpose"][0]
    assert entries(app, incident) == []
    assert "complaint" in PURPOSES


def test_reading_again_within_five_minutes_makes_no_second_entry(
    app: Flask, client: FlaskClient, clock: MovableClock
) -> None:
    incident = sent(client)["incident"]["id"]
    read(client, "li", incident)
    clock.advance(seconds=FOLDED.total_seconds() - 1)
    read(client, "li", incident)
    assert len(entries(app, incident)) == 1
    read(client, "li", incident, "?purpose=review")
    read(client, "duty", incident)
    assert len(entries(app, incident)) == 3
    clock.advance(seconds=2)
    read(client, "li", incident)
    assert [entry.payload["purpose"] for entry in entries(app, incident)] == ["owner", "review", "triage", "owner"]


def test_the_page_and_a_photo_are_reads_too(app: Flask, client: FlaskClient, world: Baishi) -> None:
    form = {"photo": (io.BytesIO(picture("JPEG")), "a.jpg")}
    photo = client.post("/api/v1/photos", data=form, content_type="multipart/form-data").get_json()["id"]
    incident = sent(client, photo_ids=[photo])["incident"]["id"]
    browser = staff(app.test_client(), "li")
    assert browser.get(f"/console/plain/incidents/{incident}", headers=HTML).status_code == 200
    assert browser.get(f"/api/v1/photos/{photo}").mimetype == "image/jpeg"
    assert [entry.payload for entry in entries(app, incident)] == [
        {"incident_id": incident, "relation": "owner", "purpose": "owner"},
        {"photo_id": photo, "relation": "owner", "purpose": "owner"},
    ]


def test_an_act_that_is_refused_shows_the_page_and_one_that_is_done_leads_back(
    app: Flask, client: FlaskClient, world: Baishi, clock: MovableClock
) -> None:
    incident = sent(client)["incident"]["id"]
    browser = staff(app.test_client(), "li")
    assert act(browser, incident, "note", text="The lid is heavy").status_code == 303
    assert len(entries(app, incident)) == 1  # the page that holds the form
    token = token_in(browser.get(f"/console/plain/incidents/{incident}", headers=HTML))
    clock.advance(seconds=FOLDED.total_seconds() + 1)
    answer = browser.post(f"/console/plain/incidents/{incident}/note", data={"token": token, "text": ""}, headers=HTML)
    assert answer.status_code == 422
    assert len(entries(app, incident)) == 2


@pytest.mark.parametrize("login, status", [("wei", 404), (None, 401)])
def test_what_is_not_shown_is_no_read(app: Flask, client: FlaskClient, login: str | None, status: int) -> None:
    incident = sent(client, kind="aid_request", category="AID01", text="No food today")["incident"]["id"]
    headers = sign_in(client, login) if login else {}
    assert client.get(f"/api/v1/incidents/{incident}", headers=headers).status_code == status
    assert client.get(f"/api/v1/incidents/{uuid4()}", headers=headers).status_code == status
    assert entries(app, incident) == []


def test_the_list_is_no_read_and_nothing_else_changes_by_one(app: Flask, client: FlaskClient) -> None:
    answer = sent(client)
    incident = answer["incident"]["id"]
    li, receipt = sign_in(client, "li"), {"Authorization": f"Receipt {answer['receipt']}"}
    before = client.get("/api/v1/receipt", headers=receipt).get_json()
    counted = Counted(app)
    rows = counted.rows()
    assert client.get("/api/v1/incidents", headers=li).status_code == 200
    assert counted.rows() == rows
    first, second = (client.get(f"/api/v1/incidents/{incident}", headers=li).get_json() for _ in range(2))
    assert counted.rows() == rows | {"event": rows["event"] + 1}
    counted.close()
    assert first == second
    assert first["version"] == 1
    assert "IncidentRead" not in {event["type"] for event in second["timeline"]}
    after = client.get("/api/v1/receipt", headers=receipt).get_json()
    assert (before["looked"], len(after["looked"])) == ([], 1)
    assert after == before | {"looked": after["looked"]}


def test_the_live_stream_tells_nobody_of_reads(app: Flask, client: FlaskClient) -> None:
    incident = sent(client)["incident"]["id"]
    with app.app_context():
        journal = DatabaseJournal(db.engine)
        start = journal.present()
    read(client, "li", incident)
    with app.app_context():
        reached, found = journal.after(start)
    assert (reached > start, found) == (True, [])


def test_a_read_waits_for_nobody_who_works_on_the_incident(app: Flask, client: FlaskClient) -> None:
    incident = sent(client)["incident"]["id"]
    li = sign_in(client, "li")
    engine = owner_engine(app.extensions["linli"].settings.database_url)
    with engine.connect() as writer:
        writer.execute(text("SELECT 1 FROM incident WHERE id = :id FOR UPDATE"), {"id": incident})
        assert client.get(f"/api/v1/incidents/{incident}", headers=li).status_code == 200
        assert len(entries(app, incident)) == 1
    engine.dispose()


def test_readers_at_the_same_moment_write_one_chain(app: Flask, client: FlaskClient) -> None:
    incident = sent(client)["incident"]["id"]
    readers = [sign_in(client, login) for login in ("li", "zhou", "he", "gao", "duty")]
    together = threading.Barrier(len(readers))

    def look(headers: dict[str, str]) -> int:
        with app.app_context():
            together.wait(10)
            return app.test_client().get(f"/api/v1/incidents/{incident}", headers=headers).status_code

    with ThreadPoolExecutor(len(readers)) as threads:
        assert list(threads.map(look, readers)) == [200] * 5
    assert len({entry.actor for entry in entries(app, incident)}) == 5
    with acting_session(app) as session:
        assert list(broken_chains(session)) == []


@pytest.mark.parametrize("change", ["UPDATE event SET actor = 'nobody'", "DELETE FROM event"])
def test_an_entry_cannot_be_edited(app: Flask, client: FlaskClient, change: str) -> None:
    incident = sent(client)["incident"]["id"]
    read(client, "li", incident)
    with acting_session(app) as session, pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text(f"{change} WHERE stream = :stream"), {"stream": f"reads:{incident}"})
    assert len(entries(app, incident)) == 1


def test_what_cannot_be_noted_is_not_shown(app: Flask, client: FlaskClient) -> None:
    incident = sent(client)["incident"]["id"]
    li = sign_in(client, "li")
    engine = owner_engine(app.extensions["linli"].settings.database_url)
    with engine.begin() as owner:
        owner.execute(text("REVOKE INSERT ON event FROM linli_app"))
    try:
        answer = client.get(f"/api/v1/incidents/{incident}", headers=li)
    finally:
        with engine.begin() as owner:
            owner.execute(text("GRANT INSERT ON event TO linli_app"))
        engine.dispose()
    assert answer.status_code == 500
    assert "A loose cover" not in answer.get_data(as_text=True)


def looked(client: FlaskClient, receipt: str, language: str = "en") -> list[dict[str, Any]]:
    """Who looked, as the resident is told."""
    headers = {"Authorization": f"Receipt {receipt}", "Accept-Language": language}
    found: list[dict[str, Any]] = client.get("/api/v1/receipt", headers=headers).get_json()["looked"]
    return found


def test_the_resident_is_told_who_looked_when_and_why_and_never_by_name(
    client: FlaskClient, clock: MovableClock
) -> None:
    mine, other = sent(client), sent(client)
    assert looked(client, mine["receipt"]) == []
    read(client, "li", mine["incident"]["id"])
    clock.advance(minutes=10)
    read(client, "he", mine["incident"]["id"], "?purpose=complaint")
    latest, first = looked(client, mine["receipt"])
    assert (first["who"], first["why"], first["at"]) == ("owner", "owner", NOW.isoformat())
    assert latest["words"] == "Another member of staff opened it: because of a complaint."
    assert latest.keys() == {"at", "who", "why", "what", "words"}
    assert looked(client, mine["receipt"], "zh")[0]["words"] == "其他工作人员查看了报告：处理投诉。"
    assert looked(client, other["receipt"]) == []


def test_whoever_looked_before_a_report_joined_did_not_look_at_it(client: FlaskClient, clock: MovableClock) -> None:
    parent = sent(client, category="CN04")
    read(client, "li", parent["incident"]["id"])
    clock.advance(minutes=30)
    child = sent(client, category="CN01")
    read(client, "he", child["incident"]["id"])
    li = sign_in(client, "li")
    body = {"into": parent["incident"]["id"]}
    merged = client.post(f"/api/v1/incidents/{child['incident']['id']}/merge", json=body, headers=li)
    assert merged.status_code == 200, merged.get_json()
    assert [one["who"] for one in looked(client, child["receipt"])] == ["unstated"]


@pytest.mark.parametrize("purpose", [*PURPOSES, "owner", "offeree", "triage", "supervisor", "unstated"])
def test_every_purpose_has_words(purpose: str) -> None:
    assert f"looked.why.{purpose}" in texts()
    assert purpose in PURPOSES or f"looked.who.{purpose}" in texts()
