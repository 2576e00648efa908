"""Looking at a file of areas before it is imported, and confirming what was looked at."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.areas.actions import import_areas
from backend.areas.models import Area, AreaShape
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.journal import Event
from tests.areas.places import Ring, document, feature, polygon, square
from tests.areas.test_api import TOWN, admin, enrol, ids, upload
from tests.conftest import NOW

__all__ = ["admin", "enrol"]
BOW: Ring = [[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]
WARD = {"level": 1, "level_name": "ward", "parent_id": "city"}


def previewed(client: FlaskClient, headers: dict[str, str], text: str, **options: str) -> Any:
    form = {"file": (io.BytesIO(text.encode()), "areas.geojson"), "source": "town"} | options
    return client.post("/api/v1/areas/previews", data=form, headers=headers, content_type="multipart/form-data")


def counted(session: Session) -> tuple[int, ...]:
    act_as(session, SYSTEM)
    return tuple(session.scalar(select(func.count()).select_from(one)) or 0 for one in (Area, AreaShape, Event))


def changed_town() -> str:
    """West moves its border, east is gone, south is new."""
    return document(
        feature("city", polygon(square(0, 0, 4)), name="River Town", name_zh="河镇", timezone="Asia/Taipei"),
        feature("west", polygon(square(0, 0, 1.9)), name="100% West", **WARD),
        feature("south", polygon(square(2, 2, 1)), **WARD),
    )


def test_a_preview_says_what_would_change_and_changes_nothing(
    client: FlaskClient, session: Session, admin: dict[str, str]
) -> None:
    before = counted(session)
    said = previewed(client, admin, changed_town()).get_json()
    assert {kind: n for kind, n in said["counts"].items() if n} == {
        "added": 1,
        "reshaped": 1,
        "retired": 1,
        "unchanged": 1,
    }
    assert {(one["kind"], one["source_id"]) for one in said["changes"]} == {
        ("added", "south"),
        ("reshaped", "west"),
        ("retired", "east"),
    }
    assert said["can_import"]
    assert [(shape["source_id"], shape["kind"]) for shape in said["sketch"]["shapes"]] == [
        ("city", "unchanged"),
        ("west", "reshaped"),
        ("south", "added"),
    ]
    assert counted(session) == before


def test_the_sound_and_the_broken_are_told_apart_and_nothing_can_be_imported(
    client: FlaskClient, session: Session, admin: dict[str, str]
) -> None:
    before = counted(session)
    broken = document(
        *json.loads(changed_town())["features"][:2], feature("east", polygon(BOW), name="East", **WARD)
    )  # fmt: skip
    said = previewed(client, admin, broken).get_json()
    (problem,) = said["problems"]
    assert (problem["row"], problem["id"], problem["code"]) == (3, "east", "invalid_polygon")
    assert "Self-intersection" in problem["message"]["en"]
    assert (said["can_import"], said["counts"]["invalid"], said["counts"]["reshaped"]) == (False, 1, 1)
    assert said["counts"]["retired"] == 0  # it is in the file, broken
    refused = upload(client, admin, broken, preview=said["digest"])
    assert (refused.status_code, refused.get_json()["code"]) == (422, "areas-refused")
    assert counted(session) == before


def test_what_was_previewed_is_what_is_imported(client: FlaskClient, admin: dict[str, str]) -> None:
    digest = previewed(client, admin, changed_town()).get_json()["digest"]
    done = upload(client, admin, changed_town(), preview=digest)
    assert (done.status_code, done.get_json()["counts"]["added"]) == (200, 1)


@pytest.mark.parametrize("what", ["another file", "another reading", "other areas"])
def test_a_preview_that_holds_no_more_is_refused(
    client: FlaskClient, session: Session, admin: dict[str, str], what: str
) -> None:
    digest = previewed(client, admin, changed_town()).get_json()["digest"]
    options: dict[str, str] = {"repair": "true"} if what == "another reading" else {}
    text = changed_town() + " " if what == "another file" else changed_town()
    if what == "other areas":
        act_as(session, SYSTEM)
        third = document(feature("city", polygon(square(0, 0, 4)), name="Renamed"))
        import_areas(session, document=third, source="town", by="somebody else", now=NOW)
        session.commit()
    before = counted(session)
    refused = upload(client, admin, text, preview=digest, **options)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "preview-stale")
    assert counted(session) == before


def test_overlaps_and_areas_outside_their_parent_are_named(client: FlaskClient, admin: dict[str, str]) -> None:
    text = document(
        feature("city", polygon(square(0, 0, 4))),
        feature("a", polygon(square(0, 0, 2)), **WARD),
        feature("b", polygon(square(1, 0, 2)), **WARD),
        feature("c", polygon(square(3, 3, 2)), **WARD),
        feature("touching", polygon(square(0, 2, 1)), **WARD),
        feature("beat", polygon(square(0, 0, 3)), level=1, level_name="beat", parent_id="city"),
    )
    said = previewed(client, admin, text).get_json()
    assert [(one["first"], one["second"], one["share"]) for one in said["overlaps"]] == [("a", "b", 0.5)]
    assert [(one["id"], one["parent_id"], one["share"]) for one in said["outside"]] == [("c", "city", 0.75)]
    assert said["can_import"]  # these are questions for people, not errors


def test_a_file_that_is_none_is_refused_in_words(client: FlaskClient, admin: dict[str, str]) -> None:
    refused = previewed(client, admin, "{")
    assert (refused.status_code, refused.get_json()["code"]) == (422, "areas-refused")


def test_only_those_who_import_may_preview(client: FlaskClient, enrol: Callable[[str], dict[str, str]]) -> None:
    assert previewed(client, enrol("coordinator"), TOWN).status_code == 403


def test_an_area_is_sketched_with_those_below_it(client: FlaskClient, admin: dict[str, str]) -> None:
    city = ids(client, admin)["city"]
    said = client.get(f"/api/v1/areas/sketch?area={city}", headers=admin).get_json()
    assert [(one["source_id"], one["kind"]) for one in said["shapes"]] == [
        ("city", "parent"),
        ("east", "child"),
        ("west", "child"),
    ]
    paths = {one["source_id"]: one["path"] for one in said["shapes"]}
    assert (said["width"], said["height"]) == (1000, 1001)
    assert paths["east"].count("L") == 4
    assert "500 " in paths["east"]
    widest = client.get("/api/v1/areas/sketch", headers=admin).get_json()
    assert [one["source_id"] for one in widest["shapes"]] == ["city"]
    assert client.get("/api/v1/areas/sketch?area=99999", headers=admin).status_code == 404
