"""What a conversation holds, and what a row of the table is made of. Frozen, pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from bot.effects import Button, Effect, Rows
from bot.inputs import Kind, Said, Spot
from bot.wording import say
from bot.world import World

RECEIPTS_MOST = 20


class State(StrEnum):
    """Where a conversation stands: what the next thing said is taken for."""

    HOME = "home"
    AID = "aid"
    TOPIC = "topic"
    TOPICS = "topics"
    PLACE = "place"
    WORDS = "words"
    READY = "ready"
    SOS = "sos"
    SOS_ON = "sos_on"
    SOS_END = "sos_end"
    SOS_CODE = "sos_code"
    MINE = "mine"
    REPORT = "report"
    NEIGHBOURS = "neighbours"
    MATCH = "match"
    SHARE = "share"
    WORRY = "worry"
    BOARD = "board"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    FEEDBACK = "feedback"
    OPEN = "open"
    LANGUAGE = "language"
    PRIVACY = "privacy"
    FORGET = "forget"
    CODE = "code"
    DURESS = "duress"
    LINK = "link"
    DUTY = "duty"
    DUTY_PLACE = "duty_place"
    OFFERS = "offers"
    READ_BACK = "read_back"
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class Draft:
    """A report that is being told. ``id`` becomes its ``client_id``, so that it is made once however often it is sent."""

    id: str
    kind: str = "concern"
    category: str | None = None
    danger: bool = False
    text: str = ""
    spot: Spot | None = None
    landmark: str = ""
    photos: tuple[str, ...] = ()
    voices: tuple[str, ...] = ()
    settled: tuple[State, ...] = ()
    on_board: bool = False

    @property
    def says_something(self) -> bool:
        """Words, a voice or a place: the least that a report needs. Of help the topic says enough."""
        by_topic = self.kind == "distress" or (self.kind.startswith("aid_") and self.category)
        return bool(self.text or self.voices or self.spot or self.landmark or by_topic)


@dataclass(frozen=True, slots=True)
class Alarm:
    """An SOS that is on. ``coded``: only a code ends it. ``sharing``: positions are still taken."""

    receipt: str
    coded: bool
    sharing: bool = True


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes for the next SOS. They lie only in what the bot has sealed."""

    cancel: str
    duress: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """All that is kept of a chat. The receipts are the only way to its reports and lie nowhere else.

    ``allowed``: what can be done with the ``opened`` report, as the API said last; ``may``: with what it has to do with
    neighbours, or with the one ``match`` of it that is looked at.
    """

    state: State = State.HOME
    language: str = "en"
    draft: Draft | None = None
    receipts: tuple[str, ...] = ()
    opened: str | None = None
    allowed: tuple[str, ...] = ()
    alarm: Alarm | None = None
    codes: Codes | None = None
    offer: str | None = None
    hours: int = 0
    match: str | None = None
    may: tuple[str, ...] = ()

    def at(self, state: State, **changes: Any) -> "Conversation":
        """The same in another state."""
        return replace(self, state=state, **changes)

    def holding(self, receipt: str) -> "Conversation":
        """With this receipt as the newest."""
        others = tuple(one for one in self.receipts if one != receipt)
        return replace(self, receipts=(receipt, *others)[:RECEIPTS_MOST])

    def say(self, key: str, **params: object) -> str:
        """A text in the language of the chat."""
        return say(self.language, key, **params)


@dataclass(frozen=True, slots=True)
class Turn:
    """The answer to one thing said.

    ``lines`` come before the prompt of the new state. ``asks``: whether that prompt is shown. Where effects are, it is
    their outcome that shows it.
    """

    conversation: Conversation
    lines: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    asks: bool = True
    wipe: bool = False
    menu: bool = False
    spot: Spot | None = None
    buttons: Rows = ()


Act = Callable[[Conversation, Said, World], Turn]


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a state asks, and its buttons."""

    text: str
    buttons: Rows = ()


@dataclass(frozen=True, slots=True)
class On:
    """One row: what is said in this way (and with this ``value``, where given; ``x:`` stands for all that begin so).

    ``to``: every state in which it may end.
    """

    kind: Kind
    act: Act
    to: tuple[State, ...]
    value: str = ""

    def takes(self, said: Said) -> bool:
        """Whether this row is meant."""
        if self.kind is not said.kind:
            return False
        return (
            not self.value or said.value == self.value or (self.value[-1] == ":" and said.value.startswith(self.value))
        )


@dataclass(frozen=True, slots=True)
class Step:
    """A state: what it asks, what it understands, and where "back" leads."""

    prompt: Callable[[Conversation, World], Prompt]
    on: tuple[On, ...]
    back: State = State.HOME


def rows(conversation: Conversation, *names: str) -> Rows:
    """Buttons, one below the other, that are called and say ``name``."""
    return tuple((Button(conversation.say(f"button.{name}"), name),) for name in names)


def plain(key: str, *names: str) -> Callable[[Conversation, World], Prompt]:
    """A prompt that is always the same."""
    return lambda conversation, _world: Prompt(conversation.say(key), rows(conversation, *names))


def going(state: State, *keys: str, **changes: Any) -> Act:
    """An act that only goes somewhere, and says ``keys`` on the way."""

    def act(conversation: Conversation, _said: Said, _world: World) -> Turn:
        return Turn(conversation.at(state, **changes), tuple(conversation.say(key) for key in keys))

    return act


def numbers(conversation: Conversation, world: World) -> str:
    """Whom to call, on one line: “110, 119 (fire), 120 (ambulance)”."""
    first, *others = world.calls()
    named = [
        conversation.say("number.of", number=number, service=conversation.say(f"number.{service}"))
        for service, number in others
    ]
    return conversation.say("number.between").join((first[1], *named))


def in_danger(conversation: Conversation, world: World) -> str:
    """The line that comes before all others where somebody is in danger."""
    return conversation.say("danger", numbers=numbers(conversation, world))
