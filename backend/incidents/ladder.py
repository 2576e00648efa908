"""The ladder: when a clock runs out of patience, people are added rung by rung until someone acts (R03, C13).

A clock's row holds when its next rung is due. The sweep climbs every rung whose time has come; a rung climbed
twice is impossible (unique by clock and rung), one missed while no worker ran is climbed at the next sweep.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from backend.incidents import acts, clocks
from backend.incidents.models import Escalation, Incident, IncidentClock
from backend.incidents.ownership import chain_of, move_ownership
from backend.incidents.rules import WITHOUT_LADDER, Rung, next_rung_at, rungs_due
from backend.incidents.states import State
from backend.incidents.telling import lane_of, tell_desks, tell_reporters
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.outbox import Notice, announce
from backend.kernel.sweeps import one_by_one, repeated
from backend.organisations.directory import DIRECTORY, Directory, Owner, who_is_on_duty
from backend.policy.cache import lead_route

TEMPLATES = {
    Rung.REMIND_OWNER: "rung_remind_owner",
    Rung.DEPUTY: "rung_deputy",
    Rung.ORGANISATION_DESK: "rung_organisation_desk",
    Rung.CATEGORY_LEAD: "rung_category_lead",
    Rung.BUCK_STOPS: "rung_buck_stops",
    Rung.NEXT_JURISDICTION: "rung_next_jurisdiction",
}
# The clocks whose last rung moves ownership. Late news and a late end add people, but the one who works keeps it.
TRY_AGAIN = timedelta(seconds=30)
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
        .order_by(IncidentClock.grade, IncidentClock.next_rung_at)
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
    directory = DIRECTORY.get(session)
    chain = chain_of(incident)
    desk = rung_desk(directory, incident, rung, chain=chain, now=now)
    if rung is Rung.BUCK_STOPS and clock.kind in MOVES_OWNERSHIP and desk:
        body = directory.desks[desk].org_id
        there = who_is_on_duty(session, [desk], now=now).get(desk, ())
        person = there[0].person_id if there else None
        move_ownership(session, incident, Owner(body, desk, person), by_act="escalation", now=now)
    told = _tell(session, incident, clock, rung, desk, now=now)
    session.add(
        Escalation(
            id=new_id(), incident_id=incident.id, clock_id=clock.id, rung=int(rung),
            due_at=clock.next_rung_at or now, fired_at=now, told=told,
        )
    )  # fmt: skip
    payload = {"clock": clock.kind, "rung": int(rung), "due_at": clock.due_at, **told}
    record(session, incident_stream(incident.id), [Fact("RungClimbed", payload)], now=now)
    if rung is Rung.DEPUTY:
        # The promise itself is missed now; the reporter hears it from us and not from silence (C15).
        tell_reporters(session, incident, "reporter_promise_missed", now=now, params={"clock": clock.kind})


def _tell(
    session: Session, incident: Incident, clock: IncidentClock, rung: Rung, desk: UUID | None, *, now: datetime
) -> dict[str, str | None]:
    said = {"number": incident.number, "grade": incident.grade, "clock": clock.kind}
    lane = lane_of(incident.grade)
    deputy = _deputy(session, incident, now=now) if rung is Rung.DEPUTY else None
    to_person = deputy or (incident.owner_person_id if rung is Rung.REMIND_OWNER and not desk else None)
    if to_person:
        notice = Notice(TEMPLATES[rung], incident.id, person_id=to_person, lane=lane, params=said)
    else:
        notice = Notice(TEMPLATES[rung], incident.id, desk_id=desk, lane=lane, params=said)
    announce(session, [notice], now=now)
    return {"desk_id": str(desk) if desk else None, "person_id": str(to_person) if to_person else None}


def _deputy(session: Session, incident: Incident, *, now: datetime) -> UUID | None:
    desk = incident.owner_desk_id
    there = who_is_on_duty(session, [desk], now=now).get(desk, ()) if desk else ()
    return next((one.person_id for one in there if one.person_id != incident.owner_person_id), None)


def rung_desk(
    directory: Directory, incident: Incident, rung: Rung, *, chain: Sequence[int], now: datetime
) -> UUID | None:
    """The desk that a rung adds. A rung without a desk of its own falls to the nearest last desk, never to nobody."""
    last = directory.last_desks_over(chain)
    if rung is Rung.BUCK_STOPS:
        return last[0].id if last else None
    if rung is Rung.NEXT_JURISDICTION:
        return last[1].id if len(last) > 1 else (last[0].id if last else None)
    if rung is Rung.ORGANISATION_DESK:
        own = [d for d in directory.by_organisation.get(incident.owner_org_id, ()) if d.kind == "organisation"]
        return own[0].id if own else incident.owner_desk_id
    if rung is Rung.CATEGORY_LEAD and incident.category:
        route = lead_route(incident.category)
        leads = directory.mandates_for(route=route, category=incident.category, chain=chain, now=now)
        desks = (directory.desk_of(mandate.org_id, chain) for mandate in leads)
        return next((desk.id for desk in desks if desk), last[0].id if last else None)
    return incident.owner_desk_id
