"""Whether two reports may tell of one happening: by place, time, category and words (capabilities.md C18).

Reports are sealed at rest. What is kept of their words is a blind index: each word through a keyed hash, cut to 32
bits, so that the database can compare words that it cannot read. Nothing here decides: it suggests, a person joins.
"""

import hashlib
import re
from functools import lru_cache
from pathlib import Path

MAX_TOKENS = 256

# Function words and words that nearly every report has; they say nothing about which happening it is.
STOP_WORDS = frozenset(
    """a about after again all also am an and any anyone are as at be because been before being but by can could dear
    did do does doing done down else even ever every few for from get getting go going good got had has have having he
    hello her here him his how i if im in into is it its ive just know let like made make many may me might more most
    much must my need needs never no not now of off often ok on once one only or other our out over own per please pls
    put really said same say see she should since so some someone something still such than thank thanks that the their
    them then there these they thing this those though through till to today too under until up us use used very via
    want was way we well were what when where which while who whose why will with without would yes yet you your
    street road avenue front near next side""".split()  # noqa: SIM905
)
# Chinese characters that join words rather than name things: a pair of characters never reaches across one.
_JOINING = frozenset("的了是在和也都就很我你他她们这那有啊吗吧呢着过把被给与及或又还请")
# Things, not what somebody does: their ending stays, so that "housing" is not "house" and "smoking" not "smoke".
_NOUNS = frozenset(
    "building clothing crossing evening housing lodging meeting morning parking shooting smoking string".split()  # noqa: SIM905
)
_WORD = re.compile(r"[a-zß-ÿ]+(?:'[a-z]+)?|\d+|[\u3400-\u9fff]+")
_PLAIN_SIGNS = {0x2018: "'", 0x2019: "'", 0x3000: " ", 0xA0: " "} | {
    code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)
}


@lru_cache(maxsize=1)
def _folding() -> dict[int, str]:
    """Traditional characters to Simplified ones, full-width signs to plain ones; always one for one."""
    pairs = (Path(__file__).with_name("likeness_folding.txt")).read_text(encoding="utf-8").split()
    return _PLAIN_SIGNS | {ord(traditional): simplified for traditional, simplified in pairs}


def fold(text: str) -> str:
    """Lower case, Simplified characters, plain signs: two spellings of one word become one."""
    return text.lower().translate(_folding())


@lru_cache(maxsize=65_536)
def light_stem(word: str) -> str:
    """An English word without its commonest endings, so that "falling" is "fall" and "wires" is "wire"."""
    word = word.replace("'", "")
    if len(word) > 3 and word.endswith("s") and word[-2] not in "siu":
        word = word[:-1]
    if len(word) > 4 and word.endswith(("ie", "ied")):
        word = word.removesuffix("d").removesuffix("ie") + "y"
    for ending in ("ing", "ed"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 3 and stem[-1] != "e" and word not in _NOUNS:
            return stem[:-1] if stem[-1] == stem[-2] and stem[-1] not in "lsz" else stem.removesuffix("e")
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def word_tokens(text: str) -> frozenset[str]:
    """The words of a text that tell happenings apart: English stems and numbers, Chinese pairs of characters."""
    found: set[str] = set()
    for word in _WORD.findall(fold(text)):
        if word[0] >= "\u3400":
            found |= _pairs(word)
        elif word.replace("'", "") not in STOP_WORDS:
            found.add(light_stem(word))
    return frozenset(found)


def _pairs(run: str) -> set[str]:
    parts = "".join(" " if sign in _JOINING else sign for sign in run).split()
    return {
        pair for part in parts for pair in ([part] if len(part) == 1 else map("".join, zip(part, part[1:], strict=False)))
    }


def blind_tokens(text: str, key: bytes) -> tuple[int, ...]:
    """The words of a text as signed 32-bit numbers that mean nothing without ``key`` (1 to 64 bytes).

    Sorted, each once, at most 256; the same text and key always give the same numbers. Raises ValueError for a key
    that is empty or too long.
    """
    if not key:
        raise ValueError("A blind index needs a key.")
    return tuple(sorted({_blind(word, key) for word in word_tokens(text)})[:MAX_TOKENS])


def _blind(word: str, key: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4, key=key).digest(), "big", signed=True)


# Categories of which a likeness must not tell anybody who does not handle them (taxonomy.md; C18, C20).
PRIVATE = frozenset({"AID11", "CN13", "CN14", "DS04", "DS05", "DS06", "DS08", "DS10", "DS11"})


def may_suggest(new_category: str | None, old_category: str | None) -> bool:
    """Whether a likeness between these categories may be shown at all.

    A private matter is only ever likened to the same private matter, so that abuse at home is never offered as a
    copy of a noise report (C18). Aid and incidents lie behind different walls (INV-6), and two people who need the
    same thing are two needs, unless it is one category of aid.
    """
    if new_category == old_category:
        return True
    if new_category in PRIVATE or old_category in PRIVATE:
        return False
    return not ((new_category or "").startswith("AID") or (old_category or "").startswith("AID"))


# Provisional until the scorer lands.
from dataclasses import dataclass as _dataclass  # noqa: E402


@_dataclass(frozen=True)
class Candidate:
    id: object
    lat: float | None
    lon: float | None
    accuracy_m: float | None
    at: object
    category: str | None
    tokens: frozenset[int]


def suggest_duplicates(new: Candidate, candidates: list[Candidate]) -> list[object]:
    return []
