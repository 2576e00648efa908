"""``linli demo``: its data makes sense, its cities answer for everything, and its people keep it alive."""

import re
import select
import signal
import stat
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import psutil  # type: ignore[import-untyped, unused-ignore]
import pytest
import shapely
from flask import Flask
from sqlalchemy import text

from backend.commands.demo import CITIES
from backend.demo.cities import CODES, INVENTED, city
from backend.demo.company import Company
from backend.demo.load import HISTORY, NotADemo, load_demo
from backend.demo.past import Past
from backend.demo.places import neighbourhoods
from backend.demo.reports import Residents, picture, templates, words
from backend.demo.rotas import horizon, turns
from backend.demo.scenes import CutShort, NotNow, Plan, Scene, scene_of
from backend.demo.sign_ins import FILE, SignIn, SignIns, new_password
from backend.demo.start import say_where
from backend.demo.stream import Stream
from backend.intake.photos import clean
from backend.intake.schemas import NewReportSchema
from backend.kernel.clock import MovableClock
from backend.kernel.database import db
from backend.kernel.journal import broken_chains
from backend.organisations.gaps import find_gaps
from backend.policy.catalogue import default_catalogue
from backend.settings import Settings
from tests.support.application import Counted, acting_session, application
from tests.support.people import make_organisation
from tests.support.processes import ENOUGH_S, free_port, running

# Day in both cities: nine in the morning in Hsinchu, five in the afternoon in Seattle.
NOW = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
CATEGORIES = list(default_catalogue().categories.values())
PEOPLE = [UUID(int=number) for number in range(1, 5)]


def silent(_: object) -> None:
    """Say nothing."""


# What is written in the data


def test_the_command_knows_the_cities_there_are() -> None:
    assert CITIES == CODES


@pytest.mark.parametrize("code", CODES)
def test_everything_that_is_invented_says_so_in_both_languages(code: str) -> None:
    town = city(code)
    shown = [names for body in town.bodies for names in (body.names, body.desk_names)]
    assert all(names[language].endswith(INVENTED[language]) for names in shown for language in ("en", "zh"))
    assert all(rules["layer"]["name"].endswith(INVENTED["en"]) for rules in town.rules)
    people = list(town.person_names(Random(1)))
    assert len(set(people)) == len(people)
    assert all(name.endswith(INVENTED["en"]) for name in people)


@pytest.mark.parametrize("code", CODES)
def test_names_of_bodies_and_logins_are_there_once(code: str) -> None:
    bodies = [body for each in CODES for body in city(each).bodies]
    assert len({body.names["en"] for body in bodies}) == len({body.login for body in bodies}) == len(bodies)
    assert len({body.desk_names["en"] for body in bodies}) == len(bodies)
    assert set(city(code).districts) == {one.district for one in neighbourhoods(code).values()}


@pytest.mark.parametrize("template", templates(), ids=lambda one: f"{one['kind']}-{one['category']}")
def test_what_can_be_reported_has_two_variants_in_both_languages(template: dict[str, Any]) -> None:
    assert template["category"] in default_catalogue().categories
    assert len(template["en"]) == len(template["zh"]) == len({*template["en"], *template["zh"]}) / 2 == 2


def test_what_staff_and_residents_write_exists_in_both_languages() -> None:
    assert all(said["en"] and said["zh"] for said in words().values())


@pytest.mark.parametrize("code", CODES)
def test_residents_send_what_the_contract_takes_from_inside_their_city(code: str) -> None:
    residents = Residents(city(code), Random(7))
    drafts = [residents.draft() for _ in range(300)]
    for draft in drafts:
        sent = NewReportSchema().load(draft.body)
        assert sent["place"]["landmark"].endswith(INVENTED[draft.language])
    inside = [
        shapely.contains_xy(neighbourhoods(code)[draft.place.area].polygon, draft.place.lon, draft.place.lat)
        for draft in drafts
    ]
    assert sum(inside) > 290  # a second reporter may stand across the street
    kinds = [draft.body["kind"] for draft in drafts]
    assert 0 < kinds.count("distress") < 30
    assert {"concern", "aid_request", "aid_offer"} < set(kinds)


def test_the_same_thing_is_reported_again_nearby_in_other_words() -> None:
    residents = Residents(city("hsinchu"), Random(3))
    drafts = [residents.draft() for _ in range(200)]
    again = [
        (one, other)
        for at, one in enumerate(drafts)
        for other in drafts[:at]
        if other.category == one.category and abs(other.place.lat - one.place.lat) < 0.0005
    ]
    assert again
    assert any(one.body["text"] != other.body["text"] for one, other in again)


def test_a_drawn_picture_is_one_that_linli_takes() -> None:
    photo = clean(picture(Random(1)))
    assert (photo.width, photo.height) == (640, 480)


# Rotas


@pytest.mark.parametrize("rota, gap_h", [("round", 0), ("call", 0), ("day", 12)])
@pytest.mark.parametrize("zone", ["Asia/Taipei", "America/Los_Angeles"])
@pytest.mark.parametrize("now", [NOW, datetime(2026, 10, 20, 7, 59, tzinfo=UTC)])
def test_a_rota_covers_four_weeks(rota: str, gap_h: int, zone: str, now: datetime) -> None:
    end = horizon(zone, now)
    planned = turns(rota, PEOPLE, zone=zone, covered_to=None, now=now, end=end)
    first = [turn for turn in planned if turn.rank == 0]
    assert end > now + timedelta(days=26)
    assert end.astimezone(ZoneInfo(zone)).hour == 0
    assert first[0].start <= now + timedelta(hours=gap_h)
    gaps = {round((later.start - earlier.end) / timedelta(hours=1)) for earlier, later in pairwise(first)}
    assert gaps <= {gap_h - 1, gap_h, gap_h + 1} if gap_h else gaps == {0}
    assert not {turn for turn in planned if turn.rank == 1} or rota == "round"


def test_planning_again_adds_nothing_and_a_week_later_a_week() -> None:
    zone = "America/Los_Angeles"

    def plan(now: datetime, covered_to: datetime | None) -> list[Any]:
        return turns("call", PEOPLE, zone=zone, covered_to=covered_to, now=now, end=horizon(zone, now))

    planned = plan(NOW, None)
    assert plan(NOW, planned[-1].end) == []
    later = plan(NOW + timedelta(days=7), planned[-1].end)
    assert len(later) == 7
    assert later[0].start == planned[-1].end
    after_a_pause = plan(NOW + timedelta(days=90), planned[-1].end)
    assert after_a_pause[0].start <= NOW + timedelta(days=90) < after_a_pause[0].end


# Sign-ins


def test_sign_ins_are_kept_for_the_owner_alone_and_read_again(tmp_path: Path) -> None:
    book = SignIns(tmp_path)
    shown = SignIn("hsinchu-duty", new_password(), PEOPLE[0], "duty officer 值班长", shown=True)
    playing = SignIn("hsinchu-fire", "", PEOPLE[1], "Fire (invented) 消防（虚构）", shown=False)
    for one in (shown, playing):
        book.keep(one)
    book.save()
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    again = SignIns(tmp_path)
    assert again.shown() == [shown]
    assert again.get("hsinchu-fire") == playing
    again.admit("hsinchu-fire", "a password of its own")
    assert (SignIns(tmp_path).get("hsinchu-fire") or playing).password == "a password of its own"


def test_passwords_are_made_by_chance() -> None:
    made = {new_password() for _ in range(500)}
    assert len(made) == 500
    assert all(re.fullmatch(r"([a-hjkmnp-z2-9]{4}-){3}[a-hjkmnp-z2-9]{4}", one) for one in made)


def test_without_its_file_the_demo_says_where_the_passwords_were(tmp_path: Path) -> None:
    said = say_where(Settings.from_env({}, data=tmp_path), [])
    assert str(tmp_path / FILE) in said
    assert "http://localhost:8000/console" in said


# Scenes


def drafted(code: str, seed: int, status: str) -> Scene:
    draft = Residents(city(code), Random(seed)).draft()
    incident = {"id": str(uuid4()), "category": draft.category, "grade": 3, "status": status}
    return scene_of(draft, {"incident": incident, "receipt": "x"}, code, Random(seed), pace=1.0, now=NOW)


@pytest.mark.parametrize("seed", range(40))
def test_a_script_holds_only_acts_that_people_can_do_in_an_order_that_makes_sense(seed: int) -> None:
    scene = drafted("seattle", seed, "received")
    acts = [act for _, act in scene.acts]
    assert all(hasattr(Company, f"_{act}") for act in acts)
    assert acts[0] in {"triage", "withdraw"}
    assert acts == ["withdraw"] or acts.index("accept") < acts.index("start") < acts.index("check") < acts.index(
        "close"
    )
    assert scene.due > NOW


class Recorder:
    """Hands that note what they are asked, and answer as they are told."""

    def __init__(self, answer: type[Exception] | None = None) -> None:
        self.answer, self.done = answer, list[str]()

    def do(self, scene: Scene, act: str) -> None:
        """Note the act."""
        self.done.append(act)
        if self.answer:
            raise self.answer


def test_a_plan_is_played_in_order_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    plan, scene = Plan(tmp_path), drafted("hsinchu", 5, "offered")
    wanted = [act for _, act in scene.acts]
    plan.add(scene)
    first, then = Recorder(), Recorder()
    plan.play(first, last=scene.due)
    plan.save()
    assert stat.S_IMODE((tmp_path / "demo-plan.json").stat().st_mode) == 0o600
    again = Plan(tmp_path)
    again.play(then, last=NOW + timedelta(days=9))
    assert [*first.done, *then.done] == wanted
    assert len(again) == 0


@pytest.mark.parametrize("answer, left", [(CutShort, 0), (NotNow, 1)])
def test_a_scene_is_dropped_when_others_have_it_and_tried_again_when_nobody_answers(
    tmp_path: Path, answer: type[Exception], left: int
) -> None:
    plan, scene = Plan(tmp_path), drafted("hsinchu", 5, "offered")
    plan.add(scene)
    acts = list(scene.acts)
    hands = Recorder(answer)
    plan.play(hands, last=scene.due)
    assert (hands.done, len(plan)) == ([acts[0][1]], left)
    assert not left or [act for _, act in plan.pop().acts] == [act for _, act in acts]


@pytest.mark.parametrize("status, raised", [(503, NotNow), (429, NotNow), (409, CutShort), (404, CutShort)])
def test_a_busy_server_is_asked_again_and_a_refusal_is_taken(
    tmp_path: Path, status: int, raised: type[Exception]
) -> None:
    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(status)), base_url="http://demo") as wire:
        stream = Stream(wire, [city("seattle")], book=SignIns(tmp_path), plan=Plan(tmp_path))
        with pytest.raises(raised):
            stream.send_report()


def test_after_a_pause_what_is_overdue_is_not_done_all_at_once(tmp_path: Path) -> None:
    plan = Plan(tmp_path)
    for seed in range(5):
        plan.add(drafted("hsinchu", seed, "received"))
    later = NOW + timedelta(days=2)
    plan.catch_up(later)
    due = [plan.pop().due for _ in range(len(plan))]
    assert due[0] == later
    assert len(set(due)) == len(due) == 5


# The cities in a database


@pytest.fixture(scope="module")
def world(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application with both cities loaded at NOW."""
    with application(postgres, tmp_path_factory.mktemp("demo"), NOW) as app:
        load(app, NOW)
        yield app


def load(app: Flask, now: datetime) -> list[bool]:
    """Load both cities as a start at ``now`` does; for each, whether it was founded."""
    carried = app.extensions["linli"]
    with app.app_context():
        book = SignIns(carried.settings.data)
        return [
            load_demo(db.session(), city(code), ring=carried.keyring, book=book, now=now, say=silent) for code in CODES
        ]


def book_of(app: Flask) -> SignIns:
    return SignIns(app.extensions["linli"].settings.data)


@pytest.fixture(scope="module")
def sessions(world: Flask) -> dict[str, dict[str, str]]:
    """Headers of all whose sign-in is shown, by login."""
    found = {}
    for one in book_of(world).shown():
        answer = world.test_client().post("/api/v1/session", json={"login": one.login, "password": one.password})
        assert answer.status_code == 201
        found[one.login] = {"Authorization": f"Bearer {answer.get_json()['token']}"}
    return found


@pytest.mark.slow
def test_a_second_load_changes_nothing_and_a_later_one_only_plans_on(world: Flask) -> None:
    counted = Counted(world)
    before, kept = counted.rows(), (book_of(world).shown())
    assert load(world, NOW) == [False, False]
    assert counted.rows() == before
    assert book_of(world).shown() == kept
    load(world, NOW + timedelta(days=1))
    grown = {name for name, rows in counted.rows().items() if rows != before[name]}
    counted.close()
    assert grown == {"shift", "event"}


@pytest.mark.slow
def test_each_city_has_what_a_city_needs(world: Flask) -> None:
    with acting_session(world) as session:
        volunteers = session.execute(
            text(
                "SELECT count(*), count(*) FILTER (WHERE r.nights), count(DISTINCT a.id) FROM responder r"
                " JOIN role_assignment x ON x.person_id = r.person_id AND x.role = 'volunteer'"
                " JOIN organisation o ON o.id = x.org_id JOIN desk d ON d.org_id = o.id JOIN area a ON a.id = d.area_id"
            )
        ).one()
        kinds = set(session.scalars(text("SELECT DISTINCT type FROM credential")))
        layers = session.execute(text("SELECT count(*) FROM policy_layer")).scalar_one()
        gaps = {gap.kind for gap in find_gaps(session, zone="UTC", now=NOW)}
        broken = list(broken_chains(session))
    assert volunteers[0] == 120
    assert 10 < volunteers[1] < 60
    assert kinds == {"basic", "in_home", "care", "child_safeguarding", "money"}
    assert layers == 4
    assert gaps <= {"lead_without_deputy", "profile_stale"}
    assert broken == []


@pytest.mark.slow
def test_all_who_are_shown_can_sign_in_and_have_their_roles(world: Flask, sessions: dict[str, dict[str, str]]) -> None:
    client = world.test_client()
    answers = {login: client.get("/api/v1/me", headers=headers) for login, headers in sessions.items()}
    roles = {login: set(answer.get_json()["roles"]) for login, answer in answers.items()}
    town = {
        "duty": {"duty_officer", "supervisor", "triage", "coordinator"}, "coordinator": {"triage", "coordinator"},
        "works": {"responder"}, "police": {"police"}, "crisis": {"responder"}, "volunteer": {"volunteer"},
    }  # fmt: skip
    expected = {f"{code}-{name}": held for code in CODES for name, held in town.items()}
    assert roles == expected | {"admin": {"administrator"}}


@pytest.mark.slow
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("category", CATEGORIES, ids=lambda one: one.code)
def test_every_category_reported_in_the_centre_lands_as_the_taxonomy_says(
    world: Flask, sessions: dict[str, dict[str, str]], code: str, category: Any
) -> None:
    town, client = city(code), world.test_client()
    middle = neighbourhoods(code)[town.centre_areas[0]].polygon.representative_point()
    report = {"client_id": str(uuid4()), "kind": category.kind, "category": category.code}
    sent = client.post("/api/v1/reports", json=report | {"place": {"lat": middle.y, "lon": middle.x}}).get_json()
    path = f"/api/v1/incidents/{sent['incident']['id']}"
    desk = town.body("coordinator")
    assert sent["owner"]["label"] == desk.desk_names["en"]
    if sent["incident"]["status"] == "received":
        body = {"category": category.code, "grade": sent["incident"]["grade"], "emergency_attends": "attending"}
        triaged = client.post(f"{path}/triage", json=body, headers=sessions[desk.login])
        assert triaged.status_code == 200, triaged.get_data(as_text=True)
    duty = sessions[f"{code}-duty"]
    if category.lead == "P":
        police = client.get("/api/v1/me", headers=sessions[f"{code}-police"]).get_json()
        asked = {"route": "P", "organisation_id": police["organisation_ids"][0], "letter": "f"}
        assert client.post(f"{path}/offer", json=asked, headers=duty).status_code == 200
    whole = client.get(path, headers=duty).get_json()
    if category.lead == "DESK":
        assert [offer for offer in whole["offers"] if offer["part"] == "lead"] == []
        assert whole["owner"]["desk_id"]
    else:
        assert led_by(world, whole, part="lead") == expected_lead(code, category)
    by_person = {"V", "TR"} & {category.lead, *(one.route for one in category.parallel)}
    volunteers = sum(offer["part"] == "volunteer" for offer in whole["offers"])
    assert by_person or not volunteers
    assert volunteers or category.code != "AID01"  # for later ones those nearby may have been asked often enough


def led_by(app: Flask, whole: dict[str, Any], *, part: str) -> tuple[str, str]:
    """The route and the body of the open offer to lead."""
    (offer,) = [one for one in whole["offers"] if (one["part"], one["state"]) == (part, "proposed")]
    with acting_session(app) as session:
        name = session.scalar(text("SELECT name FROM organisation WHERE id = :id"), {"id": offer["org_id"]})
    return offer["route"], str(name)


def expected_lead(code: str, category: Any) -> tuple[str, str]:
    """Who leads in the centre by taxonomy.md section 7; beside volunteers, the next of the chain answers."""
    town, bodiless = city(code), {"V", "DESK", "SELF"}
    route = next(route for route in (category.lead, *category.fallback) if route not in bodiless)
    places = {town.body("office").area, town.body("coordinator").area}
    found = {
        lead.category: body.names["en"]
        for body in town.bodies
        for lead in body.leads
        if (lead.route, lead.role) == (route, "lead") and body.area in places and lead.category in {None, category.code}
    }
    return route, found.get(category.code) or found[None]


@pytest.mark.slow
def test_a_place_with_its_own_rules_is_faster(world: Flask) -> None:
    lengths = {}
    for code, area in (("hsinchu", "hsz-10018020024"), ("hsinchu", "hsz-10018010005"), ("seattle", "sea-n-FREMONT")):
        point = neighbourhoods(code)[area].polygon.representative_point()
        report = {"client_id": str(uuid4()), "kind": "concern", "category": "CN01", "text": "A loose tile"}
        sent = world.test_client().post("/api/v1/reports", json=report | {"place": {"lat": point.y, "lon": point.x}})
        with acting_session(world) as session:
            promised_s = session.scalar(
                text("SELECT (result -> 'clocks' ->> 'action')::float FROM decision WHERE incident_id = :id"),
                {"id": sent.get_json()["incident"]["id"]},
            )
        lengths[area] = timedelta(seconds=promised_s)
    assert lengths == {
        "hsz-10018020024": timedelta(days=5), "hsz-10018010005": timedelta(days=7), "sea-n-FREMONT": timedelta(days=5)
    }  # fmt: skip


def test_a_database_with_real_bodies_is_left_alone(postgres: str, tmp_path: Path) -> None:
    with application(postgres, tmp_path, NOW) as app:
        with acting_session(app) as session:
            make_organisation(session, NOW, name="River Town Council")
        with pytest.raises(NotADemo):
            load(app, NOW)
        with acting_session(app) as session:
            assert session.scalar(text("SELECT count(*) FROM area")) == 0


# The days before, and the stream


@pytest.fixture
def living(postgres: str, tmp_path: Path) -> Iterator[Flask]:
    """An application of one's own, with Hsinchu loaded now and a clock that can be moved."""
    now = datetime.now(UTC)
    with application(postgres, tmp_path, now) as app:
        with app.app_context():
            load_demo(
                db.session(), city("hsinchu"), ring=app.extensions["linli"].keyring, book=SignIns(tmp_path), now=now,
                say=silent,
            )  # fmt: skip
        yield app


def wire_to(app: Flask) -> httpx.Client:
    return httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://demo")


@pytest.mark.slow
def test_two_days_of_the_past_leave_incidents_in_many_states(living: Flask, tmp_path: Path) -> None:
    clock: MovableClock = living.extensions["linli"].clock
    now, plan = clock.now(), Plan(tmp_path)
    with wire_to(living) as wire:
        written = Past(living, wire, [city("hsinchu")], SignIns(tmp_path), plan, now=now).write(silent)
    assert (written, clock.now()) == (40, now)
    with acting_session(living) as session:
        counted = session.execute(text("SELECT state, count(*) AS incidents FROM incident GROUP BY state"))
        states = {str(row.state): int(row.incidents) for row in counted}
        first, last, bodies = session.execute(
            text("SELECT min(opened_at), max(opened_at), count(DISTINCT owner_org_id) FROM incident")
        ).one()
        late = session.scalar(text("SELECT count(*) FROM event WHERE at > :now"), {"now": now})
        waiting = session.scalar(text("SELECT count(*) FROM delivery WHERE state = 'waiting'"))
        broken = list(broken_chains(session))
    assert sum(states.values()) == 40
    assert len(states) >= 4
    assert states["closed"] >= 5
    assert now - HISTORY < first < last < now
    assert bodies >= 5
    assert (late, waiting, broken) == (0, 0, [])
    assert len(plan) > 0
    assert (plan.next_due() or now) >= now


@pytest.mark.slow
def test_the_stream_sends_reports_that_are_owned_and_the_staff_sees_them_through(living: Flask, tmp_path: Path) -> None:
    plan, book = Plan(tmp_path), SignIns(tmp_path)
    with wire_to(living) as wire:
        stream = Stream(wire, [city("hsinchu")], book=book, plan=plan, dice=Random(11))
        scenes = [stream.send_report() for _ in range(4)]
        plan.play(stream, last=datetime.now(UTC) + timedelta(days=30))
    ids = [UUID(scene.incident) for scene in scenes]
    with acting_session(living) as session:
        owned = session.execute(
            text("SELECT i.id, i.state, i.owner_desk_id FROM incident i WHERE i.id = ANY(:ids)"), {"ids": ids}
        ).all()
        acting = session.scalar(text("SELECT count(DISTINCT actor) FROM event WHERE actor LIKE 'person:%'"))
    assert {row.id for row in owned} == set(ids)
    assert all(row.owner_desk_id for row in owned)
    assert [row.state for row in owned].count("closed") >= 3
    assert (acting or 0) >= 3
    let_in = [
        login for login in book.logins("hsinchu-") if (held := book.get(login)) and held.password and not held.shown
    ]
    assert let_in
    assert SignIns(tmp_path).get(let_in[0]) == book.get(let_in[0])


# The command


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for both starts."""
    return tmp_path_factory.mktemp("instance")


def said_until_ready(process: "subprocess.Popen[str]") -> str:
    """What the command says up to the line that it is ready."""
    assert process.stdout
    lines: list[str] = []
    while "is ready at" not in "".join(lines[-1:]):
        readable, _, _ = select.select([process.stdout], [], [], 2 * ENOUGH_S)
        lines.append(process.stdout.readline() if readable else "")
        assert lines[-1], "".join(lines)
    return "".join(lines)


@pytest.mark.slow
def test_the_command_says_where_and_how_answers_and_stops(folder: Path) -> None:
    port = free_port()
    arguments = ("demo", "--city", "hsinchu", "--port", port, "--data", folder)
    with running(*arguments, env={"LINLI_LOG_LEVEL": "warning"}) as process:
        said = said_until_ready(process)
        base = f"http://localhost:{port}"
        assert all(f"{base}{path}\n" in said for path in ("/", "/console", "/api/v1/openapi.json"))
        login, password = re.findall(r"(hsinchu-duty) +(\S+)", said)[0]
        assert "seattle" not in said
        assert httpx.get(f"{base}/readyz", timeout=20).status_code == 200
        assert httpx.get(f"{base}/api/v1/config", timeout=20).json()["country"] == "TW"
        answer = httpx.post(f"{base}/api/v1/session", json={"login": login, "password": password}, timeout=20)
        assert answer.status_code == 201
        everything = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=ENOUGH_S)
    assert process.returncode == 0
    assert len(everything) >= 5
    assert not any(one.is_running() for one in everything)
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600


@pytest.mark.slow
def test_a_second_start_goes_on_and_a_quiet_one_sends_nothing(folder: Path) -> None:
    port = free_port()
    arguments = ("demo", "--city", "hsinchu", "--quiet", "--port", port, "--data", folder)
    with running(*arguments, env={"LINLI_LOG_LEVEL": "warning"}) as process:
        said = said_until_ready(process)
    assert "Hsinchu: is there as it was left" in said
    assert "invented reports" not in said
    assert [one.password for one in SignIns(folder).shown() if one.password in said]
