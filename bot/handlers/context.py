"""What carrying out an effect needs to know, and the registry of those who do."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.api_client import Api, Refused
from bot.effects import Effect
from bot.inputs import Kind, Said


class FileLost(Exception):
    """Telegram does not give the file."""


class Files(Protocol):
    """Where the bytes of a photo or a voice note come from."""

    async def fetch(self, file_id: str) -> bytes:
        """The bytes of a file. Raises FileLost."""
        ...


class Sessions:
    """Tokens of linked people, by chat, in memory alone. At most ``MOST``: the oldest goes first."""

    MOST = 500

    def __init__(self) -> None:
        self._tokens: dict[int, str] = {}

    def get(self, chat: int) -> str | None:
        """The token at hand."""
        return self._tokens.get(chat)

    def keep(self, chat: int, token: str) -> None:
        """Keep a fresh one."""
        self._tokens.pop(chat, None)
        self._tokens[chat] = token
        while len(self._tokens) > self.MOST:
            self._tokens.pop(next(iter(self._tokens)))

    def drop(self, chat: int) -> None:
        """It is over."""
        self._tokens.pop(chat, None)


@dataclass(slots=True)
class Context:
    """One update while it is carried out."""

    api: Api
    files: Files
    sessions: Sessions
    chat: int
    language: str
    key: str
    now: datetime
    calls: int = field(default=0)
    # Receipts with the messages that the answer to this update shows: seen once it stands in the chat, and not before.
    shown: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def next_key(self) -> str:
        """The id of the next call of this update; the same again when the update is repeated."""
        self.calls += 1
        return f"{self.key}-{self.calls}"

    async def with_receipt(self, method: str, path: str, receipt: str, body: Any = None) -> Any:
        """A call of the resident whose receipt it is."""
        key = self.next_key() if method != "GET" else ""
        return await self.api.call(method, path, body, auth=f"Receipt {receipt}", language=self.language, key=key)

    async def as_linked(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the person whose chat this is. Raises Refused ``not-linked``."""
        key = self.next_key() if method == "POST" else ""
        for attempt in range(2):
            try:
                token = self.sessions.get(self.chat) or await self._sign_in()
                auth = f"Bearer {token}"
                return await self.api.call(method, path, body, auth=auth, language=self.language, key=key)
            except Refused as refused:
                # The session ran out or was ended: a fresh one, once. A link that was ended gives none.
                if refused.status != 401 or attempt:
                    raise
                self.sessions.drop(self.chat)
        raise AssertionError("unreachable")

    async def _sign_in(self) -> str:
        told = await self.api.as_bot("POST", "sessions", {"chat": str(self.chat)}, language=self.language)
        self.sessions.keep(self.chat, told["token"])
        return str(told["token"])


Carry = Callable[[Context, Any], Awaitable[Said]]
CARRIED: dict[type[Effect], Carry] = {}


def carries(kind: type[Effect]) -> Callable[[Carry], Carry]:
    """Declare who carries out an effect."""

    def mark(carry: Carry) -> Carry:
        CARRIED[kind] = carry
        return carry

    return mark


def outcome(name: str, data: Mapping[str, Any] | None = None) -> Said:
    """What came of a call, as something said."""
    return Said(Kind.OUTCOME, name, data=data or {})


def said_no(refused: Refused, name: str = "refused", **more: Any) -> Said:
    """A refusal, in the words of the API."""
    return outcome(name, {"code": refused.code, "words": refused.words, **more})
