"""The clocks of an incident: started, met, paused, stopped. Only a resolution clock ever pauses (INV-16)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from backend.incidents.models import Incident, IncidentClock
from backend.incidents.opening import clock_rows
from backend.incidents.ownership import chain_of
from backend.incidents.rules import Pace, Run, next_rung_at, plan_clocks, resumed
from backend.policy.cache import terms_at


def running(session: Session, incident_id: UUID) -> dict[str, IncidentClock]:
    """The clocks that run now, by kind."""
    found = session.scalars(
        select(IncidentClock).where(
            IncidentClock.incident_id == incident_id, IncidentClock.state.in_(("running", "paused"))
        )
    )
    return {clock.kind: clock for clock in found}


def start(
    session: Session, incident: Incident, clocks_s: Mapping[str, float], *, rule: str,
    not_after: Mapping[str, datetime] | None = None, now: datetime,
) -> None:  # fmt: skip
    """Start clocks on the terms of the incident's grade and place, lengths in seconds by kind.

    A running one of the same kind is stopped first. ``not_after``: moments by kind that they are not to pass.
    """
    end(session, incident, clocks_s.keys(), state="stopped", now=now)
    pace = replace(pace_of(session, incident, now=now), not_after=not_after or {})
    rows = clock_rows(incident.id, clocks_s, pace, cycle=incident.cycle, rule=rule, now=now)
    if rows:
        session.execute(insert(IncidentClock), rows)
    refresh_due(session, incident)


def pace_of(session: Session, incident: Incident, *, now: datetime) -> Pace:
    """How clocks of the incident run now: by its grade, and the ladder and hours of its place."""
    terms = terms_at(session, incident.grade, chain_of(incident), now=now)
    return Pace(incident.grade, terms.ladder, terms.hours)


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
        hours = pace_of(session, incident, now=now).hours_of(clock.kind)
        run = Run(clock.started_at, clock.due_at, tuple(clock.rungs_s))
        run = resumed(run, hours, paused_at=clock.ended_at, now=now)
        clock.started_at, clock.due_at, clock.rungs_s = run.started_at, run.due_at, list(run.rungs_s)
        clock.state, clock.ended_at = "running", None
        _arm(clock)
        refresh_due(session, incident)


def run_again(session: Session, incident: Incident, kind: str, *, ended_at: datetime) -> None:
    """Let the clock of ``kind`` that ended at ``ended_at`` run on as if it had not: its ending is taken back."""
    _revive(session, incident, [kind], ended_at=ended_at)


def put_back(session: Session, incident: Incident, *, at: datetime) -> None:
    """Undo a change of clocks at ``at``: those that began then are stopped, those that were stopped for them run on."""
    held = running(session, incident.id)
    begun = [kind for kind, clock in held.items() if clock.state == "running" and clock.started_at == at]
    for kind in begun:
        held[kind].state, held[kind].ended_at, held[kind].next_rung_at = "stopped", at, None
    session.flush()
    fresh = [held[kind].id for kind in begun]
    _revive(session, incident, begun, ended_at=at, but_not=fresh)


def _revive(
    session: Session, incident: Incident, kinds: Iterable[str], *, ended_at: datetime, but_not: Iterable[UUID] = ()
) -> None:
    query = select(IncidentClock).where(
        IncidentClock.incident_id == incident.id, IncidentClock.kind.in_(list(kinds)),
        IncidentClock.ended_at == ended_at, IncidentClock.id.not_in(list(but_not)),
    )  # fmt: skip
    for clock in session.scalars(query).all():
        clock.state, clock.ended_at = "running", None
        _arm(clock)
    refresh_due(session, incident)


def regrade_clocks(
    session: Session, incident: Incident, clocks_s: Mapping[str, float], *, up: bool, rule: str, now: datetime
) -> None:
    """Give the clocks the lengths of a new grade, which the incident has already.

    Upwards each running one is replaced by one that starts now, with the ladder from its foot, and is never due later
    than before; one that stands still goes on as if it had been replaced when it was paused. Downwards a clock keeps
    its start.
    """
    pace = pace_of(session, incident, now=now)
    sooner: dict[str, datetime] = {}
    for kind, clock in running(session, incident.id).items():
        if kind not in clocks_s:
            continue
        if up and clock.state == "running":
            sooner[kind] = clock.due_at
        elif up and clock.ended_at:
            _replace_paused(session, clock, clocks_s[kind], pace, rule, paused_at=clock.ended_at)
        else:
            _replan(clock, clocks_s[kind], pace, rule)
    start(session, incident, {kind: clocks_s[kind] for kind in sooner}, rule=rule, not_after=sooner, now=now)


def _replace_paused(
    session: Session, clock: IncidentClock, length_s: float, pace: Pace, rule: str, *, paused_at: datetime
) -> None:
    pace = replace(pace, not_after={clock.kind: clock.due_at})
    (row,) = clock_rows(clock.incident_id, {clock.kind: length_s}, pace, cycle=clock.cycle, rule=rule, now=paused_at)
    row |= {"state": "paused", "ended_at": paused_at, "next_rung_at": None}
    session.execute(insert(IncidentClock), [row])
    clock.state = "stopped"


def _replan(clock: IncidentClock, length_s: float, pace: Pace, rule: str) -> None:
    (plan,) = plan_clocks({clock.kind: length_s}, pace, now=clock.started_at)
    clock.grade, clock.rule, clock.due_at, clock.rungs_s = pace.grade, rule, plan.due_at, list(plan.rungs_s)
    if clock.state == "running":
        _arm(clock)


def _arm(clock: IncidentClock) -> None:
    clock.next_rung_at = next_rung_at(clock.rungs_s, started_at=clock.started_at, rungs_fired=clock.rungs_fired)


def refresh_due(session: Session, incident: Incident) -> None:
    """Keep the incident's soonest promise in its own row, where the queue sorts by it."""
    session.flush()
    soonest = session.execute(
        select(IncidentClock.due_at, IncidentClock.started_at)
        .where(IncidentClock.incident_id == incident.id, IncidentClock.state == "running")
        .order_by(IncidentClock.due_at, IncidentClock.started_at)
        .limit(1)
    ).one_or_none()
    incident.due_at, incident.due_since = (soonest.due_at, soonest.started_at) if soonest else (None, None)
