"""Breaking the glass: half an hour, to read, loudly; reviewed by another person; walls stay up."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from backend.kernel.clock import MovableClock
from backend.kernel.database import db
from backend.kernel.journal import broken_chains
from backend.kernel.sweeps import sweep_of
from backend.trust.access import PERMISSIONS
from backend.trust.glass.actions import settle_openings
from backend.trust.glass.rules import LASTS, MOVES, OPEN_MOST, REVIEW_WITHIN, Glass, Step, after, allowed_steps
from tests.conftest import NOW
from tests.support.application import acting_session, application, with_baishi
from tests.support.baishi import NANMEN, Baishi
from tests.support.people import make_person, sign_in

REASON = "The caller at our door says that a child was left alone there"


@pytest.fixture(scope="module")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Baishi]]:
    with application(postgres, tmp_path_factory.mktemp("glass"), NOW) as app:
        world = with_baishi(app, NOW)
        with acting_session(app) as session:
            for login, body, roles in (
                ("boss", "Nanmen Residents' Committee", ("supervisor",)),
                ("admin", "Taohua Mediators", ("administrator",)),
                ("panel", "Qinghe Duty Office", ("auditor",)),
            ):
                world.people[login] = make_person(
                    session, app.extensions["linli"].keyring, NOW, roles=roles, org=world.bodies[body], login=login,
                    name=f"{login.title()} Example",
                )  # fmt: skip
        yield app, world


@pytest.fixture
def app(house: tuple[Flask, Baishi]) -> Flask:
    return house[0]


@pytest.fixture
def world(house: tuple[Flask, Baishi]) -> Baishi:
    return house[1]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def clock(app: Flask) -> Iterator[MovableClock]:
    """The clock; it only goes on, so that sessions and openings of former tests are over."""
    found: MovableClock = app.extensions["linli"].clock
    yield found
    found.advance(seconds=LASTS.total_seconds())


def sent(client: FlaskClient, **said: Any) -> str:
    body = {"client_id": str(uuid4()), "kind": "concern", "category": "CN01", "text": "A loose cover", "place": NANMEN}
    answer = client.post("/api/v1/reports", json=body | said)
    assert answer.status_code == 201
    return str(answer.get_json()["incident"]["id"])


def opened(client: FlaskClient, who: dict[str, str], incident: str, reason: str = REASON) -> Any:
    return client.post("/api/v1/break-glass", json={"incident_id": incident, "reason": reason}, headers=who)


def status(client: FlaskClient, who: dict[str, str], incident: str) -> int:
    return client.get(f"/api/v1/incidents/{incident}", headers=who).status_code


def events(app: Flask, incident: str) -> list[str]:
    with acting_session(app) as session:
        query = text("SELECT type FROM event WHERE stream = :stream AND type LIKE 'Glass%' ORDER BY stream_seq")
        return list(session.scalars(query, {"stream": f"incident:{incident}"}))


@pytest.mark.parametrize("state, step", list(product(Glass, Step)))
def test_every_pair_of_state_and_step_is_allowed_or_not_as_the_table_says(state: Glass, step: Step) -> None:
    wanted = {
        (Glass.OPEN, Step.END): Glass.ENDED, (Glass.OPEN, Step.EXPIRE): Glass.EXPIRED,
        (Glass.ENDED, Step.APPROVE): Glass.JUSTIFIED, (Glass.ENDED, Step.REPROVE): Glass.NOT_JUSTIFIED,
        (Glass.EXPIRED, Step.APPROVE): Glass.JUSTIFIED, (Glass.EXPIRED, Step.REPROVE): Glass.NOT_JUSTIFIED,
    }  # fmt: skip
    assert after(state, step) == wanted.get((state, step)) == MOVES.get((state, step))
    assert (step in allowed_steps(state)) == ((state, step) in wanted)


@pytest.mark.usefixtures("clock")
def test_who_may_not_see_an_incident_opens_it_with_a_reason_and_its_owner_and_a_supervisor_are_told(
    app: Flask, client: FlaskClient, world: Baishi
) -> None:
    incident, tao = sent(client), sign_in(client, "tao")
    assert status(client, tao, incident) == 404
    answer = opened(client, tao, incident)
    assert answer.status_code == 201
    said = answer.get_json()
    assert (said["state"], said["person"], said["reason"], said["is_mine"]) == ("open", "Lin Example", REASON, True)
    shown = client.get(f"/api/v1/incidents/{incident}", headers=tao).get_json()
    assert shown["reports"][0]["text"] == "A loose cover"
    assert [one["person_id"] for one in shown["openings"]] == [str(world.people["tao"])]
    assert [event["type"] for event in shown["timeline"]][-1] == "GlassBroken"
    with acting_session(app) as session:
        told = session.execute(
            text("SELECT person_id, desk_id FROM delivery WHERE template = 'glass_broken' AND incident_id = :id"),
            {"id": incident},
        ).all()
        look = session.scalar(text("SELECT payload FROM event WHERE stream = :s"), {"s": f"reads:{incident}"})
        assert list(broken_chains(session)) == []
    desk = world.desks["Nanmen Residents' Committee"]
    assert world.people["boss"] in {row.person_id for row in told}
    assert desk in {row.desk_id for row in told} or {world.people["li"], world.people["zhou"]} & {
        row.person_id for row in told
    }
    assert look["relation"] == look["purpose"] == "opened"


def test_what_is_opened_is_read_and_nothing_else(client: FlaskClient, clock: MovableClock) -> None:
    incident, tao = sent(client), sign_in(client, "tao")
    opened(client, tao, incident)
    tried = {
        act: client.post(f"/api/v1/incidents/{incident}/{act}", json=body, headers=tao)
        for act, body in {"note": {"text": "mine"}, "start": {}, "message": {"text": "hello"}}.items()
    }
    assert {act: (one.status_code, one.get_json()["code"]) for act, one in tried.items()} == dict.fromkeys(
        tried, (403, "opened-to-read")
    )


def test_the_time_is_over_to_the_second_without_any_sweep(client: FlaskClient, clock: MovableClock) -> None:
    incident, tao = sent(client), sign_in(client, "tao")
    opened(client, tao, incident)
    clock.advance(seconds=LASTS.total_seconds() - 1)
    assert status(client, tao, incident) == 200
    clock.advance(seconds=1)
    assert status(client, tao, incident) == 404
    assert (
        next(one["state"] for one in client.get("/api/v1/me/break-glass", headers=tao).get_json()["items"]) == "expired"
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(["open", "end", "sweep", "wait"]), st.integers(0, 2400)), max_size=8))
def test_whatever_happens_an_incident_is_seen_only_while_an_opening_holds(
    app: Flask, client: FlaskClient, steps: list[tuple[str, int]]
) -> None:
    clock: MovableClock = app.extensions["linli"].clock
    clock.advance(seconds=LASTS.total_seconds())
    incident, tao = sent(client), sign_in(client, "tao")
    until, which = None, ""
    for step, wait_s in steps:
        if step == "open":
            answer = opened(client, tao, incident)
            assert answer.status_code == 201
            which, until = answer.get_json()["id"], until if until and clock.now() < until else clock.now() + LASTS
        elif (
            step == "end" and which and client.post(f"/api/v1/break-glass/{which}/end", headers=tao).status_code == 200
        ):
            until = None
        elif step == "sweep":
            with app.app_context():
                sweep_of(settle_openings)(app)
                db.session.remove()
        clock.advance(seconds=wait_s)
        holds = until is not None and clock.now() < until
        assert status(client, tao, incident) == (200 if holds else 404)
        numbers = client.get("/api/v1/incidents?limit=200", headers=tao).get_json()["items"]
        assert (incident in {one["id"] for one in numbers}) == holds


def test_police_stay_out_of_the_aid_compartment_whatever_their_reason(
    client: FlaskClient, app: Flask, clock: MovableClock
) -> None:
    incident, wei = sent(client, kind="aid_request", category="AID01"), sign_in(client, "wei")
    answer, unknown = opened(client, wei, incident), opened(client, wei, str(uuid4()))
    assert answer.status_code == unknown.status_code == 404
    told = [{k: v for k, v in one.get_json().items() if k != "request_id"} for one in (answer, unknown)]
    assert told[0] == told[1]
    assert told[0]["code"] == "nothing-to-open"
    assert (status(client, wei, incident), events(app, incident)) == (404, [])


def test_the_database_keeps_the_wall_also_where_an_opening_of_police_was_written(
    client: FlaskClient, app: Flask, world: Baishi, clock: MovableClock
) -> None:
    incident, wei = sent(client, kind="aid_request", category="AID01"), sign_in(client, "wei")
    with acting_session(app) as session:
        session.execute(
            text(
                "INSERT INTO broken_glass (id, incident_id, person_id, reason, state, opened_at, expires_at)"
                " VALUES (gen_random_uuid(), :incident, :wei, '', 'open', :now, :now + interval '30 minutes')"
            ),
            {"incident": incident, "wei": world.people["wei"], "now": clock.now()},
        )
        session.commit()
    assert status(client, wei, incident) == 404


@pytest.mark.parametrize(
    "login, wanted",
    [("li", "already-seen"), ("admin", "not-allowed"), ("song", "not-allowed"), ("panel", "not-allowed")],
)
def test_who_needs_no_glass_or_may_break_none_is_refused(client: FlaskClient, login: str, wanted: str) -> None:
    answer = opened(client, sign_in(client, login), sent(client))
    assert answer.get_json()["code"] == wanted


def test_a_reason_is_needed_and_exactly_one_name_of_the_incident(client: FlaskClient) -> None:
    tao, incident = sign_in(client, "tao"), sent(client)
    for body in (
        {"incident_id": incident}, {"incident_id": incident, "reason": "short"}, {"reason": REASON},
        {"incident_id": incident, "number": 1, "reason": REASON},
    ):  # fmt: skip
        assert client.post("/api/v1/break-glass", json=body, headers=tao).status_code == 422


def test_an_incident_is_found_by_its_number_and_opened_once(client: FlaskClient, clock: MovableClock) -> None:
    incident, tao, li = sent(client), sign_in(client, "tao"), sign_in(client, "li")
    number = client.get(f"/api/v1/incidents/{incident}", headers=li).get_json()["number"]
    body = {"number": number, "reason": REASON}
    first, again = (client.post("/api/v1/break-glass", json=body, headers=tao).get_json() for _ in range(2))
    assert (first["id"], first["incident_id"], first["number"]) == (again["id"], incident, number)


def test_nobody_holds_more_than_a_few_openings(client: FlaskClient, clock: MovableClock) -> None:
    clock.advance(seconds=LASTS.total_seconds())
    tao = sign_in(client, "tao")
    answers = [opened(client, tao, sent(client)) for _ in range(OPEN_MOST + 1)]
    assert [one.status_code for one in answers] == [201] * OPEN_MOST + [409]
    assert answers[-1].get_json()["code"] == "too-many-opened"


def test_an_opening_is_reviewed_once_by_another_person_after_it_ended(
    app: Flask, client: FlaskClient, clock: MovableClock
) -> None:
    clock.advance(seconds=LASTS.total_seconds())
    incident, tao, boss = sent(client), sign_in(client, "tao"), sign_in(client, "boss")
    which = opened(client, tao, incident).get_json()["id"]
    status(client, tao, incident)

    def reviewed(who: dict[str, str], **body: Any) -> Any:
        return client.post(f"/api/v1/break-glass/{which}/review", json=body, headers=who).get_json()

    assert reviewed(boss, justified=True)["code"] == "opening-state"
    assert client.post(f"/api/v1/break-glass/{which}/end", headers=boss).get_json()["code"] == "not-your-opening"
    ended = client.post(f"/api/v1/break-glass/{which}/end", headers=tao).get_json()
    assert (ended["state"], status(client, tao, incident)) == ("ended", 404)
    waiting = client.get("/api/v1/break-glass?state=waiting", headers=boss).get_json()
    (mine,) = [one for one in waiting["items"] if one["id"] == which]
    assert (mine["reason"], mine["looks"], mine["person"]) == (REASON, 1, "Lin Example")
    assert "note" in reviewed(boss, justified=False)["errors"]
    done = reviewed(boss, justified=False, note="The desk was one call away")
    assert (done["state"], done["reviewer"], done["review_note"]) == (
        "not_justified", "Boss Example", "The desk was one call away",
    )  # fmt: skip
    assert reviewed(boss, justified=True)["code"] == "opening-state"
    assert events(app, incident) == ["GlassBroken", "GlassEnded", "GlassReviewed"]


def test_nobody_reviews_their_own(client: FlaskClient, app: Flask, world: Baishi, clock: MovableClock) -> None:
    with acting_session(app) as session:
        world.people["far"] = make_person(
            session, app.extensions["linli"].keyring, NOW, roles=("supervisor",), org=world.bodies["Taohua Mediators"],
            login=f"far{uuid4().hex[:6]}",
        )  # fmt: skip
        login = session.scalar(text("SELECT login FROM account WHERE person_id = :id"), {"id": world.people["far"]})
    far = sign_in(client, str(login))
    which = opened(client, far, sent(client)).get_json()["id"]
    client.post(f"/api/v1/break-glass/{which}/end", headers=far)
    answer = client.post(f"/api/v1/break-glass/{which}/review", json={"justified": True}, headers=far)
    assert answer.get_json()["code"] == "own-review"


def test_who_may_not_see_the_incident_does_not_hear_of_its_opening(
    client: FlaskClient, app: Flask, world: Baishi, clock: MovableClock
) -> None:
    clock.advance(seconds=LASTS.total_seconds())
    incident = sent(client, kind="aid_request", category="AID01")
    tao, login = sign_in(client, "tao"), f"inspector{uuid4().hex[:6]}"
    with acting_session(app) as session:
        make_person(
            session, app.extensions["linli"].keyring, NOW, roles=("supervisor",), org=world.bodies["Baishi Police"],
            login=login,
        )  # fmt: skip
    which = opened(client, tao, incident).get_json()["id"]
    listed = client.get("/api/v1/break-glass", headers=sign_in(client, login)).get_json()
    assert which not in {one["id"] for one in listed["items"]}


def test_an_opening_that_nobody_reviews_is_told_again_after_three_days(
    app: Flask, client: FlaskClient, clock: MovableClock
) -> None:
    incident, tao = sent(client), sign_in(client, "tao")
    opened(client, tao, incident)
    query = text("SELECT count(*) FROM delivery WHERE template = 'glass_unreviewed' AND incident_id = :id")

    def told_after(wait: timedelta) -> int:
        clock.advance(seconds=wait.total_seconds())
        with app.app_context():
            sweep_of(settle_openings)(app)
            sweep_of(settle_openings)(app)
            db.session.remove()
        with acting_session(app) as session:
            return int(session.scalar(query, {"id": incident}) or 0)

    assert told_after(LASTS + REVIEW_WITHIN - timedelta(seconds=1)) == 0
    once = told_after(timedelta(seconds=1))
    assert once > 0
    assert told_after(timedelta(days=1)) == once


def test_who_breaks_glass_is_staff_and_who_reviews_leads() -> None:
    assert PERMISSIONS["glass.break"] & {"volunteer", "administrator", "responder", "auditor"} == set()
    assert PERMISSIONS["glass.review"] == {"supervisor", "duty_officer", "auditor"}


def test_pages_of_openings_follow_each_other(client: FlaskClient, clock: MovableClock) -> None:
    duty = sign_in(client, "duty")
    seen: list[UUID] = []
    cursor = ""
    while True:
        page = client.get(f"/api/v1/break-glass?limit=2{cursor}", headers=duty).get_json()
        seen += [one["id"] for one in page["items"]]
        if not page["next_cursor"]:
            break
        cursor = f"&cursor={page['next_cursor']}"
    whole = client.get("/api/v1/break-glass?limit=200", headers=duty).get_json()["items"]
    assert seen == [one["id"] for one in whole]
    assert len(seen) > 4
