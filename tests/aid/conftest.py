"""Neighbours in the scenarios' world, each with the receipt of a report."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from backend.kernel.clock import MovableClock
from tests.journeys.conftest import database_url, world
from tests.support.baishi import NANMEN

__all__ = ["database_url", "neighbour", "world"]

SEARCH = "/api/v1/aid/listings/search"


@dataclass
class Neighbour:
    """Somebody with a receipt."""

    client: FlaskClient
    clock: MovableClock
    told: dict[str, Any]

    @property
    def headers(self) -> dict[str, str]:
        """The header that carries the receipt."""
        return {"Authorization": f"Receipt {self.told['receipt']}"}

    def post(self, path: str, body: dict[str, Any] | None = None, status: int = 200) -> dict[str, Any]:
        """Call ``/api/v1/receipt/{path}``; the answer has to have ``status``."""
        self.clock.advance(seconds=1)  # what people do one after the other has an order
        answer = self.client.post(f"/api/v1/receipt/{path}", json=body or {}, headers=self.headers)
        assert answer.status_code == status, answer.get_data(as_text=True)
        found: dict[str, Any] = answer.get_json()
        return found

    def look(self, language: str = "en") -> dict[str, Any]:
        """The report as it stands."""
        found: dict[str, Any] = self.client.get(f"/api/v1/receipt?lang={language}", headers=self.headers).get_json()
        return found

    def match(self) -> dict[str, Any]:
        """The newest match."""
        found: dict[str, Any] = self.look()["matches"][0]
        return found

    def say(self, said: str, body: dict[str, Any] | None = None, status: int = 200) -> dict[str, Any]:
        """Do something with the newest match."""
        return self.post(f"aid/matches/{self.match()['id']}/{said}", body, status)


Make = Callable[..., Neighbour]


@pytest.fixture
def neighbour(client: FlaskClient, clock: MovableClock, world: Any) -> Make:
    """Makes somebody who sends a report of mutual aid."""

    def make(kind: str = "aid_request", category: str = "AID01", *, on_board: bool = False, **more: Any) -> Neighbour:
        said = {"client_id": str(uuid4()), "kind": kind, "category": category, "voice": "self", "place": NANMEN}
        said |= {"aid": {"on_board": True, "when": {"days": "soon"}}} if on_board else {}
        answer = client.post("/api/v1/reports", json=said | more)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return Neighbour(client, clock, answer.get_json())

    return make


def board(client: FlaskClient, near: dict[str, float] = NANMEN, **wanted: Any) -> list[dict[str, Any]]:
    """What the board shows around a place."""
    answer = client.post(SEARCH, json={"near": near, **wanted})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: list[dict[str, Any]] = answer.get_json()["items"]
    return found
