"""How fast we may speak: 30 messages a second, one a second to a chat, 20 a minute to a group; an SOS goes first.

PTB's own limiter knows neither a second for a chat nor what is urgent, hence this one.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count


@dataclass(frozen=True, slots=True)
class Pace:
    """The limits that Telegram names; ``second_s`` is how long its second lasts, which a test may shorten."""

    overall: int = 30
    group_minute: int = 20
    second_s: float = 1.0

    @property
    def minute_s(self) -> float:
        """Sixty of these seconds."""
        return 60 * self.second_s


@dataclass(slots=True)
class _Waiting:
    urgent: bool
    order: int
    chat: int
    in_group: bool
    turn: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Limits:
    """Whoever wants to speak waits for ``turn``."""

    def __init__(self, pace: Pace | None = None, clock: Callable[[], float] | None = None) -> None:
        self._pace = pace or Pace()
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._sent: deque[float] = deque()
        self._by_chat: dict[int, deque[float]] = {}
        self._held: dict[int, float] = {}
        self._waiting: list[_Waiting] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None

    async def turn(self, chat: int, *, in_group: bool = False, urgent: bool = False) -> None:
        """Wait until a message to this chat may go."""
        waiting = _Waiting(urgent, next(self._order), chat, in_group)
        self._waiting.append(waiting)
        self._go_on()
        try:
            await waiting.turn
        finally:
            if waiting in self._waiting:
                self._waiting.remove(waiting)

    def hold(self, chat: int, seconds: float) -> None:
        """Telegram asked us to wait with this chat."""
        self._held[chat] = self._clock() + seconds

    def _go_on(self) -> None:
        """Let go whoever may, the urgent ones first; come back when the next one may."""
        now = self._clock()
        self._forget(now)
        wait: float | None = None
        for one in sorted(self._waiting, key=lambda each: (not each.urgent, each.order)):
            left = max(self._left_overall(now), self._left_for(one, now))
            if left <= 0:
                self._let_go(one, now)
            else:
                wait = left if wait is None else min(wait, left)
        if self._timer:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(max(wait, 0.005), self._go_on) if wait is not None else None

    def _let_go(self, one: _Waiting, now: float) -> None:
        self._sent.append(now)
        self._by_chat.setdefault(one.chat, deque()).append(now)
        self._waiting.remove(one)
        if not one.turn.done():
            one.turn.set_result(None)

    def _left_overall(self, now: float) -> float:
        if len(self._sent) < self._pace.overall:
            return 0.0
        return self._sent[-self._pace.overall] + self._pace.second_s - now

    def _left_for(self, one: _Waiting, now: float) -> float:
        sent = self._by_chat.get(one.chat, deque())
        left = self._held.get(one.chat, now) - now
        if sent and not one.urgent:
            left = max(left, sent[-1] + self._pace.second_s - now)
        if one.in_group and len(sent) >= self._pace.group_minute:
            left = max(left, sent[-self._pace.group_minute] + self._pace.minute_s - now)
        return left

    def _forget(self, now: float) -> None:
        while self._sent and self._sent[0] <= now - self._pace.second_s:
            self._sent.popleft()
        for chat, sent in list(self._by_chat.items()):
            while sent and sent[0] <= now - self._pace.minute_s:
                sent.popleft()
            if not sent:
                del self._by_chat[chat]
        self._held = {chat: until for chat, until in self._held.items() if until > now}
