"""Whether two reports may tell of one happening: by place, time, category and words (capabilities.md C18).

Reports are sealed at rest. What is kept of their words is a blind index: each word through a keyed hash, cut
to 32 bits, so that the database can compare words that it cannot read. Nothing here decides: it suggests, and
a person joins.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from math import exp, log1p
from pathlib import Path
from uuid import UUID

from backend.areas.distance import haversine_m

MAX_TOKENS = 256

# Function words and words that nearly every report has; they say nothing about which happening it is.
STOP_WORDS = frozenset(
    """
    a about after again all also am an and any anyone are as at be because been before being but by
    can could dear did do does doing done down else even ever every few for from get getting go
    going good got had has have having he hello her here him his how i if im in into is it its ive
    just know let like made make many may me might more most much must my need needs never no not
    now of off often ok on once one only or other our out over own per please pls put really said
    same say see she should since so some someone something still such than thank thanks that the
    their them then there these they thing this those though through till to today too under until
    up us use used very via want was way we well were what when where which while who whose why will
    with without would yes yet you your street road avenue front near next side
    """.split()  # noqa: SIM905
)
# Chinese characters that join words rather than name things; no pair of characters reaches across one.
_JOINING = frozenset("的了是在和也都就很我你他她们这那有啊吗吧呢着过把被给与及或又还请")
# Things, not what somebody does: their ending stays, so that "housing" is not "house".
_NOUNS = frozenset(
    """
    building clothing crossing evening housing lodging meeting morning parking shooting smoking string
    """.split()  # noqa: SIM905
)
_WORD = re.compile(r"[a-zß-ÿ]+(?:'[a-z]+)?|\d+|[\u3400-\u9fff]+")
_PLAIN_SIGNS = {0x2018: "'", 0x2019: "'", 0x3000: " ", 0xA0: " "} | {
    code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)
}


@lru_cache(maxsize=1)
def _folding() -> dict[int, str]:
    """Traditional characters to Simplified ones, full-width signs to plain ones; always one for one."""
    pairs = (Path(__file__).with_name("likeness_folding.txt")).read_text(encoding="utf-8").split()
    return _PLAIN_SIGNS | {ord(pair[0]): pair[1] for pair in pairs}


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
    """The words that tell happenings apart: English stems and numbers, Chinese pairs of characters."""
    found: set[str] = set()
    for word in _WORD.findall(fold(text)):
        if word[0] >= "\u3400":
            found |= _pairs(word)
        elif word.replace("'", "") not in STOP_WORDS:
            found.add(light_stem(word))
    return frozenset(found)


def _pairs(run: str) -> set[str]:
    parts = "".join(" " if sign in _JOINING else sign for sign in run).split()
    return {"".join(pair) for part in parts for pair in (pairwise(part) if len(part) > 1 else [part])}


def blind_tokens(text: str, key: bytes) -> tuple[int, ...]:
    """The words of a text as signed 32-bit numbers that mean nothing without ``key`` (1 to 64 bytes).

    Sorted, each once, at most 256; the same text and key always give the same numbers. Raises ValueError for
    a key that is empty or too long.
    """
    if not key:
        raise ValueError("A blind index needs a key.")
    return tuple(sorted({_blind(word, key) for word in word_tokens(text)})[:MAX_TOKENS])


def _blind(word: str, key: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4, key=key).digest(), "big", signed=True)


# Categories of which a likeness must not tell anybody who does not handle them (taxonomy.md; C18, C20).
PRIVATE = frozenset({"AID11", "CN13", "CN14", "DS04", "DS05", "DS06", "DS08", "DS10", "DS11"})
# Happenings that pass: the same noise, fight or fire is not reported again a week later.
PASSING = frozenset({"CN04", "CN07", "DS01", "DS02", "DS03", "DS04", "DS05", "DS06", "DS08", "DS09", "DS10"})

# Chosen on pairs that a city's staff found (tests/bench/duplicates.py); every weight may move by a quarter
# with little change. A likeness is the logistic of the sum, so that it is suggested from 0.5 on. How rare a
# word is brought nothing once function words were left out, so that no table of counts is kept.
EVEN_ODDS = 0.5
BASE = 1.6
NEARNESS, NEAR_M = 1.3, 10.0
SLOW_FADING, QUICK_FADING = 0.3, 1.8
SAME_WORDS, ANY_WORD = 2.0, 2.0
OTHER_CATEGORY = 2.0
# A position is blurred by its accuracy, but a coarse one must not stand beside everything.
MOST_BLUR_M = 50.0
# How far back and around candidates are worth fetching; what another window costs and gains is in the bench.
# A ring of one around an H3 cell of resolution 9 reaches 170 m or more, which is nearly as far.
WINDOW_DAYS = 60
WINDOW_M = 200.0


_SPANS = ((1440, "days", "天"), (60, "hours", "小时"), (1, "minutes", "分钟"))


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is known of a report for comparing it: place (WGS84), time (aware), category and blind tokens."""

    id: UUID | str
    lat: float
    lon: float
    accuracy_m: float | None
    at: datetime
    category: str | None
    tokens: frozenset[int]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two reports are, from 0 to 1, with the facts behind it and sentences in both languages."""

    score: float
    distance_m: float
    minutes: float
    shared_words: int
    reasons: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A report that may tell of the same happening, for a person to look at."""

    id: UUID | str
    likeness: Likeness


def may_suggest(new_category: str | None, old_category: str | None) -> bool:
    """Whether a likeness between these categories may be shown at all.

    A private matter is only ever likened to the same private matter, so that abuse at home is never offered
    as a copy of a noise report (C18). Aid and incidents lie behind different walls (INV-6), and two needs of
    different kinds are two needs.
    """
    if new_category == old_category:
        return True
    if new_category in PRIVATE or old_category in PRIVATE:
        return False
    return not any((category or "").startswith("AID") for category in (new_category, old_category))


def likeness(one: Candidate, other: Candidate) -> Likeness:
    """How alike two reports are; the order of the two does not matter."""
    distance_m, minutes, shared = _compared(one, other)
    return Likeness(
        score=_score(one, other, distance_m, minutes, shared),
        distance_m=distance_m,
        minutes=minutes,
        shared_words=shared,
        reasons=tuple(_reasons(one, other, distance_m, minutes, shared)),
    )


def _compared(one: Candidate, other: Candidate) -> tuple[float, float, int]:
    distance_m = haversine_m(lat=one.lat, lon=one.lon, to_lat=other.lat, to_lon=other.lon)
    return distance_m, abs((one.at - other.at).total_seconds()) / 60, len(one.tokens & other.tokens)


def _score(one: Candidate, other: Candidate, distance_m: float, minutes: float, shared: int) -> float:
    blur_m = min(one.accuracy_m or 0.0, MOST_BLUR_M) + min(other.accuracy_m or 0.0, MOST_BLUR_M)
    fading = QUICK_FADING if one.category in PASSING or other.category in PASSING else SLOW_FADING
    odds = BASE - NEARNESS * log1p(max(distance_m - blur_m, 0.0) / NEAR_M) - fading * log1p(minutes / 60)
    if shared:
        odds += ANY_WORD + SAME_WORDS * shared / min(len(one.tokens), len(other.tokens))
    if None not in (one.category, other.category) and one.category != other.category:
        odds -= OTHER_CATEGORY
    return 1 / (1 + exp(min(-odds, 700.0)))


def _reasons(
    one: Candidate, other: Candidate, distance_m: float, minutes: float, shared: int
) -> Iterator[Mapping[str, str]]:
    # To ten metres, so that what is shown is true of the quick distance too.
    about_m = max(10, round(distance_m, -1))
    yield {"en": f"at most about {about_m:.0f} m apart", "zh": f"相距约{about_m:.0f}米以内"}
    size, en, zh = next((size, en, zh) for size, en, zh in _SPANS if minutes >= 2 * size or size == 1)
    yield {"en": f"{minutes / size:.0f} {en} apart", "zh": f"相隔{minutes / size:.0f}{zh}"}
    if one.category is not None and one.category == other.category:
        yield {"en": "the same category", "zh": "类别相同"}
    if shared:
        yield {"en": f"{shared} words in common", "zh": f"有{shared}个相同的词"}


def suggest_duplicates(
    new: Candidate, candidates: Iterable[Candidate], *, limit: int = 5, threshold: float = EVEN_ODDS
) -> tuple[Duplicate, ...]:
    """The candidates that may tell of the same happening as ``new``, the likeliest first, at most ``limit``.

    ``candidates`` are the open ones within WINDOW_DAYS and WINDOW_M; their order does not matter. Nothing is
    joined: a person confirms (C18).
    """
    found = []
    for old in candidates:
        if old.id != new.id and may_suggest(new.category, old.category):
            compared = _compared(new, old)
            if (score := _score(new, old, *compared)) >= threshold:
                found.append((-score, compared[0], str(old.id), old))
    return tuple(Duplicate(old.id, likeness(new, old)) for *_, old in sorted(found, key=lambda one: one[:3])[:limit])
