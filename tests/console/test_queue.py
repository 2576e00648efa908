"""The queue for the console: the order by risk, filters, words in a body, saved views, who looks, and acts on several."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from backend import policy
from backend.console.presence import forget_leases
from backend.incidents.rules import PACES_S
from backend.kernel.clock import MovableClock
from tests.conftest import NOW
from tests.support.application import acting_session, application, with_baishi
from tests.support.baishi import NANMEN, TAOHUA, Baishi
from tests.support.people import sign_in

LENGTHS_S = (120, 600, 3600, 14_400, 86_400, 604_800)


@pytest.fixture(scope="module")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Baishi]]:
    """One world for all tests here."""
    with application(postgres, tmp_path_factory.mktemp("queue"), NOW) as app:
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


@pytest.fixture(scope="module")
def staff(house: tuple[Flask, Baishi]) -> dict[str, dict[str, str]]:
    """The headers of everybody who signs in here."""
    return {name: sign_in(house[0].test_client(), name) for name in ("li", "zhou", "duty", "wei", "tao", "gao")}


def report(client: FlaskClient, category: str | None = "CN01", place: dict[str, float] = NANMEN, **said: Any) -> str:
    """Somebody reports; the incident."""
    body: dict[str, Any] = {"client_id": str(uuid4()), "kind": "concern", "place": place, "text": "The lamp is out"}
    body |= {"category": category} if category else {}
    answer = client.post("/api/v1/reports", json=body | said)
    assert answer.status_code == 201, answer.text
    found: str = answer.get_json()["incident"]["id"]
    return found


def promise(app: Flask, incident: str, *, length_s: float, used: float, now: datetime = NOW) -> None:
    """Let an incident's next promise be of a length, of which a share is used."""
    since = now - timedelta(seconds=length_s * used)
    with acting_session(app) as session:
        session.execute(
            text("UPDATE incident SET due_since = :since, due_at = :due WHERE id = :id"),
            {"id": incident, "since": since, "due": since + timedelta(seconds=length_s)},
        )
        session.commit()


def listed(client: FlaskClient, who: dict[str, str], **query: Any) -> list[dict[str, Any]]:
    """The whole list, page by page."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        asked = query | ({"cursor": cursor} if cursor else {})
        answer = client.get("/api/v1/incidents", query_string=asked, headers=who)
        assert answer.status_code == 200, answer.text
        found += answer.get_json()["items"]
        cursor = answer.get_json()["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [2, 3, 50])
def test_by_risk_comes_first_what_has_used_most_of_its_time(
    app: Flask, client: FlaskClient, staff: dict[str, dict[str, str]], limit: int
) -> None:
    made = {}
    for at, length_s in enumerate(LENGTHS_S * 3):
        incident = report(client, category="CN03")
        promise(app, incident, length_s=length_s, used=(at * 7 % 18) / 10)
        made[incident] = (at * 7 % 18) / 10
    bare = report(client, category="CN03")
    with acting_session(app) as session:
        session.execute(text("UPDATE incident SET due_at = NULL, due_since = NULL WHERE id = :id"), {"id": bare})
        session.commit()
    found = [one["id"] for one in listed(client, staff["li"], sort="risk", category="CN03", limit=limit)]
    mine = [one for one in found if one in made]
    assert found[-1] == bare
    assert len(found) == len(set(found))
    assert set(mine) == set(made)
    shares = [made[one] for one in mine]
    assert shares == sorted(shares, reverse=True)
    with acting_session(app) as session:
        session.execute(text("UPDATE incident SET category = 'CN08' WHERE category = 'CN03'"))
        session.commit()


def test_the_pages_by_risk_are_those_of_the_moment_of_the_first(
    app: Flask, client: FlaskClient, staff: dict[str, dict[str, str]]
) -> None:
    wanted = []
    for used in (0.9, 0.5):
        for length_s in (120, 86_400):
            incident = report(client, category="CN09")
            promise(app, incident, length_s=length_s, used=used)
            wanted.append(incident)
    clock: MovableClock = app.extensions["linli"].clock
    found, cursor = [], None
    for _ in range(4):
        query = {"sort": "risk", "category": "CN09", "limit": 1} | ({"cursor": cursor} if cursor else {})
        answer = client.get("/api/v1/incidents", query_string=query, headers=staff["li"]).get_json()
        found += [one["id"] for one in answer["items"]]
        cursor = answer["next_cursor"]
        clock.advance(minutes=2)  # by now both short promises are late
    clock.advance(minutes=-8)
    assert sorted(found) == sorted(wanted)


@pytest.mark.parametrize(
    "cursor", ["W10", "WyJ4IiwxLCJ4IiwieCJd", "WyIyMDI2LTAzLTAyVDA5OjAwOjAwKzAwOjAwIiwgOTksIG51bGwsICJ4Il0"]
)
def test_a_cursor_of_another_list_is_refused(
    client: FlaskClient, staff: dict[str, dict[str, str]], cursor: str
) -> None:
    answer = client.get("/api/v1/incidents", query_string={"sort": "risk", "cursor": cursor}, headers=staff["li"])
    assert answer.status_code == 422


def test_every_length_that_a_grade_names_is_a_class_of_its_own() -> None:
    grades = yaml.safe_load((Path(policy.__file__).parent / "defaults" / "grades.yaml").read_text())["grades"]
    named = {grade[kind]["s"] for grade in grades.values() for kind in ("acknowledge", "contact", "action", "resolve")}
    assert named <= set(PACES_S)


@pytest.mark.parametrize("sort", ["risk", "urgency", "newest"])
def test_filters_hold_in_every_order(
    app: Flask, world: Baishi, client: FlaskClient, staff: dict[str, dict[str, str]], sort: str
) -> None:
    one, other = report(client, category="CN07"), report(client, category="CN07", language="zh")
    with acting_session(app) as session:
        session.execute(
            text("UPDATE incident SET disputed = true, major = true, due_at = :late WHERE id = :id"),
            {"id": one, "late": NOW - timedelta(minutes=1)},
        )
        session.commit()

    def ids(**query: Any) -> set[str]:
        found = listed(client, staff["li"], sort=sort, **query)
        return {row["id"] for row in found} & {one, other}

    assert ids() == {one, other}
    assert ids(disputed="true") == ids(major="true") == ids(late="true") == {one}
    assert ids(language="zh") == {other}
    assert ids(without_person="true") == set()
    assert ids(mine="true") == ids(my_bodies="true") == {one, other}
    assert ids(owner=str(world.bodies["Nanmen Residents' Committee"])) == {one, other}
    assert ids(owner=str(world.bodies["Baishi Police"])) == set()
    with acting_session(app) as session:
        session.execute(text("UPDATE incident SET disputed = false, major = false WHERE id = :id"), {"id": one})
        session.commit()


def test_words_are_searched_for_in_a_body_and_by_whoever_may_see_alone(
    client: FlaskClient, staff: dict[str, dict[str, str]]
) -> None:
    incident = report(client, category="CN10", text="A turquoise kite hangs in the wires")
    for who, found in (("li", [incident]), ("tao", [])):
        answer = client.post("/api/v1/incidents/search", json={"q": "turquoise kite"}, headers=staff[who])
        assert [one["id"] for one in answer.get_json()["items"]] == found
    assert client.post("/api/v1/incidents/search", json={"grade": "1"}, headers=staff["li"]).status_code == 422


def test_ids_find_what_is_closed_too_and_nothing_that_may_not_be_seen(
    client: FlaskClient, staff: dict[str, dict[str, str]]
) -> None:
    mine, theirs = report(client), report(client, place=TAOHUA)
    answer = client.post("/api/v1/incidents/search", json={"ids": [mine, theirs, str(uuid4())]}, headers=staff["li"])
    assert [one["id"] for one in answer.get_json()["items"]] == [mine]


def test_alarms_show_their_clock_and_their_ladder(client: FlaskClient, staff: dict[str, dict[str, str]]) -> None:
    incident = report(client, None, kind="distress")
    found = client.get("/api/v1/incidents/alarms", headers=staff["duty"]).get_json()["items"]
    (alarm,) = [one for one in found if one["id"] == incident]
    assert alarm["grade"] == 1
    assert datetime.fromisoformat(alarm["acknowledge_by"]) > NOW
    assert alarm["rungs_climbed"] == 0
    client.post(f"/api/v1/incidents/{incident}/acknowledge", headers=staff["duty"])
    found = client.get("/api/v1/incidents/alarms", headers=staff["duty"]).get_json()["items"]
    assert next(one for one in found if one["id"] == incident)["acknowledge_by"] is None


def test_a_view_is_saved_renamed_chosen_and_deleted(client: FlaskClient, staff: dict[str, dict[str, str]]) -> None:
    li = staff["li"]
    said = {"name": "Late in Nanmen", "filters": {"late": True, "grade": [2, 3], "sort": "risk"}}
    first = client.post("/api/v1/me/views", json=said, headers=li).get_json()
    assert first["filters"] == {"late": True, "grade": [2, 3], "sort": "risk"}
    second = client.post("/api/v1/me/views", json=said | {"name": "All", "is_default": True}, headers=li).get_json()
    path = f"/api/v1/me/views/{first['id']}"
    renamed = client.patch(path, json={"name": "夜间"}, headers=li | {"If-Match": first["etag"]}).get_json()
    assert renamed["name"] == "夜间"
    stale = client.patch(path, json={"name": "X"}, headers=li | {"If-Match": first["etag"]})
    assert (stale.status_code, stale.get_json()["code"]) == (412, "changed-meanwhile")
    client.patch(path, json={"is_default": True}, headers=li)
    shown = client.get("/api/v1/me/views", headers=li).get_json()["items"]
    assert {one["name"]: one["is_default"] for one in shown} == {"夜间": True, "All": False}
    for headers, status in ((staff["zhou"], 404), (li | {"If-Match": first["etag"]}, 412), (li, 204)):
        assert client.delete(path, headers=headers).status_code == status
    assert [one["id"] for one in client.get("/api/v1/me/views", headers=li).get_json()["items"]] == [second["id"]]
    assert client.get("/api/v1/me/views", headers=staff["zhou"]).get_json()["items"] == []


def test_a_view_keeps_no_words_and_its_name_is_sealed(
    app: Flask, client: FlaskClient, staff: dict[str, dict[str, str]]
) -> None:
    said = {"name": "For Mrs Example", "filters": {"q": "Mrs Example"}}
    assert client.post("/api/v1/me/views", json=said, headers=staff["duty"]).status_code == 422
    client.post("/api/v1/me/views", json=said | {"filters": {}}, headers=staff["duty"])
    with acting_session(app) as session:
        assert b"Example" not in b"".join(session.scalars(text("SELECT name FROM saved_view")))


def test_nobody_has_more_views_than_anybody_can_tell_apart(
    client: FlaskClient, staff: dict[str, dict[str, str]]
) -> None:
    for at in range(51):
        answer = client.post("/api/v1/me/views", json={"name": f"View {at}", "filters": {}}, headers=staff["gao"])
    assert (answer.status_code, answer.get_json()["code"]) == (409, "too-many-views")


def test_who_looks_is_seen_by_whoever_sees_the_incident_until_the_lease_ends(
    app: Flask, world: Baishi, client: FlaskClient, staff: dict[str, dict[str, str]]
) -> None:
    incident = report(client)

    def others(who: str) -> list[str | None]:
        answer = client.post("/api/v1/incidents/looking", json={"ids": [incident]}, headers=staff[who])
        return [one["name"] for one in answer.get_json()["items"]]

    assert client.put(f"/api/v1/incidents/{incident}/looking", headers=staff["li"]).get_json() == {"items": []}
    again = client.put(f"/api/v1/incidents/{incident}/looking", headers=staff["zhou"]).get_json()
    assert [one["person_id"] for one in again["items"]] == [str(world.people["li"])]
    assert len(others("duty")) == 2
    assert all(others("duty"))  # names, for the desk
    assert others("tao") == []  # cannot see the incident
    assert client.put(f"/api/v1/incidents/{incident}/looking", headers=staff["tao"]).status_code == 404
    client.delete(f"/api/v1/incidents/{incident}/looking", headers=staff["zhou"])
    clock: MovableClock = app.extensions["linli"].clock
    clock.advance(seconds=31)
    assert others("duty") == []
    clock.advance(seconds=30)
    with acting_session(app) as session:
        assert forget_leases(session, clock.now()) == 1
        session.commit()
    clock.advance(seconds=-61)


def test_a_responder_without_the_right_to_names_sees_that_somebody_looks(
    app: Flask, client: FlaskClient, staff: dict[str, dict[str, str]]
) -> None:
    incident = report(client)
    with acting_session(app) as session:
        session.execute(
            text("UPDATE incident SET party_org_ids = (SELECT array_agg(id) FROM organisation) WHERE id = :id"),
            {"id": incident},
        )
        session.commit()
    client.put(f"/api/v1/incidents/{incident}/looking", headers=staff["li"])
    answer = client.post("/api/v1/incidents/looking", json={"ids": [incident]}, headers=staff["gao"]).get_json()
    assert [one["name"] for one in answer["items"]] == [None]


def test_each_of_several_is_triaged_or_refused_by_itself(client: FlaskClient, staff: dict[str, dict[str, str]]) -> None:
    good, changed, unseen = report(client, None), report(client, None), report(client, None, place=TAOHUA)
    body = {
        "act": "triage", "category": "CN01", "grade": 3,
        "items": [{"id": good, "version": 1}, {"id": changed, "version": 7}, {"id": unseen}],
    }  # fmt: skip
    versions = client.post("/api/v1/incidents/search", json={"ids": [good]}, headers=staff["li"]).get_json()["items"]
    body["items"][0]["version"] = versions[0]["version"]  # type: ignore[index]
    found = client.post("/api/v1/incidents/bulk", json=body, headers=staff["li"]).get_json()["items"]
    assert [one["id"] for one in found] == [good, changed, unseen]
    assert (found[0]["incident"]["grade"], found[0]["problem"]) == (3, None)
    assert [one["problem"]["code"] for one in found[1:]] == ["changed-meanwhile", "no-such-incident"]
    zh = client.post("/api/v1/incidents/bulk", json=body, headers=staff["li"] | {"Accept-Language": "zh"}).get_json()
    assert zh["items"][1]["problem"]["title"] == "内容已被他人修改"
    untouched = client.post("/api/v1/incidents/search", json={"ids": [changed]}, headers=staff["li"]).get_json()
    assert untouched["items"][0]["status"] == "received"


def test_what_one_refuses_leaves_no_trace_and_the_others_are_done(
    app: Flask, client: FlaskClient, staff: dict[str, dict[str, str]]
) -> None:
    first, second = report(client, None), report(client, None)
    with acting_session(app) as session:
        session.execute(text("UPDATE incident SET grade = 1 WHERE id = :id"), {"id": first})
        session.commit()
    body = {
        "act": "triage",
        "category": "CN01",
        "grade": 5,
        "reason": "Nobody is hurt",
        "items": [{"id": first}, {"id": second}],
    }
    found = client.post("/api/v1/incidents/bulk", json=body, headers=staff["li"]).get_json()["items"]
    assert found[0]["problem"] is not None
    assert found[1]["incident"] is not None
    with acting_session(app) as session:
        kept = session.scalar(text("SELECT count(*) FROM triage WHERE incident_id = :id"), {"id": UUID(first)})
    assert kept == 0


@pytest.mark.parametrize("said", [{"act": "triage"}, {"act": "close"}, {"act": "acknowledge", "items": []}])
def test_a_call_that_cannot_be_meant_is_refused_whole(
    client: FlaskClient, staff: dict[str, dict[str, str]], said: dict[str, Any]
) -> None:
    body = {"items": [{"id": report(client)}]} | said
    assert client.post("/api/v1/incidents/bulk", json=body, headers=staff["li"]).status_code == 422
    twice = {"act": "acknowledge", "items": body["items"] * 2}
    assert client.post("/api/v1/incidents/bulk", json=twice, headers=staff["li"]).status_code == 422
