"""Suggestions for one request as it arrives, or for one offer: the best few with their reasons, and why others do not fit.

People choose; nothing is proposed to anybody by this.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil

import h3.api.basic_int as h3

from backend.aid.matching.facts import Offered, Wanted
from backend.aid.matching.rules import Unknown, Verdict, Why, compare
from backend.aid.matching.scoring import Score, score

SUGGESTED = 10
# Offers are kept by need and by cells of about 1.2 km across; looked through ring by ring.
RESOLUTION = 8
# Once so many that fit are found, one ring more is looked at and no further: the rest are further off.
ENOUGH = 40


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A pair that fits, with its score."""

    wanted: Wanted
    offered: Offered
    verdict: Verdict
    score: Score


@dataclass(frozen=True, slots=True)
class Misfit:
    """A pair that does not fit, and everything that speaks against it."""

    wanted: Wanted
    offered: Offered
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Suggestions:
    """The best pairs, the best first; others that were looked at, the nearest first; and how many each reason bars."""

    best: tuple[Suggestion, ...]
    others: tuple[Misfit, ...]
    barred: dict[Why, int]
    unknown: dict[Unknown, int]


def suggest(pairs: Iterable[tuple[Wanted, Offered]], *, most: int = SUGGESTED, others: int = SUGGESTED) -> Suggestions:
    """The best of some pairs. A pair of different needs is not looked at: that they differ says nothing."""
    compared = ((one, other, compare(one, other)) for one, other in pairs if one.need == other.need)
    return choose(compared, most=most, others=others)


def choose(
    compared: Iterable[tuple[Wanted, Offered, Verdict]], *, most: int = SUGGESTED, others: int = SUGGESTED
) -> Suggestions:
    """The best of pairs that have been compared, the best first."""
    fitting: list[Suggestion] = []
    misfits: list[Misfit] = []
    barred, unknown = Counter[Why](), Counter[Unknown]()
    for wanted, offered, verdict in compared:
        if verdict.fits:
            fitting.append(Suggestion(wanted, offered, verdict, score(wanted, offered, verdict)))
            unknown.update(verdict.unknown)
        else:
            misfits.append(Misfit(wanted, offered, verdict))
            barred.update(verdict.why_not)
    best = heapq.nsmallest(most, fitting, key=lambda one: (-one.score.value, one.wanted.id, one.offered.id))
    shown = heapq.nsmallest(others, misfits, key=_by_nearness)
    return Suggestions(tuple(best), tuple(shown), dict(barred), dict(unknown))


def _by_nearness(one: Misfit) -> tuple[int, float, str, str]:
    apart_m = one.verdict.apart_m
    far = float("inf") if apart_m is None else apart_m
    return len(one.verdict.why_not), far, str(one.wanted.id), str(one.offered.id)


class Index:
    """Open offers by need and cell, so that a request looks at those near it and not at all of them."""

    def __init__(self, offered: Iterable[Offered]) -> None:
        """Take the offers in."""
        self._near: dict[tuple[str, int], list[Offered]] = defaultdict(list)
        self._nowhere: dict[str, list[Offered]] = defaultdict(list)
        self._reach_m: dict[str, float] = defaultdict(float)
        for one in offered:
            self.add(one)

    def add(self, offered: Offered) -> None:
        """One more offer."""
        if offered.lat is None or offered.lon is None:
            self._nowhere[offered.need].append(offered)
            return
        self._near[offered.need, h3.latlng_to_cell(offered.lat, offered.lon, RESOLUTION)].append(offered)
        self._reach_m[offered.need] = max(self._reach_m[offered.need], offered.within_m)

    def around(self, wanted: Wanted) -> Iterator[tuple[Wanted, Offered, Verdict]]:
        """Offers of the same need, compared, the nearest rings first; those without a place come last."""
        if wanted.lat is None or wanted.lon is None:
            cells = (found for (need, _), found in self._near.items() if need == wanted.need)
            yield from ((wanted, one, compare(wanted, one)) for found in cells for one in found)
        else:
            yield from self._by_rings(wanted, h3.latlng_to_cell(wanted.lat, wanted.lon, RESOLUTION))
        yield from ((wanted, one, compare(wanted, one)) for one in self._nowhere[wanted.need])

    def _by_rings(self, wanted: Wanted, middle: int) -> Iterator[tuple[Wanted, Offered, Verdict]]:
        # Rings lie at least one and a half edges apart.
        last = ceil(self._reach_m[wanted.need] / (1.5 * h3.average_hexagon_edge_length(RESOLUTION, "m"))) + 1
        fitting, ring = 0, 0
        while ring <= last:
            for cell in h3.grid_ring(middle, ring):
                for one in self._near.get((wanted.need, cell), ()):
                    verdict = compare(wanted, one)
                    fitting += verdict.fits
                    yield wanted, one, verdict
            if fitting >= ENOUGH:
                last = min(last, ring + 1)
            ring += 1

    def suggest(self, wanted: Wanted, *, most: int = SUGGESTED) -> Suggestions:
        """The best offers for a request."""
        return choose(self.around(wanted), most=most)
