"""Putting the bot together, and running it in one of its two modes."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from telegram import Bot, BotCommand
from telegram.error import TelegramError

from bot.api_client import Api
from bot.handling import Handler
from bot.knowledge import Knowledge
from bot.limits import Limits, Pace
from bot.logs import tell
from bot.polling import Polling
from bot.reading import ALLOWED
from bot.seal import Keys, webhook_path, webhook_secret
from bot.sending import Sender, TelegramFiles, make_bot
from bot.settings import Settings
from bot.store import Store
from bot.wording import LANGUAGES, say, texts

LONGEST_WAIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What a running bot is made of."""

    bot: Bot
    handler: Handler


@asynccontextmanager
async def built(settings: Settings, pace: Pace | None = None) -> AsyncIterator[Parts]:
    """All parts, connected; closed at the end."""
    api, keys, bot = Api(settings.api, settings.key), Keys(settings.key), make_bot(settings)
    shared = (pace or Pace()).shared_by(settings.sharers)
    knowledge = Knowledge(api, settings.data, settings.page)
    handler = Handler(api, keys, Store(api, keys), knowledge, Sender(bot, Limits(shared)), TelegramFiles(bot))
    try:
        await knowledge.refreshed()
        yield Parts(bot, handler)
    finally:
        await bot.shutdown()
        await api.close()


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Until ``stop``."""
    async with built(settings) as parts:
        await serve(parts, settings, stop)


async def serve(parts: Parts, settings: Settings, stop: asyncio.Event) -> None:
    """In the mode of the settings, until ``stop``."""
    if not await _introduced(parts.bot, settings, stop):
        return
    if settings.webhook:
        await _listen(parts, settings, stop)
    else:
        await Polling(parts.bot, parts.handler).run(stop)


async def _introduced(bot: Bot, settings: Settings, stop: asyncio.Event) -> bool:
    """Tell Telegram how updates come, and the commands; as long as it takes. False when told to stop meanwhile."""
    wait = 1.0
    while not stop.is_set():
        try:
            await bot.initialize()
            if settings.webhook:
                address = settings.webhook + webhook_path(settings.token)
                secret = webhook_secret(settings.token)
                await bot.set_webhook(address, secret_token=secret, allowed_updates=ALLOWED, max_connections=40)
            else:
                await bot.delete_webhook()
            await _list_commands(bot)
            return True
        except TelegramError as error:
            tell("Telegram cannot be reached", level=logging.WARNING, error=type(error).__name__, seconds=wait)
            await _pause(stop, wait)
            wait = min(LONGEST_WAIT_S, wait * 2)
    return False


async def _list_commands(bot: Bot) -> None:
    names = [key.removeprefix("command.") for key in texts("en") if key.startswith("command.")]
    for language in LANGUAGES:
        commands = [BotCommand(name, say(language, f"command.{name}")) for name in names]
        await bot.set_my_commands(commands, language_code=language if language != "en" else None)


async def _listen(parts: Parts, settings: Settings, stop: asyncio.Event) -> None:
    import uvicorn

    from bot.webhook import Webhook

    app = Webhook(parts.bot, parts.handler, settings.token).app()
    config = uvicorn.Config(
        app, host=settings.host, port=settings.port, access_log=False, log_config=None, lifespan="off",
        timeout_graceful_shutdown=10,
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
    stopping.cancel()


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
