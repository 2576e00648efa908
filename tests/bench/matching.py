"""(m) Matching requests and offers of mutual aid: how fast, and how good against the nearest-first choice and the optimum.

The town is invented, evenly strewn over 10 km with as many of each need as its share below; everybody has two or three
times of two to six hours in the coming week, one or two of three languages, and helpers were asked up to twice this week.

*Quality* is what a plan is worth (aid/matching/solving.py) over what the best of all plans is worth. On instances small
enough the best is found by trying every plan; the nearest-first choice gives each request, the longest waiting first, the
nearest offer that fits and has room, as a person with a map and a list would.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from statistics import fmean, pstdev
from time import perf_counter
from uuid import UUID

from backend.aid.matching.facts import Offered, Wanted, Window
from backend.aid.matching.rules import compare, distance_m
from backend.aid.matching.scoring import score
from backend.aid.matching.solving import Edge, edges, plan, uses, worth
from backend.aid.matching.suggesting import Index
from tests.bench.figures import Figure, at_least, at_most, middle, percentile, spread

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
LAT, LON, SIDE = 24.75, 120.90, 0.09
# Shares of needs, roughly those of requests for goods and errands against the rest.
NEEDS = {"AID01": 30, "AID02": 20, "AID03": 12, "AID04": 10, "AID05": 8, "AID09": 12, "AID10": 8}
GOAL_S, GOAL_MS, GOAL_SHARE = 5.0, 50.0, 0.98
SEED = 47


def windows(chance: random.Random) -> tuple[Window, ...]:
    """Two or three times in the coming week, on different days."""
    days = sorted(chance.sample(range(7), chance.choice((2, 3))))
    starts = [NOW + timedelta(days=day, hours=chance.randrange(0, 10)) for day in days]
    return tuple(Window(start, start + timedelta(hours=chance.randrange(2, 7))) for start in starts)


def _common(chance: random.Random, side: float) -> tuple[str, float, float, tuple[Window, ...], float, tuple[str, ...]]:
    need = chance.choices(list(NEEDS), list(NEEDS.values()))[0]
    languages = tuple(chance.sample(("zh", "en", "hak"), chance.choice((1, 2))))
    lat, lon = LAT + chance.random() * side, LON + chance.random() * side
    return need, lat, lon, windows(chance), float(chance.randrange(1, 6)), languages


def requests(count: int, chance: random.Random, side: float = SIDE) -> list[Wanted]:
    """So many requests, which have waited up to four days."""
    found = []
    for number in range(count):
        need, lat, lon, times, amount, languages = _common(chance, side)
        since = NOW - timedelta(hours=chance.random() * 96)
        found.append(
            Wanted(
                UUID(int=number + 1),
                need,
                since,
                lat,
                lon,
                times,
                amount,
                "portion",
                languages,
                accessibility=frozenset(),
            )
        )
    return found


def offers(count: int, chance: random.Random, side: float = SIDE) -> list[Offered]:
    """So many offers."""
    found = []
    for number in range(count):
        need, lat, lon, times, amount, languages = _common(chance, side)
        found.append(
            Offered(
                UUID(int=10**9 + number), need, lat, lon, None, times, amount, "portion", languages,
                accessibility=frozenset(), load=chance.choices((0, 1, 2), (6, 3, 1))[0],
            )
        )  # fmt: skip
    return found


def nearest_first(asked: Sequence[Wanted], given: Sequence[Offered]) -> list[tuple[Wanted, Offered, float]]:
    """The yardstick: each request, the longest waiting first, gets the nearest offer that fits and has room."""
    used: Counter[UUID] = Counter()
    by_need: dict[str, list[Offered]] = {}
    for offer in given:
        by_need.setdefault(offer.need, []).append(offer)
    found = []
    for wanted in sorted(asked, key=lambda one: (one.since, one.id)):
        for offer in sorted(by_need.get(wanted.need, ()), key=lambda one: (distance_m(wanted, one), one.id)):
            if used[offer.id] < uses(offer) and (verdict := compare(wanted, offer)).fits:
                fit = score(wanted, offer, verdict)
                found.append((wanted, offer, worth(wanted, offer, fit, used[offer.id], now=NOW)))
                used[offer.id] += 1
                break
    return found


def best_of_all(asked: Sequence[Wanted], given: Sequence[Offered]) -> float:
    """What the best plan is worth, by trying every plan."""
    by_row: dict[int, list[Edge]] = {}
    for edge in edges(asked, given):
        by_row.setdefault(edge.row, []).append(edge)

    def tried(row: int, used: tuple[int, ...]) -> Iterator[float]:
        if row == len(asked):
            yield 0.0
            return
        yield from tried(row + 1, used)
        for edge in by_row.get(row, ()):
            nth = used.count(edge.column)
            if nth < uses(given[edge.column]):
                gain = worth(asked[row], given[edge.column], edge.score, nth, now=NOW)
                yield from (gain + rest for rest in tried(row + 1, (*used, edge.column)))

    return max(tried(0, ()))


def run(
    *, asked: int = 1_000, given: int = 5_000, opened: int = 50_000, rounds: int = 3, small: int = 60
) -> list[Figure]:
    """Measure."""
    return [
        *_many(asked, given, rounds),
        *_one(opened, 300),
        *_quality(small),
        *_against_nearest(asked // 2, given // 10),
    ]


def _many(asked: int, given: int, rounds: int) -> list[Figure]:
    took = []
    for at in range(rounds + 1):
        chance = random.Random(SEED + at)
        wanted, offered = requests(asked, chance), offers(given, chance)
        began = perf_counter()
        plan(wanted, offered, now=NOW)
        took.append(perf_counter() - began)
    # The first round loads the solver; a person waits for that too, so it is not left out but noted.
    name = f"aid: {asked:,} requests by {given:,} offers matched"
    return [at_most(name, middle(took[1:]), "s", GOAL_S, note=f"{spread(took[1:])}, the first {took[0]:.2f}")]


def _one(opened: int, times: int) -> list[Figure]:
    chance = random.Random(SEED)
    index = Index(offers(opened, chance))
    took = []
    for wanted in requests(times, chance):
        began = perf_counter()
        index.suggest(wanted)
        took.append(1e3 * (perf_counter() - began))
    name = f"aid: suggestions for a request, {opened:,} offers kept in memory"
    return [at_most(f"{name}, {said}", percentile(took, at), "ms", GOAL_MS) for said, at in (("p50", 50), ("p99", 99))]


def _quality(count: int) -> list[Figure]:
    """Against the proven optimum, over small towns so crowded that choices hurt."""
    ours, greedy = [], []
    for at in range(count):
        chance = random.Random(1_000 * SEED + at)
        wanted, offered = _small(chance)
        best = best_of_all(wanted, offered)
        if best:
            ours.append(plan(wanted, offered, now=NOW).worth / best)
            greedy.append(sum(gain for *_, gain in nearest_first(wanted, offered)) / best)
    note = f"mean of {len(ours)} towns of 6 by 5; nearest first {min(greedy):.3f} at the least, {fmean(greedy):.3f} on average"
    return [at_least("aid: worst share of the proven optimum", min(ours), "", GOAL_SHARE, note=note)]


def _small(chance: random.Random) -> tuple[list[Wanted], list[Offered]]:
    """Six requests and five offers of one need within a kilometre or two."""
    side = 0.02
    asked = [one for one in requests(60, chance, side) if one.need == "AID01"][:6]
    given = [one for one in offers(60, chance, side) if one.need == "AID01"][:5]
    return asked, given


def _against_nearest(asked: int, given: int) -> list[Figure]:
    """Where offers are scarce: how many are helped, how well, and how evenly the work lies on who helps."""
    chance = random.Random(SEED)
    wanted, offered = requests(asked, chance), offers(given, chance)
    ours = [(one.wanted, one.offered, one.worth) for one in plan(wanted, offered, now=NOW).pairs]
    theirs = nearest_first(wanted, offered)
    fair, unfair = load_spread(offered, ours), load_spread(offered, theirs)
    town = f"{asked:,} requests by {given:,} offers"
    worth_note = f"nearest first {sum(gain for *_, gain in theirs):.0f}"
    return [
        at_least(f"aid: helped, {town}", len(ours), "", len(theirs), note="goal: as many as nearest first"),
        at_least("aid: worth of that plan", sum(g for *_, g in ours), "", sum(g for *_, g in theirs), note=worth_note),
        at_most("aid: spread of load between helpers", fair, "requests", unfair, note=f"nearest first {unfair:.3f}"),
    ]  # fmt: skip


def load_spread(offered: Sequence[Offered], pairs: Sequence[tuple[Wanted, Offered, float]]) -> float:
    """Standard deviation of this week's load over all who offered, with what the plan adds."""
    added = Counter(offer.id for _, offer, _ in pairs)
    return pstdev([one.load + added[one.id] for one in offered])
