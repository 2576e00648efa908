"""The ladder: when a clock runs out of patience, people are added rung by rung until someone acts (R03, C13).

A clock's row holds when its next rung is due. The sweep climbs every rung whose time has come; a rung climbed
twice is impossible (unique by clock and rung), one missed while no worker ran is climbed at the next sweep.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from backend.incidents import acts, clocks
from backend.incidents.models import Escalation, Incident, IncidentClock
from backend.incidents.ownership import chain_of, move_ownership, owner_of
from backend.incidents.rules import WITHOUT_LADDER, Rung, next_rung_at, rungs_due
from backend.incidents.states import State
from backend.incidents.telling import lane_of, tell_desks, tell_reporters
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.outbox import Notice, announce
from backend.kernel.sweeps import one_by_one, repeated
from backend.organisations.directory import DIRECTORY, Directory, OnDuty, Owner, who_is_on_duty
from backend.policy.cache import lead_route

TEMPLATES = {
    Rung.REMIND_OWNER: "rung_remind_owner",
    Rung.DEPUTY: "rung_deputy",
    Rung.ORGANISATION_DESK: "rung_organisation_desk",
    Rung.CATEGORY_LEAD: "rung_category_lead",
    Rung.BUCK_STOPS: "rung_buck_stops",
    Rung.NEXT_JURISDICTION: "rung_next_jurisdiction",
}
TRY_AGAIN = timedelta(seconds=30)
# The rung at which the promise itself is over.
TELLS_REPORTER = Rung.DEPUTY
# The clocks whose last rung moves ownership. Late news and a late end add people, but the one who works keeps it.
MOVES_OWNERSHIP = frozenset({"acknowledge", "contact", "action"})


@repeated
def climb(session: Session, *, now: datetime, limit: int = 20) -> int:
    """Climb every rung that is due, of up to ``limit`` clocks, the gravest first; return how many were.

    The caller commits. Clocks that another worker holds are left to it, and those of an incident that somebody works
    on at this moment to the next sweep.
    """
    due = session.execute(
        select(IncidentClock, Incident)
        .join(Incident, Incident.id == IncidentClock.incident_id)
        .where(IncidentClock.next_rung_at <= now)
        .order_by(IncidentClock.grade, IncidentClock.next_rung_at, IncidentClock.kind)
        .limit(limit)
        .with_for_update(skip_locked=True, of=(IncidentClock, Incident))
        .execution_options(populate_existing=True)
    ).all()

    def put_off(row: Row[IncidentClock, Incident]) -> None:
        row[0].next_rung_at = now + TRY_AGAIN

    return one_by_one(session, due, lambda row: _advance(session, *row, now=now), what="ladder", put_off=put_off)


def _advance(session: Session, clock: IncidentClock, incident: Incident, *, now: datetime) -> None:
    if clock.kind in WITHOUT_LADDER:
        _ring(session, incident, clock, now=now)
        return
    due = rungs_due(clock.rungs_s, started_at=clock.started_at, rungs_fired=clock.rungs_fired, now=now)
    for rung in due:
        _climb_one(session, incident, clock, rung, now=now)
    clock.rungs_fired += len(due)
    clock.next_rung_at = next_rung_at(clock.rungs_s, started_at=clock.started_at, rungs_fired=clock.rungs_fired)
    session.flush()


def _ring(session: Session, incident: Incident, clock: IncidentClock, *, now: datetime) -> None:
    """A wake-up or a loop-back check is due: work goes on, or the desk is asked whether the matter was done."""
    clock.next_rung_at = None
    if clock.kind == "wake" and incident.state == State.WAITING:
        acts.wake(session, incident, by=acts.ENGINE, now=now)
    else:
        # Nobody has said yet that it was done: ask again after the same time, until somebody closes it.
        length_s = (clock.due_at - clock.started_at).total_seconds()
        clock.state, clock.ended_at = "breached", now
        clocks.start(session, incident, {clock.kind: length_s}, rule=clock.rule, now=now)
    tell_desks(session, incident, f"clock_{clock.kind}", [incident.owner_desk_id], now=now)


def _climb_one(session: Session, incident: Incident, clock: IncidentClock, rung: Rung, *, now: datetime) -> None:
    def on_duty(desk: UUID) -> Sequence[OnDuty]:
        return who_is_on_duty(session, [desk], now=now).get(desk, ())

    directory, matter = DIRECTORY.get(session), Matter(owner_of(incident), incident.category)
    climb = plan_climb(directory, matter, rung, clock=clock.kind, chain=chain_of(incident), on_duty=on_duty, now=now)
    if climb.owner:
        move_ownership(session, incident, climb.owner, by_act="escalation", now=now)
    params = {"number": incident.number, "grade": incident.grade, "clock": clock.kind}
    announce(session, [climb.notice(incident.id, incident.grade, params)], now=now)
    told = {
        "desk_id": str(climb.desk_id) if climb.desk_id else None,
        "person_id": str(climb.person_id) if climb.person_id else None,
    }
    session.add(
        Escalation(
            id=new_id(), incident_id=incident.id, clock_id=clock.id, rung=int(rung),
            due_at=clock.next_rung_at or now, fired_at=now, told=told,
        )
    )  # fmt: skip
    payload = {"clock": clock.kind, "rung": int(rung), "due_at": clock.due_at, **told}
    record(session, incident_stream(incident.id), [Fact("RungClimbed", payload)], now=now)
    if rung is TELLS_REPORTER:
        # The promise itself is missed now; the reporter hears it from us and not from silence (C15).
        tell_reporters(session, incident, "reporter_promise_missed", now=now, params={"clock": clock.kind})


@dataclass(frozen=True, slots=True)
class Matter:
    """What of an incident decides whom a rung adds."""

    owner: Owner
    category: str | None


@dataclass(frozen=True, slots=True)
class Climb:
    """What one rung does: the desk and person it adds, and who owns from then on where that changes."""

    rung: Rung
    desk_id: UUID | None
    person_id: UUID | None
    owner: Owner | None

    def notice(self, incident_id: UUID, grade: int, params: Mapping[str, Any]) -> Notice:
        """What is told: to the person where there is one, else to whoever is on duty at the desk."""
        to = {"person_id": self.person_id} if self.person_id else {"desk_id": self.desk_id}
        return Notice(TEMPLATES[self.rung], incident_id, lane=lane_of(grade), params=params, **to)


def plan_climb(
    directory: Directory, matter: Matter, rung: Rung, *, clock: str, chain: Sequence[int],
    on_duty: Callable[[UUID], Sequence[OnDuty]], now: datetime,
) -> Climb:  # fmt: skip
    """What climbing ``rung`` for a clock of the kind ``clock`` does at ``now``; a rehearsal asks the same.

    ``on_duty`` tells who is at a desk at ``now``, first answerer first. Nothing is written.
    """
    owner, desk = matter.owner, rung_desk(directory, matter, rung, chain=chain, now=now)
    moved = None
    if rung is Rung.BUCK_STOPS and clock in MOVES_OWNERSHIP and desk:
        first = next((one.person_id for one in on_duty(desk)), None)
        moved = Owner(directory.desks[desk].org_id, desk, first)
    person = None
    if rung is Rung.DEPUTY and owner.desk_id:
        others = (one.person_id for one in on_duty(owner.desk_id) if one.person_id != owner.person_id)
        person = next(others, None)
    elif rung is Rung.REMIND_OWNER and not desk:
        person = owner.person_id
    return Climb(rung, desk, person, moved)


def rung_desk(directory: Directory, matter: Matter, rung: Rung, *, chain: Sequence[int], now: datetime) -> UUID | None:
    """The desk that a rung adds. A rung without a desk of its own falls to the nearest last desk, never to nobody."""
    last = directory.last_desks_over(chain)
    if rung is Rung.BUCK_STOPS:
        return last[0].id if last else None
    if rung is Rung.NEXT_JURISDICTION:
        return last[1].id if len(last) > 1 else (last[0].id if last else None)
    if rung is Rung.ORGANISATION_DESK:
        own = [d for d in directory.by_organisation.get(matter.owner.org_id, ()) if d.kind == "organisation"]
        return own[0].id if own else matter.owner.desk_id
    if rung is Rung.CATEGORY_LEAD and matter.category:
        route = lead_route(matter.category)
        leads = directory.mandates_for(route=route, category=matter.category, chain=chain, now=now)
        desks = (directory.desk_of(mandate.org_id, chain) for mandate in leads)
        return next((desk.id for desk in desks if desk), last[0].id if last else None)
    return matter.owner.desk_id
