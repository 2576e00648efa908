"""A bot in a thread of its own, with everything real but Telegram."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from bot.running import Parts, built, serve
from bot.settings import Settings


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
        async with built(settings) as parts:
            found.append(Running(parts, asyncio.get_running_loop()))
            ready.set()
            await serve(parts, settings, stop)

    thread = threading.Thread(target=lambda: asyncio.run(live()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield found[0]
    finally:
        found[0].loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        assert not thread.is_alive()
