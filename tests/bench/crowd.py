"""A crowd that watches the live stream: a process of its own, so that it shares no interpreter with what it watches.

``python -m tests.bench.crowd`` reads JSON on standard input: port, how many viewers, the tokens that they show in turn.
It writes a line when all of them hear the stream, and ends when its standard input does, with what each event's
arrivals were: the first and last viewer's moment by the machine's monotonic clock, how many heard it, and how often
somebody heard one twice. Loopback only, bounded in number and time.
"""

import asyncio
import gc
import json
import resource
import sys
import time
from dataclasses import dataclass, field
from typing import Any

HOST = "127.0.0.1"
MOST = 5_000
MOST_S = 300.0
AT_ONCE = 50


@dataclass(slots=True)
class Heard:
    """What all viewers heard: for each event the moments at which it came, and how often one came twice."""

    moments: dict[str, list[float]] = field(default_factory=dict)
    twice: int = 0


async def watch(port: int, token: str, heard: Heard, ready: "asyncio.Queue[int]", door: asyncio.Semaphore) -> None:
    """One viewer, until cancelled."""
    async with door:
        reader, writer = await asyncio.open_connection(HOST, port)
        ask = f"GET /api/v1/stream HTTP/1.1\r\nHost: {HOST}:{port}\r\nAuthorization: Bearer {token}\r\n\r\n"
        writer.write(ask.encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            raise SystemExit(head.decode("latin-1"))
        await reader.readuntil(b"up to date")
    ready.put_nowait(1)
    mine: set[str] = set()
    name = ""
    try:
        while line := await reader.readline():
            if line.startswith(b"id: "):
                name = line[4:].strip().decode()
            # Beats have an id as well, and say nothing.
            if not line.startswith(b"data: "):
                continue
            if name in mine:
                heard.twice += 1
            mine.add(name)
            heard.moments.setdefault(name, []).append(time.monotonic())
    finally:
        writer.close()


async def stand(order: dict[str, Any]) -> dict[str, Any]:
    """Watch until standard input ends."""
    heard, ready, door = Heard(), asyncio.Queue[int](), asyncio.Semaphore(AT_ONCE)
    count = min(MOST, int(order["viewers"]))
    tokens = order["tokens"]
    watching = [
        asyncio.create_task(watch(order["port"], tokens[at % len(tokens)], heard, ready, door)) for at in range(count)
    ]
    for _ in range(count):
        await asyncio.wait_for(ready.get(), MOST_S)
    print("ready", flush=True)
    with_end = asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    await asyncio.wait_for(with_end, MOST_S)
    for task in watching:
        task.cancel()
    broken = [one for one in await asyncio.gather(*watching, return_exceptions=True) if one is None]
    return {
        "events": {name: [len(at), min(at), max(at), sorted(at)[-(-len(at) * 99 // 100) - 1]] for name, at in heard.moments.items()},
        "twice": heard.twice,
        "ended": len(broken),
    }  # fmt: skip


def main() -> None:
    """Carry out the order on standard input."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    order = json.loads(sys.stdin.readline())
    gc.disable()
    json.dump(asyncio.run(stand(order)), sys.stdout)


if __name__ == "__main__":
    main()
