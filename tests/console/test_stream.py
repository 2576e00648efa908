"""``linli stream`` over HTTP, as a process of its own: resuming, who may see, slow readers, and its end."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import create_engine, text, update
from sqlalchemy.orm import Session

from backend.incidents.opening import Spot
from backend.kernel.database import SYSTEM, act_as, prepare, sqlalchemy_url
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.sealed import load_keyring
from backend.organisations.models import RoleAssignment
from backend.settings import Settings
from backend.trust.sessions import Where, end_token, open_session
from tests.support.incidents import open_incident
from tests.support.people import make_organisation, make_person
from tests.support.postgres import create_database, drop_database
from tests.support.processes import env_of, eventually, free_port, running

AN_AREA = text(
    "INSERT INTO area (id, source, source_id, level, division, division_order, name, names, properties)"
    " VALUES (:id, 'test', :source_id, 0, 'city', 0, 'A', '{}', '{}')"
)


@dataclass
class Message:
    """One message of a stream."""

    id: str
    event: str
    data: Any


class Live:
    """The stream of a database: who reads it, and what happens. Each test has areas and people of its own."""

    def __init__(self, session: Session, settings: Settings, port: int) -> None:
        self.session, self.settings, self.port = session, settings, port
        self.address = f"http://127.0.0.1:{port + 1}/api/v1/stream"
        act_as(session, SYSTEM)
        self.body = make_organisation(session, datetime.now(UTC))
        self._numbers = count(1)

    def area(self) -> int:
        """A new area."""
        number = next(self._numbers)
        self.session.execute(AN_AREA, {"id": number, "source_id": str(number)})
        self.commit()
        return number

    def person(self, area: int, role: str = "triage") -> tuple[UUID, str]:
        """Somebody who works in one area, and the token of a session."""
        now, ring, login = datetime.now(UTC), load_keyring(self.settings.data), f"person {next(self._numbers)}"
        person_id = make_person(self.session, ring, now, roles=[role], org=self.body, area=area, login=login)
        opened = open_session(self.session, person_id, has_second_factor=False, where=Where(), replaces=None, now=now)
        token = opened.token
        self.commit()
        return person_id, token

    def incident(self, area: int) -> UUID:
        """An incident in one area."""
        incident_id = open_incident(self.session, datetime.now(UTC), spot=Spot(chain=(area,)))
        self.commit()
        return incident_id

    def happen(self, incident_id: UUID, *numbers: int) -> None:
        """Something happens to an incident, once for each number."""
        facts = [Fact("NoteAdded", {"number": number}) for number in numbers]
        record(self.session, incident_stream(incident_id), facts, now=datetime.now(UTC))
        self.commit()

    def commit(self) -> None:
        self.session.commit()
        act_as(self.session, SYSTEM)

    @contextmanager
    def open(self, token: str, last: str = "", **headers: str) -> Iterator[Iterator[Message]]:
        """The messages of a stream, its first position among them."""
        sent = {"Authorization": f"Bearer {token}"} | ({"Last-Event-ID": last} if last else {}) | headers
        with httpx.Client(timeout=20) as client, client.stream("GET", self.address, headers=sent) as answer:
            assert answer.status_code == 200, answer.read()
            yield messages(answer.iter_lines())

    def get(self, **headers: str) -> httpx.Response:
        """An answer that is no stream."""
        return httpx.get(self.address, headers=headers, timeout=20)


def messages(lines: Iterator[str]) -> Iterator[Message]:
    """Read server-sent events as the standard says."""
    found: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if name:
            found[name] = value
        elif found:
            yield Message(found.get("id", ""), found.get("event", ""), json.loads(found.get("data", "null")))
            found = {}


def numbers(stream: Iterator[Message], count: int) -> list[int]:
    """The numbers of the next events."""
    return [message.data["payload"]["number"] for message in take(stream, count)]


def take(stream: Iterator[Message], count: int) -> list[Message]:
    """The next messages that hold something."""
    found: list[Message] = []
    while len(found) < count:
        message = next(stream)
        if message.data is not None:
            found.append(message)
    return found


@pytest.fixture(scope="module")
def live(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One stream process for all tests here, on a database of their own."""
    name, port, data = f"linli_stream_{os.getpid()}", free_port(), tmp_path_factory.mktemp("data")
    url = create_database(postgres, name, template="linli_template")
    settings = Settings.from_env({}, second_factor="offered", database_url=url, data=data, port=port)
    engine = create_engine(sqlalchemy_url(url))
    prepare(engine)
    with running("stream", env=env_of(url, data, PORT=port)) as process, Session(engine) as session:
        made = Live(session, settings, port)
        assert eventually(lambda: process.poll() is not None or is_alive(port + 1))
        yield made
    engine.dispose()
    drop_database(postgres, name)


@pytest.fixture
def here(live: Live) -> int:
    return live.area()


@pytest.fixture
def there(live: Live) -> int:
    return live.area()


def is_alive(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx.HTTPError:
        return False


def test_events_arrive_as_they_happen_and_a_stream_resumes_where_it_broke(live: Live, here: int) -> None:
    _, token = live.person(here)
    incident_id = live.incident(here)
    with live.open(token) as stream:
        first = next(stream)
        assert first.id
        live.happen(incident_id, 1, 2, 3)
        found = take(stream, 3)
    assert [message.data["payload"]["number"] for message in found] == [1, 2, 3]
    assert found[0].data["incident_id"] == str(incident_id)
    assert all(one.id < other.id for one, other in pairwise(found))
    live.happen(incident_id, 4)
    with live.open(token, last=found[1].id) as stream:
        assert numbers(stream, 2) == [3, 4]
        live.happen(incident_id, 5)
        assert numbers(stream, 1) == [5]
    with live.open(token, last=first.id) as stream:
        assert numbers(stream, 5) == [1, 2, 3, 4, 5]


def test_an_event_is_shown_only_to_those_who_may_see_its_incident(live: Live, here: int, there: int) -> None:
    one_token, other_token = live.person(here)[1], live.person(there)[1]
    incident_here, incident_there = live.incident(here), live.incident(there)
    with live.open(one_token) as one, live.open(other_token) as other:
        begin = next(one).id, next(other).id
        for number in range(10):
            live.happen(incident_here if number % 2 else incident_there, number)
        assert numbers(one, 5) == [1, 3, 5, 7, 9]
        assert numbers(other, 5) == [0, 2, 4, 6, 8]
    with live.open(one_token, last=begin[0]) as stream:
        assert numbers(stream, 5) == [1, 3, 5, 7, 9]


def test_transactions_that_commit_out_of_order_are_all_seen(live: Live, here: int) -> None:
    _, token = live.person(here)
    slow, quick = live.incident(here), live.incident(here)
    with live.open(token) as stream, Session(live.session.get_bind()) as late:
        next(stream)
        record(late, incident_stream(slow), [Fact("NoteAdded", {"number": 1})], now=datetime.now(UTC))
        live.happen(quick, 2)
        late.commit()
        assert numbers(stream, 2) == [1, 2]


@pytest.mark.parametrize(
    "headers, status, code",
    [
        ({}, 401, "not-signed-in"),
        ({"Authorization": "Bearer nonsense"}, 401, "not-signed-in"),
        ({"Authorization": "Bearer VOLUNTEER"}, 403, "not-allowed"),
        ({"Authorization": "Bearer STAFF", "Last-Event-ID": "nonsense"}, 400, "bad-event-id"),
        ({"Cookie": "linli_session=STAFF", "Sec-Fetch-Site": "cross-site"}, 401, "not-signed-in"),
        ({"Cookie": "linli_session=STAFF", "Origin": "https://elsewhere.example"}, 401, "not-signed-in"),
        ({"Cookie": "linli_session=STAFF", "Origin": "http://127.0.0.1:1"}, 401, "not-signed-in"),
    ],
)
def test_who_may_not_read_is_told_why(live: Live, here: int, headers: dict[str, str], status: int, code: str) -> None:
    tokens = {"STAFF": live.person(here)[1], "VOLUNTEER": live.person(here, "volunteer")[1]}
    for name, token in tokens.items():
        headers = {key: value.replace(name, token) for key, value in headers.items()}
    answer = live.get(**headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("cookie", ["linli_session", "__Host-linli_session"])
def test_our_own_page_on_the_port_of_the_web_may_read_with_its_cookie(live: Live, here: int, cookie: str) -> None:
    _, token = live.person(here)
    origin = f"http://127.0.0.1:{live.port}"
    sent = {"Cookie": f"{cookie}={token}", "Origin": origin, "Sec-Fetch-Site": "same-site"}
    with httpx.stream("GET", live.address, headers=sent, timeout=20) as answer:
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        assert next(messages(answer.iter_lines())).id


def test_a_stream_ends_soon_after_its_session(live: Live, here: int) -> None:
    _, token = live.person(here)
    with live.open(token) as stream:
        next(stream)
        end_token(live.session, token, now=datetime.now(UTC))
        live.commit()
        assert [message.data for message in stream] == []
    assert live.get(Authorization=f"Bearer {token}").status_code == 401


def test_a_stream_ends_soon_after_its_role(live: Live, here: int) -> None:
    person_id, token = live.person(here)
    with live.open(token) as stream:
        next(stream)
        ended = update(RoleAssignment).where(RoleAssignment.person_id == person_id)
        live.session.execute(ended.values(until=datetime.now(UTC)))
        live.commit()
        assert [message.data for message in stream] == []


def test_one_who_moves_to_another_area_sees_that_area_on_the_same_stream(live: Live, here: int, there: int) -> None:
    person_id, token = live.person(here)
    incident_here, incident_there = live.incident(here), live.incident(there)
    with live.open(token) as stream:
        next(stream)
        moved = update(RoleAssignment).where(RoleAssignment.person_id == person_id)
        live.session.execute(moved.values(area_id=there))
        live.commit()
        seen: list[int] = []
        while len(seen) < 100 and 2 not in seen:  # who sees what is looked up again every 3 s
            live.happen(incident_here, 1)
            live.happen(incident_there, 2)
            seen += numbers(stream, 1)
    assert seen[-1] == 2


def test_an_id_from_another_database_begins_anew_and_says_so(live: Live, here: int) -> None:
    _, token = live.person(here)
    incident_id = live.incident(here)
    with live.open(token, last=f"{2**62}.1") as stream:
        assert next(stream).event == "reset"
        assert next(stream).id
        live.happen(incident_id, 1)
        assert numbers(stream, 1) == [1]


@pytest.mark.slow
def test_a_reader_that_takes_nothing_is_cut_off_and_resumes_while_others_go_on(live: Live, here: int) -> None:
    _, token = live.person(here)
    incident_id = live.incident(here)
    many = 10_000  # more than the buffers of sockets and of the viewer hold
    with socket.create_connection(("127.0.0.1", live.port + 1)) as slow, live.open(token) as quick:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(f"GET /api/v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        got = slow.recv(400)
        assert b"200 OK" in got
        next(quick)
        for start in range(0, many, 1000):
            live.happen(incident_id, *range(start, start + 1000))
            assert numbers(quick, 1000) == list(range(start, start + 1000))
        slow.settimeout(20)
        while chunk := slow.recv(1 << 20):
            got += chunk
    ids = [line[4:] for line in got.decode().splitlines() if line.startswith("id: ")]
    assert 0 < len(ids) < many
    with live.open(token, last=ids[-1]) as stream:
        assert numbers(stream, 1) == [len(ids) - 1]


def test_the_process_stops_when_told_to_although_streams_are_open(settings: Settings, session: Session) -> None:
    port = free_port()
    with running("stream", env=env_of(settings.database_url, settings.data, PORT=port)) as process:
        assert eventually(lambda: is_alive(port + 1))
        made = Live(session, settings, port)
        _, token = made.person(made.area())
        with made.open(token) as stream:
            next(stream)
            process.send_signal(signal.SIGTERM)
            assert [message.data for message in stream] == []
        assert process.wait(timeout=10) == 0


def test_a_port_that_is_taken_is_named(settings: Settings, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        chosen = env_of(settings.database_url, tmp_path, LINLI_STREAM_PORT=port)
        with running("stream", env=chosen) as process:
            _, complaint = process.communicate(timeout=20)
    assert complaint == f"linli: cannot listen on 127.0.0.1:{port}: Address already in use\n"
    assert process.returncode == 1
