"""Health: what is late, what fails and what has gone quiet is said in words, with what to do."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from backend.console.health import rules
from backend.console.health.rules import Finding, Lane, Level, Life, Sweep, Tries, worst
from backend.console.health.wording import about_of, advice_of, said_of
from backend.console.stream import StreamServer
from backend.kernel import pulse
from backend.kernel.database import db
from backend.kernel.jobs import QUEUES, SWEEPS
from backend.kernel.languages import LANGUAGES
from tests.conftest import NOW
from tests.support.application import acting_session, application, with_baishi
from tests.support.baishi import NANMEN, Baishi
from tests.support.people import make_person, sign_in

MINUTE, DAY = 60.0, 86400.0

FINDINGS: list[tuple[Finding, Level, str]] = [
    (rules.judge_lane(Lane("sos", 1, 1.0)), Level.OK, "lane.on_time"),
    (rules.judge_lane(Lane("sos")), Level.OK, "lane.empty"),
    (rules.judge_lane(Lane("sos", 1, 2.0)), Level.WARNING, "lane.late"),
    (rules.judge_lane(Lane("sos", 1, 12.0)), Level.PROBLEM, "lane.late"),
    (rules.judge_lane(Lane("deliveries", 3, 12.0)), Level.OK, "lane.on_time"),
    (rules.judge_lane(Lane("deliveries", 3, 180.0)), Level.PROBLEM, "lane.late"),
    (rules.judge_channel(Tries("email")), Level.OK, "channel.unused"),
    (rules.judge_channel(Tries("email", 10, 1, 0, "421")), Level.OK, "channel.working"),
    (rules.judge_channel(Tries("email", 10, 2, 0, "421")), Level.WARNING, "channel.stumbling"),
    (rules.judge_channel(Tries("email", 2, 2, 2, "421")), Level.WARNING, "channel.stumbling"),
    (rules.judge_channel(Tries("email", 3, 3, 3, "421")), Level.PROBLEM, "channel.failing"),
    (rules.judge_channel(Tries("email", 90, 3, 3, "421")), Level.PROBLEM, "channel.failing"),
    (rules.judge_channel(Tries("email", 10, 6, 1, "421")), Level.PROBLEM, "channel.failing"),
    (rules.judge_lives("worker", []), Level.PROBLEM, "worker.none"),
    (rules.judge_lives("worker", [Life(2.0), Life(90.0)]), Level.OK, "worker.alive"),
    (rules.judge_lives("worker", [Life(20.0)]), Level.WARNING, "worker.quiet"),
    (rules.judge_lives("stream", [Life(61.0)]), Level.PROBLEM, "stream.quiet"),
    (rules.judge_sweeps([Sweep("ladder", 0.5, 3.0)]), Level.OK, "sweeps.on_time"),
    (rules.judge_sweeps([Sweep("ladder", 0.5, 61.0)]), Level.PROBLEM, "sweeps.late"),
    (rules.judge_sweeps([Sweep("answers", 3600.0, 3600.0)]), Level.OK, "sweeps.on_time"),
    (rules.judge_sweeps([Sweep("ladder", 0.5, None)]), Level.PROBLEM, "sweeps.late"),
    (rules.judge_backup(None), Level.WARNING, "backup.none"),
    (rules.judge_backup(25 * 3600.0), Level.OK, "backup.made"),
    (rules.judge_backup(2 * DAY), Level.WARNING, "backup.old"),
    (rules.judge_backup(8 * DAY), Level.PROBLEM, "backup.old"),
    (rules.judge_undelivered(0), Level.OK, "undelivered.none"),
    (rules.judge_undelivered(2), Level.WARNING, "undelivered.some"),
    (rules.judge_versions("1", [Life(1.0, "1")], "0010", "0010"), Level.OK, "versions.same"),
    (rules.judge_versions("1", [Life(1.0, "0")], "0010", "0010"), Level.WARNING, "versions.mixed"),
    (rules.judge_versions("1", [], "0009", "0010"), Level.PROBLEM, "versions.schema"),
    *zip(rules.judge_jobs(stalled=1, failed=0), (Level.PROBLEM, Level.OK), ("stalled.some", "failed_jobs.none"), strict=True),
    *zip(rules.judge_jobs(stalled=0, failed=2), (Level.OK, Level.WARNING), ("stalled.none", "failed_jobs.some"), strict=True),
    *zip(
        rules.judge_space(database_bytes=2**20, free_bytes=2**29), (Level.OK, Level.PROBLEM),
        ("database.size", "disk.little"), strict=True,
    ),
    *zip(
        rules.judge_space(database_bytes=2**31, free_bytes=2**34), (Level.OK, Level.OK), ("database.size", "disk.room"),
        strict=True,
    ),
]  # fmt: skip


@pytest.mark.parametrize("finding, level, key", FINDINGS, ids=lambda one: getattr(one, "key", str(one)))
def test_a_figure_has_a_state_and_words_in_both_languages(finding: Finding, level: Level, key: str) -> None:
    assert (finding.level, finding.key) == (level, key)
    for language in LANGUAGES:
        assert said_of(finding, language)
        assert about_of(finding, language)
        assert bool(advice_of(finding, language)) == (level is not Level.OK)


def test_the_whole_is_as_bad_as_its_worst_part() -> None:
    assert worst([]) is Level.OK
    assert worst([Finding("a", Level.WARNING, "a"), Finding("b", Level.PROBLEM, "b")]) is Level.PROBLEM


def test_every_lane_and_every_kind_of_process_has_words() -> None:
    for lane in QUEUES:
        assert lane in rules.LANE_WARNING_S
        assert about_of(rules.judge_lane(Lane(lane)), "zh")


@pytest.fixture(scope="module")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Baishi]]:
    with application(postgres, tmp_path_factory.mktemp("health"), NOW) as app:
        yield app, with_baishi(app, NOW)


@pytest.fixture
def app(house: tuple[Flask, Baishi]) -> Flask:
    return house[0]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def items(client: FlaskClient, language: str = "en") -> dict[str, Any]:
    headers = sign_in(client, "duty") | {"Accept-Language": language}
    answer = client.get("/api/v1/health", headers=headers)
    assert answer.status_code == 200
    return {f"{one['code']}:{one['name']}": one for one in answer.get_json()["items"]}


def test_without_worker_and_backup_it_says_so_and_what_to_do(client: FlaskClient) -> None:
    found = items(client)
    assert (found["worker:worker"]["level"], found["backup:backup"]["level"]) == ("problem", "warning")
    assert "linli worker" in found["worker:worker"]["advice"]
    assert "sweeps:sweeps" not in found  # that no worker runs is said once
    assert found["lane:sos"]["title"] == "Queue: SOS"


def test_who_has_no_permission_gets_nothing(client: FlaskClient) -> None:
    for login in ("li", "wei", "he"):
        assert client.get("/api/v1/health", headers=sign_in(client, login)).status_code == 403


def test_a_worker_a_stream_and_a_backup_leave_signs_of_life(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        SWEEPS["signs of life"].look(app)
    carried = app.extensions["linli"]
    with app.app_context():
        stream = StreamServer(carried.settings, db.engine, carried.clock, carried.keyring)
        stream._beat()
    with acting_session(app) as session:
        pulse.beat(session, "backup", now=NOW - timedelta(hours=30), told={"rows": 7}, name="backup")
        pulse.beat(session, "worker", now=NOW - timedelta(days=2), told={}, name="worker:long ago")
        session.commit()
        pulse.beat(session, "worker", now=NOW, told={"sweeps": dict.fromkeys(SWEEPS, NOW.isoformat())}, name="worker:2")
        session.commit()
        assert "worker:long ago" not in session.scalars(text("SELECT name FROM pulse")).all()
    found = items(client)
    assert [found[f"{one}:{one}"]["level"] for one in ("worker", "stream", "sweeps", "backup")] == [
        "ok", "ok", "ok", "warning",
    ]  # fmt: skip
    assert found["backup:backup"]["said"] == "The last one was made 30 hours ago"
    assert items(client, "zh")["backup:backup"]["said"] == "上一次在30小时前"


def test_a_channel_whose_tries_fail_is_named_with_its_last_answer(app: Flask, client: FlaskClient) -> None:
    report = {"client_id": "0" * 31 + "7", "kind": "concern", "category": "CN01", "text": "A cover", "place": NANMEN}
    incident = client.post(
        "/api/v1/reports", json=report | {"client_id": "5f0e7c1a-3f8e-4a4e-9a64-0d7f0a3a8f99"}
    ).get_json()["incident"]["id"]
    with acting_session(app) as session:
        session.execute(
            text(
                """
                WITH sent AS (
                  INSERT INTO delivery (id, incident_id, channel, lane, template, params, language, state, created_at,
                    due_at, fence, attempts)
                  SELECT gen_random_uuid(), :incident, 'email', 'offers', 'offer_made', '{}', 'en', 'failed', :at, :at, 1, 5
                  FROM generate_series(1, 3) RETURNING id)
                INSERT INTO delivery_attempt (delivery_id, at, took_ms, outcome, code)
                SELECT id, :at, 5, 'retry', '421' FROM sent
                """
            ),
            {"incident": incident, "at": NOW},
        )
        session.commit()
    found = items(client)
    assert found["channel:email"]["level"] == "problem"
    assert found["channel:email"]["said"] == "Failing: 3 of 3 tries in the last hour; the latest answer was 421"
    assert found["undelivered:undelivered"]["level"] == "warning"
    answer = client.get("/api/v1/health", headers=sign_in(client, "duty")).get_data(as_text=True)
    assert incident not in answer


def test_jobs_that_wait_and_jobs_that_were_given_up_are_counted(app: Flask, client: FlaskClient) -> None:
    with acting_session(app) as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
        session.execute(
            text(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('sos', 'x', 'todo'),"
                " ('upkeep', 'x', 'failed'), ('upkeep', 'y', 'doing')"
            )
        )
        session.execute(text("UPDATE procrastinate_events SET at = now() - interval '1 minute'"))
        session.commit()
    found = items(client)
    assert (found["lane:sos"]["level"], found["stalled:stalled"]["level"]) == ("problem", "problem")
    assert found["lane:sos"]["said"].startswith("Late: ")
    assert found["failed_jobs:failed_jobs"]["said"] == "1 in the last week"


def test_an_administrator_of_another_place_sees_the_same(app: Flask, client: FlaskClient, house: Any) -> None:
    with acting_session(app) as session:
        ring, body = app.extensions["linli"].keyring, house[1].bodies["Taohua Mediators"]
        make_person(session, ring, NOW, roles=("administrator",), org=body, login="keeper")
    answer = client.get("/api/v1/health", headers=sign_in(client, "keeper"))
    assert answer.status_code == 200
    assert {one["code"] for one in answer.get_json()["items"]} >= {"worker", "channel", "undelivered", "database"}
