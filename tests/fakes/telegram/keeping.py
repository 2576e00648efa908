"""What the simulation of the demo keeps between two starts: people, chats, and what the bot has not fetched."""

import json
from pathlib import Path
from typing import Any

from tests.fakes.telegram.updates import Waiting
from tests.fakes.telegram.world import Chat, World

CHAT = ("id", "kind", "title", "members", "bot", "next_id", "keyboard", "moved_to")


def written(world: World) -> dict[str, Any]:
    """The world without its files, which are only kept while it runs."""
    return {
        "users": list(world.users.values()),
        "chats": [
            {name: getattr(chat, name) for name in CHAT}
            | {"messages": list(chat.messages.values()), "shown": len(chat.shown)}
            for chat in world.chats.values()
        ],
        "next_update": world.updates.next_id,
        "waiting": [{"update": one.update, "at": one.at, "lane": one.lane} for one in world.updates.waiting],
    }


def keep(world: World, path: Path) -> None:
    """Write the world, for the folder's owner alone."""
    with world.held():
        text = json.dumps(written(world), ensure_ascii=False)
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def restore(world: World, path: Path) -> bool:
    """Have the world as it was kept; False where nothing was."""
    if not path.exists():
        return False
    found = json.loads(path.read_text(encoding="utf-8"))
    world.users = {user["id"]: user for user in found["users"]}
    for one in found["chats"]:
        chat = Chat(lock=world.lock, **{name: one[name] for name in CHAT})
        chat.messages = {message["message_id"]: message for message in one["messages"]}
        chat.shown = [(message, False) for message in chat.messages.values()][: one["shown"]]
        world.add_chat(chat)
    world.updates.next_id = found["next_update"]
    world.updates.waiting = [Waiting(**one) for one in found["waiting"]]
    return True
