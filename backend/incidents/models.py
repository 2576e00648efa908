"""Incidents: what we handle, who owns it at every instant, its clocks, goals and links."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from backend.incidents.rules import PACE_BOUNDS_S
from backend.incidents.states import State
from backend.kernel.database import Base
from backend.organisations.models import PHASES, one_of

GRADES = (1, 2, 3, 4, 5)
COMPARTMENTS = ("incident", "aid", "grievance")
CLOCK_KINDS = ("acknowledge", "contact", "action", "update", "resolve", "wake", "loop_back")
CLOCK_STATES = ("running", "paused", "met", "breached", "stopped")
GOAL_STATES = ("open", "met", "unmet", "dropped")
LINK_KINDS = ("duplicate", "part_of", "caused_by", "same_place", "same_pattern")
# The class of length to which the soonest promise belongs.
PACE = (
    "CASE WHEN due_at IS NOT NULL THEN width_bucket(extract(epoch FROM due_at - coalesce(due_since, opened_at)),"
    f" ARRAY[{', '.join(map(str, PACE_BOUNDS_S))}]::numeric[])::smallint END"
)


class Incident(Base):
    """One happening under management. Owner columns repeat the open ``ownership`` row for the list's sake."""

    __tablename__ = "incident"
    __table_args__ = (
        one_of("state", tuple(State)),
        one_of("phase", PHASES),
        one_of("compartment", COMPARTMENTS),
        CheckConstraint("grade BETWEEN 1 AND 5", name="grade"),
        CheckConstraint("major_level IS NULL OR (major AND major_level BETWEEN 1 AND 4)", name="major_level"),
        CheckConstraint("(state IN ('closed','withdrawn','merged')) = (closed_at IS NOT NULL)", name="closed_at"),
        Index("ix_incident_urgency", "grade", "due_at", "id", postgresql_where=text("closed_at IS NULL")),
        Index("ix_incident_risk", "pace", "due_at", "id", postgresql_where=text("closed_at IS NULL")),
        Index("ix_incident_newest", "opened_at", "id"),
        Index("ix_incident_closed", "closed_at", postgresql_where=text("closed_at IS NOT NULL")),
        Index("ix_incident_areas", "area_ids", postgresql_using="gin"),
        Index("ix_incident_words", "words", postgresql_using="gin"),
        Index("ix_incident_cell", "cell", "opened_at"),
        Index("ix_incident_owner", "owner_org_id", "grade", "due_at", postgresql_where=text("closed_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Identity(), unique=True)
    state: Mapped[str]
    phase: Mapped[str]
    grade: Mapped[int] = mapped_column(SmallInteger)
    category: Mapped[str | None]
    kind: Mapped[str]
    compartment: Mapped[str]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    accuracy_m: Mapped[float | None]
    cell: Mapped[int | None]
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    area_ids: Mapped[list[int]]
    opened_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    # Since when the promise runs that is due next, and the class of its length (rules.PACES_S), for the order by risk.
    due_since: Mapped[datetime | None]
    pace: Mapped[int | None] = mapped_column(SmallInteger, Computed(PACE, persisted=True))
    owner_org_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    owner_desk_id: Mapped[UUID | None] = mapped_column(ForeignKey("desk.id"))
    owner_person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    party_org_ids: Mapped[list[UUID]]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("incident.id"), index=True)
    prior_state: Mapped[str | None]
    outcome: Mapped[str | None]
    diverted: Mapped[bool]
    diversion_answered: Mapped[bool]
    major: Mapped[bool]
    # How grave, where it is major: 4 (IV) to 1 (I, the gravest).
    major_level: Mapped[int | None] = mapped_column(SmallInteger)
    disputed: Mapped[bool]
    duty_open: Mapped[bool]
    safe_mode: Mapped[bool]
    exercise_id: Mapped[UUID | None]
    words: Mapped[list[int]]
    report_count: Mapped[int]
    cycle: Mapped[int]
    version: Mapped[int]


class Ownership(Base):
    """Who answered for an incident from when to when. The rows of an incident tile its time (INV-1)."""

    __tablename__ = "ownership"
    __table_args__ = (
        ExcludeConstraint(("incident_id", "="), ("during", "&&"), name="ex_ownership_one_owner_at_a_time"),
        CheckConstraint("desk_id IS NOT NULL OR person_id IS NOT NULL", name="somebody"),
        Index("uq_ownership_open", "incident_id", unique=True, postgresql_where=text("upper_inf(during)")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    org_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    desk_id: Mapped[UUID | None] = mapped_column(ForeignKey("desk.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE())
    by_act: Mapped[str]
    by_actor: Mapped[str]


class IncidentClock(Base):
    """A promise with a time. ``next_rung_at`` is when the ladder climbs next; None when no rung is left."""

    __tablename__ = "clock"
    __table_args__ = (
        one_of("kind", CLOCK_KINDS),
        one_of("state", CLOCK_STATES),
        Index("ix_clock_due", "next_rung_at", postgresql_where=text("next_rung_at IS NOT NULL")),
        Index("uq_clock_running", "incident_id", "kind", unique=True, postgresql_where=text("state = 'running'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    kind: Mapped[str]
    grade: Mapped[int] = mapped_column(SmallInteger)
    cycle: Mapped[int]
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str]
    ended_at: Mapped[datetime | None]
    rungs_s: Mapped[list[int]]
    rungs_fired: Mapped[int]
    next_rung_at: Mapped[datetime | None]
    rule: Mapped[str]


class Escalation(Base):
    """A rung of the ladder that was climbed, and who was added."""

    __tablename__ = "escalation"
    __table_args__ = (UniqueConstraint("clock_id", "rung"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    clock_id: Mapped[UUID] = mapped_column(ForeignKey("clock.id"))
    rung: Mapped[int]
    due_at: Mapped[datetime]
    fired_at: Mapped[datetime]
    told: Mapped[dict[str, Any]]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class Triage(Base):
    """A person's decision on category and grade beside what was suggested (C11)."""

    __tablename__ = "triage"
    __table_args__ = (UniqueConstraint("incident_id", "seq"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"))
    seq: Mapped[int]
    suggested: Mapped[dict[str, Any]]
    decided: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]]
    differs_reason: Mapped[bytes | None] = mapped_column(LargeBinary)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime]


class Goal(Base):
    """What must be true before closing (C22). ``text`` holds the template's words or ones of the people concerned."""

    __tablename__ = "goal"
    __table_args__ = (one_of("state", GOAL_STATES),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    key: Mapped[str]
    text: Mapped[dict[str, str]]
    kind: Mapped[str]
    state: Mapped[str]
    due_at: Mapped[datetime | None]
    evidence: Mapped[bytes | None] = mapped_column(LargeBinary)
    settled_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    settled_at: Mapped[datetime | None]
    approved_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    disputed: Mapped[bool]


class Link(Base):
    """Two incidents that may describe one event or a chain (C18)."""

    __tablename__ = "link"
    __table_args__ = (
        one_of("kind", LINK_KINDS),
        one_of("state", ("suggested", "confirmed", "rejected")),
        UniqueConstraint("incident_id", "other_id", "kind"),
        CheckConstraint("incident_id <> other_id", name="two"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"))
    other_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    kind: Mapped[str]
    state: Mapped[str]
    confidence: Mapped[float]
    reasons: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
    settled_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    settled_at: Mapped[datetime | None]


class Handover(Base):
    """An assignment proposed to another body with SBAR; duty moves only when it is accepted with a read-back (INV-2)."""

    __tablename__ = "handover"
    __table_args__ = (
        one_of("state", ("proposed", "accepted", "declined", "lapsed")),
        Index("uq_handover_open", "incident_id", unique=True, postgresql_where=text("state = 'proposed'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    to_org_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    to_desk_id: Mapped[UUID | None] = mapped_column(ForeignKey("desk.id"))
    to_person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    sbar: Mapped[bytes | None] = mapped_column(LargeBinary)
    read_back: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str]
    proposed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    due_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class Note(Base):
    """Words of staff on an incident; what residents may see is a thread message instead."""

    __tablename__ = "note"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    written_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    written_at: Mapped[datetime]


class Report(Base):
    """What a resident sent. Words, landmark, contact, safe contact and the phone's push address are sealed under the report's key."""

    __tablename__ = "report"
    __table_args__ = (
        one_of("kind", ("concern", "aid_request", "aid_offer", "distress")),
        Index("ix_report_source", "source", "received_at", postgresql_where=text("source IS NOT NULL")),
        Index("ix_report_chat_hash", "chat_hash", postgresql_where=text("chat_hash IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(unique=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    merged_from_id: Mapped[UUID | None] = mapped_column(ForeignKey("incident.id"))
    kind: Mapped[str]
    category: Mapped[str | None]
    voice: Mapped[str]
    channel: Mapped[str]
    language: Mapped[str]
    anonymous: Mapped[bool]
    danger_now: Mapped[bool]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    accuracy_m: Mapped[float | None]
    located_at: Mapped[datetime | None]
    happened_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    text: Mapped[bytes | None] = mapped_column(LargeBinary)
    landmark: Mapped[bytes | None] = mapped_column(LargeBinary)
    contact: Mapped[bytes | None] = mapped_column(LargeBinary)
    safe_contact: Mapped[bytes | None] = mapped_column(LargeBinary)
    push: Mapped[bytes | None] = mapped_column(LargeBinary)
    receipt_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    acknowledgement: Mapped[dict[str, Any]]
    withdrawn_at: Mapped[datetime | None]
    # When the last of what the resident gave was erased, by its time or because they asked.
    erased_at: Mapped[datetime | None]
    feedback: Mapped[dict[str, Any] | None]
    suggestion: Mapped[dict[str, Any]]
    # A keyed hash of the address that was left, to count what one source sends (R12, R13, R22).
    source: Mapped[bytes | None] = mapped_column(LargeBinary)
    # By which ways the resident left an address, so that what to send is known without opening it; None: sent before.
    reach: Mapped[list[str] | None]
    # A keyed hash of the Telegram chat that was left, to forget it when that chat is closed to us.
    chat_hash: Mapped[bytes | None] = mapped_column(LargeBinary)


class ThreadMessage(Base):
    """One message between a reporter and those who handle the report, or a promise that Linli keeps to them.

    ``template`` and ``params`` say what Linli itself told; ``body`` is what a person wrote.
    """

    __tablename__ = "thread_message"
    __table_args__ = (
        one_of("direction", ("to_reporter", "from_reporter")),
        Index("ix_thread_message_report", "report_id", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    report_id: Mapped[UUID] = mapped_column(ForeignKey("report.id"))
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), index=True)
    direction: Mapped[str]
    at: Mapped[datetime]
    template: Mapped[str | None]
    params: Mapped[dict[str, Any]]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    written_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    seen_at: Mapped[datetime | None]
