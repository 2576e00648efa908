"""A bot in a thread of its own, with everything real but Telegram."""

import asyncio
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from bot.limits import Pace
from bot.running import Parts, built, serve
from bot.settings import Settings

# Telegram's clock runs so much faster, and with it the pace that it allows.
SPEED = 20


@dataclass
class Running:
    """A bot that runs."""

    parts: Parts
    loop: asyncio.AbstractEventLoop

    @property
    def counts(self) -> Counter[str]:
        """What it has counted."""
        return self.parts.handler.counts


@contextmanager
def running(environment: Mapping[str, str]) -> Iterator[Running]:
    """A bot with these settings, while the block lasts; it ends as it does when it is told to stop."""
    settings = Settings.from_env(environment)
    ready, found = threading.Event(), list[Running]()
    stop = asyncio.Event()

    async def live() -> None:
        async with built(settings, Pace(second_s=1 / SPEED)) as parts:
            found.append(Running(parts, asyncio.get_running_loop()))
            ready.set()
            await serve(parts, settings, stop)

    thread = threading.Thread(target=lambda: asyncio.run(live()), daemon=True)
    thread.start()
    assert ready.wait(10)
    if settings.webhook:
        _until_it_listens(settings.port)
    try:
        yield found[0]
    finally:
        found[0].loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        assert not thread.is_alive()


def _until_it_listens(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError("the bot does not listen")
