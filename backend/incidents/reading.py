"""Reading one incident with everything around it, in a constant number of statements."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend.incidents.desk.models import Dispute, Task
from backend.incidents.listing import listed
from backend.incidents.models import (
    Escalation,
    Goal,
    Handover,
    Incident,
    IncidentClock,
    Link,
    Note,
    Ownership,
    Report,
    ThreadMessage,
    Triage,
)
from backend.incidents.parts import PART_OF, family
from backend.incidents.refusals import NoSuchIncident
from backend.incidents.states import State, allowed_acts
from backend.kernel.journal import Event, incident_stream
from backend.kernel.sealed import Keyring, Seal, Unreadable, seals_of
from backend.policy.models import StoredDecision

ERASED = {"erased": True}
# How often an incident that changes while it is read is read anew.
TRIES = 4
# What rooms above know of an incident (offers, deliveries, photos); they enter it through the wiring.
BESIDE: dict[str, Callable[[Session, UUID], list[Any]]] = {}


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of record around an incident: its fields in the open, those that are sealed, and its order."""

    model: Any
    order: Any
    fields: tuple[str, ...]
    sealed: tuple[str, ...] = ()


PARTS: Mapping[str, Part] = {
    "notes": Part(Note, Note.written_at, ("id", "written_by", "written_at"), ("body",)),
    "messages": Part(
        ThreadMessage, ThreadMessage.at,
        ("id", "report_id", "direction", "at", "template", "params", "written_by", "seen_at"), ("body",),
    ),
    "goals": Part(
        Goal, Goal.key, ("id", "key", "text", "kind", "state", "settled_at", "approved_by", "disputed"), ("evidence",)
    ),
    "triages": Part(
        Triage, Triage.seq, ("seq", "suggested", "decided", "facts", "decided_by", "decided_at"), ("differs_reason",),
    ),
    "clocks": Part(
        IncidentClock, IncidentClock.due_at,
        ("kind", "grade", "cycle", "started_at", "due_at", "state", "ended_at", "rungs_s", "rungs_fired",
         "next_rung_at", "rule"),
    ),
    "escalations": Part(
        Escalation, Escalation.fired_at, ("rung", "due_at", "fired_at", "told", "acknowledged_at")
    ),
    "handovers": Part(
        Handover, Handover.proposed_at,
        (
            "id", "to_org_id", "to_desk_id", "to_person_id", "state", "proposed_by", "proposed_at", "due_at",
            "answered_at",
        ),
        ("sbar", "read_back"),
    ),
    "tasks": Part(
        Task, Task.made_at,
        ("id", "code", "duty", "org_id", "person_id", "state", "due_at", "made_by", "made_at", "moved_by", "moved_at"),
        ("title",),
    ),
    "disputes": Part(
        Dispute, Dispute.opened_at,
        (
            "id", "kind", "state", "with_org_id", "called", "whistle_reason", "due_at", "opened_by", "opened_at",
            "decided_by", "decided_at", "closed_at",
        ),
        ("position", "decision"),
    ),
    "decisions": Part(
        StoredDecision, StoredDecision.at, ("kind", "at", "inputs", "result", "trace", "policy_version")
    ),
}  # fmt: skip


def at_one_moment(session: Session, incident_id: UUID, read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What ``read`` says of an incident, read again while somebody changed it in between.

    Each statement sees what was committed before it. Without this, the parts could be newer than the version that is
    shown with them, and whoever acts on what they see would meet a conflict that is none. After ``TRIES`` the newer
    parts stand beside the older version: an act on it then is compared first, which is safe.
    """
    for _ in range(TRIES):
        found = read()
        if session.scalar(select(Incident.version).where(Incident.id == incident_id)) == found["version"]:
            break
        session.expire_all()
    return found


def whole(session: Session, incident_id: UUID, *, ring: Keyring) -> dict[str, Any]:
    """One incident with reports, thread, ownership, clocks, goals, decisions, links and timeline.

    A constant number of statements. Raises NoSuchIncident. Words whose key was erased read ``{"erased": true}``.
    """
    incident = session.get(Incident, incident_id)
    if incident is None:
        raise NoSuchIncident()
    rows = {name: _all(session, part.model, part.order, incident_id) for name, part in PARTS.items()}
    reports = _all(session, Report, Report.received_at, incident_id)
    with_words = (row.id for name, found in rows.items() if PARTS[name].sealed for row in found)
    seals = seals_of(session, ring, [*(report.id for report in reports), *with_words])
    return listed(session, incident) | {
        "place": place_of(incident),
        "allowed": [act.value for act in allowed_acts(State(incident.state))],
        "safe_mode": incident.safe_mode, "duty_open": incident.duty_open, "parent_id": incident.parent_id,
        "outcome": incident.outcome, "cycle": incident.cycle,
        "reports": [_report(report, seals.get(report.id)) for report in reports],
        "ownership": [_ownership(one) for one in _all(session, Ownership, Ownership.during, incident_id)],
        "links": _links(session, incident_id), "family": family(session, incident_id),
        **{name: [_shown(PARTS[name], row, seals) for row in found] for name, found in rows.items()},
        **{name: read(session, incident_id) for name, read in BESIDE.items()},
        "timeline": timeline(session, incident_id),
    }  # fmt: skip


def _shown(part: Part, row: Any, seals: Mapping[UUID, Seal]) -> dict[str, Any]:
    words = {name: opened(seals, row.id, name, getattr(row, name)) for name in part.sealed}
    return _plain(row, part.fields) | words


def _all(session: Session, model: Any, order: Any, incident_id: UUID) -> Sequence[Any]:
    return session.scalars(select(model).where(model.incident_id == incident_id).order_by(order)).all()


def _plain(row: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def opened(seals: Mapping[UUID, Seal], record_id: UUID, name: str, value: bytes | None) -> Any:
    """A sealed value for the screen: its words, None, or that it was erased."""
    if value is None:
        return None
    try:
        return seals[record_id].open(name, value)
    except (KeyError, Unreadable):
        return ERASED


def place_of(incident: Incident) -> dict[str, Any]:
    """Where an incident is, with the areas from the top down."""
    return {
        "lat": incident.lat,
        "lon": incident.lon,
        "accuracy_m": incident.accuracy_m,
        "area_ids": [area for area in incident.area_ids if area],
    }


def _report(report: Report, seal: Seal | None) -> dict[str, Any]:
    seals = {report.id: seal} if seal else {}
    words = {name: opened(seals, report.id, name, getattr(report, name)) for name in ("text", "landmark", "contact")}
    if isinstance(words["contact"], dict) and "telegram" in words["contact"]:
        words["contact"] = words["contact"] | {"telegram": True}  # the chat's id is of use to nobody but the channel
    names = ("id", "kind", "category", "voice", "channel", "language", "anonymous", "danger_now", "lat", "lon",
             "accuracy_m", "located_at", "happened_at", "received_at", "withdrawn_at", "suggestion", "merged_from_id")  # fmt: skip
    return _plain(report, names) | words | {"has_safe_contact": report.safe_contact is not None}


def _ownership(one: Ownership) -> dict[str, Any]:
    return _plain(one, ("org_id", "desk_id", "person_id", "by_act", "by_actor")) | {
        "since": one.during.lower,
        "until": one.during.upper,
    }


def _links(session: Session, incident_id: UUID) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(Link)
        .where(or_(Link.incident_id == incident_id, Link.other_id == incident_id), Link.kind != PART_OF)
        .order_by(Link.confidence.desc())
    )
    return [
        _plain(one, ("kind", "state", "confidence", "reasons", "made_at"))
        | {"incident_id": one.other_id if one.incident_id == incident_id else one.incident_id}
        for one in rows
    ]


def timeline(session: Session, incident_id: UUID) -> list[dict[str, Any]]:
    """Everything that happened, in order: a reading of the journal."""
    rows = session.scalars(select(Event).where(Event.stream == incident_stream(incident_id)).order_by(Event.stream_seq))
    return [_plain(event, ("stream_seq", "type", "at", "actor", "payload")) for event in rows]
