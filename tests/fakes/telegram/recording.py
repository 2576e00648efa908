"""Conversations as they are held, written down as what was done and how long people took, to be held again by others.

A line of the file is one conversation: its language, and each step with the seconds since the step before or since the
bot's last answer, what was done, and whether the bot answered it. A tap is kept as what the button says to the bot, not
as its words, so that it can be held in any language. Nobody's number or name and no place is kept; a conversation that
hangs on others (a group, a link, a receipt or an offer of this one town) is left out.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tests.fakes.telegram.world import Chat, World

Does = Literal["says", "taps", "place", "live", "moves", "photo", "voice"]
# What a button says of one thing among several, by an id that is another in every town.
CHOSEN = re.compile(r":[0-9a-f]{12}$")
ANY = ":*"
# What would bring something of this one town into another: codes of receipts and links, ids, addresses to write to.
BOUND = re.compile(
    r"[0-9A-Z]{4}([- ]?[0-9A-Z]{4}){3}|^/(link|unlink|duty|offers|start .)|^news$|[0-9a-f]{8}-[0-9a-f]{4}|@|\d{6}|^offer",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Step:
    """One thing that somebody did. ``after_s``: how long they took for it. ``heard``: whether the bot said something."""

    after_s: float
    does: Does
    what: str = ""
    heard: bool = False


@dataclass(slots=True)
class Conversation:
    """What one person did, in order."""

    language: str
    steps: list[Step] = field(default_factory=list)

    @property
    def is_free(self) -> bool:
        """Whether it can be held in any town."""
        return len(self.steps) > 1 and not any(BOUND.search(step.what) for step in self.steps)

    def as_line(self) -> str:
        """As it stands in the file."""
        steps = [[round(one.after_s, 2), one.does, one.what, one.heard] for one in self.steps]
        return json.dumps({"language": self.language, "steps": steps}, ensure_ascii=False)


def conversations_in(path: Path) -> list[Conversation]:
    """What was written down."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Conversation(one["language"], [Step(*step) for step in one["steps"]]) for one in lines]


class Recorder:
    """Listens to a world from now on."""

    def __init__(self, world: World) -> None:
        self._world, self._held = world, dict[int, Conversation]()
        self._last = dict[int, float]()
        with world.held():
            world.listeners.append(self._note)

    def _note(self, kind: str, body: dict[str, Any], chat: Chat) -> None:
        done = _done(kind, body) if chat.is_private else None
        if done is None:
            return
        held = self._held.get(chat.id)
        if held is None:
            language = str(self._world.users[chat.id].get("language_code", "en"))
            held = self._held[chat.id] = Conversation(language)
            chat.watchers.append(lambda *_: self._answered(chat.id))
        now = self._world.clock.now()
        held.steps.append(Step(now - self._last.get(chat.id, now), *done))
        self._last[chat.id] = now

    def _answered(self, chat: int) -> None:
        self._last[chat] = self._world.clock.now()
        self._held[chat].steps[-1].heard = True

    def write(self, path: Path) -> int:
        """Add what was held to a file; how many conversations."""
        with self._world.held():
            free = [one for one in self._held.values() if one.is_free]
        with path.open("a", encoding="utf-8") as file:
            file.writelines(one.as_line() + "\n" for one in free)
        return len(free)


def _done(kind: str, body: dict[str, Any]) -> tuple[Does, str] | None:
    """What an update says that somebody did; None for what nobody can do again."""
    if kind == "callback_query":
        return "taps", CHOSEN.sub(ANY, str(body["data"]))
    if "location" in body:
        if kind == "edited_message":
            return ("moves", "") if "live_period" in body["location"] else None
        return ("live", "") if "live_period" in body["location"] else ("place", "")
    if kind != "message":
        return None
    return next(_said(body), None)


def _said(body: dict[str, Any]) -> Iterator[tuple[Does, str]]:
    if "photo" in body:
        yield "photo", str(body.get("caption", ""))
    if "voice" in body:
        yield "voice", ""
    if "text" in body:
        yield "says", str(body["text"])
