"""People, chats and messages as Telegram keeps them. Whoever reads or changes them holds ``World.lock``."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.fakes.telegram.clock import Clock
from tests.fakes.telegram.contract import Contract, published
from tests.fakes.telegram.errors import Faults
from tests.fakes.telegram.files import Files
from tests.fakes.telegram.limits import Meter
from tests.fakes.telegram.updates import Updates

TOKEN = "7100000001:AAFakeTokenOfTheSimulatedTelegram00"
FIRST_PERSON, FIRST_GROUP, CALLS_KEPT = 5_000_000_001, -4_000_000_001, 200_000
Standing = Literal["absent", "member", "blocked", "kicked"]


@dataclass(slots=True)
class Chat:
    """A conversation. ``bot``: how the bot stands in it; ``shown``: each message as it was when the bot sent or changed it."""

    id: int
    kind: Literal["private", "group", "supergroup"]
    title: str
    lock: threading.RLock
    members: list[int] = field(default_factory=list)
    bot: Standing = "absent"
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    next_id: int = 1
    keyboard: dict[str, Any] | None = None
    moved_to: int | None = None
    shown: list[tuple[dict[str, Any], bool]] = field(default_factory=list)
    watchers: list[Callable[[dict[str, Any], bool], None]] = field(default_factory=list)
    seen: threading.Condition = field(init=False)

    def __post_init__(self) -> None:
        self.seen = threading.Condition(self.lock)

    @property
    def is_private(self) -> bool:
        """Whether it is of one person and the bot."""
        return self.kind == "private"

    def described(self) -> dict[str, Any]:
        """As the Bot API names it."""
        named = {"first_name": self.title} if self.is_private else {"title": self.title}
        return {"id": self.id, "type": self.kind, **named}

    def number(self) -> int:
        """A fresh message id."""
        self.next_id += 1
        return self.next_id - 1

    def show(self, message: dict[str, Any], *, changed: bool = False) -> None:
        """Have those in the chat see what the bot sent or changed."""
        self.messages[message["message_id"]] = message
        self.shown.append((message, changed))
        self.seen.notify_all()
        for watcher in self.watchers:
            watcher(message, changed)


@dataclass(frozen=True, slots=True)
class Made:
    """A call that the bot made, with the HTTP status it got. ``size``: bytes of what was sent with it."""

    method: str
    given: Mapping[str, Any]
    status: int
    at: float
    size: int = 0


@dataclass
class World:
    """Everything there is. ``complaints``: what a call or an answer had against Telegram's description."""

    token: str = TOKEN
    clock: Clock = field(default_factory=Clock)
    meter: Meter = field(default_factory=Meter)
    contract: Contract | None = field(default_factory=published)
    local_links: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)
    users: dict[int, dict[str, Any]] = field(default_factory=dict)
    chats: dict[int, Chat] = field(default_factory=dict)
    files: Files = field(default_factory=Files)
    faults: Faults = field(default_factory=Faults)
    updates: Updates = field(default_factory=Updates)
    complaints: list[str] = field(default_factory=list)
    calls: deque[Made] = field(default_factory=lambda: deque(maxlen=CALLS_KEPT))
    taps: dict[str, dict[str, Any]] = field(default_factory=dict)
    profile: dict[tuple[str, ...], Any] = field(default_factory=dict)
    webhook: dict[str, Any] = field(default_factory=dict)
    listeners: list[Callable[[str, dict[str, Any], Chat], None]] = field(default_factory=list)
    answered: threading.Condition = field(init=False)

    def __post_init__(self) -> None:
        self.answered = threading.Condition(self.lock)
        self.bot = {
            "id": int(self.token.partition(":")[0]), "is_bot": True, "first_name": "Linli", "username": "linli_bot",
        }  # fmt: skip

    @contextmanager
    def held(self) -> Iterator["World"]:
        """The world, for one alone."""
        with self.lock:
            yield self

    @property
    def now(self) -> int:
        """The time as messages carry it."""
        return int(self.clock.now())

    def add_person(self, name: str, language: str | None) -> Chat:
        """Somebody who has Telegram, and the chat with the bot that they have not begun yet."""
        number = FIRST_PERSON + len(self.users)
        user = {"id": number, "is_bot": False, "first_name": name}
        self.users[number] = user | ({"language_code": language} if language else {})
        return self.add_chat(Chat(number, "private", name, self.lock, [number]))

    def add_chat(self, chat: Chat) -> Chat:
        """Know a chat."""
        self.chats[chat.id] = chat
        return chat

    def add_group(self, title: str, members: list[int], kind: Literal["group", "supergroup"] = "group") -> Chat:
        """A group; its first member founded it."""
        number = FIRST_GROUP - len(self.chats)
        number -= 1_000_000_000_000 * (kind == "supergroup")
        return self.add_chat(Chat(number, kind, title, self.lock, members))

    def tell(self, kind: str, body: dict[str, Any], chat: Chat) -> int | None:
        """Have the bot told, and hold the update against the description."""
        for listener in self.listeners:
            listener(kind, body, chat)
        number = self.updates.add(kind, body, at=self.clock.now(), lane=chat.id)
        if self.contract and number is not None:
            self.complain(self.contract.of_update({"update_id": number, kind: body}))
        return number

    def complain(self, faults: list[str]) -> None:
        """Keep what was wrong; each once."""
        self.complaints += [fault for fault in faults if fault not in self.complaints]
