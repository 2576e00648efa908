"""How well a pair that may be brought together fits: a score from 0 to 1 of stated parts, each with its words.

The score orders suggestions. It is of the pair and of no person, it is kept nowhere, and people choose (C47).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.aid.matching.facts import Offered, Wanted
from backend.aid.matching.rules import Verdict, true_m
from backend.aid.safety import IN_PAIRS

# What a part counts, and why so much. Together 1.
WEIGHTS: Mapping[str, float] = {
    # Who lives near comes, comes again, and is met on the street afterwards.
    "near": 0.30,
    # A time that both have is what most help fails on.
    "time": 0.20,
    # Fairness: a helper's second time costs as much as a third of the reach, so that the nearest are not always asked.
    "light": 0.20,
    # Help can do with few words, but the own ones are easier.
    "language": 0.15,
    # Part of what is needed is help too.
    "enough": 0.10,
    # Who has helped before is known to the door; little, or newcomers would never be asked.
    "known": 0.05,
}
# What an unknown fact counts: less than half, so that a known fit goes before it and it goes before a known poor one.
UNKNOWN = 0.4
# Two hours in common leave a choice; more adds nothing.
PLENTY_S = 2 * 3600.0
# Another language than the own one that both speak.
SHARED = 0.7


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a score in words: the key of its text under ``aid.match.reason`` and what fills its gaps."""

    key: str
    fills: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Score:
    """The score of a pair, and the part from 0 to 1 behind each weight."""

    value: float
    parts: Mapping[str, float]


def score(wanted: Wanted, offered: Offered, verdict: Verdict, *, load: int | None = None) -> Score:
    """How well a pair fits. ``load`` stands for the helper's own where more is planned for them in the same go."""
    parts = {
        "near": _near(offered, verdict),
        "time": UNKNOWN if verdict.together is None else min(1.0, verdict.together.total_s / PLENTY_S),
        "light": lightness(offered.load if load is None else load),
        "language": _language(wanted, offered),
        "enough": _enough(wanted, offered),
        "known": 1.0 if offered.id in wanted.helped_by else 0.0,
    }
    return Score(sum(WEIGHTS[name] * part for name, part in parts.items()), parts)


def lightness(load: int) -> float:
    """1 for who was asked nobody's help this week, then a half, a third: the first time counts most."""
    return 1.0 / (1 + load)


def _near(offered: Offered, verdict: Verdict) -> float:
    if verdict.apart_m is None:
        return UNKNOWN
    return max(0.0, 1.0 - verdict.apart_m / offered.within_m) if offered.within_m > 0 else 0.0


def _language(wanted: Wanted, offered: Offered) -> float:
    if not any(one in offered.speaks for one in wanted.speaks):
        return 0.0 if wanted.languages and offered.languages else UNKNOWN
    return 1.0 if wanted.speaks[0] in offered.speaks else SHARED


def _enough(wanted: Wanted, offered: Offered) -> float:
    if wanted.amount is None or offered.amount is None or wanted.unit != offered.unit:
        return UNKNOWN
    return min(1.0, offered.amount / wanted.amount) if wanted.amount > 0 else 1.0


def reasons(wanted: Wanted, offered: Offered, verdict: Verdict) -> tuple[Reason, ...]:
    """What speaks for a pair, and what is not known, in the order in which a person would say it."""
    found: list[Reason] = []
    if verdict.apart_m is not None:
        found.append(Reason("near", {"metres": true_m(wanted, offered)}))
    if verdict.together:
        found.append(Reason("time", {"window": verdict.together.first}))
    shared = next((one for one in wanted.speaks if one in offered.speaks), None)
    found += [Reason("language", {"language": shared})] if shared else []
    found.append(Reason("light", {}) if offered.load == 0 else Reason("load", {"count": offered.load}))
    if offered.id in wanted.helped_by:
        found.append(Reason("known", {}))
    found += _amount_in_words(wanted, offered)
    found += [Reason("proved", {})] if wanted.proofs and wanted.proofs <= (offered.credentials or frozenset()) else []
    found += [Reason("two_come", {})] if any(one.value in IN_PAIRS for one in wanted.safeguards) else []
    found += [Reason(f"unknown_{one}", {}) for one in verdict.unknown]
    return tuple(found)


def _amount_in_words(wanted: Wanted, offered: Offered) -> list[Reason]:
    if wanted.amount is None or offered.amount is None or wanted.unit != offered.unit:
        return []
    if offered.amount >= wanted.amount:
        return [Reason("enough", {"amount": wanted.amount})]
    return [Reason("part", {"amount": offered.amount, "wanted": wanted.amount})]
