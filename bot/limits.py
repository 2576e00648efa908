"""How fast we may speak: 30 messages a second, one a second to a chat, 20 a minute to a group; an SOS goes first.

PTB's own limiter knows neither a second for a chat nor what is urgent, hence this one.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count


@dataclass(frozen=True, slots=True)
class Pace:
    """The limits that Telegram names; ``second_s`` is how long its second lasts, which a test may shorten."""

    overall: int = 30
    group_minute: int = 20
    second_s: float = 1.0

    def shared_by(self, processes: int) -> "Pace":
        """The part of it that each of so many processes has; what a chat or a group bears is not divided."""
        return replace(self, overall=max(1, self.overall // processes))

    @property
    def minute_s(self) -> float:
        """Sixty of these seconds."""
        return 60 * self.second_s


class Ledger:
    """What was sent lately, and how long the next message has to wait for it. Times are in seconds. No clock of its own."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._sent: deque[float] = deque()
        self._by_chat: dict[int, deque[float]] = {}
        self._held: dict[int, float] = {}

    def wait_s(self, chat: int, now: float, *, in_group: bool = False, urgent: bool = False) -> float:
        """0 where it may go now. An urgent one does not wait for the second of its chat: Telegram bears a few."""
        sent, waits = self._by_chat.get(chat, deque()), [0.0, self._held.get(chat, now) - now]
        if len(self._sent) >= self._pace.overall:
            waits.append(self._sent[-self._pace.overall] + self._pace.second_s - now)
        if sent and not urgent:
            waits.append(sent[-1] + self._pace.second_s - now)
        if in_group and len(sent) >= self._pace.group_minute:
            waits.append(sent[-self._pace.group_minute] + self._pace.minute_s - now)
        return max(waits)

    def note(self, chat: int, now: float) -> None:
        """One goes now; what is older than a minute is forgotten."""
        self._sent.append(now)
        self._by_chat.setdefault(chat, deque()).append(now)
        while self._sent[0] <= now - self._pace.second_s:
            self._sent.popleft()
        for each, sent in list(self._by_chat.items()):
            while sent and sent[0] <= now - self._pace.minute_s:
                sent.popleft()
            if not sent:
                del self._by_chat[each]

    def hold(self, chat: int, until: float, now: float) -> None:
        """Telegram asked us to wait with this chat."""
        self._held = {each: end for each, end in self._held.items() if end > now} | {chat: until}


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    urgent: bool
    order: int
    chat: int
    in_group: bool
    turn: asyncio.Future[None]


class Limits:
    """Whoever wants to speak waits for ``turn``."""

    def __init__(self, pace: Pace | None = None, clock: Callable[[], float] | None = None) -> None:
        self._ledger = Ledger(pace or Pace())
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._waiting: list[_Waiting] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None

    async def turn(self, chat: int, *, in_group: bool = False, urgent: bool = False) -> None:
        """Wait until a message to this chat may go."""
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(urgent, next(self._order), chat, in_group, mine)
        self._waiting.append(waiting)
        self.go_on()
        try:
            await mine
        finally:
            if waiting in self._waiting:
                self._waiting.remove(waiting)

    def hold(self, chat: int, seconds: float) -> None:
        """Telegram asked us to wait with this chat."""
        now = self._clock()
        self._ledger.hold(chat, now + seconds, now)

    def go_on(self) -> None:
        """Let go whoever may, the urgent ones first; come back when the next one may."""
        now, left = self._clock(), list[float]()
        self._waiting = [one for one in self._waiting if not one.turn.done()]
        for one in sorted(self._waiting, key=lambda each: (not each.urgent, each.order)):
            wait_s = self._ledger.wait_s(one.chat, now, in_group=one.in_group, urgent=one.urgent)
            if wait_s > 0:
                left.append(wait_s)
            else:
                self._ledger.note(one.chat, now)
                self._waiting.remove(one)
                one.turn.set_result(None)
        if self._timer:
            self._timer.cancel()
        # A moment more than needed: a timer may come back a little early.
        self._timer = asyncio.get_running_loop().call_later(min(left) + 0.002, self.go_on) if left else None
