"""Methods about the bot itself, chats and their members, files, and how updates reach the bot."""

import re
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.telegram.calls import Call, chat_known
from tests.fakes.telegram.errors import bad, forbidden
from tests.fakes.telegram.world import Chat, World

PORTS = frozenset({443, 80, 88, 8443})
CONNECTIONS = 40
LENGTHS = {"setmyname": 64, "setmydescription": 512, "setmyshortdescription": 120}
FIELDS = {"name": "name", "description": "description", "shortdescription": "short_description"}
NO_GIFTS = {
    "unlimited_gifts": False, "limited_gifts": False, "unique_gifts": False, "premium_subscription": False,
    "gifts_from_channels": False,
}  # fmt: skip


def get_me(world: World, _: Call) -> dict[str, Any]:
    """Who the bot is."""
    return world.bot | {
        "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False,
        "can_connect_to_business": False, "has_main_web_app": False,
    }  # fmt: skip


def set_my_commands(world: World, call: Call) -> bool:
    """Name the commands for a language and a place."""
    commands = call.tree("commands") or []
    for one in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", one.get("command", "").removeprefix("/")):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(one.get("description", "")) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    world.profile["commands", _scope(call), _language(call)] = commands
    return True


def get_my_commands(world: World, call: Call) -> list[dict[str, str]]:
    """The commands for a language and a place."""
    found: list[dict[str, str]] = world.profile.get(("commands", _scope(call), _language(call)), [])
    return found


def delete_my_commands(world: World, call: Call) -> bool:
    """Forget them."""
    world.profile.pop(("commands", _scope(call), _language(call)), None)
    return True


def set_my(world: World, call: Call) -> bool:
    """Name or describe the bot in a language."""
    name = call.method.lower().removeprefix("setmy")
    said = call.text(FIELDS[name])
    if len(said) > LENGTHS[call.method.lower()]:
        raise bad(f"BOT_{name.upper()}_TOO_LONG")
    world.profile[name, _language(call)] = said
    return True


def get_my(world: World, call: Call) -> dict[str, str]:
    """What the bot is called or said to be in a language."""
    name = call.method.lower().removeprefix("getmy")
    return {FIELDS[name]: world.profile.get((name, _language(call)), "")}


def set_menu_button(world: World, call: Call) -> bool:
    """What the button beside the field does."""
    world.profile["menu", call.text("chat_id")] = call.tree("menu_button") or {"type": "default"}
    return True


def get_chat(world: World, call: Call) -> dict[str, Any]:
    """A chat at length."""
    return chat_known(world, call).described() | {
        "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": NO_GIFTS,
    }  # fmt: skip


def get_chat_member(world: World, call: Call) -> dict[str, Any]:
    """Somebody in a chat."""
    chat, number = chat_known(world, call), call.whole("user_id")
    if number == world.bot["id"]:
        return bot_in(world, chat)
    if number not in world.users:
        raise bad("invalid user_id specified")
    return _member(world, chat, int(number or 0))


def get_chat_administrators(world: World, call: Call) -> list[dict[str, Any]]:
    """Who founded a group."""
    chat = chat_known(world, call)
    if chat.is_private:
        raise bad("there are no administrators in the private chat")
    return [_member(world, chat, number) for number in chat.members[:1]]


def get_chat_member_count(world: World, call: Call) -> int:
    """How many are in a chat, the bot included."""
    chat = chat_known(world, call)
    return len(chat.members) + (chat.bot == "member")


def leave_chat(world: World, call: Call) -> bool:
    """Leave a group."""
    chat = chat_known(world, call)
    if chat.is_private:
        raise bad("chat member status can't be changed in private chats")
    if chat.bot != "member":
        raise forbidden(f"bot is not a member of the {chat.kind} chat")
    chat.bot = "absent"
    return True


def get_file(world: World, call: Call) -> dict[str, Any]:
    """Where a file can be loaded."""
    return world.files.to_load(call.text("file_id"))


def set_webhook(world: World, call: Call) -> bool:
    """Have updates sent; an empty address has them kept again."""
    url = call.text("url")
    if url:
        parts = urlsplit(url)
        if parts.scheme != "https":
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if (parts.port or 443) not in PORTS:
            raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    secret = call.text("secret_token")
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise bad("secret token contains unallowed characters")
    _drop(world, call)
    world.updates.want(call.tree("allowed_updates"))
    most = call.whole("max_connections") or CONNECTIONS
    world.webhook = {"url": url, "secret": secret, "most": most} if url else {}
    world.updates.wake()
    return True


def delete_webhook(world: World, call: Call) -> bool:
    """Have updates kept until they are fetched."""
    _drop(world, call)
    world.webhook = {}
    world.updates.wake()
    return True


def get_webhook_info(world: World, _: Call) -> dict[str, Any]:
    """How updates reach the bot."""
    hook = world.webhook
    found: dict[str, Any] = {
        "url": hook.get("url", ""), "has_custom_certificate": False,
        "pending_update_count": len(world.updates.waiting),
    }  # fmt: skip
    found |= {name: hook[name] for name in ("last_error_date", "last_error_message") if name in hook}
    return found | ({"max_connections": hook["most"]} if hook else {})


def bot_in(world: World, chat: Chat) -> dict[str, Any]:
    """The bot as a member of a chat."""
    if chat.bot in {"blocked", "kicked"}:
        return {"status": "kicked", "user": world.bot, "until_date": 0}
    return {"status": "member" if chat.bot == "member" else "left", "user": world.bot}


def _member(world: World, chat: Chat, number: int) -> dict[str, Any]:
    user = world.users[number]
    if number not in chat.members:
        return {"status": "left", "user": user}
    is_founder = not chat.is_private and chat.members[0] == number
    return (
        {"status": "creator", "user": user, "is_anonymous": False} if is_founder else {"status": "member", "user": user}
    )


def _drop(world: World, call: Call) -> None:
    if call.truth("drop_pending_updates"):
        world.updates.waiting.clear()


def _language(call: Call) -> str:
    code = call.text("language_code")
    if code and not re.fullmatch("[a-z]{2}", code):
        raise bad("invalid language code specified")
    return code


def _scope(call: Call) -> str:
    scope = call.tree("scope") or {"type": "default"}
    return ":".join(str(scope[name]) for name in sorted(scope))
