"""Disputes between bodies (C05): a formal way to disagree that never leaves work undone.

The owner keeps the duty throughout. Steps climb from talking to a whistle that calls bodies into the room, with their
attendance recorded, to a decision of the duty officer, which is carried out as a hand-over to be read back.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.incidents import acts, handover
from backend.incidents.acts import By
from backend.incidents.desk.models import Dispute
from backend.incidents.desk.states import DISPUTED, DisputeMove, DisputeState, dispute_moves, next_dispute_state
from backend.incidents.models import Incident
from backend.incidents.ownership import chain_of, locked
from backend.incidents.refusals import ActRefused, Unsuitable
from backend.incidents.rules import Barred, is_terminal
from backend.incidents.states import State
from backend.incidents.telling import tell_desks, tell_reporters
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.sealed import Keyring, RecordKey, Seal, seal_of
from backend.kernel.sweeps import one_by_one
from backend.organisations.directory import DIRECTORY

# How long bodies that are called have to come, by grade; those who do not come are counted.
COME_WITHIN = {1: timedelta(minutes=5), 2: timedelta(minutes=15)}
COME_WITHIN_OTHERS = timedelta(hours=4)


def begin(
    session: Session, incident: Incident, wanted: Mapping[str, Any], *, by: By, ring: Keyring, now: datetime
) -> Dispute:
    """Open a dispute; the owner stays, those who reported are told so. Raises ActRefused, Unsuitable."""
    if is_terminal(State(incident.state)):
        raise ActRefused(Barred("over", "This incident is over.", "该事件已结束。"), state=incident.state)
    if running(session, incident.id):
        raise ActRefused(
            Barred("dispute-open", "A dispute about this incident is open.", "该事件尚有争议未解决。"),
            state=incident.state,
        )
    _demand_bodies(session, [wanted["with_organisation_id"]] if wanted.get("with_organisation_id") else [])
    dispute_id = new_id()
    seal = Seal.fresh(dispute_id)
    session.add(RecordKey(**seal.row(ring, now)))
    dispute = Dispute(
        id=dispute_id, incident_id=incident.id, kind=wanted["kind"], state=DisputeState.OPEN,
        with_org_id=wanted.get("with_organisation_id"), position=seal.close("position", wanted["position"]), called=[],
        opened_by=by.person_id, opened_at=now,
    )  # fmt: skip
    session.add(dispute)
    payload = {"dispute_id": dispute_id, "kind": dispute.kind, "org_id": dispute.with_org_id}
    _stands(session, incident, dispute, Fact("DisputeOpened", payload), by=by, now=now)
    _tell(session, incident, "dispute_opened", [dispute.with_org_id], now=now)
    tell_reporters(session, incident, "reporter_dispute", now=now)
    return dispute


def running(session: Session, incident_id: UUID) -> Dispute | None:
    """The dispute that is not closed, locked."""
    query = select(Dispute).where(Dispute.incident_id == incident_id, Dispute.state != DisputeState.CLOSED)
    return session.scalars(query.with_for_update()).one_or_none()


def go_on(
    session: Session, incident: Incident, step: DisputeMove, said: Mapping[str, Any], *, by: By, ring: Keyring,
    now: datetime,
) -> Dispute:  # fmt: skip
    """Take the next step of the dispute. Raises ActRefused, Unsuitable."""
    dispute = _demand_running(session, incident)
    before = DisputeState(dispute.state)
    after = next_dispute_state(before, step)
    if after is None:
        raise ActRefused(
            Barred("dispute-not-in-this-state", "The dispute has another step to take now.", "争议目前应走其他步骤。"),
            state=before, moves=[one.value for one in dispute_moves(before)],
        )  # fmt: skip
    if step is DisputeMove.DECIDE and not by.supervisor:
        raise ActRefused(
            Barred("needs-duty-officer", "The duty officer decides a dispute.", "争议由值班负责人裁决。"), state=before
        )
    dispute.state = after
    payload: dict[str, Any] = {"dispute_id": dispute.id, "from": before, "to": after}
    if step is DisputeMove.WHISTLE:
        payload |= _whistle(session, incident, dispute, said, now=now)
    if step is DisputeMove.DECIDE:
        payload |= _decide(session, incident, dispute, said, by=by, ring=ring, now=now)
    if after is DisputeState.CLOSED:
        dispute.closed_at, dispute.due_at = now, None
    _stands(session, incident, dispute, Fact("DisputeMoved", payload), by=by, now=now)
    return dispute


def _whistle(
    session: Session, incident: Incident, dispute: Dispute, said: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    called: Sequence[UUID] = said.get("organisation_ids") or ()
    if not called or not said.get("reason"):
        raise Unsuitable({"en": "Name whom you call, and why.", "zh": "请写明召集哪些机构及原因。"})
    _demand_bodies(session, called)
    dispute.called = [{"org_id": str(org), "attended": None} for org in dict.fromkeys(called)]
    dispute.whistle_reason = said["reason"]
    dispute.due_at = now + COME_WITHIN.get(incident.grade, COME_WITHIN_OTHERS)
    fresh = [org for org in called if org not in incident.party_org_ids]
    incident.party_org_ids = [*incident.party_org_ids, *fresh]
    _tell(session, incident, "dispute_whistled", called, now=now, due_at=dispute.due_at)
    return {"called": [str(org) for org in called], "reason": said["reason"]}


def _decide(
    session: Session, incident: Incident, dispute: Dispute, said: Mapping[str, Any], *, by: By, ring: Keyring,
    now: datetime,
) -> dict[str, Any]:  # fmt: skip
    """Keep the decision; where it names another lead, that body is handed the incident, to be read back (INV-2)."""
    words, lead = said.get("decision"), said.get("lead_organisation_id")
    if not words:
        raise Unsuitable({"en": "Say what is decided.", "zh": "请写明裁决内容。"})
    dispute.decision = seal_of(session, ring, dispute.id).close("decision", words)
    dispute.decided_by, dispute.decided_at, dispute.due_at = by.person_id, now, None
    _tell(session, incident, "dispute_decided", [dispute.with_org_id, incident.owner_org_id], now=now)
    if lead and lead != incident.owner_org_id:
        sbar = {"situation": words, "background": None, "assessment": None, "recommendation": None}
        handover.propose(
            session, incident, organisation_id=lead, person_id=None, sbar=sbar, by=by, ring=ring, now=now
        )  # fmt: skip
    return {"lead_org_id": lead}


def attend(
    session: Session, incident: Incident, organisation_id: UUID, *, attended: bool, by: By, now: datetime
) -> Dispute:
    """Record whether a body that was called has come. Raises ActRefused, Unsuitable."""
    dispute = _demand_running(session, incident)
    wanted = str(organisation_id)
    if wanted not in {one["org_id"] for one in dispute.called}:
        raise Unsuitable({"en": "This body was not called.", "zh": "未召集该机构。"})
    dispute.called = [one | {"attended": attended} if one["org_id"] == wanted else one for one in dispute.called]
    payload = {"dispute_id": dispute.id, "org_id": organisation_id, "attended": attended}
    _stands(session, incident, dispute, Fact("AttendanceRecorded", payload), by=by, now=now)
    return dispute


def count_missing(session: Session, *, now: datetime, limit: int = 50) -> int:
    """The time to come is over: who has not come is counted, and the owner is told. The caller commits."""
    due = session.scalars(
        select(Dispute).where(Dispute.due_at <= now).limit(limit).with_for_update(skip_locked=True)
    ).all()

    def put_off(dispute: Dispute) -> None:
        dispute.due_at = now + timedelta(seconds=30)

    return one_by_one(session, due, lambda one: _count(session, one, now=now), what="disputes", put_off=put_off)


def _count(session: Session, dispute: Dispute, *, now: datetime) -> None:
    incident = locked(session, dispute.incident_id)
    missing = [one["org_id"] for one in dispute.called if one["attended"] is None]
    dispute.called = [one | {"attended": bool(one["attended"])} for one in dispute.called]
    dispute.due_at = None
    payload = {"dispute_id": dispute.id, "missing": missing}
    _stands(session, incident, dispute, Fact("WhistleEnded", payload), by=acts.ENGINE, now=now)
    tell_desks(session, incident, "dispute_missing", [incident.owner_desk_id], now=now)


def _demand_running(session: Session, incident: Incident) -> Dispute:
    found = running(session, incident.id)
    if found is None:
        raise ActRefused(Barred("no-dispute", "There is no dispute here.", "此处没有争议。"), state=incident.state)
    return found


def _demand_bodies(session: Session, org_ids: Sequence[UUID]) -> None:
    if not set(org_ids) <= DIRECTORY.get(session).active:
        raise Unsuitable({"en": "This body does not take part at present.", "zh": "该机构目前未参与。"})


def _stands(session: Session, incident: Incident, dispute: Dispute, fact: Fact, *, by: By, now: datetime) -> None:
    """What every step brings: whether the incident is disputed, a new version, the journal."""
    incident.disputed = DisputeState(dispute.state) in DISPUTED
    incident.version += 1
    record(session, incident_stream(incident.id), [fact], now=now)
    if by.person_id:
        acts.acknowledge(session, incident, by=by, now=now)
    session.flush()


def _tell(
    session: Session, incident: Incident, template: str, org_ids: Sequence[UUID | None], *, now: datetime, **params: Any
) -> None:
    directory, chain = DIRECTORY.get(session), chain_of(incident)
    desks = [directory.desk_of(org, chain) for org in org_ids if org]
    said = {name: value.isoformat() for name, value in params.items()}
    tell_desks(session, incident, template, [desk.id for desk in desks if desk], now=now, params=said)
