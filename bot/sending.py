"""Saying it in the chat: new messages, edits in place of the message that was pressed, places, and taking codes away."""

import asyncio
import logging
import ssl
from typing import Any

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
)
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from bot.effects import Rows, Say
from bot.handlers.context import FileLost
from bot.limits import Limits
from bot.logs import tell
from bot.reading import Arrived
from bot.settings import Settings
from bot.wording import menu_of

TEXT_MOST = 4096
TRIES = 5


class Blocked(Exception):
    """The person has blocked the bot, or the group has put it out."""


def make_bot(settings: Settings) -> Bot:
    """Telegram's API at the address of the settings; both of its connection pools share one certificate store."""
    secure = settings.telegram.startswith("https://")
    kwargs: dict[str, Any] = {"verify": ssl.create_default_context() if secure else False, "trust_env": True}
    speaking = HTTPXRequest(connection_pool_size=16, read_timeout=15, httpx_kwargs=kwargs)
    listening = HTTPXRequest(connection_pool_size=1, read_timeout=15, httpx_kwargs=kwargs)
    return Bot(
        settings.token, base_url=f"{settings.telegram}/bot", base_file_url=f"{settings.telegram}/file/bot",
        request=speaking, get_updates_request=listening,
    )  # fmt: skip


class TelegramFiles:
    """Photos and voice notes, fetched from Telegram into memory; nothing of them is written down here."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def fetch(self, file_id: str) -> bytes:
        """The bytes of a file. Raises FileLost."""
        for wait_s in (0.5, 2.0, None):
            try:
                file = await self._bot.get_file(file_id)
                return bytes(await file.download_as_bytearray())
            except TelegramError as error:
                # What it refuses, it refuses again: a file that is too big, or was taken away.
                if wait_s is None or isinstance(error, BadRequest):
                    raise FileLost from error
                await asyncio.sleep(wait_s)
        raise FileLost


class Sender:
    """Speaks in chats, at the pace that is allowed."""

    def __init__(self, bot: Bot, limits: Limits) -> None:
        self._bot = bot
        self._limits = limits

    async def answer(self, arrived: Arrived, says: tuple[Say, ...], language: str, *, urgent: bool) -> bool:
        """Say all of it. Raises Blocked. What Telegram does not take after some tries is logged and let go.

        Whether Telegram took everything.
        """
        taken = True
        if arrived.pressed:
            await self._quietly(self._bot.answer_callback_query(arrived.pressed))
        for say in says:
            if say.wipe and arrived.message and not arrived.in_group:
                await self._quietly(self._bot.delete_message(arrived.chat, arrived.message))
            if say.text:
                taken &= await self._paced(arrived, lambda say=say: self._speak(arrived, say, language), urgent=urgent)
            if say.spot:
                taken &= await self._paced(arrived, lambda say=say: self._show(arrived, say), urgent=urgent)
        return taken

    async def _speak(self, arrived: Arrived, say: Say, language: str) -> None:
        text = say.text if len(say.text) <= TEXT_MOST else say.text[: TEXT_MOST - 1] + "…"
        if arrived.pressed and arrived.message and not say.fresh:
            try:
                await self._bot.edit_message_text(text, arrived.chat, arrived.message, reply_markup=inline(say.buttons))
                return
            except BadRequest as refused:
                if "not modified" in str(refused).lower():
                    return
                # It is too old, was deleted, or is no text: say it anew.
        keyboard = menu(language) if say.menu and not say.buttons and not arrived.in_group else inline(say.buttons)
        await self._bot.send_message(arrived.chat, text, reply_markup=keyboard)

    async def _show(self, arrived: Arrived, say: Say) -> None:
        assert say.spot
        accuracy = min(say.spot.accuracy_m or 0.0, 1500.0)
        await self._bot.send_location(
            arrived.chat, say.spot.lat, say.spot.lon, horizontal_accuracy=accuracy, protect_content=True
        )

    async def _paced(self, arrived: Arrived, speak: Any, *, urgent: bool) -> bool:
        for attempt in range(TRIES):
            await self._limits.turn(arrived.chat, in_group=arrived.in_group, urgent=urgent)
            try:
                await speak()
                return True
            except RetryAfter as asked:
                self._limits.hold(arrived.chat, _seconds(asked))
            except Forbidden as blocked:
                raise Blocked from blocked
            except BadRequest as refused:
                tell("Telegram refused a message", level=logging.ERROR, error=type(refused).__name__)
                return False
            except TelegramError as error:
                tell("Telegram did not answer", level=logging.WARNING, error=type(error).__name__)
                await asyncio.sleep(min(8.0, 0.5 * 2**attempt))
        tell("a message was given up", level=logging.ERROR, count=TRIES)
        return False

    async def _quietly(self, call: Any) -> None:
        """Something that may be too late and matters little: a spinner, a message that was deleted already."""
        try:
            await call
        except TelegramError as error:
            tell("a small call was refused", level=logging.DEBUG, error=type(error).__name__)


def _seconds(asked: RetryAfter) -> float:
    wait = asked.retry_after
    return float(wait) if isinstance(wait, int | float) else wait.total_seconds()


def inline(buttons: Rows) -> InlineKeyboardMarkup | None:
    """Buttons under a message."""
    if not buttons:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(one.label, callback_data=one.data) for one in row] for row in buttons]
    )


def menu(language: str) -> ReplyKeyboardMarkup:
    """The keyboard of the start, which stays: SOS and the place are always one press away."""
    rows = [
        [KeyboardButton(label, request_location=True if data == "menu:place" else None) for label, data in row]
        for row in menu_of(language)
    ]
    return ReplyKeyboardMarkup(rows, resize_keyboard=True, is_persistent=True)
