"""Identifiers: random, so that knowing one tells nothing of another (OWASP ASVS 5.0, 11.5.1)."""

from typing import NewType
from uuid import UUID, uuid4

AreaId = NewType("AreaId", int)
OrganisationId = NewType("OrganisationId", UUID)
DeskId = NewType("DeskId", UUID)
PersonId = NewType("PersonId", UUID)
ReportId = NewType("ReportId", UUID)
IncidentId = NewType("IncidentId", UUID)


def new_id() -> UUID:
    """A fresh random identifier of 122 bits."""
    return uuid4()
