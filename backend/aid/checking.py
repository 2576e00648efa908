"""Asking the database what the rules of safety need to know of a match: the request's risk, the helper's credentials."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.aid import board, safety
from backend.aid.models import AidListing, AidMatch
from backend.aid.rules import Barred, unfit
from backend.aid.safety import Need
from backend.aid.states import UNDER_WAY
from backend.incidents.models import Incident, Report
from backend.organisations.models import Credential
from backend.policy.markers import in_group
from backend.policy.models import StoredDecision


def need_of(session: Session, report: Report, incident: Incident) -> Need:
    """What a request needs, as it stands now and not as it was when it was written."""
    listed = session.scalar(select(AidListing.risk).where(AidListing.report_id == report.id))
    newest = select(StoredDecision.inputs).where(StoredDecision.incident_id == incident.id)
    inputs = session.scalar(newest.order_by(StoredDecision.at.desc()).limit(1)) or {}
    child = bool(in_group("child") & set(inputs.get("flags", ()))) or listed == "child"
    fit = unfit(board.fitness_of(session, report, incident)) is None
    return Need(board.risk_now(incident, listed), child, fit)


def held_by(session: Session, offer: Report, *, now: datetime) -> frozenset[str]:
    """The credentials that whoever offers holds at this moment: an account's; a resident without one holds none."""
    query = (
        select(Credential.type)
        .join(AidListing, AidListing.person_id == Credential.person_id)
        .where(
            AidListing.report_id == offer.id, Credential.state == "active", Credential.level == "qualified",
            Credential.valid_to > now,
        )
    )  # fmt: skip
    return frozenset(session.scalars(query))


def barred(session: Session, match: AidMatch, *, now: datetime) -> Barred | None:
    """Why a match may not be said yes to now, None when it may."""
    request, offer = session.get_one(Report, match.request_report_id), session.get_one(Report, match.offer_report_id)
    need = need_of(session, request, session.get_one(Incident, request.incident_id))
    return safety.barred(need, held=held_by(session, offer, now=now), proposed=match.proposed_by is not None)


def has_enough(session: Session, request: Report, incident: Incident) -> bool:
    """Whether as many helpers have agreed with a request as have to come together (R17)."""
    wanted = safety.helpers_needed(need_of(session, request, incident))
    return wanted <= 1 or _agreed(session, request.id) >= wanted


def _agreed(session: Session, request_id: UUID) -> int:
    query = select(func.count()).select_from(AidMatch)
    return session.scalar(query.where(AidMatch.request_report_id == request_id, AidMatch.state.in_(UNDER_WAY))) or 0
