"""Conflicts of interest (C04): whom a declared interest bars from an incident, whoever they are, government included."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.incidents.refusals import ActRefused
from backend.incidents.rules import Barred
from backend.organisations.models import Conflict

KINDS = ("owns", "employed_by", "related_to", "complained_about", "supplier")


def barred_here(session: Session, incident_id: UUID) -> frozenset[UUID]:
    """The people and bodies that have an interest in this incident."""
    rows = session.execute(select(Conflict.org_id, Conflict.person_id).where(Conflict.incident_id == incident_id))
    return frozenset(one for row in rows for one in row if one)


def demand_neutral(session: Session, incident_id: UUID, concerned: Iterable[UUID | None]) -> None:
    """Raise ActRefused where one of those who would answer for an incident, or close it, has an interest in it."""
    if barred_here(session, incident_id) & {one for one in concerned if one}:
        raise ActRefused(
            Barred("conflict-of-interest", "A declared interest bars this.", "已申报的利益冲突使其不得如此。"),
        )
