"""Measures count what is there, for whoever asks, and no more: checked against a count by hand."""

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median, quantiles
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from backend.console.measures.rules import LEAST, hide
from backend.kernel.database import owner_engine
from tests.conftest import NOW
from tests.support.application import acting_session, application, with_baishi
from tests.support.baishi import Baishi, add_mandate
from tests.support.people import make_person, sign_in

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS = "since=2026-02-01&until=2026-03-02"


@dataclass(frozen=True)
class Case:
    """An incident as a test plans it."""

    id: UUID
    place: str
    grade: int
    language: str
    opened_at: datetime
    took: timedelta | None
    state: str  # of its clock
    aid: bool

    @property
    def is_missed(self) -> bool:
        """Whether its acknowledgement was missed."""
        return self.state == "breached" or (self.state == "running" and self.opened_at + timedelta(hours=1) < NOW)


def plan(count: int = 160) -> list[Case]:
    """Cases over four weeks, by a seed."""
    dice = random.Random(7)
    made = []
    for at in range(count):
        opened_at = NOW - timedelta(minutes=dice.randrange(26 * 24 * 60))
        state = dice.choice(("met", "met", "met", "breached", "running", "stopped"))
        took = timedelta(seconds=dice.randrange(1, 7200)) if state in {"met", "breached"} else None
        grade = 1 if at < 3 else dice.choice((2, 3, 3, 4, 5))
        place = dice.choice(("nanmen", "nanmen", "taohua"))
        made.append(Case(uuid4(), place, grade, dice.choice(("en", "zh", "zh")), opened_at, took, state, at % 20 == 0))
    return made


INSERT = """
INSERT INTO incident (id, state, phase, grade, category, kind, compartment, area_id, area_ids, opened_at, acknowledged_at,
  owner_org_id, owner_desk_id, party_org_ids, diverted, diversion_answered, major, disputed, duty_open, safe_mode, words,
  report_count, cycle, version, exercise_id)
VALUES (:id, :state, 'respond', :grade, 'CN01', 'concern', :compartment, :area, :areas, :opened, :acknowledged, :org,
  :desk, :parties, false, false, false, false, false, false, '{}', 1, 1, 1, :exercise)
"""
CLOCK = """
INSERT INTO clock (id, incident_id, kind, grade, cycle, started_at, due_at, state, ended_at, rungs_s, rungs_fired, rule)
VALUES (gen_random_uuid(), :id, 'acknowledge', :grade, 1, :opened, CAST(:opened AS timestamptz) + interval '1 hour', :state,
  :ended, '{}', 0, 'test')
"""
REPORT = """
INSERT INTO report (id, client_id, incident_id, kind, voice, channel, language, anonymous, danger_now, received_at,
  receipt_hash, request_hash, acknowledgement, suggestion)
VALUES (gen_random_uuid(), gen_random_uuid(), :id, 'concern', 'witness', 'page', :language, false, false, :opened,
  decode(md5(CAST(:id AS text)), 'hex'), '', '{}', '{}')
"""


def write(
    connection: Connection, world: Baishi, case: Case, *, state: str = "received", exercise: bool = False
) -> None:
    """Put a case into the database."""
    chain = [world.areas[name] for name in ("qinghe", "baishi", "liuyuan", case.place)]
    body = "Nanmen Residents' Committee"
    given = {
        "id": case.id, "state": state, "grade": case.grade, "compartment": "aid" if case.aid else "incident",
        "area": chain[-1], "areas": [0, *chain], "opened": case.opened_at, "org": world.bodies[body],
        "acknowledged": case.opened_at + case.took if case.took else None, "desk": world.desks[body], "parties": [],
        "exercise": uuid4() if exercise else None,
    }  # fmt: skip
    connection.execute(text(INSERT), given)
    ended = case.opened_at + case.took if case.took else None
    ended = case.opened_at + timedelta(minutes=5) if case.state == "stopped" else ended
    clock = {"id": case.id, "grade": case.grade, "opened": case.opened_at, "state": case.state, "ended": ended}
    connection.execute(text(CLOCK), clock)
    connection.execute(text(REPORT), {"id": case.id, "language": case.language, "opened": case.opened_at})


class Town:
    """The world with the planned cases, and some that must not count."""

    def __init__(self, app: Flask, world: Baishi) -> None:
        self.app, self.world, self.cases = app, world, plan()
        engine = owner_engine(app.extensions["linli"].settings.database_url)
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for case in self.cases:
                write(connection, world, case)
            for case in plan(3):
                write(connection, world, case, exercise=True)
            self._offer(connection)
            self._deliver(connection)
        engine.dispose()
        with acting_session(app) as session:
            ring = app.extensions["linli"].keyring
            for login, body, roles in (
                ("chief", "Qinghe Duty Office", ("supervisor",)),
                ("inspector", "Baishi Police", ("supervisor",)),
                ("county", "Qinghe Duty Office", ("auditor",)),
            ):
                make_person(session, ring, NOW, roles=roles, org=world.bodies[body], login=login)
            add_mandate(session, world, "Taohua Mediators", "liuyuan", "O:util", now=NOW, role="support")
        self.client = app.test_client()
        self.who = {login: sign_in(self.client, login) for login in ("chief", "inspector", "li", "he", "wei", "county")}

    def _offer(self, connection: Connection) -> None:
        """Public works take nearly all, and nobody else could; gas takes nearly all, and mediators could."""
        plans = [
            ("O:muni", "Baishi Public Works", 30, 6),
            ("O:util", "Baishi Gas", 27, 2),
            ("O:util", "Taohua Mediators", 5, 0),
        ]
        cases = iter(self.cases)
        for route, body, accepted, declined in plans:
            for at in range(accepted + declined):
                case = next(cases)
                connection.execute(
                    text(
                        "INSERT INTO offer (id, incident_id, part, route, org_id, desk_id, wave, chain_step, state, offered_at,"
                        " due_at, answered_at) VALUES (gen_random_uuid(), :id, 'lead', :route, :org, :desk, 0, 0, :state,"
                        " :at, :at, CAST(:at AS timestamptz) + interval '90 seconds')"
                    ),
                    {"id": case.id, "route": route, "org": self.world.bodies[body], "desk": self.world.desks[body],
                     "state": "accepted" if at < accepted else "declined", "at": case.opened_at},
                )  # fmt: skip

    def _deliver(self, connection: Connection) -> None:
        for at, case in enumerate(self.cases):
            for channel in ("email", "in_app") if at % 2 else ("email",):
                connection.execute(
                    text(
                        "INSERT INTO delivery (id, incident_id, channel, lane, template, params, language, state, created_at,"
                        " due_at, fence, attempts, handed_over_at) VALUES (gen_random_uuid(), :id, :channel, 'deliveries',"
                        " 'x', '{}', 'en', :state, :at, :at, 1, 1, :sent)"
                    ),
                    {"id": case.id, "channel": channel, "at": case.opened_at,
                     "state": "failed" if at < 8 and channel == "email" else "handed_over",
                     "sent": case.opened_at + timedelta(seconds=2)},
                )  # fmt: skip

    def ask(self, name: str, query: str = "", login: str = "chief") -> dict[str, Any]:
        """A measure as somebody reads it."""
        answer = self.client.get(f"/api/v1/measures/{name}?{DAYS}{query}", headers=self.who[login])
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found: dict[str, Any] = answer.get_json()
        return found

    def rows(self, name: str, query: str = "", login: str = "chief") -> dict[str, dict[str, Any]]:
        """Its rows by key, each as its cells by column."""
        found = self.ask(name, query, login)
        keys = [column["key"] for column in found["columns"]]
        lines = [*found["rows"], *([found["total"]] if found["total"] else [])]
        return {line["key"]: dict(zip(keys, line["cells"], strict=True)) | {"label": line["label"]} for line in lines}


@pytest.fixture(scope="module")
def town(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with application(postgres, tmp_path_factory.mktemp("measures"), NOW, timezone="Asia/Shanghai") as app:
        yield Town(app, with_baishi(app, NOW))


def by_hand(cases: list[Case], key: Any) -> dict[str, dict[str, Any]]:
    """The same table, counted by hand, with small counts hidden by the rules alone."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(key(case), []).append(case)
    order = sorted(groups)
    counted = [[sum(one.took is not None for one in groups[name])] for name in order]
    judged = [
        [sum(one.state == "met" for one in groups[name]), sum(one.is_missed for one in groups[name])] for name in order
    ]
    hidden = hide(counted)
    also = hide(judged, already=hidden.rows)
    found = {}
    for at, name in enumerate(order):
        took = [one.took.total_seconds() for one in groups[name] if one.took is not None]
        points = quantiles(took, n=10, method="inclusive") if len(took) > 1 else []
        shown, told = at not in hidden.rows, at not in also.rows
        found[name] = {
            "counted": counted[at][0] if shown else None,
            "p50_s": round(points[4]) if shown and points else None,
            "p90_s": round(points[8]) if shown and points else None,
            "in_time": judged[at][0] if told else None,
            "missed": judged[at][1] if told else None,
        }
    return found


BY = {
    "grade": lambda case: str(case.grade),
    "language": lambda case: case.language,
    "hour": lambda case: f"{case.opened_at.astimezone(SHANGHAI).hour:02d}",
}


@pytest.mark.parametrize("by", sorted(BY))
def test_times_are_those_of_a_count_by_hand(town: Town, by: str) -> None:
    found = town.rows("times", f"&of=acknowledge&by={by}")
    total = found.pop("total")
    expected = by_hand(town.cases, BY[by])
    names = ("counted", "p50_s", "p90_s", "in_time", "missed")
    close = {key: {name: row[name] for name in names} for key, row in found.items()}
    assert close.keys() == expected.keys()
    for key, row in expected.items():
        assert close[key] == pytest.approx(row, abs=1), key
    assert total["counted"] == sum(case.took is not None for case in town.cases)
    assert total["missed"] == sum(case.is_missed for case in town.cases)


def test_three_incidents_of_a_grade_are_hidden_and_another_row_with_them(town: Town) -> None:
    found = town.rows("times", "&by=grade")
    hidden = [key for key, row in found.items() if row["counted"] is None]
    assert "1" in hidden
    assert len(hidden) >= 2
    assert found["total"]["counted"] is not None


def test_a_reader_counts_what_they_see(town: Town) -> None:
    place = town.world.areas["nanmen"]
    near = [case for case in town.cases if case.place == "nanmen"]
    here = town.rows("times", f"&by=grade&area={place}")["total"]
    assert here["counted"] == sum(case.took is not None for case in near)
    assert town.rows("times", "&by=grade", "li")["total"]["counted"] == here["counted"]
    police = [case for case in town.cases if not case.aid]
    assert town.rows("times", "&by=grade", "inspector")["total"]["counted"] == sum(c.took is not None for c in police)


def test_areas_are_the_parts_of_the_place_that_was_chosen(town: Town) -> None:
    areas = town.world.areas
    top = town.rows("times", "&by=area")
    assert set(top) == {str(areas["baishi"]), "total"}
    parts = town.rows("times", f"&by=area&area={areas['liuyuan']}")
    assert {key: row["label"] for key, row in parts.items()} == {
        str(areas["nanmen"]): "Nanmen Community", str(areas["taohua"]): "Taohua Village", "total": "All",
    }  # fmt: skip
    leaf = town.rows("times", f"&by=area&area={areas['nanmen']}")
    assert leaf["none"]["label"] == "Elsewhere"


def test_days_are_those_of_the_place_and_both_ends_count(town: Town) -> None:
    days = {case.opened_at.astimezone(SHANGHAI).date() for case in town.cases}
    day = max(
        days,
        key=lambda one: sum(c.opened_at.astimezone(SHANGHAI).date() == one and c.took is not None for c in town.cases),
    )
    on_it = sum(c.opened_at.astimezone(SHANGHAI).date() == day and c.took is not None for c in town.cases)
    assert on_it >= LEAST
    answer = town.client.get(f"/api/v1/measures/times?since={day}&until={day}&by=grade", headers=town.who["chief"])
    assert answer.get_json()["total"]["cells"][0] == on_it


def test_clocks_say_what_was_kept_and_missed(town: Town) -> None:
    row = town.rows("clocks")["acknowledge"]
    assert (row["kept"], row["missed"]) == (
        sum(case.state == "met" for case in town.cases), sum(case.is_missed for case in town.cases),
    )  # fmt: skip
    assert row["share"] == round(100 * row["kept"] / (row["kept"] + row["missed"]), 1)


def test_a_monopoly_names_who_else_is_able_and_a_single_provider_is_none(town: Town) -> None:
    rows = {row["label"]: row for row in town.rows("load").values()}
    works, gas, mediators = rows["Baishi Public Works"], rows["Baishi Gas"], rows["Taohua Mediators"]
    assert (works["share"], works["balance"], works["others"]) == (100.0, "single_provider", "")
    assert (works["accepted"], works["declined"], works["answer_p50_s"]) == (30, 6, 90)
    assert (gas["share"], gas["balance"], gas["others"]) == (84.4, "monopoly", "Taohua Mediators")
    assert (mediators["accepted"], mediators["balance"]) == (5, "shared")
    assert gas["declined"] is None  # two: too few to be told


def test_a_body_with_few_hides_the_share_of_the_others_along_its_route(town: Town) -> None:
    nanmen = town.rows("load", f"&area={town.world.areas['nanmen']}")
    small = [row for row in nanmen.values() if row["route"] == "O:util"]
    assert {row["accepted"] is None for row in small} == {row["share"] is None for row in small}


def test_deliveries_by_channel(town: Town) -> None:
    rows = town.rows("deliveries")
    assert rows["email"]["failed"] == 8
    assert rows["in_app"]["sent"] == len(town.cases) // 2
    assert rows["total"]["sent"] == rows["email"]["sent"] + rows["in_app"]["sent"]
    assert rows["email"]["p50_s"] == 2


def test_duplicates_of_nothing_are_none(town: Town) -> None:
    rows = town.rows("duplicates")
    assert {key: row["pairs"] for key, row in rows.items()} == {
        "suggested": 0, "confirmed": 0, "rejected": 0, "joined": 0, "total": 0,
    }  # fmt: skip


def test_a_language_is_compared_with_all_at_the_same_grade(town: Town) -> None:
    timed = [case for case in town.cases if case.took is not None]
    of_grade = {
        grade: median(case.took.total_seconds() for case in timed if case.grade == grade and case.took)
        for grade in {case.grade for case in timed}
    }
    rows = town.rows("fairness", "&of=acknowledge&by=language")
    for language in ("en", "zh"):
        own = [case for case in timed if case.language == language]
        ratios = [case.took.total_seconds() / of_grade[case.grade] for case in own if case.took]
        assert rows[language]["counted"] == len(own)
        assert rows[language]["of_all"] == pytest.approx(100 * median(ratios), abs=1)
        assert rows[language]["gap"] == "alike"
    assert (rows["total"]["counted"], rows["total"]["gap"]) == (len(timed), None)


def test_an_area_that_waits_twice_as_long_is_named_and_one_with_graver_matters_is_not(
    postgres: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with application(postgres, tmp_path_factory.mktemp("uneven"), NOW, timezone="Asia/Shanghai") as app:
        world = with_baishi(app, NOW)
        engine = owner_engine(app.extensions["linli"].settings.database_url)
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for at in range(140):
                # What is less grave takes longer and lies in one place alone: laid side by side, that place seems slow.
                grade = 3 if at < 80 else 5
                place = "taohua" if grade == 3 and at % 2 else "nanmen"
                minutes = 200 if grade == 5 else 20 if place == "taohua" else 10
                case = Case(
                    uuid4(), place, grade, "en", NOW - timedelta(days=2, minutes=at), timedelta(minutes=minutes + at % 7),
                    "met", aid=False,
                )  # fmt: skip
                write(connection, world, case)
        engine.dispose()
        with acting_session(app) as session:
            ring = app.extensions["linli"].keyring
            make_person(
                session, ring, NOW, roles=("supervisor",), org=world.bodies["Qinghe Duty Office"], login="chief"
            )
        client = app.test_client()
        address = f"/api/v1/measures/fairness?{DAYS}&of=acknowledge&by=area&area={world.areas['liuyuan']}"
        found = client.get(address, headers=sign_in(client, "chief")).get_json()
    cells = {row["key"]: row["cells"] for row in found["rows"]}
    taohua, nanmen = (cells[str(world.areas[name])] for name in ("taohua", "nanmen"))
    assert nanmen[1] > taohua[1]
    assert (taohua[-1], nanmen[-1] == "longer") == ("longer", False)


def test_what_came_of_it_counts_labels_beside_what_is_open(town: Town) -> None:
    rows = town.rows("outcomes")
    assert rows == {
        "open": {"ended": len(town.cases), "share": 100.0, "label": "Still open"},
        "total": {"ended": len(town.cases), "share": 100.0, "label": "All"},
    }


@pytest.mark.parametrize("name", ["times", "clocks", "fairness", "outcomes", "load", "duplicates", "deliveries"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_file_holds_the_cells_of_the_table(town: Town, name: str, language: str) -> None:
    headers = town.who["chief"] | {"Accept-Language": language}
    answer = town.client.get(f"/api/v1/measures/{name}.csv?{DAYS}", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}-2026-02-01-2026-03-02.csv"'
    lines = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    table = town.client.get(f"/api/v1/measures/{name}?{DAYS}", headers=headers).get_json()
    keys = [column["key"] for column in table["columns"]]
    wanted = [*table["rows"], *([table["total"]] if table["total"] else [])]
    assert [line["label"] for line in lines] == [row["label"] for row in wanted]
    for line, row in zip(lines, wanted, strict=True):
        said = ["" if value is None else str(value).removesuffix(".0") for value in row["cells"]]
        assert [line[key] for key in keys] == said
        assert line["hidden"].split() == row["hidden"]


@pytest.mark.parametrize(
    "query, status",
    [
        ("since=2026-03-02&until=2026-03-01", 422),
        ("since=2024-01-01&until=2026-03-01", 422),
        ("since=yesterday", 422),
        ("by=household", 422),
        ("of=rumours", 422),
        ("area=999999", 404),
        ("nothing=1", 422),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(town: Town, query: str, status: int) -> None:
    assert town.client.get(f"/api/v1/measures/times?{query}", headers=town.who["chief"]).status_code == status


@pytest.mark.parametrize("login, status", [("li", 200), ("county", 200), ("he", 403), ("wei", 403)])
def test_who_may_read_measures(town: Town, login: str, status: int) -> None:
    client: FlaskClient = town.client
    assert client.get(f"/api/v1/measures/times?{DAYS}", headers=town.who[login]).status_code == status
