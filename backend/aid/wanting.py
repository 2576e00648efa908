"""Pure rules of what a listing says: whether neighbours may see it, how long it stands, when we ask and when we tell.

Nothing here knows a database, a clock or a framework.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from backend.aid.rules import STANDS_FOR, Side
from backend.aid.windows import last_end

# A body's offer may stand for a season; what a neighbour says for longer is asked about again.
BODY_STANDS_MOST = timedelta(days=365)
# So far ahead a neighbour's times may lie; what lies further is kept by a coordinator.
AHEAD_MOST = timedelta(days=90)
# What one household asks for or gives. More than that is talked about before anybody carries it.
HOUSEHOLD_AMOUNT_MOST = 500
HOUSEHOLD_PEOPLE_MOST = 100
# We ask whether it is still so two days before it ends, or in the last quarter of what stands for a shorter time.
ASKS_BEFORE = timedelta(days=2)
ASKS_IN_LAST = 4


@dataclass(frozen=True, slots=True)
class Wish:
    """What a listing says, as far as it decides whether it is shown and for how long.

    ``is_circle``: whoever it is for asks, directly or through others, for its writer. ``windows``: see ``aid/windows.py``.
    """

    direction: Side
    windows: Sequence[Mapping[str, Any]] = ()
    until: datetime | None = None
    amount: float | None = None
    people: int | None = None
    for_other: bool = False
    has_consent: bool = False
    is_circle: bool = False
    is_body: bool = False


def ends_at(wish: Wish) -> datetime | None:
    """When what it says is over: its own end, or its last window's, whichever is sooner; None when neither ends."""
    found = [end for end in (wish.until, last_end(wish.windows)) if end]
    return min(found) if found else None


def why_not_shown(wish: Wish, *, now: datetime) -> str | None:
    """Why neighbours do not see it, as a code with words in ``texts/aid.yaml``; None when they may.

    A request or offer is taken all the same: a coordinator looks after it.
    """
    if wish.for_other and not wish.has_consent:
        return "no_consent"
    if wish.is_circle:
        return "circle"
    end = ends_at(wish)
    if end and end <= now:
        return "past"
    if not wish.is_body and end and end > now + AHEAD_MOST:
        return "too_far_ahead"
    is_large = (wish.amount or 0) > HOUSEHOLD_AMOUNT_MOST or (wish.people or 0) > HOUSEHOLD_PEOPLE_MOST
    return "large" if is_large and not wish.is_body else None


def expires_at(wish: Wish, *, now: datetime) -> datetime:
    """Until when it stands. What is over already stands for the usual time, so that a coordinator still finds it."""
    usual = now + STANDS_FOR[wish.direction]
    end = ends_at(wish)
    if end is None or end <= now:
        return usual
    return min(end, now + (BODY_STANDS_MOST if wish.is_body else AHEAD_MOST))


def asks_at(*, since: datetime, expires: datetime) -> datetime:
    """When we ask whether it is still so; ``since``: when it began to stand."""
    return expires - min(ASKS_BEFORE, max(expires - since, timedelta()) / ASKS_IN_LAST)


def next_rung(rungs_s: Sequence[int], told: int, *, since: datetime) -> datetime | None:
    """When the next is told that nobody was found for a need that waits ``since`` then; None when all were told."""
    return since + timedelta(seconds=rungs_s[told]) if told < len(rungs_s) else None


def is_circle(start: bytes, writer: bytes, asks_for: Mapping[bytes, frozenset[bytes]]) -> bool:
    """Whether whoever it is for (``start``) asks for its ``writer``, directly or through others.

    Then nobody would be the one who needs it. ``asks_for``: for each source those for whom it asks.
    """
    seen, open_ = set[bytes](), [start]
    while open_:
        one = open_.pop()
        if one == writer:
            return True
        if one not in seen:
            seen.add(one)
            open_ += asks_for.get(one, ())
    return False
