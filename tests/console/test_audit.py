"""The audit as a list: what its reader may see, their own looks, the file, the chain; and reading it is in it."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text

from backend.kernel.clock import MovableClock
from backend.kernel.database import owner_engine
from tests.conftest import NOW
from tests.support.application import acting_session, application, with_baishi
from tests.support.baishi import NANMEN, TAOHUA, Baishi
from tests.support.people import make_person, sign_in


class House:
    """An application with two incidents, one in each village, that were looked at."""

    def __init__(self, app: Flask, world: Baishi) -> None:
        self.app, self.world = app, world
        self.client = app.test_client()
        with acting_session(app) as session:
            for login, body, roles in (
                ("boss", "Nanmen Residents' Committee", ("supervisor",)),
                ("panel", "Taohua Mediators", ("auditor",)),
                ("inner", "Nanmen Residents' Committee", ("auditor",)),
            ):
                world.people[login] = make_person(
                    session, app.extensions["linli"].keyring, NOW, roles=roles, org=world.bodies[body], login=login,
                    name=f"{login.title()} Example",
                )  # fmt: skip
        self.who = {
            login: sign_in(self.client, login) for login in ("boss", "panel", "inner", "li", "tao", "duty", "wei")
        }
        self.nanmen, self.taohua = self.sent(NANMEN), self.sent(TAOHUA)
        self.read("li", self.nanmen)
        self.read("boss", self.nanmen, "?purpose=complaint")
        self.read("tao", self.taohua)

    def sent(self, place: dict[str, float]) -> str:
        """The incident of a report at a place."""
        body = {"client_id": str(uuid4()), "kind": "concern", "category": "CN01", "text": "A cover", "place": place}
        return str(self.client.post("/api/v1/reports", json=body).get_json()["incident"]["id"])

    def read(self, login: str, incident: str, query: str = "") -> None:
        """Let somebody look at an incident."""
        assert self.client.get(f"/api/v1/incidents/{incident}{query}", headers=self.who[login]).status_code == 200

    def looks(self, login: str, query: str = "", path: str = "audit/looks") -> list[dict[str, Any]]:
        """The audit as somebody reads it."""
        answer = self.client.get(f"/api/v1/{path}{query}", headers=self.who[login])
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found: list[dict[str, Any]] = answer.get_json()["items"]
        return found


@pytest.fixture(scope="module")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with application(postgres, tmp_path_factory.mktemp("audit"), NOW) as app:
        yield House(app, with_baishi(app, NOW))


def of_incidents(found: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(one["incident_id"], one["person_id"]) for one in found if one["what"] == "incident"}


def test_a_reader_sees_who_looked_at_what_they_may_see_themselves_and_no_more(house: House) -> None:
    people = {login: str(person) for login, person in house.world.people.items()}
    mine = {(house.nanmen, people["li"]), (house.nanmen, people["boss"])}
    theirs = {(house.taohua, people["tao"])}
    assert of_incidents(house.looks("boss")) == mine
    assert of_incidents(house.looks("panel")) == theirs
    assert of_incidents(house.looks("duty")) >= mine | theirs
    (complaint,) = [one for one in house.looks("boss") if one["purpose"] == "complaint"]
    assert complaint["person"] == "Boss Example"
    assert complaint["number"] > 0


@pytest.mark.parametrize("login", ["li", "tao", "wei"])
def test_who_has_no_permission_reads_only_what_they_looked_at_themselves(house: House, login: str) -> None:
    assert house.client.get("/api/v1/audit/looks", headers=house.who[login]).status_code == 403
    assert house.client.get("/api/v1/audit/chain", headers=house.who[login]).status_code == 403
    own = house.looks(login, path="me/looks")
    assert {one["person_id"] for one in own} <= {str(house.world.people[login])}
    assert bool(own) == (login != "wei")


def test_the_list_is_narrowed_by_person_incident_number_purpose_and_time(house: House) -> None:
    li = str(house.world.people["li"])
    number = house.looks("boss", f"?incident={house.nanmen}")[0]["number"]
    assert of_incidents(house.looks("boss", f"?person={li}")) == {(house.nanmen, li)}
    assert len(of_incidents(house.looks("boss", f"?number={number}"))) == 2
    assert of_incidents(house.looks("boss", f"?incident={house.taohua}")) == set()
    assert house.looks("boss", "?number=999999") == []
    assert {one["purpose"] for one in house.looks("boss", "?purpose=complaint")} == {"complaint"}
    later = (NOW + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    assert house.looks("boss", f"?since={later}") == []
    assert len(of_incidents(house.looks("boss", f"?until={later}"))) == 2


def test_reading_the_audit_is_in_the_audit_once_in_five_minutes(house: House) -> None:
    clock: MovableClock = house.app.extensions["linli"].clock
    clock.advance(seconds=400)
    boss = str(house.world.people["boss"])

    def own() -> list[dict[str, Any]]:
        return [one for one in house.looks("boss", path="me/looks") if one["what"] == "audit"]

    before = len(own())
    for _ in range(3):
        house.looks("boss", f"?person={boss}")
    assert len(own()) == before + 1
    assert own()[0]["filters"] == {"person": boss}
    assert boss in {one["person_id"] for one in house.looks("inner") if one["what"] == "audit"}
    assert boss not in {one["person_id"] for one in house.looks("panel") if one["what"] == "audit"}


def test_pages_follow_each_other_without_gap_or_repetition(house: House) -> None:
    seen: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = house.client.get(f"/api/v1/audit/looks?limit=2{cursor}", headers=house.who["duty"]).get_json()
        seen += page["items"]
        if not page["next_cursor"]:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert [one["at"] for one in seen] == sorted((one["at"] for one in seen), reverse=True)
    assert of_incidents(seen) == of_incidents(house.looks("duty", "?limit=200"))


def test_the_file_holds_what_the_list_holds(house: House) -> None:
    answer = house.client.get(f"/api/v1/audit/looks.csv?incident={house.nanmen}", headers=house.who["boss"])
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert {(row["incident_id"], row["person_id"]) for row in rows} == of_incidents(
        house.looks("boss", f"?incident={house.nanmen}")
    )
    assert {row["person"] for row in rows} == {"Boss Example", "Lin Example"}


def chain(house: House, **query: str) -> dict[str, Any]:
    answer = house.client.get("/api/v1/audit/chain", query_string=query, headers=house.who["duty"])
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def test_the_chain_is_whole_and_a_changed_entry_is_found_where_it_lies(house: House) -> None:
    engine = owner_engine(house.app.extensions["linli"].settings.database_url)
    with engine.begin() as connection:
        entries = connection.scalar(text("SELECT count(*) FROM event"))
    whole = chain(house)
    assert (whole["broken"], whole["next_after"]) == ([], None)
    assert whole["entries"] >= (entries or 0)
    stream = f"reads:{house.nanmen}"
    with engine.begin() as connection:
        changed = "UPDATE event SET payload = jsonb_set(payload, '{purpose}', '\"review\"') WHERE stream = :s AND stream_seq = 1"
        connection.execute(text(changed), {"s": stream})
    assert chain(house, incident=house.nanmen)["broken"] == [{"stream": stream, "stream_seq": 1, "reason": "changed"}]
    assert chain(house, incident=house.taohua)["broken"] == []
    assert chain(house)["broken"] == [{"stream": stream, "stream_seq": 1, "reason": "changed"}]
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM event WHERE stream = :s AND stream_seq = 1"), {"s": stream})
    assert chain(house)["broken"] == [{"stream": stream, "stream_seq": 2, "reason": "missing"}]
    engine.dispose()
