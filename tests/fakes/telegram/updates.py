"""What waits to be fetched by the bot: kept for a day, given again until it is confirmed."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

KEPT_S = 86_400.0
FIRST_ID = 731_000_000
BY_DEFAULT = frozenset({"message", "edited_message", "callback_query", "my_chat_member"})


@dataclass(slots=True)
class Waiting:
    """An update, when it came in, and whose order it keeps: those of one chat are given one after the other."""

    update: dict[str, Any]
    at: float
    lane: int

    @property
    def id(self) -> int:
        """Its number."""
        return int(self.update["update_id"])


@dataclass(slots=True)
class Updates:
    """The queue. ``allowed``: kinds that the bot wants; ``repeat``: how many confirmations are still forgotten."""

    wake: Callable[[], None] = lambda: None
    allowed: Collection[str] = BY_DEFAULT
    waiting: list[Waiting] = field(default_factory=list)
    next_id: int = FIRST_ID
    repeat: int = 0
    confirmed: int = 0

    def add(self, kind: str, body: dict[str, Any], *, at: float, lane: int) -> int | None:
        """Have the bot told of something; the update's number, None for a kind that it does not want."""
        if kind not in self.allowed:
            return None
        number, self.next_id = self.next_id, self.next_id + 1
        self.waiting.append(Waiting({"update_id": number, kind: body}, at, lane))
        self.wake()
        return number

    def want(self, kinds: Collection[str] | None) -> None:
        """Which kinds are wanted from now on; an empty list asks for the usual ones, None changes nothing."""
        if kinds is not None:
            self.allowed = frozenset(kinds) or BY_DEFAULT

    def fetch(self, offset: int, limit: int, now: float) -> list[dict[str, Any]]:
        """Confirm what lies before ``offset`` and give what comes next; a negative offset counts from the end."""
        self.waiting = [one for one in self.waiting if one.at > now - KEPT_S]
        if offset < 0 and self.waiting:
            offset = self.waiting[max(0, len(self.waiting) + offset)].id
        done = [one for one in self.waiting if one.id < offset]
        if done and self.repeat:
            self.repeat -= 1  # a confirmation that never arrived
        else:
            self.confirmed += len(done)
            self.waiting = [one for one in self.waiting if one.id >= offset]
        return [one.update for one in self.waiting[:limit]]

    def done(self, number: int) -> None:
        """A webhook took an update."""
        if self.repeat:
            self.repeat -= 1
            return
        self.confirmed += 1
        self.waiting = [one for one in self.waiting if one.id != number]
