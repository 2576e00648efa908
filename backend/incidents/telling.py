"""Who is told of a change: reporters by their threads, the owner by the desk (R26). No words of people go along."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.incidents.models import Incident, Report
from backend.kernel.outbox import Notice, announce


def lane_of(grade: int) -> str:
    """The lane of messages about an incident: G1 and G2 pass before everything else."""
    return "sos" if grade <= 2 else "deliveries"


def tell_reporters(
    session: Session, incident: Incident, template: str, *, now: datetime, params: Mapping[str, Any] | None = None,
    only: UUID | None = None,
) -> None:  # fmt: skip
    """Tell everyone who reported this incident, or ``only`` one of them, each in a thread of their own."""
    reports = session.scalars(select(Report.id).where(Report.incident_id == incident.id, Report.withdrawn_at.is_(None)))
    told = [report for report in reports if only in {None, report}]
    lane = lane_of(incident.grade)
    announce(
        session,
        [Notice(template, incident.id, report_id=report, lane=lane, params=params or {}) for report in told],
        now=now,
    )


def tell_desks(
    session: Session, incident: Incident, template: str, desk_ids: Iterable[UUID | None], *, now: datetime,
    params: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Tell whoever is on duty at those desks; the incident's number is all that the message says."""
    told = dict.fromkeys(desk for desk in desk_ids if desk)
    said = {"number": incident.number, "grade": incident.grade} | dict(params or {})
    lane = lane_of(incident.grade)
    announce(session, [Notice(template, incident.id, desk_id=desk, lane=lane, params=said) for desk in told], now=now)
