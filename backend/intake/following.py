"""What follows from a report, in three parts: the database takes in the one while the next is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.orm import Session

from backend.dispatch.gateway import (
    DOWN,
    WEBHOOKS,
    IncidentFacts,
    PersonFacts,
    ReporterFacts,
    people_of,
    plan_deliveries,
)
from backend.dispatch.models import Offer
from backend.dispatch.offers import Routes, find_body, lead_offer_row, parallel_offer_rows
from backend.dispatch.volunteers import Asking, Where, wave_rows
from backend.incidents.contacts import contact_columns, ways_of
from backend.incidents.models import Report
from backend.incidents.opening import Opening, Rows, due_by, link_table, opening_rows, table_of
from backend.incidents.states import State
from backend.intake.codes import code_rows
from backend.intake.models import Diversion
from backend.intake.receipts import receipt_for, receipt_hash
from backend.intake.rows import (
    ACTOR,
    Opened,
    acknowledgement,
    alike,
    decision_row,
    diversion_rows,
    event_rows,
    notices_of,
    report_row,
)
from backend.intake.sighting import Sighting, is_automatic
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, event_table
from backend.kernel.sealed import Keyring, Seal, record_key_table
from backend.organisations.directory import DIRECTORY, Directory, Owner, smallest_staffed
from backend.policy.models import StoredDecision
from backend.settings import Settings


@dataclass(frozen=True, slots=True)
class Beside:
    """What a room above adds to a report: rows of its own, facts for the journal, and what the resident is told."""

    rows: Rows = field(default_factory=dict)
    facts: Sequence[Fact] = ()
    told: Mapping[str, Any] = field(default_factory=dict)


class ReportIds(NamedTuple):
    """The report that is coming in and the incident that it opens, neither of them written yet."""

    report_id: UUID
    incident_id: UUID


class Adds(Protocol):
    """Looks at a report that is coming in and adds what belongs beside it."""

    def __call__(self, session: Session, sighting: Sighting, ids: ReportIds, *, ring: Keyring, now: datetime) -> Beside:
        """What is written with the report; a report is never refused here."""


# Rooms above that keep something beside a report; they enter it through the wiring.
ADDING: list[Adds] = []


@dataclass(frozen=True, slots=True)
class Reported:
    """The report as rows, what rooms above keep beside it, and what the resident is told."""

    rows: Rows
    beside: Sequence[Beside]
    acknowledgement: dict[str, Any]
    receipt: str


def open_incident(session: Session, sighting: Sighting, *, now: datetime) -> Opened:
    """Find the owner and the bodies to ask. No statement unless volunteers are asked."""
    directory = DIRECTORY.get(session)
    incident_id, desks = new_id(), directory.desks_over(sighting.spot.chain)
    offers = _offers(session, directory, sighting, incident_id, now=now)
    owner = smallest_staffed(desks, sighting.around.on_duty, active=directory.active)
    opening = _opening(sighting, incident_id, owner, _state(sighting, offers), offers)
    rows = opening_rows(opening, by_actor=ACTOR, now=now)
    return Opened(sighting, directory, new_id(), opening, offers, rows)


def report_rows(session: Session, opened: Opened, *, ring: Keyring, digest: bytes, now: datetime) -> Reported:
    """The report and the key that seals it. It points at the incident. No statement unless a room above asks."""
    sighting, seal = opened.sighting, Seal.fresh(opened.report_id)
    ids = ReportIds(opened.report_id, opened.incident_id)
    beside = [add(session, sighting, ids, ring=ring, now=now) for add in ADDING]
    told = acknowledgement(opened, due=due_by(opened.rows, "acknowledge"), now=now)
    for one in beside:
        told |= one.told
    receipt = receipt_for(ring, sighting.client_id)
    row = report_row(opened, seal, receipt_hash(ring, receipt), digest, told, now=now)
    rows: Rows = {
        record_key_table(): [seal.row(ring, now)],
        table_of(Report): [row | contact_columns(seal, ring, _contact(sighting))],
    }
    return Reported(rows, beside, told, receipt)


def other_rows(
    session: Session, opened: Opened, reported: Reported, *, settings: Settings, now: datetime
) -> dict[Table, list[dict[str, Any]]]:
    """All that points at the incident and the report: the decision, offers, links, deliveries, the journal."""
    sighting, incident_id, report_id = opened.sighting, opened.incident_id, opened.report_id
    facts = [fact for one in reported.beside for fact in one.facts]
    made: Rows = {
        table_of(StoredDecision): [decision_row(sighting, incident_id, now=now)],
        table_of(Offer): opened.offers,
        link_table(): alike(sighting, incident_id, now=now),
        table_of(Diversion): diversion_rows(opened, reported.acknowledgement, now=now),
        event_table(): event_rows(opened, facts, now=now),
        **code_rows(sighting.sent.get("codes"), report_id),
    }
    for one in reported.beside:
        made |= one.rows
    return made | plan_deliveries(
        notices_of(opened),
        on_duty=sighting.around.on_duty, directory=opened.directory, settings=settings, now=now,
        incidents={incident_id: _facts(sighting)}, webhooks=WEBHOOKS.get(session),
        people=_asked_people(session, opened.offers, now=now), reporters={report_id: _reporter(sighting)},
        down=DOWN.get(session),
    )  # fmt: skip


def _contact(sighting: Sighting) -> dict[str, Any] | None:
    """How the resident can be reached; nothing is kept of one who stays anonymous."""
    return None if sighting.sent["anonymous"] else sighting.sent.get("contact")


def _reporter(sighting: Sighting) -> ReporterFacts:
    contact = _contact(sighting)
    return ReporterFacts(sighting.language, bool(contact), ways_of(contact))


def _facts(sighting: Sighting) -> IncidentFacts:
    return IncidentFacts(sighting.grade, zone=sighting.zone, quiet=sighting.decision.quiet_hours.hours)


def _offers(
    session: Session, directory: Directory, sighting: Sighting, incident_id: UUID, *, now: datetime
) -> list[dict[str, Any]]:
    """Offers that a rule may make at once (R04); every other report waits for a person's triage."""
    if not is_automatic(sighting):
        return []
    decision, chain = sighting.decision, sighting.spot.chain
    routes = Routes(decision.lead, decision.parallel, decision.fallback, float(decision.clocks["acknowledge"]))
    nobody: frozenset[UUID] = frozenset()
    found = find_body(directory, routes, category=sighting.category, chain=chain, barred=nobody, from_step=0, now=now)
    due_at = decision.terms.hours.at(sighting.zone).end_of(routes.offer_s, since=now)
    lead = [lead_offer_row(incident_id, found, due_at=due_at, now=now)] if found else []
    beside = parallel_offer_rows(
        directory, incident_id, routes, category=sighting.category, chain=chain, barred=nobody,
        due_at=due_at, now=now,
    )  # fmt: skip
    return lead + beside + _first_wave(session, sighting, incident_id, now=now)


def _asked_people(session: Session, offers: Sequence[Mapping[str, Any]], *, now: datetime) -> dict[UUID, PersonFacts]:
    people = [row["person_id"] for row in offers if row["person_id"]]
    return people_of(session, people, asked=frozenset(people), now=now)


def _first_wave(session: Session, sighting: Sighting, incident_id: UUID, *, now: datetime) -> list[dict[str, Any]]:
    spot, decision = sighting.spot, sighting.decision
    said = {"volunteers": decision.volunteers.as_dict(), "grade": decision.grade}
    asking = Asking.of(said | {"lead": decision.lead, "parallel": decision.parallel}, sighting.category)
    if not asking.allowed or spot.lat is None or spot.lon is None:
        return []
    where = Where(incident_id, spot.lat, spot.lon, sighting.zone, decision.quiet_hours.hours)
    return wave_rows(session, where, asking, wave=1, asked=(), now=now)


def _state(sighting: Sighting, offers: Sequence[Mapping[str, Any]]) -> State:
    if any(offer["part"] == "lead" for offer in offers):
        return State.OFFERED
    return State.TRIAGED if is_automatic(sighting) else State.RECEIVED


def _opening(
    sighting: Sighting, incident_id: UUID, owner: Owner, state: State, offers: Sequence[Mapping[str, Any]]
) -> Opening:
    decision = sighting.decision
    return Opening(
        incident_id=incident_id,
        kind=sighting.sent["kind"],
        category=sighting.category,
        grade=sighting.grade,
        compartment=decision.compartment,
        spot=sighting.spot,
        owner=owner,
        state=state,
        clocks_s=decision.clocks,
        goals=[{"key": goal.key, "kind": goal.kind, "text": dict(goal.text)} for goal in decision.goals],
        rule=decision.rules_version,
        diverted=decision.divert or sighting.sent["danger_now"],
        safe_mode=decision.safe_mode,
        words=sighting.words,
        party_org_ids=tuple(offer["org_id"] for offer in offers),
        ladder=decision.terms.ladder,
        hours=decision.terms.hours.at(sighting.zone),
    )
