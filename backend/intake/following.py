"""What follows from a report: every row of it, made before anything is written, so that one statement writes all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.orm import Session

from backend.dispatch.gateway import WEBHOOKS, IncidentFacts, PersonFacts, ReporterFacts, people_of, plan_deliveries
from backend.dispatch.models import Offer
from backend.dispatch.offers import Routes, find_body, lead_offer_row, offer_notice, parallel_offer_rows
from backend.dispatch.volunteers import Asking, Where, volunteer_notices, wave_rows
from backend.incidents.contacts import contact_columns, ways_of
from backend.incidents.likeness import Candidate, Duplicate, suggest_duplicates
from backend.incidents.models import Report
from backend.incidents.opening import Opening, Rows, due_by, link_rows, link_table, opening_rows, table_of
from backend.incidents.states import State
from backend.incidents.telling import lane_of
from backend.intake.attaching import Uploads, attach
from backend.intake.codes import code_rows
from backend.intake.emergency import emergency_of
from backend.intake.models import Diversion
from backend.intake.receipts import receipt_for, receipt_hash
from backend.intake.sighting import Sighting, believed, is_automatic
from backend.kernel.ids import new_id
from backend.kernel.journal import GENESIS, Fact, chained, event_table, incident_stream
from backend.kernel.languages import pick
from backend.kernel.outbox import Notice
from backend.kernel.sealed import Keyring, Seal, record_key_table
from backend.organisations.directory import DIRECTORY, Directory, Owner, smallest_staffed
from backend.policy.models import StoredDecision
from backend.settings import Settings

ACTOR = "resident"


@dataclass(frozen=True, slots=True)
class Beside:
    """What a room above adds to a report: rows of its own, facts for the journal, and what the resident is told."""

    rows: Rows = field(default_factory=dict)
    facts: Sequence[Fact] = ()
    told: Mapping[str, Any] = field(default_factory=dict)


class Adds(Protocol):
    """Looks at a report that is coming in and adds what belongs beside it."""

    def __call__(self, session: Session, sighting: Sighting, report_id: UUID, *, now: datetime) -> Beside:
        """What is written with the report; a report is never refused here."""


# Rooms above that keep something beside a report; they enter it through the wiring.
ADDING: list[Adds] = []


@dataclass(frozen=True, slots=True)
class Following:
    """Everything that a report brings about: rows by table, and what the resident is told.

    ``rest`` makes the rows that point at ``rows``: the database takes in the ones while the others are made.
    """

    report_id: UUID
    rows: Rows
    rest: Callable[[], Rows]
    acknowledgement: dict[str, Any]
    receipt: str
    uploads: Uploads

    def attach(self, session: Session) -> None:
        """Give the report its photos and voice notes. Raises NoSuchPhoto, NoSuchVoiceNote."""
        attach(session, self.uploads, self.report_id)


def follow(
    session: Session, sighting: Sighting, *, ring: Keyring, digest: bytes, settings: Settings, now: datetime
) -> Following:
    """Find the owner, the bodies to ask and what is alike, and make every row. No statement unless volunteers are asked."""
    directory = DIRECTORY.get(session)
    report_id, incident_id = new_id(), new_id()
    desks = directory.desks_over(sighting.spot.chain)
    offers = _offers(session, directory, sighting, incident_id, now=now)
    on_duty = sighting.around.on_duty
    owner = smallest_staffed(desks, on_duty, active=directory.active)
    state = _state(sighting, offers)
    opening = _opening(sighting, incident_id, owner, state, offers)
    rows = opening_rows(opening, by_actor=ACTOR, now=now)
    beside = [add(session, sighting, report_id, now=now) for add in ADDING]
    told = _acknowledgement(sighting, directory, report_id, opening, due=due_by(rows, "acknowledge"), now=now)
    for one in beside:
        told |= one.told
    seal, receipt = Seal.fresh(report_id), receipt_for(ring, sighting.client_id)
    rows |= {
        record_key_table(): [seal.row(ring, now)],
        table_of(Report): [
            _report_row(sighting, seal, incident_id, receipt_hash(ring, receipt), digest, told, now=now)
            | contact_columns(seal, ring, _contact(sighting))
        ],
    }
    people = _asked_people(session, offers, now=now)
    webhooks = WEBHOOKS.get(session)

    def rest() -> Rows:
        facts = [fact for one in beside for fact in one.facts]
        added = [rows for one in beside for rows in one.rows.items()]
        made = {
            table_of(StoredDecision): [_decision_row(sighting, incident_id, now=now)],
            table_of(Offer): offers,
            link_table(): _alike(sighting, incident_id, now=now),
            table_of(Diversion): _diversion_rows(sighting, report_id, incident_id, told, now=now),
            event_table(): _event_rows(sighting, report_id, opening, offers, facts, now=now),
            **dict(added),
            **code_rows(sighting.sent.get("codes"), report_id),
        }
        return made | plan_deliveries(
            _notices(sighting, report_id, incident_id, owner, offers),
            on_duty=on_duty, directory=directory, settings=settings, now=now,
            incidents={incident_id: _facts(sighting)}, webhooks=webhooks, people=people,
            reporters={report_id: _reporter(sighting)},
        )  # fmt: skip

    return Following(report_id, rows, rest, told, receipt, _uploads(sighting.sent))


def _uploads(sent: Mapping[str, Any]) -> Uploads:
    return Uploads(sent["photo_ids"], sent.get("voice_ids", ()))


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


def _notices(
    sighting: Sighting, report_id: UUID, incident_id: UUID, owner: Owner, offers: Sequence[Mapping[str, Any]]
) -> list[Notice]:
    lane, params = lane_of(sighting.grade), {"grade": sighting.grade}
    desk = Notice("report_received_desk", incident_id, desk_id=owner.desk_id, lane=lane, params=params)
    reporter = Notice("reporter_received", incident_id, report_id=report_id, lane=lane)
    bodies = [offer_notice(offer, sighting.grade) for offer in offers if offer["part"] != "volunteer"]
    people = volunteer_notices([offer for offer in offers if offer["part"] == "volunteer"], sighting.grade)
    return [desk, reporter, *bodies, *people]


def _acknowledgement(
    sighting: Sighting, directory: Directory, report_id: UUID, opening: Opening, *, due: datetime, now: datetime
) -> dict[str, Any]:
    label = directory.label(opening.owner.org_id, opening.owner.desk_id)
    told: dict[str, Any] = {
        "id": str(report_id),
        "status": "sent",
        "received_at": now.isoformat(),
        "incident": {
            "id": str(opening.incident_id), "grade": opening.grade, "category": opening.category,
            "status": opening.state.value,
        },
        "owner": {"label": pick(label, sighting.language)},
        "next_update_by": due.isoformat(),
        "links": {"receipt": "/api/v1/receipt", "page": "/receipt"},
    }  # fmt: skip
    emergency = emergency_of(sighting.decision, sighting.language, danger_now=sighting.sent["danger_now"])
    return told | ({"emergency": emergency} if emergency else {})


def _report_row(
    sighting: Sighting, seal: Seal, incident_id: UUID, receipt_hashed: bytes, digest: bytes,
    told: Mapping[str, Any], *, now: datetime,
) -> dict[str, Any]:  # fmt: skip
    sent, spot = sighting.sent, sighting.spot
    place = sent.get("place") or {}
    return {
        "id": seal.record_id, "client_id": sighting.client_id, "incident_id": incident_id, "kind": sent["kind"],
        "category": sent.get("category"), "voice": sent.get("voice") or "witness", "channel": sent["channel"],
        "language": sighting.language, "anonymous": sent["anonymous"], "danger_now": sent["danger_now"],
        "lat": spot.lat, "lon": spot.lon, "accuracy_m": spot.accuracy_m, "located_at": believed(place.get("taken_at"), now=now),
        "happened_at": sent.get("happened_at"), "received_at": now,
        "text": seal.close("text", sent.get("text")), "landmark": seal.close("landmark", place.get("landmark")),
        "safe_contact": seal.close("safe_contact", sent.get("safe_contact")),
        "receipt_hash": receipt_hashed,
        "request_hash": digest, "acknowledgement": told, "suggestion": suggestion_of(sighting),
        "source": sighting.source,
    }  # fmt: skip


def suggestion_of(sighting: Sighting) -> dict[str, Any]:
    """What the words suggest, as codes: the words that matched stay sealed in the text and are found again there."""
    found = sighting.suggestion
    if found is None:
        return {}
    return {
        "category": found.category, "confidence": round(found.confidence, 2), "kind_hint": found.kind_hint,
        "markers": sorted(found.markers),
        "candidates": [{"category": one.category, "score": round(one.score, 2)} for one in found.candidates[:5]],
    }  # fmt: skip


def _decision_row(sighting: Sighting, incident_id: UUID, *, now: datetime) -> dict[str, Any]:
    whole = sighting.decision.as_dict()
    inputs, trace = whole.pop("inputs"), whole.pop("trace")
    for steps in (trace, whole["failures"]):
        for step in steps:
            if step["result"] == "not_applied":
                # Said in words again from the rule's version when somebody asks; a third of the size here.
                step.pop("why")
    return {
        "id": new_id(), "incident_id": incident_id, "kind": "intake", "at": now, "inputs": inputs, "result": whole,
        "trace": trace, "policy_version": sighting.decision.rules_version,
    }  # fmt: skip


def _diversion_rows(
    sighting: Sighting, report_id: UUID, incident_id: UUID, told: Mapping[str, Any], *, now: datetime
) -> list[dict[str, Any]]:
    emergency = told.get("emergency")
    if not emergency:
        return []
    row = {"report_id": report_id, "incident_id": incident_id, "number": emergency["number"], "shown_at": now}
    return [row | {"tapped": "unknown"}]


def _event_rows(
    sighting: Sighting, report_id: UUID, opening: Opening, offers: Sequence[Mapping[str, Any]],
    beside: Sequence[Fact], *, now: datetime,
) -> list[dict[str, Any]]:  # fmt: skip
    owner = opening.owner
    owned = {"org_id": owner.org_id, "desk_id": owner.desk_id, "person_id": owner.person_id, "by_act": "intake"}
    facts = [
        Fact("ReportReceived", {"report_id": report_id, "kind": opening.kind, "channel": sighting.sent["channel"]}),
        Fact("IncidentOpened", {"grade": opening.grade, "category": opening.category, "rules": opening.rule}),
        Fact("OwnershipMoved", owned),
    ]
    if opening.state is not State.RECEIVED:
        facts.append(Fact("IncidentTriaged", {"by": "R04", "category": opening.category, "grade": opening.grade}))
    for row in offers:
        if row["part"] == "volunteer":
            continue
        fact = "IncidentOffered" if row["part"] == "lead" else "SupportAsked"
        facts.append(Fact(fact, {"offer_id": row["id"], "org_id": row["org_id"], "route": row["route"]}))
    wave = sum(row["part"] == "volunteer" for row in offers)
    if wave:
        facts.append(Fact("VolunteersAsked", {"wave": 1, "asked": wave}))
    return chained(incident_stream(opening.incident_id), [*facts, *beside], after=(0, GENESIS), actor=ACTOR, now=now)


def _alike(sighting: Sighting, incident_id: UUID, *, now: datetime) -> list[dict[str, Any]]:
    """Open incidents nearby that may be the same happening; a person confirms or rejects each (C18)."""
    spot = sighting.spot
    if spot.lat is None or spot.lon is None:
        return []
    old = [
        Candidate(one.id, one.lat, one.lon, one.accuracy_m, one.opened_at, one.category, frozenset(one.words))
        for one in sighting.around.nearby
        if one.is_open and one.compartment == sighting.decision.compartment
    ]
    new = Candidate(incident_id, spot.lat, spot.lon, spot.accuracy_m, now, sighting.category, frozenset(sighting.words))
    found = suggest_duplicates(new, old)
    return link_rows(incident_id, [(UUID(str(one.id)), one.likeness.score, _reasons(one)) for one in found], now=now)


def _reasons(found: Duplicate) -> dict[str, list[str]]:
    return {language: [reason[language] for reason in found.likeness.reasons] for language in ("en", "zh")}
