"""Keyboards under a message and in the place of the phone's own, checked as Telegram checks them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.telegram.errors import bad

DATA_MOST = 64
BUTTONS_MOST = 100
ACTIONS = frozenset({
    "url", "callback_data", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay",
})  # fmt: skip


def check_markup(markup: Mapping[str, Any], *, is_private: bool, local_links: bool) -> None:
    """Raise Refused for a keyboard that Telegram does not take."""
    if "inline_keyboard" in markup:
        _check_inline(markup["inline_keyboard"], local_links=local_links)
    elif "keyboard" in markup:
        buttons = [button for row in markup["keyboard"] for button in row]
        if not buttons:
            raise bad("reply keyboard is empty")
        for button in buttons:
            asks = set(button) & {"request_location", "request_contact"} if isinstance(button, dict) else set()
            if asks and not is_private:
                what = "location" if "request_location" in asks else "phone number"
                raise bad(f"{what} can be requested in private chats only")
    elif not {"remove_keyboard", "force_reply"} & set(markup):
        raise bad("object expected as reply markup")


def _check_inline(rows: list[list[dict[str, Any]]], *, local_links: bool) -> None:
    buttons = [button for row in rows for button in row]
    if len(buttons) > BUTTONS_MOST:
        raise bad("REPLY_MARKUP_TOO_LONG")
    for button in buttons:
        if len(set(button) & ACTIONS) != 1:
            raise bad("Text buttons are unallowed in the inline keyboard")
        if not button.get("text"):
            raise bad("inline keyboard button text must be non-empty")
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= DATA_MOST:
            raise bad("BUTTON_DATA_INVALID")
        if "url" in button and not _is_link(button["url"], local_links=local_links):
            raise bad(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")


def _is_link(url: str, *, local_links: bool) -> bool:
    """Telegram takes no address of one's own machine; the demo has no other."""
    parts = urlsplit(url)
    if parts.scheme == "tg":
        return True
    return parts.scheme in {"http", "https"} and (local_links or "." in (parts.hostname or ""))


def labels(markup: Mapping[str, Any] | None) -> list[str]:
    """What stands on the buttons, row by row."""
    return [str(button["text"]) for button in buttons_of(markup)]


def buttons_of(markup: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The buttons, row by row; a button of a reply keyboard may be a bare text."""
    rows = (markup or {}).get("inline_keyboard") or (markup or {}).get("keyboard") or []
    return [button if isinstance(button, dict) else {"text": button} for row in rows for button in row]
