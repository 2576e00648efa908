"""Telegram by its Bot API, over connections that are kept open.

What Telegram asks of bots is kept to here: so many messages a second over all, one a second to a chat, and none before
the time that it named. Whoever may not be written to yet goes back to the queue, so that no thread waits and an SOS
passes. How often a group may be written to is decided before, in one place for all workers (dispatch/groups.py).
"""

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import httpx

from backend.dispatch.channels import ChannelFailed, Message, Outcome
from backend.dispatch.rules import Result
from backend.settings import Settings

TIMEOUT = httpx.Timeout(4.0, connect=3.0, pool=1.0)
ANSWER_MOST = 100_000
A_SECOND = 30  # messages to all chats, those of an SOS and of the bot's own process among them
# The others keep to this pace, nearly evenly: what leaves in a burst may arrive with the next one, and then is too much.
PACED, BURST = 20, 8
CHAT_S = 1.0
CHATS_KNOWN_MOST = 10_000
# Answers that are about us and not about the message: a person mends the settings, and a later try succeeds.
OURS_TO_MEND = frozenset({401, 404, 409})

# It writes every address that is called, and ours hold the bot's token.
logging.getLogger("httpx").setLevel(logging.WARNING)


class TelegramFailed(ChannelFailed):
    """Telegram could not be reached or did not answer in time."""


def outcome_of(status: int, answer: dict[str, Any]) -> Outcome:
    """The code table: what an answer of the Bot API means for a delivery.

    That Telegram took a message says nothing of anybody having seen it.
    """
    if status == 200:
        return Outcome(Result.HANDED_OVER, "200") if answer.get("ok") else Outcome(Result.RETRY, "unreadable")
    if status == 429:
        return Outcome(Result.RETRY, "429", after_s=_retry_after(answer))
    if status == 400 and "chat not found" in str(answer.get("description", "")).lower():
        return Outcome(Result.NEVER, "chat-not-found")
    is_final = 400 <= status < 500 and status not in OURS_TO_MEND
    return Outcome(Result.NEVER if is_final else Result.RETRY, str(status))


def _parameters(answer: dict[str, Any]) -> dict[str, Any]:
    found = answer.get("parameters")
    return found if isinstance(found, dict) else {}


def _retry_after(answer: dict[str, Any]) -> float:
    found = _parameters(answer).get("retry_after")
    return float(found) if isinstance(found, int | float) and 0 < found < 86_400 else CHAT_S


class Limiter:
    """Who may send now, in this process, which has one of ``sharers`` equal shares of what all may send.

    Times are those of ``clock``, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, sharers: int = 1) -> None:
        self._a_second, self._paced = max(1, A_SECOND // sharers), PACED / sharers
        self._burst = max(1, BURST // sharers)
        self._clock, self._lock = clock, threading.Lock()
        self._sent, self._promised, self._due = deque[float](), 0.0, 0.0
        self._free_at: dict[str, float] = {}
        self._closed_until: dict[str, float] = {}

    def wait_s(self, chat: str, *, urgent: bool) -> float:
        """0 and counted as sent; or the seconds after which to ask again, each asker a little later than the last.

        An SOS waits neither a second for the same chat nor for the pace of the others, but it too waits for the time
        that Telegram named.
        """
        with self._lock:
            now = self._clock()
            while self._sent and self._sent[0] <= now - 1:
                self._sent.popleft()
            wait = self._closed_until.get(chat, 0.0) - now
            if not urgent:
                wait = max(wait, self._free_at.get(chat, 0.0) - now)
            if wait > 0:
                return wait
            if len(self._sent) >= self._a_second or (
                not urgent and self._due - now > (self._burst - 0.5) / self._paced
            ):
                self._promised = max(self._promised, self._due, now) + 1 / self._paced
                return self._promised - now
            self._count(chat, now, urgent=urgent)
            return 0.0

    def _count(self, chat: str, now: float, *, urgent: bool) -> None:
        self._sent.append(now)
        self._due = self._due if urgent else max(self._due, now) + 1 / self._paced
        self._free_at[chat] = now + CHAT_S
        if len(self._free_at) > CHATS_KNOWN_MOST:
            self._forget(now)

    def close(self, chat: str, seconds: float) -> None:
        """Let nothing go to a chat for so long."""
        with self._lock:
            self._closed_until[chat] = self._clock() + seconds

    def _forget(self, now: float) -> None:
        self._free_at = {chat: at for chat, at in self._free_at.items() if at > now}
        self._closed_until = {chat: at for chat, at in self._closed_until.items() if at > now}


class Telegram:
    """The Bot API of the deployment's bot."""

    def __init__(self, settings: Settings, *, limiter: Limiter | None = None) -> None:
        self._url = f"{settings.telegram_api.rstrip('/')}/bot{settings.telegram_token}/sendMessage"
        self._client = httpx.Client(timeout=TIMEOUT, follow_redirects=False, headers={"user-agent": "Linli"})
        self._limiter = limiter or Limiter(sharers=settings.telegram_sharers)

    def send(self, message: Message) -> Outcome:
        """Hand one message to Telegram. Raises TelegramFailed."""
        wait_s = self._limiter.wait_s(message.address, urgent=message.lane == "sos")
        if wait_s:
            return Outcome(Result.LATER, "paced", after_s=wait_s)
        status, answer = self._post(message.address, message)
        moved = _parameters(answer).get("migrate_to_chat_id")
        if status == 400 and isinstance(moved, int):  # the group became a supergroup: it has another id now
            status, answer = self._post(str(moved), message)
        outcome = outcome_of(status, answer)
        if outcome.after_s:
            self._limiter.close(message.address, outcome.after_s)
        return outcome

    def _post(self, chat: str, message: Message) -> tuple[int, dict[str, Any]]:
        """The status and the answer; an answer that cannot be read is empty."""
        try:
            with self._client.stream("POST", self._url, json=body_of(chat, message)) as response:
                raw = b""
                for part in response.iter_bytes():
                    raw += part
                    if len(raw) > ANSWER_MOST:
                        break
        except httpx.HTTPError as error:
            code = "timeout" if isinstance(error, httpx.TimeoutException) else "unreachable"
            raise TelegramFailed(code) from error
        return response.status_code, _read(raw)


def _read(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def body_of(chat: str, message: Message) -> dict[str, Any]:
    """What is sent: the words as they are, without markup or a preview, not to be passed on."""
    keys = [
        {"text": button.label} | ({"url": button.url} if button.url else {"callback_data": button.data})
        for button in message.buttons
    ]
    markup = {"reply_markup": {"inline_keyboard": [[key] for key in keys]}} if keys else {}
    return {
        "chat_id": int(chat), "text": message.body, "protect_content": True,
        "link_preview_options": {"is_disabled": True}, **markup,
    }  # fmt: skip
