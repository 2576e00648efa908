"""Residents who report without pause: each waits for an acknowledgement, keeps it, now and then asks for the same again, goes on.

Connections are kept alive. What has no answer is sent again under the same id until it has one, as the phone page does.
"""

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.world import report
from tests.chaos.ledger import Entry, Ledger

# What people send, and how many of a hundred.
MIX: Mapping[str, int] = {"concern": 80, "distress": 10, "aid_request": 10}
CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "concern": ("CN01", "CN12"),
    "aid_request": ("AID01",),
    "distress": ("DS02",),
}
ASK_AGAIN = 0.05  # this share of what was acknowledged is sent once more
ANSWER_WITHIN_S = 10.0
PAUSE_S = 0.05  # before what had no answer is sent again


class Client(threading.Thread):
    """One resident, or as many as report one after the other over one connection."""

    def __init__(
        self, port: int, folder: Path, number: int, *, pause_s: float = 0.0, mix: Mapping[str, int] = MIX
    ) -> None:
        super().__init__(daemon=True)
        self._port, self._pause_s, self._mix = port, pause_s, mix
        self._path = folder / f"{number}.ledger"
        self._dice = random.Random(number)
        self._connection: http.client.HTTPConnection | None = None
        self.stopping = threading.Event()
        self.acknowledged = 0
        self.last_at = time.monotonic()
        self.outages: list[tuple[float, float]] = []
        self.refusals: Counter[int] = Counter()
        self.untrue: list[str] = []

    def run(self) -> None:
        """Report until told to stop."""
        with Ledger(self._path) as ledger:
            while not self.stopping.wait(self._pause_s):
                body = self._body()
                if entry := self._until_acknowledged(body):
                    ledger.keep(entry)
                    self.acknowledged, self.last_at = self.acknowledged + 1, time.monotonic()
                    if self._dice.random() < ASK_AGAIN:
                        self._ask_again(body, entry)

    def _body(self) -> dict[str, Any]:
        kind = self._dice.choices(list(self._mix), list(self._mix.values()))[0]
        return report(self._dice, kind=kind, category=self._dice.choice(CATEGORIES[kind]))

    def _until_acknowledged(self, body: dict[str, Any]) -> Entry | None:
        began, tries, failed_at = time.monotonic(), 0, 0.0
        while not self.stopping.is_set():
            tries += 1
            sent_at = time.monotonic()
            status, said = self._post(body)
            if status in {200, 201}:
                if failed_at:
                    self.outages.append((failed_at, time.monotonic()))
                incident, receipt = said["incident"]["id"], said["receipt"]
                ids = (body["client_id"], body["kind"], said["id"], incident, receipt)
                return Entry(*ids, tries, began, time.monotonic())
            failed_at = failed_at or sent_at
            self.refusals[status] += 1
            if 400 <= status < 500:
                self.untrue.append(f"{status} {said.get('code')}")
            if status == 503 and not said.get("advice"):
                self.untrue.append("503 without advice")
            self.stopping.wait(PAUSE_S)
        return None

    def _ask_again(self, body: dict[str, Any], entry: Entry) -> None:
        """The same report once more is the same acknowledgement, never a second report."""
        status, said = self._post(body)
        if status in {200, 201} and (status, said["id"], said["incident"]["id"]) != (200, entry.report, entry.incident):
            self.untrue.append(f"{status} for a repeat, with another id")

    def _post(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body of the answer; 0 where there was none."""
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_WITHIN_S)
            raw = json.dumps(body).encode()
            self._connection.request("POST", "/api/v1/reports", raw, {"Content-Type": "application/json"})
            answer = self._connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            if self._connection:
                self._connection.close()
            self._connection = None
            return 0, {}


class Crowd:
    """The clients of a run together."""

    def __init__(self, clients: list[Client]) -> None:
        self.clients = clients

    @property
    def acknowledged(self) -> int:
        """How many acknowledgements they have."""
        return sum(one.acknowledged for one in self.clients)

    @property
    def refusals(self) -> Counter[int]:
        """Tries that were not acknowledged, by status; 0: no answer."""
        return sum((one.refusals for one in self.clients), Counter[int]())

    @property
    def untrue(self) -> list[str]:
        """What they were told that is not as it should be."""
        return [said for one in self.clients for said in one.untrue]

    def await_more(self, count: int, within_s: float) -> float:
        """Wait for so many more acknowledgements of every client; the seconds it took. Raises AssertionError."""
        began = time.monotonic()
        goals = [one.acknowledged + count for one in self.clients]
        while any(one.acknowledged < goal for one, goal in zip(self.clients, goals, strict=True)):
            assert time.monotonic() - began < within_s, "reports are not taken again"
            time.sleep(0.02)
        return time.monotonic() - began

    def longest_outage_s(self, since: float, until: float) -> float:
        """The longest that a client was without an acknowledgement of what it sent, begun in that time."""
        found = [end - begin for one in self.clients for begin, end in list(one.outages) if since <= begin < until]
        return max(found, default=0.0)

    def stop(self) -> None:
        """Have each end after its present report."""
        for one in self.clients:
            one.stopping.set()
        for one in self.clients:
            one.join(ANSWER_WITHIN_S + 5)


@contextmanager
def crowd(
    port: int, folder: Path, count: int, *, pause_s: float = 0.0, mix: Mapping[str, int] = MIX, first: int = 0
) -> Iterator[Crowd]:
    """So many clients, who report while the block lasts; ``first`` numbers them apart from those of another block."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Crowd([Client(port, folder, first + at, pause_s=pause_s, mix=mix) for at in range(count)])
    for one in made.clients:
        one.start()
    try:
        yield made
    finally:
        made.stop()
