"""Many talk to the bot at once while its processes are killed; and many are written to while an SOS must pass.

``python -m tests.chaos.bot_storm [--people N] [--recipients N] [--mix written|recorded|both] [--pace P]`` prints
figures. Nobody says anything twice, so what is lost stays lost; whatever people were told is compared with the
database afterwards.
"""

import argparse
import random
import re
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import psutil  # type: ignore[import-untyped, unused-ignore]

from backend.kernel.database import owner_engine
from backend.kernel.migrate import migrate
from tests.chaos.bot_flood import SOS_MOST_S, flood
from tests.chaos.recorded import Replay, facts_of, held
from tests.fakes.telegram import picture
from tests.fakes.telegram.recording import Conversation
from tests.journeys.chatting import House, Talk, house
from tests.support.baishi import NANMEN
from tests.support.postgres import cluster, create_database
from tests.support.processes import eventually

PATIENCE_S = 1800.0
BETWEEN_KILLS_S = (5.0, 15.0)  # a bot needs some seconds to be back, and after several deaths the supervisor waits
HERE = (NANMEN["lat"], NANMEN["lon"])
RECEIPT = re.compile(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}")


@dataclass
class Told:
    """What one person was told, by what it means: a receipt, and what else was said to be done."""

    receipt: str = ""
    facts: list[str] = field(default_factory=list)
    broke: str = ""
    sent: int = 1  # reports and alarms that were told to be with us


Dialogue = Callable[[Talk, Told], None]


# What people come with, and how many of a hundred: dialogues that look at each answer.
def by_words(talk: Talk, told: Told) -> None:
    """A report by words and the phone's place."""
    talk.who.says("The lamp at the gate is broken")
    talk.sees("topic.concern")
    talk.tap("button.skip")
    talk.sees("place.ask")
    talk.who.shares_location(*HERE)
    talk.sees("ready.ask")
    talk.tap("button.send:only")
    told.receipt = talk.receipt()


def by_landmark(talk: Talk, told: Told) -> None:
    """A report by buttons and a place in words."""
    talk.tap("menu.report")
    talk.sees("topic.concern")
    talk.tap("button.skip")
    talk.sees("place.ask")
    talk.who.says("Behind the school")
    talk.sees("place.noted")
    talk.tap("button.skip")
    talk.sees("ready.ask")
    talk.tap("button.send:only")
    told.receipt = talk.receipt()


def by_photo(talk: Talk, told: Told) -> None:
    """A report by a photo and the phone's place."""
    talk.who.sends_photo(SMALL, "This is what I see")
    talk.sees("photo.kept", count=1)
    talk.tap("button.skip")
    talk.sees("place.ask")
    talk.who.shares_location(*HERE)
    talk.sees("ready.ask")
    talk.tap("button.send:only")
    told.receipt = talk.receipt()
    told.facts.append("photo")


def for_help(talk: Talk, told: Told) -> None:
    """A request for help."""
    talk.tap("menu.aid")
    talk.sees("aid.ask")
    talk.tap("button.aid_request")
    talk.sees("topic.aid_request")
    talk.topic("AID01")
    talk.sees("place.ask_rough")
    talk.who.shares_location(*HERE)
    talk.sees("place.kept_rough")
    talk.tap("button.skip")
    talk.sees("ready.ask")
    talk.tap("button.send:only")
    told.receipt = talk.receipt()


def taken_back(talk: Talk, told: Told) -> None:
    """A report that is taken back."""
    by_words(talk, told)
    _open(talk)
    talk.tap("button.withdraw")
    talk.sees("withdraw.ask")
    talk.tap("button.withdraw:yes")
    talk.sees("report.told.withdraw")
    told.facts.append("withdrawn")


def with_more(talk: Talk, told: Told) -> None:
    """A report to which more is said."""
    by_words(talk, told)
    _open(talk)
    talk.who.says("It is quite dark there")
    talk.sees("report.told.messages")
    told.facts.append("message")


def in_danger(talk: Talk, told: Told) -> None:
    """An SOS, and what is said while it is on."""
    talk.tap("menu.sos")
    talk.sees("sos.ask")
    talk.tap("button.sos:go")
    talk.sees("sos.on")
    talk.who.says("I am on the stairs")
    talk.sees("sos.passed_on")
    told.facts += ["sos", "message"]


def _open(talk: Talk) -> None:
    talk.tap("menu.mine")
    talk.sees("mine.ask")
    talk.tap("mine.button", number=1)
    talk.sees("report.ask")


WRITTEN: Mapping[Dialogue, int] = {
    by_words: 34, by_landmark: 22, by_photo: 12, for_help: 10, taken_back: 6, with_more: 10, in_danger: 6,
}  # fmt: skip
SMALL = picture(size=(160, 120))


def again(conversation: Conversation, pace: float) -> Dialogue:
    """A conversation that was held once, as a dialogue; what it was told is read off what was shown."""

    def hold(talk: Talk, told: Told) -> None:
        found = facts_of(Replay(talk, pace).hold(conversation), talk.language)
        told.facts += [{"passed on": "message"}.get(fact, fact) for fact, _ in found if fact != "receipt"]
        codes = [code[0] for fact, text in found if fact == "receipt" and (code := RECEIPT.search(text))]
        told.receipt, told.sent = (codes or [""])[-1], len(set(codes)) + told.facts.count("sos")

    hold.__name__ = f"recorded: {conversation.steps[-1].what or conversation.steps[-1].does}"
    return hold


def mix_of(which: str, pace: float) -> Mapping[Dialogue, int]:
    """What people come with and how often: ``written``, ``recorded`` as often as each was held, or ``both`` in halves."""
    recorded = {again(one, pace): 100 for one in held()}
    written = {dialogue: share * len(recorded) for dialogue, share in WRITTEN.items()}
    return {"written": written, "recorded": recorded, "both": written | recorded}[which]


@dataclass
class Storm:
    """What came of it: how many talked, how often a part was killed, and what is wrong, by kind."""

    people: int
    kills: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    details: list[str] = field(default_factory=list)
    reports: int = 0
    took_s: float = 0.0

    def blame(self, kind: str, detail: str) -> None:
        """Something is wrong."""
        self.wrong[kind] += 1
        self.details.append(f"{kind}: {detail}")


def storm(
    home: House, *, people: int, mix: str = "both", pace: float = 1.0,
    between_s: tuple[float, float] = BETWEEN_KILLS_S, seed: int = 11,
) -> Storm:  # fmt: skip
    """Have so many talk at once, kill parts at random until all have ended, and compare.

    ``mix``: see ``mix_of``; ``pace``: how much of the pauses that people made is kept.
    """
    dice, began = random.Random(seed), time.monotonic()
    chances = mix_of(mix, pace)
    dialogues = dice.choices(list(chances), list(chances.values()), k=people)
    talks = [
        Talk(home, home.town.person(f"Person {at}", dice.choice(("en", "zh"))), "", PATIENCE_S) for at in range(people)
    ]
    for talk in talks:
        talk.language = home.town.world.users[talk.who.id]["language_code"]
        talk.who.at = HERE
    told = [Told() for _ in talks]
    found, ended = Storm(people), threading.Event()
    killer = threading.Thread(target=_kill, args=(home, found, ended, dice, between_s))
    killer.start()
    try:
        with ThreadPoolExecutor(people) as pool:
            list(pool.map(_hold, dialogues, talks, told))
    finally:
        ended.set()
        killer.join()
    found.took_s = time.monotonic() - began
    reconcile(home, found, told)
    return found


def _hold(dialogue: Dialogue, talk: Talk, told: Told) -> None:
    try:
        if dialogue in WRITTEN:
            talk.begins()
        dialogue(talk, told)
    except AssertionError as unanswered:
        told.broke = f"{dialogue.__name__}: {str(unanswered)[:600]}"


def _kill(
    home: House, found: Storm, ended: threading.Event, dice: random.Random, between_s: tuple[float, float]
) -> None:
    """The bot every other time: it is what is tried here."""
    for name in cycle(("bot", "api, worker or stream")):
        if ended.wait(dice.uniform(*between_s)):
            return
        with suppress(psutil.NoSuchProcess, IndexError):  # it died just before, or is not there again yet
            dice.choice(_parts(home.pid, name)).kill()
            found.kills[name] += 1


def _parts(up: int, name: str) -> list["psutil.Process"]:
    every = [one for one in psutil.Process(up).children() if one.name() != "postgres"]
    return [one for one in every if ("bot" in one.cmdline()) == (name == "bot")]


def reconcile(home: House, found: Storm, told: Sequence[Told]) -> None:
    """What people were told beside what the database holds: nothing lost, nothing twice, nothing untrue."""
    assert eventually(lambda: home.town.waiting == 0), "the bot does not confirm what it handled"
    for one in told:
        if one.broke:
            found.blame("unanswered", one.broke)
    rows = home.rows("SELECT id::text, kind FROM report WHERE channel = 'telegram'")
    found.reports = len(rows)
    doubled = len(rows) - sum(one.sent for one in told if not one.broke)
    if doubled > 0 and not found.wrong["unanswered"]:
        found.blame("doubled", f"{doubled} reports more than were told to be sent")
    if doubled < 0:
        found.blame("lost", f"{-doubled} reports fewer than were told to be sent")
    alarms = sum(row["kind"] == "distress" for row in rows) - sum("sos" in one.facts for one in told)
    if alarms > 0 and not found.wrong["unanswered"]:
        found.blame("doubled", f"{alarms} alarms more than people who sent one")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: _compare(home, found, one), [one for one in told if one.receipt]))
    messages = home.rows("SELECT count(*) AS count FROM thread_message WHERE direction = 'from_reporter'")[0]["count"]
    wanted = sum(one.facts.count("message") for one in told)
    if messages != wanted and not found.wrong["unanswered"]:
        found.blame("doubled" if messages > wanted else "lost", f"{messages} messages where {wanted} were passed on")


def _compare(home: House, found: Storm, one: Told) -> None:
    answer = home.api.get("/api/v1/receipt", headers={"Authorization": f"Receipt {one.receipt}"})
    if answer.status_code != 200:
        found.blame("lost", f"a receipt that was given opens nothing: {answer.status_code}")
    elif ("withdrawn" in one.facts) != (answer.json()["status"] == "withdrawn"):
        found.blame("untrue", f"told {one.facts}, but the report is {answer.json()['status']}")


@contextmanager
def fresh_house() -> Iterator[House]:
    """A house of its own, with a database server of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="linli-storm-") as folder,
        cluster("embedded", Path(folder) / "postgres") as dsn,
    ):
        engine = owner_engine(create_database(dsn, "linli_template"))
        migrate(engine)
        engine.dispose()
        data = Path(folder) / "data"
        data.mkdir()
        with house(dsn, data) as home:
            yield home


def main() -> None:
    """Both, and their figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.bot_storm", description=__doc__)
    parser.add_argument("--people", type=int, default=1000, help="how many talk at once; 0: leave it out")
    parser.add_argument("--mix", choices=("written", "recorded", "both"), default="both", help="what they come with")
    parser.add_argument("--pace", type=float, default=1.0, help="how much of the recorded pauses is kept")
    parser.add_argument("--recipients", type=int, default=10_000, help="how many are written to; 0: leave it out")
    asked = parser.parse_args()
    if asked.people:
        with fresh_house() as home:
            one = storm(home, people=asked.people, mix=asked.mix, pace=asked.pace)
        kills = ", ".join(f"{name} {count} times" for name, count in sorted(one.kills.items()))
        print(f"{one.people} conversations at once in {one.took_s:.0f} s; killed: {kills}; {one.reports} reports")
        print(
            "  " + (", ".join(f"{count} {kind}" for kind, count in one.wrong.items()) or "0 lost, 0 doubled, 0 untrue")
        )
        print("\n".join(f"  {line}" for line in one.details[:10]))
    if asked.recipients:
        with fresh_house() as home:
            two = flood(home, recipients=asked.recipients)
        print(f"{two.arrived} of {two.recipients} were written to in {two.took_s:.0f} s, {two.twice} of them twice")
        print(
            f"  {len(two.passed_s)} SOS meanwhile, the slowest after {max(two.passed_s):.2f} s (at most {SOS_MOST_S:g})"
        )
        print(f"  most messages in a second: {two.peak} (at most 30); refused by Telegram as too many: {two.refused}")


if __name__ == "__main__":
    main()
