"""Alive, ready, figures: true, not public where they need not be, and without a person in them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.app import create_app
from backend.console.operations import blueprint
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as, db
from backend.kernel.health import figures, row_security_gaps, unknown_keys
from backend.kernel.ids import new_id
from backend.kernel.sealed import Keyring, Seal, add_key, load_keyring
from backend.settings import Settings
from tests.conftest import NOW
from tests.support.incidents import open_incident

ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture
def app(settings: Settings, clock: MovableClock) -> Iterator[Flask]:
    """The application as the web process serves it."""
    yield from made(settings, clock)


def made(settings: Settings, clock: MovableClock) -> Iterator[Flask]:
    app = create_app(settings, clock=clock)
    if blueprint.name not in app.blueprints:
        app.register_blueprint(blueprint)
    yield app
    with app.app_context():
        db.engine.dispose()


def add_record_key(session: Session, ring: Keyring) -> None:
    row = Seal.fresh(new_id()).row(ring, NOW)
    session.execute(text("INSERT INTO record_key VALUES (:record_id, :key_id, :wrapped, :created_at)"), row)


def add_delivery(session: Session, state: str, late_s: int = 0) -> None:
    values = {"id": new_id(), "state": state, "now": NOW, "late": late_s}
    session.execute(
        text(
            "INSERT INTO delivery (id, channel, lane, template, params, language, state, created_at, due_at,"
            " fence, attempts) VALUES (:id, 'email', 'offers', 'offer', '{}', 'en', :state, :now,"
            " :now - make_interval(secs => :late), 0, 0)"
        ),
        values,
    )


def test_a_process_is_alive_without_its_database(settings: Settings, clock: MovableClock) -> None:
    for app in made(replace(settings, database_url="postgresql://nobody@127.0.0.1:1/none"), clock):
        client = app.test_client()
        assert client.get("/healthz").get_json() == {"alive": True}
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.get_json()["database"] is False
        assert "linli_database_up 0.0" in client.get("/metrics").get_data(as_text=True)


def test_it_is_ready_with_database_schema_and_keys(client: FlaskClient, session: Session) -> None:
    session.execute(text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '7 s')"))
    session.commit()
    answer = client.get("/readyz")
    found = answer.get_json()
    assert answer.status_code == 200
    assert 7 <= found.pop("worker_age_s") < 60
    assert found == {"ready": True, "database": True, "schema": True, "keys": True}


def test_it_is_ready_without_a_worker(client: FlaskClient) -> None:
    found = client.get("/readyz").get_json()
    assert (found["ready"], found["worker_age_s"]) == (True, None)


def test_it_is_not_ready_on_another_schema(client: FlaskClient, owner_session: Session) -> None:
    owner_session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    owner_session.commit()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["schema"]) == (503, False)


@pytest.mark.parametrize("key_id", ["k1", "k2"])
def test_it_is_not_ready_when_its_keys_do_not_open_what_is_stored(
    client: FlaskClient, session: Session, key_id: str
) -> None:
    add_record_key(session, Keyring(key_id, {key_id: bytes(32)}))
    session.commit()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["keys"]) == (503, False)


def test_keys_that_are_not_known_are_counted(session: Session, tmp_path: Path) -> None:
    first, second = load_keyring(tmp_path), add_key(tmp_path)
    for ring in (first, second, second):
        add_record_key(session, ring)
    assert unknown_keys(session, first) == {"k2": 2}
    assert unknown_keys(session, second) == {}


@pytest.mark.parametrize(
    "token, asked, status",
    [
        ("", {}, 200),
        ("", {"environ_overrides": ELSEWHERE}, 403),
        ("", {"headers": {"X-Forwarded-For": "192.0.2.7"}}, 403),
        ("", {"headers": {"Forwarded": "for=192.0.2.7"}}, 403),
        ("", {"headers": {"Authorization": "Bearer "}, "environ_overrides": ELSEWHERE}, 403),
        ("secret", {}, 403),
        ("secret", {"headers": {"Authorization": "Bearer wrong"}}, 403),
        ("secret", {"headers": {"Authorization": "Bearer secret"}, "environ_overrides": ELSEWHERE}, 200),
    ],
)
def test_metrics_are_for_this_machine_or_for_the_token(
    settings: Settings, clock: MovableClock, token: str, asked: dict[str, Any], status: int
) -> None:
    for app in made(replace(settings, metrics_token=token), clock):
        assert app.test_client().get("/metrics", **asked).status_code == status


def test_figures_count_what_is_there(session: Session) -> None:
    for grade in (1, 3, 3):
        open_incident(session, NOW, grade=grade)
    add_delivery(session, "waiting", late_s=90)
    add_delivery(session, "waiting", late_s=-90)
    add_delivery(session, "failed", late_s=900)
    found = figures(session, now=NOW)
    assert found.open_incidents == {1: 1, 2: 0, 3: 2, 4: 0, 5: 0}
    assert {state: count for state, count in found.deliveries.items() if count} == {"waiting": 2, "failed": 1}
    assert found.overdue_s == 90


def test_metrics_hold_figures_and_rules_of_addresses_but_no_ids(client: FlaskClient, session: Session) -> None:
    incident_id = open_incident(session, NOW, grade=2)
    session.commit()
    client.get(f"/nowhere/{incident_id}")
    client.get("/api/v1/me")
    act_as(session, SYSTEM)
    written = client.get("/metrics").get_data(as_text=True)
    assert 'linli_incidents_open{grade="2"} 1.0' in written
    assert 'linli_requests_total{method="GET",route="/api/v1/me",status="401"}' in written
    assert 'linli_requests_total{method="any",route="none",status="404"}' in written
    assert 'linli_request_seconds_count{route="/api/v1/me"}' in written
    assert str(incident_id) not in written


@pytest.mark.parametrize(
    "host, address",
    [
        ("localhost:8000", "http://localhost:8001/api/v1/stream?last_event_id=7.1"),
        ("192.0.2.1", "http://192.0.2.1:8001/api/v1/stream?last_event_id=7.1"),
        ("[::1]:8000", "http://[::1]:8001/api/v1/stream?last_event_id=7.1"),
    ],
)
def test_the_web_says_where_the_live_stream_is(client: FlaskClient, host: str, address: str) -> None:
    answer = client.get("/api/v1/stream?last_event_id=7.1", headers={"Host": host})
    assert (answer.status_code, answer.headers["Location"]) == (307, address)


def test_row_security_is_in_force(owner_session: Session) -> None:
    assert row_security_gaps(owner_session.connection()) == []


@pytest.mark.parametrize(
    "damage, named",
    [
        ("ALTER TABLE incident NO FORCE ROW LEVEL SECURITY", "table incident"),
        ("ALTER TABLE note DISABLE ROW LEVEL SECURITY", "table note"),
        ("CREATE POLICY open_to_all ON incident USING (true)", "acts for nobody sees"),
    ],
)
def test_a_gap_in_row_security_is_named(session: Session, owner_session: Session, damage: str, named: str) -> None:
    open_incident(session, NOW)
    session.commit()
    owner_session.execute(text(damage))
    gaps = row_security_gaps(owner_session.connection())
    assert len(gaps) == 1
    assert named in gaps[0]
