"""Fifty requests that people of Boston sent to their city, sent to Linli in the form that their city takes."""

import json
from collections import Counter
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from backend.areas.actions import import_areas
from backend.incidents.models import Incident, Ownership, Report
from backend.kernel.sealed import seal_of
from tests.conftest import NOW
from tests.intake.open311.conftest import V2, House, check_schema, get, post, request_of
from tests.support.application import acting_session
from tests.support.shared import shared_file

FILES = {"random": 20, "safety_keywords": 20, "unsafe_conditions": 10}
CODES = {"Unsafe Dangerous Conditions": "CN01"}


def rows() -> list[dict[str, Any]]:
    """Fifty of the city's requests, spread over its three files."""
    found = []
    for name, count in FILES.items():
        held = json.loads(shared_file(f"reports/boston_311_{name}.json").read_text())
        found += held[:: len(held) // count][:count]
    return found


def form_of(row: dict[str, Any]) -> dict[str, str]:
    """A request as its sender sent it. The city's service "Other" is our request for information."""
    return {
        "service_code": CODES.get(row["service_name"], "CN16"), "description": row["description"],
        "lat": str(row["lat"]), "long": str(row["long"]), "address_string": row["address"],
        "attribute[happened_at]": row["requested_datetime"],
    }  # fmt: skip


@pytest.fixture(scope="module")
def sent(house: House) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each row with the answer that it got."""
    document = shared_file("areas/boston_neighborhoods.geojson").read_text()
    with acting_session(house.app) as session:
        import_areas(session, document=document, source="boston", by="test", now=NOW, repair=True)
        session.commit()
    client = house.app.test_client()
    return [(row, post(client, form_of(row), **{"Idempotency-Key": row["service_request_id"]})) for row in rows()]


def test_every_request_is_located_and_owned_with_its_words_as_they_were(
    house: House, sent: list[tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    assert len({answer["service_request_id"] for _, answer in sent}) == 50
    ring = house.app.extensions["linli"].keyring
    places: Counter[bool] = Counter()
    with acting_session(house.app) as session:
        for row, answer in sent:
            report = session.get_one(Report, answer["service_request_id"])
            incident = session.get_one(Incident, report.incident_id)
            seal = seal_of(session, ring, report.id)
            assert seal.open("text", report.text) == row["description"]
            assert seal.open("landmark", report.landmark) == row["address"]
            assert (report.lat, report.lon, report.channel) == (row["lat"], row["long"], "open311")
            assert incident.owner_desk_id is not None
            places[incident.area_id is not None] += 1
        open_ones = session.scalar(select(func.count()).where(func.upper_inf(Ownership.during)))
    assert places[True] >= 48
    assert open_ones == 50


def test_every_request_can_be_followed_and_repeats_make_none(
    client: FlaskClient, sent: list[tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    found = [request_of(client, answer) for _, answer in sent]
    check_schema("requests", found)
    assert {one["status"] for one in found} == {"open"}
    assert all(one["expected_datetime"] > one["requested_datetime"] for one in found)
    ids = ",".join(answer["service_request_id"] for _, answer in sent)
    assert get(client, "requests", service_request_id=ids) == found
    for row, answer in sent[::10]:
        assert post(client, form_of(row), **{"Idempotency-Key": row["service_request_id"]}) == answer


def test_what_is_told_of_them_in_public_is_no_word_address_or_place_of_theirs(
    house: House, client: FlaskClient, sent: list[tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    house.clock.advance(days=15)
    listed = get(client, "requests")
    check_schema("requests", listed)
    assert len(listed) >= 25
    said = client.get(f"{V2}/requests.json").get_data(as_text=True)
    for row, answer in sent:
        assert row["description"] not in said
        assert row["address"].partition(",")[0] not in said
        assert answer["service_request_id"] not in said
        assert f"{row['lat']}" not in said
    places = Counter((one["service_code"], one["lat"], one["long"]) for one in listed)
    assert min(places.values()) >= 5
    print(f"\n{len(listed)} of 50 are listed: {dict(places)}")
