"""Offers: a route becomes an assignment proposed to a body; whoever accepts takes ownership, and nobody else can.

The engine offers to the lead of the decided route; when it declines or does not answer in time, the next acceptable
route of the fallback chain is tried. When the chain is at its end the desk, which owned all along, is told so.
Police are never offered anything by the engine: a named person does it, naming the letter of R06 (INV-4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.dispatch.models import OPEN_OFFER_STATES, Offer
from backend.dispatch.volunteers import ask_volunteers
from backend.incidents import acts
from backend.incidents.acts import ENGINE, By
from backend.incidents.models import Incident
from backend.incidents.ownership import chain_of, locked
from backend.incidents.refusals import Unsuitable
from backend.incidents.states import Act, State
from backend.incidents.telling import lane_of, tell_desks
from backend.kernel.hooks import Departure
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.outbox import Notice, announce
from backend.kernel.problems import Refusal
from backend.kernel.sweeps import one_by_one
from backend.organisations.directory import DIRECTORY, Directory
from backend.organisations.models import Conflict
from backend.policy.cache import terms_at
from backend.policy.models import StoredDecision

# Routes that no body is offered: the desk itself, and neighbours who match themselves.
DESK = "DESK"
WITHOUT_OFFER = frozenset({DESK, "SELF"})
VOLUNTEERS = "V"
POLICE = "P"
R06_LETTERS = frozenset("abcdef")


class PoliceNeedLetter(Refusal):
    """Police are asked by a named person who names the letter of R06."""

    code, status = "police-need-letter", 422
    title = {
        "en": "Name the letter (a to f) of R06 for which police are asked",
        "zh": "请注明按R06哪一项（a至f）请求警察",
    }


@dataclass(frozen=True, slots=True)
class Routes:
    """Where the rules send an incident: a lead, helpers beside it, and what to try next."""

    lead: str
    parallel: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()
    offer_s: float = 600.0

    @classmethod
    def of(cls, result: Mapping[str, Any]) -> "Routes":
        """The routes in a stored decision's result."""
        clocks: Mapping[str, float] = result.get("clocks") or {}
        return cls(
            str(result.get("lead") or "DESK"),
            tuple(result.get("parallel") or ()),
            tuple(result.get("fallback") or ()),
            float(clocks.get("acknowledge") or 600.0),
        )

    @property
    def steps(self) -> tuple[str, ...]:
        """The lead, then the fallback chain, without police: the engine does not offer to them."""
        return tuple(route for route in dict.fromkeys((self.lead, *self.fallback)) if route != POLICE)


def find_body(
    directory: Directory,
    routes: Routes,
    *,
    category: str | None,
    chain: Sequence[int],
    barred: frozenset[UUID],
    from_step: int,
    now: datetime,
) -> tuple[int, str, UUID, UUID] | None:
    """The first body that can lead from step ``from_step`` on: step, route, body, desk; None at the chain's end."""  # fmt: skip
    if routes.lead == DESK:
        return None  # the desk that owns it is the lead, until a person there decides otherwise
    for step, route in enumerate(routes.steps):
        if step < from_step or route in WITHOUT_OFFER or route == VOLUNTEERS:
            continue
        for mandate in directory.mandates_for(route=route, category=category, chain=chain, now=now):
            for org in filter(None, (mandate.org_id, mandate.deputy_org_id)):
                desk = directory.desk_of(org, chain)
                if desk and org not in barred and directory.organisations[org].status == "active":
                    return step, route, org, desk.id
    return None


def lead_offer_row(
    incident_id: UUID, found: tuple[int, str, UUID, UUID], *, due_at: datetime, now: datetime
) -> dict[str, Any]:
    """The row of an offer to lead."""
    step, route, org, desk = found
    return _row(incident_id, "lead", route, org, desk, step=step, due_at=due_at, now=now)


def parallel_offer_rows(
    directory: Directory, incident_id: UUID, routes: Routes, *, category: str | None, chain: Sequence[int],
    barred: frozenset[UUID], due_at: datetime, now: datetime,
) -> list[dict[str, Any]]:  # fmt: skip
    """Offers to support: the first body with a mandate for each parallel route, police excepted."""
    rows = []
    for route in routes.parallel:
        if route in WITHOUT_OFFER | {VOLUNTEERS, POLICE, routes.lead}:
            continue
        one = Routes(route)
        found = find_body(directory, one, category=category, chain=chain, barred=barred, from_step=0, now=now)
        if found:
            rows.append(_row(incident_id, "parallel", route, found[2], found[3], step=0, due_at=due_at, now=now))
    return rows


def _row(
    incident_id: UUID, part: str, route: str, org: UUID, desk: UUID, *, step: int, due_at: datetime, now: datetime
) -> dict[str, Any]:
    return {
        "id": new_id(), "incident_id": incident_id, "part": part, "route": route, "org_id": org, "desk_id": desk,
        "person_id": None, "wave": 0, "chain_step": step, "distance_m": None, "state": "proposed",
        "offered_at": now, "due_at": due_at, "seen_at": None, "answered_at": None,
        "answered_by": None, "reason": None, "r06_letter": None, "arrived_at": None,
    }  # fmt: skip


def offer_notice(row: Mapping[str, Any], grade: int, number: int | None = None) -> Notice:
    """What the body that was asked is told: that there is an offer, nothing of what it is about."""
    params = {"grade": grade} | ({"number": number} if number else {})
    return Notice(
        "offer_made", row["incident_id"], desk_id=row["desk_id"], person_id=None if row["desk_id"] else row["person_id"],
        offer_id=row["id"], lane=lane_of(grade) if grade <= 2 else "offers", params=params,
    )  # fmt: skip


def routes_of(session: Session, incident_id: UUID) -> Routes:
    """The routes of the latest decision about an incident."""
    result = session.scalars(
        select(StoredDecision.result)
        .where(StoredDecision.incident_id == incident_id)
        .order_by(StoredDecision.at.desc())
        .limit(1)
    ).first()
    return Routes.of(result or {})


def barred_bodies(session: Session, incident_id: UUID) -> frozenset[UUID]:
    """Bodies that said no, let their offer lapse, or have a conflict of interest in this incident."""
    said_no = session.scalars(
        select(Offer.org_id).where(
            Offer.incident_id == incident_id, Offer.part == "lead", Offer.state.in_(("declined", "lapsed"))
        )
    )
    conflicted = session.scalars(
        select(Conflict.org_id).where(Conflict.incident_id == incident_id, Conflict.org_id.is_not(None))
    )
    return frozenset(org for org in (*said_no, *conflicted) if org)


def offer_along_routes(
    session: Session, incident: Incident, routes: Routes, *, from_step: int = 0, by: By = ENGINE, now: datetime
) -> bool:
    """Offer a triaged incident to the next body of its chain; False when nobody is left, and the desk is told."""
    directory = DIRECTORY.get(session)
    chain, barred = chain_of(incident), barred_bodies(session, incident.id)
    found = find_body(
        directory, routes, category=incident.category, chain=chain, barred=barred, from_step=from_step, now=now
    )
    due_at = _answer_by(session, incident, routes, now=now)
    rows = [] if found is None else [lead_offer_row(incident.id, found, due_at=due_at, now=now)]
    if from_step == 0:
        rows += parallel_offer_rows(
            directory, incident.id, routes, category=incident.category, chain=chain, barred=barred,
            due_at=due_at, now=now,
        )  # fmt: skip
    _write(session, incident, rows, now=now)
    if found:
        _mark_offered(session, incident, rows[0], by=by, now=now)
    elif routes.lead not in WITHOUT_OFFER | {VOLUNTEERS}:
        tell_desks(session, incident, "offer_nobody_left", [incident.owner_desk_id], now=now)
    if from_step == 0:
        ask_volunteers(session, incident, now=now)
    return found is not None


def _answer_by(session: Session, incident: Incident, routes: Routes, *, now: datetime) -> datetime:
    """When an offer lapses: planned matters wait for the hours in which somebody is at the desk that is asked."""
    terms = terms_at(session, incident.grade, chain_of(incident), now=now)
    return terms.hours.end_of(routes.offer_s, since=now)


def _mark_offered(session: Session, incident: Incident, row: Mapping[str, Any], *, by: By, now: datetime) -> None:
    payload = {"offer_id": row["id"], "org_id": row["org_id"], "route": row["route"], "step": row["chain_step"]}
    acts.apply(session, incident, Act.OFFER, "IncidentOffered", payload, by=by, now=now)


def _write(session: Session, incident: Incident, rows: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    session.add_all(Offer(**row) for row in rows)
    fresh = [row["org_id"] for row in rows if row["org_id"] not in incident.party_org_ids]
    if fresh:
        incident.party_org_ids = [*incident.party_org_ids, *dict.fromkeys(fresh)]
    session.flush()
    announce(session, [offer_notice(row, incident.grade, incident.number) for row in rows], now=now)


@dataclass(frozen=True, slots=True)
class Proposal:
    """An offer that a person makes. ``letter`` is the letter of R06 when the route is police."""

    route: str
    organisation_id: UUID
    part: str = "lead"
    letter: str | None = None
    respond_within_s: float | None = None


def propose(session: Session, incident: Incident, proposal: Proposal, *, by: By, now: datetime) -> Offer:
    """A person offers the incident to a body. Raises Unsuitable, PoliceNeedLetter, ActRefused."""
    directory = DIRECTORY.get(session)
    body = directory.organisations.get(proposal.organisation_id)
    desk = directory.desk_of(proposal.organisation_id, chain_of(incident)) if body else None
    if body is None or body.status != "active" or desk is None:
        raise Unsuitable({"en": "This body cannot be reached for this place.", "zh": "该机构在此地点无法联系。"})
    if proposal.organisation_id in conflicted_bodies(session, incident.id):
        raise Unsuitable({"en": "This body has a conflict of interest here.", "zh": "该机构与此事有利益冲突。"})
    if (body.kind == "police" or proposal.route == POLICE) and proposal.letter not in R06_LETTERS:
        raise PoliceNeedLetter()
    if proposal.part == "lead":
        _withdraw_open_lead(session, incident, now=now)
    within_s = proposal.respond_within_s
    due_at = (
        now + timedelta(seconds=within_s)
        if within_s
        else _answer_by(session, incident, routes_of(session, incident.id), now=now)
    )
    row = _row(incident.id, proposal.part, proposal.route, body.id, desk.id, step=0, due_at=due_at, now=now)
    row["r06_letter"] = proposal.letter
    _write(session, incident, [row], now=now)
    if proposal.part == "lead":
        _mark_offered(session, incident, row, by=by, now=now)
    else:
        payload = {"offer_id": row["id"], "org_id": body.id, "route": proposal.route, "letter": proposal.letter}
        record(session, incident_stream(incident.id), [Fact("SupportAsked", payload)], now=now)
    offer = session.get(Offer, row["id"])
    assert offer is not None
    return offer


def conflicted_bodies(session: Session, incident_id: UUID) -> frozenset[UUID]:
    """Bodies that a declared interest bars from this incident."""
    found = session.scalars(select(Conflict.org_id).where(Conflict.incident_id == incident_id))
    return frozenset(org for org in found if org)


def _withdraw_open_lead(session: Session, incident: Incident, *, now: datetime) -> None:
    held = session.scalars(
        select(Offer).where(Offer.incident_id == incident.id, Offer.part == "lead", Offer.state.in_(OPEN_OFFER_STATES))
    ).all()
    for offer in held:
        offer.state, offer.answered_at = "withdrawn", now
        announce(session, [_note_to_offeree("offer_withdrawn", offer, incident)], now=now)
    session.flush()


def _note_to_offeree(template: str, offer: Offer, incident: Incident) -> Notice:
    return Notice(
        template, incident.id, desk_id=offer.desk_id, person_id=None if offer.desk_id else offer.person_id,
        offer_id=offer.id, lane=lane_of(incident.grade), params={"number": incident.number},
    )  # fmt: skip


def lapse_due(session: Session, *, now: datetime, limit: int = 50) -> int:
    """Let offers lapse whose time ran out, and ask the next; return how many. The caller commits."""
    due = session.scalars(
        select(Offer)
        .where(Offer.state.in_(OPEN_OFFER_STATES), Offer.due_at <= now)
        .order_by(Offer.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()

    def lapse(offer: Offer) -> None:
        incident = locked(session, offer.incident_id)
        offer.state, offer.answered_at = "lapsed", now
        after_no(session, incident, offer, Act.LAPSE, "OfferLapsed", by=ENGINE, now=now)

    def put_off(offer: Offer) -> None:
        offer.due_at = now + timedelta(seconds=30)

    return one_by_one(session, due, lapse, what="offers", put_off=put_off)


def after_no(session: Session, incident: Incident, offer: Offer, act: Act, fact: str, *, by: By, now: datetime) -> None:
    session.flush()
    payload = {"offer_id": offer.id, "org_id": offer.org_id, "route": offer.route, "wave": offer.wave}
    if offer.part == "lead" and incident.state == State.OFFERED:
        acts.apply(session, incident, act, fact, payload, by=by, now=now)
        routes = routes_of(session, incident.id)
        offer_along_routes(session, incident, routes, from_step=offer.chain_step, now=now)
    else:
        record(session, incident_stream(incident.id), [Fact(fact, payload)], now=now)
    if offer.part == "volunteer":
        ask_volunteers(session, incident, now=now)


def withdraw_of_departed(session: Session, departure: Departure, now: datetime) -> None:
    """Whoever departs is asked nothing any more: open offers are withdrawn and the next of the chain is asked."""
    query = select(Offer).where(Offer.state.in_(OPEN_OFFER_STATES)).order_by(Offer.incident_id)
    if departure.organisation_id:
        query = query.where(Offer.org_id == departure.organisation_id)
    if departure.desk_id:
        query = query.where(Offer.desk_id == departure.desk_id)
    if departure.person_id:
        query = query.where(Offer.person_id == departure.person_id)
    for offer in session.scalars(query).all():
        incident = locked(session, offer.incident_id)
        offer.state, offer.answered_at = "lapsed", now
        after_no(session, incident, offer, Act.LAPSE, "OfferLapsed", by=ENGINE, now=now)
