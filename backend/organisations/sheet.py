"""One body's sheet: all its rights and duties on one page (C02, check)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend.kernel.problems import NotFound
from backend.organisations.gaps import find_gaps
from backend.organisations.models import Desk, Mandate, Organisation
from backend.organisations.reading import say_organisation


def sheet_of(session: Session, organisation_id: UUID, *, zone: str, now: datetime) -> dict[str, Any]:
    """A body with what it does itself, what it does as a deputy, its desks and its gaps. Raises NotFound."""
    organisation = session.get(Organisation, organisation_id)
    if organisation is None:
        raise NotFound()
    involved = or_(Mandate.org_id == organisation_id, Mandate.deputy_org_id == organisation_id)
    ordered = select(Mandate).where(involved, Mandate.state != "ended")
    mandates = list(session.scalars(ordered.order_by(Mandate.role, Mandate.route, Mandate.id)))
    desks = select(Desk).where(Desk.org_id == organisation_id, Desk.closed_at.is_(None)).order_by(Desk.id)
    gaps = find_gaps(session, zone=zone, now=now)
    return {
        "organisation": say_organisation(organisation, now),
        "mandates": [mandate for mandate in mandates if mandate.org_id == organisation_id],
        "as_deputy": [mandate for mandate in mandates if mandate.org_id != organisation_id],
        "desks": list(session.scalars(desks)),
        "gaps": [gap for gap in gaps if gap.organisation_id == organisation_id],
    }
