"""One world for the tests of rights, and what they do again and again in it."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from backend.kernel.clock import MovableClock
from tests.conftest import NOW
from tests.intake.test_photos import picture
from tests.support.application import acting_session, application, with_baishi
from tests.support.baishi import NANMEN, Baishi
from tests.support.people import sign_in

SAID = "Zinnober Laterne vor dem Haus"


@dataclass
class House:
    """The application and what is done in it."""

    app: Flask
    world: Baishi

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    @property
    def data(self) -> Path:
        found: Path = self.app.extensions["linli"].settings.data
        return found

    def sent(self, **said: Any) -> dict[str, Any]:
        """A report in Nanmen with words and a way to be reached, and the answer to it."""
        body = {
            "client_id": str(uuid4()), "kind": "concern", "category": "CN01", "text": SAID,
            "place": NANMEN | {"landmark": "by the blue gate"}, "contact": {"email": "mei@example.org"},
        }  # fmt: skip
        answer = self.client.post("/api/v1/reports", json=body | said)
        assert answer.status_code == 201, answer.get_json()
        found: dict[str, Any] = answer.get_json()
        return found

    def photo(self) -> str:
        form = {"photo": (io.BytesIO(picture("JPEG")), "a.jpg")}
        answer = self.client.post("/api/v1/photos", data=form, content_type="multipart/form-data")
        return str(answer.get_json()["id"])

    def mine(self, sent: dict[str, Any], path: str = "", body: Any = None, **how: Any) -> Any:
        """A call with the receipt: read without a body, else posted."""
        headers = {"Authorization": f"Receipt {sent['receipt']}", **how.pop("headers", {})}
        if body is None:
            return self.client.get(f"/api/v1/receipt{path}", headers=headers)
        return self.client.post(f"/api/v1/receipt{path}", json=body, headers=headers)

    def staff(self, login: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """A call of somebody who is signed in."""
        client = self.client
        said = {} if body is None else {"json": body}
        return client.open(f"/api/v1{path}", method=method, headers=sign_in(client, login) | headers, **said)

    def over(self, sent: dict[str, Any]) -> None:
        """The report's incident, closed at this moment."""
        query = "UPDATE incident SET state = 'closed', closed_at = :now, duty_open = false WHERE id = :id"
        with acting_session(self.app) as session:
            session.execute(text(query), {"id": sent["incident"]["id"], "now": self.clock.now()})
            session.commit()

    def rows(self, query: str, **values: Any) -> list[Any]:
        with acting_session(self.app) as session:
            return list(session.execute(text(query), values))

    @property
    def clock(self) -> MovableClock:
        found: MovableClock = self.app.extensions["linli"].clock
        return found

    def keys(self, *ids: str) -> int:
        """How many of the records have their key."""
        wanted = [UUID(one) for one in ids]
        return int(self.rows("SELECT count(*) FROM record_key WHERE record_id = ANY(:ids)", ids=wanted)[0][0])


@pytest.fixture(scope="module")
def built(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with application(postgres, tmp_path_factory.mktemp("rights"), NOW) as app:
        yield House(app, with_baishi(app, NOW))


@pytest.fixture
def house(built: House) -> Iterator[House]:
    before = built.clock.now()
    yield built
    built.clock.advance(seconds=(before - built.clock.now()).total_seconds())
