"""One application for all guards: with the scenarios' world in its database, a report, and people who are signed in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

import pytest
from flask import Flask

from tests.conftest import NOW
from tests.support.application import application, with_baishi
from tests.support.baishi import NANMEN, Baishi
from tests.support.people import sign_in


@dataclass(frozen=True)
class Guarded:
    """What guards look at."""

    app: Flask
    world: Baishi
    incident_id: UUID
    headers: Mapping[str, Mapping[str, str]]


@pytest.fixture(scope="session")
def guarded(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with application(postgres, tmp_path_factory.mktemp("guards"), NOW) as app:
        world = with_baishi(app, NOW)
        report = {"client_id": str(UUID(int=1)), "kind": "concern", "category": "CN01", "text": "A loose cover"}
        sent = app.test_client().post("/api/v1/reports", json=report | {"place": NANMEN}).get_json()
        headers = {login: sign_in(app.test_client(), login) for login in ("duty", "li")}
        receipt = {"Authorization": f"Receipt {sent['receipt']}"}
        yield Guarded(app, world, UUID(sent["incident"]["id"]), headers | {"nobody": {}, "resident": receipt})
