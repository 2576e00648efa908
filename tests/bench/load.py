"""The load generator: a process of its own, so that it shares no interpreter with what it measures.

``python -m tests.bench.load`` reads an ``Order`` as JSON on standard input and writes what came of each request as
JSON on standard output. Connections are kept alive. Without ``rate`` each connection sends again as soon as it has
its answer; with one, requests begin at fixed times whatever the answers do, so that a slow server is not spared, and
each is timed from when it should have begun. Loopback only; bounded in number and in time.
"""

import asyncio
import gc
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

HOST = "127.0.0.1"
ANSWER_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Order:
    """What to send. ``rate`` is requests a second over all connections, 0 for as fast as answers come."""

    port: int
    method: str
    path: str
    bodies: Sequence[str]
    connections: int = 1
    rate: float = 0.0
    most_s: float = 60.0
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """One request: ``body`` is its place in the order; times are the machine's monotonic clock, in seconds."""

    body: int
    status: int
    began: float
    ended: float

    @property
    def ms(self) -> float:
        """How long it took, in milliseconds."""
        return (self.ended - self.began) * 1000


class Refused(Exception):
    """An answer was not a success: what follows would measure something else."""


def send(order: Order) -> list[Answer]:
    """Have another process carry out an order. Raises Refused when an answer is no success."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"], input=json.dumps(asdict(order)), capture_output=True, text=True,
        timeout=order.most_s + 30, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Refused(done.stderr[-2000:])
    answers = [Answer(*row) for row in json.loads(done.stdout)]
    if wrong := [one.status for one in answers if not 200 <= one.status < 300]:
        raise Refused(f"{len(wrong)} of {len(answers)} answers, the first with status {wrong[0]}")
    return answers


def per_second(answers: Sequence[Answer]) -> float:
    """Answers a second, from the first request's begin to the last answer."""
    return len(answers) / (max(one.ended for one in answers) - min(one.began for one in answers))


class _Connection:
    """One kept connection; opened again when the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, request: bytes) -> int:
        """Send a request and read its whole answer; return the status."""
        if self._writer is None or self._reader is None or self._reader.at_eof():
            self._reader, self._writer = await asyncio.open_connection(HOST, self._port)
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        await self._reader.readexactly(length)
        if b"connection: close" in head:
            self._writer.close()
            self._writer = None
        return int(head[9:12])


async def _carry_out(order: Order) -> list[Answer]:
    requests = [_request(order, body) for body in order.bodies]
    turns = iter(range(len(requests)))
    answers: list[Answer] = []
    began_at = time.monotonic()

    async def go_on() -> None:
        connection = _Connection(order.port)
        for at in turns:
            if time.monotonic() - began_at > order.most_s:
                return
            began = time.monotonic()
            if order.rate:
                began = began_at + at / order.rate
                await asyncio.sleep(max(0.0, began - time.monotonic()))
            status = await asyncio.wait_for(connection.ask(requests[at]), ANSWER_WITHIN_S)
            answers.append(Answer(at, status, began, time.monotonic()))

    await asyncio.gather(*(go_on() for _ in range(order.connections)))
    return answers


def _request(order: Order, body: str) -> bytes:
    raw = body.encode()
    head = [f"{order.method} {order.path} HTTP/1.1", f"Host: {HOST}:{order.port}", f"Content-Length: {len(raw)}"]
    head += ["Content-Type: application/json"] if raw else []
    head += [f"{name}: {value}" for name, value in order.headers.items()]
    return "\r\n".join([*head, "", ""]).encode() + raw


def main() -> None:
    """Carry out the order on standard input."""
    order = Order(**json.load(sys.stdin))
    gc.disable()  # a pause of ours must not look like one of the server's
    answers = asyncio.run(_carry_out(order))
    json.dump([[one.body, one.status, one.began, one.ended] for one in answers], sys.stdout)


if __name__ == "__main__":
    main()
