"""People and groups who use Telegram, for tests: they say, tap, send, share, block, and wait for what they see."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.fakes.telegram import acts
from tests.fakes.telegram.files import picture, voice_note
from tests.fakes.telegram.keyboards import labels
from tests.fakes.telegram.world import Chat, World

SOON_S = 15.0


class Shown(NamedTuple):
    """A message as people see it; ``changed``: one that was there before and reads differently now."""

    message: Mapping[str, Any]
    changed: bool

    @property
    def id(self) -> int:
        """Its number in the chat."""
        return int(self.message["message_id"])

    @property
    def text(self) -> str:
        """What it says."""
        return str(self.message.get("text") or self.message.get("caption") or "")

    @property
    def buttons(self) -> list[str]:
        """What stands on its buttons."""
        return labels(self.message.get("reply_markup"))

    @property
    def place(self) -> tuple[float, float] | None:
        """The place that it shows."""
        found = self.message.get("location")
        return (found["latitude"], found["longitude"]) if found else None

    @property
    def is_protected(self) -> bool:
        """Whether it can be neither forwarded nor saved."""
        return bool(self.message.get("has_protected_content"))


@dataclass
class Tap:
    """A tapped button. ``opens``: the address that it leads to, where it is a link."""

    world: World
    query_id: str | None = None
    opens: str | None = None

    def answer(self, within_s: float = SOON_S) -> str:
        """What the bot answered to the tap itself; empty where it only took note. Raises AssertionError in time."""
        deadline = time.monotonic() + within_s
        with self.world.held():
            while (said := self.world.taps[str(self.query_id)]["answer"]) is None:
                left_s = deadline - time.monotonic()
                assert left_s > 0, "the tap was not answered: the button still shows that it waits"
                self.world.answered.wait(left_s)
            return str(said["text"])


@dataclass
class Screen:
    """A chat as it is looked at: what was seen already, and what is to be waited for."""

    world: World
    chat: Chat
    _seen: int = 0

    def sees(self, text: str | None = None, *, within_s: float = SOON_S) -> Shown:
        """The next message or change that says ``text``; what comes before it is passed over.

        Raises AssertionError, with what was seen instead, when there is none in time.
        """
        return self.sees_what(lambda one: text is None or text in one.text, text or "anything", within_s=within_s)

    def sees_what(self, is_it: Callable[[Shown], bool], what: str, *, within_s: float = SOON_S) -> Shown:
        """The next message or change that ``is_it``. Raises AssertionError when there is none in time."""
        deadline, passed = time.monotonic() + within_s, list[str]()
        with self.world.held():
            while True:
                while self._seen < len(self.chat.shown):
                    one = Shown(*self.chat.shown[self._seen])
                    self._seen += 1
                    if is_it(one):
                        return one
                    passed.append(one.text)
                left_s = deadline - time.monotonic()
                assert left_s > 0, f"{what!r} was not seen by {self.chat.title} in {within_s} s, but {passed}"
                self.chat.seen.wait(left_s)

    def sees_buttons(self, *wanted: str, within_s: float = SOON_S) -> Shown:
        """The next message or change with these buttons."""
        return self.sees_what(lambda one: set(wanted) <= set(one.buttons), f"buttons {wanted}", within_s=within_s)

    def sees_place(self, within_s: float = SOON_S) -> Shown:
        """The next place that the bot shows."""
        return self.sees_what(lambda one: one.place is not None, "a place", within_s=within_s)

    def unseen(self) -> list[Shown]:
        """What came in and was not looked at; it counts as seen afterwards."""
        with self.world.held():
            fresh, self._seen = self.chat.shown[self._seen :], len(self.chat.shown)
            return [Shown(*one) for one in fresh]

    def everything(self) -> list[Shown]:
        """The whole chat as it is now, own messages included."""
        with self.world.held():
            return [Shown(message, "edit_date" in message) for message in self.chat.messages.values()]

    @property
    def keyboard(self) -> list[str]:
        """What stands on the keyboard in the place of the phone's own."""
        with self.world.held():
            return labels(self.chat.keyboard)


@dataclass
class Group(Screen):
    """A group chat."""

    def upgrades(self) -> "Group":
        """Become a supergroup, which has another number; the old one is good for nothing any more."""
        with self.world.held():
            return Group(self.world, acts.upgrade(self.world, self.chat))


@dataclass
class Person(Screen):
    """Somebody with Telegram on a phone, whose screen shows the chat with the bot."""

    at: tuple[float, float] = (24.8039, 120.9647)
    live: int | None = field(default=None)

    @property
    def id(self) -> int:
        """The person's number, which is that of the chat too."""
        return self.chat.id

    def starts(self, payload: str = "") -> "Person":
        """Open the chat, by a link with a code where one is given."""
        return self.says(f"/start {payload}".strip())

    def says(self, text: str, group: Group | None = None, *, answering: Shown | None = None) -> "Person":
        """Write something."""
        with self.world.held():
            acts.say(self.world, self.id, self._where(group), text, answering=answering.id if answering else None)
        return self

    def taps(self, label: str, group: Group | None = None, *, within_s: float = SOON_S) -> Tap:
        """Tap a button: of the newest message that has it, or of the keyboard. Raises AssertionError if none comes."""
        deadline, chat = time.monotonic() + within_s, self._where(group)
        with self.world.held():
            while (found := acts.find_button(chat, label)) is None:
                left_s = deadline - time.monotonic()
                assert left_s > 0, f"there is no button {label!r}, but {acts.all_buttons(chat)}"
                chat.seen.wait(left_s)
            return self._tap(chat, *found)

    def _tap(self, chat: Chat, message: Mapping[str, Any] | None, button: Mapping[str, Any]) -> Tap:
        if message is None:
            acts.tap_keyboard(self.world, self.id, chat, button, self.at)
            return Tap(self.world)
        if "url" in button:
            return Tap(self.world, opens=str(button["url"]))
        return Tap(self.world, query_id=acts.tap(self.world, self.id, chat, message, button))

    def taps_again(self, shown: Shown, label: str) -> Tap:
        """Tap a button of a message as it was once, whatever it has become."""
        button = next(
            one for row in shown.message["reply_markup"]["inline_keyboard"] for one in row if one["text"] == label
        )
        with self.world.held():
            return self._tap(self.chat, shown.message, button)

    def sends_photo(self, content: bytes | None = None, caption: str = "") -> "Person":
        """Send a photo."""
        with self.world.held():
            acts.send_photo(self.world, self.id, self.chat, content or picture(), caption)
        return self

    def sends_file(self, content: bytes, name: str, mime_type: str) -> "Person":
        """Send a file as it is."""
        with self.world.held():
            document = self.world.files.document(content, name, mime_type)
            acts.post(self.world, self.id, self.chat, {"document": document})
        return self

    def sends_voice(self, content: bytes | None = None, seconds: int = 2) -> "Person":
        """Record a voice note."""
        with self.world.held():
            note = self.world.files.voice(content or voice_note(seconds), seconds)
            acts.post(self.world, self.id, self.chat, {"voice": note})
        return self

    def sends_sticker(self) -> "Person":
        """Send what no bot expects."""
        with self.world.held():
            kept = self.world.files.keep("document", b"RIFF", "sticker.webp")
            sticker = kept.described() | {
                "type": "regular",
                "width": 512,
                "height": 512,
                "is_animated": False,
                "is_video": False,
            }
            acts.post(self.world, self.id, self.chat, {"sticker": sticker})
        return self

    def shares_location(
        self, lat: float, lon: float, *, accuracy_m: float | None = None, live_s: int | None = None
    ) -> "Person":
        """Share a place; for ``live_s`` it follows the phone."""
        with self.world.held():
            number = acts.share_place(self.world, self.id, self.chat, (lat, lon), accuracy_m=accuracy_m, live_s=live_s)
            self.live = number if live_s else self.live
        return self

    def moves(self, lat: float, lon: float) -> "Person":
        """Walk on while the place is shared."""
        with self.world.held():
            acts.move(self.world, self.chat, self.live or 0, (lat, lon))
        return self

    def stops_sharing(self) -> "Person":
        """Share the place no longer."""
        with self.world.held():
            acts.stop_sharing(self.world, self.chat, self.live or 0)
        return self

    def corrects(self, text: str) -> "Person":
        """Change one's own last message."""
        with self.world.held():
            acts.correct(self.world, self.id, self.chat, text)
        return self

    def blocks(self) -> "Person":
        """Block the bot."""
        with self.world.held():
            acts.set_standing(self.world, self.id, self.chat, "blocked")
        return self

    def unblocks(self) -> "Person":
        """Let the bot write again."""
        with self.world.held():
            acts.set_standing(self.world, self.id, self.chat, "member")
        return self

    def adds_bot(self, group: Group, payload: str = "") -> "Person":
        """Bring the bot into a group, by a link with a code where one is given."""
        with self.world.held():
            acts.set_standing(self.world, self.id, group.chat, "member")
        return self.says(f"/start@{self.world.bot['username']} {payload}", group) if payload else self

    def removes_bot(self, group: Group) -> "Person":
        """Put the bot out of a group."""
        with self.world.held():
            acts.set_standing(self.world, self.id, group.chat, "kicked")
        return self

    def _where(self, group: Group | None) -> Chat:
        return group.chat if group else self.chat


def members_of(people: Sequence[Person]) -> list[int]:
    """The numbers of people."""
    return [person.id for person in people]
