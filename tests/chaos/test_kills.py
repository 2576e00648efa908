"""Parts are killed while reports come in: whatever was acknowledged is there afterwards, owned, once, in whole chains.

The client keeps a ledger of every acknowledgement, written before the next report is sent. ``LINLI_LONG=1`` kills
more often.
"""

import os
import random
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil  # type: ignore[import-untyped, unused-ignore]
import psycopg
import pytest
from sqlalchemy.orm import Session

from backend.commands.database import DATABASE, database_folder
from backend.kernel.database import owner_engine
from backend.kernel.embedded import running_dsn
from backend.kernel.journal import broken_chains
from backend.settings import Settings
from tests.cli.test_up import up
from tests.support.processes import eventually

pytestmark = pytest.mark.slow
KILLS = 60 if os.environ.get("LINLI_LONG") == "1" else 6
SENDERS = 3
BETWEEN_KILLS = 5


class Sender(threading.Thread):
    """Sends reports one after the other; a report without an answer is sent again under the same id."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.url, self.stopping = f"http://127.0.0.1:{port}/api/v1/reports", threading.Event()
        self.ledger: list[tuple[str, str]] = []
        self.repeated = 0

    def run(self) -> None:
        while not self.stopping.is_set():
            body = {"client_id": str(uuid4()), "kind": "concern", "text": "A lamp is broken", "category": "CN01"}
            answer = self.until_answered(body | {"place": {"lat": 24.8, "lon": 120.97}})
            if answer:
                self.ledger.append((body["client_id"], answer["incident"]["id"]))

    def until_answered(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """The acknowledgement, however often it takes; None when told to stop before one came."""
        while not self.stopping.is_set():
            try:
                answer = httpx.post(self.url, json=body, timeout=5)
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code in {200, 201}:
                found: dict[str, Any] = answer.json()
                return found
            self.repeated += 1
            time.sleep(0.05)
        return None


def test_nothing_that_was_acknowledged_is_lost_while_parts_are_killed(tmp_path: Path) -> None:
    """Web, worker, stream or the database's server, in random order; reports are taken again after each kill."""
    chance = random.Random(7)
    with up(tmp_path) as running:
        senders = [Sender(running.port) for _ in range(SENDERS)]
        for sender in senders:
            sender.start()
        for _ in range(KILLS):
            await_more(senders)
            time.sleep(chance.uniform(0.0, 1.0))
            with suppress(psutil.NoSuchProcess):  # it died with the database just before
                chance.choice(running.children()).kill()
        await_more(senders)
        for sender in senders:
            sender.stopping.set()
        for sender in senders:
            sender.join(30)
        ledger = dict(pair for sender in senders for pair in sender.ledger)
        repeated = sum(sender.repeated for sender in senders)
        print(f"\n{KILLS} kills, {len(ledger)} acknowledged, {repeated} calls sent again")
        assert len(ledger) > 20
        reconcile(database_of(tmp_path), ledger)


def await_more(senders: Sequence[Sender]) -> None:
    """Wait until a few more reports were acknowledged."""
    goal = acknowledged(senders) + BETWEEN_KILLS
    assert eventually(lambda: acknowledged(senders) >= goal), "reports are not taken again after a kill"


def acknowledged(senders: Sequence[Sender]) -> int:
    return sum(len(sender.ledger) for sender in senders)


def database_of(data: Path) -> str:
    """The address of the database that the killed and restarted processes use, once it is ready again."""
    folder = database_folder(Settings.from_env({}, data=data))
    return str(eventually(lambda: running_dsn(folder, DATABASE)))


def reconcile(dsn: str, ledger: dict[str, str]) -> None:
    """Compare the ledger with the database, behind row security."""
    with psycopg.connect(dsn) as connection:
        stored: dict[str, str] = dict(
            connection.execute("SELECT client_id::text, incident_id::text FROM report").fetchall()
        )
        assert {client: stored.get(client) for client in ledger} == ledger
        orphans = (
            "SELECT count(*) FROM incident i WHERE NOT EXISTS (SELECT FROM ownership o WHERE o.incident_id = i.id)"
        )
        assert connection.execute(orphans).fetchone() == (0,)
        twice = "SELECT count(*) - count(DISTINCT client_id) FROM report"
        assert connection.execute(twice).fetchone() == (0,)
    engine = owner_engine(dsn)
    with Session(engine) as session:
        assert list(broken_chains(session)) == []
    engine.dispose()
