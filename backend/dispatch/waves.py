"""Volunteers near an incident: found by growing rings of cells, ranked, and checked before anybody is asked (C17).

Whoever stands in a ring and has the skill is fetched with its position alone; only the nearest of them are checked
for what costs more: the credential, caps, interests. So a search costs about the same in a village and in a city.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from math import inf
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.areas.distance import haversine_m
from backend.areas.rings import Ring, search_rings
from backend.dispatch.gateway import seeing_all
from backend.dispatch.rules import QUIET, R15, Candidate, Hours, WaveSettings

NOBODY = UUID(int=0)
# Checked at a time beyond what is wanted, because some of the nearest turn out not to be askable.
SPARE = 12


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
    """One search, which remembers whom it has seen and checked."""

    def __init__(self, session: Session, search: Search, settings: WaveSettings, now: datetime) -> None:
        self._session, self._search, self._settings, self._now = session, search, settings, now
        self._distances: dict[UUID, float] = {}
        self._checked: dict[UUID, Candidate | None] = {}

    def nearest(self, limit: int) -> list[Candidate]:
        search, ranked = self._search, list[Candidate]()
        for ring in search_rings(lat=search.lat, lon=search.lon):
            self._fetch(ring)
            ranked = self._askable(limit, min(ring.covered_m, search.within_m))
            if len(ranked) == limit or ring.covered_m >= search.within_m:
                break
        return ranked

    def _fetch(self, ring: Ring) -> None:
        search = self._search
        params: dict[str, Any] = {
            "now": self._now, "skills": [search.skill] if search.skill else [], "day_only": not search.night,
            "cells": list(ring.cells), "orgs": list(search.org_ids or ()), "any_org": search.org_ids is None,
            "without": list(search.exclude),
        }  # fmt: skip
        for person, lat, lon in self._session.execute(_NEAR[ring.resolution], params):
            if person not in self._distances:
                self._distances[person] = haversine_m(lat=search.lat, lon=search.lon, to_lat=lat, to_lon=lon)

    def _askable(self, limit: int, reach_m: float) -> list[Candidate]:
        """The nearest ``limit`` who may be asked and of whom nobody outside the ring can be nearer."""
        near = [person for person, distance in self._distances.items() if distance <= reach_m]
        near.sort(key=self._distances.__getitem__)
        found: list[Candidate] = []
        at = 0
        while len(found) < limit and at < len(near):
            batch = near[at : at + limit + SPARE]
            self._check([person for person in batch if person not in self._checked])
            found += [one for person in batch if (one := self._checked[person])]
            at += len(batch)
        return found[:limit]

    def _check(self, people: Sequence[UUID]) -> None:
        if not people:
            return
        settings, now = self._settings, self._now
        params = {
            "people": list(people), "now": now, "skill": self._search.skill, "incident": self._search.incident_id,
            "day": now - timedelta(days=1), "week": now - timedelta(days=7),
            "cap_day": settings.cap_day, "cap_week": settings.cap_week,
        }  # fmt: skip
        found = {row.person_id: row for row in self._session.execute(_CHECK, params)}
        for person in people:
            self._checked[person] = None
            if row := found.get(person):
                distance_m = self._distances[person]
                self._checked[person] = Candidate(person, row.org_id, distance_m, row.week, row.language)


def _near(resolution: int | None) -> Any:
    """Who stands in a ring, by its cells; everybody for the last one."""
    inside = f" AND r.cell_{resolution} = ANY(CAST(:cells AS bigint[]))" if resolution else ""
    return text(
        "SELECT r.person_id, r.lat, r.lon FROM responder r WHERE r.available"  # noqa: S608 - a number of ours
        f"{inside} AND r.skills @> CAST(:skills AS text[]) AND (r.nights OR :day_only)"
        " AND (r.on_duty_until IS NULL OR r.on_duty_until > :now)"
        " AND (:any_org OR r.org_id = ANY(CAST(:orgs AS uuid[]))) AND r.person_id <> ALL(CAST(:without AS uuid[]))"
    )


_NEAR: Mapping[int | None, Any] = {resolution: _near(resolution) for resolution in (8, 6, 4, None)}

_CHECK = text(
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
