"""Methods that send."""

from typing import Any

from tests.fakes.telegram.calls import Call, chat_reached, markup_of, within_limits
from tests.fakes.telegram.errors import bad
from tests.fakes.telegram.world import Chat, World

TEXT_MOST, CAPTION_MOST = 4096, 1024
LIVE_S = (60, 86_400)
FOREVER = 0x7FFFFFFF
ACTIONS = frozenset({
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note",
})  # fmt: skip


def send_message(world: World, call: Call) -> dict[str, Any]:
    """A text."""
    chat = chat_reached(world, call)
    text, marks = call.words("text", TEXT_MOST, too_long="message is too long")
    if not text:
        raise bad("message text is empty")
    return _post(world, call, chat, {"text": text} | ({"entities": marks} if marks else {}))


def send_location(world: World, call: Call) -> dict[str, Any]:
    """A place, or one that moves for a while."""
    return _post(world, call, chat_reached(world, call), {"location": _place(call)})


def send_venue(world: World, call: Call) -> dict[str, Any]:
    """A place with a name."""
    chat, place = chat_reached(world, call), _place(call)
    venue = {"location": place, "title": call.text("title"), "address": call.text("address")}
    return _post(world, call, chat, {"location": place, "venue": venue})


def send_photo(world: World, call: Call) -> dict[str, Any]:
    """A photo."""
    chat, caption = chat_reached(world, call), _caption(call)
    return _post(world, call, chat, {"photo": world.files.photo(_content(world, call, "photo"))} | caption)


def send_voice(world: World, call: Call) -> dict[str, Any]:
    """A voice note."""
    chat, caption = chat_reached(world, call), _caption(call)
    note = world.files.voice(_content(world, call, "voice"), call.whole("duration") or 0)
    return _post(world, call, chat, {"voice": note} | caption)


def send_document(world: World, call: Call) -> dict[str, Any]:
    """A file."""
    chat, caption = chat_reached(world, call), _caption(call)
    name = call.files["document"][0] if "document" in call.files else "file"
    kept = world.files.document(_content(world, call, "document"), name, "application/octet-stream")
    return _post(world, call, chat, {"document": kept} | caption)


def send_chat_action(world: World, call: Call) -> bool:
    """Show that the bot is busy."""
    chat_reached(world, call)
    if call.text("action") not in ACTIONS:
        raise bad("wrong parameter action in request")
    return True


def _place(call: Call) -> dict[str, Any]:
    lat, lon, live_s = call.number("latitude"), call.number("longitude"), call.whole("live_period")
    if lat is None or lon is None or not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise bad("invalid location specified")
    if live_s is not None and live_s != FOREVER and not LIVE_S[0] <= live_s <= LIVE_S[1]:
        raise bad("wrong live period specified")
    accuracy = call.number("horizontal_accuracy")
    found: dict[str, Any] = {"latitude": lat, "longitude": lon}
    found |= {"horizontal_accuracy": accuracy} if accuracy is not None else {}
    return found | ({"live_period": live_s} if live_s else {})


def _caption(call: Call) -> dict[str, Any]:
    text, marks = call.words("caption", CAPTION_MOST, too_long="message caption is too long")
    return ({"caption": text} if text else {}) | ({"caption_entities": marks} if text and marks else {})


def _content(world: World, call: Call, name: str) -> bytes:
    """A file that came with the call, or one that Telegram has already."""
    if name in call.files:
        return call.files[name][1]
    attached = call.text(name).removeprefix("attach://")
    if attached in call.files:
        return call.files[attached][1]
    kept = world.files.by_id.get(call.text(name))
    if kept is None:
        raise bad(
            "wrong remote file identifier specified: Wrong string length"
            if call.text(name)
            else f"there is no {name} in the request"
        )
    return kept.content


def _post(world: World, call: Call, chat: Chat, content: dict[str, Any]) -> dict[str, Any]:
    markup = markup_of(world, call, chat)
    answered = _answered(call, chat)
    within_limits(world, chat)
    message: dict[str, Any] = {
        "message_id": chat.number(), "from": world.bot, "chat": chat.described(), "date": world.now, **content,
    }  # fmt: skip
    if answered:
        message["reply_to_message"] = {name: value for name, value in answered.items() if name != "reply_to_message"}
    if call.truth("protect_content"):
        message["has_protected_content"] = True
    if markup and "inline_keyboard" in markup:
        message["reply_markup"] = markup
    elif markup:
        chat.keyboard = markup if "keyboard" in markup else None
    chat.show(message)
    return message


def _answered(call: Call, chat: Chat) -> dict[str, Any] | None:
    asked = call.tree("reply_parameters") or {}
    number = asked.get("message_id") or call.whole("reply_to_message_id")
    if not number:
        return None
    found = chat.messages.get(int(number))
    if found is None and not (asked.get("allow_sending_without_reply") or call.truth("allow_sending_without_reply")):
        raise bad("message to be replied not found")
    return found
