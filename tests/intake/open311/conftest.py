"""Open311 as its clients use it: forms in, XML and JSON out, in a copy of the scenarios' world for each module."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import jsonschema_rs
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.intake.open311.formats import ITEMS
from backend.kernel.clock import MovableClock
from tests.conftest import NOW
from tests.support.application import application, with_baishi
from tests.support.baishi import NANMEN, Baishi
from tests.support.shared import shared_file

V2 = "/open311/v2"
SCHEMAS = "standards/open311/schema"
HERE = {"lat": str(NANMEN["lat"]), "long": str(NANMEN["lon"])}
COVER = {"service_code": "CN01", "description": "A manhole cover is loose", **HERE}


@dataclass(frozen=True)
class House:
    """An application with people in it."""

    app: Flask
    world: Baishi

    @property
    def clock(self) -> MovableClock:
        """The application's clock."""
        found: MovableClock = self.app.extensions["linli"].clock
        return found


@pytest.fixture(scope="module")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with application(postgres, tmp_path_factory.mktemp("open311"), NOW) as app:
        yield House(app, with_baishi(app, NOW))


@pytest.fixture
def client(house: House) -> FlaskClient:
    return house.app.test_client()


def get(client: FlaskClient, path: str, **query: str) -> Any:
    """What a call answers in JSON, after XML was found to say the same."""
    answer = client.get(f"{V2}/{path}.json", query_string=query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.content_type == "application/json; charset=utf-8"
    said = answer.get_json()
    other = client.get(f"{V2}/{path}.xml", query_string=query)
    assert (other.status_code, other.content_type) == (200, "text/xml; charset=utf-8")
    assert from_xml(other) == in_text(said)
    return said


def post(client: FlaskClient, form: dict[str, str], **headers: str) -> dict[str, Any]:
    """Send a request and return its answer."""
    answer = client.post(f"{V2}/requests.json", data=form, headers=headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    (found,) = answer.get_json()
    assert isinstance(found, dict)
    return found


def request_of(client: FlaskClient, sent: dict[str, Any]) -> dict[str, Any]:
    """How a request that was sent stands for its sender."""
    (found,) = get(client, f"requests/{sent['service_request_id']}")
    assert isinstance(found, dict)
    return found


def errors(answer: TestResponse, status: int) -> list[str]:
    """The descriptions in a refusal, which has to have the form of the specification, in XML or JSON."""
    assert answer.status_code == status, answer.get_data(as_text=True)[:500]
    if answer.mimetype == "application/json":
        said = answer.get_json()
    else:
        assert answer.content_type == "text/xml; charset=utf-8"
        said = from_xml(answer)
    assert {str(one["code"]) for one in said} == {str(status)}
    assert all(one.keys() == {"code", "description"} and one["description"] for one in said)
    assert answer.headers["X-Request-Id"]
    return [one["description"] for one in said]


def from_xml(answer: TestResponse) -> Any:
    """An XML document as lists, dictionaries and texts: an element of the names in ``ITEMS`` holds a list."""
    return _read(parsed(answer.get_data()))


def parsed(document: bytes) -> ElementTree.Element:
    """The root of an XML document of ours, or of the specification's."""
    return ElementTree.fromstring(document)  # noqa: S314


def _read(element: ElementTree.Element) -> Any:
    if element.tag in ITEMS:
        assert {child.tag for child in element} <= {ITEMS[element.tag]}
        return [_read(child) for child in element]
    if len(element):
        return {child.tag: _read(child) for child in element}
    return element.text or ""


def in_text(value: Any) -> Any:
    """A JSON value with every number, truth and null as XML writes it."""
    if isinstance(value, dict):
        return {name: in_text(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [in_text(inner) for inner in value]
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def check_schema(name: str, value: Any) -> None:
    """Check a document against one of the published JSON schemas; skips where they are absent."""

    def other(uri: str) -> Any:
        return json.loads(shared_file(f"{SCHEMAS}/{uri.rpartition('/')[2]}").read_text())

    schema = json.loads(shared_file(f"{SCHEMAS}/{name}.json").read_text())
    jsonschema_rs.Draft4Validator(schema, retriever=other, validate_formats=True).validate(value)
