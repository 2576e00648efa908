"""A resident's live stream: by the receipt alone, of that report alone, and it says nothing but that something changed."""

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from uuid import UUID

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from backend.console.bells import FELT, MOST_OF_ONE, Bell, Bells, rung
from backend.incidents.models import Report
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.ids import new_id
from backend.kernel.journal import Cursor, Fact, incident_stream, record
from backend.kernel.languages import texts
from backend.kernel.stream import Entry
from backend.settings import Settings
from tests.conftest import NOW, TEST_KEY
from tests.journeys.steps import report
from tests.support.processes import env_of, eventually, free_port, running

HERE, THERE = new_id(), new_id()


def entry(type_: str, incident_id: UUID = HERE) -> Entry:
    return Entry(Cursor(1, 1), incident_id, b"", type_)


@pytest.mark.parametrize(
    "type_, incident_id, rings",
    [
        ("ReporterAnswered", HERE, True),
        ("IncidentAcknowledged", HERE, True),
        ("ReporterAnswered", THERE, False),
        ("NoteWritten", HERE, False),
        ("RungClimbed", HERE, False),
        ("AlarmCancelled", HERE, False),
        ("DuressCodeUsed", HERE, False),
        ("IncidentRegraded", HERE, False),
    ],
)
def test_a_bell_rings_for_what_is_felt_of_its_own_incident(type_: str, incident_id: UUID, rings: bool) -> None:
    bells, bell = Bells(), Bell(b"r", HERE)
    bells.hang(bell)
    bells.ring([entry(type_, incident_id)])
    assert bell.rings.is_set() is rings


def test_every_event_that_rings_is_one_that_there_is() -> None:
    assert {f"event.{name}" for name in FELT} <= texts().keys()


def test_many_changes_at_once_ring_once_and_an_ended_stream_leaves_nothing() -> None:
    async def work() -> list[str | None]:
        bells, bell = Bells(), Bell(b"r", HERE)
        stream = rung(bells, bell, beat_s=0.02)
        found = [await anext(stream)]
        bells.ring([entry("ReporterAnswered")] * 3)
        found += [await anext(stream), await anext(stream)]
        await stream.aclose()  # type: ignore[attr-defined]
        assert bells.receipts == []
        return [getattr(one, "event", None) for one in found]

    assert asyncio.run(work()) == ["open", "changed", None]


def test_a_bell_follows_its_report_and_ends_when_the_report_is_gone() -> None:
    bells, moved, gone, late = Bells(), Bell(b"a", HERE), Bell(b"b", HERE), Bell(b"c", HERE)
    for bell in (moved, gone, late):
        bells.hang(bell)
    bells.rehang([b"a", b"b"], {b"a": THERE})
    assert (moved.incident_id, moved.rings.is_set(), moved.closed.is_set()) == (THERE, True, False)
    assert gone.closed.is_set()
    assert not late.closed.is_set()
    moved.rings.clear()
    bells.ring([entry("ReporterAnswered", THERE)])
    assert moved.rings.is_set()


def test_one_report_has_room_for_some_streams() -> None:
    bells = Bells()
    for _ in range(MOST_OF_ONE):
        assert bells.has_room_for(b"r")
        bells.hang(Bell(b"r", HERE))
    assert not bells.has_room_for(b"r")
    assert bells.has_room_for(b"other")


@pytest.fixture
def port(app: Flask, settings: Settings) -> Iterator[int]:
    """The web's port; the stream of the application's database runs on the one behind it."""
    found = free_port()
    env = env_of(settings.database_url, settings.data, PORT=found, LINLI_MASTER_KEY=b64encode(TEST_KEY).decode())
    with running("stream", env=env) as process:
        assert eventually(lambda: process.poll() is not None or is_alive(found + 1))
        yield found


def is_alive(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx.HTTPError:
        return False


def address(port: int) -> str:
    return f"http://127.0.0.1:{port + 1}/api/v1/receipt/stream"


@contextmanager
def listening(port: int, receipt: str) -> Iterator[Iterator[str]]:
    """The names of the events of a stream."""
    sent = {"Authorization": f"Receipt {receipt}"}
    with httpx.stream("GET", address(port), headers=sent, timeout=20) as answer:
        assert answer.status_code == 200, answer.read()
        yield (line.removeprefix("event: ") for line in answer.iter_lines() if line.startswith("event: "))


def happen(session: Session, incident_id: str, *types: str) -> None:
    act_as(session, SYSTEM)
    record(session, incident_stream(UUID(incident_id)), [Fact(type_, {}) for type_ in types], now=NOW)
    session.commit()


def test_a_resident_hears_that_their_own_report_changed_until_it_is_gone(
    client: FlaskClient, session: Session, port: int
) -> None:
    mine = report(client, kind="concern", category="CN01", text="The lamp is broken")
    other = report(client, kind="distress", text="Smoke in the stairs")
    with listening(port, mine["receipt"]) as heard:
        assert next(heard) == "open"
        happen(session, other["incident"]["id"], "ReporterAnswered")
        happen(session, mine["incident"]["id"], "NoteWritten", "ReporterAnswered")
        assert next(heard) == "changed"
        act_as(session, SYSTEM)
        session.execute(update(Report).where(Report.id == mine["id"]).values(receipt_hash=b"another"))
        session.commit()
        assert list(heard) == []


@pytest.mark.parametrize(
    "shown, query", list(product(["", "Receipt 7KQF-2M9D-X4TB-0WHX", "Receipt", "Bearer CODE"], ["", "?receipt=CODE"]))
)
def test_nobody_listens_without_a_receipt_in_the_header(client: FlaskClient, port: int, shown: str, query: str) -> None:
    code = report(client, kind="concern", category="CN01", text="The lamp is broken")["receipt"]
    headers = {"Authorization": shown.replace("CODE", code)} if shown else {}
    answer = httpx.get(address(port) + query.replace("CODE", code), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong-receipt")
    assert answer.headers["WWW-Authenticate"] == "Receipt"


def test_our_own_page_may_listen_across_ports_and_no_other(client: FlaskClient, port: int) -> None:
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    for origin, is_ours in ((f"http://127.0.0.1:{port}", True), ("https://elsewhere.example", False)):
        answer = httpx.options(address(port), headers=asked | {"Origin": origin})
        assert answer.status_code == 204
        assert ("Access-Control-Allow-Origin" in answer.headers) is is_ours


def test_the_page_is_told_where_the_stream_is_and_may_ask_there(client: FlaskClient, settings: Settings) -> None:
    assert client.get("/api/v1/config").get_json()["stream"] == {"port": settings.stream_port_used}
    answer = client.get("/api/v1/receipt/stream")
    assert answer.status_code == 307
    assert answer.headers["Location"] == f"http://localhost:{settings.stream_port_used}/api/v1/receipt/stream"
