"""The rows that a report brings about, made before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.dispatch.offers import offer_notice
from backend.dispatch.volunteers import volunteer_notices
from backend.incidents.likeness import Candidate, Duplicate, suggest_duplicates
from backend.incidents.opening import Opening, Rows, link_rows
from backend.incidents.states import State
from backend.incidents.telling import lane_of
from backend.intake.emergency import emergency_of
from backend.intake.sighting import Sighting, believed
from backend.kernel.ids import new_id
from backend.kernel.journal import GENESIS, Fact, chained, incident_stream
from backend.kernel.languages import pick
from backend.kernel.outbox import Notice
from backend.kernel.sealed import Seal
from backend.organisations.directory import Directory

ACTOR = "resident"


@dataclass(frozen=True, slots=True)
class Opened:
    """The incident that a report opens, with its first owner, clocks and goals as rows, and those who are asked at once."""

    sighting: Sighting
    directory: Directory
    report_id: UUID
    opening: Opening
    offers: list[dict[str, Any]]
    rows: Rows

    @property
    def incident_id(self) -> UUID:
        """The id of the incident."""
        return self.opening.incident_id


def notices_of(opened: Opened) -> list[Notice]:
    """Who is told at once: the desk that owns it, the resident, and those who are asked."""
    sighting, incident_id, offers = opened.sighting, opened.incident_id, opened.offers
    lane, params = lane_of(sighting.grade), {"grade": sighting.grade}
    desk = Notice("report_received_desk", incident_id, desk_id=opened.opening.owner.desk_id, lane=lane, params=params)
    reporter = Notice("reporter_received", incident_id, report_id=opened.report_id, lane=lane)
    bodies = [offer_notice(offer, sighting.grade) for offer in offers if offer["part"] != "volunteer"]
    people = volunteer_notices([offer for offer in offers if offer["part"] == "volunteer"], sighting.grade)
    return [desk, reporter, *bodies, *people]


def acknowledgement(opened: Opened, *, due: datetime, now: datetime) -> dict[str, Any]:
    """What the resident is told: who owns it, what happens next and by when (``due``)."""
    sighting, opening = opened.sighting, opened.opening
    label = opened.directory.label(opening.owner.org_id, opening.owner.desk_id)
    told: dict[str, Any] = {
        "id": str(opened.report_id),
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


def report_row(
    opened: Opened, seal: Seal, receipt_hashed: bytes, digest: bytes, told: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    """The report, its words sealed."""
    sighting = opened.sighting
    sent, spot = sighting.sent, sighting.spot
    place = sent.get("place") or {}
    return {
        "id": seal.record_id, "client_id": sighting.client_id, "incident_id": opened.incident_id, "kind": sent["kind"],
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


def decision_row(sighting: Sighting, incident_id: UUID, *, now: datetime) -> dict[str, Any]:
    """The decision with its inputs and trace (INV-14)."""
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


def diversion_rows(opened: Opened, told: Mapping[str, Any], *, now: datetime) -> list[dict[str, Any]]:
    """That an emergency number was shown, where one was (INV-13)."""
    emergency = told.get("emergency")
    if not emergency:
        return []
    ids = {"report_id": opened.report_id, "incident_id": opened.incident_id}
    row = ids | {"number": emergency["number"], "shown_at": now}
    return [row | {"tapped": "unknown"}]


def event_rows(opened: Opened, beside: Sequence[Fact], *, now: datetime) -> list[dict[str, Any]]:
    """The journal's first entries of the incident, those of rooms above (``beside``) last."""
    opening, offers = opened.opening, opened.offers
    owner = opening.owner
    owned = {"org_id": owner.org_id, "desk_id": owner.desk_id, "person_id": owner.person_id, "by_act": "intake"}
    facts = [
        Fact(
            "ReportReceived",
            {"report_id": opened.report_id, "kind": opening.kind, "channel": opened.sighting.sent["channel"]},
        ),
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


def alike(sighting: Sighting, incident_id: UUID, *, now: datetime) -> list[dict[str, Any]]:
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
