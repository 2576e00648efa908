"""Incidents that may tell of one happening: why it seems so, and what joining or parting them would do (C18)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from backend.incidents import clocks, merging
from backend.incidents.acts import By
from backend.incidents.likeness import Candidate, likeness, may_suggest
from backend.incidents.listing import listed
from backend.incidents.models import Incident, Link, Report
from backend.incidents.ownership import locked
from backend.incidents.parts import PART_OF
from backend.incidents.refusals import NoSuchIncident, Unsuitable
from backend.incidents.rules import Barred
from backend.kernel.journal import Fact, incident_stream, record
from backend.organisations.directory import DIRECTORY

MOST = 20


def likely(session: Session, incident_id: UUID) -> list[dict[str, Any]]:
    """The incidents that were suggested, joined or rejected as copies of this one, the likeliest first.

    Codes, figures and reasons; no words of people. Raises NoSuchIncident.
    """
    incident = _seen(session, incident_id)
    links = session.scalars(
        select(Link)
        .where(or_(Link.incident_id == incident_id, Link.other_id == incident_id), Link.kind != PART_OF)
        .order_by(Link.confidence.desc(), Link.id)
        .limit(MOST)
    ).all()
    others = {
        one.id: one for one in session.scalars(select(Incident).where(Incident.id.in_(_others(links, incident_id))))
    }
    return [
        {
            "kind": link.kind, "state": link.state, "score": link.confidence, "made_at": link.made_at,
            "incident": listed(session, others[other]), "compared": compared(incident, others[other]),
        }
        for link in links
        if (other := _other(link, incident_id)) in others
    ]  # fmt: skip


def _others(links: Any, incident_id: UUID) -> list[UUID]:
    return [_other(link, incident_id) for link in links]


def _other(link: Link, incident_id: UUID) -> UUID:
    return link.other_id if link.incident_id == incident_id else link.incident_id


def compared(one: Incident, other: Incident) -> Mapping[str, Any]:
    """How alike two incidents are now, with the reasons: place, time, category, words."""
    if not may_suggest(one.category, other.category):
        return {"score": None, "reasons": []}
    if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
        return {"score": None, "reasons": []}
    found = likeness(_candidate(one), _candidate(other))
    return {
        "score": round(found.score, 3), "distance_m": round(found.distance_m), "minutes": round(found.minutes),
        "shared_words": found.shared_words, "reasons": [dict(reason) for reason in found.reasons],
    }  # fmt: skip


def _candidate(one: Incident) -> Candidate:
    assert one.lat is not None
    assert one.lon is not None
    tokens = frozenset(one.words)
    return Candidate(one.id, one.lat, one.lon, one.accuracy_m, one.opened_at, one.category, tokens)


def merge_preview(session: Session, child_id: UUID, parent_id: UUID, *, by: By) -> dict[str, Any]:
    """What joining would do, or why it is refused. Nothing is changed. Raises NoSuchIncident."""
    child, parent = _seen(session, child_id), _seen(session, parent_id)
    barred = merging.bar(child, parent, by=by) or merging.parts_bar(session, child)
    moved = _reports(session, child.id)
    return {
        "allowed": barred is None,
        "barred": said(barred),
        "into": listed(session, parent),
        "reports_moved": moved,
        "reports_after": parent.report_count + moved,
        "told": moved + _reports(session, parent.id),
        "clocks_stopped": sorted(clocks.running(session, child.id)),
        "grade_before": child.grade,
        "grade_after": parent.grade,
        "owner_before": dict(DIRECTORY.get(session).label(child.owner_org_id, child.owner_desk_id)),
        "owner_after": dict(DIRECTORY.get(session).label(parent.owner_org_id, parent.owner_desk_id)),
        "compared": compared(child, parent),
    }


def split_preview(session: Session, child_id: UUID) -> dict[str, Any]:
    """What parting a merged incident would do, or why it is refused. Raises NoSuchIncident."""
    child = _seen(session, child_id)
    barred = None if child.parent_id else Barred("not-merged", "This incident is not merged.", "该事件并未合并。")
    parent = session.get(Incident, child.parent_id) if child.parent_id else None
    back = select(func.count()).select_from(Report).where(Report.merged_from_id == child_id)
    return {
        "allowed": barred is None,
        "barred": said(barred),
        "parent": listed(session, parent) if parent else None,
        "reports_moved": session.scalar(back) or 0,
        "state_after": child.prior_state,
        "owner_after": dict(DIRECTORY.get(session).label(child.owner_org_id, child.owner_desk_id)),
    }


def reject(session: Session, incident_id: UUID, other_id: UUID, *, by: By, now: datetime) -> Incident:
    """A person says that the two are not one happening. Raises Unsuitable where nobody suggested it."""
    incident = locked(session, incident_id)
    link = session.scalars(
        select(Link).where(
            Link.state == "suggested",
            or_(
                (Link.incident_id == incident_id) & (Link.other_id == other_id),
                (Link.incident_id == other_id) & (Link.other_id == incident_id),
            ),
        )
    ).first()
    if link is None:
        raise Unsuitable({"en": "Nobody suggested these two.", "zh": "没有关于这两个事件的建议。"})
    link.state, link.settled_by, link.settled_at = "rejected", by.person_id, now
    incident.version += 1
    fact = Fact("DuplicateRejected", {"other_id": other_id})
    record(session, incident_stream(incident_id), [fact], now=now)
    session.flush()
    return incident


def said(barred: Barred | None) -> dict[str, Any] | None:
    """A refusal for a screen: code, words in both languages, figures."""
    if barred is None:
        return None
    return {"code": barred.code, "words": {"en": barred.en, "zh": barred.zh}, "params": dict(barred.params)}


def _seen(session: Session, incident_id: UUID) -> Incident:
    found = session.get(Incident, incident_id)
    if found is None:
        raise NoSuchIncident()
    return found


def _reports(session: Session, incident_id: UUID) -> int:
    query = select(func.count()).select_from(Report).where(Report.incident_id == incident_id)
    return session.scalar(query) or 0
