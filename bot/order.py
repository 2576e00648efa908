"""Several updates at once: those of one chat one after the other, and an SOS before all others that wait."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count

AT_ONCE = 16


class Gate:
    """Lets in so many at once; of those that wait, the urgent ones first."""

    def __init__(self, most: int = AT_ONCE) -> None:
        self._free = most
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._order = count()

    @asynccontextmanager
    async def pass_through(self, *, urgent: bool) -> AsyncIterator[None]:
        """Wait for a place, and give it back."""
        if self._free:
            self._free -= 1
        else:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (not urgent, next(self._order), turn))
            await turn
        try:
            yield
        finally:
            self._leave()

    def _leave(self) -> None:
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


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
