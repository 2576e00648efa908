"""From Telegram's updates to what was said: the only place that knows both."""

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from telegram import ChatMember, Location, Message, Update

from bot.inputs import MOVED, Kind, Said, Spot
from bot.wording import labels

ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")
# What is asked of Telegram for a photo: the largest that the API takes.
PHOTO_MOST = 8_000_000


@dataclass(frozen=True, slots=True)
class Arrived:
    """One update: where it came from, and what it says. None of it is ever logged."""

    update: int
    chat: int
    user: int
    language: str | None
    said: Said
    in_group: bool = False
    message: int | None = None
    pressed: str | None = None
    left: bool = False
    since: float = field(default_factory=time.monotonic, compare=False)  # by the clock of this process

    @property
    def is_urgent(self) -> bool:
        """Whether it asks for an SOS, which goes before everything else."""
        value = self.said.value
        is_command = self.said.kind is Kind.COMMAND and value == "sos"
        return is_command or (self.said.kind is Kind.BUTTON and value.startswith(("sos:", "menu:sos")))


def read(update: Update) -> Arrived | None:
    """What an update says; None for one that is of no concern here."""
    if change := update.my_chat_member:
        gone = change.new_chat_member.status in {ChatMember.BANNED, ChatMember.LEFT}
        return Arrived(
            update.update_id, change.chat.id, change.from_user.id, change.from_user.language_code, Said(Kind.OTHER),
            in_group=change.chat.type != "private", left=gone,
        ) if gone else None  # fmt: skip
    chat, user = update.effective_chat, update.effective_user
    if chat is None or user is None or user.is_bot or chat.type == "channel":
        return None
    query = update.callback_query
    message = query.message if query else update.edited_message or update.message
    if query:
        said: Said | None = Said(Kind.BUTTON, (query.data or "")[:64])
    else:
        said = _said(message, edited=update.edited_message is not None) if isinstance(message, Message) else None
    if said is None:
        return None
    return Arrived(
        update.update_id, chat.id, user.id, user.language_code, said,
        in_group=chat.type != "private", message=message.message_id if message else None,
        pressed=query.id if query else None,
    )  # fmt: skip


def _said(message: Message, *, edited: bool) -> Said | None:
    if message.location:
        return _place(message.location, message, live=bool(message.location.live_period) or edited)
    if edited:
        return Said(Kind.OTHER, "edited")  # what was written before has been acted upon already
    if message.photo:
        fitting = [one for one in message.photo if (one.file_size or 0) <= PHOTO_MOST] or list(message.photo)
        return Said(Kind.PHOTO, fitting[-1].file_id, message.caption or "")
    if message.document and (message.document.mime_type or "").startswith("image/"):
        return Said(Kind.PHOTO, message.document.file_id, message.caption or "")
    if message.voice:
        return Said(Kind.VOICE, message.voice.file_id, message.caption or "")
    return _written(message.text) if message.text else _other(message)


def _other(message: Message) -> Said | None:
    """Something that cannot be kept; and what a chat says by itself, which is answered by nothing."""
    kinds = (message.sticker, message.video, message.animation, message.audio, message.document, message.contact)
    more = (message.video_note, message.poll, message.dice, message.venue)
    return Said(Kind.OTHER) if any((*kinds, *more)) else None


def _written(text: str) -> Said:
    if text in labels():
        return Said(Kind.BUTTON, labels()[text])
    if text.startswith("/"):
        command, _, rest = text[1:].partition(" ")
        return Said(Kind.COMMAND, command.partition("@")[0].lower(), rest)
    return Said(Kind.TEXT, text)


def _place(found: Location, message: Message, *, live: bool) -> Said:
    at = message.edit_date or message.date
    accuracy = float(found.horizontal_accuracy) if found.horizontal_accuracy is not None else None
    spot = Spot(found.latitude, found.longitude, accuracy, at.astimezone(UTC).isoformat())
    return Said(Kind.LIVE if live else Kind.LOCATION, MOVED if message.edit_date else "", spot=spot)


def keyed(arrived: Arrived, key: str) -> Arrived:
    """With the id that its calls are made under, and the time at which it is handled."""
    return replace(arrived, said=replace(arrived.said, key=key, at=datetime.now(UTC)))
