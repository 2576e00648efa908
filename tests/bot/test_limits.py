"""How fast the bot may speak: never past Telegram's limits, an SOS first, and nobody later than needed."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest

from bot.limits import Ledger, Limits, Pace

PACE = Pace()


def all_sent(chats: Sequence[int], **how: bool) -> list[float]:
    """Send one after the other as soon as each may; when each went, in seconds from the first."""
    ledger, now, times = Ledger(PACE), 0.0, []
    for chat in chats:
        now += ledger.wait_s(chat, now, **how)
        ledger.note(chat, now)
        times.append(now)
    return times


@pytest.mark.parametrize("processes", [1, 2, 3, 7, 10])
def test_processes_that_share_the_pace_are_together_within_it_and_none_is_dumb(processes: int) -> None:
    share = PACE.shared_by(processes)
    assert processes <= share.overall * processes <= PACE.overall
    assert (share.group_minute, share.second_s) == (PACE.group_minute, PACE.second_s)


@pytest.mark.parametrize(
    ("chats", "how", "window_s", "most", "ends_s"),
    [
        (range(95), {}, 1.0, 30, 3.0),
        ([7] * 6, {}, 1.0, 1, 5.0),
        ([-7] * 45, {"in_group": True}, 60.0, 20, 124.0),
        ([7] * 95, {"urgent": True}, 1.0, 30, 3.0),
    ],
    ids=["overall", "a chat", "a group", "urgent"],
)
def test_no_window_holds_more_than_is_allowed_and_nothing_waits_longer(
    chats: Sequence[int], how: dict[str, bool], window_s: float, most: int, ends_s: float
) -> None:
    times = all_sent(chats, **how)
    assert all(later - earlier >= window_s for earlier, later in zip(times, times[most:], strict=False))
    assert times[-1] == ends_s


@pytest.mark.parametrize(("chat", "now", "wait_s"), [(1, 0.0, 8.0), (1, 5.0, 3.0), (1, 9.0, 0.0), (2, 0.0, 0.0)])
@pytest.mark.parametrize("urgent", [False, True])
def test_a_chat_is_left_alone_for_as_long_as_telegram_asked_and_others_are_not(
    chat: int, now: float, wait_s: float, urgent: bool
) -> None:
    ledger = Ledger(PACE)
    ledger.hold(1, 8.0, 0.0)
    assert ledger.wait_s(chat, now, urgent=urgent) == wait_s


def in_loop(story: Coroutine[Any, Any, None]) -> None:
    """Run a story."""
    asyncio.run(story)


async def said(limits: Limits, chat: int, into: list[int], **how: bool) -> None:
    await limits.turn(chat, **how)
    into.append(chat)


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(200):
        await asyncio.sleep(0)


def test_an_sos_goes_before_all_that_wait() -> None:
    async def story() -> None:
        now, order = [0.0], list[int]()
        limits = Limits(PACE, clock=lambda: now[0])
        tasks = [asyncio.create_task(said(limits, chat, order)) for chat in range(50)]
        await settle()
        assert len(order) == 30
        tasks.append(asyncio.create_task(said(limits, 99, order, urgent=True)))
        await settle()
        assert 99 not in order, "the limit holds for an SOS too"
        now[0] = 1.0
        limits.go_on()
        await asyncio.gather(*tasks)
        assert order[30] == 99
        assert order[31:] == list(range(30, 50))

    in_loop(story())


def test_who_gives_up_waiting_takes_no_turn() -> None:
    async def story() -> None:
        now, order = [0.0], list[int]()
        limits = Limits(PACE, clock=lambda: now[0])
        await said(limits, 1, order)
        gone = asyncio.create_task(said(limits, 1, order))
        stays = asyncio.create_task(said(limits, 1, order))
        await settle()
        gone.cancel()
        await settle()
        now[0] = 1.0
        limits.go_on()
        await stays
        assert order == [1, 1]
        assert gone.cancelled()

    in_loop(story())
