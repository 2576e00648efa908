"""Clocks of incidents on the terms of their place: service hours, the layer's ladder, how long they may wait."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from backend.areas.actions import import_areas
from backend.areas.lookup import AREAS
from backend.areas.models import Area
from backend.incidents import acts, clocks, merging
from backend.incidents.acts import By, NewGrade
from backend.incidents.models import Incident, IncidentClock
from backend.incidents.opening import Spot
from backend.incidents.ownership import chain_of, locked
from backend.incidents.refusals import ActRefused, Unsuitable
from backend.incidents.states import State
from backend.kernel.database import SYSTEM, act_as, connection_of
from backend.kernel.sealed import Keyring
from backend.kernel.versions import bump
from backend.policy.actions import import_policy
from backend.policy.cache import clocks_for, quiet_hours_at, terms_at, wire_home, zone_of
from tests.conftest import NOW
from tests.support.baishi import places
from tests.support.incidents import open_incident

SHANGHAI = ZoneInfo("Asia/Shanghai")
TRIAGER = By(trained=True, supervisor=True)
TUESDAY, FRIDAY, SATURDAY = "2026-03-03 10:00", "2026-03-06 17:00", "2026-03-07 12:00"
LAYER = """
layer: {area: nanmen, name: Nanmen Community}
rules:
  R03: {values: {rung_1: 0.25, rung_1_g1_s: 30}}
  R14: {values: {start: 21, end: 6}}
  G4: {values: {waiting_limit_s: 86400}}
  SERVICE: {values: {days: [1, 2, 3, 4, 5, 6], start: "09:00", end: "18:00"}}
"""


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def shown(moment: datetime | None) -> str:
    return moment.astimezone(SHANGHAI).strftime("%a %H:%M") if moment else "never"


@pytest.fixture
def ring(app: Flask) -> Keyring:
    found: Keyring = app.extensions["linli"].keyring
    return found


@pytest.fixture
def chains(session: Session) -> dict[str, tuple[int, ...]]:
    """Each place of the scenarios' world with those above it."""
    import_areas(session, document=places(), source="baishi", by="test", now=NOW)
    commit(session)
    index = AREAS.get(session)
    return {row.source_id: index.chain(row.id) for row in session.scalars(select(Area))}


def commit(session: Session) -> None:
    session.commit()
    act_as(session, SYSTEM)


def take(session: Session, document: str) -> None:
    import_policy(session, document=document, by="test", now=NOW)
    commit(session)


def opened(session: Session, chain: tuple[int, ...], grade: int, at: datetime, **chosen: Any) -> Incident:
    """An incident whose clocks started at ``at`` on the terms of its place."""
    incident = locked(
        session, open_incident(session, at, grade=grade, category="CN04", spot=Spot(chain=chain), **chosen)
    )
    lengths = clocks_for(session, "CN04", grade, chain, kind="concern", now=at)
    clocks.start(session, incident, lengths, rule="test", now=at)
    return incident


def clock_of(session: Session, incident: Incident, kind: str) -> IncidentClock:
    return clocks.running(session, incident.id)[kind]


def rung(clock: IncidentClock, number: int) -> datetime:
    return clock.started_at + timedelta(seconds=clock.rungs_s[number - 1])


def regrade(session: Session, incident: Incident, grade: int, ring: Keyring, now: datetime) -> None:
    chain = chain_of(incident)
    lengths = clocks_for(session, incident.category, grade, chain, kind=incident.kind, now=now)
    change = NewGrade(grade, reason="seen for what it is")
    acts.regrade(session, incident, change, lengths, rule="R05", by=TRIAGER, ring=ring, now=now)


@pytest.mark.parametrize(
    "started, acknowledge, first_rung, action",
    [
        (TUESDAY, "Wed 10:00", "Tue 14:30", "Thu 10:00"),
        (FRIDAY, "Mon 17:00", "Mon 12:30", "Tue 17:00"),
        (SATURDAY, "Tue 08:30", "Mon 13:00", "Wed 08:30"),
    ],
)
def test_planned_clocks_run_in_the_service_hours_of_the_place(
    session: Session, chains: dict[str, tuple[int, ...]], started: str, acknowledge: str, first_rung: str, action: str
) -> None:
    incident = opened(session, chains["nanmen"], 4, wall(started))
    held = clock_of(session, incident, "acknowledge")
    assert (shown(held.due_at), shown(held.next_rung_at)) == (acknowledge, first_rung)
    assert shown(clock_of(session, incident, "action").due_at) == action
    assert incident.due_at == held.due_at


@pytest.mark.parametrize("grade, due", [(1, "Sat 12:02"), (2, "Sat 12:10"), (3, "Sat 13:00")])
def test_safety_clocks_run_through_the_weekend(
    session: Session, chains: dict[str, tuple[int, ...]], grade: int, due: str
) -> None:
    incident = opened(session, chains["nanmen"], grade, wall(SATURDAY))
    assert shown(clock_of(session, incident, "acknowledge").due_at) == due


def test_raised_to_urgent_on_a_weekend_all_clocks_run_day_and_night(
    session: Session, chains: dict[str, tuple[int, ...]], ring: Keyring
) -> None:
    incident = opened(session, chains["nanmen"], 4, wall(FRIDAY))
    regrade(session, incident, 2, ring, wall(SATURDAY))
    due = {kind: shown(clock.due_at) for kind, clock in clocks.running(session, incident.id).items()}
    assert due == {
        "acknowledge": "Sat 12:10", "contact": "Sat 12:30", "action": "Sat 16:00", "update": "Sat 13:00",
        "resolve": "Sun 12:00",
    }  # fmt: skip
    assert shown(clock_of(session, incident, "acknowledge").next_rung_at) == "Sat 12:05"


def test_lowered_to_planned_a_clock_keeps_its_start_and_counts_service_hours(
    session: Session, chains: dict[str, tuple[int, ...]], ring: Keyring
) -> None:
    incident = opened(session, chains["nanmen"], 2, wall(FRIDAY))
    regrade(session, incident, 4, ring, wall("2026-03-06 17:02"))
    held = clock_of(session, incident, "action")
    assert (held.started_at, shown(held.due_at), shown(rung(held, 1))) == (wall(FRIDAY), "Tue 17:00", "Thu 12:30")


def test_waiting_leaves_the_service_time_that_was_left(
    session: Session, chains: dict[str, tuple[int, ...]], ring: Keyring
) -> None:
    incident = opened(session, chains["nanmen"], 4, wall(TUESDAY))
    incident.state = State.IN_PROGRESS
    until = wall("2026-03-07 12:00")
    acts.wait(session, incident, reason="parts", wake_at=until, by=TRIAGER, ring=ring, now=wall("2026-03-04 10:00"))
    # A wake-up comes when the person said, on a Saturday too.
    assert clock_of(session, incident, "wake").due_at == until
    acts.wake(session, incident, by=TRIAGER, now=until)
    held = clock_of(session, incident, "resolve")
    # One of seven service days had passed; six are left from Monday's opening on.
    assert (held.due_at, held.state) == (wall("2026-03-17 08:30"), "running")
    assert rung(held, 2) == held.due_at
    assert held.next_rung_at == rung(held, 1) == wall("2026-03-11 13:00")


def test_raised_while_it_waits_the_resolution_goes_on_day_and_night(
    session: Session, chains: dict[str, tuple[int, ...]], ring: Keyring
) -> None:
    incident = opened(session, chains["nanmen"], 4, wall(TUESDAY))
    incident.state = State.IN_PROGRESS
    paused, woken = wall("2026-03-04 10:00"), wall(SATURDAY)
    former = clock_of(session, incident, "resolve")
    former.rungs_fired = 3
    acts.wait(session, incident, reason="parts", wake_at=woken, by=TRIAGER, ring=ring, now=paused)
    regrade(session, incident, 2, ring, wall("2026-03-05 10:00"))
    acts.wake(session, incident, by=TRIAGER, now=woken)
    held = clock_of(session, incident, "resolve")
    assert (held.grade, held.due_at, held.next_rung_at) == (2, woken + timedelta(days=1), woken + timedelta(hours=12))
    # Its rungs are its own: those that the former clock climbed are not climbed twice.
    assert (former.state, held.id != former.id) == ("stopped", True)


def test_an_update_that_was_given_promises_the_next_in_service_days(
    session: Session, chains: dict[str, tuple[int, ...]], ring: Keyring
) -> None:
    incident = opened(session, chains["nanmen"], 4, wall(TUESDAY))
    acts.message(session, incident, "We have ordered the parts.", by=TRIAGER, ring=ring, now=wall(FRIDAY))
    held = clock_of(session, incident, "update")
    assert (held.started_at, held.due_at) == (wall(FRIDAY), wall("2026-03-17 17:00"))


def test_a_grade_that_promises_no_updates_begins_none_anew(
    session: Session, chains: dict[str, tuple[int, ...]], ring: Keyring
) -> None:
    incident = opened(session, chains["nanmen"], 4, wall(TUESDAY))
    incident.grade = 5
    acts.message(session, incident, "Here is what you asked for.", by=TRIAGER, ring=ring, now=wall(FRIDAY))
    assert "update" not in clocks.running(session, incident.id)


# --- the layer of the place ---


@pytest.mark.parametrize(
    "place, started, due, first_rung",
    [
        ("nanmen", FRIDAY, "Sat 17:00", "Sat 10:15"),
        ("nanmen", "2026-03-07 17:00", "Mon 17:00", "Mon 10:15"),
        ("taohua", FRIDAY, "Mon 17:00", "Mon 12:30"),
    ],
)
def test_a_community_that_works_on_saturdays_counts_them(
    session: Session, chains: dict[str, tuple[int, ...]], place: str, started: str, due: str, first_rung: str
) -> None:
    take(session, LAYER)
    held = clock_of(session, opened(session, chains[place], 4, wall(started)), "acknowledge")
    assert (shown(held.due_at), shown(held.next_rung_at)) == (due, first_rung)


def reopened(session: Session, incident: Incident, now: datetime) -> None:
    incident.state, incident.closed_at = State.CLOSED, now
    chain = chain_of(incident)
    lengths = clocks_for(session, incident.category, incident.grade, chain, kind=incident.kind, now=now)
    acts.reopen(session, incident, lengths, chain=chain, by=TRIAGER, now=now)


def split(session: Session, incident: Incident, now: datetime) -> None:
    chain = chain_of(incident)
    parent = opened(session, chain, incident.grade, now)
    merging.merge(session, incident.id, parent.id, by=TRIAGER, now=now)
    lengths = clocks_for(session, incident.category, incident.grade, chain, kind=incident.kind, now=now)
    merging.split(session, incident.id, lengths, by=TRIAGER, now=now)


@pytest.mark.parametrize("again", [reopened, split])
def test_whatever_starts_clocks_anew_climbs_the_ladder_of_the_place(
    session: Session, chains: dict[str, tuple[int, ...]], again: Any
) -> None:
    take(session, LAYER)
    incident = opened(session, chains["nanmen"], 2, wall(TUESDAY))
    again(session, incident, wall(FRIDAY))
    rungs = clock_of(session, incident, "acknowledge").rungs_s
    assert rungs == [150, 600, 900, 1200, 1800, 3000]


@pytest.mark.parametrize("before, after, rungs", [(2, 3, [900, 3600]), (3, 2, [150, 600]), (2, 1, [30, 120])])
def test_a_new_grade_climbs_the_ladder_of_the_place(
    session: Session, chains: dict[str, tuple[int, ...]], ring: Keyring, before: int, after: int, rungs: list[int]
) -> None:
    take(session, LAYER)
    incident = opened(session, chains["nanmen"], before, wall(TUESDAY))
    lengths = clocks_for(session, "CN04", after, chains["nanmen"], kind="concern", now=wall(TUESDAY))
    incident.grade = after
    clocks.regrade_clocks(session, incident, lengths, up=after < before, rule="R05", now=wall(TUESDAY))
    assert clock_of(session, incident, "acknowledge").rungs_s[:2] == rungs


@pytest.mark.parametrize(
    "place, hours, allowed",
    [("nanmen", 24, True), ("nanmen", 25, False), ("taohua", 240, True), ("taohua", 241, False)],
)
def test_an_incident_waits_as_long_as_its_place_lets_it(
    session: Session, chains: dict[str, tuple[int, ...]], ring: Keyring, place: str, hours: int, allowed: bool
) -> None:
    take(session, LAYER)
    incident = opened(session, chains[place], 4, wall(TUESDAY))
    incident.state = State.IN_PROGRESS
    wake_at, now = wall(TUESDAY) + timedelta(hours=hours), wall(TUESDAY)
    if allowed:
        acts.wait(session, incident, reason="parts", wake_at=wake_at, by=TRIAGER, ring=ring, now=now)
    else:
        with pytest.raises(Unsuitable):
            acts.wait(session, incident, reason="parts", wake_at=wake_at, by=TRIAGER, ring=ring, now=now)
    assert (incident.state == State.WAITING) is allowed


def test_what_is_immediate_never_waits(session: Session, chains: dict[str, tuple[int, ...]], ring: Keyring) -> None:
    incident = opened(session, chains["nanmen"], 1, wall(TUESDAY))
    incident.state = State.IN_PROGRESS
    soon = wall(TUESDAY) + timedelta(minutes=1)
    with pytest.raises(ActRefused):
        acts.wait(session, incident, reason="parts", wake_at=soon, by=TRIAGER, ring=ring, now=wall(TUESDAY))


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    asked: list[str] = []
    listen = lambda *args: asked.append(args[2])  # noqa: E731 - removed again below
    connection = connection_of(session)
    event.listen(connection, "before_cursor_execute", listen)
    yield asked
    event.remove(connection, "before_cursor_execute", listen)


def test_the_terms_of_a_place_cost_no_statement(session: Session, chains: dict[str, tuple[int, ...]]) -> None:
    take(session, LAYER)
    terms_at(session, 4, chains["nanmen"], now=NOW)
    with statements(session) as asked:
        terms = terms_at(session, 4, chains["nanmen"], now=NOW)
        quiet = quiet_hours_at(session, chains["nanmen"], now=NOW)
    assert asked == []
    assert (sorted(terms.hours.days), terms.hours.zone) == ([1, 2, 3, 4, 5, 6], "Asia/Shanghai")
    assert terms.max_waiting_s == 86_400
    assert (quiet.start.hour, quiet.end.hour) == (21, 6)


@pytest.fixture
def at_home_in_taipei(app: Flask) -> Iterator[None]:
    wire_home("Asia/Taipei")
    yield
    wire_home("UTC")


@pytest.mark.usefixtures("at_home_in_taipei")
def test_a_place_without_a_local_time_has_that_of_the_area_above_or_of_the_deployment(
    session: Session, chains: dict[str, tuple[int, ...]]
) -> None:
    session.get_one(Area, chains["nanmen"][-1]).timezone = None
    session.get_one(Area, chains["liuyuan"][-1]).timezone = "Asia/Urumqi"
    bump(session, "areas")
    commit(session)
    assert (zone_of(session, chains["nanmen"]), zone_of(session, chains["baishi"])) == ("Asia/Urumqi", "Asia/Shanghai")
    assert zone_of(session, ()) == "Asia/Taipei"
