"""The gap board: stale profiles, leads that are missing or have no deputy, last desks that will be empty."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.organisations.actions.turns import turn_of
from backend.organisations.models import Desk, Mandate, Organisation, Shift
from backend.organisations.rules.bodies import is_stale
from backend.organisations.rules.gaps import Lead, leads_without_deputy, missing_leads
from backend.organisations.rules.rotas import Gap, needs_cover, rota_gaps, say_gaps

LOOK_AHEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Found:
    """One gap, in words of both languages."""

    kind: str
    organisation_id: UUID
    text: dict[str, str]
    mandate_id: UUID | None = None
    desk_id: UUID | None = None


def find_gaps(session: Session, *, zone: str, now: datetime) -> list[Found]:
    """All gaps at ``now``, and those of last desks within a week; ``zone``: the local time of their words."""
    bodies = {body.id: body for body in session.scalars(select(Organisation).order_by(Organisation.name))}
    leads = _leads(session, bodies)
    return [
        *_missing_leads(session, leads, now),
        *_empty_last_desks(session, bodies, zone, now),
        *_without_deputy(leads, bodies, now),
        *_stale_profiles(bodies, now),
    ]


def _leads(session: Session, bodies: dict[UUID, Organisation]) -> list[Lead]:
    signed = select(Mandate).where(Mandate.role == "lead", Mandate.accepted_at.is_not(None))
    return [
        Lead(
            mandate.id,
            mandate.org_id,
            mandate.route,
            mandate.category,
            mandate.area_id,
            mandate.phase,
            mandate.state == "accepted" and bodies[mandate.org_id].status == "active",
            mandate.deputy_org_id is not None and bodies[mandate.deputy_org_id].status == "active",
            mandate.valid_from,
            mandate.valid_to,
        )
        for mandate in session.scalars(signed.order_by(Mandate.id))
    ]


def _missing_leads(session: Session, leads: list[Lead], now: datetime) -> Iterator[Found]:
    for lead in missing_leads(leads, AREAS.get(session).chain, now=now):
        what = lead.category or lead.route
        text = {
            "en": f"Nobody leads {what} ({lead.route}) here any more; reports go to the desk.",
            "zh": f"此处已无组织牵头{what}（{lead.route}）；报告转由值班席处理。",
        }
        yield Found("lead_missing", lead.organisation_id, text, mandate_id=lead.id)


def _without_deputy(leads: list[Lead], bodies: dict[UUID, Organisation], now: datetime) -> Iterator[Found]:
    for lead in leads_without_deputy(leads, now=now):
        name, what = bodies[lead.organisation_id].name, lead.category or lead.route
        text = {
            "en": f"{name} leads {what} ({lead.route}) without a deputy from another organisation.",
            "zh": f"{name}牵头{what}（{lead.route}），但没有来自其他组织的副手。",
        }
        yield Found("lead_without_deputy", lead.organisation_id, text, mandate_id=lead.id)


def _empty_last_desks(session: Session, bodies: dict[UUID, Organisation], zone: str, now: datetime) -> Iterator[Found]:
    end = now + LOOK_AHEAD
    last = select(Desk).where(Desk.kind == "buck_stops", Desk.closed_at.is_(None)).order_by(Desk.id)
    desks = [d for d in session.scalars(last) if needs_cover(d.kind, always_staffed=d.always_staffed)]
    planned = select(Shift).where(
        Shift.desk_id.in_([desk.id for desk in desks]),
        Shift.withdrawn_at.is_(None),
        Shift.during.overlaps(Range(now, end)),
    )
    turns = [(shift.desk_id, turn_of(shift)) for shift in session.scalars(planned)]
    for desk in desks:
        body = bodies[desk.org_id]
        own = [turn for desk_id, turn in turns if desk_id == desk.id]
        # A body that is not active answers nowhere, whatever its rota says.
        gaps = rota_gaps(own, now, end) if body.status == "active" else (Gap(now, end),)
        if gaps:
            text = say_gaps(gaps, desk=desk.names, body=body.names or {"en": body.name}, zone=zone)
            yield Found("last_desk_empty", body.id, text, desk_id=desk.id)


def _stale_profiles(bodies: dict[UUID, Organisation], now: datetime) -> Iterator[Found]:
    for body in bodies.values():
        if body.status == "active" and is_stale(body.assured_on, now):
            text = {
                "en": f"The profile of {body.name} was not assured within the last 12 months.",
                "zh": f"{body.name}的资料在过去12个月内未经担保确认。",
            }
            yield Found("profile_stale", body.id, text)
