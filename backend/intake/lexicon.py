"""What the words of a report suggest: a category, markers, a language and whether help is asked or offered.

A suggestion is never a decision: a person confirms it, except where R04 lets a rule decide, and it carries
the words that led to it. It never marks distress down: where harm to a person is among the readings, a lesser
category is not suggested and a person chooses among the candidates. The words are data (lexicon/*.yaml).

The matched words are the reporter's own: whoever stores a suggestion seals them like the report.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from backend.incidents.likeness import fold
from backend.intake.phrases import GAP, Axis, Entry, Lexicon, Reading, key_of, listed
from backend.policy.markers import markers

Language = Literal["en", "zh"]
Kind = Literal["concern", "aid_request", "aid_offer", "distress"]

# A category is suggested from this score on: one phrase that points to it (shared.yaml, weights) ...
ENOUGH = 2.0
# ... if it leads the next one by half a hint; chosen on the labelled reports of tests/intake.
LEAD = 0.5
# A reading about harm from this score on keeps a lesser category from being suggested: what would be
# suggested alone is not hidden by other words beside it.
SERIOUS = ENOUGH
# What the reporter chose from the list counts like a word that points to it.
CHOSEN = 2.0
# A request or an offer of help is told from this score on; two clear phrases of one kind of aid speak for
# themselves, without "I need".
KIND_ENOUGH = 3.0
PLAINLY_AID = 5.0
# A reason names at most so many words.
MOST_WORDS = 4
# Categories about harm to a person; they are not hidden behind a lesser reading (R04, R11).
ABOUT_HARM = frozenset({f"DS{number:02}" for number in range(1, 13)} | {"CN13", "CN14"})

_CONCERN, _AID, _ALL = ("CN", "DS"), ("AID", "DS"), ("CN", "AID", "DS")
_PREFIXES = {"concern": _CONCERN, "aid_request": _AID, "aid_offer": _AID, "distress": ("DS",)}
__all__ = ["ABOUT_HARM", "Candidate", "Lexicon", "Reason", "Suggestion", "load_lexicon", "suggest"]
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is suggested: the reporter's words, the code they point to, and both in a sentence."""

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
    kind_hint: Kind | None
    reasons: tuple[Reason, ...]


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """The lexicon of the product, read and built once."""
    lexicon, shared = Lexicon(), _read("shared")
    for name in ("concern", "aid", "distress"):
        for code, entry in _read(name).items():
            lexicon.because[code] = entry["because"]
            _add(lexicon, "category", code, entry)
    for code, entry in _read("markers").items():
        unweighted = {language: {0: entry[language]} for language in GAP}
        _add(lexicon, "marker", code, entry | unweighted)
    for kind, entry in shared["kinds"].items():
        _add(lexicon, "kind", kind, entry)
    for language in GAP:
        for phrase in listed(shared["decoys"][language]):
            lexicon.add_decoy(phrase)
        for phrase in listed(shared["negators"][language]):
            lexicon.add_negator(phrase, language)
    lexicon.english = frozenset(key_of(word) for word in listed(shared["english"]))
    lexicon.because |= {code: marker.label for code, marker in markers().items()}
    return lexicon


def _read(name: str) -> dict[str, Any]:
    path = Path(__file__).with_suffix("") / f"{name}.yaml"
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
    return found


def _add(lexicon: Lexicon, axis: Axis, name: str, entry: Mapping[str, Any]) -> None:
    for language in GAP:
        for weight, phrases in entry[language].items():
            for phrase in listed(phrases):
                lexicon.add(phrase, Entry(axis, name, weight, entry.get("negatable", False)), language)


def suggest(text: str, *, lexicon: Lexicon, kind: str | None, category: str | None = None) -> Suggestion:
    """What the words of a report suggest.

    ``kind`` and ``category`` are what the reporter chose, if anything. Time grows linearly with the text.
    """
    folded = fold(text)
    reading = Reading(lexicon, folded, text if len(folded) == len(text) else folded)
    candidates = _candidates(reading.found["category"], category)
    hint = _kind_hint(candidates, {name: _score(words) for name, words in reading.found["kind"].items()})
    suggested, confidence = _choose(candidates, kind, hint, category)
    marked = _derived(reading.found["marker"], folded)
    return Suggestion(
        category=suggested,
        confidence=confidence,
        candidates=candidates,
        markers=frozenset(marked),
        marker_reasons=tuple(_reason(lexicon, code, words) for code, words in marked.items()),
        language_guess=_language(reading.keys, lexicon),
        kind_hint=hint,
        reasons=_reasons(lexicon, candidates, suggested, category),
    )


def _score(words: Mapping[str, int]) -> float:
    """The strongest phrase counts whole, the next half and so on: weak words do not outshout a clear one."""
    total = 0.0
    for weight in sorted(words.values()):
        total = weight + total / 2
    return round(total, 3)


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

    Without a kind, aid is only suggested where the words ask for help or offer it: "water" and "repair" alone
    are more often about a street.
    """
    asked = hint in ("aid_request", "aid_offer")
    prefixes = _PREFIXES.get(kind or "") or (_ALL if asked else _CONCERN)
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


def _derived(marked: dict[str, dict[str, int]], folded: str) -> dict[str, dict[str, int]]:
    """Markers with the one that follows from others: what somebody looks like, and nothing else (R21).

    A single word beyond looks, places and vague doings is enough for a person to read the report: "a strange man
    with a pressure cooker" is no report about looks.
    """
    looks = marked.pop("looks", None)
    if looks and "act_described" not in marked and _says_nothing_else(folded, looks):
        marked["appearance_only"] = looks
    return marked


def _says_nothing_else(folded: str, looks: Mapping[str, int]) -> bool:
    named = {word for phrase in looks for word in _WORDS.findall(fold(phrase))}
    left = [word for word in _WORDS.findall(folded) if word not in named and word not in _vague()]
    return not left


_WORDS = re.compile(r"[a-zß-ÿ]+(?:'[a-z]+)?|\d+|[\u3400-\u9fff]")


@lru_cache(maxsize=1)
def _vague() -> frozenset[str]:
    said = yaml.safe_load((Path(__file__).with_suffix("") / "vague.yaml").read_text(encoding="utf-8"))
    return frozenset(said["en"].split()) | frozenset(said["zh"])


def _kind_hint(candidates: Sequence[Candidate], kinds: Mapping[str, float]) -> Kind | None:
    """Which of the four doors the words belong to; distress comes first, a tie is left to a person."""
    best = dict.fromkeys(_ALL, 0.0)
    for one in candidates:
        prefix = one.category[:-2]
        best[prefix] = max(best.get(prefix, 0.0), one.score)
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


def _language(keys: Sequence[str], lexicon: Lexicon) -> Language | None:
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
