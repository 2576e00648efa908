"""What people do in journeys, over HTTP."""

from typing import Any
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient

from backend.dispatch import offers
from backend.incidents import handing_on, handover, ladder
from backend.kernel.clock import MovableClock
from backend.kernel.sweeps import sweep_of

SWEEPS = (ladder.climb, offers.lapse_due, handover.lapse_due, handing_on.follow_shifts)


def report(client: FlaskClient, **said: Any) -> dict[str, Any]:
    """Send a report and return its acknowledgement."""
    answer = client.post("/api/v1/reports", json={"client_id": str(uuid4()), **said})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


def act(client: FlaskClient, who: dict[str, str], incident: str, name: str, **body: Any) -> dict[str, Any]:
    """Do one act that is allowed and return the incident."""
    answer = client.post(f"/api/v1/incidents/{incident}/{name}", json=body, headers=who)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


def refused(client: FlaskClient, who: dict[str, str], incident: str, name: str, **body: Any) -> dict[str, Any]:
    """Try an act that is refused and return the problem."""
    answer = client.post(f"/api/v1/incidents/{incident}/{name}", json=body, headers=who)
    assert answer.status_code in {403, 404, 409, 412, 422}, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"
    found: dict[str, Any] = answer.get_json()
    return found


def whole(client: FlaskClient, who: dict[str, str], incident: str) -> dict[str, Any]:
    """Everything about an incident."""
    answer = client.get(f"/api/v1/incidents/{incident}", headers=who)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


def receipt(client: FlaskClient, sent: dict[str, Any]) -> dict[str, Any]:
    """The report as its resident sees it."""
    answer = client.get("/api/v1/receipt", headers={"Authorization": f"Receipt {sent['receipt']}"})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


def pass_time(app: Flask, clock: MovableClock, **duration: float) -> None:
    """Let time pass, and do then what the worker would have done meanwhile."""
    clock.advance(**duration)
    for sweep in SWEEPS:
        with app.app_context():
            sweep_of(sweep)(app)
