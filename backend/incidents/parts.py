"""An incident that is part of a bigger event, and the bigger event declared major (C18, C21).

A part is no copy: it keeps its owner, its clocks, its goals and its threads, so nobody loses a duty by it. What the bigger
one's state means for its parts: while a part is open the bigger one is not closed, and what is over takes no new parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.incidents.acts import By, apply, note
from backend.incidents.likeness import PRIVATE
from backend.incidents.listing import listed
from backend.incidents.models import Incident, Link
from backend.incidents.ownership import chain_of, locked
from backend.incidents.refusals import ActRefused, Unsuitable
from backend.incidents.rules import Barred
from backend.incidents.states import TERMINAL, Act, State
from backend.incidents.telling import tell_desks
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.sealed import Keyring
from backend.organisations.directory import DIRECTORY

PART_OF = "part_of"
NO_PART = Barred("no-part", "It is part of no other incident.", "它不是其他事件的组成部分。")
HAS_PARTS = Barred("has-parts", "It has parts of its own; take those out first.", "它自身还有组成部分，请先将其移出。")
PART_ALREADY = Barred(
    "part-already",
    "It is part of another incident; take it out there first.",
    "它已是另一事件的组成部分，请先从中移出。",
)


@dataclass(frozen=True, slots=True)
class Side:
    """What of an incident decides whether it may be a part, or have parts."""

    state: State
    compartment: str
    category: str | None
    is_part: bool = False
    has_parts: bool = False


def part_bar(part: Side, whole: Side, *, specialist: bool) -> Barred | None:
    """Why ``part`` may not become part of ``whole``; None when it may. Pure."""
    if part.is_part:
        return PART_ALREADY
    if part.has_parts:
        return HAS_PARTS
    if whole.is_part:
        return Barred(
            "whole-is-part",
            "That one is itself a part. Choose the incident that it belongs to.",
            "该事件本身是组成部分，请选择它所属的事件。",
        )
    if part.state in TERMINAL:
        return Barred("part-over", "An incident that is over becomes no part.", "已结束的事件不能成为组成部分。")
    if whole.state in TERMINAL:
        return Barred("whole-over", "That incident is over.", "该事件已结束。")
    if part.compartment != whole.compartment:
        return Barred(
            "other-wall",
            "Aid and incidents lie behind different walls; neither becomes part of the other.",
            "互助与事件分属不同的保密范围，不能互为组成部分。",
        )
    if {part.category, whole.category} & PRIVATE and not specialist:
        return Barred(
            "harm-needs-specialist",
            "Harm between people may be in it: a social worker or a supervisor decides this.",
            "可能涉及人身伤害：须由社工或主管决定。",
        )
    return None


def attach(
    session: Session, incident_id: UUID, into_id: UUID, *, version: int | None, by: By, now: datetime
) -> Incident:
    """Make an incident part of a bigger one. Raises ActRefused, Unsuitable, NoSuchIncident, Conflict."""
    if incident_id == into_id:
        raise Unsuitable({"en": "An incident is no part of itself.", "zh": "事件不能是自身的组成部分。"})
    # Both are locked in one order, so that two people who join the same pair do not wait for each other forever.
    found = {
        one: locked(session, one, version=version if one == incident_id else None)
        for one in sorted((incident_id, into_id))
    }
    part, whole = found[incident_id], found[into_id]
    if barred := part_bar(_side(session, part), _side(session, whole), specialist=by.specialist):
        raise ActRefused(barred, state=part.state)
    apply(session, part, Act.ATTACH, "BecamePart", {"whole_id": whole.id}, by=by, now=now)
    _settle(session, part.id, whole.id, "confirmed", by=by, now=now)
    record(session, incident_stream(whole.id), [Fact("PartAdded", {"part_id": part.id})], now=now)
    tell_desks(session, part, "incident_became_part", [part.owner_desk_id], now=now)
    return part


def detach(session: Session, part: Incident, *, by: By, now: datetime) -> Incident:
    """Take an incident out of the bigger one that it is part of. Raises ActRefused."""
    link = _link_up(session, part.id)
    if link is None:
        raise ActRefused(NO_PART, state=part.state)
    apply(session, part, Act.DETACH, "TakenOut", {"whole_id": link.other_id}, by=by, now=now)
    _settle(session, part.id, link.other_id, "rejected", by=by, now=now)
    record(session, incident_stream(link.other_id), [Fact("PartRemoved", {"part_id": part.id})], now=now)
    return part


def declare_major(
    session: Session, incident: Incident, level: int | None, reason: str, *, by: By, ring: Keyring, now: datetime
) -> None:
    """Run an incident as a major one of a level, IV (4) to I (1, the gravest), or no longer (None).

    The desks where the buck stops over its place are told; the reason is kept sealed, as a note. Raises ActRefused.
    """
    if level == incident.major_level and incident.major == (level is not None):
        raise Unsuitable({"en": "It is so already.", "zh": "已是如此。"})
    fact = "DeclaredMajor" if level else "MajorEnded"
    apply(session, incident, Act.MAJOR, fact, {"level": level, "former": incident.major_level}, by=by, now=now)
    incident.major, incident.major_level = level is not None, level
    note(session, incident, reason, by=by, ring=ring, now=now)
    last = DIRECTORY.get(session).last_desks_over(chain_of(incident))
    told = [incident.owner_desk_id, *(desk.id for desk in last)]
    tell_desks(session, incident, "incident_major" if level else "incident_major_ended", told, now=now)


def family(session: Session, incident_id: UUID) -> dict[str, Any]:
    """The bigger incident and the parts of this one, of those that the reader may see."""
    up = _link_up(session, incident_id)
    whole = session.get(Incident, up.other_id) if up else None
    held = select(Incident).join(Link, Link.incident_id == Incident.id).where(
        Link.other_id == incident_id, Link.kind == PART_OF, Link.state == "confirmed"
    )  # fmt: skip
    parts: Sequence[Incident] = session.scalars(held.order_by(Incident.number)).all()
    return {"whole": listed(session, whole) if whole else None, "parts": [listed(session, one) for one in parts]}


def has_parts(session: Session, incident_id: UUID) -> bool:
    """Whether other incidents are part of this one."""
    query = select(Link.id).where(Link.other_id == incident_id, Link.kind == PART_OF, Link.state == "confirmed")
    return session.scalar(query.limit(1)) is not None


def _side(session: Session, incident: Incident) -> Side:
    return Side(
        State(incident.state), incident.compartment, incident.category,
        is_part=_link_up(session, incident.id) is not None, has_parts=has_parts(session, incident.id),
    )  # fmt: skip


def _link_up(session: Session, incident_id: UUID) -> Link | None:
    query = select(Link).where(Link.incident_id == incident_id, Link.kind == PART_OF, Link.state == "confirmed")
    return session.scalars(query).one_or_none()


def _settle(session: Session, part_id: UUID, whole_id: UUID, state: str, *, by: By, now: datetime) -> None:
    query = select(Link).where(Link.incident_id == part_id, Link.other_id == whole_id, Link.kind == PART_OF)
    link = session.scalars(query).one_or_none()
    if link is None:
        link = Link(
            id=new_id(), incident_id=part_id, other_id=whole_id, kind=PART_OF, confidence=1.0, reasons={}, made_at=now
        )
        session.add(link)
    link.state, link.settled_by, link.settled_at = state, by.person_id, now
    session.flush()
