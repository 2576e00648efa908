"""What both ways of reading share: the shape of a service request, and what is kept quiet about one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_
from sqlalchemy.orm import Session

from backend.incidents.models import Incident
from backend.kernel.sealed import Keyring
from backend.policy.categories import Category
from backend.policy.models import StoredDecision
from backend.settings import Settings

# GeoReport v2, GET Service Requests. Words, addresses and pictures that people sent are never filled in.
FIELDS = (
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address",
    "address_id", "zipcode", "lat", "long", "media_url",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and from what."""

    session: Session
    settings: Settings
    ring: Keyring
    services: Mapping[str, Category]
    language: str
    now: datetime


def request_of(**known: Any) -> dict[str, Any]:
    """A service request with every field of the specification, null where nothing is told."""
    return dict.fromkeys(FIELDS) | {
        name: w3c(value) if isinstance(value, datetime) else value for name, value in known.items()
    }


def w3c(at: datetime) -> str:
    """A time in UTC as the specification has it, such as 2010-01-01T00:00:00Z."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def is_quiet(codes: Iterable[str]) -> ColumnElement[bool]:
    """The condition that an incident has become, or always was, nothing that may be told: no service, or private."""
    private = exists().where(
        StoredDecision.incident_id == Incident.id, StoredDecision.result["private"].as_boolean().is_(True)
    )
    category = func.coalesce(Incident.category, "").not_in(list(codes))
    return or_(category, Incident.compartment != "incident", Incident.safe_mode, private)
