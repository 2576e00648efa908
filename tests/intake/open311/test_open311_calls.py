"""The calls of GeoReport v2: XML and JSON say the same, in the form of the published schemas and examples."""

import json
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.dispatch.models import Delivery
from backend.incidents.models import Report
from backend.kernel.sealed import seal_of
from backend.kernel.versions import bump
from tests.bench.statements import counted
from tests.intake.open311.conftest import (
    COVER,
    HERE,
    V2,
    House,
    check_schema,
    errors,
    from_xml,
    get,
    in_text,
    parsed,
    post,
    request_of,
)
from tests.support.application import acting_session
from tests.support.shared import shared_file

EXAMPLES = "standards/open311/examples"


def stored(session: Session, sent: dict[str, Any]) -> Report:
    """The report of a request."""
    return session.get_one(Report, sent["service_request_id"])


def words_of(house: House, sent: dict[str, Any]) -> dict[str, Any]:
    """What was sealed of a request."""
    with acting_session(house.app) as session:
        report = stored(session, sent)
        seal = seal_of(session, house.app.extensions["linli"].keyring, report.id)
        return {name: seal.open(name, getattr(report, name)) for name in ("text", "landmark", "contact")}


def test_the_discovery_names_this_endpoint_and_both_formats(client: FlaskClient) -> None:
    said = get(client, "discovery")
    (endpoint,) = said["endpoints"]
    assert endpoint["url"] == "http://localhost/open311/v2"
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert (endpoint["type"], endpoint["formats"]) == ("production", ["text/xml", "application/json"])
    assert said.keys() == {"changeset", "contact", "key_service", "endpoints"}


def test_the_changeset_grows_when_the_rules_change(house: House, client: FlaskClient) -> None:
    before = get(client, "discovery")["changeset"]
    with acting_session(house.app) as session:
        bump(session, "policy")
        session.commit()
    assert get(client, "discovery")["changeset"] > before


def test_the_services_are_listed_with_their_definitions(client: FlaskClient) -> None:
    services = get(client, "services")
    check_schema("services", services)
    assert [one["service_code"] for one in services] == ["CN01", "CN02", "CN03", "CN04", "CN08", "CN09", "CN10", "CN16"]
    assert {one["type"] for one in services} == {"realtime"}
    for service in services:
        definition = get(client, f"services/{service['service_code']}")
        check_schema("service-definition", definition)
        assert not any(one["required"] for one in definition["attributes"])


def test_services_are_named_in_the_readers_language(client: FlaskClient) -> None:
    answer = client.get(f"{V2}/services.json", headers={"Accept-Language": "zh-CN"})
    assert answer.headers["Content-Language"] == "zh"
    assert answer.get_json()[0]["service_name"] == "道路与公共设施隐患"
    assert get(client, "services", lang="zh")[3]["service_name"] == "噪音扰民"


def test_a_request_is_a_report_with_an_owner_and_says_what_happens_next(house: House, client: FlaskClient) -> None:
    sent = post(client, COVER)
    notice = sent["service_notice"]
    assert "Nanmen Residents' Committee desk has your request. The next word comes by 3 Mar 17:00." in notice
    assert sent.keys() == {"service_request_id", "service_notice", "account_id"}
    with acting_session(house.app) as session:
        report = stored(session, sent)
        assert (report.channel, report.kind, report.category) == ("open311", "concern", "CN01")
        assert (report.lat, report.lon) == (float(HERE["lat"]), float(HERE["long"]))
    receipt = notice.partition("Your receipt is ")[2][:19]
    seen = client.get("/api/v1/receipt", headers={"Authorization": f"Receipt {receipt}"})
    assert (seen.status_code, seen.get_json()["text"]) == (200, "A manhole cover is loose")


def test_what_is_dangerous_begins_with_the_number_to_call(client: FlaskClient) -> None:
    gas = COVER | {"service_code": "CN03", "description": "smell of gas in the stairwell"}
    assert post(client, gas)["service_notice"].startswith("If somebody is in danger, call 119 now. Smell gas: no flame")
    said = post(client, COVER | {"attribute[danger_now]": "yes"})["service_notice"]
    assert said.startswith("If somebody is in danger, call 110 now.")
    assert not post(client, COVER | {"attribute[danger_now]": "no"})["service_notice"].startswith("If somebody")
    in_chinese = client.post(f"{V2}/requests.xml?lang=zh", data=gas)
    assert from_xml(in_chinese)[0]["service_notice"].startswith("如有人处于危险，请立即拨打119。")


@pytest.mark.parametrize(
    "where, landmark, is_located",
    [
        ({"address_string": "5th street, by the gate"}, "5th street, by the gate", False),
        ({"address_id": "545483"}, "address_id: 545483", False),
        ({"address_string": "5th street", "address_id": "7"}, "5th street\naddress_id: 7", False),
        ({**HERE, "address_string": "5th street"}, "5th street", True),
        ({"lat": "-0.5", "long": "+179.999"}, None, True),
    ],
)
def test_a_place_is_coordinates_or_words(
    house: House, client: FlaskClient, where: dict[str, str], landmark: str | None, is_located: bool
) -> None:
    sent = post(client, {"service_code": "CN01", **where})
    assert words_of(house, sent)["landmark"] == landmark
    with acting_session(house.app) as session:
        assert (stored(session, sent).lat is not None) == is_located


SENDER = {"first_name": "Mei", "last_name": "Lin", "email": "mei@example.org", "phone": "+886 3 123 4567"}


@pytest.mark.parametrize("said, consents", [({}, False), ({"attribute[contact_consent]": "no"}, False),
                                            ({"attribute[contact_consent]": "yes"}, True)])  # fmt: skip
def test_an_address_alone_is_no_consent_to_be_written_to(
    house: House, client: FlaskClient, said: dict[str, str], consents: bool
) -> None:
    sent = post(client, COVER | SENDER | said)
    contact = {"name": "Mei Lin", "email": SENDER["email"], "phone": SENDER["phone"], "consent": consents}
    assert words_of(house, sent)["contact"] == contact


def test_ids_of_devices_accounts_and_keys_are_not_kept(house: House, client: FlaskClient) -> None:
    ids = {"device_id": "tt222111", "account_id": "123456", "api_key": "xyz", "jurisdiction_id": "city.gov"}
    sent = post(client, COVER | ids)
    assert words_of(house, sent)["contact"] is None
    with acting_session(house.app) as session:
        kept = repr({column.name: getattr(stored(session, sent), column.name) for column in Report.__table__.columns})
    assert not [value for value in ids.values() if value in kept]


def test_what_media_url_names_is_kept_as_words_and_never_fetched(house: House, client: FlaskClient) -> None:
    url = "http://127.0.0.1:9/a.jpg"
    sent = post(client, COVER | {"media_url": url})
    assert words_of(house, sent)["text"] == f"A manhole cover is loose\n\nmedia_url: {url}"
    (found,) = get(client, f"requests/{sent['service_request_id']}")
    assert found["media_url"] is None


def test_a_time_that_is_said_is_when_it_happened(house: House, client: FlaskClient) -> None:
    sent = post(client, COVER | {"attribute[happened_at]": "2026-03-01T20:00:00+08:00"})
    with acting_session(house.app) as session:
        happened = stored(session, sent).happened_at
    assert happened is not None
    assert happened.isoformat() == "2026-03-01T12:00:00+00:00"


def test_what_is_empty_counts_as_not_sent(house: House, client: FlaskClient) -> None:
    sent = post(client, COVER | dict.fromkeys(("email", "media_url", "attribute[happened_at]", "address_string"), " "))
    assert words_of(house, sent) == {"text": "A manhole cover is loose", "landmark": None, "contact": None}
    assert get(client, "requests", status="", service_code="", start_date="") == get(client, "requests")


def test_the_same_key_again_makes_nothing_twice_in_either_format(client: FlaskClient) -> None:
    key = {"Idempotency-Key": "0b9f3c52-7f0e-4a57-8f39-6d2f4a0c1e22"}
    first, again = post(client, COVER, **key), post(client, COVER, **key)
    assert first == again
    other = client.post(f"{V2}/requests.xml", data=COVER, headers=key)
    assert from_xml(other) == in_text([first])
    reused = client.post(f"{V2}/requests.json", data=COVER | {"description": "Another"}, headers=key)
    assert "Idempotency-Key" in errors(reused, 409)[0]


def test_without_a_key_two_requests_that_look_alike_are_two_reports_with_two_receipts(client: FlaskClient) -> None:
    first, second = post(client, COVER), post(client, COVER)
    assert first["service_request_id"] != second["service_request_id"]
    assert first["service_notice"] != second["service_notice"]


def test_a_request_costs_as_many_statements_as_any_report(house: House, client: FlaskClient) -> None:
    post(client, COVER)
    place = {"lat": float(HERE["lat"]), "lon": float(HERE["long"])}
    plain = {
        "client_id": str(uuid4()),
        "kind": "concern",
        "category": "CN01",
        "text": "A cover is loose",
        "place": place,
    }
    with counted(house.app) as by_form:
        post(client, COVER)
    with counted(house.app) as by_api:
        assert client.post("/api/v1/reports", json=plain).status_code == 201
    assert len(by_form) == len(by_api) <= 10


def test_nobody_is_written_to_who_did_not_say_yes(house: House, client: FlaskClient) -> None:
    sent = post(client, COVER | SENDER)
    with acting_session(house.app) as session:
        rows = session.scalars(select(Delivery).where(Delivery.report_id == stored(session, sent).id)).all()
    assert [row.channel for row in rows if row.state == "handed_over"] == []


def test_a_token_is_the_id_itself(client: FlaskClient) -> None:
    sent = post(client, COVER)["service_request_id"]
    assert get(client, f"tokens/{sent}") == [{"service_request_id": sent, "token": sent}]


def test_several_requests_can_be_asked_for_by_their_ids(client: FlaskClient) -> None:
    ids = [post(client, COVER)["service_request_id"] for _ in range(3)]
    asked = ",".join([ids[2], "nonsense", ids[0], ids[0]])
    found = get(client, "requests", service_request_id=asked, status="closed", service_code="none")
    check_schema("requests", found)
    assert [one["service_request_id"] for one in found] == [ids[2], ids[0]]
    twice = client.get(f"{V2}/requests.json?service_request_id={ids[0]}&service_request_id={ids[1]}").get_json()
    assert [one["service_request_id"] for one in twice] == ids[:2]


def test_a_request_never_shows_words_or_place(client: FlaskClient) -> None:
    found = request_of(client, post(client, COVER | SENDER | {"address_string": "5th street"}))
    check_schema("request", found)
    silent = ("description", "address", "address_id", "zipcode", "lat", "long", "media_url")
    assert [found[name] for name in silent] == [None] * len(silent)


def names_in(value: Any) -> Any:
    """The names of a document's members without their values; of a list, those of its first item."""
    if isinstance(value, dict):
        return {name: names_in(inner) for name, inner in value.items()}
    return [names_in(value[0])] if isinstance(value, list) and value else None


# Each example document of the specification, and the call of ours that answers in its form.
LIKE = {
    "service-list": "services", "service-definition": "services/CN01", "service-request": "requests/{id}",
    "request-from-token": "tokens/{id}", "errors": "nowhere",
}  # fmt: skip


@pytest.mark.parametrize("name", LIKE)
def test_our_documents_have_the_form_of_the_specifications_examples(client: FlaskClient, name: str) -> None:
    path = f"{V2}/" + LIKE[name].format(id=post(client, COVER)["service_request_id"])
    example = json.loads(shared_file(f"{EXAMPLES}/{name}.json").read_text())
    assert names_in(client.get(f"{path}.json").get_json()) == names_in(example)
    tree = parsed(shared_file(f"{EXAMPLES}/{name}.xml").read_bytes())
    ours = parsed(client.get(f"{path}.xml").get_data())
    assert {one.tag for one in ours.iter()} == {one.tag for one in tree.iter()}
    assert ours.tag == tree.tag


def test_the_answer_to_a_request_has_the_form_of_the_specifications_example(client: FlaskClient) -> None:
    example = json.loads(shared_file(f"{EXAMPLES}/service-request-post.json").read_text())
    assert names_in([post(client, COVER)]) == names_in(example)
    form = "api_key=xyz&jurisdiction_id=city.gov&service_code=CN01&lat=37.76524078&long=-122.4212043&address_string=1234+5th+street"
    form += "&email=smit333%40sfgov.edu&device_id=tt222111&account_id=123456&first_name=john&last_name=smith&phone=111111111"
    form += "&description=A+large+sinkhole&media_url=http%3A%2F%2Ffarm3.static.flickr.com%2F2002%2F2212426634_5ed477a060.jpg"
    kind = {"content_type": "application/x-www-form-urlencoded; charset=utf-8"}
    assert client.post(f"{V2}/requests.xml", data=form, **kind).status_code == 200


def test_an_answer_that_xml_cannot_hold_is_still_well_formed(client: FlaskClient) -> None:
    answer = client.get(f"{V2}/requests.xml", query_string={"a\x00\x1b\ufffe<&]]>": "x"})
    assert errors(answer, 400) == ["a\ufffd\ufffd\ufffd<&]]>: Unknown field."]
