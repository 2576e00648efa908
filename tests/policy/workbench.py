"""The scenarios' world with two people who may change rules, for the tests of the workbench."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from flask import Flask

from backend.kernel.database import SYSTEM, act_as, db
from backend.policy.changing import hold_due_changes
from backend.policy.simulating import run_simulation
from tests.conftest import NOW
from tests.support.application import acting_session, application, with_baishi
from tests.support.baishi import NANMEN, Baishi
from tests.support.people import make_person, sign_in

COVERS: dict[str, Any] = {
    "title": {"en": "Covers go to mediators", "zh": "井盖交给调解员"}, "categories": ["CN01"],
    "when": "photo_count == 0", "because": {"en": "nobody sent a photo", "zh": "没有图片"}, "then": {"lead": "M"},
    "tests": [{"name": "a cover without a photo", "facts": {"category": "CN01"}, "expect": {"lead": "M"}}],
}  # fmt: skip
HOUR: dict[str, Any] = {"values": {"action_s": 3600}}


class Workbench:
    """Calls as ``duty`` and ``second``, who both may change and approve, and ``li``, who may only look."""

    def __init__(self, app: Flask, world: Baishi) -> None:
        self.app, self.world, self.client = app, world, app.test_client()
        self.who = {login: sign_in(self.client, login) for login in ("duty", "second", "li")}

    def call(
        self, method: str, path: str, *, by: str = "duty", headers: Mapping[str, str] | None = None, **body: Any
    ) -> tuple[int, Any]:
        sent: dict[str, Any] = {"query_string": body} if method == "GET" else {"json": body}
        given = self.who[by] | dict(headers or {})
        answer = self.client.open(f"/api/v1/policy/{path}", method=method, headers=given, **sent)
        return answer.status_code, answer.get_json()

    def get(self, path: str, **query: Any) -> Any:
        status, body = self.call("GET", path, **query)
        assert status == 200, body
        return body

    def post(self, path: str, *, by: str = "duty", **body: Any) -> Any:
        status, answer = self.call("POST", path, by=by, **body)
        assert status in {200, 201}, answer
        return answer

    def draft(self, place: str = "baishi", *, by: str = "duty", **edits: Any) -> Any:
        area = self.world.areas[place]
        return self.post("changes", by=by, area=area, name=place.title(), title="A change", edits=edits)

    def propose(self, change: Mapping[str, Any], *, by: str = "duty") -> None:
        self.post(f"changes/{change['id']}/lint", by=by)
        self.post(f"changes/{change['id']}/propose", by=by, why="it is better so")

    def hold(self, place: str = "baishi", **edits: Any) -> Any:
        """A change of ``duty`` that ``second`` approved and that holds."""
        change = self.draft(place, **edits)
        self.propose(change)
        return self.post(f"changes/{change['id']}/approve", by="second")

    def value(self, name: str, place: str = "nanmen") -> Any:
        held = self.get("rules", area=self.world.areas[place])["values"]
        return next(one["value"] for one in held if one["name"] == name)

    def pass_time(self, **time: float) -> None:
        """Let time go by, and the sweep of due changes have its turn."""
        self.app.extensions["linli"].clock.advance(**time)
        with acting_session(self.app) as session:
            hold_due_changes(session, self.app.extensions["linli"].clock.now())
            session.commit()
        self.who = {login: sign_in(self.client, login) for login in self.who}

    def report(self, place: Mapping[str, float] = NANMEN, **more: Any) -> Any:
        body = {"client_id": str(uuid4()), "kind": "concern", "category": "CN01", "text": "A loose cover", **more}
        answer = self.client.post("/api/v1/reports", json=body | {"place": dict(place)})
        assert answer.status_code == 201
        return answer.get_json()

    def run(self, simulation: Mapping[str, Any]) -> Any:
        """Run a simulation as the worker does, and look at it."""
        with self.app.app_context():
            run_simulation(self.app, UUID(simulation["id"]))
        return self.get(f"simulations/{simulation['id']}")


@contextmanager
def workbench(postgres: str, folder: Path) -> Iterator[Workbench]:
    """A workbench on a database of its own."""
    with application(postgres, folder, NOW) as app:
        world = with_baishi(app, NOW)
        with app.app_context():
            act_as(db.session(), SYSTEM)
            world.people["second"] = make_person(
                db.session(), app.extensions["linli"].keyring, NOW, roles=("duty_officer", "supervisor"),
                org=world.bodies["Qinghe Duty Office"], login="second",
            )  # fmt: skip
        yield Workbench(app, world)


TOMORROW = (NOW + timedelta(days=1)).isoformat()
