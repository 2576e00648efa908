"""What a body may read of what others shared with it, what a desk shared, and what a resident is told of that."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.incidents.models import Incident
from backend.incidents.reading import opened
from backend.kernel.database import seeing_all
from backend.kernel.languages import pick, say
from backend.kernel.sealed import Keyring, seals_of
from backend.organisations.directory import DIRECTORY
from backend.sharing.actions import agreed_of
from backend.sharing.models import Agreement, Share
from backend.sharing.rules import Basis, fields_now, in_force

PLAIN = (
    "id", "incident_id", "from_org_id", "to_org_id", "fields", "basis", "agreement_id", "decision", "at", "until",
    "ended_at", "tell_at", "review_due_at", "reviewed_at",
)  # fmt: skip


def received(session: Session, orgs: Collection[UUID], language: str, *, now: datetime) -> list[dict[str, Any]]:
    """What is shared with these bodies at this moment: the named facts as they are now, and nothing else."""
    query = (
        select(Share, Agreement, Incident)
        .join(Incident, Incident.id == Share.incident_id)
        .outerjoin(Agreement, Agreement.id == Share.agreement_id)
        .where(Share.to_org_id.in_(list(orgs)), Share.decision == "shared", Share.ended_at.is_(None), Share.until > now)
        .order_by(Share.at.desc())
        .limit(200)
    )
    with seeing_all(session):
        rows = session.execute(query).all()
        found = []
        for share, agreement, incident in rows:
            agreed = agreed_of(agreement) if agreement else None
            shown = fields_now(share.fields, agreed, basis=Basis(share.basis), until=share.until, now=now)
            if shown:
                facts = _facts(session, incident, shown, language)
                found.append(
                    {"id": share.id, "incident_id": incident.id, "from_org_id": share.from_org_id, "facts": facts,
                     "until": share.until, "basis": share.basis}
                )  # fmt: skip
    return found


def _facts(session: Session, incident: Incident, names: Collection[str], language: str) -> dict[str, Any]:
    directory = DIRECTORY.get(session)
    area = AREAS.get(session).area(incident.area_id) if incident.area_id else None
    known = {
        "exists": True,
        "state": incident.state,
        "owner": pick(directory.label(incident.owner_org_id, incident.owner_desk_id), language),
        "area": pick(area.names, language) if area else None,
        "category": incident.category,
        "grade": incident.grade,
        "opened_at": incident.opened_at.isoformat(),
        "place": {"lat": incident.lat, "lon": incident.lon, "accuracy_m": incident.accuracy_m},
    }
    return {name: value for name, value in known.items() if name in names}


def decided(session: Session, ring: Keyring, incident_id: UUID) -> list[dict[str, Any]]:
    """Every share and refusal of an incident, with the reasons, for those who see the incident."""
    rows = session.scalars(select(Share).where(Share.incident_id == incident_id).order_by(Share.at)).all()
    return said(session, ring, rows)


def said(session: Session, ring: Keyring, rows: Sequence[Share]) -> list[dict[str, Any]]:
    """Shares with their reasons opened."""
    seals = seals_of(session, ring, [row.id for row in rows])
    return [
        {name: getattr(row, name) for name in PLAIN} | {"reason": opened(seals, row.id, "reason", row.reason)}
        for row in rows
    ]


def shared_of(session: Session, incident_id: UUID, language: str) -> list[dict[str, Any]]:
    """What a resident is told: with which body, which facts, on what ground and until when; never by whom."""
    query = select(Share).where(
        Share.incident_id == incident_id, Share.decision == "shared", Share.told_at.is_not(None)
    )
    directory = DIRECTORY.get(session)
    return [
        {
            "at": row.at.isoformat(), "until": (row.ended_at or row.until).isoformat(),
            "with": pick(directory.label(row.to_org_id, None), language), "fields": row.fields, "basis": row.basis,
            "words": say(f"shared.{row.basis}", language),
            "what": [say(f"shared.field.{name}", language) for name in row.fields],
        }
        for row in session.scalars(query.order_by(Share.at))
    ]  # fmt: skip


def agreements_of(session: Session, orgs: Collection[UUID], *, now: datetime) -> list[dict[str, Any]]:
    """The agreements to which these bodies are a party, the latest first."""
    mine = list(orgs)
    query = select(Agreement).where(Agreement.from_org_id.in_(mine) | Agreement.to_org_id.in_(mine))
    rows = session.scalars(query.order_by(Agreement.proposed_at.desc(), Agreement.id).limit(500))
    return [shown(row, now) for row in rows]


def shown(row: Agreement, now: datetime) -> dict[str, Any]:
    """An agreement, and whether it holds at this moment."""
    names = ("id", "from_org_id", "to_org_id", "purpose", "legal_basis", "fields", "categories", "valid_from", "valid_to",
             "state", "proposed_at", "accepted_at", "ended_at")  # fmt: skip
    return {name: getattr(row, name) for name in names} | {"in_force": in_force(agreed_of(row), now)}
