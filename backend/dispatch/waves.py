"""Volunteers near an incident: found by growing rings of cells, ranked, and checked before anybody is asked (C17).

Whoever stands in a ring and has the skill is fetched with its position alone; only the nearest of them are checked
for what costs more: the credential, caps, interests. So a search costs about the same in a village and in a city.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from math import inf, pi, sin
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import h3.api.basic_int as h3
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.areas.distance import EARTH_RADIUS_M, haversine_m
from backend.areas.rings import EVERYWHERE, Ring
from backend.dispatch.gateway import seeing_all
from backend.dispatch.rules import QUIET, R15, Candidate, Hours, WaveSettings

NOBODY = UUID(int=0)
# Cells of this resolution are searched in rings around the middle one, up to so many cells away, then everywhere.
RESOLUTION = 8
STEPS = (1, 3, 6, 10, 15, 21, 28)
NEAR_RINGS = 2
RARE = 2000
# Checked at a time beyond what is wanted, because some of the nearest turn out not to be askable.
SPARE = 12
# Cells differ a little from their neighbours, and are not quite regular.
_MARGIN = 0.9


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


def is_night(zone: str, *, now: datetime, quiet: Hours = QUIET) -> bool:
    """Whether it is inside the quiet hours of a place (R14)."""
    local: time = now.astimezone(ZoneInfo(zone)).time()
    return quiet.covers(local)


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


class _Looking:
    """One search, which remembers whom it has found."""

    def __init__(self, session: Session, search: Search, settings: WaveSettings, now: datetime) -> None:
        self._session, self._search, self._settings, self._now = session, search, settings, now
        self._found: dict[UUID, Candidate] = {}

    def nearest(self, limit: int) -> list[Candidate]:
        """The nearest ``limit``, once nobody outside the rings that were searched can be nearer."""
        ranked: list[Candidate] = []
        for at, ring in enumerate(_rings(lat=self._search.lat, lon=self._search.lon)):
            if at == NEAR_RINGS and self._is_rare():
                ring = EVERYWHERE  # noqa: PLW2901 - by the skill's own index, all of its holders cost less than rings
            self._look_into(ring, limit)
            reach_m = min(ring.covered_m, self._search.within_m)
            ranked = sorted(self._found.values(), key=lambda one: (one.distance_m, one.person_id))
            ranked = [one for one in ranked[:limit] if one.distance_m <= reach_m]
            if len(ranked) == limit or ring.covered_m >= self._search.within_m:
                break
        return ranked

    def _is_rare(self) -> bool:
        skill = self._search.skill
        return skill is not None and self._session.execute(_HOLDERS, {"skills": [skill]}).scalar_one() <= RARE

    def _look_into(self, ring: Ring, limit: int) -> None:
        """Find up to ``limit`` in a ring who may be asked; more are looked at while some of them may not."""
        looked_at = limit + SPARE
        while True:
            rows = self._session.execute(_NEAR[ring.resolution], self._params(ring, looked_at)).all()
            askable = [row for row in rows if row.askable]
            if len(askable) >= limit or len(rows) < looked_at:
                self._found |= {row.person_id: self._candidate(row) for row in askable}
                return
            looked_at *= 8

    def _candidate(self, row: Any) -> Candidate:
        place = self._search
        distance_m = haversine_m(lat=place.lat, lon=place.lon, to_lat=row.lat, to_lon=row.lon)
        return Candidate(row.person_id, row.org_id, distance_m, row.week, row.language)

    def _params(self, ring: Ring, looked_at: int) -> dict[str, Any]:
        search, settings, now = self._search, self._settings, self._now
        return {
            "lat": search.lat, "lon": search.lon, "cells": list(ring.cells), "looked_at": looked_at,
            "reach": sin(min(search.within_m / EARTH_RADIUS_M, pi) / 2) ** 2,
            "skill": search.skill, "skills": [search.skill] if search.skill else [], "day_only": not search.night,
            "orgs": list(search.org_ids or ()), "any_org": search.org_ids is None, "without": list(search.exclude),
            "incident": search.incident_id, "now": now, "day": now - timedelta(days=1),
            "week": now - timedelta(days=7), "cap_day": settings.cap_day, "cap_week": settings.cap_week,
        }  # fmt: skip


def _rings(*, lat: float, lon: float) -> Iterator[Ring]:
    """Rings of cells around a place, each beginning where the former ended, and at last everywhere.

    The middle cell's shortest side bounds from below what a disk of cells covers: 1.5 k - 0.5 sides for k rings.
    """
    middle = h3.latlng_to_cell(lat, lon, RESOLUTION)
    side_m = _MARGIN * min(_sides_m(middle))
    inner = -1
    for outer in STEPS:
        cells = [cell for step in range(inner + 1, outer + 1) for cell in h3.grid_ring(middle, step)]
        yield Ring(RESOLUTION, tuple(cells), (1.5 * outer - 0.5) * side_m)
        inner = outer
    yield EVERYWHERE


def _sides_m(cell: int) -> Iterator[float]:
    corners = h3.cell_to_boundary(cell)
    for (lat, lon), (to_lat, to_lon) in zip(corners, (*corners[1:], corners[0]), strict=True):
        yield haversine_m(lat=lat, lon=lon, to_lat=to_lat, to_lon=to_lon)


def _near(resolution: int | None) -> Any:
    """The nearest by their cells, or of everybody; then, of these alone, who of them may be asked."""
    inside = f" AND r.cell_{resolution} = ANY(CAST(:cells AS bigint[]))" if resolution else ""
    return text(
        "WITH near AS (SELECT r.person_id, r.org_id, r.lat, r.lon, r.daily_cap, r.weekly_cap, d.half_chord FROM"  # noqa: S608 - a number of ours
        " responder r CROSS JOIN LATERAL (SELECT power(sin(radians(r.lat - :lat) / 2), 2) + cos(radians(:lat))"
        " * cos(radians(r.lat)) * power(sin(radians(r.lon - :lon) / 2), 2) AS half_chord) d"
        f" WHERE r.available{inside} AND r.skills @> CAST(:skills AS text[]) AND (r.nights OR :day_only)"
        " AND (r.on_duty_until IS NULL OR r.on_duty_until > :now)"
        " AND (:any_org OR r.org_id = ANY(CAST(:orgs AS uuid[]))) AND r.person_id <> ALL(CAST(:without AS uuid[]))"
        " AND d.half_chord <= :reach ORDER BY d.half_chord, r.person_id LIMIT :looked_at)"
        " SELECT n.person_id, n.org_id, n.lat, n.lon, p.language, alerts.week,"
        " p.left_at IS NULL AND b.status = 'active'"
        " AND alerts.day < least(n.daily_cap, :cap_day) AND alerts.week < least(n.weekly_cap, :cap_week)"
        " AND (CAST(:skill AS text) IS NULL OR EXISTS (SELECT FROM credential c WHERE c.person_id = n.person_id"
        " AND c.type = :skill AND c.state = 'active' AND c.level = 'qualified' AND c.valid_to > :now))"
        " AND NOT EXISTS (SELECT FROM conflict_of_interest x WHERE x.incident_id = :incident"
        " AND (x.person_id = n.person_id OR x.org_id = n.org_id)) AS askable"
        " FROM near n JOIN person p ON p.id = n.person_id JOIN organisation b ON b.id = n.org_id"
        " CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE o.offered_at > :day) AS day, count(*) AS week"
        " FROM offer o WHERE o.person_id = n.person_id AND o.part = 'volunteer' AND o.offered_at > :week) alerts"
        " ORDER BY n.half_chord, n.person_id"
    )


_NEAR: Mapping[int | None, Any] = {resolution: _near(resolution) for resolution in (RESOLUTION, None)}

_HOLDERS = text(
    "SELECT count(*) FROM (SELECT FROM responder r WHERE r.available AND r.skills @> CAST(:skills AS text[])"
    f" LIMIT {RARE + 1}) AS held"
)
