"""The list that anybody may read: blurred, late, never few, and nothing of anybody who is to be kept out of it."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import h3
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from backend.incidents.models import Incident, Report
from backend.intake.open311.public import incident_of, public_id_of
from backend.intake.open311.rules import PLACES_LEAST
from backend.kernel.sealed import Keyring
from backend.policy.actions import import_draft
from backend.policy.drafts import read_draft
from tests.bench.statements import counted
from tests.conftest import NOW
from tests.intake.open311.conftest import V2, House, check_schema, errors, get
from tests.support.application import acting_session, application, with_baishi
from tests.support.baishi import NANMEN, TAOHUA

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
# Words, names and addresses of people, none of which may ever be in the list.
SECRETS = ("drilling", "Mei", "mei@example.org", "Willow Lane 7", "tenant")


def around(place: dict[str, float], count: int) -> list[dict[str, float]]:
    """Places some 300 m apart."""
    cells = sorted(h3.cell_to_children(h3.latlng_to_cell(place["lat"], place["lon"], 7), 9))
    return [dict(zip(("lat", "lon"), h3.cell_to_latlng(cell), strict=True)) for cell in cells[: count * 3 : 3]]


def report(client: FlaskClient, place: dict[str, float] | None, **said: Any) -> str:
    """Send a report by the page and return its incident's id."""
    body = {
        "client_id": str(uuid4()), "kind": "concern", "category": "CN04", "text": "drilling by the tenant below",
        "contact": {"name": "Mei", "email": "mei@example.org"}, **said,
    }  # fmt: skip
    if place:
        body["place"] = place | {"landmark": "Willow Lane 7"}
    answer = client.post("/api/v1/reports", json=body)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return str(answer.get_json()["incident"]["id"])


@pytest.fixture(scope="module")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Six noises and five hazards in Nanmen this week, two noises in Taohua, some that are nobody's business; later."""
    with application(postgres, tmp_path_factory.mktemp("open311_public"), NOW) as app:
        made = House(app, with_baishi(app, NOW))
        client = app.test_client()
        for place in around(NANMEN, 6):
            report(client, place)
        for place in around(NANMEN, 5):
            report(client, place, category="CN01")
        for place in around(TAOHUA, 2):
            report(client, place)
        for place in around(NANMEN, 8):
            report(client, place, category="CN12", text="tenant not seen")
            report(client, place, category="CN06")
            report(client, place, kind="aid_request", category="AID01")
            report(client, place, kind="distress", category="DS09")
        made.clock.advance(days=14 - 9 / 24)
        yield made


@pytest.fixture
def later(house: House) -> Iterator[None]:
    """More than an hour passes in the test, so that it sees what is new; its changes are undone by whoever makes them."""
    house.clock.advance(minutes=61)
    yield
    house.clock.advance(minutes=61)


def listed(client: FlaskClient, **query: str) -> list[dict[str, Any]]:
    found = get(client, "requests", **query)
    check_schema("requests", found)
    assert isinstance(found, list)
    return found


def test_the_list_has_only_services_and_never_few_of_one_place(client: FlaskClient) -> None:
    found = listed(client)
    assert Counter(one["service_code"] for one in found) == {"CN04": 6, "CN01": 5}
    places = Counter((one["service_code"], one["lat"], one["long"]) for one in found)
    assert min(places.values()) >= PLACES_LEAST
    # Two in Taohua are too few there, and too few in every wider cell.
    assert {one["address"] for one in found} == {"Nanmen Community"}


def test_nothing_in_the_list_tells_one_from_the_others_beside_it(client: FlaskClient) -> None:
    noises = listed(client, service_code="CN04")
    assert len({json.dumps(one | {"service_request_id": ""}) for one in noises}) == 1
    cell = h3.latlng_to_cell(NANMEN["lat"], NANMEN["lon"], 7)
    lat, lon = h3.cell_to_latlng(cell)
    assert noises[0] | {"service_request_id": ""} == {
        "service_request_id": "", "status": "open", "status_notes": None, "service_name": "Noise or nuisance",
        "service_code": "CN04", "description": None, "agency_responsible": None, "service_notice": None,
        "requested_datetime": "2026-03-02T00:00:00Z", "updated_datetime": "2026-03-02T00:00:00Z",
        "expected_datetime": None, "address": "Nanmen Community", "address_id": None, "zipcode": None,
        "lat": round(lat, 4), "long": round(lon, 4), "media_url": None,
    }  # fmt: skip


@pytest.mark.parametrize("path", ["requests.json", "requests.xml"])
def test_no_word_of_anybody_is_in_the_list(client: FlaskClient, path: str) -> None:
    body = client.get(f"{V2}/{path}").get_data(as_text=True)
    assert "Nanmen Community" in body
    assert [secret for secret in SECRETS if secret in body] == []


def test_a_week_is_not_shown_before_it_and_the_next_are_over(house: House, client: FlaskClient) -> None:
    shown = len(listed(client))
    house.clock.advance(minutes=-1)
    assert (shown, listed(client)) == (11, [])
    house.clock.advance(minutes=1)


def test_ids_in_the_list_are_of_no_report_and_no_incident(house: House, client: FlaskClient) -> None:
    ids = {UUID(one["service_request_id"]) for one in listed(client)}
    with acting_session(house.app) as session:
        known = set(session.scalars(select(Report.id))) | set(session.scalars(select(Incident.id)))
    assert (len(ids), ids & known) == (11, set())


def test_one_of_the_list_is_found_by_its_id_and_says_no_more_there(client: FlaskClient) -> None:
    found = listed(client)
    ids = [one["service_request_id"] for one in found]
    assert get(client, f"requests/{ids[0]}") == found[:1]
    assert get(client, "requests", service_request_id=",".join(ids[:3])) == found[:3]
    assert errors(client.get(f"{V2}/tokens/{ids[0]}.json"), 404)


def test_what_is_not_in_the_list_is_not_found_by_its_id_either(house: House, client: FlaskClient) -> None:
    ring: Keyring = house.app.extensions["linli"].keyring
    with acting_session(house.app) as session:
        hidden = session.scalars(
            select(Incident.id).where(Incident.category.in_(("CN12", "DS09", "AID01", "CN06")))
        ).all()
        few = session.scalars(select(Incident.id).where(Incident.category == "CN04", Incident.lat < 30.4)).all()
    assert len(few) == 2
    for incident_id in (*hidden, *few):
        assert errors(client.get(f"{V2}/requests/{public_id_of(ring, incident_id)}.json"), 404)


def test_a_public_id_is_turned_back_by_the_keys_alone() -> None:
    ring, other = Keyring("k1", {"k1": bytes(32)}), Keyring("k1", {"k1": bytes(31) + b"1"})
    incident = uuid4()
    assert incident_of(ring, public_id_of(ring, incident)) == incident
    assert incident_of(other, public_id_of(ring, incident)) != incident


# What an incident may be or have that keeps it out of the list, whatever its category.
HIDDEN: dict[str, dict[str, Any]] = {
    "of an exercise": {"exercise_id": UUID(int=1)},
    "with a reporter who is only safe in some ways": {"safe_mode": True},
    "taken back": {"state": "withdrawn", "closed_at": NOW},
    "joined to another": {"state": "merged", "closed_at": NOW},
    "now about harm": {"category": "DS04"},
    "without a category": {"category": None},
    "behind another wall": {"compartment": "aid"},
}


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("why", HIDDEN)
def test_what_is_kept_out_does_not_count_either(house: House, client: FlaskClient, why: str) -> None:
    with acting_session(house.app) as session:
        one = session.scalars(select(Incident).where(Incident.category == "CN01")).first()
        assert one is not None
        before = {name: getattr(one, name) for name in HIDDEN[why]}
        session.execute(update(Incident).where(Incident.id == one.id).values(HIDDEN[why]))
        session.commit()
    found = Counter(entry["service_code"] for entry in listed(client))
    with acting_session(house.app) as session:
        session.execute(update(Incident).where(Incident.id == one.id).values(before))
        session.commit()
    # Four hazards are left, which is too few for any of them.
    assert found == {"CN04": 6}


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("changed", [{"safe_contact": b"sealed"}, {"kind": "distress"}])
def test_one_report_of_somebody_who_hides_keeps_the_incident_out(
    house: House, client: FlaskClient, changed: dict[str, Any]
) -> None:
    with acting_session(house.app) as session:
        hazard = session.scalars(select(Report).where(Report.category == "CN01")).first()
        assert hazard is not None
        before = {name: getattr(hazard, name) for name in changed}
        session.execute(update(Report).where(Report.id == hazard.id).values(changed))
        session.commit()
    found = Counter(entry["service_code"] for entry in listed(client))
    with acting_session(house.app) as session:
        session.execute(update(Report).where(Report.id == hazard.id).values(before))
        session.commit()
    assert found == {"CN04": 6}


@pytest.mark.usefixtures("later")
def test_what_is_closed_is_shown_closed_with_its_week_when_that_is_over(house: House, client: FlaskClient) -> None:
    with acting_session(house.app) as session:
        hazards = session.scalars(select(Incident.id).where(Incident.category == "CN01").order_by(Incident.id)).all()
        ends = (MONDAY + timedelta(days=2), MONDAY + timedelta(days=8))
        for incident_id, closed_at in zip(hazards[:2], ends, strict=True):
            values = {"state": "closed", "closed_at": closed_at}
            session.execute(update(Incident).where(Incident.id == incident_id).values(values))
        session.commit()
    closed, still_open = listed(client, status="closed"), listed(client, status="open", service_code="CN01")
    with acting_session(house.app) as session:
        values = {"state": "received", "closed_at": None}
        session.execute(update(Incident).where(Incident.id.in_(hazards)).values(values))
        session.commit()
    assert [(one["status"], one["updated_datetime"]) for one in closed] == [("closed", "2026-03-02T00:00:00Z")]
    assert len(still_open) == 4


FILTERS: list[tuple[dict[str, str], int]] = [
    ({}, 11),
    ({"service_code": "CN01"}, 5),
    ({"service_code": "CN01, CN04"}, 11),
    ({"service_code": "CN10"}, 0),
    ({"status": "open"}, 11),
    ({"status": "closed"}, 0),
    ({"status": "open,closed", "service_code": "CN04"}, 6),
    ({"start_date": "2026-03-02T00:00:00Z"}, 11),
    ({"start_date": "2026-03-02"}, 11),
    ({"start_date": "2026-03-02T00:00:01Z"}, 0),
    ({"end_date": "2026-03-02T00:00:00Z"}, 11),
    ({"end_date": "2026-03-01T23:59:59Z"}, 0),
    ({"start_date": "2026-03-02T08:00:00+08:00", "end_date": "2026-03-09T00:00:00Z"}, 11),
    ({"start_date": "2026-03-03T00:00:00Z", "end_date": "2026-03-08T00:00:00Z"}, 0),
    ({"start_date": "2025-12-02T00:00:00Z", "end_date": "2026-03-02T00:00:00Z"}, 11),
    ({"start_date": "2001-01-01T00:00:00Z"}, 0),
    ({"start_date": "2099-01-01T00:00:00Z"}, 0),
    ({"page": "1", "page_size": "4"}, 4),
    ({"page": "3", "page_size": "4"}, 3),
    ({"page": "9"}, 0),
    ({"jurisdiction_id": "city.gov", "api_key": "xyz", "extensions": "true"}, 11),
]


@pytest.mark.parametrize("query, count", FILTERS)
def test_every_filter_narrows_the_list(client: FlaskClient, query: dict[str, str], count: int) -> None:
    assert len(listed(client, **query)) == count


def test_pages_hold_every_request_once(client: FlaskClient) -> None:
    paged = [one for page in "123" for one in listed(client, page=page, page_size="4")]
    assert paged == listed(client)


def test_filters_may_be_sent_under_the_same_name_again(client: FlaskClient) -> None:
    assert len(client.get(f"{V2}/requests.json?service_code=CN01&service_code=CN04&status=open").get_json()) == 11


def test_the_list_is_made_once_an_hour_however_many_ask(house: House, client: FlaskClient) -> None:
    house.clock.advance(minutes=61)
    counts = []
    for _ in range(3):
        with counted(house.app) as statements:
            listed(client)
        counts.append(len(statements))
    assert counts[0] == counts[1] + 1 == counts[2] + 1


def set_layer(house: House, place: str, *private: str) -> None:
    """Let a place make categories private, and no others."""
    rules = ", ".join(f"{code}: {{values: {{private: true}}}}" for code in private)
    with acting_session(house.app) as session:
        draft = read_draft(session, f"layer: {{{place}}}\nrules: {{{rules}}}")
        import_draft(session, draft, by="test", now=house.clock.now())
        session.commit()


def test_a_place_that_makes_a_category_private_keeps_it_out_of_the_list(house: House, client: FlaskClient) -> None:
    set_layer(house, "area: nanmen", "CN01")
    assert Counter(one["service_code"] for one in listed(client)) == {"CN04": 6}
    assert "CN01" in {one["service_code"] for one in get(client, "services")}
    set_layer(house, "area: nanmen")
    assert Counter(one["service_code"] for one in listed(client)) == {"CN04": 6, "CN01": 5}


def test_what_is_private_everywhere_is_no_service(house: House, client: FlaskClient) -> None:
    set_layer(house, "name: Everywhere", "CN01")
    assert Counter(one["service_code"] for one in listed(client)) == {"CN04": 6}
    assert "CN01" not in {one["service_code"] for one in get(client, "services")}
    assert errors(client.get(f"{V2}/services/CN01.json"), 404)
    form = {"service_code": "CN01", "lat": "30.45", "long": "120.45"}
    assert errors(client.post(f"{V2}/requests.json", data=form), 404)
    set_layer(house, "name: Everywhere")
