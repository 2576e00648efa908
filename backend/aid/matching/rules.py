"""Whether a request and an offer can be brought together at all, and whatever speaks against it (R15, R18, R19, INV-12).

Pure: frozen facts in, reasons out. What is not known is neither: it is said beside the reasons, for a person to ask.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from backend.aid.matching.facts import Offered, Safeguard, Wanted, Window
from backend.areas.distance import geodesic_m, haversine_m

# The quick distance is right to 0.6 % (areas/distance.py); between these bounds the true one decides.
MARGIN = 1.006
# Less than half an hour in common is no appointment.
LEAST_TOGETHER = timedelta(minutes=30)


class Why(StrEnum):
    """A hard condition that a pair breaks. Its words: ``aid.match.why.*``."""

    NEED = "need"
    TIME = "time"
    DISTANCE = "distance"
    LANGUAGE = "language"
    ACCESS = "access"
    CREDENTIAL = "credential"
    CHILD = "child"
    LOAD = "load"
    EXCLUDED = "excluded"
    HELD = "held"


class Unknown(StrEnum):
    """What is not known of a pair and has to be asked before anybody sets out. Its words: ``aid.match.unknown.*``."""

    PLACE = "place"
    TIME = "time"
    LANGUAGE = "language"
    ACCESS = "access"


@dataclass(frozen=True, slots=True)
class Together:
    """The time that both have: its first part, and all of it in seconds."""

    first: Window
    total_s: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What comparing a pair brings: why not, what is unknown, how far apart (metres) and when both can."""

    why_not: tuple[Why, ...]
    unknown: tuple[Unknown, ...]
    apart_m: float | None
    together: Together | None

    @property
    def fits(self) -> bool:
        """Whether no hard condition is broken."""
        return not self.why_not


def feasible(wanted: Wanted, offered: Offered) -> tuple[Why, ...]:
    """Every hard condition that the pair breaks; none when it may be brought together."""
    return compare(wanted, offered).why_not


def compare(wanted: Wanted, offered: Offered) -> Verdict:
    """Compare a pair by every condition."""
    why_not = _barred(wanted, offered)
    unknown: list[Unknown] = []
    apart_m = distance_m(wanted, offered)
    if apart_m is None:
        unknown.append(Unknown.PLACE)
    elif not is_within(wanted, offered, apart_m):
        why_not.append(Why.DISTANCE)
    together = None
    if wanted.windows is None or offered.windows is None:
        unknown.append(Unknown.TIME)
    elif (together := in_common(wanted.windows, offered.windows)) is None:
        why_not.append(Why.TIME)
    if not any(one in offered.speaks for one in wanted.speaks):
        # Who only wrote in one language may well speak another: that bars nobody.
        if wanted.languages and offered.languages:
            why_not.append(Why.LANGUAGE)
        else:
            unknown.append(Unknown.LANGUAGE)
    if wanted.accessibility is None or (wanted.accessibility and offered.accessibility is None):
        unknown.append(Unknown.ACCESS)
    elif offered.accessibility is not None and not wanted.accessibility <= offered.accessibility:
        why_not.append(Why.ACCESS)
    return Verdict(tuple(why_not), tuple(unknown), apart_m, together)


def _barred(wanted: Wanted, offered: Offered) -> list[Why]:
    """What the two being who they are speaks against it."""
    found: list[Why] = []
    if wanted.need != offered.need:
        found.append(Why.NEED)
    if wanted.safeguards:
        # A competence that nobody has proved is none, whether it is lacking or unknown (INV-15).
        lacking = wanted.proofs - (offered.credentials or frozenset())
        if lacking:
            found.append(Why.CHILD if Safeguard.CHILD in wanted.safeguards else Why.CREDENTIAL)
    if offered.load >= offered.cap:
        found.append(Why.LOAD)
    if offered.id in wanted.excluded or wanted.id in offered.excluded:
        found.append(Why.EXCLUDED)
    if wanted.held or offered.held:
        found.append(Why.HELD)
    return found


def distance_m(wanted: Wanted, offered: Offered) -> float | None:
    """Metres between the two by the quick formula, for ranking; None where one of the places is unknown."""
    if wanted.lat is None or wanted.lon is None or offered.lat is None or offered.lon is None:
        return None
    return haversine_m(lat=wanted.lat, lon=wanted.lon, to_lat=offered.lat, to_lon=offered.lon)


def is_within(wanted: Wanted, offered: Offered, apart_m: float) -> bool:
    """Whether the place is within the offer's reach on the ellipsoid; ``apart_m`` is the quick distance."""
    reach_m = offered.within_m
    if apart_m * MARGIN <= reach_m:
        return True
    if apart_m > reach_m * MARGIN:
        return False
    return true_m(wanted, offered) <= reach_m


def true_m(wanted: Wanted, offered: Offered) -> float:
    """Metres on the ellipsoid, for what is shown and decided. Both places have to be known."""
    assert wanted.lat is not None
    assert wanted.lon is not None
    assert offered.lat is not None
    assert offered.lon is not None
    return geodesic_m(lat=wanted.lat, lon=wanted.lon, to_lat=offered.lat, to_lon=offered.lon)


def in_common(one: Sequence[Window], other: Sequence[Window]) -> Together | None:
    """The times that two have in common, each of at least half an hour; None when there is none.

    Both in order and without overlap, as ``in_order`` makes them.
    """
    first: Window | None = None
    total_s, at, beside = 0.0, 0, 0
    while at < len(one) and beside < len(other):
        start = max(one[at].start, other[beside].start)
        end = min(one[at].end, other[beside].end)
        if end - start >= LEAST_TOGETHER:
            first = first or Window(start, end)
            total_s += (end - start).total_seconds()
        if one[at].end <= other[beside].end:
            at += 1
        else:
            beside += 1
    return Together(first, total_s) if first else None


def in_order(windows: Sequence[Window], *, now: datetime, until: datetime) -> tuple[Window, ...]:
    """Windows cut to what lies between ``now`` and ``until``, in order; those that touch become one."""
    found: list[Window] = []
    for start, end in sorted((max(one.start, now), min(one.end, until)) for one in windows):
        if start >= end:
            continue
        if found and start <= found[-1].end:
            found[-1] = Window(found[-1].start, max(end, found[-1].end))
        else:
            found.append(Window(start, end))
    return tuple(found)
