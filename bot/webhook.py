"""Webhook mode: Telegram calls, and is answered only when the update is handled; any number of processes may listen."""

import asyncio
import hmac
import json
import time

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from telegram import Bot, Update

from bot.api_client import ApiAway
from bot.handling import Handler
from bot.order import Gate, Order
from bot.reading import Arrived, read
from bot.seal import webhook_path, webhook_secret

HEADER = "X-Telegram-Bot-Api-Secret-Token"
BYTES_MOST = 1_000_000
# A chat whose update could not be handled waits for it to come again, so that its order is kept; not for ever.
WAITS_S = 120.0


class Webhook:
    """What Telegram calls."""

    def __init__(self, bot: Bot, handler: Handler, token: str) -> None:
        self._bot, self._handler = bot, handler
        self._path, self._secret = webhook_path(token), webhook_secret(token)
        self._order, self._gate = Order(), Gate()
        self._behind: dict[int, tuple[int, float]] = {}

    def app(self) -> Starlette:
        """The server's routes: Telegram's, and one for whoever watches over it."""
        return Starlette(
            routes=[Route(self._path, self.receive, methods=["POST"]), Route("/healthz", self.health, methods=["GET"])]
        )

    async def health(self, _request: Request) -> Response:
        """That it lives, and how many updates it has handled; numbers alone."""
        return JSONResponse({"status": "ok", "counts": dict(self._handler.counts)})

    async def receive(self, request: Request) -> Response:
        """200 when it is handled; 503 when the API is away, so that Telegram sends it again."""
        if not hmac.compare_digest(request.headers.get(HEADER, "").encode(), self._secret.encode()):
            return Response(status_code=403)
        body = await request.body()
        if len(body) > BYTES_MOST:
            return Response(status_code=413)
        try:
            update = Update.de_json(json.loads(body), self._bot)
        except (ValueError, KeyError, TypeError):
            return Response(status_code=400)
        arrived = read(update)
        if arrived is None:
            return Response(status_code=200)
        return Response(status_code=200 if await self._is_handled(arrived) else 503)

    async def _is_handled(self, arrived: Arrived) -> bool:
        if self._handler.is_away(arrived.chat) and arrived.is_urgent:
            await self._handler.say_away(arrived)
        return await self._in_order(arrived)

    async def _in_order(self, arrived: Arrived) -> bool:
        handled = asyncio.get_running_loop().create_future()

        async def job() -> None:
            handled.set_result(await self._try(arrived))

        await self._order.then(arrived.chat, job)
        return bool(handled.result())

    async def _try(self, arrived: Arrived) -> bool:
        first, since = self._behind.get(arrived.chat, (arrived.update, time.monotonic()))
        if first < arrived.update and time.monotonic() - since < WAITS_S:
            return False
        try:
            async with self._gate.pass_through(urgent=arrived.is_urgent):
                await self._handler.handle(arrived)
        except ApiAway:
            self._behind[arrived.chat] = (min(first, arrived.update), since)
            return False
        self._behind.pop(arrived.chat, None)
        return True
