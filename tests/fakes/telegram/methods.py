"""Every method that is simulated, by its name, and how a call is carried out."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes.telegram import editing, profile, sending
from tests.fakes.telegram.calls import Call
from tests.fakes.telegram.errors import NO_SUCH_METHOD, Refused
from tests.fakes.telegram.world import Made, World

METHODS: Mapping[str, Callable[[World, Call], Any]] = {
    "sendMessage": sending.send_message,
    "sendLocation": sending.send_location,
    "sendVenue": sending.send_venue,
    "sendPhoto": sending.send_photo,
    "sendVoice": sending.send_voice,
    "sendDocument": sending.send_document,
    "sendChatAction": sending.send_chat_action,
    "editMessageText": editing.edit_message_text,
    "editMessageCaption": editing.edit_message_caption,
    "editMessageReplyMarkup": editing.edit_message_reply_markup,
    "editMessageLiveLocation": editing.edit_live_location,
    "stopMessageLiveLocation": editing.stop_live_location,
    "deleteMessage": editing.delete_message,
    "pinChatMessage": editing.pin_message,
    "answerCallbackQuery": editing.answer_callback_query,
    "getMe": profile.get_me,
    "setMyCommands": profile.set_my_commands,
    "getMyCommands": profile.get_my_commands,
    "deleteMyCommands": profile.delete_my_commands,
    "setMyName": profile.set_my,
    "getMyName": profile.get_my,
    "setMyDescription": profile.set_my,
    "getMyDescription": profile.get_my,
    "setMyShortDescription": profile.set_my,
    "getMyShortDescription": profile.get_my,
    "setChatMenuButton": profile.set_menu_button,
    "getChat": profile.get_chat,
    "getChatMember": profile.get_chat_member,
    "getChatAdministrators": profile.get_chat_administrators,
    "getChatMemberCount": profile.get_chat_member_count,
    "leaveChat": profile.leave_chat,
    "getFile": profile.get_file,
    "setWebhook": profile.set_webhook,
    "deleteWebhook": profile.delete_webhook,
    "getWebhookInfo": profile.get_webhook_info,
}
# Names are taken in any case, as Telegram takes them.
NAMES: Mapping[str, str] = {name.lower(): name for name in (*METHODS, "getUpdates")}


def carry_out(world: World, call: Call) -> Any:
    """The result of a call, which is kept. Raises Refused."""
    status = 200
    try:
        if call.method not in METHODS:
            world.complain([f"{call.method} is not simulated"])
            raise NO_SUCH_METHOD
        result = METHODS[call.method](world, call)
        if world.contract:
            world.complain(world.contract.of_answer(call.method, result))
        return result
    except Refused as refused:
        status = refused.code
        raise
    finally:
        note(world, call, status)


def note(world: World, call: Call, status: int) -> None:
    """Keep what was called, and what was wrong with the call."""
    world.calls.append(Made(call.method, call.given, status, world.clock.now(), call.size))
    if world.contract and call.method in world.contract.names():
        world.complain(world.contract.of_call(call.method, call.given, call.files))
