"""How much a bot may send: what Telegram documents, and when it says "too many requests".

A chat takes one message a second on average, a group twenty in a minute, all chats together thirty in a second. The
documentation allows "short bursts" in a chat; ``burst`` says how long one may be.
"""

import math
from collections import deque
from dataclasses import dataclass, field

OVERALL_MOST, OVERALL_S = 30, 1.0
GROUP_MOST, GROUP_S = 20, 60.0
CHAT_S = 1.0
BURST = 3


@dataclass(slots=True)
class Window:
    """How many fell into the last ``span_s`` seconds."""

    span_s: float
    most: int
    _times: deque[float] = field(default_factory=deque)
    peak: int = 0

    def wait_s(self, now: float) -> float:
        """Seconds until one more fits; 0 when it fits now."""
        while self._times and self._times[0] <= now - self.span_s:
            self._times.popleft()
        return 0.0 if len(self._times) < self.most else self._times[0] + self.span_s - now

    def add(self, now: float) -> None:
        """Count one."""
        self._times.append(now)
        self.peak = max(self.peak, len(self._times))


@dataclass(slots=True)
class Meter:
    """What was sent, and what may be. ``refused`` counts the calls that came too early."""

    burst: int = BURST
    enforced: bool = True
    refused: int = 0
    overall: Window = field(default_factory=lambda: Window(OVERALL_S, OVERALL_MOST))
    groups: dict[int, Window] = field(default_factory=dict)
    _free_at: dict[int, float] = field(default_factory=dict)

    def ask(self, chat_id: int, now: float) -> int:
        """0 when a message to the chat may go now, and then it counts; else the seconds to wait, as Telegram says."""
        group = self.groups.setdefault(chat_id, Window(GROUP_S, GROUP_MOST)) if chat_id < 0 else None
        free_at = max(self._free_at.get(chat_id, now), now)
        waits = [self.overall.wait_s(now), free_at - now - (self.burst - 1) * CHAT_S]
        waits += [group.wait_s(now)] if group else []
        if self.enforced and max(waits) > 0:
            self.refused += 1
            return math.ceil(max(waits))
        self.overall.add(now)
        self._free_at[chat_id] = free_at + CHAT_S
        if group:
            group.add(now)
        return 0
