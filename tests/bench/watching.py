"""(h) Two thousand viewers of the live stream: who missed what, how late it came, and what reports cost meanwhile.

Reports are sent one by one at a slow pace, before the crowd comes, while it watches, and after it has gone. An event's
delay runs from the beginning of the request that caused it, so that its commit is in it. All of it runs on one machine:
the crowd takes its share of the two cores.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.bench.figures import Figure, at_most, middle, percentile, spread
from tests.bench.load import Answer, Order, send
from tests.bench.serving import await_answer, linli, started, web
from tests.bench.world import PASSWORD, STAFF, World, reports
from tests.support.processes import free_port

LATE_S, SLOWER = 1.0, 1.10
TOKENS = 20
QUIET_S = 3.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How many watch; how many reports are sent in each part, at so many a second."""

    viewers: int = 2_000
    reports: int = 60
    rate: float = 2.0
    rounds: int = 2


def run(world: World, plan: Plan = Plan()) -> list[Figure]:
    """Measure."""
    with web(world.environment) as port, stream(world) as stream_port:
        tokens = [_token(port) for _ in range(TOKENS)]
        _send(port, plan, seed=0)
        alone, beside, seen = [], [], []
        for number in range(plan.rounds):
            alone.append(_middle(_send(port, plan, seed=10 + number)))
            with crowd(stream_port, plan.viewers, tokens) as watching:
                answers = _send(port, plan, seed=100 + number)
                time.sleep(QUIET_S)
                heard = watching()
            beside.append(_middle(answers))
            seen.append(_seen(heard, answers, plan.viewers))
        alone.append(_middle(_send(port, plan, seed=99)))
    missed, twice = sum(one.missed for one in seen), sum(one.twice for one in seen)
    latest = [one.late_s for one in seen]
    name = f"{plan.viewers} viewers"
    return [
        at_most(f"{name}, an event on its way, p99", middle(latest), "s", LATE_S, note=spread(latest)),
        at_most(f"{name}, events missed", missed, "", 0, note=f"of {sum(one.sent for one in seen)} for each viewer"),
        at_most(f"{name}, events heard twice", twice, "", 0),
        at_most(
            f"{name}, a report meanwhile, p50", middle(beside), "ms", SLOWER * middle(alone), yardstick=middle(alone),
            note=f"without viewers; {spread(beside)}, without {spread(alone)}",
        ),
    ]  # fmt: skip


@contextmanager
def stream(world: World) -> Iterator[int]:
    """``linli stream``; the block gets its port."""
    port = free_port()
    settings = world.environment | {"LINLI_STREAM_PORT": str(port)}
    with started(linli("stream"), settings) as process:
        await_answer(process, port, "/healthz")
        yield port


@contextmanager
def crowd(port: int, viewers: int, tokens: Sequence[str]) -> Iterator[Any]:
    """The crowd; the block gets what sends it home and returns what it heard."""
    order = json.dumps({"port": port, "viewers": viewers, "tokens": tokens})
    command = [sys.executable, "-m", "tests.bench.crowd"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(order + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "ready\n"

        def home() -> Any:
            said, _ = process.communicate("\n", timeout=60)
            return json.loads(said)

        try:
            yield home
        finally:
            if process.poll() is None:
                process.kill()


def _token(port: int) -> str:
    answer = httpx.post(f"http://127.0.0.1:{port}/api/v1/session", json={"login": STAFF, "password": PASSWORD})
    answer.raise_for_status()
    return str(answer.json()["token"])


def _send(port: int, plan: Plan, *, seed: int) -> list[Answer]:
    bodies = reports(plan.reports, seed)
    return send(Order(port, "POST", "/api/v1/reports", bodies, rate=plan.rate, most_s=plan.reports / plan.rate + 30))


def _middle(answers: Sequence[Answer]) -> float:
    return percentile([one.ms for one in answers], 50)


@dataclass(frozen=True, slots=True)
class _Seen:
    sent: int
    missed: int
    twice: int
    late_s: float


def _seen(heard: Any, answers: Sequence[Answer], viewers: int) -> _Seen:
    """Reports are the only writers, one after the other: the n-th transaction heard of is the n-th report."""
    by_transaction: dict[int, list[list[float]]] = {}
    for name, told in heard["events"].items():
        by_transaction.setdefault(int(name.partition(".")[0]), []).append(told)
    assert len(by_transaction) == len(answers), "not every report was heard of, or something else was written"
    began = sorted(one.began for one in answers)
    late = [told[3] - at for at, xid in zip(began, sorted(by_transaction), strict=True) for told in by_transaction[xid]]
    sent = len(heard["events"])
    missed = sum(viewers - int(told[0]) for told in heard["events"].values())
    assert heard["ended"] == 0, f"{heard['ended']} streams ended"
    return _Seen(sent, missed, heard["twice"], percentile(late, 99))
