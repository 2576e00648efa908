"""Closing on goals (R27): each is met with evidence or unmet with a reason, the view of the people concerned is sought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.incidents import clocks
from backend.incidents.acts import By, apply, note
from backend.incidents.conflicts import demand_neutral
from backend.incidents.models import Goal, Incident, Report, ThreadMessage
from backend.incidents.refusals import ActRefused, Unsuitable
from backend.incidents.rules import Barred
from backend.incidents.schemas import MALICIOUS
from backend.incidents.states import Act
from backend.incidents.telling import tell_reporters
from backend.kernel.ids import new_id
from backend.kernel.sealed import Keyring, RecordKey, Seal

ONLY_A_SUPERVISOR = Barred(
    "malicious-needs-supervisor",
    "Only a supervisor says that it was told falsely on purpose.",
    "只有主管可以认定为故意虚报。",
)


@dataclass(frozen=True, slots=True)
class Settled:
    """How a goal ended: ``met`` with evidence, ``unmet`` with a reason, or ``dropped``."""

    goal_id: UUID
    state: str
    evidence: str | None


def check_goals(
    session: Session, incident: Incident, settled: Sequence[Settled], *, view: str | None, by: By, ring: Keyring,
    now: datetime,
) -> None:  # fmt: skip
    """Settle goals, record the affected person's view, and propose closing (R27). Raises ActRefused, Unsuitable."""
    demand_neutral(session, incident.id, (by.person_id, *by.org_ids))
    for one in settled:
        _settle(session, incident, one, by=by, ring=ring, now=now)
    if view:
        _record_view(session, incident, by=by, now=now)
        note(session, incident, view, by=by, ring=ring, now=now)
    clocks.end(session, incident, ["contact", "action"], state="met", now=now)
    apply(session, incident, Act.CHECK_GOALS, "GoalsChecked", {"goals": len(settled)}, by=by, now=now)
    tell_reporters(session, incident, "reporter_goals_checked", now=now)


def _settle(session: Session, incident: Incident, one: Settled, *, by: By, ring: Keyring, now: datetime) -> None:
    goal = session.get(Goal, one.goal_id)
    if goal is None or goal.incident_id != incident.id:
        raise Unsuitable({"en": "This goal belongs to another incident.", "zh": "该目标不属于此事件。"})
    if one.state in {"met", "unmet"} and not one.evidence:
        raise Unsuitable(
            {"en": "A goal is met with evidence, or unmet with a reason.", "zh": "目标达成须有证据，未达成须说明理由。"}
        )
    goal.state, goal.settled_by, goal.settled_at = one.state, by.person_id, now
    goal.approved_by = by.person_id if by.supervisor else None
    if one.evidence:
        session.merge(RecordKey(**(seal := Seal.fresh(goal.id)).row(ring, now)))
        goal.evidence = seal.close("evidence", one.evidence)
    session.flush()


def _record_view(session: Session, incident: Incident, *, by: By, now: datetime) -> None:
    for report_id in session.scalars(select(Report.id).where(Report.incident_id == incident.id)).all():
        session.add(
            ThreadMessage(
                id=new_id(), report_id=report_id, incident_id=incident.id, direction="to_reporter", at=now,
                template="reporter_view_asked", params={}, written_by=by.person_id,
            )
        )  # fmt: skip
    session.flush()


def close(
    session: Session,
    incident: Incident,
    *,
    outcome: str,
    reason: str | None = None,
    by: By,
    ring: Keyring,
    now: datetime,
) -> None:
    """Close on goals (R27): everybody who reported is told, and how to object within 14 days.

    That it was told falsely on purpose only a supervisor says, with the reason; it bars nobody and lowers no later report
    (C19). Raises ActRefused, Unsuitable.
    """
    demand_neutral(session, incident.id, (by.person_id, *by.org_ids))
    if outcome == MALICIOUS and not by.supervisor:
        raise ActRefused(ONLY_A_SUPERVISOR, state=incident.state)
    if outcome == MALICIOUS and not reason:
        raise Unsuitable({"en": "Say why it was told falsely on purpose.", "zh": "请说明认定故意虚报的理由。"})
    apply(session, incident, Act.CLOSE, "IncidentClosed", {"outcome": outcome}, by=by, now=now)
    if reason:
        note(session, incident, reason, by=by, ring=ring, now=now)
    incident.outcome = outcome
    clocks.end_all(session, incident, now=now)
    tell_reporters(session, incident, "reporter_closed", now=now, params={"outcome": outcome})
