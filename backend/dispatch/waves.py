"""Volunteers near an incident: found by growing rings of cells, ranked, and checked before anybody is asked (C17).

Whoever stands in a ring and has the skill is fetched with its position alone; only the nearest of them are checked
for what costs more: the credential, caps, interests. So a search costs about the same in a village and in a city.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, cos, degrees, inf, pi, radians, sin, sqrt
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import h3.api.basic_int as h3
from sqlalchemy import Text, bindparam, text
from sqlalchemy.orm import Session

from backend.areas.distance import EARTH_RADIUS_M, haversine_m
from backend.dispatch.rules import R15, Candidate, WaveSettings
from backend.kernel.database import seeing_all
from backend.organisations.hours import Hours

NOBODY = UUID(int=0)
# The first circle, and by how much circles grow: less when the last one held nearly enough people.
START_M = 300.0
GROWTH_LEAST, GROWTH_MOST = 1.4, 3.0
# Up to which radius cells of a resolution are searched; beyond the last, everybody is.
RESOLUTIONS = ((8, 6_000.0), (6, 40_000.0), (4, 300_000.0))
# Where a circle beyond so many metres would be next and so few were seen, the skill may be one that few people hold.
RARE_BEYOND_M, FEW, RARE = 600.0, 2, 1000
# Checked beyond what is wanted, because some of the nearest turn out not to be askable.
SPARE = 12
# Cells of one neighbourhood differ at most by this factor in size and shape.
UNLIKE = 1.2


@dataclass(frozen=True, slots=True)
class Search:
    """Whom to look for around a place.

    ``skill`` is the type of the credential that the task needs, None when it needs none (R18); ``org_ids`` None means
    any body. ``night`` True leaves out who did not opt in to nights (R14).
    """

    lat: float
    lon: float
    skill: str | None
    org_ids: Collection[UUID] | None = None
    exclude: Collection[UUID] = ()
    incident_id: UUID = NOBODY
    night: bool = False
    within_m: float = inf


def is_night(zone: str, quiet: Hours, *, now: datetime) -> bool:
    """Whether it is inside the quiet hours of a place (R14)."""
    return quiet.covers(now.astimezone(ZoneInfo(zone)).time())


def find_candidates(
    session: Session,
    *,
    lat: float,
    lon: float,
    skill: str | None,
    org_ids: Collection[UUID] | None,
    now: datetime,
    limit: int,
    exclude: Collection[UUID] = (),
    incident_id: UUID = NOBODY,
    night: bool = False,
    within_m: float = inf,
    settings: WaveSettings = R15,
) -> list[Candidate]:
    """The ``limit`` nearest people who may be asked now, nearest first.

    They are available, on duty or without an end to their duty, hold the credential at this moment (R18), have not
    reached a cap (R15) and have no interest in ``incident_id``. See ``Search`` for the other arguments.
    """
    search = Search(lat, lon, skill, org_ids, exclude, incident_id, night, within_m)
    with seeing_all(session):
        return _Looking(session, search, settings, now).nearest(limit)


@dataclass(frozen=True, slots=True)
class Circle:
    """All places within ``radius_m``: cells that hold them, and the box around it in degrees each way."""

    radius_m: float
    resolution: int | None
    cells: tuple[int, ...] = ()
    high: float = 180.0
    wide: float = 360.0


EVERYWHERE = Circle(inf, None)


def circle_of(radius_m: float, *, lat: float, lon: float) -> Circle:
    """The circle of ``radius_m`` around a place; EVERYWHERE where it is too large, or near a pole or the date line."""
    high = degrees(radius_m / EARTH_RADIUS_M) * 1.001
    wide = high / max(1e-9, cos(radians(min(90.0, abs(lat) + high)))) if radius_m < inf else inf
    resolution = next((found for found, most_m in RESOLUTIONS if radius_m <= most_m), None)
    if resolution is None or abs(lat) + high >= 89 or abs(lon) + wide >= 180:
        return EVERYWHERE
    middle = h3.latlng_to_cell(lat, lon, resolution)
    corner_m = max(_metres(middle, *corner) for corner in h3.cell_to_boundary(middle)) * UNLIKE
    steps = ceil((radius_m + corner_m) / (1.5 * corner_m / UNLIKE**2))
    reach_m = radius_m + corner_m
    cells = h3.grid_disk(middle, steps)
    near = (cell for cell in cells if _metres(cell, lat, lon) <= reach_m)
    return Circle(radius_m, resolution, tuple(near), high, wide)


def _metres(cell: int, lat: float, lon: float) -> float:
    """From a cell's middle to a place."""
    from_lat, from_lon = h3.cell_to_latlng(cell)
    return haversine_m(lat=from_lat, lon=from_lon, to_lat=lat, to_lon=lon)


class _Looking:
    """One search, in circles that grow until they hold enough people."""

    def __init__(self, session: Session, search: Search, settings: WaveSettings, now: datetime) -> None:
        self._session, self._search, self._settings, self._now = session, search, settings, now
        self._rare: bool | None = None

    def nearest(self, limit: int) -> list[Candidate]:
        """The nearest ``limit``: everybody nearer than the last of them was looked at."""
        search, radius_m = self._search, START_M
        while True:
            circle = circle_of(min(radius_m, search.within_m), lat=search.lat, lon=search.lon)
            is_last = circle.resolution is None or radius_m >= search.within_m
            found, seen = self._inside(circle, limit, is_last=is_last)
            if is_last or len(found) == limit:
                return found
            # As far as it takes if people stand as close as they have so far.
            radius_m *= min(GROWTH_MOST, max(GROWTH_LEAST, sqrt(1.5 * limit / max(1, seen))))
            if seen <= FEW and radius_m > RARE_BEYOND_M and self._is_rare():
                radius_m = inf  # by the index of skills, all of its holders cost less than further circles

    def _is_rare(self) -> bool:
        """Whether so few hold the skill that looking at all of them is the shortest way; asked once."""
        if self._rare is None:
            skill = self._search.skill
            held = self._session.execute(_HOLDERS, {"skill": skill}).scalar_one() if skill else RARE + 1
            self._rare = held <= RARE
        return self._rare

    def _inside(self, circle: Circle, limit: int, *, is_last: bool) -> tuple[list[Candidate], int]:
        """Up to ``limit`` in a circle who may be asked, and how many were seen; unless last, too few are not checked.

        More are looked at while some of the nearest may not be asked.
        """
        looked_at = limit + SPARE
        while True:
            rows = self._session.execute(_NEAR[circle.resolution], self._where(circle, looked_at)).all()
            if len(rows) < limit and not is_last:
                return [], len(rows)
            askable = self._askable([row.person_id for row in rows])
            found = [self._candidate(row, askable[row.person_id]) for row in rows if row.person_id in askable]
            if len(found) >= limit or len(rows) < looked_at:
                return found[:limit], len(found)
            looked_at *= 8

    def _askable(self, people: Sequence[UUID]) -> dict[UUID, Any]:
        settings, now = self._settings, self._now
        params = {
            "people": people, "skill": self._search.skill, "incident": self._search.incident_id, "now": now,
            "day": now - timedelta(days=1), "week": now - timedelta(days=7),
            "cap_day": settings.cap_day, "cap_week": settings.cap_week,
        }  # fmt: skip
        return {row.person_id: row for row in self._session.execute(_ASKABLE, params)} if people else {}

    def _candidate(self, stands: Any, person: Any) -> Candidate:
        place = self._search
        distance_m = haversine_m(lat=place.lat, lon=place.lon, to_lat=stands.lat, to_lon=stands.lon)
        return Candidate(person.person_id, person.org_id, distance_m, person.week, person.language)

    def _where(self, circle: Circle, looked_at: int) -> dict[str, Any]:
        search = self._search
        turn = min(circle.radius_m, search.within_m, pi * EARTH_RADIUS_M) / EARTH_RADIUS_M
        return {
            "lat": search.lat, "lon": search.lon, "cells": list(circle.cells), "looked_at": looked_at,
            "reach": sin(turn / 2) ** 2, "skill": search.skill,
            "south": search.lat - circle.high, "north": search.lat + circle.high,
            "west": search.lon - circle.wide, "east": search.lon + circle.wide,
            "day_only": not search.night, "now": self._now,
            "orgs": list(search.org_ids or ()), "any_org": search.org_ids is None, "without": list(search.exclude),
        }  # fmt: skip


def _near(resolution: int | None) -> Any:
    """The nearest who hold the skill: by their cells, or of everybody by the index of skills."""
    # The index of cells holds positions and whatever else is asked here: the people outside the box are not fetched.
    box = " AND r.lat BETWEEN :south AND :north AND r.lon BETWEEN :west AND :east"
    place = f"r.cell_{resolution} = ANY(CAST(:cells AS bigint[])){box}" if resolution else "true"
    skill = "CAST(:skill AS text) = ANY(r.skills)" if resolution else "r.skills @> ARRAY[CAST(:skill AS text)]"
    return text(
        "SELECT r.person_id, r.lat, r.lon FROM responder r CROSS JOIN LATERAL (SELECT"  # noqa: S608 - words of ours
        " power(sin(radians(r.lat - :lat) / 2), 2) + cos(radians(:lat)) * cos(radians(r.lat))"
        " * power(sin(radians(r.lon - :lon) / 2), 2) AS half_chord) d"
        f" WHERE r.available AND {place}"
        f" AND (CAST(:skill AS text) IS NULL OR {skill}) AND (r.nights OR :day_only)"
        " AND (r.on_duty_until IS NULL OR r.on_duty_until > :now)"
        " AND (:any_org OR r.org_id = ANY(CAST(:orgs AS uuid[]))) AND r.person_id <> ALL(CAST(:without AS uuid[]))"
        " AND d.half_chord <= :reach ORDER BY d.half_chord, r.person_id LIMIT :looked_at"
    )


_NEAR: Mapping[int | None, Any] = {resolution: _near(resolution) for resolution in (8, 6, 4, None)}

# The skill stands in the statement itself, so that the server plans for how many hold this one.
_HOLDERS = text(
    "SELECT count(*) FROM (SELECT FROM responder r WHERE r.available AND r.skills @> ARRAY[:skill] LIMIT :most) AS held"
).bindparams(bindparam("skill", literal_execute=True, type_=Text()), most=RARE + 1)

_ASKABLE = text(
    "SELECT r.person_id, r.org_id, p.language, alerts.week FROM responder r"
    " JOIN person p ON p.id = r.person_id AND p.left_at IS NULL"
    " JOIN organisation b ON b.id = r.org_id AND b.status = 'active'"
    " CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE o.offered_at > :day) AS day, count(*) AS week FROM offer o"
    " WHERE o.person_id = r.person_id AND o.part = 'volunteer' AND o.offered_at > :week) alerts"
    " WHERE r.person_id = ANY(CAST(:people AS uuid[]))"
    " AND alerts.day < least(r.daily_cap, :cap_day) AND alerts.week < least(r.weekly_cap, :cap_week)"
    " AND (CAST(:skill AS text) IS NULL OR EXISTS (SELECT FROM credential c WHERE c.person_id = r.person_id"
    " AND c.type = :skill AND c.state = 'active' AND c.level = 'qualified' AND c.valid_to > :now))"
    " AND NOT EXISTS (SELECT FROM conflict_of_interest x WHERE x.incident_id = :incident"
    " AND (x.person_id = r.person_id OR x.org_id = r.org_id))"
)
