"""Asking volunteers: waves beside a professional owner, until enough accept (R15 to R18, C17).

A volunteer who accepts helps; the desk or body that owns the incident goes on owning it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.dispatch.models import OPEN_OFFER_STATES, Offer
from backend.dispatch.rules import WaveSettings, choose_wave
from backend.dispatch.waves import find_candidates, is_night
from backend.incidents.models import Incident
from backend.incidents.ownership import chain_of
from backend.incidents.states import TERMINAL, State
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.outbox import Notice, announce
from backend.organisations.hours import Hours
from backend.policy.cache import quiet_hours_at, zone_of
from backend.policy.catalogue import default_catalogue
from backend.policy.clocks import shipped_quiet_hours
from backend.policy.models import StoredDecision

ROUTE = "V"
# Neighbours and trained responders are people, asked one by one near the place; every other route is a body.
BY_PERSON = frozenset({ROUTE, "TR"})
# The credential that a task needs, by its risk class (taxonomy.md section 7.2, R18, R19), and for what is no aid.
CREDENTIAL = {
    "doorstep": "basic", "outdoors": "basic", "in_home": "in_home", "care": "care", "child": "child_safeguarding",
    "money": "money",
}  # fmt: skip
CREDENTIAL_OF = {"DS09": "in_home", "AID06": "child_safeguarding"}


@dataclass(frozen=True, slots=True)
class Asking:
    """How volunteers are asked for one incident, as the rules of its place decided."""

    allowed: bool
    waves: WaveSettings
    team: int
    urgent: bool
    credential: str

    @classmethod
    def of(cls, result: Mapping[str, Any], category: str | None) -> "Asking":
        """From a stored decision's result."""
        said: Mapping[str, Any] = result.get("volunteers") or {}
        wanted = bool(BY_PERSON & {result.get("lead"), *(result.get("parallel") or ())})
        urgent = str(result.get("grade")) in {"G1", "G2"}
        waits = tuple(said.get("waits_s") or (60, 90))
        return cls(
            allowed=bool(said.get("allowed")) and wanted,
            waves=WaveSettings(
                radius_m=float(said.get("radius_m", 500.0)), sizes=tuple(said.get("wave_sizes") or (3, 5, 8)),
                most=int(said.get("cap_incident", 20)), cap_day=int(said.get("cap_day", 3)),
                cap_week=int(said.get("cap_week", 6)), wait_urgent_s=waits, wait_other_s=waits,
            ),
            team=max(int(said.get("team") or 1), 1),
            urgent=urgent,
            credential=credential_for(category),
        )  # fmt: skip


def credential_for(category: str | None) -> str:
    """The credential without which nobody is asked for this category."""
    known = default_catalogue().categories.get(category or "")
    risk = known.risk_class.partition("→")[0].strip() if known else ""
    return CREDENTIAL_OF.get(category or "") or CREDENTIAL.get(risk, "basic")


@dataclass(frozen=True, slots=True)
class Where:
    """The incident that people are asked for, as far as the search needs it. ``quiet`` are the place's quiet hours."""

    incident_id: UUID
    lat: float
    lon: float
    zone: str
    quiet: Hours = field(default_factory=shipped_quiet_hours)


def wave_rows(
    session: Session, where: Where, asking: Asking, *, wave: int, asked: Collection[UUID], now: datetime
) -> list[dict[str, Any]]:
    """Offers of one wave to the nearest volunteers who may be asked; empty when there are none or enough were asked."""
    found = find_candidates(
        session, lat=where.lat, lon=where.lon, skill=asking.credential, org_ids=None, now=now,
        limit=asking.waves.most, exclude=asked, incident_id=where.incident_id,
        night=is_night(where.zone, where.quiet, now=now), within_m=asking.waves.radius_m, settings=asking.waves,
    )  # fmt: skip
    chosen = choose_wave(found, wave, asking.waves, str(where.incident_id), alerted=len(asked))
    wait = timedelta(seconds=asking.waves.wait_s(wave, urgent=asking.urgent))
    return [
        {
            "id": new_id(), "incident_id": where.incident_id, "part": "volunteer", "route": ROUTE,
            "org_id": one.org_id, "desk_id": None, "person_id": one.person_id, "wave": wave, "chain_step": 0,
            "distance_m": one.distance_m, "state": "proposed", "offered_at": now, "due_at": now + wait,
            "seen_at": None, "answered_at": None, "answered_by": None, "reason": None, "r06_letter": None,
            "arrived_at": None,
        }
        for one in chosen
    ]  # fmt: skip


def volunteer_notices(rows: Sequence[Mapping[str, Any]], grade: int) -> list[Notice]:
    """What the people of a wave are told: that they are asked, nothing of what it is about."""
    lane = "sos" if grade <= 2 else "offers"
    return [
        Notice(
            "offer_volunteer", row["incident_id"], person_id=row["person_id"], offer_id=row["id"], lane=lane,
            params={"grade": grade},
        )
        for row in rows
    ]  # fmt: skip


def ask_volunteers(session: Session, incident: Incident, *, now: datetime) -> int:
    """Ask the next wave for an incident, where the rules allow it and more people are needed; return how many."""
    if State(incident.state) in TERMINAL or incident.lat is None or incident.lon is None:
        return 0
    asking = Asking.of(_decided(session, incident.id), incident.category)
    offers = session.scalars(select(Offer).where(Offer.incident_id == incident.id, Offer.part == "volunteer")).all()
    helping = sum(offer.state in {"accepted", "arrived", "completed"} for offer in offers)
    waiting = any(offer.state in OPEN_OFFER_STATES for offer in offers)
    if not asking.allowed or helping >= asking.team or waiting:
        return 0
    chain = chain_of(incident)
    quiet = quiet_hours_at(session, chain, now=now)
    where = Where(incident.id, incident.lat, incident.lon, zone_of(session, chain), quiet)
    asked = {offer.person_id for offer in offers if offer.person_id}
    wave = max((offer.wave for offer in offers), default=0) + 1
    rows = wave_rows(session, where, asking, wave=wave, asked=asked, now=now)
    if not rows:
        return 0
    session.add_all(Offer(**row) for row in rows)
    bodies = dict.fromkeys(row["org_id"] for row in rows if row["org_id"] not in incident.party_org_ids)
    incident.party_org_ids = [*incident.party_org_ids, *bodies]
    fact = Fact("VolunteersAsked", {"wave": wave, "asked": len(rows)})
    record(session, incident_stream(incident.id), [fact], now=now)
    announce(session, volunteer_notices(rows, incident.grade), now=now)
    return len(rows)


def release_rest(session: Session, incident: Incident, *, now: datetime) -> None:
    """When enough people help, the others are told: thank you, it is covered."""
    asking = Asking.of(_decided(session, incident.id), incident.category)
    offers = session.scalars(select(Offer).where(Offer.incident_id == incident.id, Offer.part == "volunteer")).all()
    if sum(offer.state in {"accepted", "arrived", "completed"} for offer in offers) < asking.team:
        return
    for offer in offers:
        if offer.state in OPEN_OFFER_STATES:
            offer.state, offer.answered_at = "withdrawn", now
            notice = Notice("offer_covered", incident.id, person_id=offer.person_id, offer_id=offer.id, lane="offers")
            announce(session, [notice], now=now)


def _decided(session: Session, incident_id: UUID) -> Mapping[str, Any]:
    found = session.scalars(
        select(StoredDecision.result)
        .where(StoredDecision.incident_id == incident_id)
        .order_by(StoredDecision.at.desc())
        .limit(1)
    ).first()
    return found or {}


def lose_task(session: Session, *, person_id: UUID, credential: str, now: datetime) -> int:
    """A credential ended: what was offered on its strength is withdrawn and offered anew; a task begun is not broken."""
    offers = session.scalars(
        select(Offer).where(Offer.person_id == person_id, Offer.part == "volunteer", Offer.state.in_(OPEN_OFFER_STATES))
    ).all()
    ended = 0
    for offer in offers:
        incident = session.get(Incident, offer.incident_id, with_for_update=True)
        if incident is None or credential_for(incident.category) != credential:
            continue
        offer.state, offer.answered_at, ended = "withdrawn", now, ended + 1
        notice = Notice("offer_withdrawn", incident.id, person_id=person_id, offer_id=offer.id, lane="offers")
        announce(session, [notice], now=now)
        session.flush()
        ask_volunteers(session, incident, now=now)
    return ended
