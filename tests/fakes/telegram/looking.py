"""A chat as a program shows it to a person: for the page of the demo and for tests in other languages."""

from collections.abc import Mapping
from typing import Any
from zlib import crc32

from tests.fakes.telegram.keyboards import buttons_of
from tests.fakes.telegram.world import Chat, World

SHOWN_MOST = 200


def chats_of(world: World) -> list[dict[str, Any]]:
    """Every chat, with how much the bot has shown in it."""
    return [
        {
            "id": chat.id, "title": chat.title, "kind": chat.kind, "shown": len(chat.shown),
            "language": world.users.get(chat.id, {}).get("language_code"), "bot": chat.bot, "members": chat.members,
        }
        for chat in world.chats.values() if chat.moved_to is None
    ]  # fmt: skip


def chat_view(world: World, chat: Chat) -> dict[str, Any]:
    """The chat: its newest messages, the keyboard, what the last tap was answered, and a version of all that."""
    tap = _last_tap(world, chat)
    view = {
        "messages": [_message(world, one) for one in list(chat.messages.values())[-SHOWN_MOST:]],
        "keyboard": _rows(chat.keyboard),
        "bot": chat.bot,
        "tap": tap and {"at": tap["at"], "waits": tap["answer"] is None, **(tap["answer"] or {})},
    }
    return view | {"version": f"{crc32(repr(view).encode()):x}"}


def _last_tap(world: World, chat: Chat) -> dict[str, Any] | None:
    return next((tap for tap in reversed(world.taps.values()) if tap["chat"] == chat.id), None)


def _message(world: World, message: Mapping[str, Any]) -> dict[str, Any]:
    files = [message[kind] for kind in ("voice", "document") if kind in message]
    photo = message.get("photo", [])[-1:]
    paths = [world.files.by_id[one["file_id"]].path for one in (*photo, *files) if one["file_id"] in world.files.by_id]
    return {
        "id": message["message_id"],
        "from": message["from"]["first_name"],
        "is_bot": message["from"]["id"] == world.bot["id"],
        "at": message["date"],
        "changed": "edit_date" in message,
        "text": message.get("text") or message.get("caption") or "",
        "place": message.get("location"),
        "file": paths[0] if paths else None,
        "kind": next((kind for kind in ("photo", "voice", "document", "location") if kind in message), "text"),
        "rows": _rows(message.get("reply_markup")),
    }


def _rows(markup: Mapping[str, Any] | None) -> list[list[dict[str, Any]]]:
    rows = (markup or {}).get("inline_keyboard") or (markup or {}).get("keyboard") or []
    kept = ("text", "url", "request_location", "request_contact")
    return [
        [{name: one[name] for name in kept if name in one} for one in buttons_of({"keyboard": [row]})] for row in rows
    ]
