"""Weeks of rotas, turns one at a time, credentials that end, and lists as files."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from shapely import box
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.areas.models import Area, AreaImport, AreaShape
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.ids import new_id
from backend.kernel.journal import Event
from backend.kernel.sealed import Keyring
from backend.kernel.versions import bump
from backend.organisations.actions.desks import create_desk
from backend.organisations.models import Credential, Desk
from tests.conftest import NOW
from tests.organisations.conftest import Town
from tests.support.people import make_person, sign_in

Headers = dict[str, str]


@pytest.fixture
def ana(client: FlaskClient, session: Session, town: Town) -> Headers:
    """Headers of the supervisor; the council has a duty desk besides its last one."""
    create_desk(
        session, {"org_id": town.council, "area_id": town.area_id, "kind": "duty", "name": "Ward desk"}, now=NOW
    )
    imported = AreaImport(id=new_id(), source="test", digest="", imported_at=NOW, imported_by="a test", counts={})
    session.add(imported)
    session.flush()
    shape = AreaShape(area_id=town.area_id, import_id=imported.id, geometry=box(0, 0, 1, 1).wkb, valid_from=NOW)
    session.add(shape)
    bump(session, "areas")
    session.commit()
    act_as(session, SYSTEM)
    return sign_in(client, "ana")


@pytest.fixture
def ward(session: Session, ana: Headers) -> Desk:
    """The duty desk."""
    act_as(session, SYSTEM)
    return session.scalars(select(Desk).where(Desk.name == "Ward desk")).one()


def added(client: FlaskClient, headers: Headers, desk: Any, person: Any, start: str, end: str, rank: int = 0) -> Any:
    body = {"desk_id": str(desk), "person_id": str(person), "rank": rank, "local_from": start, "local_to": end}
    return client.post("/api/v1/shifts", json=body, headers=headers)


def week(client: FlaskClient, headers: Headers, **filters: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get("/api/v1/rosters/weeks", query_string=filters, headers=headers).get_json()[
        "items"
    ]
    return items


def test_a_gap_says_when_where_and_who_answers_then_until_it_is_filled(
    client: FlaskClient, ana: Headers, ward: Desk, town: Town
) -> None:
    assert added(client, ana, town.desk.id, town.ana, "2026-03-02T18:00", "2026-03-10T00:00").status_code == 201
    first = added(client, ana, ward.id, town.bo, "2026-03-02T18:00", "2026-03-03T22:00")
    assert (first.status_code, first.get_json()["from"]) == (201, "2026-03-02T10:00:00+00:00")
    (shown,) = week(client, ana, q="Ward")
    assert (shown["timezone"], next(day["date"] for day in shown["days"])) == ("Asia/Taipei", "2026-03-02")
    assert [shift["days"] for shift in shown["shifts"]] == [["2026-03-02", "2026-03-03"]]
    last = shown["gaps"][-1]
    assert last["text"]["en"] == "3 Mar 22:00 to 9 Mar 00:00: nobody at Ward desk. Reports then go to Town duty desk."
    assert last["instead"] == "other_desk"
    assert "届时报告转由" in last["text"]["zh"]
    assert added(client, ana, ward.id, town.ana, "2026-03-03T22:00", "2026-03-09T00:00").status_code == 201
    (filled,) = week(client, ana, q="Ward")
    assert [gap["to"] for gap in filled["gaps"]] == ["2026-03-02T10:00:00+00:00"]


def test_a_turn_is_changed_by_who_read_it_last_and_never_empties_the_last_desk(
    client: FlaskClient, ana: Headers, town: Town
) -> None:
    made = added(client, ana, town.desk.id, town.ana, "2026-03-03T08:00", "2026-03-03T20:00").get_json()

    def patch(body: dict[str, Any], tag: str) -> Any:
        return client.patch(f"/api/v1/shifts/{made['id']}", json=body, headers=ana | {"If-Match": tag})

    assert patch({"rank": 1}, '"stale"').status_code == 412
    refused = patch({"local_to": "2026-03-03T18:00"}, made["etag"])
    assert (refused.status_code, refused.get_json()["code"]) == (422, "last-desk-empty")
    changed = patch({"person_id": str(town.bo), "local_to": "2026-03-03T21:00"}, made["etag"]).get_json()
    assert (changed["name"], changed["to"]) == ("Bo Chen", "2026-03-03T13:00:00+00:00")


@pytest.mark.parametrize(
    "start, end, code",
    [
        ("2026-03-03T20:00", "2026-03-03T08:00", "shift-misplaced"),
        ("2026-03-01T08:00", "2026-03-02T08:00", "shift-misplaced"),
        ("2026-03-03T08:00Z", "2026-03-03T20:00Z", "invalid"),
    ],
)
def test_a_turn_that_cannot_be_is_refused(
    client: FlaskClient, ana: Headers, town: Town, start: str, end: str, code: str
) -> None:
    assert added(client, ana, town.desk.id, town.ana, start, end).get_json()["code"] == code


def test_in_the_night_of_the_clocks_a_time_that_is_skipped_is_named(
    client: FlaskClient, session: Session, ana: Headers, town: Town
) -> None:
    act_as(session, SYSTEM)
    session.get_one(Area, town.area_id).timezone = "Europe/Berlin"
    session.commit()
    refused = added(client, ana, town.desk.id, town.ana, "2026-03-29T02:30", "2026-03-29T10:00")
    assert (refused.status_code, refused.get_json()["code"]) == (422, "shift-misplaced")
    assert "clocks go forward" in refused.get_json()["detail"]
    (shown,) = week(client, ana, desk=str(town.desk.id), of="2026-03-29")
    assert [day["length_h"] for day in shown["days"]] == [24.0] * 6 + [23.0]


@pytest.fixture
def certified(session: Session, town: Town, ring: Keyring) -> None:
    """Bo's first aid ended, Ana's ends in ten days, and one of somebody who left."""
    days = {town.bo: -3, town.ana: 10}
    for person, left in days.items():
        session.add(
            Credential(
                id=new_id(), person_id=person, type="first_aid", level="qualified", issued_by="=A",
                valid_to=NOW + timedelta(days=left, hours=1), state="active",
            )
        )  # fmt: skip
    session.commit()
    act_as(session, SYSTEM)


@pytest.mark.usefixtures("certified")
def test_credentials_that_end_are_listed_and_counted_by_body(client: FlaskClient, ana: Headers, town: Town) -> None:
    said = client.get("/api/v1/credentials?within_days=30", headers=ana).get_json()
    assert [(one["name"], one["days_left"], one["proves"]) for one in said["items"]] == [
        ("Bo Chen", -3, None),
        ("Ana Lin", 10, "qualified"),
    ]
    (body,) = said["by_body"]
    assert (body["organisation_id"], body["over"], body["soon"]) == (str(town.council), 1, 1)


@pytest.mark.usefixtures("certified")
def test_people_are_found_by_their_sealed_names_and_taken_out_as_a_file(
    client: FlaskClient, session: Session, ana: Headers, town: Town, ring: Keyring
) -> None:
    found = client.post("/api/v1/people/searches", json={"q": "chEN"}, headers=ana).get_json()["items"]
    assert [one["name"] for one in found] == ["Bo Chen"]
    answer = client.get("/api/v1/people.csv?role=coordinator", headers=ana)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="linli-people.csv"'
    (row,) = csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff")))
    assert (row["name"], row["roles"], row["bodies"]) == ("Bo Chen", "coordinator", "River Town Council")
    certificates = client.get("/api/v1/credentials.csv", headers=ana).get_data(as_text=True)
    assert "'=A" in certificates
    act_as(session, SYSTEM)
    exported = [event.payload for event in session.scalars(select(Event).where(Event.type == "ListExported"))]
    assert exported == [{"list": "people", "rows": 1}, {"list": "credentials", "rows": 2}]
    make_person(session, ring, NOW, roles=["responder"], org=town.council, login="res", name="Res")
    responder = sign_in(client, "res")
    assert client.post("/api/v1/people/searches", json={"q": "chen"}, headers=responder).status_code == 403
    assert client.get("/api/v1/people.csv", headers=responder).status_code == 403
