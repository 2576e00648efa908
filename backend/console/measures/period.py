"""What a measure is of: whole days in the deployment's time zone, and a place with all that lies in it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.areas.index import AreaIndex
from backend.areas.lookup import AREAS
from backend.kernel.database import seeing_all
from backend.kernel.problems import Invalid, NotFound

DAYS, DAYS_MOST = 28, 366


@dataclass(frozen=True, slots=True)
class Scope:
    """Days from ``since`` to ``until``, both included, in ``zone``; ``area`` None: everywhere the reader sees."""

    since: date
    until: date
    zone: str
    area: int | None = None

    @property
    def given(self) -> dict[str, Any]:
        """The parameters that every statement takes."""
        zone = ZoneInfo(self.zone)
        begin = datetime.combine(self.since, time(), zone)
        end = datetime.combine(self.until + timedelta(days=1), time(), zone)
        return {"since": begin, "until": end, "area": self.area or 0, "zone": self.zone}


def scope_of(session: Session, query: Mapping[str, Any], *, zone: str, now: datetime) -> Scope:
    """The scope of a checked query: the last 28 days where nothing is said. Raises Invalid, NotFound."""
    today = now.astimezone(ZoneInfo(zone)).date()
    until = query.get("until") or today
    since = query.get("since") or until - timedelta(days=DAYS - 1)
    if since > until:
        raise Invalid({"since": ["The first day lies after the last."]})
    if (until - since).days >= DAYS_MOST:
        raise Invalid({"since": ["At most 366 days at a time."]})
    area = query.get("area")
    if area is not None and AREAS.get(session).area(area) is None:
        raise NotFound()
    return Scope(since, until, zone, area)


_SEEN = text(
    "SELECT array_agg(i.id) FROM incident i WHERE i.exercise_id IS NULL AND i.area_ids @> ARRAY[CAST(:area AS bigint)]"
    " AND i.opened_at < :until AND (i.opened_at >= :since OR NOT :opened_in)"
)


@contextmanager
def seen_by_reader(session: Session, scope: Scope, *, opened_in: bool) -> Iterator[list[UUID]]:
    """The incidents of the scope that row security shows to the reader; inside the block everything may be read.

    What belongs to an incident would else be asked of row security row by row, ten times as slowly
    (tests/bench/measuring.py): inside, every statement joins these ids and no others. ``opened_in``: only those that were
    opened in the period.
    """
    given = {name: scope.given[name] for name in ("since", "until", "area")} | {"opened_in": opened_in}
    ids: list[UUID] = session.scalar(_SEEN, given) or []
    with seeing_all(session):
        session.execute(text("SET LOCAL work_mem = '64MB'"))
        yield ids


def parent_of_rows(index: AreaIndex, area: int | None) -> int:
    """The area whose parts are the rows: the one that was chosen, else the only top area, else all of them (0)."""
    if area is not None:
        return area
    tops = [one.id for one in index.all() if one.parent_id is None]
    return tops[0] if len(tops) == 1 else 0
