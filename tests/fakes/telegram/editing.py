"""Methods that change or remove what was sent, and the answer to a tapped button."""

from typing import Any

from tests.fakes.telegram.calls import Call, chat_reached, markup_of, within_limits
from tests.fakes.telegram.errors import NOT_MODIFIED, bad
from tests.fakes.telegram.sending import CAPTION_MOST, TEXT_MOST
from tests.fakes.telegram.texts import units
from tests.fakes.telegram.world import Chat, World

DELETED_WITHIN_S = 48 * 3600
TAP_S = 600.0
TOAST_MOST = 200
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


def edit_message_text(world: World, call: Call) -> dict[str, Any]:
    """Put other words in a message's place; a keyboard that is not given again goes."""
    chat, old = _own(world, call)
    if "text" not in old:
        raise bad("there is no text in the message to edit")
    text, marks = call.words("text", TEXT_MOST, too_long="message is too long")
    if not text:
        raise bad("message text is empty")
    return _change(
        world, call, chat, old, {"text": text} | ({"entities": marks} if marks else {}), {"text", "entities"}
    )


def edit_message_caption(world: World, call: Call) -> dict[str, Any]:
    """Put other words under a photo or a note."""
    chat, old = _own(world, call)
    if not {"photo", "voice", "document"} & old.keys():
        raise bad("there is no caption in the message to edit")
    text, _ = call.words("caption", CAPTION_MOST, too_long="message caption is too long")
    return _change(world, call, chat, old, {"caption": text} if text else {}, {"caption", "caption_entities"})


def edit_message_reply_markup(world: World, call: Call) -> dict[str, Any]:
    """Change the buttons alone."""
    chat, old = _own(world, call)
    return _change(world, call, chat, old, {}, set())


def edit_live_location(world: World, call: Call) -> dict[str, Any]:
    """Move a place that the bot shows."""
    chat, old = _own(world, call)
    if "live_period" not in old.get("location", {}):
        raise bad("message can't be edited")
    place = old["location"] | {"latitude": call.number("latitude"), "longitude": call.number("longitude")}
    return _change(world, call, chat, old, {"location": place}, set())


def stop_live_location(world: World, call: Call) -> dict[str, Any]:
    """Leave the place where it is."""
    chat, old = _own(world, call)
    if "live_period" not in old.get("location", {}):
        raise bad("message can't be edited")
    place = {name: value for name, value in old["location"].items() if name != "live_period"}
    return _change(world, call, chat, old, {"location": place}, set())


def delete_message(world: World, call: Call) -> bool:
    """Remove a message."""
    chat = chat_reached(world, call)
    found = chat.messages.get(call.whole("message_id") or 0)
    if found is None:
        raise bad("message to delete not found")
    is_foreign = not chat.is_private and found["from"]["id"] != world.bot["id"]
    if is_foreign or found["date"] < world.now - DELETED_WITHIN_S:
        raise bad("message can't be deleted")
    del chat.messages[found["message_id"]]
    chat.seen.notify_all()
    return True


def pin_message(world: World, call: Call) -> bool:
    """Pin a message. Raises Refused where there is none."""
    chat = chat_reached(world, call)
    if call.whole("message_id") not in chat.messages:
        raise bad("message to pin not found")
    return True


def answer_callback_query(world: World, call: Call) -> bool:
    """Answer a tap, once and soon."""
    tap = world.taps.get(call.text("callback_query_id"))
    if tap is None or tap["answer"] is not None or world.clock.now() - tap["at"] > TAP_S * max(1.0, world.clock.speed):
        raise bad(TOO_OLD)
    if units(call.text("text")) > TOAST_MOST:
        raise bad("MESSAGE_TOO_LONG")
    tap["answer"] = {"text": call.text("text"), "show_alert": call.truth("show_alert"), "url": call.text("url")}
    world.answered.notify_all()
    return True


def _own(world: World, call: Call) -> tuple[Chat, dict[str, Any]]:
    chat = chat_reached(world, call)
    found = chat.messages.get(call.whole("message_id") or 0)
    if found is None:
        raise bad("message to edit not found")
    if found["from"]["id"] != world.bot["id"]:
        raise bad("message can't be edited")
    return chat, found


def _change(
    world: World, call: Call, chat: Chat, old: dict[str, Any], fresh: dict[str, Any], replaced: set[str]
) -> dict[str, Any]:
    markup = markup_of(world, call, chat)
    left_out = replaced | {"reply_markup", "edit_date"}
    changed = {name: value for name, value in old.items() if name not in left_out} | fresh
    if markup and markup.get("inline_keyboard"):
        changed["reply_markup"] = markup
    if changed == {name: value for name, value in old.items() if name != "edit_date"}:
        raise bad(NOT_MODIFIED)
    within_limits(world, chat)
    changed["edit_date"] = world.now
    chat.show(changed, changed=True)
    return changed
