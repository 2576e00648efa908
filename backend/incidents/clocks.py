"""The clocks of an incident: started, met, paused, stopped. Only a resolution clock ever pauses (INV-16)."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from backend.incidents.models import Incident, IncidentClock
from backend.incidents.opening import clock_rows
from backend.incidents.rules import DEFAULT_LADDER, nearest_due, next_rung_at


def running(session: Session, incident_id: UUID) -> dict[str, IncidentClock]:
    """The clocks that run now, by kind."""
    found = session.scalars(
        select(IncidentClock).where(
            IncidentClock.incident_id == incident_id, IncidentClock.state.in_(("running", "paused"))
        )
    )
    return {clock.kind: clock for clock in found}


def start(session: Session, incident: Incident, clocks_s: Mapping[str, float], *, rule: str, now: datetime) -> None:
    """Start clocks, lengths in seconds by kind; a running one of the same kind is stopped first."""
    end(session, incident, clocks_s.keys(), state="stopped", now=now)
    rows = clock_rows(incident.id, clocks_s, incident.grade, cycle=incident.cycle, rule=rule, now=now)
    if rows:
        session.execute(insert(IncidentClock), rows)
    refresh_due(session, incident)


def end(session: Session, incident: Incident, kinds: Iterable[str], *, state: str, now: datetime) -> list[str]:
    """End the running clocks of ``kinds`` as ``met`` or ``stopped`` and return which ended.

    A clock that is met after its time was breached: what was missed stays missed.
    """
    held = running(session, incident.id)
    ended = [kind for kind in kinds if kind in held]
    for kind in ended:
        clock = held[kind]
        late = state == "met" and now > clock.due_at
        clock.state, clock.ended_at, clock.next_rung_at = ("breached" if late else state), now, None
    if ended:
        refresh_due(session, incident)
    return ended


def end_all(session: Session, incident: Incident, *, now: datetime) -> None:
    """Stop every clock: the incident is over, or begins a new cycle."""
    end(session, incident, list(running(session, incident.id)), state="stopped", now=now)


def pause_resolution(session: Session, incident: Incident, *, now: datetime) -> None:
    """Pause the resolution clock while the incident waits; all others run on."""
    clock = running(session, incident.id).get("resolve")
    if clock and clock.state == "running":
        clock.state, clock.ended_at, clock.next_rung_at = "paused", now, None
        refresh_due(session, incident)


def resume_resolution(session: Session, incident: Incident, *, now: datetime) -> None:
    """Let a paused resolution clock go on, later by the time that it stood."""
    clock = running(session, incident.id).get("resolve")
    if clock and clock.state == "paused" and clock.ended_at:
        stood = max(now - clock.ended_at, timedelta())
        clock.started_at, clock.due_at = clock.started_at + stood, clock.due_at + stood
        clock.state, clock.ended_at = "running", None
        _arm(clock)
        refresh_due(session, incident)


def regrade_clocks(
    session: Session, incident: Incident, clocks_s: Mapping[str, float], *, up: bool, rule: str, now: datetime
) -> None:
    """Give the running clocks the lengths of a new grade.

    Upwards each is replaced by one that starts now, with the ladder from its foot, and is never due later than
    before; downwards a clock keeps its start.
    """
    shorter: dict[str, float] = {}
    for kind, clock in running(session, incident.id).items():
        if kind not in clocks_s or clock.state != "running":
            continue
        if up:
            left_s = (clock.due_at - now).total_seconds()
            shorter[kind] = max(min(left_s, clocks_s[kind]), 0.0)
        else:
            _lengthen(clock, incident.grade, clocks_s[kind], rule)
    start(session, incident, shorter, rule=rule, now=now)


def _lengthen(clock: IncidentClock, grade: int, length_s: float, rule: str) -> None:
    clock.grade, clock.rule = grade, rule
    clock.due_at = clock.started_at + timedelta(seconds=length_s)
    clock.rungs_s = list(DEFAULT_LADDER.offsets_s(clock.kind, grade, length_s))
    _arm(clock)


def _arm(clock: IncidentClock) -> None:
    clock.next_rung_at = next_rung_at(clock.rungs_s, started_at=clock.started_at, rungs_fired=clock.rungs_fired)


def refresh_due(session: Session, incident: Incident) -> None:
    """Keep the incident's soonest promise in its own row, where the queue sorts by it."""
    session.flush()
    times = session.scalars(
        select(IncidentClock.due_at).where(IncidentClock.incident_id == incident.id, IncidentClock.state == "running")
    )
    incident.due_at = nearest_due(times)
