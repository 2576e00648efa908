"""The gateway: who is told of a notice, by which channels, and what is written down when somebody is not."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from backend.areas.actions import import_areas
from backend.areas.lookup import AREAS
from backend.dispatch.gateway import (
    WEBHOOKS,
    DispatchGateway,
    IncidentFacts,
    PersonFacts,
    ReporterFacts,
    incidents_of,
    plan_deliveries,
)
from backend.dispatch.models import Delivery, Offer
from backend.incidents.models import ThreadMessage
from backend.incidents.opening import Spot
from backend.kernel.database import SYSTEM, Actor, Scope, act_as, connection_of, insert_all
from backend.kernel.ids import new_id
from backend.kernel.outbox import Notice, announce
from backend.kernel.sealed import Keyring
from backend.organisations.directory import DIRECTORY, TOP_DESK_ID, who_is_on_duty
from backend.organisations.models import Responder
from backend.policy.actions import import_policy
from backend.settings import Settings
from tests.conftest import NOW
from tests.dispatch.conftest import Body, add_webhook
from tests.support.baishi import NANMEN, TAOHUA, places
from tests.support.incidents import add_report, open_incident
from tests.support.people import make_person

NIGHT = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)  # 23:30 in Taipei


def told(session: Session) -> list[tuple[str, UUID | None, str, str | None]]:
    """Channel, person, state and outcome of every delivery."""
    rows = session.scalars(select(Delivery).execution_options(populate_existing=True)).all()
    return sorted(((row.channel, row.person_id, row.state, row.outcome) for row in rows), key=repr)


def jobs(session: Session) -> int:
    return int(session.execute(text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")).scalar_one())


def incident(session: Session, **chosen: Any) -> UUID:
    return open_incident(session, NOW, **chosen)


def test_a_desk_is_told_by_inbox_email_its_own_address_and_its_bodys_webhook(
    session: Session, ring: Keyring, body: Body
) -> None:
    add_webhook(session, ring, body.org, "https://example.org/hook")
    announce(session, [Notice("report_received_desk", incident(session), desk_id=body.desk)], now=NOW)
    assert told(session) == sorted(
        [
            ("in_app", body.first, "handed_over", "inbox"),
            ("email", body.first, "waiting", None),
            ("email", None, "waiting", None),
            ("webhook", None, "waiting", None),
        ],
        key=repr,
    )
    assert jobs(session) == 3


@pytest.mark.parametrize(
    "template, deputy_is_told", [("rung_remind_owner", False), ("rung_deputy", True), ("rung_buck_stops", True)]
)
def test_from_the_second_rung_on_the_deputy_is_told_as_well(
    session: Session, body: Body, template: str, deputy_is_told: bool
) -> None:
    announce(session, [Notice(template, incident(session), desk_id=body.desk)], now=NOW)
    people = {row[1] for row in told(session)} - {None}
    assert people == ({body.first, body.deputy} if deputy_is_told else {body.first})


def test_each_person_is_told_in_their_language(session: Session, body: Body) -> None:
    announce(session, [Notice("rung_deputy", incident(session), desk_id=body.desk)], now=NOW)
    languages = dict(session.execute(select(Delivery.person_id, Delivery.language)).all())
    assert (languages[body.first], languages[body.deputy]) == ("en", "zh")


def test_a_desk_where_nobody_is_says_so(session: Session, without_email: Flask) -> None:
    announce(session, [Notice("report_received_desk", incident(session), desk_id=TOP_DESK_ID)], now=NOW)
    assert told(session) == [("in_app", None, "not_sent", "nobody-on-duty")]


def test_without_an_smtp_server_nothing_waits_for_one(session: Session, body: Body, without_email: Flask) -> None:
    announce(session, [Notice("report_received_desk", incident(session), desk_id=body.desk)], now=NOW)
    assert told(session) == [("in_app", body.first, "handed_over", "inbox")]
    assert jobs(session) == 0


def test_planning_costs_no_statement(session: Session, body: Body, settings: Settings) -> None:
    on_duty = who_is_on_duty(session, [body.desk], now=NOW)
    directory, hooks = DIRECTORY.get(session), WEBHOOKS.get(session)
    incident_id, report_id = new_id(), new_id()
    notices = [
        Notice("report_received_desk", incident_id, desk_id=body.desk, lane="sos"),
        Notice("reporter_received", incident_id, report_id=report_id, lane="sos"),
    ]
    asked: list[str] = []
    listen = lambda *args: asked.append(args[2])  # noqa: E731 - removed again below
    event.listen(connection_of(session), "before_cursor_execute", listen)
    rows = plan_deliveries(
        notices, on_duty=on_duty, directory=directory, settings=settings, now=NOW, webhooks=hooks,
        incidents={incident_id: IncidentFacts(1)}, reporters={report_id: ReporterFacts("zh", has_contact=True)},
    )  # fmt: skip
    event.remove(connection_of(session), "before_cursor_execute", listen)
    assert asked == []
    assert {table.name: len(found) for table, found in rows.items()} == {
        "delivery": 4, "thread_message": 1, "procrastinate_jobs": 3,
    }  # fmt: skip


def test_an_incident_that_is_not_known_is_refused_rather_than_taken_for_real(
    session: Session, body: Body, settings: Settings
) -> None:
    directory = DIRECTORY.get(session)
    notice = Notice("offer_made", new_id(), person_id=body.first)
    with pytest.raises(KeyError):
        plan_deliveries(
            [notice], on_duty={}, directory=directory, settings=settings, now=NOW, incidents={},
            people={body.first: PersonFacts()},
        )  # fmt: skip


def test_a_notice_without_an_address_is_a_mistake(session: Session, settings: Settings) -> None:
    with pytest.raises(ValueError, match="no address"):
        DispatchGateway(settings).take(session, [Notice("offer_made", None)], now=NOW)


def test_words_and_codes_in_a_notice_do_not_reach_a_delivery(session: Session, body: Body) -> None:
    params = {"number": 7, "category": "DS04", "place": "Mill Lane", "due_at": NOW.isoformat()}
    announce(session, [Notice("offer_made", incident(session), person_id=body.first, params=params)], now=NOW)
    kept = session.scalars(select(Delivery.params)).first()
    assert kept == {"number": 7, "due_at": NOW.isoformat()}


def test_a_reporter_is_told_in_their_thread(session: Session, ring: Keyring) -> None:
    incident_id = incident(session)
    report = add_report(session, ring, NOW, incident_id=incident_id)
    announce(session, [Notice("reporter_triaged", incident_id, report_id=report)], now=NOW)
    message = session.scalars(select(ThreadMessage)).one()
    assert (message.report_id, message.template, message.direction) == (report, "reporter_triaged", "to_reporter")
    assert told(session) == []


def test_an_answer_that_stands_in_the_thread_is_not_announced_there_again(session: Session, ring: Keyring) -> None:
    incident_id = incident(session)
    contact = {"email": "r@example.org", "consent": True}
    report = add_report(session, ring, NOW, incident_id=incident_id, contact=contact)
    announce(session, [Notice("reporter_answer", incident_id, report_id=report)], now=NOW)
    assert session.scalars(select(ThreadMessage)).all() == []
    assert told(session) == [("email", None, "waiting", None)]


@pytest.mark.parametrize("address", ["desk", "person", "report"])
def test_an_exercise_reaches_nobody_who_is_not_on_its_list(
    session: Session, ring: Keyring, body: Body, address: str
) -> None:
    add_webhook(session, ring, body.org, "https://example.org/hook")
    incident_id = incident(session, exercise_id=new_id())
    contact = {"email": "r@example.org", "consent": True}
    report = add_report(session, ring, NOW, incident_id=incident_id, contact=contact)
    chosen: dict[str, Any] = {
        "desk": {"desk_id": body.desk},
        "person": {"person_id": body.first},
        "report": {"report_id": report},
    }
    announce(session, [Notice("rung_deputy", incident_id, lane="sos", **chosen[address])], now=NOW)
    assert {row[2:] for row in told(session)} == {("not_sent", "exercise")}
    assert jobs(session) == 0


def test_a_participant_of_an_exercise_is_told(session: Session, body: Body, settings: Settings) -> None:
    incident_id = new_id()
    rows = plan_deliveries(
        [Notice("offer_made", incident_id, person_id=body.first)], on_duty={}, directory=DIRECTORY.get(session),
        settings=settings, now=NOW, people={body.first: PersonFacts(has_email=True)},
        incidents={incident_id: IncidentFacts(2, exercise=True, participants=frozenset({body.first}))},
    )  # fmt: skip
    deliveries = rows[Delivery.metadata.tables["delivery"]]
    assert [row["state"] for row in deliveries] == ["handed_over", "waiting"]


def volunteer(session: Session, ring: Keyring, org: UUID, **chosen: Any) -> UUID:
    person = make_person(session, ring, NOW, roles=["volunteer"], org=org, email="v@example.org")
    values: dict[str, Any] = {"nights": False, "daily_cap": 3, "weekly_cap": 6} | chosen
    session.add(Responder(person_id=person, org_id=org, available=True, lat=24.8, lon=120.97, cell_8=1, cell_6=1,
                          cell_4=1, skills=[], updated_at=NOW, **values))  # fmt: skip
    session.flush()
    return person


def alerts(session: Session, incident_id: UUID, org: UUID, person: UUID, *ages: timedelta) -> list[UUID]:
    rows = [
        {"id": new_id(), "incident_id": incident_id, "part": "volunteer", "route": "V", "org_id": org,
         "person_id": person, "wave": 1, "chain_step": 0, "state": "proposed", "offered_at": NOW - age,
         "due_at": NOW + timedelta(minutes=10)}
        for age in ages
    ]  # fmt: skip
    insert_all(session, {Offer.metadata.tables["offer"]: rows})
    return [UUID(str(row["id"])) for row in rows]


@pytest.fixture
def places_of(session: Session) -> dict[str, Spot]:
    """Two villages of one town; the one begins its quiet hours at nine and ends them at six."""
    import_areas(session, document=places(), source="baishi", by="test", now=NOW)
    session.commit()
    act_as(session, SYSTEM)
    document = "layer: {area: taohua, name: Taohua Village}\nrules: {R14: {values: {start: 21, end: 6}}}"
    import_policy(session, document=document, by="test", now=NOW)
    session.commit()
    act_as(session, SYSTEM)
    index = AREAS.get(session)
    return {name: Spot(chain=index.locate(**at).primary) for name, at in (("taohua", TAOHUA), ("nanmen", NANMEN))}


@pytest.mark.parametrize(
    "place, wall, held_until",
    [
        ("taohua", "21:30", "06:00"),
        ("nanmen", "21:30", None),
        ("taohua", "06:30", None),
        ("nanmen", "06:30", "07:00"),
        ("taohua", "23:00", "06:00"),
        ("nanmen", "23:00", "07:00"),
    ],
)
def test_what_may_wait_is_held_by_the_quiet_hours_of_its_village(
    session: Session, ring: Keyring, body: Body, places_of: dict[str, Spot], place: str, wall: str,
    held_until: str | None,
) -> None:  # fmt: skip
    person = volunteer(session, ring, body.org, nights=True)
    now = datetime.fromisoformat(f"2026-03-02 {wall}").replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    notice = Notice("offer_volunteer", incident(session, spot=places_of[place]), person_id=person, lane="offers")
    announce(session, [notice], now=now)
    due = session.scalars(select(Delivery.due_at).where(Delivery.state == "held")).all()
    assert {at.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%H:%M") for at in due} == {held_until} - {None}


def test_a_village_that_shifts_its_quiet_hours_still_asks_only_who_opted_in(
    session: Session, ring: Keyring, body: Body, places_of: dict[str, Spot]
) -> None:
    half_past_nine = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)
    urgent = incident(session, spot=places_of["taohua"], grade=2)
    people = [volunteer(session, ring, body.org, nights=nights) for nights in (True, False)]
    announce(session, [Notice("offer_volunteer", urgent, person_id=one) for one in people], now=half_past_nine)
    assert {(row[1], row[2]) for row in told(session)} == {
        (people[0], "handed_over"), (people[0], "waiting"), (people[1], "held"),
    }  # fmt: skip


def test_the_rules_of_places_cost_the_gateway_no_statement(session: Session, places_of: dict[str, Spot]) -> None:
    found = [incident(session, spot=spot) for spot in places_of.values()]
    incidents_of(session, found, now=NOW)
    asked: list[str] = []
    listen = lambda *args: asked.append(args[2])  # noqa: E731 - removed again below
    event.listen(connection_of(session), "before_cursor_execute", listen)
    facts = incidents_of(session, found, now=NOW)
    event.remove(connection_of(session), "before_cursor_execute", listen)
    assert len(asked) == 1
    assert {one.quiet.start.hour for one in facts.values()} == {21, 22}


@pytest.mark.parametrize(
    "grade, nights, at, expected",
    [
        (3, False, NOW, {"handed_over", "waiting"}),
        (3, True, NIGHT, {"held"}),
        (2, False, NIGHT, {"held"}),
        (2, True, NIGHT, {"handed_over", "waiting"}),
    ],
)
def test_a_volunteer_sleeps_unless_it_is_urgent_and_they_opted_in(
    session: Session, ring: Keyring, body: Body, grade: int, nights: bool, at: datetime, expected: set[str]
) -> None:
    person = volunteer(session, ring, body.org, nights=nights)
    incident_id = incident(session, grade=grade)
    announce(session, [Notice("offer_volunteer", incident_id, person_id=person, lane="offers")], now=at)
    assert {row[2] for row in told(session)} == expected
    due = session.scalars(select(Delivery.due_at).where(Delivery.state == "held")).all()
    assert set(due) <= {datetime(2026, 3, 2, 23, 0, tzinfo=UTC)}


@pytest.mark.parametrize(
    "ages_h, caps, expected",
    [
        ((1, 2), {}, None),
        ((1, 2, 3), {}, "cap"),
        ((25, 26, 27, 28, 29), {}, None),
        ((25, 26, 27, 28, 29, 30), {}, "cap"),
        ((24 * 8,) * 9, {}, None),
        ((1,), {"daily_cap": 1}, "cap"),
        ((1, 2, 3), {"daily_cap": 9}, "cap"),
    ],
)
def test_the_gateway_counts_alerts_of_a_day_and_a_week_without_the_one_it_tells_of(
    session: Session, ring: Keyring, body: Body, ages_h: tuple[int, ...], caps: dict[str, int], expected: str | None
) -> None:
    person, incident_id = volunteer(session, ring, body.org, **caps), incident(session)
    alerts(session, incident_id, body.org, person, *(timedelta(hours=age) for age in ages_h))
    (present,) = alerts(session, incident_id, body.org, person, timedelta())
    notice = Notice("offer_volunteer", incident_id, person_id=person, offer_id=present)
    announce(session, [notice], now=NOW)
    assert {row[3] for row in told(session) if row[0] == "email"} == {expected}


def test_alerts_in_places_that_the_actor_does_not_see_count_too(session: Session, ring: Keyring, body: Body) -> None:
    person, incident_id = volunteer(session, ring, body.org), incident(session)
    alerts(session, incident_id, body.org, person, *[timedelta(hours=1)] * 3)
    here = incident(session)
    session.commit()
    coordinator = Actor("person:c", Scope.STAFF, body.first, (body.org,), (0,), ("incident",))
    act_as(session, coordinator)
    announce(session, [Notice("offer_volunteer", here, person_id=person)], now=NOW)
    assert session.info["actor"] == coordinator
    scope = session.execute(text("SELECT current_setting('linli.scope')")).scalar_one()
    session.commit()
    act_as(session, SYSTEM)
    assert (scope, {row[3] for row in told(session)}) == ("staff", {"cap"})


def test_someone_who_has_left_is_not_written_to(session: Session, body: Body) -> None:
    session.execute(text("UPDATE person SET left_at = :now WHERE id = :id"), {"now": NOW, "id": body.first})
    announce(session, [Notice("offer_made", incident(session), person_id=body.first)], now=NOW)
    assert {row[3] for row in told(session)} == {"left"}


def test_word_of_a_failed_delivery_stays_in_the_inbox(session: Session, ring: Keyring, body: Body) -> None:
    add_webhook(session, ring, body.org, "https://example.org/hook")
    announce(session, [Notice("delivery_failed", incident(session), desk_id=body.desk)], now=NOW)
    assert {row[0] for row in told(session) if row[1]} == {"in_app"}


def test_a_roll_back_leaves_neither_deliveries_nor_jobs(session: Session, body: Body) -> None:
    announce(session, [Notice("report_received_desk", incident(session), desk_id=body.desk)], now=NOW)
    assert jobs(session) == 2
    session.rollback()
    act_as(session, SYSTEM)
    assert (told(session), jobs(session)) == ([], 0)
