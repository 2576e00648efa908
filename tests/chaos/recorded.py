"""Conversations that were held once, held again by others: the storm's people take them with their real proportions.

``python -m tests.chaos.recorded`` has the journeys in the chat held anew and writes them down; what is held at
``/demo/chat`` is added by ``python -m tests.fakes.telegram --record tests/chaos/conversations.jsonl``.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.wording import labels, menu_of, say
from tests.fakes.telegram import Shown, acts, picture, voice_note
from tests.fakes.telegram.keyboards import buttons_of
from tests.fakes.telegram.recording import ANY, CHOSEN, Conversation, Step, conversations_in
from tests.journeys.chatting import Talk
from tests.support.processes import REPOSITORY

KEPT = Path(__file__).with_name("conversations.jsonl")
RECORD = "LINLI_RECORD_CHAT"
SMALL = picture(size=(160, 120))
# A pause is at most so long, before it is made shorter: somebody who went to eat holds up nobody.
PAUSE_MOST_S, LOOK_EVERY_S = 20.0, 0.1
# What the bot says where something was done, by what it was.
DONE = {
    "receipt": "sent.receipt", "withdrawn": "report.told.withdraw", "message": "report.told.messages",
    "passed on": "sos.passed_on", "sos": "sos.sent",
}  # fmt: skip


def held() -> list[Conversation]:
    """All that were written down, as often as each was held."""
    return conversations_in(KEPT)


@dataclass
class Replay:
    """One person who holds a conversation again. ``pace``: how much of each pause is kept."""

    talk: Talk
    pace: float

    def hold(self, conversation: Conversation) -> list[Sequence[Shown]]:
        """Do every step, each when the one before was answered; with what was shown after each."""
        found = list[Sequence[Shown]]()
        for step in conversation.steps:
            time.sleep(min(step.after_s, PAUSE_MOST_S) * self.pace)
            self._do(step)
            if step.heard:
                self._wait(step)
            found.append(self.talk.who.unseen())
        return found

    def _do(self, step: Step) -> None:
        who, at = self.talk.who, self.talk.who.at
        match step.does:
            case "says":
                who.says(self._in_own_language(step.what))
            case "taps":
                self._tap(step.what)
            case "place":
                who.shares_location(*at)
            case "live":
                who.shares_location(*at, live_s=900)
            case "moves":
                who.moves(at[0] + 0.0005, at[1])
            case "photo":
                who.sends_photo(SMALL, step.what)
            case "voice":
                who.sends_voice(voice_note(1), 1)

    def _in_own_language(self, text: str) -> str:
        """A label of the keyboard as it stands on one's own; other words as they are."""
        data = labels().get(text)
        own = {said: label for row in menu_of(self.talk.language) for label, said in row}
        return own[data] if data else text

    def _tap(self, data: str) -> None:
        """The newest button that says so to the bot, as soon as there is one."""
        chat, world = self.talk.who.chat, self.talk.who.world
        deadline = time.monotonic() + self.talk.patience_s
        with world.held():
            while True:
                for message in reversed(chat.messages.values()):
                    for button in buttons_of(message.get("reply_markup")):
                        if CHOSEN.sub(ANY, button.get("callback_data", "")) == data:
                            acts.tap(world, self.talk.who.id, chat, message, button)
                            return
                left_s = deadline - time.monotonic()
                assert left_s > 0, f"no button says {data!r}, but there are {acts.all_buttons(chat)}"
                chat.seen.wait(left_s)

    def _wait(self, step: Step) -> None:
        """Until the bot confirms all that was said in this chat: it does so when it has answered."""
        deadline = time.monotonic() + self.talk.patience_s
        while self._is_waiting():
            assert time.monotonic() < deadline, f"{step.does} {step.what!r} was not answered"
            time.sleep(LOOK_EVERY_S)

    def _is_waiting(self) -> bool:
        with self.talk.who.world.held():
            return any(one.lane == self.talk.who.id for one in self.talk.who.world.updates.waiting)


def facts_of(replayed: Sequence[Sequence[Shown]], language: str) -> list[tuple[str, str]]:
    """What was told to be done, each once for the step that did it, with the words that say so."""
    found = []
    for shown in replayed:
        for fact, key in DONE.items():
            said = _sign(language, key)
            told = next((one.text for one in shown if said in one.text), None)
            if told is not None:
                found.append((fact, told))
    return found


def _sign(language: str, key: str) -> str:
    """The words of a text before its first gap, by which it is known."""
    first: str = say(language, key, **dict.fromkeys(GAPS.get(key, ()), "@")).partition("@")[0]
    return first.strip().splitlines()[0] if first.strip() else first


GAPS = {"sent.receipt": ("receipt",), "sos.sent": ("owner", "span")}


def main() -> None:
    """Hold the journeys, and write down what was done in them."""
    fresh = KEPT.with_suffix(".fresh")
    fresh.unlink(missing_ok=True)
    journeys = [sys.executable, "-m", "pytest", "-n", "0", "-q", "tests/journeys/test_bot.py"]
    done = subprocess.run(journeys, cwd=REPOSITORY, env=os.environ | {RECORD: str(fresh)}, check=False)
    if done.returncode:
        raise SystemExit("the journeys did not go through; what was written down before stays")
    fresh.replace(KEPT)
    print(f"{len(held())} conversations in {KEPT.relative_to(REPOSITORY)}")


if __name__ == "__main__":
    main()
