"""Volunteers near a place: only those who may be asked, the nearest of them, wherever they stand."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from math import cos, radians
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.areas.actions import import_areas
from backend.areas.distance import haversine_m
from backend.areas.lookup import AREAS
from backend.areas.rings import search_cells
from backend.dispatch import waves
from backend.dispatch.models import Offer
from backend.dispatch.rules import R15, choose_wave
from backend.dispatch.volunteers import ask_volunteers
from backend.dispatch.waves import circle_of, find_candidates, is_night
from backend.incidents.models import Incident
from backend.incidents.opening import Spot
from backend.incidents.ownership import locked
from backend.kernel.database import SYSTEM, Actor, Scope, act_as, insert_all
from backend.kernel.ids import new_id
from backend.organisations.hours import Hours
from backend.organisations.models import Conflict, Credential, Person, Responder
from backend.policy.actions import import_policy
from backend.policy.clocks import shipped_quiet_hours
from backend.policy.models import StoredDecision
from tests.conftest import NOW
from tests.support.baishi import TAOHUA, places
from tests.support.incidents import open_incident
from tests.support.people import make_organisation

PLACE: Any = {"lat": 24.80, "lon": 120.97}
Rows = list[dict[str, Any]]
SHIPPED = shipped_quiet_hours()
EARLY_NIGHTS = "layer: {area: taohua, name: Taohua Village}\nrules: {R14: {values: {start: 21, end: 6}}}"
PEOPLE = ((100, False), (200, True))  # how far away, and whether they opted in to nights


def away(metres_north: float, metres_east: float = 0.0, place: dict[str, float] = PLACE) -> tuple[float, float]:
    """A position so far from the place."""
    lat = place["lat"] + metres_north / 111_195
    return lat, place["lon"] + metres_east / (111_195 * cos(radians(lat)))


def responder_rows(org: UUID, lat: float, lon: float, **chosen: Any) -> tuple[Rows, Rows, Rows]:
    """A person, their credential and how they can be called."""
    person = new_id()
    cells = search_cells(lat=lat, lon=lon)
    skill = chosen.pop("skill", "in_home")
    credential = {"type": skill, "level": "qualified", "state": "active", "valid_to": NOW + timedelta(days=1)}
    credential |= {name: chosen.pop(name) for name in ("level", "state", "valid_to") if name in chosen}
    called = {
        "person_id": person, "org_id": org, "available": True, "lat": lat, "lon": lon, "cell_8": cells[8],
        "cell_6": cells[6], "cell_4": cells[4], "skills": [skill], "nights": False, "daily_cap": 3, "weekly_cap": 6,
        "on_duty_until": None, "updated_at": NOW,
    }  # fmt: skip
    return (
        [{"id": person, "language": "en", "created_at": NOW, "left_at": chosen.pop("left_at", None)}],
        [{"id": new_id(), "person_id": person, "issued_by": "test", **credential}],
        [called | chosen],
    )


def write(session: Session, *made: tuple[Rows, Rows, Rows]) -> list[UUID]:
    """Store some responders; their ids in the order given."""
    tables = [model.metadata.tables[model.__tablename__] for model in (Person, Credential, Responder)]
    insert_all(session, {table: [row for one in made for row in one[at]] for at, table in enumerate(tables)})
    return [one[0][0]["id"] for one in made]


@pytest.fixture
def org(session: Session) -> UUID:
    return make_organisation(session, NOW)


def found(session: Session, **chosen: Any) -> list[UUID]:
    """Ids of those who are found, nearest first."""
    search: dict[str, Any] = {"skill": "in_home", "org_ids": None, "now": NOW, "limit": 20} | PLACE | chosen
    return [one.person_id for one in find_candidates(session, **search)]


@pytest.mark.parametrize(
    "chosen, expected",
    [
        ({}, True),
        ({"available": False}, False),
        ({"skill": "first_aid"}, False),
        ({"state": "suspended"}, False),
        ({"state": "expired"}, False),
        ({"state": "revoked"}, False),
        ({"level": "trainee"}, False),
        ({"level": "candidate"}, False),
        ({"valid_to": NOW}, False),
        ({"valid_to": NOW + timedelta(seconds=1)}, True),
        ({"on_duty_until": NOW}, False),
        ({"on_duty_until": NOW + timedelta(hours=1)}, True),
        ({"left_at": NOW}, False),
        ({"daily_cap": 0}, False),
        ({"weekly_cap": 0}, False),
    ],
)
def test_only_who_is_available_and_holds_the_credential_now_is_found(
    session: Session, org: UUID, chosen: dict[str, Any], expected: bool
) -> None:
    made = write(session, responder_rows(org, *away(100), **chosen))
    assert found(session) == (made if expected else [])


def test_a_task_without_a_credential_asks_anybody(session: Session, org: UUID) -> None:
    made = write(session, responder_rows(org, *away(100), skill="cooking", state="expired"))
    assert found(session, skill=None) == made


def test_at_night_only_those_who_opted_in_are_found(session: Session, org: UUID) -> None:
    made = write(session, responder_rows(org, *away(100)), responder_rows(org, *away(200), nights=True))
    assert (found(session, night=False), found(session, night=True)) == (made, made[1:])


@pytest.mark.parametrize(
    "hour_utc, quiet, expected",
    [
        (13, SHIPPED, False), (14, SHIPPED, True), (22, SHIPPED, True), (23, SHIPPED, False),
        (13, Hours(time(21), time(6)), True), (22, Hours(time(21), time(6)), False),
    ],
)  # fmt: skip
def test_night_is_local(hour_utc: int, quiet: Hours, expected: bool) -> None:
    assert is_night("Asia/Taipei", quiet, now=datetime(2026, 3, 2, hour_utc, 0, tzinfo=UTC)) == expected


@pytest.fixture
def village(session: Session) -> tuple[int, ...]:
    """A village whose quiet hours begin at nine, with the areas above it."""
    import_areas(session, document=places(), source="baishi", by="test", now=NOW)
    session.commit()
    act_as(session, SYSTEM)
    import_policy(session, document=EARLY_NIGHTS, by="test", now=NOW)
    session.commit()
    act_as(session, SYSTEM)
    return AREAS.get(session).locate(**TAOHUA).primary


@pytest.mark.parametrize("wall, asked", [("20:59", [0, 1]), ("21:30", [1]), ("06:30", [0, 1])])
def test_a_wave_asks_by_the_quiet_hours_of_the_village(
    session: Session, org: UUID, village: tuple[int, ...], wall: str, asked: list[int]
) -> None:
    rows = [responder_rows(org, *away(at, place=TAOHUA), skill="basic", nights=nights) for at, nights in PEOPLE]
    made = write(session, *rows)
    spot = Spot(TAOHUA["lat"], TAOHUA["lon"], chain=village)
    incident = locked(session, open_incident(session, NOW, grade=4, category="AID01", spot=spot))
    keep(session, incident)
    now = datetime.fromisoformat(f"2026-03-02 {wall}").replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    ask_volunteers(session, incident, now=now)
    found = session.scalars(select(Offer.person_id).where(Offer.incident_id == incident.id)).all()
    assert set(found) == {made[at] for at in asked}


def keep(session: Session, incident: Incident) -> None:
    """The decision that lets neighbours be asked."""
    result = {"lead": "V", "grade": "G4", "volunteers": {"allowed": True}}
    session.add(
        StoredDecision(
            id=new_id(), incident_id=incident.id, kind="intake", at=NOW, inputs={}, result=result, trace=[],
            policy_version="test",
        )
    )  # fmt: skip
    session.flush()


def test_people_are_found_nearest_first_in_the_radius_and_up_to_the_limit(session: Session, org: UUID) -> None:
    distances = [2900, 10, 480, 520, 260, 3100, 9000]
    made = write(session, *[responder_rows(org, *away(metres)) for metres in distances])
    ranked = [made[at] for at in sorted(range(len(made)), key=lambda at: distances[at])]
    assert found(session) == ranked
    assert found(session, within_m=500) == ranked[:3]
    assert found(session, limit=2) == ranked[:2]
    assert found(session, exclude=ranked[:2], within_m=3000) == ranked[2:5]


def test_only_people_of_the_bodies_named_are_found(session: Session, org: UUID) -> None:
    other = make_organisation(session, NOW, name="Other")
    suspended = make_organisation(session, NOW, name="Suspended", status="suspended")
    made = write(session, *[responder_rows(body, *away(50)) for body in (org, other, suspended)])
    assert set(found(session)) == set(made[:2])
    assert found(session, org_ids=[other]) == [made[1]]
    assert found(session, org_ids=[suspended]) == []
    assert found(session, org_ids=[]) == []


@pytest.mark.parametrize("whose", ["person", "body"])
def test_who_has_an_interest_in_the_incident_is_not_found(session: Session, org: UUID, whose: str) -> None:
    made = write(session, responder_rows(org, *away(50)), responder_rows(org, *away(60)))
    incident_id = new_id()
    interest = {"person_id": made[0]} if whose == "person" else {"org_id": org}
    session.add(Conflict(incident_id=incident_id, kind="relative", declared_at=NOW, **interest))
    session.flush()
    assert found(session) == made
    assert found(session, incident_id=incident_id) == ([made[1]] if whose == "person" else [])


def alert(session: Session, org: UUID, person: UUID, *ages: timedelta) -> None:
    incident_id = open_incident(session, NOW)
    rows = [
        {"id": new_id(), "incident_id": incident_id, "part": "volunteer", "route": "V", "org_id": org,
         "person_id": person, "wave": 1, "chain_step": 0, "state": "declined", "offered_at": NOW - age, "due_at": NOW}
        for age in ages
    ]  # fmt: skip
    insert_all(session, {Offer.metadata.tables["offer"]: rows})


@pytest.mark.parametrize(
    "ages_h, chosen, expected",
    [
        ((1, 2), {}, True),
        ((1, 2, 3), {}, False),
        ((25, 26, 27, 28, 29), {}, True),
        ((25, 26, 27, 28, 29, 30), {}, False),
        ((1,), {"daily_cap": 1}, False),
        ((25, 26), {"weekly_cap": 2}, False),
        ((1, 2, 3), {"daily_cap": 9}, False),
        ((200, 201, 202, 203, 204, 205, 206), {}, True),
    ],
)
def test_who_has_reached_a_cap_is_not_found(
    session: Session, org: UUID, ages_h: tuple[int, ...], chosen: dict[str, int], expected: bool
) -> None:
    (person,) = write(session, responder_rows(org, *away(50), **chosen))
    alert(session, org, person, *(timedelta(hours=age) for age in ages_h))
    assert found(session) == ([person] if expected else [])


def test_alerts_that_the_actor_may_not_see_count_all_the_same(session: Session, org: UUID) -> None:
    (person,) = write(session, responder_rows(org, *away(50)))
    alert(session, org, person, *[timedelta(hours=1)] * 3)
    session.commit()
    act_as(session, Actor("person:c", Scope.STAFF, new_id(), (new_id(),), (7,), ("incident",)))
    assert found(session) == []


def test_of_twelve_at_night_exactly_the_two_who_may_be_asked_are_asked(session: Session, org: UUID) -> None:
    """Twelve within 500 m: five opted to nights, three of these hold the credential, one of them is at the cap."""
    by_day = [responder_rows(org, *away(40 * at)) for at in range(1, 8)]
    without = [responder_rows(org, *away(300 + at), nights=True, skill="cooking") for at in range(2)]
    fit = [responder_rows(org, *away(0, 350 + at), nights=True) for at in range(3)]
    made = write(session, *by_day, *without, *fit)
    alert(session, org, made[-1], *[timedelta(days=2)] * 6)
    candidates = find_candidates(
        session, **PLACE, skill="in_home", org_ids=None, now=NOW, limit=20, night=True, within_m=R15.radius_m
    )
    asked = choose_wave(candidates, 1, R15, "incident")
    assert {one.person_id for one in asked} == set(made[-3:-1])


def test_alerts_of_the_week_are_told_so_that_waves_can_be_fair(session: Session, org: UUID) -> None:
    (person,) = write(session, responder_rows(org, *away(50)))
    alert(session, org, person, timedelta(hours=2), timedelta(days=3), timedelta(days=8))
    (one,) = find_candidates(session, **PLACE, skill="in_home", org_ids=None, now=NOW, limit=5)
    assert (one.person_id, one.org_id, one.alerts_week, one.language) == (person, org, 2, "en")
    assert one.distance_m == pytest.approx(50, rel=0.01)


@pytest.mark.parametrize(
    "place",
    [PLACE, {"lat": 0.0, "lon": 0.0}, {"lat": -41.3, "lon": 174.8}, {"lat": 71.0, "lon": 25.8},
     {"lat": 52.5, "lon": 179.995}, {"lat": 89.2, "lon": 10.0}],
    ids=lambda place: f"{place['lat']},{place['lon']}",
)  # fmt: skip
@pytest.mark.parametrize("limit, skill", [(1, "in_home"), (20, "in_home"), (20, "rare"), (300, "in_home")])
def test_the_search_finds_whom_a_full_scan_finds(
    session: Session, org: UUID, place: dict[str, float], limit: int, skill: str
) -> None:
    dice = random.Random(limit)
    made = []
    for at in range(400):
        reach_m = dice.choice([300, 3_000, 30_000, 400_000])
        lat, lon = away(dice.uniform(-reach_m, reach_m), dice.uniform(-reach_m, reach_m), place)
        lat, lon = min(89.9, lat), (lon + 180) % 360 - 180
        made.append(responder_rows(org, lat, lon, skill="rare" if at % 40 == 0 else "in_home"))
    write(session, *made)
    fit = [one[2][0] for one in made if one[2][0]["skills"] == [skill]]
    distance: Callable[[dict[str, Any]], float] = lambda row: haversine_m(  # noqa: E731
        **place, to_lat=row["lat"], to_lon=row["lon"]
    )
    expected = [row["person_id"] for row in sorted(fit, key=distance)[:limit]]
    search: dict[str, Any] = {"skill": skill, "org_ids": None, "now": NOW, "limit": limit} | place
    assert [one.person_id for one in find_candidates(session, **search)] == expected


def test_people_who_may_not_be_asked_do_not_hide_those_behind_them(session: Session, org: UUID) -> None:
    expired = [responder_rows(org, *away(10 + at), state="expired") for at in range(120)]
    made = write(session, *expired, responder_rows(org, *away(280)), responder_rows(org, *away(20_000)))
    assert found(session, limit=2) == made[-2:]


@pytest.mark.parametrize("radius_m", [50.0, 500.0, 5_999.0, 39_000.0])
@pytest.mark.parametrize("place", [PLACE, {"lat": 64.1, "lon": -21.9}, {"lat": -33.9, "lon": 151.2}])
def test_a_circle_of_cells_leaves_out_nobody_inside(place: dict[str, float], radius_m: float) -> None:
    circle = circle_of(radius_m, **place)
    cells, dice = set(circle.cells), random.Random(1)
    assert circle.resolution is not None
    for _ in range(300):
        lat, lon = away(dice.uniform(-radius_m, radius_m), dice.uniform(-radius_m, radius_m), place)
        if haversine_m(**place, to_lat=lat, to_lon=lon) <= radius_m:
            assert search_cells(lat=lat, lon=lon)[circle.resolution] in cells
            assert abs(lat - place["lat"]) <= circle.high
            assert abs(lon - place["lon"]) <= circle.wide


@pytest.mark.parametrize("holders, expected", [(3, True), (1100, False)])
def test_a_skill_is_rare_when_few_hold_it(session: Session, org: UUID, holders: int, expected: bool) -> None:
    write(session, *[responder_rows(org, *away(90_000)) for _ in range(holders)])
    looking = waves._Looking(session, waves.Search(**PLACE, skill="in_home"), R15, NOW)
    assert looking._is_rare() == expected
