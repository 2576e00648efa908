"""Finding many phrases in a text at once: a tree over English stems and single Chinese characters.

``lexicon/shared.yaml`` explains how phrases are written. Reading takes time that grows linearly with the
text: each word walks down the tree at most the length of the longest phrase, and parts of a phrase are only
looked for a few words back.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import permutations, product
from typing import Any, Literal

from backend.incidents.likeness import light_stem

Axis = Literal["category", "marker", "kind"]
# Two parts of a phrase belong together within this many words or Chinese characters; none reaches further.
GAP: Mapping[str, int] = {"en": 7, "zh": 10}
FARTHEST = 20
# "no" reaches this many words or characters, never past a comma or the end of the sentence.
NEGATION_REACH: Mapping[str, int] = {"en": 4, "zh": 6}

_NUMBERS = ((3, "#few"), (13, "#u14"), (17, "#u18"), (74, "#"), (120, "#75"))
_SHORT = {
    "can't": "cannot",
    "won't": "will_not",
    "i'm": "i_am",
    "im": "i_am",
    "he's": "he_is",
    "hes": "he_is",
    "she's": "she_is",
    "we're": "we_are",
    "they're": "they_are",
    "i've": "i_have",
    "we've": "we_have",
    "there's": "there_is",
}
_END, _AFTER, _SENTENCE, _COMMA = "", "\0", ".", ","
_STOPS = frozenset({_SENTENCE, _COMMA})
_TEXT = re.compile(r"[\u3400-\u9fff]|[a-zß-ÿ]+(?:'[a-z]+)?|\d+|[.!?;|\n。！？；…]|[,:，、：]")
_PHRASE = re.compile(r"#\w*|" + _TEXT.pattern)
# Where a part stands: its first word, the one after its last, its number, whether it is denied.
_Place = tuple[int, int, int, bool]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a phrase stands for. A ``negatable`` one is not read after "no"."""

    axis: Axis
    name: str
    weight: int = 0
    negatable: bool = False


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two parts that belong together, and the spellings of a third where there is one."""

    entry: Entry
    reach: int
    third: frozenset[int]


@dataclass(slots=True)
class _Meaning:
    """What one spelling means: phrases by axis, its number as a part of others, how far it says no."""

    entries: dict[Axis, list[Entry]] = field(default_factory=dict)
    part: int = 0
    negates: int = 0


@dataclass(slots=True)
class Lexicon:
    """Phrases as a tree, with a reason for each code. Filled once, then only read."""

    tree: dict[str, Any] = field(default_factory=dict)
    decoys: dict[str, Any] = field(default_factory=dict)
    pairs: defaultdict[int, dict[int, list[_Pair]]] = field(default_factory=lambda: defaultdict(dict))
    because: dict[str, Mapping[str, str]] = field(default_factory=dict)
    english: frozenset[str] = frozenset()
    parts: int = 0

    def add(self, phrase: str, entry: Entry, language: str) -> None:
        """Take in one phrase."""
        parts = [spellings(part) for part in phrase.split("~")]
        if len(parts) > 1:
            self._join([frozenset(map(self._part, spelt)) for spelt in parts], entry, GAP[language])
            return
        for spelling in parts[0]:
            self._meaning(spelling).entries.setdefault(entry.axis, []).append(entry)

    def add_decoy(self, phrase: str) -> None:
        """Take in words that mean nothing by their parts."""
        for spelling in spellings(phrase):
            _grown(self.decoys, spelling)[_END] = True

    def add_negator(self, phrase: str, language: str) -> None:
        """Take in a way to say no."""
        for spelling in spellings(phrase):
            self._meaning(spelling).negates = NEGATION_REACH[language]

    def _meaning(self, spelling: str) -> _Meaning:
        meaning: _Meaning = _grown(self.tree, spelling).setdefault(_END, _Meaning())
        return meaning

    def _part(self, spelling: str) -> int:
        meaning = self._meaning(spelling)
        if not meaning.part:
            self.parts += 1
            meaning.part = self.parts
        return meaning.part

    def _join(self, parts: Sequence[frozenset[int]], entry: Entry, gap: int) -> None:
        for first, second in permutations(range(len(parts)), 2):
            others = [part for at, part in enumerate(parts) if at not in (first, second)]
            pair = _Pair(entry, gap * (len(parts) - 1), others[0] if others else frozenset())
            for one, other in product(parts[first], parts[second]):
                self.pairs[one].setdefault(other, []).append(pair)


def listed(phrases: str) -> Iterator[str]:
    """The phrases of a list in which ``;`` ends each."""
    return (phrase.strip() for phrase in phrases.split(";") if phrase.strip())


def spellings(part: str) -> tuple[str, ...]:
    """All spellings of a part: ``a/b c`` is ``a c`` and ``b c``, and ``don't`` is also ``do not``."""
    choices = [[way for word in words.split("/") for way in _ways(word)] for words in part.split()]
    spelt = (" ".join(word.replace("_", " ") for word in words if word != "-") for words in product(*choices))
    return tuple(dict.fromkeys(spelling for spelling in spelt if spelling))


def _ways(word: str) -> tuple[str, ...]:
    full = _SHORT.get(word)
    if full is None and word.endswith("n't"):
        full = f"{word[:-3]}_not"
    return (word, full) if full else (word,)


def _grown(tree: dict[str, Any], spelling: str) -> dict[str, Any]:
    """The node of a spelling, with the way to it made where it is new."""
    for found in _PHRASE.finditer(spelling):
        tree = tree.setdefault(key_of(found[0]), {})
    return tree


@lru_cache(maxsize=16_384)
def key_of(word: str) -> str:
    """A word as the tree knows it: its stem, a class of numbers, one Chinese character, a stop."""
    if word.isdigit():
        number = int(word[:9])
        return next((name for limit, name in _NUMBERS if number <= limit), "#many")
    if word in ",:，、：":
        return _COMMA
    return light_stem(word) if word[0].isalnum() or word[0] == "#" else _SENTENCE


class Reading:
    """One pass over a text: ``found`` holds, by axis and name, the words that matched with their weights.

    Where phrases overlap, the longer hides the shorter on its axis; a decoy hides all inside it.
    """

    def __init__(self, lexicon: Lexicon, folded: str, shown: str) -> None:
        """Read ``folded``; ``shown`` is the same text as it was written, of the same length."""
        self.found: dict[Axis, dict[str, dict[str, int]]] = {"category": {}, "marker": {}, "kind": {}}
        self._shown, self._pairs = shown, lexicon.pairs
        self._spans = [match.span() for match in _TEXT.finditer(folded)]
        self.keys = keys = [key_of(folded[start:end]) for start, end in self._spans]
        keys.append(_AFTER)
        self._decoys = _decoys(lexicon.decoys, keys)
        self._past: dict[Axis, int] = {"category": 0, "marker": 0, "kind": 0}
        self._negated_until = 0
        self._nearby: dict[int, _Place] = {}
        for at, key in enumerate(keys):
            node = lexicon.tree.get(key)
            if node is not None:
                if _END in node or keys[at + 1] in node:
                    self._read_at(at, node)
            elif key in _STOPS:
                self._stop(key)

    def _stop(self, key: str) -> None:
        self._negated_until = 0
        if key == _SENTENCE:
            self._nearby = {}

    def _read_at(self, start: int, node: dict[str, Any] | None) -> None:
        """Take the phrases that begin here, longest first."""
        keys, end, ends = self.keys, start, []
        while node is not None:
            end += 1
            if _END in node:
                ends.append((end, node[_END]))
            node = node.get(keys[end])
        for end, meaning in reversed(ends):
            if not (self._decoys and self._is_hidden(start, end)):
                self._take(start, end, meaning)

    def _is_hidden(self, start: int, end: int) -> bool:
        """Whether a decoy holds one end of this phrase and reaches further: "there is a fire | hydrant"."""
        around = (self._decoys.get(start), self._decoys.get(end - 1))
        return any(decoy and (decoy[0] < start or decoy[1] > end) for decoy in around)

    def _take(self, start: int, end: int, meaning: _Meaning) -> None:
        past, negated = self._past, start < self._negated_until
        if meaning.negates and end > max(past["category"], past["marker"]):
            self._negated_until = end + meaning.negates
        for axis, entries in meaning.entries.items():
            if end > past[axis]:
                past[axis] = end
                words = self._words(start, end)
                for entry in entries:
                    if not (negated and entry.negatable):
                        self._note(entry, words)
        if meaning.part:
            self._join((start, end, meaning.part, negated))

    def _join(self, place: _Place) -> None:
        """Look whether this part completes a phrase with parts that stand shortly before it."""
        partners, nearby = self._pairs[place[2]], self._nearby
        if not partners.keys().isdisjoint(nearby.keys()):
            for part in partners.keys() & nearby.keys():
                before = nearby[part]
                if before[1] <= place[0] <= before[1] + FARTHEST:
                    for pair in partners[part]:
                        self._complete(pair, before, place)
        nearby[place[2]] = place

    def _complete(self, pair: _Pair, before: _Place, place: _Place) -> None:
        places = [before, place]
        if pair.third:
            places += [self._nearby[part] for part in pair.third & self._nearby.keys()][:1]
        far = place[0] - min(end for _, end, _, _ in places)
        if far > pair.reach or len(places) < 2 + bool(pair.third):
            return
        if not (pair.entry.negatable and any(negated for _, _, _, negated in places)):
            words = [self._words(start, end) for start, end, _, _ in sorted(places)]
            self._note(pair.entry, " … ".join(words))

    def _words(self, start: int, end: int) -> str:
        return self._shown[self._spans[start][0] : self._spans[end - 1][1]]

    def _note(self, entry: Entry, words: str) -> None:
        noted = self.found[entry.axis].setdefault(entry.name, {})
        if entry.weight >= noted.get(words, 0):
            noted[words] = entry.weight


def _decoys(tree: dict[str, Any], keys: Sequence[str]) -> dict[int, tuple[int, int]]:
    """For each word inside a decoy where that decoy begins and ends; the first and longest ones count."""
    found: dict[int, tuple[int, int]] = {}
    past = 0
    for start, key in enumerate(keys):
        if key in tree and start >= past:
            node, at, end = tree, start, 0
            while (following := node.get(keys[at])) is not None:
                node, at = following, at + 1
                end = at if _END in node else end
            if end:
                found |= dict.fromkeys(range(start, end), (start, end))
                past = end
    return found
