"""Several updates at once: those of one chat one after the other, and an SOS at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

AT_ONCE = 16


class Gate:
    """Lets in so many at once; an SOS does not wait for a place."""

    def __init__(self, most: int = AT_ONCE) -> None:
        self._places = asyncio.Semaphore(most)

    @asynccontextmanager
    async def pass_through(self, *, urgent: bool) -> AsyncIterator[None]:
        """Wait for a place, and give it back."""
        if urgent:
            yield
            return
        async with self._places:
            yield


class Order:
    """Keeps what one chat says in its order."""

    def __init__(self) -> None:
        self._last: dict[int, asyncio.Task[None]] = {}

    def then(self, chat: int, job: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Run ``job`` when all earlier ones of this chat have ended, however they ended."""
        former = self._last.get(chat)
        task = asyncio.create_task(self._after(former, job))
        self._last[chat] = task
        task.add_done_callback(lambda done: self._last.pop(chat) if self._last.get(chat) is done else None)
        return task

    @staticmethod
    async def _after(former: "asyncio.Task[None] | None", job: Callable[[], Awaitable[None]]) -> None:
        if former is not None:
            await asyncio.wait([former])
        await job()
