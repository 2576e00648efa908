"""Long polling, by a loop of our own: Telegram may forget an update only when it and all before it are handled.

The libraries' loops confirm what they have fetched; a process that ends then has lost what somebody said. Telegram gives
at most 100 unconfirmed updates at a time, for a day; so much can wait while the API is away.
"""

import asyncio
import logging

from telegram import Bot, Update
from telegram.error import RetryAfter, TelegramError

from bot.api_client import ApiAway
from bot.handling import Handler
from bot.logs import tell
from bot.order import Gate, Order
from bot.reading import ALLOWED, Arrived, read

WAIT_S = 25
# While something is unhandled Telegram answers at once with the same again: look for news so often at least.
BUSY_S = 0.5
# At first after so long: most updates are handled by then, and one call confirms them and brings the next.
SOON_S = 0.02
AWAY_S = 1.0
LONGEST_WAIT_S = 15.0


class Polling:
    """Fetches updates and confirms the handled ones."""

    def __init__(self, bot: Bot, handler: Handler, *, wait_s: int = WAIT_S) -> None:
        self._bot, self._handler, self._wait_s = bot, handler, wait_s
        self._order, self._gate = Order(), Gate()
        self._open: dict[int, asyncio.Task[None]] = {}
        self._beside: set[asyncio.Task[None]] = set()
        self._next = 0
        self._pause_s = SOON_S
        self._one_done = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``; then what is being handled is finished, and confirmed."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                asking = asyncio.create_task(self._round())
                await asyncio.wait([asking, stopping], return_when=asyncio.FIRST_COMPLETED)
                if not asking.done():
                    asking.cancel()
                await asyncio.gather(asking, return_exceptions=stop.is_set())
        finally:
            stopping.cancel()
            await self._finish()

    @property
    def offset(self) -> int:
        """The first update that is not handled: all before it are confirmed by asking from here."""
        return min(self._open, default=self._next)

    async def _round(self) -> None:
        waits = self._wait_s if not self._open else 0
        try:
            updates = await self._bot.get_updates(self.offset or None, timeout=waits, allowed_updates=ALLOWED)
        except TelegramError as error:
            await self._bear(error)
            return
        fresh = [update for update in updates if update.update_id >= self._next]
        for update in fresh:
            self._take(update)
        self._pause_s = SOON_S if fresh else min(BUSY_S, self._pause_s * 2)
        if self._open:
            await self._until_one_is_done(self._pause_s)

    def _take(self, update: Update) -> None:
        self._next = update.update_id + 1
        arrived = read(update)
        if arrived is None:
            return
        if arrived.is_urgent and self._handler.is_away(arrived.chat):
            telling = asyncio.create_task(self._handler.say_away(arrived))
            self._beside.add(telling)
            telling.add_done_callback(self._beside.discard)
        task = self._order.then(arrived.chat, lambda: self._until_handled(arrived))
        self._open[arrived.update] = task
        task.add_done_callback(lambda _: self._done(arrived.update))

    def _done(self, update: int) -> None:
        self._open.pop(update, None)
        self._one_done.set()

    async def _until_handled(self, arrived: Arrived) -> None:
        wait = AWAY_S
        while True:
            try:
                async with self._gate.pass_through(urgent=arrived.is_urgent):
                    return await self._handler.handle(arrived)
            except ApiAway:
                await asyncio.sleep(wait)
                wait = min(LONGEST_WAIT_S, wait * 2)

    async def _until_one_is_done(self, wait_s: float) -> None:
        self._one_done.clear()
        try:
            await asyncio.wait_for(self._one_done.wait(), wait_s)
        except TimeoutError:
            return

    async def _bear(self, error: TelegramError) -> None:
        wait = error.retry_after if isinstance(error, RetryAfter) else 1.0
        tell("no updates from Telegram", level=logging.WARNING, error=type(error).__name__)
        await asyncio.sleep(float(wait) if isinstance(wait, int | float) else wait.total_seconds())

    async def _finish(self) -> None:
        """What can be handled within some seconds is; the rest was never confirmed and comes again."""
        if self._open:
            await asyncio.wait(self._open.values(), timeout=5.0)
        self._open = {update: task for update, task in self._open.items() if not task.done()}
        first_open = self.offset
        for task in self._open.values():
            task.cancel()
        if first_open:
            try:
                await self._bot.get_updates(first_open, timeout=0, limit=1, allowed_updates=ALLOWED)
            except TelegramError as error:
                tell("the last updates were not confirmed", level=logging.WARNING, error=type(error).__name__)
