"""What the words of a report suggest: a category, markers, a language and whether help is asked or offered.

A suggestion is never a decision: a person confirms it, except where R04 lets a rule decide, and it carries the words
that led to it. It never marks distress down: where harm to a person is among the readings, a lesser category is not
suggested and a person chooses among the candidates. The words themselves are data (lexicon/*.yaml).

The matched words are the reporter's own: whoever stores a suggestion seals them like the report.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import permutations, product
from pathlib import Path
from typing import Any, Literal

import yaml

from backend.incidents.likeness import fold, light_stem
from backend.policy.markers import markers

Language = Literal["en", "zh"]
Axis = Literal["category", "marker", "kind"]

# A category is suggested from this score on: one phrase that points to it (shared.yaml, weights) ...
ENOUGH = 2.0
# ... if it leads the next one by this much, about half of a hint; chosen on the labelled reports of tests/intake.
LEAD = 0.5
# A reading from this score on keeps a lesser category from being suggested (nothing marks distress down).
SERIOUS = 2.0
# What the reporter chose from the list counts like a word that points to it.
CHOSEN = 2.0
# Two parts of a phrase belong together within this many words or Chinese characters.
GAP: Mapping[str, int] = {"en": 7, "zh": 10}
# No phrase of parts is longer than this.
FARTHEST = 20
# "no" reaches this many words or characters, never past a comma or the end of the sentence.
NEGATION_REACH: Mapping[str, int] = {"en": 4, "zh": 6}
# Categories about harm to a person; they are not hidden behind a lesser reading (R04, R11).
ABOUT_HARM = frozenset({f"DS{number:02}" for number in range(1, 13)} | {"CN13", "CN14"})
_PREFIXES = {"concern": ("CN", "DS"), "aid_request": ("AID", "DS"), "aid_offer": ("AID", "DS"), "distress": ("DS",)}

# A request or an offer of help is told from this score on, and a reason names at most so many words.
KIND_ENOUGH = 3.0
# Two clear phrases of one kind of aid speak for themselves, without "I need".
PLAINLY_AID = 5.0
MOST_WORDS = 4

_SHORT = {
    "can't": "cannot", "won't": "will_not", "i'm": "i_am", "im": "i_am", "he's": "he_is", "hes": "he_is", "she's": "she_is",
    "we're": "we_are", "they're": "they_are", "i've": "i_have", "we've": "we_have", "there's": "there_is",
}  # fmt: skip
# Where a part stands: its first word, the one after its last, its number, whether it is denied.
_Place = tuple[int, int, int, bool]
_NUMBERS = ((3, "#few"), (13, "#u14"), (17, "#u18"), (74, "#"), (120, "#75"))
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_END, _AFTER = "", "\0"
_SENTENCE, _COMMA = ".", ","
_STOPS = frozenset({_SENTENCE, _COMMA})
_TEXT = re.compile(r"[\u3400-\u9fff]|[a-zß-ÿ]+(?:'[a-z]+)?|\d+|[.!?;|\n。！？；…]|[,:，、：]")
_PHRASE = re.compile(r"#\w*|" + _TEXT.pattern)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is suggested: the reporter's words, the code they point to, a sentence in both languages."""

    words: tuple[str, ...]
    what: str
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A category that the words allow, with its score and the words that matched."""

    category: str
    score: float
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the words suggest. ``category`` is None where a person must choose among the candidates."""

    category: str | None
    confidence: float
    candidates: tuple[Candidate, ...]
    markers: frozenset[str]
    marker_reasons: tuple[Reason, ...]
    language_guess: Language | None
    kind_hint: Literal["concern", "aid_request", "aid_offer", "distress"] | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a phrase stands for."""

    axis: Axis
    name: str
    weight: int = 0
    negatable: bool = False


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two parts that stand close together in one sentence, with the spellings of a third where there is one."""

    entry: _Entry
    reach: int
    third: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Meaning:
    """What one spelling means: phrases by axis, its number as a part of others, how far it says no."""

    entries: dict[Axis, list[_Entry]] = field(default_factory=dict)
    part: int = 0
    negates: int = 0
    only_part: bool = True


@dataclass(slots=True)
class Lexicon:
    """The phrases of all files as one tree over words and Chinese characters. Read-only once built."""

    tree: dict[str, Any] = field(default_factory=dict)
    decoys: dict[str, Any] = field(default_factory=dict)
    pairs: dict[int, dict[int, list[_Pair]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    because: dict[str, Mapping[str, str]] = field(default_factory=dict)
    english: frozenset[str] = frozenset()
    parts: int = 0

    def add(self, phrase: str, entry: _Entry, language: str) -> None:
        """Take in one phrase, written as shared.yaml explains."""
        parts = [_spellings(part) for part in phrase.split("~")]
        if len(parts) > 1:
            self._join([frozenset(map(self._part, spellings)) for spellings in parts], entry, GAP[language])
            return
        for spelling in parts[0]:
            self.meaning(spelling, only_part=False).entries.setdefault(entry.axis, []).append(entry)

    def meaning(self, spelling: str, *, only_part: bool) -> _Meaning:
        """The place of a spelling in the tree, made where it is new."""
        meaning: _Meaning = _grown(self.tree, spelling).setdefault(_END, _Meaning())
        meaning.only_part &= only_part
        return meaning

    def _part(self, spelling: str) -> int:
        meaning = self.meaning(spelling, only_part=True)
        if not meaning.part:
            self.parts += 1
            meaning.part = self.parts
        return meaning.part

    def _join(self, parts: Sequence[frozenset[int]], entry: _Entry, gap: int) -> None:
        for first, second in permutations(range(len(parts)), 2):
            others = [part for at, part in enumerate(parts) if at not in (first, second)]
            pair = _Pair(entry, gap * (len(parts) - 1), others[0] if others else frozenset())
            for one, other in product(parts[first], parts[second]):
                self.pairs[one][other].append(pair)


def _grown(tree: dict[str, Any], spelling: str) -> dict[str, Any]:
    """The node of a spelling, with the way to it made where it is new."""
    for found in _PHRASE.finditer(spelling):
        tree = tree.setdefault(_key(found[0]), {})
    return tree


def _spellings(part: str) -> tuple[str, ...]:
    """All spellings of a part: ``a/b c`` is ``a c`` and ``b c``, and ``don't`` is also ``do not``."""
    choices = [[way for word in words.split("/") for way in _ways(word)] for words in part.split()]
    spelt = (" ".join(word.replace("_", " ") for word in words if word != "-") for words in product(*choices))
    return tuple(dict.fromkeys(spelling for spelling in spelt if spelling))


def _ways(word: str) -> tuple[str, ...]:
    full = _SHORT.get(word)
    if full is None and word.endswith("n't"):
        full = f"{word[:-3]}_not"
    return (word, full) if full else (word,)


def _phrases(listed: str) -> Iterator[str]:
    return (phrase.strip() for phrase in listed.split(";") if phrase.strip())


def _spelt(listed: str) -> Iterator[str]:
    return (spelling for phrase in _phrases(listed) for spelling in _spellings(phrase))


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """The lexicon of the product, read and built once."""
    lexicon, shared = Lexicon(), _read("shared")
    for name in ("concern", "aid", "distress"):
        for code, entry in _read(name).items():
            lexicon.because[code] = entry["because"]
            _add_weighted(lexicon, "category", code, entry)
    for marker, entry in _read("markers").items():
        for language in GAP:
            for phrase in _phrases(entry[language]):
                lexicon.add(phrase, _Entry("marker", marker, negatable=entry.get("negatable", False)), language)
    for kind, entry in shared["kinds"].items():
        _add_weighted(lexicon, "kind", kind, entry)
    for language, reach in NEGATION_REACH.items():
        for spelling in _spelt(shared["decoys"][language]):
            _grown(lexicon.decoys, spelling)[_END] = True
        for spelling in _spelt(shared["negators"][language]):
            lexicon.meaning(spelling, only_part=False).negates = reach
    lexicon.english = frozenset(_key(word) for word in _phrases(shared["english"]))
    lexicon.because |= {code: marker.label for code, marker in markers().items()}
    return lexicon


def _read(name: str) -> dict[str, Any]:
    path = Path(__file__).with_suffix("") / f"{name}.yaml"
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
    return found


def _add_weighted(lexicon: Lexicon, axis: Axis, name: str, entry: Mapping[str, Any]) -> None:
    for language in GAP:
        for weight, listed in entry[language].items():
            for phrase in _phrases(listed):
                lexicon.add(phrase, _Entry(axis, name, weight, entry.get("negatable", False)), language)


@lru_cache(maxsize=65_536)
def _key(word: str) -> str:
    """A word as the tree knows it: its stem, a class of numbers, one Chinese character, a stop."""
    if word.isdigit():
        number = int(word[:9])
        return next((name for limit, name in _NUMBERS if number <= limit), "#many")
    if word in ",:，、：":
        return _COMMA
    return light_stem(word) if word[0].isalnum() or word[0] == "#" else _SENTENCE


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


class _Reading:
    """One pass over a text. Where phrases overlap, the longer hides the shorter on its axis; a decoy hides all."""

    def __init__(self, lexicon: Lexicon, folded: str, shown: str) -> None:
        self.pairs, tree = lexicon.pairs, lexicon.tree
        self.shown = shown
        self.spans = [match.span() for match in _TEXT.finditer(folded)]
        self.keys = keys = [_key(folded[start:end]) for start, end in self.spans]
        keys.append(_AFTER)
        self.decoys = _decoys(lexicon.decoys, keys)
        self.found: dict[Axis, dict[str, dict[str, int]]] = {"category": {}, "marker": {}, "kind": {}}
        self.past: dict[Axis, int] = {"category": 0, "marker": 0, "kind": 0}
        self.negated_until = 0
        self.nearby: dict[int, _Place] = {}
        for at, key in enumerate(keys):
            node = tree.get(key)
            if node is None:
                if key in _STOPS:
                    self._stop(key)
            elif _END in node or keys[at + 1] in node:
                self._read_at(at, node)

    def _stop(self, key: str) -> None:
        self.negated_until = 0
        if key == _SENTENCE:
            self.nearby = {}

    def _read_at(self, start: int, node: dict[str, Any]) -> None:
        """Take the phrases that begin here, longest first."""
        keys, end, ends, following = self.keys, start, [], node
        while following is not None:
            end += 1
            if _END in following:
                ends.append((end, following[_END]))
            following = following.get(keys[end])
        for end, meaning in reversed(ends):
            if not (self.decoys and self._is_hidden(start, end)):
                if meaning.only_part:
                    self._join((start, end, meaning.part, start < self.negated_until))
                else:
                    self._take(start, end, meaning)

    def _is_hidden(self, start: int, end: int) -> bool:
        """Whether a decoy holds one end of this phrase and reaches further: "there is a fire | hydrant"."""
        around = (self.decoys.get(start), self.decoys.get(end - 1))
        return any(decoy and (decoy[0] < start or decoy[1] > end) for decoy in around)

    def _take(self, start: int, end: int, meaning: _Meaning) -> None:
        past, negated = self.past, start < self.negated_until
        if meaning.negates and end > max(past["category"], past["marker"]):
            self.negated_until = end + meaning.negates
        for axis, entries in meaning.entries.items():
            if end > past[axis]:
                past[axis] = end
                words = self._words(start, end)
                for entry in entries:
                    if not (negated and entry.negatable):
                        self._note(entry, words)
        if meaning.part:
            self._join((start, end, meaning.part, negated))

    def _words(self, start: int, end: int) -> str:
        return self.shown[self.spans[start][0] : self.spans[end - 1][1]]

    def _join(self, place: _Place) -> None:
        """Look whether this part completes a phrase with parts that stand shortly before it."""
        partners, nearby = self.pairs[place[2]], self.nearby
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
            places += [self.nearby[part] for part in pair.third & self.nearby.keys()][:1]
        far = place[0] - min(end for _, end, _, _ in places)
        if far > pair.reach or len(places) < 2 + bool(pair.third):
            return
        if not (pair.entry.negatable and any(negated for _, _, _, negated in places)):
            self._note(pair.entry, " … ".join([self._words(start, end) for start, end, _, _ in sorted(places)]))

    def _note(self, entry: _Entry, words: str) -> None:
        noted = self.found[entry.axis].setdefault(entry.name, {})
        if entry.weight >= noted.get(words, 0):
            noted[words] = entry.weight


def suggest(text: str, *, lexicon: Lexicon, kind: str | None, category: str | None = None) -> Suggestion:
    """What the words of a report suggest.

    ``kind`` and ``category`` are what the reporter chose, if anything. Time grows linearly with the text.
    """
    folded = fold(text)
    reading = _Reading(lexicon, folded, text if len(folded) == len(text) else folded)
    candidates = _candidates(reading.found["category"], category)
    hint = _kind_hint(candidates, {name: _score(words) for name, words in reading.found["kind"].items()})
    suggested, confidence = _choose(candidates, kind, hint, category)
    marked = _derived(reading.found["marker"])
    return Suggestion(
        category=suggested,
        confidence=confidence,
        candidates=candidates,
        markers=frozenset(marked),
        marker_reasons=tuple(_reason(lexicon, code, words) for code, words in marked.items()),
        language_guess=_language(folded, reading.keys, lexicon),
        kind_hint=hint,
        reasons=_reasons(lexicon, candidates, suggested, category),
    )


def _score(words: Mapping[str, int]) -> float:
    """The strongest phrase counts whole, the next half, then a quarter: many weak words do not outshout one clear one."""
    return round(sum(weight / 2**rank for rank, weight in enumerate(sorted(words.values(), reverse=True))), 3)


def _candidates(found: Mapping[str, Mapping[str, int]], chosen: str | None) -> tuple[Candidate, ...]:
    """Every category that words point to, the strongest first, with the reporter's own choice among them."""
    scores = {code: _score(words) for code, words in found.items()}
    if chosen:
        scores[chosen] = scores.get(chosen, 0.0) + CHOSEN
    ranked = sorted(scores, key=lambda code: (-scores[code], code))
    return tuple(Candidate(code, scores[code], tuple(found.get(code, ()))) for code in ranked)


def _choose(
    candidates: Sequence[Candidate], kind: str | None, hint: str | None, chosen: str | None
) -> tuple[str | None, float]:
    """The category to suggest with a confidence of 0 to 1, or None where a person must choose.

    Without a kind, aid is only suggested where the words ask for help or offer it: "water" and "repair" alone are
    more often about a street.
    """
    asked = hint in ("aid_request", "aid_offer")
    prefixes = _PREFIXES.get(kind or "") or (("CN", "AID", "DS") if asked else ("CN", "DS"))
    allowed = [one for one in candidates if one.category.startswith(prefixes)]
    if not allowed or allowed[0].score < ENOUGH:
        return None, 0.0
    top, second = allowed[0], allowed[1].score if len(allowed) > 1 else 0.0
    if top.score - second < LEAD:
        return None, 0.0
    harm = max((one.score for one in candidates if one.category in ABOUT_HARM), default=0.0)
    if top.category not in ABOUT_HARM and (chosen in ABOUT_HARM or harm >= SERIOUS):
        return None, 0.0
    return top.category, round(top.score / (top.score + second + 1), 3)


def _derived(marked: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Markers with the one that follows from others: only what somebody looks like or is, and no act (R21)."""
    looks = marked.pop("looks", None)
    if looks and "act_described" not in marked:
        marked["appearance_only"] = looks
    return marked


def _kind_hint(
    candidates: Sequence[Candidate], kinds: Mapping[str, float]
) -> Literal["concern", "aid_request", "aid_offer", "distress"] | None:
    """Which of the four doors the words belong to; distress wins over the others, a tie is left to a person."""
    best = {prefix: max((one.score for one in candidates if one.category.startswith(prefix)), default=0.0) for prefix in ("CN", "AID", "DS")}
    distress = max(best["DS"], kinds.get("distress", 0.0))
    if distress >= SERIOUS and distress >= best["CN"]:
        return "distress"
    offer, request = kinds.get("aid_offer", 0.0), kinds.get("aid_request", 0.0)
    if kinds.get("information", 0.0) >= request:
        request = 0.0
    asked = max(request, offer) >= KIND_ENOUGH and max(request, offer) + best["AID"] > best["CN"]
    if (asked and request != offer) or (best["AID"] >= PLAINLY_AID and best["CN"] < ENOUGH):
        return "aid_offer" if offer > request else "aid_request"
    return "concern" if best["CN"] >= ENOUGH and best["CN"] > best["AID"] else None


def _language(folded: str, keys: Sequence[str], lexicon: Lexicon) -> Language | None:
    chinese = sum(key >= "\u3400" for key in keys)
    if chinese * 4 > len(keys):
        return "zh"
    return "en" if any(key in lexicon.english for key in keys) else None


def _reasons(
    lexicon: Lexicon, candidates: Sequence[Candidate], suggested: str | None, chosen: str | None
) -> tuple[Reason, ...]:
    """Why this category; where a person must choose, why each of the first three."""
    shown = [one for one in candidates if suggested in (None, one.category)][:3]
    reasons = [_reason(lexicon, one.category, one.words) for one in shown if one.words]
    if chosen and chosen in {one.category for one in shown}:
        reasons.append(Reason((), chosen, "The reporter chose it.", "报告人自己选择。"))
    return tuple(reasons)


def _reason(lexicon: Lexicon, code: str, words: Iterable[str]) -> Reason:
    told = tuple(words)
    label = lexicon.because[code]
    en = ", ".join(f"“{word}”" for word in told[:MOST_WORDS])
    zh = "、".join(f"“{word}”" for word in told[:MOST_WORDS])
    return Reason(told, code, f"{en} → {label['en']}", f"{zh} → {label['zh']}")
