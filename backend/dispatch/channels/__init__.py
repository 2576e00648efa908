"""Channels: one file a provider, each with its own code table and one exception type.

To add one, write its file beside ``email.py`` and enter it in ``CHANNELS``; a channel that is not switched on fails
with ``channel-off``, and the gateway goes on to the next.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from backend.dispatch.rules import Result
from backend.kernel.sealed import load_keyring
from backend.settings import Settings


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message: it leads to ``url``, or sends ``data`` to the bot."""

    label: str
    data: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel is given. ``id`` is the delivery's, the same at each try, so that a second one can be dropped."""

    id: UUID
    address: str = field(repr=False)
    subject: str
    body: str
    language: str
    now: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)
    secret: str = field(default="", repr=False)
    lane: str = "deliveries"
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a try: the result, and the code in the channel's own table; ``after_s``: none again before."""

    state: Result
    code: str
    after_s: float | None = None


class ChannelFailed(Exception):
    """Base of each channel's exception: the try failed in a way that its code table knows as worth another."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Channel(Protocol):
    """A way to a person or a system."""

    def send(self, message: Message) -> Outcome:
        """Hand ``message`` over, within SEND_WITHIN_S. Raises ChannelFailed."""


# A try ends within this time; a lease outlasts it, and a worker that stops waits for it.
SEND_WITHIN_S = 8.0


@dataclass(frozen=True, slots=True)
class Entry:
    """Whether a channel is switched on by settings, and how it is opened; it is imported only then."""

    is_on: Callable[[Settings], bool]
    open: Callable[[Settings], Channel]


def _in_app(_settings: Settings) -> Channel:
    from backend.dispatch.channels.in_app import InApp

    return InApp()


def _email(settings: Settings) -> Channel:
    from backend.dispatch.channels.email import Email

    return Email(settings)


def _telegram(settings: Settings) -> Channel:
    from backend.dispatch.channels.telegram import Telegram

    return Telegram(settings)


def _webhook(settings: Settings) -> Channel:
    from backend.dispatch.channels.webhook import WebhookChannel

    return WebhookChannel(allow_private=settings.webhook_private_targets)


def _push(settings: Settings) -> Channel:
    from backend.dispatch.channels.push import Push

    ring = load_keyring(settings.data, settings.master_key)
    return Push(ring, subject=settings.public_url, allow_private=settings.webhook_private_targets)


def _sms(settings: Settings) -> Channel:
    from backend.dispatch.channels.apprise import Sms

    return Sms(settings.apprise_url)


def _service(settings: Settings) -> Channel:
    from backend.dispatch.channels.apprise import Service

    return Service(allow_hosts=settings.webhook_private_targets)


CHANNELS: Mapping[str, Entry] = {
    "in_app": Entry(lambda _: True, _in_app),
    "telegram": Entry(lambda settings: bool(settings.telegram_token), _telegram),
    "email": Entry(lambda settings: bool(settings.smtp_host), _email),
    "webhook": Entry(lambda _: True, _webhook),
    "sms": Entry(lambda settings: bool(settings.apprise_url), _sms),
    "service": Entry(lambda _: True, _service),
    # Browsers subscribe on secure pages alone, and push services want to know whom to write to.
    "push": Entry(lambda settings: settings.public_url.startswith("https://"), _push),
}


def switched_on(settings: Settings) -> frozenset[str]:
    """The names of the channels that messages can go by."""
    return frozenset(name for name, entry in CHANNELS.items() if entry.is_on(settings))


class Opened(dict[str, Channel]):
    """The channels that are switched on, each opened at its first message: what nobody uses costs no memory."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings, self._opening = settings, threading.Lock()

    def __missing__(self, name: str) -> Channel:
        entry = CHANNELS[name]
        if not entry.is_on(self._settings):
            raise KeyError(name)
        with self._opening:
            if name not in self:
                self[name] = entry.open(self._settings)
            return dict.__getitem__(self, name)


def open_channels(settings: Settings) -> dict[str, Channel]:
    """The channels that are switched on, ready to send."""
    return Opened(settings)
