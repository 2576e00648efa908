"""How well likely duplicates are found: staff's pairs among real reports, replayed in time order.

``.venv/bin/python -m tests.bench.duplicates [--look 30]`` prints the figures; ``--look`` also prints
suggestions that staff did not mark, to be judged by eye; ``--held-out`` chooses window and threshold by one half of
the time and judges them by the other. Reads the shared data (LINLI_SHARED_DATA).

A pair counts as found when the later of its two reports suggests the earlier one among its first five. A
suggestion is false when the two are not in one group of staff's pairs, although many of those tell of one
happening. A report is a candidate until it was closed; one that was closed as a duplicate is closed too.
"""

import argparse
import csv
import json
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache, partial
from itertools import product
from pathlib import Path
from statistics import mean
from time import perf_counter
from typing import Any

from backend.areas.distance import haversine_m
from backend.incidents.likeness import (
    EVEN_ODDS,
    WINDOW_DAYS,
    WINDOW_M,
    Candidate,
    Duplicate,
    blind_tokens,
    suggest_duplicates,
)
from backend.intake.lexicon import load_lexicon, suggest
from tests.bench.figures import Figure, at_most

SHARED = Path(os.environ.get("LINLI_SHARED_DATA") or Path(__file__).parents[3] / "shared" / "data")
REPORTS = SHARED / "reports"
FILES = ("duplicate_reports", "random", "safety_keywords", "unsafe_conditions")
KEY = b"a key of this bench, nothing else"
MOST_CANDIDATES = 50
TABLE_DAYS = (1, 7, 14, 30, 60, 90)
TABLE_METRES = (50, 100, 150, 200, 300)
TABLE_THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
# Among these one half of the time chooses. More false suggestions than this would tire those who read them.
CHOICES = tuple(product((30, 60, 90), (100, 200, 300), (0.3, 0.4, 0.5, 0.6, 0.7)))
FALSE_MOST = 5.0


@dataclass(frozen=True, slots=True)
class Replayed:
    """A real report: what the scorer sees of it, until when it was open, and its words for people."""

    seen: Candidate
    closed_at: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What a replay found; ``candidates`` says how many each report was compared with."""

    pairs: frozenset[frozenset[str]]
    found: frozenset[frozenset[str]]
    reports: int
    false: tuple[tuple[str, str], ...]
    candidates: tuple[int, ...]
    mean_us: float

    @property
    def found_share(self) -> float:
        """Share of staff's pairs that were suggested."""
        return len(self.found) / len(self.pairs)

    @property
    def false_per_100(self) -> float:
        """False suggestions per 100 reports."""
        return 100 * len(self.false) / self.reports

    def of(self, half: frozenset[str]) -> "Figures":
        """What of it concerns reports of ``half``; a pair belongs to its later report."""

        def within(pairs: frozenset[frozenset[str]]) -> frozenset[frozenset[str]]:
            return frozenset(pair for pair in pairs if max(pair, key=_positions().__getitem__) in half)

        false = tuple(one for one in self.false if one[0] in half)
        return replace(self, pairs=within(self.pairs), found=within(self.found), reports=len(half), false=false)


@lru_cache(maxsize=1)
def _positions() -> dict[str, int]:
    return {str(one.seen.id): at for at, one in enumerate(reports())}


@lru_cache(maxsize=1)
def reports() -> tuple[Replayed, ...]:
    """All reports in time order."""
    rows: dict[str, dict[str, Any]] = {}
    for name in FILES:
        for row in json.loads((REPORTS / f"boston_311_{name}.json").read_text(encoding="utf-8")):
            rows.setdefault(row["service_request_id"], row)
    return tuple(sorted(map(_replayed, rows.values()), key=lambda one: (one.seen.at, str(one.seen.id))))


def _replayed(row: dict[str, Any]) -> Replayed:
    at, text = datetime.fromisoformat(row["requested_datetime"]), row["description"]
    # Times of change are cut to the minute, so that some lie before the report itself.
    changed_at = max(datetime.fromisoformat(row["updated_datetime"]), at) + timedelta(minutes=1)
    seen = Candidate(
        id=row["service_request_id"],
        lat=row["lat"],
        lon=row["long"],
        accuracy_m=None,
        at=at,
        category=suggest(text, lexicon=load_lexicon(), kind="concern").category,
        tokens=frozenset(blind_tokens(text, KEY)),
    )
    return Replayed(seen, changed_at if row["status"] == "closed" else None, text)


@lru_cache(maxsize=1)
def staff_pairs() -> frozenset[frozenset[str]]:
    """The pairs that staff closed as duplicates."""
    with (REPORTS / "boston_311_duplicate_pairs.csv").open(encoding="utf-8", newline="") as opened:
        return frozenset(
            frozenset((row["duplicate_request_id"], row["existing_request_id"])) for row in csv.DictReader(opened)
        )


@lru_cache(maxsize=1)
def groups() -> dict[str, str]:
    """For each report of a pair the name of its group: pairs that share a report tell of one happening."""
    leader: dict[str, str] = {}

    def lead(report: str) -> str:
        while leader.setdefault(report, report) != report:
            report = leader[report]
        return report

    for one, other in map(sorted, staff_pairs()):
        leader[lead(one)] = lead(other)
    return {report: lead(report) for report in leader}


def replay(*, days: float = WINDOW_DAYS, metres: float = WINDOW_M, threshold: float = EVEN_ODDS) -> Figures:
    """Compare each report with the earlier open ones of its window, as intake does."""
    found: set[frozenset[str]] = set()
    false: list[tuple[str, str]] = []
    counts: list[int] = []
    spent_s = 0.0
    for new, near in zip(reports(), _neighbours(), strict=True):
        earliest = new.seen.at - timedelta(days=days)
        within = [old for old, apart_m in near if apart_m <= metres and old.at >= earliest]
        candidates = within[:MOST_CANDIDATES]
        counts.append(len(candidates))
        began = perf_counter()
        suggested = suggest_duplicates(new.seen, candidates, threshold=threshold)
        spent_s += perf_counter() - began
        for old in suggested:
            _judge(str(new.seen.id), old, found, false)
    return Figures(
        pairs=staff_pairs(),
        found=frozenset(found),
        reports=len(reports()),
        false=tuple(false),
        candidates=tuple(counts),
        mean_us=spent_s / len(reports()) * 1e6,
    )


def run() -> list[Figure]:
    """The figures, where the shared data is; none where it is not."""
    if not REPORTS.exists():
        return []
    figures = replay()
    return [
        at_most("duplicates: staff's pairs among the first five", 100 * figures.found_share, "%"),
        at_most("duplicates: not marked by staff", figures.false_per_100, "per 100"),
        at_most(
            "duplicates: comparing a report", figures.mean_us, "µs", note=f"{mean(figures.candidates):.1f} candidates"
        ),
    ]


def held_out() -> list[tuple[tuple[int, int, float], Figures]]:
    """For each half of the time: what the other half would choose of CHOICES, and how that does here."""
    ids = [str(one.seen.id) for one in reports()]
    halves = frozenset(ids[: len(ids) // 2]), frozenset(ids[len(ids) // 2 :])
    tried = {
        choice: replay(days=choice[0], metres=choice[1], threshold=choice[2]) for choice in CHOICES
    }  # fmt: skip

    found = []
    for judging, choosing in (halves, halves[::-1]):
        best = max(CHOICES, key=partial(_merit, tried, choosing))
        found.append((best, tried[best].of(judging)))
    return found


def _merit(
    tried: Mapping[tuple[int, int, float], Figures], half: frozenset[str], choice: tuple[int, int, float]
) -> tuple[bool, float]:
    figures = tried[choice].of(half)
    return figures.false_per_100 <= FALSE_MOST, figures.found_share


def _judge(new: str, old: Duplicate, found: set[frozenset[str]], false: list[tuple[str, str]]) -> None:
    pair = frozenset((new, str(old.id)))
    if pair in staff_pairs():
        found.add(pair)
    elif groups().get(new, new) != groups().get(str(old.id)):
        false.append((new, str(old.id)))


@lru_cache(maxsize=1)
def _neighbours() -> tuple[tuple[tuple[Candidate, float], ...], ...]:
    """For each report the earlier ones that were open, within the widest window, the latest first."""
    widest = timedelta(days=max(TABLE_DAYS))
    found: list[tuple[tuple[Candidate, float], ...]] = []
    for at, new in enumerate(reports()):
        near = []
        for old in reversed(reports()[:at]):
            if new.seen.at - old.seen.at > widest:
                break
            if old.closed_at is None or old.closed_at > new.seen.at:
                apart_m = _apart_m(new.seen, old.seen)
                if apart_m <= max(TABLE_METRES):
                    near.append((old.seen, apart_m))
        found.append(tuple(near))
    return tuple(found)


def _apart_m(one: Candidate, other: Candidate) -> float:
    if abs(one.lat - other.lat) > 0.05:
        return float("inf")
    return haversine_m(lat=one.lat, lon=one.lon, to_lat=other.lat, to_lon=other.lon)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--look", type=int, default=0, help="print so many suggestions that staff did not mark")
    parser.add_argument("--held-out", action="store_true", help="choose by one half of the time, judge by the other")
    asked = parser.parse_args(arguments)
    figures = replay()
    print(f"{figures.reports} reports, window {WINDOW_DAYS} days and {WINDOW_M:.0f} m, threshold {EVEN_ODDS}")
    print(
        f"staff's pairs among the first five: {len(figures.found)} of {len(figures.pairs)} ({figures.found_share:.1%})"
    )
    print(f"not marked by staff: {len(figures.false)} suggestions ({figures.false_per_100:.2f} per 100 reports)")
    print(
        f"candidates: mean {mean(figures.candidates):.1f}, most {max(figures.candidates)}; "
        f"{figures.mean_us:.0f} µs a report"
    )
    print("\nthreshold  found  false per 100")
    for threshold in TABLE_THRESHOLDS:
        row = replay(threshold=threshold)
        print(f"{threshold:9.1f} {row.found_share:6.1%} {row.false_per_100:10.2f}")
    print("\n days  metres  found  false per 100  candidates mean, most")
    for days in TABLE_DAYS:
        for metres in TABLE_METRES:
            row = replay(days=days, metres=metres)
            print(
                f"{days:5} {metres:7} {row.found_share:6.1%} {row.false_per_100:10.2f} "
                f"{mean(row.candidates):15.2f} {max(row.candidates):5}"
            )
    if asked.held_out:
        for (days, metres, threshold), judged in held_out():
            print(
                f"\nchosen by the other half: {days} days, {metres} m, threshold {threshold}; in this half"
                f" {len(judged.found)} of {len(judged.pairs)} ({judged.found_share:.1%}),"
                f" {judged.false_per_100:.2f} others per 100"
            )
    _look(figures, asked.look)


def _look(figures: Figures, number: int) -> None:
    texts = {str(one.seen.id): (one.seen, one.text) for one in reports()}
    for new, old in random.Random(18).sample(figures.false, min(number, len(figures.false))):
        (one, one_text), (other, other_text) = texts[new], texts[old]
        print(f"\n{_apart_m(one, other):.0f} m, {(one.at - other.at).total_seconds() / 3600:.1f} h")
        print(f"  {one.category}: {one_text[:200]}\n  {other.category}: {other_text[:200]}")


if __name__ == "__main__":
    main()
