"""What people do in Telegram, and what the bot is told of it. Whoever calls holds the world."""

import secrets
from collections.abc import Mapping
from typing import Any

from tests.fakes.telegram.keyboards import buttons_of, labels
from tests.fakes.telegram.profile import bot_in
from tests.fakes.telegram.texts import marks_in
from tests.fakes.telegram.world import Chat, Standing, World

SEEN_AGAIN = 50


def post(
    world: World, user: int, chat: Chat, content: Mapping[str, Any], *, answering: int | None = None
) -> dict[str, Any]:
    """A message of a person. In a group the bot is told of commands, of its name and of answers to it alone."""
    if chat.is_private and chat.bot in {"absent", "blocked"}:
        set_standing(world, user, chat, "member")  # whoever writes to a bot lets it write back
    message: dict[str, Any] = {
        "message_id": chat.number(), "from": world.users[user], "chat": chat.described(), "date": world.now, **content,
    }  # fmt: skip
    if answering in chat.messages:
        said = chat.messages[answering]
        message["reply_to_message"] = {name: value for name, value in said.items() if name != "reply_to_message"}
    chat.messages[message["message_id"]] = message
    if chat.is_private or (chat.bot == "member" and _is_for_bot(world, message)):
        world.tell("message", message, chat)
    chat.seen.notify_all()
    return message


def _is_for_bot(world: World, message: Mapping[str, Any]) -> bool:
    name, text = f"@{world.bot['username']}", str(message.get("text", ""))
    is_command = text.startswith("/") and ("@" not in text.split(maxsplit=1)[0] or name in text.split(maxsplit=1)[0])
    answered = message.get("reply_to_message", {}).get("from", {}).get("id")
    return is_command or name in text or answered == world.bot["id"]


def say(world: World, user: int, chat: Chat, text: str, *, answering: int | None = None) -> None:
    """Write a text."""
    marks = marks_in(text)
    post(world, user, chat, {"text": text} | ({"entities": marks} if marks else {}), answering=answering)


def send_photo(world: World, user: int, chat: Chat, content: bytes, caption: str = "") -> None:
    """Send a photo."""
    post(world, user, chat, {"photo": world.files.photo(content)} | ({"caption": caption} if caption else {}))


def share_place(
    world: World, user: int, chat: Chat, at: tuple[float, float], *, accuracy_m: float | None, live_s: int | None
) -> int:
    """Share a place; the number of the message."""
    place: dict[str, Any] = {"latitude": at[0], "longitude": at[1]}
    place |= {"horizontal_accuracy": accuracy_m} if accuracy_m is not None else {}
    place |= {"live_period": live_s} if live_s else {}
    return int(post(world, user, chat, {"location": place})["message_id"])


def move(world: World, chat: Chat, number: int, at: tuple[float, float]) -> None:
    """Walk on while the place is shared live."""
    place = chat.messages[number]["location"] | {"latitude": at[0], "longitude": at[1]}
    _edit(world, chat, number, {"location": place})


def stop_sharing(world: World, chat: Chat, number: int) -> None:
    """Share the place no longer: it stays where it was, without a time for which it lives."""
    place = {name: value for name, value in chat.messages[number]["location"].items() if name != "live_period"}
    _edit(world, chat, number, {"location": place})


def correct(world: World, user: int, chat: Chat, text: str) -> None:
    """Change one's own last text."""
    own = [one for one in chat.messages.values() if one["from"]["id"] == user and "text" in one]
    _edit(world, chat, own[-1]["message_id"], {"text": text})


def _edit(world: World, chat: Chat, number: int, changed: dict[str, Any]) -> None:
    chat.messages[number] = chat.messages[number] | changed | {"edit_date": world.now}
    world.tell("edited_message", chat.messages[number], chat)


def find_button(
    chat: Chat, label: str, *, message: int | None = None
) -> tuple[dict[str, Any] | None, dict[str, Any]] | None:
    """The button that says ``label`` and its message, the newest first; no message where the keyboard has it.

    ``message``: look under that one alone.
    """
    newest = [chat.messages[message]] if message in chat.messages else list(reversed(chat.messages.values()))
    places: list[tuple[dict[str, Any] | None, list[dict[str, Any]]]] = [
        (one, buttons_of(one.get("reply_markup"))) for one in newest[:SEEN_AGAIN]
    ]
    places += [(None, buttons_of(chat.keyboard))] if message is None else []
    for is_it in (lambda said: said == label, lambda said: label.lower() in said.lower()):
        for where, buttons in places:
            for button in buttons:
                if is_it(button["text"]):
                    return where, button
    return None


def all_buttons(chat: Chat) -> list[str]:
    """What stands on every button that could be tapped, for complaints."""
    newest = list(reversed(chat.messages.values()))[:SEEN_AGAIN]
    return [label for message in newest for label in labels(message.get("reply_markup"))] + labels(chat.keyboard)


def tap(world: World, user: int, chat: Chat, message: Mapping[str, Any], button: Mapping[str, Any]) -> str:
    """Tap a button under a message; the number of the query that the bot is to answer."""
    query = str(secrets.randbits(62))
    world.taps[query] = {"at": world.clock.now(), "answer": None, "chat": chat.id}
    world.tell(
        "callback_query",
        {
            "id": query, "from": world.users[user], "message": dict(message), "chat_instance": str(-chat.id),
            "data": button["callback_data"],
        },
        chat,
    )  # fmt: skip
    return query


def tap_keyboard(world: World, user: int, chat: Chat, button: Mapping[str, Any], at: tuple[float, float]) -> None:
    """Tap a button of the keyboard: it sends its text, the place of the phone, or its number."""
    if chat.keyboard and chat.keyboard.get("one_time_keyboard"):
        chat.keyboard = None
    if button.get("request_location"):
        share_place(world, user, chat, at, accuracy_m=12.0, live_s=None)
    elif button.get("request_contact"):
        named = {"phone_number": "+15550100", "first_name": chat.title, "user_id": user}
        post(world, user, chat, {"contact": named})
    else:
        say(world, user, chat, button["text"])


def set_standing(world: World, user: int, chat: Chat, standing: Standing) -> None:
    """Let the bot into a chat, or put it out."""
    old, chat.bot = bot_in(world, chat), standing
    new = bot_in(world, chat)
    if old["status"] == new["status"]:
        return
    changed = {
        "chat": chat.described(), "from": world.users[user], "date": world.now, "old_chat_member": old,
        "new_chat_member": new,
    }  # fmt: skip
    world.tell("my_chat_member", changed, chat)
    if not chat.is_private and standing == "member":
        message = {
            "message_id": chat.number(), "from": world.users[user], "chat": chat.described(), "date": world.now,
            "new_chat_members": [world.bot],
        }  # fmt: skip
        world.tell("message", message, chat)


def upgrade(world: World, chat: Chat) -> Chat:
    """Make a supergroup of a group; the bot is told in both."""
    grown = world.add_group(chat.title, chat.members, "supergroup")
    grown.bot, chat.moved_to = chat.bot, grown.id
    for where, named in ((chat, {"migrate_to_chat_id": grown.id}), (grown, {"migrate_from_chat_id": chat.id})):
        message = {
            "message_id": where.number(), "from": world.users[chat.members[0]], "chat": where.described(),
            "date": world.now, **named,
        }  # fmt: skip
        world.tell("message", message, where)
    return grown
