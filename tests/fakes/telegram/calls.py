"""A call of the Bot API: what it gives, read as the method needs it."""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.telegram.errors import BLOCKED, CANNOT_BEGIN, CHAT_NOT_FOUND, bad, flood, forbidden
from tests.fakes.telegram.keyboards import check_markup
from tests.fakes.telegram.texts import from_html, units
from tests.fakes.telegram.world import Chat, World


@dataclass(slots=True)
class Call:
    """One call. ``given``: its fields as they came; ``files``: name and content of what came with it; ``size``: in bytes."""

    method: str
    given: dict[str, Any]
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    size: int = 0

    def text(self, name: str, default: str = "") -> str:
        """A text."""
        value = self.given.get(name, default)
        return value if isinstance(value, str) else str(value)

    def whole(self, name: str) -> int | None:
        """A whole number; None where it is left out."""
        value = self.given.get(name)
        if value in {None, ""}:
            return None
        try:
            return int(value)
        except (TypeError, ValueError):
            raise bad(f"parameter {name} is invalid") from None

    def number(self, name: str) -> float | None:
        """A number; None where it is left out."""
        value = self.given.get(name)
        try:
            return None if value in {None, ""} else float(value)
        except (TypeError, ValueError):
            raise bad(f"{name} is no number") from None

    def truth(self, name: str) -> bool:
        """Whether it was asked for."""
        return str(self.given.get(name, "")).lower() in {"true", "1", "yes"}

    def tree(self, name: str) -> Any:
        """An object or a list; None where it is left out."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise bad(f"can't parse {name.replace('_', ' ')} JSON object") from None

    def chat_id(self) -> int:
        """The number of the chat that is meant. Raises Refused."""
        if self.given.get("chat_id") in {None, ""}:
            raise bad("chat_id is empty")
        try:
            return int(self.given["chat_id"])
        except (TypeError, ValueError):
            raise bad(CHAT_NOT_FOUND) from None

    def words(self, name: str, most: int, *, too_long: str) -> tuple[str, list[dict[str, Any]]]:
        """A text with its marks, read in the way that the call names. Raises Refused."""
        mode, source = self.text("parse_mode").lower(), self.text(name)
        if mode not in {"", "html"}:
            raise bad(f"the simulated Telegram reads no {self.text('parse_mode')}")
        text, marks = from_html(source) if mode else (source, self.tree("entities") or [])
        text = text.strip()
        if units(text) > most:
            raise bad(too_long)
        return text, marks


def chat_known(world: World, call: Call) -> Chat:
    """The chat of a call. Raises Refused where the bot has none of that number."""
    chat = world.chats.get(call.chat_id())
    if chat is None:
        raise bad(CHAT_NOT_FOUND)
    if chat.moved_to:
        raise bad("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.moved_to)
    return chat


def chat_reached(world: World, call: Call) -> Chat:
    """The chat of a call that sends. Raises Refused where the bot may not send there."""
    chat = chat_known(world, call)
    if chat.bot == "blocked":
        raise forbidden(BLOCKED)
    if chat.bot == "kicked":
        raise forbidden(f"bot was kicked from the {chat.kind} chat")
    if chat.bot == "absent":
        raise forbidden(CANNOT_BEGIN) if chat.is_private else bad(CHAT_NOT_FOUND)
    return chat


def within_limits(world: World, chat: Chat) -> None:
    """Count a message or a change. Raises Refused where it comes too early."""
    if wait_s := world.meter.ask(chat.id, world.clock.now()):
        raise flood(wait_s)


def markup_of(world: World, call: Call, chat: Chat) -> dict[str, Any] | None:
    """The keyboard of a call. Raises Refused for one that Telegram does not take."""
    markup = call.tree("reply_markup")
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    check_markup(markup, is_private=chat.is_private, local_links=world.local_links)
    return markup
