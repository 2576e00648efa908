"""The coordinators' map: incidents within sight and within bounds, responders without persons, borders of areas."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import h3.api.basic_int as h3
import pytest
from flask.testing import FlaskClient
from shapely.geometry import box
from sqlalchemy.orm import Session

from backend.areas.index import AreaIndex, IndexedArea
from backend.organisations.directory import TOP_ORGANISATION_ID
from backend.organisations.models import Responder
from tests.conftest import NOW, fresh_name
from tests.journeys.steps import report
from tests.support.baishi import NANMEN, TAOHUA, Baishi
from tests.support.people import make_person, sign_in
from tests.support.postgres import create_database, drop_database

NANMEN_BOX = {"south": 30.40, "west": 120.40, "north": 30.50, "east": 120.50}


@pytest.fixture
def database_url(postgres: str, baishi: Baishi) -> Iterator[str]:
    """A copy of the scenarios' world."""
    name = fresh_name()
    yield create_database(postgres, name, template="linli_baishi")
    drop_database(postgres, name)


def shown(client: FlaskClient, path: str, who: dict[str, str], **query: Any) -> Any:
    """What a part of the map answers."""
    answer = client.get(f"/api/v1/map/{path}", query_string=query, headers=who)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


def test_the_map_shows_what_lies_within_bounds_and_counts_what_has_no_place(
    client: FlaskClient, session: Session, app: Any, baishi: Baishi
) -> None:
    ring = app.extensions["linli"].keyring
    make_person(session, ring, NOW, roles=("coordinator",), org=TOP_ORGANISATION_ID, login="top")
    near = report(client, kind="concern", category="CN01", place=NANMEN)["incident"]["id"]
    far = report(client, kind="concern", category="CN02", place=TAOHUA)["incident"]["id"]
    report(client, kind="concern", category="CN01", text="Somewhere in the county")
    who = sign_in(client, "top")
    everything, part = shown(client, "incidents", who), shown(client, "incidents", who, **NANMEN_BOX)
    assert {one["id"] for one in everything["items"]} == {near, far}
    assert [(one["id"], one["lat"], one["lon"]) for one in part["items"]] == [(near, NANMEN["lat"], NANMEN["lon"])]
    assert everything["without_place"] == part["without_place"] == 1
    assert everything["truncated"] is False
    assert [one["id"] for one in shown(client, "incidents", who, category="CN02")["items"]] == [far]


def test_the_map_shows_no_more_than_the_queue(client: FlaskClient, session: Session, app: Any, baishi: Baishi) -> None:
    report(client, kind="concern", category="CN01", place=NANMEN)
    make_person(
        session, app.extensions["linli"].keyring, NOW, roles=("coordinator",),
        org=baishi.bodies["Taohua Mediators"], area=baishi.areas["taohua"], login="elsewhere",
    )  # fmt: skip
    assert shown(client, "incidents", sign_in(client, "elsewhere")) == {
        "items": [], "truncated": False, "without_place": 0,
    }  # fmt: skip
    assert len(shown(client, "incidents", sign_in(client, "duty"))["items"]) == 1


def test_responders_are_counted_in_coarse_cells_while_they_are_on_duty(
    client: FlaskClient, session: Session, app: Any, baishi: Baishi
) -> None:
    body = baishi.bodies["Nanmen Residents' Committee"]
    for number, until in enumerate(
        (NOW + timedelta(hours=2), NOW + timedelta(hours=1), NOW - timedelta(minutes=1), None)
    ):
        person = make_person(session, app.extensions["linli"].keyring, NOW, roles=("volunteer",), org=body)
        lat, lon = NANMEN["lat"] + number / 10_000, NANMEN["lon"]
        cells = {f"cell_{level}": h3.latlng_to_cell(lat, lon, level) for level in (8, 6, 4)}
        session.add(
            Responder(person_id=person, org_id=body, available=True, lat=lat, lon=lon, **cells, skills=["basic"],
                      nights=True, daily_cap=3, weekly_cap=9, on_duty_until=until, updated_at=NOW)
        )  # fmt: skip
        session.flush()
    session.commit()
    (cell,) = shown(client, "responders", sign_in(client, "duty"), **NANMEN_BOX)["items"]
    assert cell["count"] == 2
    assert cell["bodies"] == [{"id": str(body), "label": cell["bodies"][0]["label"], "count": 2}]
    middle = h3.cell_to_latlng(h3.latlng_to_cell(NANMEN["lat"], NANMEN["lon"], 7))
    assert (cell["lat"], cell["lon"]) == pytest.approx(middle)
    assert set(cell) == {"cell", "lat", "lon", "count", "bodies"}


def test_borders_are_those_that_reach_into_the_bounds(client: FlaskClient, baishi: Baishi) -> None:
    found = shown(client, "areas", sign_in(client, "duty"), **NANMEN_BOX)
    names = [one["properties"]["name"] for one in found["features"]]
    assert names == ["Qinghe County", "Baishi City", "Liuyuan Town", "Nanmen Community"]
    last = found["features"][-1]
    assert last["geometry"]["type"] == "Polygon"
    assert (last["properties"]["lat"], last["properties"]["lon"]) == pytest.approx((30.45, 120.45))
    assert found["truncated"] is False


REFUSED: list[dict[str, Any]] = [
    {"south": 30},
    {**NANMEN_BOX, "north": 20},
    {**NANMEN_BOX, "south": -91},
    {**NANMEN_BOX, "east": "nan"},
    {**NANMEN_BOX, "west": 181},
    {"grade": 6},
    {"category": "no"},
    {"unknown": 1},
]


@pytest.mark.parametrize("query", REFUSED, ids=str)
def test_what_cannot_be_shown_is_named(client: FlaskClient, baishi: Baishi, query: dict[str, Any]) -> None:
    answer = client.get("/api/v1/map/incidents", query_string=query, headers=sign_in(client, "duty"))
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")


@pytest.mark.parametrize(
    ("login", "path", "status"),
    [("wei", "incidents", 200), ("wei", "responders", 403), ("li", "responders", 200), (None, "incidents", 401)],
)
def test_who_may_read_the_map(client: FlaskClient, baishi: Baishi, login: str | None, path: str, status: int) -> None:
    who = sign_in(client, login) if login else {}
    assert client.get(f"/api/v1/map/{path}", headers=who).status_code == status


def test_bounds_may_cross_the_date_line() -> None:
    shapes = {1: box(178, -20, 180, -10), 2: box(-180, -20, -178, -10), 3: box(0, -20, 10, -10)}
    index = AreaIndex(
        (IndexedArea(id=which, parent_id=None, level=0, division=str(uuid4())), shape.wkb)
        for which, shape in shapes.items()
    )
    found = index.outlines((-25, 175, -5, -175), tolerance=0.001, most=10)
    assert {one.area.id for one in found} == {1, 2}
    assert len(index.outlines((-90, -180, 90, 180), tolerance=0.001, most=2)) == 2
