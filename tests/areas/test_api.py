"""The routes of areas."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend.areas.actions import import_areas
from tests.areas.places import document, feature, polygon, square
from tests.conftest import NOW
from tests.support.people import make_organisation, make_person, sign_in

TOWN = document(
    feature("city", polygon(square(0, 0, 4)), name="River Town", name_zh="河镇", timezone="Asia/Taipei"),
    feature("east", polygon(square(2, 0, 2)), level=1, level_name="ward", parent_id="city", mayor="none"),
    feature("west", polygon(square(0, 0, 2)), level=1, level_name="ward", parent_id="city", name="100% West"),
)


@pytest.fixture
def enrol(app: Flask, session: Session, client: FlaskClient) -> Callable[[str], dict[str, str]]:
    """Make a person with a role, sign them in and give their headers, in a place with areas."""
    import_areas(session, document=TOWN, source="town", by="a test", now=NOW)
    org = make_organisation(session, NOW)

    def enrolled(role: str) -> dict[str, str]:
        make_person(session, app.extensions["linli"].keyring, NOW, roles=[role], org=org, login=role)
        return sign_in(client, role)

    return enrolled


@pytest.fixture
def admin(enrol: Callable[[str], dict[str, str]]) -> dict[str, str]:
    """Headers of an administrator."""
    return enrol("administrator")


def upload(client: FlaskClient, headers: dict[str, str], text: str, **options: str) -> Any:
    form = {"file": (io.BytesIO(text.encode()), "areas.geojson"), "source": "town"} | options
    return client.post("/api/v1/areas/imports", data=form, headers=headers, content_type="multipart/form-data")


def ids(client: FlaskClient, headers: dict[str, str]) -> dict[str, int]:
    listed = client.get("/api/v1/areas", headers=headers).get_json()["items"]
    return {one["source_id"]: one["id"] for one in listed}


def test_nobody_reads_or_imports_without_leave(client: FlaskClient, enrol: Callable[[str], dict[str, str]]) -> None:
    assert client.get("/api/v1/areas").status_code == 401
    assert client.get("/api/v1/areas/locate?lat=1&lon=1").status_code == 401
    assert upload(client, {}, TOWN).status_code == 401
    coordinator = enrol("coordinator")
    assert upload(client, coordinator, TOWN).status_code == 403
    assert client.get("/api/v1/areas", headers=coordinator).status_code == 200


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["city", "east", "west"]),
        ("level=1", ["east", "west"]),
        ("level=0&division=city", ["city"]),
        ("source=elsewhere", []),
        ("q=river", ["city"]),
        ("q=河", ["city"]),
        ("q=100%25", ["west"]),
        ("q=_", []),
    ],
)
def test_areas_are_listed_by_filter(
    client: FlaskClient, admin: dict[str, str], query: str, expected: list[str]
) -> None:
    answer = client.get(f"/api/v1/areas?{query}", headers=admin)
    assert [one["source_id"] for one in answer.get_json()["items"]] == expected


def test_children_are_listed_by_parent_and_pages_by_cursor(client: FlaskClient, admin: dict[str, str]) -> None:
    city = ids(client, admin)["city"]
    first = client.get(f"/api/v1/areas?parent={city}&limit=1", headers=admin).get_json()
    assert [one["source_id"] for one in first["items"]] == ["east"]
    rest = client.get(f"/api/v1/areas?parent={city}&limit=1&cursor={first['next_cursor']}", headers=admin).get_json()
    assert [one["source_id"] for one in rest["items"]] == ["west"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("query", ["cursor=abc", "cursor=WyJhIiwiYiJd", "level=-1", "limit=1000", "parent=x"])
def test_a_query_that_cannot_be_read_is_a_problem(client: FlaskClient, admin: dict[str, str], query: str) -> None:
    answer = client.get(f"/api/v1/areas?{query}", headers=admin)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert list(answer.get_json()["errors"]) == [query.partition("=")[0]]


def test_an_area_tells_its_chain_shape_and_history(client: FlaskClient, admin: dict[str, str]) -> None:
    known = ids(client, admin)
    body = client.get(f"/api/v1/areas/{known['east']}", headers=admin).get_json()
    assert [one["name"] for one in body["chain"]] == ["River Town", "EAST"]
    assert body["geometry"]["type"] == "Polygon"
    assert [shape["valid_to"] for shape in body["shapes"]] == [None]
    assert body["properties"] == {"mayor": "none"}
    assert client.get("/api/v1/areas/999999", headers=admin).status_code == 404


def test_a_point_is_looked_up(client: FlaskClient, admin: dict[str, str]) -> None:
    found = client.get("/api/v1/areas/locate?lat=1&lon=2", headers=admin).get_json()
    assert [one["name"] for one in found["primary"]] == ["River Town", "EAST"]
    assert [one["name"] for one in found["covers"]] == ["River Town", "EAST", "100% West"]
    assert found["smallest"] == found["primary"][-1]["id"]
    outside = client.get("/api/v1/areas/locate?lat=-1&lon=2", headers=admin).get_json()
    assert outside == {"outside": True, "smallest": None, "primary": [], "covers": []}


@pytest.mark.parametrize("query", ["lat=91&lon=0", "lat=1", "lat=nan&lon=1", "lat=x&lon=1"])
def test_a_point_that_is_none_is_a_problem(client: FlaskClient, admin: dict[str, str], query: str) -> None:
    answer = client.get(f"/api/v1/areas/locate?{query}", headers=admin)
    assert answer.status_code == 422


def test_an_import_is_previewed_then_made(client: FlaskClient, admin: dict[str, str]) -> None:
    wider = json.loads(TOWN)
    wider["features"] = [feature("city", polygon(square(0, 0, 5)), name="River Town"), wider["features"][1]]
    preview = upload(client, admin, json.dumps(wider), dry_run="true").get_json()
    assert [(one["kind"], one["source_id"]) for one in preview["changes"]] == [
        ("reshaped", "city"),
        ("retired", "west"),
    ]
    assert (preview["id"], preview["dry_run"]) == (None, True)
    assert set(ids(client, admin)) == {"city", "east", "west"}
    made = upload(client, admin, json.dumps(wider)).get_json()
    assert made["id"]
    assert made["counts"] == preview["counts"]
    assert set(ids(client, admin)) == {"city", "east"}
    shapes = client.get(f"/api/v1/areas/{ids(client, admin)['city']}", headers=admin).get_json()["shapes"]
    assert len(shapes) == 2
    found = client.get("/api/v1/areas/locate?lat=4.5&lon=4.5", headers=admin).get_json()
    assert [one["name"] for one in found["primary"]] == ["River Town"]


def test_a_broken_file_is_a_problem_that_names_each_row(client: FlaskClient, admin: dict[str, str]) -> None:
    broken = document(feature("bow", polygon([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]])))
    answer = upload(client, admin, broken)
    assert answer.status_code == 422
    body = answer.get_json()
    assert body["code"] == "areas-refused"
    assert [(one["row"], one["id"], one["code"]) for one in body["errors"]] == [(1, "bow", "invalid_polygon")]
    assert body["errors"][0]["message"]["zh"].startswith("多边形无效")
    assert set(ids(client, admin)) == {"city", "east", "west"}


def test_an_import_without_a_file_or_a_source_is_a_problem(client: FlaskClient, admin: dict[str, str]) -> None:
    answer = client.post(
        "/api/v1/areas/imports",
        data={"source": "x"},
        headers=admin,
        content_type="multipart/form-data",
    )
    assert answer.status_code == 422
    assert upload(client, admin, TOWN, source="").status_code == 422
