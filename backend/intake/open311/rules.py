"""What Open311 offers and what it shows: which categories are services, and how a list is blurred (docs/adr/0007).

Nothing here knows a database, a clock or a network; ``now`` is given.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import h3

from backend.policy.categories import Category

# Never under 5 (design.md, Place), and five places rather than five reports: one household that reports
# the same five times is not hidden by itself.
PLACES_LEAST = 5
WEEK = timedelta(days=7)
# How long after the end of its week something is shown.
DELAY = timedelta(days=7)
# H3 resolutions from fine to coarse: cells of about 5, 36, 250 and 1,800 square kilometres.
RESOLUTIONS = (7, 6, 5, 4)
# GeoReport v2, GET Service Requests: at most this span, and this many.
SPAN_MOST = timedelta(days=90)
LISTED_MOST = 1000


def is_service(category: Category, *, private: bool) -> bool:
    """Whether a category is offered and shown as a service. ``private``: as the rules of the place have it.

    The catalogue's ``may_appear_on_hotspot_map`` decides (``defaults/categories.yaml``; a category that a place adds has
    to say it): concerns about streets, noise, air or food, of which counts may be public; none about somebody's
    harm, distress, behaviour or quarrel. Whatever is private at the place is none.
    """
    is_open = category.kind == "concern" and category.compartment == "incident"
    return is_open and category.may_appear_on_hotspot_map and not private


def week_of(at: datetime) -> datetime:
    """The Monday, 00:00 UTC, of the week in which a time in UTC lies."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def is_past(week: datetime, now: datetime) -> bool:
    """Whether what happened in a week may be shown."""
    return week + WEEK + DELAY <= now


@dataclass(frozen=True, slots=True)
class Happening:
    """An incident as the blurring sees it. ``cell`` is its H3 cell at resolution 9, ``chain`` its areas from the top."""

    id: UUID
    service: str
    opened_at: datetime
    closed_at: datetime | None
    cell: str | None
    chain: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Blurred:
    """What may be public of an incident: its service, its week, a wide cell, the area that all in its group share."""

    id: UUID
    service: str
    week: datetime
    closed_week: datetime | None
    cell: str | None
    area: int | None


def blurred(happenings: Iterable[Happening], now: datetime) -> list[Blurred]:
    """What may be shown of incidents, newest week first.

    Incidents of one service and week are told apart by place only as far as each cell has PLACES_LEAST places in it:
    from the finest cells up, what is too few joins its neighbours, at last everywhere. What is too few even then is
    not shown.
    """
    waiting: defaultdict[tuple[str, datetime], list[Happening]] = defaultdict(list)
    for one in happenings:
        week = week_of(one.opened_at)
        if is_past(week, now):
            waiting[one.service, week].append(one)
    shown = [found for alike in waiting.values() for found in _spread(alike, now)]
    return sorted(shown, key=lambda one: (one.week, one.id), reverse=True)


def _spread(alike: Sequence[Happening], now: datetime) -> list[Blurred]:
    shown: list[Blurred] = []
    rest = list(alike)
    for resolution in (*RESOLUTIONS, None):
        groups = _by_cell(rest, resolution)
        rest = []
        for cell, group in groups.items():
            is_enough = len({one.cell for one in group if one.cell}) >= PLACES_LEAST
            # Without a position one belongs to everywhere alone.
            if is_enough and (cell or resolution is None):
                shown += _alike(group, cell, now)
            else:
                rest += group
    return shown


def _by_cell(happenings: Iterable[Happening], resolution: int | None) -> Mapping[str | None, list[Happening]]:
    groups: defaultdict[str | None, list[Happening]] = defaultdict(list)
    for one in happenings:
        groups[h3.cell_to_parent(one.cell, resolution) if one.cell and resolution is not None else None].append(one)
    return groups


def _alike(group: Sequence[Happening], cell: str | None, now: datetime) -> list[Blurred]:
    area = _shared_area({one.chain for one in group})
    return [Blurred(one.id, one.service, week_of(one.opened_at), _closed_week(one, now), cell, area) for one in group]


def _closed_week(one: Happening, now: datetime) -> datetime | None:
    """The end of something is shown as late as its beginning."""
    week = week_of(one.closed_at) if one.closed_at else None
    return week if week and is_past(week, now) else None


def _shared_area(chains: Iterable[tuple[int, ...]]) -> int | None:
    """The smallest area in which all lie."""
    shared = None
    for level in zip(*chains, strict=False):
        if len(set(level)) > 1:
            break
        shared = level[0]
    return shared
