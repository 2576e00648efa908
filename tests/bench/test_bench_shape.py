"""What the benchmarks write, and the numbers that are no times: a report and a page cost few statements."""

import io
import json
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from backend.areas.rings import search_cells
from backend.incidents.opening import Spot
from backend.kernel.database import SYSTEM, act_as, db
from backend.kernel.ids import new_id
from backend.organisations.models import Credential, Responder
from tests.bench import __main__ as bench
from tests.bench import create, listing, lookup, page, rules
from tests.bench.figures import Figure, at_least_share, at_most, at_most_times, percentile, table
from tests.bench.statements import counted
from tests.conftest import NOW
from tests.support.application import with_baishi
from tests.support.baishi import NANMEN, Baishi
from tests.support.incidents import open_incident
from tests.support.people import make_person, sign_in

MEMBERS = {"name": str, "value": float | int, "unit": str, "goal": str, "yardstick": float | int | None,
           "ratio": float | int | None, "met": bool | None, "note": str}  # fmt: skip


def assert_form(path: Path) -> list[dict[str, Any]]:
    """Every figure names the same members, a ratio stands where a yardstick does, and a verdict where a goal does."""
    kept: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    for figure in kept:
        assert figure.keys() == MEMBERS.keys()
        assert all(isinstance(figure[name], kind) for name, kind in MEMBERS.items()), figure
        assert (figure["yardstick"] is None) == (figure["ratio"] is None)
        assert (figure["goal"] == "") == (figure["met"] is None)
    assert len({figure["name"] for figure in kept}) == len(kept)
    return kept


def test_what_is_kept_has_one_form(tmp_path: Path) -> None:
    few: dict[str, bench.Bench] = {
        "rules": lambda _: rules.run(rounds=1, times=2),
        "lookup": lambda _: lookup.run(polygons=200, rounds=1, points=20),
    }
    said: list[str] = []
    found = bench.carry_out(few, said.append, tmp_path / "build" / "bench.json")
    kept = assert_form(tmp_path / "build" / "bench.json")
    assert [figure["name"] for figure in kept] == [figure.name for figure in found]
    assert [line.partition(":")[0] for line in said] == ["rules", "lookup"]
    assert all(figure.name in table(found) for figure in found)


@pytest.mark.slow
def test_the_benchmarks_with_processes_run_and_keep_the_same_form(tmp_path: Path) -> None:
    few: dict[str, bench.Bench] = {
        "create": lambda town: create.run(town.copy("linli"), create.Plan(1, 5, 16, (8,), 16)),
        "listing": lambda town: listing.run(town.copy("listing"), sizes=(60, 120), rounds=1, requests=5),
        "page": lambda town: page.run(town.copy("page"), screens={"home": page.SCREENS["home"]}, rounds=1),
        "running": partial(bench._running, starts=1, sent=20),
    }
    bench.carry_out(few, lambda _: None, tmp_path / "bench.json")
    names = {figure["name"] for figure in assert_form(tmp_path / "bench.json")}
    assert {
        "create a report, one by one, p50",
        "incident list, growth",
        "slow phone, home, cold, answers",
        "linli up, until ready",
    } <= names


@pytest.mark.parametrize(
    ("figure", "ratio", "met"),
    [
        (at_most("n", 4, "ms", 5), None, True),
        (at_most("n", 6, "ms", 5, yardstick=3), 2, False),
        (at_most("n", 6, "ms"), None, None),
        (at_most_times("n", 8, "ms", 4, yardstick=2), 4, True),
        (at_most_times("n", 9, "ms", 4, yardstick=2), 4.5, False),
        (at_least_share("n", 50, "/s", 0.25, yardstick=200), 0.25, True),
        (at_least_share("n", 49, "/s", 0.25, yardstick=200), 0.245, False),
    ],
)
def test_a_figure_says_whether_its_goal_is_met(figure: Figure, ratio: float | None, met: bool | None) -> None:
    assert (figure.ratio, figure.met) == (ratio, met)


@pytest.mark.parametrize(("percent", "expected"), [(50, 2), (75, 3), (99, 4), (100, 4), (1, 1)])
def test_a_percentile_is_a_value_that_was_measured(percent: float, expected: int) -> None:
    assert percentile([4, 1, 3, 2], percent) == expected


@pytest.fixture
def world(app: Flask) -> Baishi:
    return with_baishi(app, NOW)


@pytest.fixture
def volunteers(app: Flask, session: Session, world: Baishi) -> list[UUID]:
    """Four people beside the place of the report who may bring food."""
    ring, body = app.extensions["linli"].keyring, world.bodies["Nanmen Residents' Committee"]
    people = [make_person(session, ring, NOW, roles=["volunteer"], org=body) for _ in range(4)]
    cells = {f"cell_{size}": cell for size, cell in search_cells(**NANMEN).items()}
    for person in people:
        session.add(
            Responder(person_id=person, org_id=body, available=True, **NANMEN, **cells, skills=["basic"], nights=True,
                      daily_cap=3, weekly_cap=6, updated_at=NOW)
        )  # fmt: skip
        session.add(
            Credential(id=new_id(), person_id=person, type="basic", level="qualified", issued_by="test",
                       valid_to=NOW + timedelta(days=30), state="active")
        )  # fmt: skip
    session.commit()
    act_as(session, SYSTEM)
    return people


def send(client: FlaskClient, **said: Any) -> dict[str, Any]:
    body = {"client_id": str(uuid4()), "kind": "aid_request", "category": "AID01", "place": NANMEN, **said}
    answer = client.post("/api/v1/reports", json=body)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


def photo(client: FlaskClient) -> str:
    drawn = io.BytesIO()
    Image.new("RGB", (8, 8)).save(drawn, "JPEG")
    answer = client.post("/api/v1/photos", data={"photo": (io.BytesIO(drawn.getvalue()), "p.jpg")})
    return str(answer.get_json()["id"])


def test_a_report_with_a_photo_and_a_wave_of_volunteers_costs_at_most_ten_statements(
    app: Flask, client: FlaskClient, world: Baishi, volunteers: list[UUID]
) -> None:
    send(client, text="We need a warm meal")  # fills the caches of configuration
    photo_id = photo(client)
    with counted(app) as sent:
        taken = send(client, text="We need food for two", photo_ids=[photo_id])
    assert len(sent) <= create.STATEMENTS_MOST, sent
    li = sign_in(client, "li")
    offers = client.get(f"/api/v1/incidents/{taken['incident']['id']}", headers=li).get_json()["offers"]
    asked = {offer["person_id"] for offer in offers if offer["part"] == "volunteer"}
    assert asked
    assert asked <= {str(person) for person in volunteers}


def test_a_page_of_the_list_costs_the_same_few_statements_however_many_incidents_there_are(
    app: Flask, client: FlaskClient, session: Session, world: Baishi
) -> None:
    duty = sign_in(client, "duty")
    act_as(session, SYSTEM)
    costs = []
    for more in (3, 60):
        for _ in range(more):
            open_incident(session, NOW, spot=Spot(chain=(world.areas["qinghe"],)))
        session.commit()
        client.get("/api/v1/incidents", headers=duty)  # fills the caches of configuration
        with counted(app) as sent:
            page = client.get("/api/v1/incidents", headers=duty).get_json()
        costs.append(len(sent))
        act_as(session, SYSTEM)
    assert len(page["items"]) == 50
    assert costs[0] == costs[1] <= 6


def test_a_request_that_only_reads_leaves_its_connection_the_plans(app: Flask) -> None:
    kept = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%linli.scope%'")
    with app.app_context():
        session = db.session()
        for _ in range(8):  # psycopg prepares what was sent five times
            act_as(session, SYSTEM)
            session.rollback()
        assert session.execute(kept).scalar_one() == 1


def test_a_rolled_back_failure_leaves_a_connection_that_works(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        act_as(session, SYSTEM)
        with pytest.raises(DBAPIError):
            session.execute(text("SELECT 1 / 0"))
        session.rollback()
        assert session.execute(text("SELECT current_setting('linli.scope', true)")).scalar_one() != "system"
