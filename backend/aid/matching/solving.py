"""The best overall assignment of many requests to many offers at once.

What is made as large as possible is the sum, over all pairs, of: help found at all (``FOUND``), how long the request has
waited (``WAITED``), and how well the pair fits by its score, where each further request of one helper counts as their next
load. So as many as can be are helped, the longest waiting first, as near and as evenly spread as that allows.

An offer with room for n requests stands n times, each time worth a little less; every request may also stay open, which
is worth nothing. That makes it one assignment problem for each need, which SciPy solves to the optimum (LAPJVsp, after
Jonker and Volgenant). Pairs that break a hard condition are not in it.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from backend.aid.matching.facts import Offered, Wanted, Window
from backend.aid.matching.rules import MARGIN, Verdict, compare
from backend.aid.matching.scoring import WEIGHTS, Score, lightness, score
from backend.areas.distance import EARTH_RADIUS_M

# Help found at all is worth twice the best fit: nobody is left out so that two others fit a little better.
FOUND = 2.0
# A request that has waited until R19 sends it to a service is worth once the best fit more than one that just came.
WAITED = 1.0
WAITED_FULL = timedelta(hours=72)
# Hours are told apart over a quarter of a year; what lies beyond is compared without that.
HOURS_MOST = 24 * 92
# Costs have to be above zero, because in a sparse table zero means that there is no pair.
_BASE = FOUND + WAITED + 1.0 + 1.0


@dataclass(frozen=True, slots=True)
class Pair:
    """A request and an offer that are brought together by a plan; ``nth`` is 0 for the helper's first of this plan."""

    wanted: Wanted
    offered: Offered
    verdict: Verdict
    score: Score
    worth: float
    nth: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Pairs in the order of their requests, requests that stay open, and what the pairs are worth together."""

    pairs: tuple[Pair, ...]
    open: tuple[UUID, ...]
    worth: float


@dataclass(frozen=True, slots=True)
class Edge:
    """A pair that may be: places in the ordered lists, what compares them, and its worth by the load it comes at."""

    row: int
    column: int
    verdict: Verdict
    score: Score


def waited(wanted: Wanted, *, now: datetime) -> float:
    """How much of the time until a service takes over a request has waited, from 0 to 1."""
    return min(1.0, max(0.0, (now - wanted.since) / WAITED_FULL))


def worth(wanted: Wanted, offered: Offered, fit: Score, nth: int, *, now: datetime) -> float:
    """What a pair adds to a plan as the helper's ``nth`` request of it (from 0)."""
    lighter = WEIGHTS["light"] * (lightness(offered.load + nth) - lightness(offered.load))
    return FOUND + WAITED * waited(wanted, now=now) + fit.value + lighter


def uses(offered: Offered) -> int:
    """How many requests of one plan an offer may be given."""
    return min(offered.room, offered.at_once)


def plan(wanted: Iterable[Wanted], offered: Iterable[Offered], *, now: datetime) -> Plan:
    """The best assignment. The same for the same facts, in whatever order they come."""
    rows, columns = _by_need(wanted), _by_need(offered)
    pairs: list[Pair] = []
    left: list[UUID] = []
    used: Counter[Hashable] = Counter()
    for need in sorted(rows):
        found = _within_caps(rows[need], [_later(one, used) for one in columns.get(need, [])], now=now)
        used.update(pair.offered.helper for pair in found if pair.offered.helper is not None)
        pairs += found
        taken = {pair.wanted.id for pair in found}
        left += [one.id for one in rows[need] if one.id not in taken]
    ordered = tuple(sorted(pairs, key=lambda pair: (pair.wanted.since, pair.wanted.id)))
    return Plan(ordered, tuple(sorted(left)), sum(pair.worth for pair in ordered))


def _later(offered: Offered, used: Counter[Hashable]) -> Offered:
    """An offer of somebody who helps with another need of the same plan already."""
    more = used[offered.helper] if offered.helper is not None else 0
    return replace(offered, load=offered.load + more, at_once=max(0, offered.at_once - more)) if more else offered


def _within_caps(rows: Sequence[Wanted], columns: Sequence[Offered], *, now: datetime) -> list[Pair]:
    """The best pairs of one need; whoever has several offers of it is not asked above their cap by all of them together.

    Of such a helper the offer that would be used most is kept, and the rest is solved anew. That is rare, and then a
    little may be lost against the best of all plans.
    """
    found = _solve(rows, columns, now=now)
    times = Counter((pair.offered.helper, pair.offered.id) for pair in found if pair.offered.helper is not None)
    total: Counter[Hashable] = Counter()
    for (helper, _), count in times.items():
        total[helper] += count
    most = {one.helper: uses(one) for one in columns if one.helper is not None}
    above = {helper for helper, count in total.items() if count > most[helper]}
    if not above:
        return found
    kept = {helper: min(times, key=lambda of: (of[0] != helper, -times[of], of[1]))[1] for helper in above}
    left = [one for one in columns if one.helper not in above or one.id == kept[one.helper]]
    return _within_caps(rows, left, now=now)


def _by_need(facts: Iterable[Any]) -> dict[str, list[Any]]:
    """By need, each list in the order of ids, so that a tie falls the same way whatever came first."""
    found: dict[str, list[Any]] = defaultdict(list)
    for one in sorted(facts, key=lambda fact: fact.id):
        found[one.need].append(one)
    return found


def edges(rows: Sequence[Wanted], columns: Sequence[Offered]) -> list[Edge]:
    """Every pair that may be. Who has no known place is left to a person: nothing says that it is near."""
    near = _near(rows, columns)
    times = [*(one.windows or () for one in rows), *(one.windows or () for one in columns)]
    began = min((window.start.timestamp() for windows in times for window in windows), default=0.0)
    hours = [_hours(one.windows, began) for one in columns]
    found: list[Edge] = []
    for row, wanted in enumerate(rows):
        own = _hours(wanted.windows, began)
        for column in near[row]:
            if own & hours[column]:  # most pairs never meet, which is quickly seen
                offered = columns[column]
                verdict = compare(wanted, offered)
                if verdict.fits:
                    found.append(Edge(row, column, verdict, score(wanted, offered, verdict)))
    return found


def _hours(windows: Sequence[Window] | None, began: float) -> int:
    """The hours since ``began`` (seconds) that windows touch, a bit for each; all of them where the times are unknown.

    Who meets shares one, so nothing is lost by asking this first.
    """
    if windows is None:
        return -1
    bits = 0
    for start, end in windows:
        first, last = (int((at.timestamp() - began) // 3600) for at in (start, end))
        if last > HOURS_MOST:
            return -1
        bits |= (1 << last + 1) - (1 << first)
    return bits


def _near(rows: Sequence[Wanted], columns: Sequence[Offered]) -> list[Any]:
    """For each request the offers whose reach may hold it, by distances of the whole table at once."""
    if not rows or not columns:
        return [()] * len(rows)
    from_ = _places(rows)
    to = _places(columns)
    reach = np.array([one.within_m * MARGIN if one.room else -1.0 for one in columns])
    lift = np.sin((to[:, 0] - from_[:, None, 0]) / 2)
    turn = np.sin((to[:, 1] - from_[:, None, 1]) / 2)
    half = np.sqrt(lift**2 + np.cos(from_[:, None, 0]) * np.cos(to[:, 0]) * turn**2)
    apart = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, half))
    with np.errstate(invalid="ignore"):  # an unknown place is near nothing
        return [np.flatnonzero(line).tolist() for line in apart <= reach]


def _places(facts: Sequence[Wanted] | Sequence[Offered]) -> Any:
    nowhere = float("nan")
    known = [(one.lat, one.lon) if one.lat is not None and one.lon is not None else (nowhere, nowhere) for one in facts]
    return np.radians(np.array(known, dtype=float))


def _solve(rows: Sequence[Wanted], columns: Sequence[Offered], *, now: datetime) -> list[Pair]:
    """The best pairs of one need."""
    possible = edges(rows, columns)
    if not possible:
        return []
    places, tables = _table(rows, columns, possible, now=now)
    # SciPy takes 30 MB and a third of a second to load: only where many are matched at once.
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    shape = (len(rows), len(places) + len(rows))
    costs = csr_array((tables["cost"], (tables["row"], tables["column"])), shape=shape)
    matched = min_weight_full_bipartite_matching(costs)
    by_place = {(edge.row, edge.column): edge for edge in possible}
    found = []
    for row, column in zip(*matched, strict=True):
        if column < len(places):
            offer, nth = places[column]
            edge = by_place[int(row), offer]
            one, other = rows[edge.row], columns[offer]
            found.append(Pair(one, other, edge.verdict, edge.score, worth(one, other, edge.score, nth, now=now), nth))
    return found


def _table(
    rows: Sequence[Wanted], columns: Sequence[Offered], possible: Sequence[Edge], *, now: datetime
) -> tuple[list[tuple[int, int]], Mapping[str, list[Any]]]:
    """The sparse table of costs, and for each of its columns the offer and which use of it that is.

    Behind the uses of offers each request has a column of its own, in which it stays open.
    """
    asked: dict[int, int] = defaultdict(int)
    for edge in possible:
        asked[edge.column] += 1
    places: list[tuple[int, int]] = []
    first: dict[int, int] = {}
    for column in sorted(asked):
        first[column] = len(places)
        places += [(column, nth) for nth in range(min(uses(columns[column]), asked[column]))]
    table: dict[str, list[Any]] = {"row": [], "column": [], "cost": []}
    before = [_BASE - FOUND - WAITED * waited(one, now=now) for one in rows]
    for edge in possible:
        # The same as _BASE - worth(...), with what is the same for many pairs taken out of the loop.
        cost = before[edge.row] - edge.score.value
        for nth, heavier in enumerate(_heavier(columns[edge.column], asked[edge.column])):
            table["row"].append(edge.row)
            table["column"].append(first[edge.column] + nth)
            table["cost"].append(cost + heavier)
    table["row"] += range(len(rows))
    table["column"] += range(len(places), len(places) + len(rows))
    table["cost"] += [_BASE] * len(rows)
    return places, table


def _heavier(offered: Offered, asked: int) -> list[float]:
    """What each further use of an offer is worth less than its first, for as many as may be used."""
    at = [WEIGHTS["light"] * lightness(offered.load + nth) for nth in range(min(uses(offered), asked))]
    return [at[0] - one for one in at]
