"""schemathesis over the OpenAPI document: whatever is sent, there is no fault, and every answer is a declared one.

``LINLI_FUZZ=long`` tries many more examples, by chance; the quick run tries the same few each time.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import select

from backend.dispatch.models import Offer
from backend.documents.routes import routes_of
from backend.organisations.models import Mandate, RoleAssignment, Shift
from backend.trust.bots import bot_key
from tests.conftest import NOW
from tests.support.application import acting_session, application, with_baishi
from tests.support.baishi import NANMEN
from tests.support.people import sign_in

pytestmark = pytest.mark.slow
LONG = os.environ.get("LINLI_FUZZ") == "long"
EXAMPLES = 200 if LONG else 5
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# It would end the session under which all others are tried.
LEFT_OUT = {("delete", "/api/v1/session")}


@dataclass
class House:
    """An application with people and incidents in it, and the ids by which they are reached."""

    app: Flask
    schema: Any
    headers: Mapping[str, Mapping[str, str]]
    ids: Mapping[str, Any]


@pytest.fixture(scope="module")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with application(postgres, tmp_path_factory.mktemp("fuzz"), NOW) as app:
        world = with_baishi(app, NOW)
        client = app.test_client()
        sent = [client.post("/api/v1/reports", json=_report(number)).get_json() for number in range(4)]
        with acting_session(app) as session:
            found = {
                "offer_id": list(session.scalars(select(Offer.id))),
                "mandate_id": list(session.scalars(select(Mandate.id))),
                "shift_id": list(session.scalars(select(Shift.id))),
                "role_id": list(session.scalars(select(RoleAssignment.id))),
            }
        ids = found | {
            "incident_id": [one["incident"]["id"] for one in sent],
            "organisation_id": list(world.bodies.values()),
            "desk_id": list(world.desks.values()),
            "person_id": [world.people[login] for login in ("song", "gao", "tao")],
            "area_id": list(world.areas.values()),
            "lat": [NANMEN["lat"]],
            "lon": [NANMEN["lon"]],
        }
        carried = app.extensions["linli"]
        headers = {login: sign_in(app.test_client(), login) for login in ("duty", "li", "wei")}
        headers |= {"nobody": {}, "resident": {"Authorization": f"Receipt {sent[0]['receipt']}"}}
        headers["bot"] = {"Authorization": f"Bot {bot_key(carried.settings, carried.keyring)}"}
        schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
        yield House(app, schema, headers, {name: cycle(map(_plain, values)) for name, values in ids.items()})


def _report(number: int) -> dict[str, Any]:
    return {
        "client_id": str(UUID(int=number)), "kind": "concern", "category": ("CN01", "CN06")[number % 2],
        "text": "A loose cover", "place": NANMEN, "codes": {"cancel": "1357"},
    }  # fmt: skip


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def test_the_document_is_valid_and_names_every_route_of_the_api(house: House) -> None:
    house.schema.validate()
    named = {(result.ok().method, result.ok().path) for result in house.schema.get_all_operations()}
    served = {(route.method, route.address) for route in routes_of(house.app) if route.path.startswith("/api/")}
    assert served - named == {("get", "/api/v1/openapi.json")}


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("who", ["nobody", "resident", "duty", "li", "bot"])
def test_whatever_is_sent_is_answered_as_the_document_says(house: House, who: str, mode: GenerationMode) -> None:
    found: dict[str, str] = {}
    for result in house.schema.get_all_operations():
        operation = result.ok()
        if (operation.method, operation.path) in LEFT_OUT or not _concerns(operation, who):
            continue
        found |= _tried(house, operation, who, mode)
    assert found == {}


def _concerns(operation: Any, who: str) -> bool:
    """Those who are not signed in are tried where they are let in, and once everywhere."""
    guarded = "x-permission" in operation.definition.raw
    if who in {"resident", "bot"}:
        return ("receipt" if who == "resident" else "/bot/") in operation.path
    return who == "nobody" or guarded


def _tried(house: House, operation: Any, who: str, mode: GenerationMode) -> dict[str, str]:
    """What goes wrong with an operation, by its kind; empty when nothing does."""
    wrong: dict[str, str] = {}
    most = 1 if who == "nobody" and "x-permission" in operation.definition.raw else EXAMPLES
    turns = Counter[str]()

    @settings(
        max_examples=most, deadline=None, database=None, derandomize=not LONG, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        turns["all"] += 1
        if turns["all"] % 2:
            _aim(case, house.ids)
        response = case.call(headers=dict(house.headers[who]))
        try:
            case.validate_response(response, checks=CHECKS)
        except (Failure, FailureGroup) as failure:
            said = f"{case.method} {case.formatted_path} {case.query} {str(case.body)[:300]}"
            wrong.setdefault(f"{operation.label} {response.status_code}", f"{said}: {str(failure)[:600]}")

    if operation.body or mode is GenerationMode.POSITIVE or operation.query or operation.path_parameters:
        send()
    return wrong


def _aim(case: Any, ids: Mapping[str, Any]) -> None:
    """Put ids of what exists in place of invented ones, so that calls reach what they are for."""
    for name in list(case.path_parameters or {}):
        if name in ids:
            case.path_parameters[name] = next(ids[name])
    for container in (case.body, case.query):
        if isinstance(container, dict):
            for name in [name for name in container if name in ids]:
                container[name] = next(ids[name])
