"""Merging and splitting: one happening, many reports. Threads stay apart, histories are kept and restored (C18)."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from backend.incidents import clocks
from backend.incidents.acts import By, apply
from backend.incidents.likeness import PRIVATE, may_suggest
from backend.incidents.models import Incident, Link, Report
from backend.incidents.ownership import locked, move_ownership, owner_of
from backend.incidents.parts import HAS_PARTS, has_parts
from backend.incidents.refusals import ActRefused, Unsuitable
from backend.incidents.rules import Barred
from backend.incidents.states import TERMINAL, Act, State
from backend.incidents.telling import tell_desks, tell_reporters
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, incident_stream, record


def merge(session: Session, child_id: UUID, parent_id: UUID, *, by: By, now: datetime) -> Incident:
    """Fold one incident into another: reports move to the parent, whose owner answers for all of them."""
    if child_id == parent_id:
        raise Unsuitable({"en": "An incident cannot be merged with itself.", "zh": "事件不能与自身合并。"})
    # Both are locked in one order, so that two people merging the same pair do not wait for each other forever.
    found = {one: locked(session, one) for one in sorted((child_id, parent_id))}
    child, parent = found[child_id], found[parent_id]
    barred = bar(child, parent, by=by) or parts_bar(session, child) if State(child.state) not in TERMINAL else None
    if barred:
        raise ActRefused(barred, state=parent.state if barred.code == "parent-over" else child.state)
    before = State(child.state)
    apply(session, child, Act.MERGE, "IncidentMerged", {"parent_id": parent.id}, by=by, now=now)
    child.prior_state, child.parent_id = before, parent.id
    moved = session.execute(
        update(Report).where(Report.incident_id == child.id).values(incident_id=parent.id, merged_from_id=child.id)
    )
    parent.report_count += moved.rowcount  # type: ignore[attr-defined]
    child.report_count = 0
    clocks.end_all(session, child, now=now)
    move_ownership(session, child, owner_of(parent), by_act="merge", now=now)
    _settle_link(session, child.id, parent.id, "confirmed", by=by, now=now)
    fact = Fact("ReportsJoined", {"child_id": child.id, "reports": moved.rowcount})  # type: ignore[attr-defined]
    record(session, incident_stream(parent.id), [fact], now=now)
    tell_reporters(session, parent, "reporter_merged", now=now)
    return parent


def bar(child: Incident, parent: Incident, *, by: By) -> Barred | None:
    """Why these two are not joined; None when they may be. Harm between people is for a specialist (states.md 9.1)."""
    if State(child.state) in TERMINAL:
        return Barred("child-over", "An incident that is over is not merged.", "已结束的事件不能合并。")
    if State(parent.state) in TERMINAL:
        return Barred("parent-over", "The incident to merge into is over.", "要并入的事件已结束。")
    if child.compartment != parent.compartment or not may_suggest(child.category, parent.category):
        return Barred(
            "needs-specialist",
            "These two belong to different walls; only a specialist may join them.",
            "两者分属不同的保密范围，须由专责人员处理。",
        )
    if {child.category, parent.category} & PRIVATE and not by.specialist:
        return Barred(
            "harm-needs-specialist",
            "Harm between people may be in it: a social worker or a supervisor joins these.",
            "可能涉及人身伤害：须由社工或主管合并。",
        )
    return None


def parts_bar(session: Session, child: Incident) -> Barred | None:
    """Why an incident that has parts is not folded into another; None when it has none."""
    return HAS_PARTS if has_parts(session, child.id) else None


def split(session: Session, child_id: UUID, clocks_s: Mapping[str, float], *, by: By, now: datetime) -> Incident:
    """Undo a merge: the child stands again where it stood, with its reports; the parent's owner keeps it until moved."""
    child = locked(session, child_id)
    if child.parent_id is None:
        raise ActRefused(Barred("not-merged", "This incident is not merged.", "该事件并未合并。"), state=child.state)
    parent = locked(session, child.parent_id)
    apply(session, child, Act.SPLIT, "IncidentSplit", {"parent_id": parent.id}, by=by, now=now)
    moved = session.execute(
        update(Report).where(Report.merged_from_id == child.id).values(incident_id=child.id, merged_from_id=None)
    )
    child.report_count, child.parent_id, child.prior_state = moved.rowcount, None, None  # type: ignore[attr-defined]
    parent.report_count = max(parent.report_count - child.report_count, 0)
    move_ownership(session, child, owner_of(parent), by_act="split", now=now)
    clocks.start(session, child, clocks_s, rule="split", now=now)
    _settle_link(session, child.id, parent.id, "rejected", by=by, now=now)
    record(session, incident_stream(parent.id), [Fact("ReportsLeft", {"child_id": child.id})], now=now)
    tell_desks(session, child, "incident_split", [child.owner_desk_id], now=now)
    return child


def _settle_link(session: Session, one: UUID, other: UUID, state: str, *, by: By, now: datetime) -> None:
    link = session.scalars(
        select(Link).where(
            Link.kind == "duplicate",
            or_(
                (Link.incident_id == one) & (Link.other_id == other),
                (Link.incident_id == other) & (Link.other_id == one),
            ),
        )
    ).first()
    if link is None:
        link = Link(
            id=new_id(), incident_id=one, other_id=other, kind="duplicate", confidence=1.0, reasons={}, made_at=now
        )
        session.add(link)
    link.state, link.settled_by, link.settled_at = state, by.person_id, now
