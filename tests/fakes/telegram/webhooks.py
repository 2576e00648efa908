"""Updates sent to the bot's address: with the secret, in order within a chat, again until they are taken."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

import httpx

from tests.fakes.telegram.server import Wire
from tests.fakes.telegram.updates import Waiting

AGAIN_S = (0.2, 0.5, 1.0, 2.0, 5.0)
ANSWER_WITHIN_S = 60.0
LOOK_EVERY_S = 5.0
HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Webhooks:
    """Sends what waits as long as an address is set.

    ``behind``: where a public address is really answered, as a proxy that ends the encryption would pass it on.
    """

    def __init__(self, wire: Wire, behind: Mapping[str, str]) -> None:
        self._wire, self._behind = wire, behind
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._failed: dict[int, int] = {}

    async def run(self) -> None:
        """Until cancelled."""
        async with httpx.AsyncClient(timeout=ANSWER_WITHIN_S) as client:
            try:
                while True:
                    one = await self._wire.look_until(self._next, LOOK_EVERY_S)
                    if one:
                        task = asyncio.create_task(self._send(client, one))
                        self._under_way[one.lane] = task
            finally:
                for task in self._under_way.values():
                    task.cancel()

    def _next(self) -> Waiting | None:
        """The oldest update of a chat that has none under way."""
        hook = self._wire.world.webhook
        if not hook or len(self._under_way) >= hook["most"]:
            return None
        waiting = self._wire.world.updates.waiting
        return next((one for one in waiting if one.lane not in self._under_way), None)

    async def _send(self, client: httpx.AsyncClient, one: Waiting) -> None:
        try:
            why = await self._ask(client, one)
            world = self._wire.world
            with world.held():
                if why is None:
                    world.updates.done(one.id)
                    self._failed.pop(one.id, None)
                    return
                world.webhook |= {"last_error_date": world.now, "last_error_message": why} if world.webhook else {}
            tried = self._failed[one.id] = self._failed.get(one.id, 0) + 1
            await asyncio.sleep(AGAIN_S[min(tried, len(AGAIN_S)) - 1])
        finally:
            self._under_way.pop(one.lane, None)
            self._wire.wake()

    async def _ask(self, client: httpx.AsyncClient, one: Waiting) -> str | None:
        """Send it; why it was not taken, None when it was."""
        with self._wire.world.held():
            hook = dict(self._wire.world.webhook)
        if not hook:
            return "no webhook"
        headers = {HEADER: hook["secret"]} if hook["secret"] else {}
        with suppress(httpx.HTTPError):
            answer = await client.post(self._reached(hook["url"]), json=one.update, headers=headers)
            return (
                None
                if answer.is_success
                else f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}"
            )
        return "Connection refused"

    def _reached(self, url: str) -> str:
        parts = urlsplit(url)
        public = f"{parts.scheme}://{parts.netloc}"
        return self._behind.get(public, public) + parts.path
