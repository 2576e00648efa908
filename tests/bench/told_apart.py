"""How many requests and offers of help are told apart by their words alone, among messages that people labelled.

``.venv/bin/python -m tests.bench.told_apart [--look 30]`` prints the figures, for the half of the messages that the
lexicon may be improved by and for the half that is held out, which nothing was looked up in; ``--look`` also prints messages of the
first half that were told wrong. Reads the shared data (LINLI_SHARED_DATA).

The messages are of disasters: 2,337 of one split, none of which offers, and 56 offers of another. Told a *request* or an
*offer* is what intake suggests of a text when nothing was chosen (``kind_hint``); a message of distress that is labelled a
request counts as told, because it reaches people who help at once, and is named by itself. Labels are rough: many that ask
for nothing are labelled requests because they tell of a need, and some offers are news about help that was given. Nobody
labelled offers in the 2,337: many that plainly offer count against the precision of offers here, which is a lower bound.
"""

import argparse
import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from backend.intake.lexicon import load_lexicon, suggest
from tests.bench.duplicates import SHARED
from tests.bench.figures import Figure, at_most

MESSAGES = SHARED / "messages"
FILES = ("disaster_response_validation.csv", "disaster_response_offers.csv")
ASKS = frozenset({"aid_request", "distress"})


@dataclass(frozen=True, slots=True)
class Message:
    """A message with what people said of it and what its words suggest."""

    id: int
    text: str
    request: bool
    offer: bool
    direct: bool
    told: str | None

    @property
    def held_out(self) -> bool:
        """Whether it belongs to the half that nothing is tuned by."""
        return self.id // 10 % 2 == 1  # ids of one file all end alike


@dataclass(frozen=True, slots=True)
class Told:
    """How well one thing is told: of ``labelled`` messages ``right`` were; of ``said`` that were told so too."""

    labelled: int
    said: int
    right: int

    @property
    def precision(self) -> float:
        """Share of what is told so that is labelled so."""
        return self.right / self.said if self.said else 0.0

    @property
    def recall(self) -> float:
        """Share of what is labelled so that is told so."""
        return self.right / self.labelled if self.labelled else 0.0


@lru_cache(maxsize=1)
def messages() -> tuple[Message, ...]:
    """All of them, read by intake's lexicon as a report without a kind."""
    lexicon, found = load_lexicon(), []
    for name in FILES:
        with (MESSAGES / name).open(encoding="utf-8", newline="") as opened:
            for row in csv.DictReader(opened):
                told = suggest(row["message"], lexicon=lexicon, kind=None).kind_hint
                found.append(
                    Message(
                        int(row["id"]), row["message"], row["request"] == "1", row["offer"] == "1",
                        row["genre"] == "direct", told,
                    )
                )  # fmt: skip
    return tuple(found)


def requests(of: Sequence[Message]) -> Told:
    """How well requests are told from everything else."""
    said = [one for one in of if one.told in ASKS]
    return Told(sum(one.request for one in of), len(said), sum(one.request for one in said))


def offers(of: Sequence[Message]) -> Told:
    """How well offers are told from everything else."""
    said = [one for one in of if one.told == "aid_offer"]
    return Told(sum(one.offer for one in of), len(said), sum(one.offer for one in said))


def apart(of: Sequence[Message]) -> Told:
    """Of those that are labelled one of the two and told one of the two: how many are told the right one."""
    either = [one for one in of if one.request != one.offer]
    said = [one for one in either if one.told in ASKS | {"aid_offer"}]
    right = sum((one.told == "aid_offer") == one.offer for one in said)
    return Told(len(either), len(said), right)


def run() -> list[Figure]:
    """The figures of the half that is held out, where the shared data is; none where it is not."""
    if not MESSAGES.exists():
        return []
    half = [one for one in messages() if one.held_out]
    found = []
    for name, told in (("requests", requests(half)), ("offers", offers(half)), ("one from the other", apart(half))):
        note = f"{told.labelled} labelled, {told.said} told, {told.right} right; held out"
        found.append(at_most(f"told by words alone: {name}, precision", 100 * told.precision, "%", note=note))
        found.append(at_most(f"told by words alone: {name}, recall", 100 * told.recall, "%"))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--look", type=int, default=0, help="print so many messages of the open half told wrong")
    asked = parser.parse_args(arguments)
    print(f"{'':24}{'labelled':>9}{'told':>6}{'right':>6}{'precision':>11}{'recall':>8}")
    for name, half in (("open half", False), ("held out", True)):
        of = [one for one in messages() if one.held_out is half]
        direct = [one for one in of if one.direct]
        for what, told in (
            ("requests", requests(of)), ("requests, direct", requests(direct)), ("offers", offers(of)),
            ("one from the other", apart(of)),
        ):  # fmt: skip
            print(
                f"{name}: {what:13}".ljust(24)
                + f"{told.labelled:9}{told.said:6}{told.right:6}{told.precision:11.1%}{told.recall:8.1%}"
            )
    _look([one for one in messages() if not one.held_out], asked.look)


def _look(of: Sequence[Message], number: int) -> None:
    wrong = {
        "asked, and not told so": [one for one in of if one.request and one.told not in ASKS],
        "told a request, and none": [one for one in of if not one.request and one.told == "aid_request"],
        "offered, and not told so": [one for one in of if one.offer and one.told != "aid_offer"],
        "told an offer, and none": [one for one in of if not one.offer and one.told == "aid_offer"],
    }
    for name, found in wrong.items():
        print(f"\n{name}: {len(found)}")
        for one in random.Random(8).sample(found, min(number, len(found))):
            print(f"  [{one.told}] {one.text[:180]}")


if __name__ == "__main__":
    main()
