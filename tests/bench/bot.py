"""(h), (i) The chat bot: how soon what somebody says is answered, with the API's work in it, and what the bot holds in memory.

Everybody who says something is somebody else, as in a city: Telegram's limit of a second for a chat then delays nobody.
The whole time runs from the update's arrival at the simulated Telegram until the answer is there. What the bot and the API
take of it, from the moment at which the bot has the update until the API has answered and the conversation is kept, the
bot itself writes into its log; the rest is Telegram's own leg: fetching the update, and saying the answer.
"""

import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bot.wording import say
from tests.bench.figures import Figure, at_most, percentile
from tests.bench.running import KIB_PER_MIB, pss_kib
from tests.bench.serving import linli, started, web
from tests.bench.world import LAT, LON, SIDE, World
from tests.fakes.telegram import Person, Telegram, telegram
from tests.support.processes import eventually

import psutil  # type: ignore[import-untyped, unused-ignore]  # isort: skip

RATE, ANSWER_MS, MEMORY_MIB = 20.0, 150.0, 80.0
# What everybody says, one after the other: a report by words, without a topic, with a place.
SCRIPT: tuple[Callable[[Person], object], ...] = (
    lambda who: who.starts(),
    lambda who: who.says("The pavement has sunk near the bus stop and people stumble there"),
    lambda who: who.taps(say("en", "button.skip"), within_s=0),
    lambda who: who.shares_location(LAT + SIDE / 2, LON + SIDE / 2),
    lambda who: who.taps(say("en", "button.send:news"), within_s=0),
)


def run(world: World, *, people: int = 120, rate: float = RATE) -> list[Figure]:
    """Measure with so many people, each of whom goes through the script."""
    with ExitStack() as undo:
        town = undo.enter_context(telegram())
        port = undo.enter_context(web(world.environment | town.environment))
        settings = world.environment | town.environment | {"LINLI_API_URL": f"http://127.0.0.1:{port}"}
        settings |= {"LINLI_LOG_LEVEL": "debug"}
        process = undo.enter_context(started(linli("bot"), settings))
        assert eventually(lambda: town.calls("getUpdates")), "the bot does not ask for updates"
        took_ms = [ms for at, ms in sorted(answered(town, people, rate))]
        held = sum(pss_kib(one) for one in _all_of(process.pid)) / KIB_PER_MIB
    api_ms, chat_ms = zip(*noted(Path(settings["LINLI_DATA"])), strict=True)
    return [
        _p99(f"chat: update to the API's answer, p99 at {rate:g} a second", api_ms, ANSWER_MS),
        _p99("chat: saying the answer to Telegram, p99", chat_ms),
        _p99("chat: said to answered, Telegram's leg with it, p99", took_ms),
        at_most(f"memory of the bot after {len(took_ms)} updates", held, "MiB", MEMORY_MIB),
    ]


def _p99(name: str, took_ms: Sequence[float], goal: float | None = None) -> Figure:
    warm = took_ms[len(took_ms) // 10 :]
    note = f"{len(warm)} answers, median {percentile(warm, 50):.0f} ms, worst {max(warm):.0f} ms"
    return at_most(name, percentile(warm, 99), "ms", goal, note=note)


def noted(folder: Path) -> list[tuple[float, float]]:
    """What the bot has written down of each update, in order: milliseconds until the API had answered, and to say it."""
    lines = [line for path in folder.glob("*.log") for line in path.read_text().splitlines() if '"api_ms"' in line]
    return [(entry["api_ms"], entry["chat_ms"]) for entry in map(json.loads, lines)]


def answered(town: Telegram, count: int, rate: float) -> list[tuple[float, float]]:
    """When each thing was said, and the milliseconds until it was answered; whoever is not answered breaks the run."""
    people, found, lock = town.people(count), list[tuple[float, float]](), threading.Lock()
    since: dict[int, float] = {}

    def note(message: dict[str, Any], _changed: bool) -> None:
        with lock:
            if began := since.pop(message["chat"]["id"], None):
                found.append((began, (time.monotonic() - began) * 1000))

    for who in people:
        who.chat.watchers.append(note)
    began = time.monotonic()
    for at, (act, who) in enumerate((act, who) for act in SCRIPT for who in people):
        time.sleep(max(0.0, began + at / rate - time.monotonic()))
        assert who.id not in since, "somebody was not answered before their turn came again"
        since[who.id] = time.monotonic()
        act(who)
    assert eventually(lambda: not since, 10.0), f"{len(since)} were not answered"
    return found


def _all_of(pid: int) -> list["psutil.Process"]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]
