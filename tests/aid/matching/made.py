"""Requests and offers for the tests of matching: plain ones, and any by Hypothesis."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from backend.aid.matching.facts import Offered, Safeguard, Wanted, Window

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LAT, LON = 30.4, 120.4
METRE = 1 / 111_195  # degrees of latitude
HOUR = timedelta(hours=1)


def window(start_h: float, hours: float = 2.0) -> Window:
    """A window that begins so many hours from now."""
    start = NOW + start_h * HOUR
    return Window(start, start + hours * HOUR)


def wanted(number: int = 1, **more: Any) -> Wanted:
    """A request for food at one place, tomorrow morning, in Chinese."""
    facts: dict[str, Any] = {
        "need": "AID01", "since": NOW, "lat": LAT, "lon": LON, "windows": (window(24),), "languages": ("zh",),
        "accessibility": frozenset[str](),
    }  # fmt: skip
    return Wanted(UUID(int=number), **(facts | more))


def offered(number: int = 1, *, north_m: float = 600.0, **more: Any) -> Offered:
    """An offer of food so far to the north, at the same time and in the same language."""
    facts: dict[str, Any] = {
        "need": "AID01", "lat": LAT + north_m * METRE, "lon": LON, "windows": (window(24),), "languages": ("zh",),
        "accessibility": frozenset[str](),
    }  # fmt: skip
    return Offered(UUID(int=1_000_000 + number), **(facts | more))


NEEDS = st.sampled_from(["AID01", "AID05", "AID06"])
PLACES = st.one_of(
    st.none(), st.tuples(st.floats(-0.05, 0.05), st.floats(-0.05, 0.05)).map(lambda at: (LAT + at[0], LON + at[1]))
)
WINDOWS = st.one_of(
    st.none(),
    st.lists(st.tuples(st.integers(0, 48), st.integers(1, 6)), max_size=3).map(
        lambda found: apart([window(start, hours) for start, hours in found])
    ),
)
LANGUAGES = st.one_of(st.none(), st.lists(st.sampled_from(["zh", "en", "hak"]), min_size=1, unique=True).map(tuple))
ACCESS = st.one_of(st.none(), st.frozensets(st.sampled_from(["step_free", "sign"])))
AMOUNTS = st.one_of(st.none(), st.floats(1, 50))
PROOFS = st.one_of(st.none(), st.frozensets(st.sampled_from(["in_home", "care", "money", "child_safeguarding"])))


def apart(windows: Sequence[Window]) -> tuple[Window, ...]:
    """Windows of which none touches another, as the reading makes them."""
    found: list[Window] = []
    for one in sorted(windows):
        if not found or one.start > found[-1].end:
            found.append(one)
    return tuple(found)


@st.composite
def wishes(draw: st.DrawFn, number: int) -> Wanted:
    """Any request; ``number`` makes its id."""
    lat, lon = draw(PLACES) or (None, None)
    return Wanted(
        UUID(int=number), draw(NEEDS), NOW - draw(st.integers(0, 100)) * HOUR, lat, lon, windows=draw(WINDOWS),
        amount=draw(AMOUNTS), unit=draw(st.sampled_from([None, "kg"])), languages=draw(LANGUAGES),
        accessibility=draw(ACCESS), safeguards=draw(st.frozensets(st.sampled_from(Safeguard), max_size=2)),
        excluded=draw(st.frozensets(st.integers(1, 12).map(lambda one: UUID(int=1_000_000 + one)), max_size=3)),
        held=draw(st.integers(0, 9)) == 0,
    )  # fmt: skip


@st.composite
def offers(draw: st.DrawFn, number: int) -> Offered:
    """Any offer; ``number`` makes its id."""
    lat, lon = draw(PLACES) or (None, None)
    return Offered(
        UUID(int=1_000_000 + number), draw(NEEDS), lat, lon, reach_m=draw(st.sampled_from([None, 500.0, 5_000.0])),
        windows=draw(WINDOWS), amount=draw(AMOUNTS), unit=draw(st.sampled_from([None, "kg"])),
        languages=draw(LANGUAGES), accessibility=draw(ACCESS), credentials=draw(PROOFS), load=draw(st.integers(0, 6)),
        cap=draw(st.integers(0, 6)),
        excluded=draw(st.frozensets(st.integers(1, 8).map(lambda one: UUID(int=one)), max_size=2)),
        held=draw(st.integers(0, 9)) == 0,
    )  # fmt: skip


@st.composite
def towns(draw: st.DrawFn, most_wanted: int = 8, most_offered: int = 12) -> tuple[list[Wanted], list[Offered]]:
    """Some requests and some offers."""
    asked, given = draw(st.integers(0, most_wanted)), draw(st.integers(0, most_offered))
    return [draw(wishes(one + 1)) for one in range(asked)], [draw(offers(one + 1)) for one in range(given)]
