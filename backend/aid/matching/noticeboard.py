"""What is printed and pinned to a board in the street: open requests and offers that neighbours see, without personal data.

A line says what is needed or offered, when, how much and in which part of the town; who reads it answers by the page, the
chat or the desk. Nothing of it tells who asks, how they live or where exactly.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.aid.board import stands
from backend.aid.models import AidListing
from backend.aid.saying import COLUMNS, in_the_open, when_of
from backend.areas.lookup import AREAS
from backend.incidents.models import Incident, Report
from backend.kernel.languages import pick

LINES_MOST = 200


def lines(session: Session, area_id: int | None, *, language: str, now: datetime) -> list[dict[str, Any]]:
    """The lines, requests before offers, by need and then the newest."""
    query = (
        select(AidListing.category, AidListing.language, AidListing.listed_at, Incident.area_id, *COLUMNS)
        .join(Report, Report.id == AidListing.report_id)
        .join(Incident, Incident.id == Report.incident_id)
        .where(*stands(now=now))
        .order_by(AidListing.direction.desc(), AidListing.category, AidListing.listed_at.desc(), AidListing.id)
        .limit(LINES_MOST)
    )
    if area_id is not None:
        query = query.where(Incident.area_ids.contains([area_id]))
    index = AREAS.get(session)
    found = []
    for row in session.execute(query):
        area = index.area(row.area_id) if row.area_id is not None else None
        found.append(
            {
                "direction": row.direction, "need": row.category, "when": when_of(row), "says": in_the_open(row),
                "area": (pick(area.names, language) or area.name) if area else None, "language": row.language,
                "listed_at": row.listed_at,
            }
        )  # fmt: skip
    return found
