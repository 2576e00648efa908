"""The table of ASVS 5.0 says of every requirement of levels 1 and 2 how it stands, and names only tests that there are."""

import re
from collections import Counter

from tests.guards.test_tree import ROOT

# Requirements of levels 1 and 2 by chapter, as version 5.0.0 counts them.
BY_CHAPTER = {
    1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7, 10: 29, 11: 14, 12: 9, 13: 13, 14: 9, 15: 13, 16: 16, 17: 7,
}  # fmt: skip
STATES = {"met", "n/a", "deployer", "open"}
ROW = re.compile(r"^\| (?P<numbers>\d+\.\d+\.\d+(?:, \d+\.\d+\.\d+)*) \| (?P<state>[a-z/]+) \| (?P<why>.+) \|$")


def rows() -> list[re.Match[str]]:
    lines = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8").splitlines()
    return [found for line in lines if (found := ROW.match(line))]


def test_every_requirement_stands_there_once() -> None:
    numbers = [number for row in rows() for number in row["numbers"].split(", ")]
    assert [number for number, count in Counter(numbers).items() if count > 1] == []
    assert Counter(int(number.partition(".")[0]) for number in numbers) == BY_CHAPTER


def test_every_requirement_has_a_state_and_a_reason() -> None:
    assert {row["state"] for row in rows()} <= STATES
    assert [row["numbers"] for row in rows() if len(row["why"]) < 4] == []


def test_what_is_named_is_there() -> None:
    text = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:tests|backend|docs)/[\w./-]+)`", text))
    assert sorted(name for name in named if not (ROOT / name).exists()) == []
