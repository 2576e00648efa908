"""Reading incidents: the queue by pages, and one incident with everything around it, in a constant number of statements."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from backend.incidents.desk.models import Dispute, Task
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
from backend.incidents.refusals import NoSuchIncident
from backend.incidents.states import TERMINAL, State, allowed_acts
from backend.kernel.journal import Event, incident_stream
from backend.kernel.pages import PAGE_SIZE, Reader, decode_cursor, encode_cursor, moment, number
from backend.kernel.sealed import Keyring, Seal, Unreadable, seals_of
from backend.organisations.directory import DIRECTORY
from backend.policy.models import StoredDecision

LISTED = (
    Incident.id, Incident.number, Incident.state, Incident.phase, Incident.grade, Incident.category, Incident.kind,
    Incident.compartment, Incident.area_id, Incident.opened_at, Incident.acknowledged_at, Incident.closed_at,
    Incident.due_at, Incident.owner_org_id, Incident.owner_desk_id, Incident.owner_person_id, Incident.diverted,
    Incident.diversion_answered, Incident.major, Incident.disputed, Incident.report_count, Incident.version,
)  # fmt: skip
ERASED = {"erased": True}
# What rooms above know of an incident (offers, deliveries, photos); they enter it through the wiring.
BESIDE: dict[str, Callable[[Session, UUID], list[Any]]] = {}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the queue is narrowed to. ``words`` are blind tokens of what was searched for; all must occur."""

    statuses: tuple[str, ...] = ()
    grades: tuple[int, ...] = ()
    area_id: int | None = None
    categories: tuple[str, ...] = ()
    owner_org_id: UUID | None = None
    words: tuple[int, ...] = ()
    number: int | None = None
    newest: bool = False


def queue(
    session: Session, filters: Filters, *, cursor: str | None, limit: int = PAGE_SIZE
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of incidents, most urgent first: by grade, then by the soonest promise; and the next page's cursor."""
    among = narrowed(select(*LISTED), filters)
    keys: tuple[Any, ...] = (
        (Incident.opened_at, Incident.id) if filters.newest else (Incident.grade, Incident.due_at, Incident.id)
    )
    readers: tuple[Reader, ...] = (moment, UUID) if filters.newest else (number, moment, UUID)
    after = decode_cursor(cursor, len(keys), readers)
    query = _behind(among, filters, after)
    order = [key.desc() for key in keys] if filters.newest else [keys[0], keys[1].asc().nulls_last(), keys[2]]
    rows = session.execute(query.order_by(*order).limit(limit + 1)).all()
    page = rows[:limit]
    following = None
    if len(rows) > limit:
        last = page[-1]
        following = encode_cursor([getattr(last, key.key) for key in keys])
    return [listed(session, row) for row in page], following


def _behind(query: Select[Any], filters: Filters, after: list[Any] | None) -> Select[Any]:
    if after is None:
        return query
    if filters.newest:
        return query.where(tuple_(Incident.opened_at, Incident.id) < tuple(after))
    grade, due, which = after
    if due is None:
        rest = and_(Incident.due_at.is_(None), Incident.id > which)
    else:
        rest = or_(Incident.due_at > due, and_(Incident.due_at == due, Incident.id > which), Incident.due_at.is_(None))
    return query.where(Incident.grade >= grade, or_(Incident.grade > grade, rest))


def narrowed(query: Select[*tuple[Any, ...]], filters: Filters) -> Select[*tuple[Any, ...]]:
    """``query`` for those incidents alone that the filters leave; without a closed state, the open ones."""
    if filters.statuses:
        query = query.where(Incident.state.in_(filters.statuses))
    if not filters.statuses or not set(filters.statuses) & {state.value for state in TERMINAL}:
        query = query.where(Incident.closed_at.is_(None))
    if filters.grades:
        query = query.where(Incident.grade.in_(filters.grades))
    if filters.area_id is not None:
        query = query.where(Incident.area_ids.contains([filters.area_id]))
    if filters.categories:
        query = query.where(Incident.category.in_(filters.categories))
    if filters.owner_org_id:
        query = query.where(Incident.owner_org_id == filters.owner_org_id)
    if filters.words:
        query = query.where(Incident.words.contains(list(filters.words)))
    if filters.number is not None:
        query = query.where(Incident.number == filters.number)
    return query


def listed(session: Session, row: Row[Any] | Incident) -> dict[str, Any]:
    """An incident as the queue shows it: codes and labels, no words of people."""
    directory = DIRECTORY.get(session)
    return {
        "id": row.id, "number": row.number, "status": row.state, "phase": row.phase, "grade": row.grade,
        "category": row.category, "kind": row.kind, "compartment": row.compartment, "area_id": row.area_id,
        "opened_at": row.opened_at, "acknowledged_at": row.acknowledged_at, "closed_at": row.closed_at,
        "due_at": row.due_at,
        "owner": {
            "organisation_id": row.owner_org_id, "desk_id": row.owner_desk_id, "person_id": row.owner_person_id,
            "label": dict(directory.label(row.owner_org_id, row.owner_desk_id)),
        },
        "diverted": row.diverted, "diversion_answered": row.diversion_answered, "major": row.major,
        "disputed": row.disputed, "report_count": row.report_count, "version": row.version,
    }  # fmt: skip


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
        "links": _links(session, incident_id),
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
        .where(or_(Link.incident_id == incident_id, Link.other_id == incident_id))
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


def counts_by_grade(session: Session) -> dict[int, int]:
    """How many open incidents of each grade the reader may see."""
    rows = session.execute(
        select(Incident.grade, func.count()).where(Incident.closed_at.is_(None)).group_by(Incident.grade)
    )
    return {row[0]: row[1] for row in rows}
