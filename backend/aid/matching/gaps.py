"""Needs and help by need domain and area (C50): for each area below a place, what is asked for, and what is offered."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.aid.matching.domains import DOMAIN_OF, LEAST, Count, Domain, shown, state_of
from backend.aid.matching.reading import is_open
from backend.aid.models import AidListing
from backend.aid.rules import Side
from backend.areas.index import IndexedArea
from backend.areas.lookup import AREAS
from backend.incidents.models import Incident, Report
from backend.kernel.languages import pick, say
from backend.kernel.problems import NotFound

# Whether anybody asks at all is looked at over so long.
LOOKED_BACK = timedelta(days=90)
AREAS_MOST = 200
Counts = dict[tuple[int, Domain], Count]


def gaps(session: Session, area_id: int | None, *, language: str, now: datetime) -> dict[str, Any]:
    """A row for each area right below a place (without one the areas at the top), with its eight domains.

    Raises NotFound for a place that there is not.
    """
    areas = _below(session, area_id)
    counts = _counts(session, now=now)
    rows = [
        {
            "area_id": area.id, "label": pick(area.names, language) or area.name,
            "domains": [_cell(domain, counts.get((area.id, domain), Count()), language) for domain in Domain],
        }
        for area in areas
    ]  # fmt: skip
    return {"least": LEAST, "rows": rows}


def _below(session: Session, area_id: int | None) -> Sequence[IndexedArea]:
    index = AREAS.get(session)
    own = index.area(area_id) if area_id is not None else None
    if area_id is not None and own is None:
        raise NotFound()
    found = [one for one in index.all() if one.parent_id == area_id][:AREAS_MOST]
    return found or ([own] if own else [])


def _cell(domain: Domain, count: Count, language: str) -> dict[str, Any]:
    state = state_of(count)
    return {
        "domain": domain.value, "label": say(f"aid.domain.{domain.value}", language), "state": state.value,
        "words": say(f"aid.gap.{state.value}", language), "open": shown(count.open), "asked": shown(count.asked),
        "offered": shown(count.offered), "oldest": count.oldest if count.open >= LEAST else None,
    }  # fmt: skip


def _counts(session: Session, *, now: datetime) -> Counts:
    """By area, every area above it, and domain."""
    found: dict[tuple[int, Domain], Count] = defaultdict(Count)
    grouped = (Incident.area_ids, Incident.category, AidListing.direction)
    joined = (
        select(*grouped, func.count().label("number"), func.min(AidListing.waiting_since).label("oldest"))
        .select_from(AidListing)
        .join(Report, Report.id == AidListing.report_id)
        .join(Incident, Incident.id == Report.incident_id)
        .group_by(*grouped)
    )
    for row in session.execute(joined.where(*is_open(now=now))):
        is_offer = row.direction == Side.OFFER
        _add(found, row, Count(offered=row.number) if is_offer else Count(open=row.number, oldest=row.oldest))
    asked = (
        AidListing.direction == Side.REQUEST, AidListing.waiting_since > now - LOOKED_BACK, Incident.compartment == "aid",
        Incident.exercise_id.is_(None),
    )  # fmt: skip
    for row in session.execute(joined.where(*asked)):
        _add(found, row, Count(asked=row.number))
    return found


def _add(found: Counts, row: Any, count: Count) -> None:
    domain = DOMAIN_OF.get(row.category or "")
    if domain:
        for area_id in row.area_ids:
            found[area_id, domain] = found[area_id, domain].plus(count)
