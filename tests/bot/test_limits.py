"""How fast the bot may speak: never past Telegram's limits, an SOS first, and nobody twice as late as needed."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from bot.limits import Limits, Pace

# A second of the tests is a fiftieth of a true one.
PACE = Pace(overall=5, group_minute=4, second_s=0.02)


def in_loop(story: Coroutine[Any, Any, None]) -> None:
    """Run a story; one that waits for ever fails."""
    asyncio.run(asyncio.wait_for(story, 20))


class Clock:
    """Time that passes with the loop's."""

    def __init__(self) -> None:
        self.sent: list[tuple[float, int]] = []

    async def say(self, limits: Limits, chat: int, **how: bool) -> None:
        await limits.turn(chat, **how)
        self.sent.append((asyncio.get_running_loop().time(), chat))


@pytest.mark.parametrize(
    ("chats", "how", "window_s", "most"),
    [
        (range(40), {}, PACE.second_s, PACE.overall),
        ([7] * 6, {}, PACE.second_s, 1),
        ([-7] * 9, {"in_group": True}, PACE.minute_s, PACE.group_minute),
    ],
    ids=["overall", "a chat", "a group"],
)
def test_no_window_holds_more_than_is_allowed(chats: Any, how: dict[str, bool], window_s: float, most: int) -> None:
    async def story() -> None:
        limits, clock = Limits(PACE), Clock()
        await asyncio.gather(*(clock.say(limits, chat, **how) for chat in chats))
        times = [at for at, _ in clock.sent]
        assert len(times) == len(chats)
        # A turn is given a moment before it is noted here: that much less is still fair.
        assert all(later - earlier > window_s * 0.8 for earlier, later in zip(times, times[most:], strict=False))

    in_loop(story())


def test_an_sos_goes_before_all_that_wait_and_does_not_wait_for_its_chat() -> None:
    async def story() -> None:
        limits, clock = Limits(PACE), Clock()
        others = [asyncio.create_task(clock.say(limits, chat)) for chat in range(20)]
        await asyncio.sleep(0)
        first = len(clock.sent)
        await clock.say(limits, 0, urgent=True)
        place = [chat for _, chat in clock.sent].index(0, 1)
        assert place <= first + PACE.overall
        await asyncio.gather(*others)

    in_loop(story())


def test_a_chat_is_left_alone_for_as_long_as_telegram_asked_and_others_are_not() -> None:
    async def story() -> None:
        limits, clock = Limits(PACE), Clock()
        limits.hold(1, 0.1)
        began = asyncio.get_running_loop().time()
        await asyncio.gather(clock.say(limits, 1, urgent=True), clock.say(limits, 2))
        assert [chat for _, chat in clock.sent] == [2, 1]
        assert clock.sent[1][0] - began > 0.09

    in_loop(story())


def test_who_gives_up_waiting_takes_no_turn() -> None:
    async def story() -> None:
        limits, clock = Limits(PACE), Clock()
        await clock.say(limits, 1)
        gone = asyncio.create_task(clock.say(limits, 1))
        await asyncio.sleep(0)
        gone.cancel()
        await clock.say(limits, 1)
        assert len(clock.sent) == 2

    in_loop(story())
