"""The rehearsed ladder: it tells what would really be told, and tells nobody (C13, C37)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from backend.areas.actions import import_areas
from backend.areas.lookup import AREAS
from backend.areas.models import Area
from backend.dispatch.models import Delivery
from backend.dispatch.rehearsal.play import Question, Rehearsal, Step, rehearse
from backend.incidents import handing_on, ladder
from backend.incidents.models import Incident, ThreadMessage
from backend.incidents.opening import Opening, Spot, opening_rows
from backend.incidents.states import State
from backend.kernel.database import SYSTEM, act_as, insert_all
from backend.kernel.ids import new_id
from backend.kernel.journal import Event, incident_stream
from backend.kernel.sealed import Keyring
from backend.kernel.versions import bump
from backend.organisations.directory import DIRECTORY, smallest_staffed, who_is_on_duty
from backend.organisations.models import Credential, Desk, Mandate, Shift
from backend.policy.cache import clocks_for, terms_at
from backend.settings import Settings
from tests.areas.places import document, feature, polygon, square
from tests.conftest import NOW
from tests.support.people import make_organisation, make_person, sign_in

_towns = count()
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Planned:
    """A desk of an invented town: its kind, whether it lies over the town or a ward, and turns in quarters of an hour."""

    kind: str
    in_ward: bool
    always_staffed: bool
    has_email: bool
    turns: Sequence[tuple[int, int, int, int]]


@st.composite
def planned_desks(draw: st.DrawFn) -> Planned:
    """A desk whose turns of one rank do not overlap."""
    turns = []
    for rank in (0, 1):
        cuts = sorted(draw(st.sets(st.integers(-8, 120), max_size=6)))
        turns += [(a, b, rank, draw(st.integers(0, 3))) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    kind = draw(st.sampled_from(("duty", "organisation", "buck_stops")))
    return Planned(kind, draw(st.booleans()), draw(st.booleans()), draw(st.booleans()), turns)


def town_of(session: Session, ring: Keyring, desks: Sequence[Planned], *, lead: bool) -> tuple[int, ...]:
    """Build a town with a ward and these desks; the chain of areas from the top. Committed."""
    number = next(_towns)
    source, x = f"rehearsed-{number}", float(number % 150)
    areas = document(
        feature("town", polygon(square(x, 10)), timezone="Asia/Taipei"),
        feature("ward", polygon(square(x, 10, 0.5)), level=1, level_name="ward", parent_id="town"),
    )
    import_areas(session, document=areas, source=source, by="a test", now=NOW)
    session.commit()
    act_as(session, SYSTEM)
    ids = {a.source_id: a.id for a in session.scalars(select(Area).where(Area.source == source))}
    org = make_organisation(session, NOW, name=f"Body {number}", methods=["professional_care"])
    roles = (["coordinator"], ["volunteer"], ["duty_officer", "volunteer"], ["volunteer"])
    people = [
        make_person(session, ring, NOW, roles=held, org=org, email="a@example.org" if at % 2 else None)
        for at, held in enumerate(roles)
    ]
    last: set[str] = set()
    for desk in desks:
        place = "ward" if desk.in_ward else "town"
        if desk.kind == "buck_stops" and place in last:
            continue
        last |= {place} if desk.kind == "buck_stops" else set()
        _add_desk(session, desk, org, ids[place], people)
    if lead:
        session.add(
            Mandate(
                id=new_id(), org_id=org, area_id=ids["town"], category=None, route="SW", phase="respond", role="lead",
                rights=[], obligations=[], capacity={}, basis="test", valid_from=NOW - timedelta(days=1),
                state="accepted",
            )
        )  # fmt: skip
    bump(session, "organisations")
    session.commit()
    act_as(session, SYSTEM)
    return AREAS.get(session).chain(ids["ward"])


def _add_desk(session: Session, desk: Planned, org: UUID, area_id: int, people: Sequence[UUID]) -> None:
    made = Desk(
        id=new_id(), org_id=org, area_id=area_id, kind=desk.kind, name="Desk", names={"en": "Desk", "zh": "值班席"},
        always_staffed=desk.always_staffed, email="desk@example.org" if desk.has_email else None,
    )  # fmt: skip
    session.add(made)
    session.flush()
    session.add_all(
        Shift(
            id=new_id(), desk_id=made.id, person_id=people[who], rank=rank,
            during=Range(NOW + a * QUARTER, NOW + b * QUARTER),
        )
        for a, b, rank, who in desk.turns
    )  # fmt: skip


def really(session: Session, question: Question, chain: Sequence[int], moments: Sequence[datetime]) -> list[Any]:
    """Let such a matter come in, leave it alone, and run the worker's sweeps: what the ladder did, told and changed."""
    at = question.at
    directory = DIRECTORY.get(session)
    desks = directory.desks_over(chain)
    there = who_is_on_duty(session, [desk.id for desk in desks], now=at)
    terms = terms_at(session, question.grade, chain, now=at)
    incident_id = new_id()
    opening = Opening(
        incident_id=incident_id, kind=question.kind, category=question.category, grade=question.grade,
        compartment="incident", spot=Spot(chain=tuple(chain)), state=State.RECEIVED, goals=(), rule="test",
        owner=smallest_staffed(desks, there, active=directory.active), diverted=False, safe_mode=False, words=(),
        clocks_s=clocks_for(session, question.category, question.grade, chain, kind=question.kind, now=at),
        ladder=terms.ladder, hours=terms.hours,
    )  # fmt: skip
    insert_all(session, opening_rows(opening, by_actor="test", now=at))
    incident = session.get_one(Incident, incident_id)
    seen: list[Any] = []
    for moment in moments:
        handing_on.follow_shifts(session, now=moment)
        before = set(session.scalars(select(Delivery.id).where(Delivery.incident_id == incident_id)))
        known = len(_climbs(session, incident_id))
        ladder.climb(session, now=moment)
        session.refresh(incident)
        climbs = [(event.payload["clock"], event.payload["rung"]) for event in _climbs(session, incident_id)[known:]]
        made = select(Delivery).where(Delivery.incident_id == incident_id, Delivery.id.not_in(before))
        seen.append((moment, sorted(climbs), _sorted(map(_row, session.scalars(made))), incident.owner_desk_id))
    return seen


def _climbs(session: Session, incident_id: UUID) -> Sequence[Event]:
    stream = incident_stream(incident_id)
    query = select(Event).where(Event.stream == stream, Event.type == "RungClimbed").order_by(Event.stream_seq)
    return session.scalars(query).all()


def _row(one: Any) -> tuple[object, ...]:
    return one.template, one.channel, one.person_id, one.desk_id, one.state, one.outcome, one.due_at


def _sorted(rows: Iterator[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return sorted(rows, key=str)


def foreseen(rehearsal: Rehearsal, moments: Sequence[datetime]) -> list[Any]:
    """The rehearsal in the shape of ``really``."""
    found = []
    for moment in moments:
        steps = [step for step in rehearsal.steps if step.at == moment and step.rung]
        climbs = sorted((step.clock, int(step.rung)) for step in steps if step.clock and step.rung)
        rows = _sorted(_row(told) for step in steps for told in step.told)
        found.append((moment, climbs, rows, steps[-1].owner.desk_id if steps else None))
    return found


@given(
    desks=st.lists(planned_desks(), max_size=5),
    lead=st.booleans(),
    grade=st.integers(1, 4),
    category=st.sampled_from([None, "CN01", "DS06", "AID04"]),
    starts=st.integers(0, 60),
)
@hypothesis_settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
def test_a_rehearsal_foresees_all_that_the_ladder_really_does(  # noqa: PLR0917 - what is drawn
    session: Session, ring: Keyring, settings: Settings, desks: Sequence[Planned], lead: bool, grade: int,
    category: str | None, starts: int,
) -> None:  # fmt: skip
    chain = town_of(session, ring, desks, lead=lead)
    question = Question(chain[-1], category, grade, NOW + starts * QUARTER + timedelta(seconds=7))
    rehearsal = rehearse(session, question, settings=settings)
    rungs = {step.at for step in rehearsal.steps if step.rung}
    changes = {at for desk in desks for a, b, *_ in desk.turns for at in (NOW + a * QUARTER, NOW + b * QUARTER)}
    moments = sorted(rungs | {at for at in changes if question.at < at <= max(rungs)})
    real = really(session, question, chain, moments)
    session.rollback()
    act_as(session, SYSTEM)
    at_rungs = [one for one in real if one[0] in rungs]
    assert at_rungs == foreseen(rehearsal, sorted(rungs))


@dataclass(frozen=True, slots=True)
class Night:
    """A town whose only duty desk is empty at night, and the headers of its coordinator."""

    area_id: int
    headers: dict[str, str]
    keeper: UUID


@pytest.fixture
def night(session: Session, ring: Keyring, client: FlaskClient) -> Night:
    """See Night; the day is NOW (17:00 in the town) and the two hours after it."""
    chain = town_of(session, ring, [], lead=False)
    org = make_organisation(session, NOW, name="Night council")
    keeper = make_person(
        session, ring, NOW, roles=["coordinator"], org=org, login="li", name="Li Na", email="li@example.org"
    )
    desk = Planned("buck_stops", in_ward=False, always_staffed=False, has_email=False, turns=[(-4, 8, 0, 0)])
    _add_desk(session, desk, org, chain[0], [keeper])
    session.add(
        Credential(
            id=new_id(), person_id=keeper, type="child_safeguarding", level="qualified", issued_by="A",
            valid_to=NOW - timedelta(days=2), state="active",
        )
    )  # fmt: skip
    bump(session, "organisations")
    session.commit()
    act_as(session, SYSTEM)
    return Night(chain[-1], sign_in(client, "li"), keeper)


def asked(client: FlaskClient, night: Night, **question: object) -> Any:
    body = {"area_id": night.area_id, "grade": 2} | question
    return client.post("/api/v1/ladder/rehearsals", json=body, headers=night.headers)


def counted(session: Session) -> tuple[int, ...]:
    act_as(session, SYSTEM)
    jobs = session.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one()
    tables = (Delivery, Incident, ThreadMessage)
    return (jobs, *(session.scalar(select(func.count()).select_from(table)) or 0 for table in tables))


def test_an_empty_night_is_named_at_each_rung_and_nobody_is_told(
    client: FlaskClient, session: Session, night: Night
) -> None:
    before = counted(session)
    answer = asked(client, night, at=(NOW + timedelta(hours=10)).isoformat())
    assert answer.status_code == 200
    said = answer.get_json()
    first = said["steps"][0]
    assert (first["rung"], first["failures"][0]["kind"]) == (None, "nobody_on_duty")
    assert [step["rung"] for step in said["steps"] if step["clock"] == "acknowledge"] == [1, 2, 3, 4, 5, 6]
    assert said["broken"] == len(said["steps"])
    assert said["timezone"] == "Asia/Taipei"
    assert first["failures"][0]["text"]["en"].startswith("Top desk is always staffed from outside")
    last = next(step for step in said["steps"] if (step["clock"], step["rung"]) == ("acknowledge", 5))
    assert last["failures"][0]["text"]["en"].startswith("Nobody is on duty at Desk then")
    assert counted(session) == before


def test_by_day_the_same_ladder_holds_and_names_what_is_weak(client: FlaskClient, night: Night) -> None:
    said = asked(client, night).get_json()
    first = said["steps"][0]
    assert first["owner"]["person"] == "Li Na"
    assert [(told["channel"], told["state"]) for told in first["told"]] == [
        ("in_app", "handed_over"),
        ("email", "waiting"),
    ]
    assert [failure["kind"] for failure in first["failures"]] == ["credential_lapsed"]
    deputy = next(step for step in said["steps"] if (step["clock"], step["rung"]) == ("acknowledge", 2))
    assert deputy["reporter_told"]
    assert [failure["kind"] for failure in deputy["failures"]] == ["nobody_new", "credential_lapsed"]


def test_a_rehearsal_leaves_one_entry_without_names_and_is_for_those_who_plan_rotas(
    client: FlaskClient, session: Session, night: Night, ring: Keyring
) -> None:
    asked(client, night, category="DS06")
    act_as(session, SYSTEM)
    (entry,) = session.scalars(select(Event).where(Event.type == "LadderRehearsed"))
    assert entry.payload["area_id"] == night.area_id
    assert "Li" not in str(entry.payload)
    org = make_organisation(session, NOW, name="Elsewhere")
    make_person(session, ring, NOW, roles=["responder"], org=org, login="res")
    headers = sign_in(client, "res")
    assert asked(client, replace(night, headers=headers)).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [{"grade": 6}, {"category": "XX99"}, {"area_id": 999_999}, {"at": "2030-01-01T00:00:00Z"}, {"kind": "gossip"}],
)
def test_what_cannot_be_rehearsed_is_refused(client: FlaskClient, night: Night, wrong: dict[str, object]) -> None:
    assert asked(client, night, **wrong).status_code == 422


def test_a_place_outside_every_area_falls_to_the_top_desk(app: Flask, session: Session, settings: Settings) -> None:
    rehearsal = rehearse(session, Question(None, None, 2, NOW), settings=settings)
    steps: Sequence[Step] = rehearsal.steps
    assert rehearsal.chain == ()
    assert {step.owner.desk_id for step in steps} == {DIRECTORY.get(session).last_desks_over(())[-1].id}
