"""The board shows what its residents chose to show, to whoever is near, and nothing by which anybody is known."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from backend.aid.models import AidListing
from backend.aid.settling import settle
from backend.incidents.models import Report
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as, db
from backend.kernel.journal import Event
from tests.aid.conftest import SEARCH, Make, board
from tests.conftest import NOW
from tests.support.baishi import NANMEN, OUTSIDE, TAOHUA
from tests.support.people import sign_in

SECRET = "Zinnober Laterne 47"
BY_MAIL = {"email": "ada@example.org", "consent": True}


def test_nothing_is_on_the_board_that_its_resident_did_not_put_there(client: FlaskClient, neighbour: Make) -> None:
    sent = [neighbour(), neighbour(aid={"on_board": False}), neighbour(aid={})]
    assert board(client) == []
    assert ["aid" in one.told for one in sent] == [False, False, False]
    assert sent[0].look()["aid"] is None


def test_a_listing_tells_its_need_time_language_band_and_hour_and_nothing_else(
    client: FlaskClient, neighbour: Make
) -> None:
    place = NANMEN | {"landmark": SECRET, "accuracy_m": 20}
    asked = neighbour(on_board=True, text=SECRET, place=place, language="zh-Hans", contact=BY_MAIL)
    found = client.post(SEARCH, json={"near": NANMEN})
    (listing,) = found.get_json()["items"]
    assert listing.pop("id")
    assert listing == {
        "direction": "request", "need": "AID01", "when": {"days": "soon"}, "says": {}, "language": "zh",
        "distance": "under_500m",
        "listed_at": "2026-03-02T09:00:00+00:00",
    }  # fmt: skip
    told = found.get_data(as_text=True)
    hidden = [SECRET, "30.4", "120.4", "ada@", asked.told["id"], asked.told["incident"]["id"], asked.told["receipt"]]
    assert [one for one in hidden if one in told] == []


def test_the_hour_of_a_listing_is_cut(client: FlaskClient, neighbour: Make, clock: MovableClock) -> None:
    clock.advance(minutes=37)
    neighbour(on_board=True)
    assert board(client)[0]["listed_at"] == "2026-03-02T09:00:00+00:00"


def test_the_answer_to_a_report_says_that_it_is_on_the_board_and_until_when(
    client: FlaskClient, neighbour: Make
) -> None:
    asked, offered = neighbour(on_board=True), neighbour("aid_offer", on_board=True)
    listings = {one["direction"]: one["id"] for one in board(client)}
    for one, side, days in ((asked, "request", 14), (offered, "offer", 30)):
        until = (NOW + timedelta(days=days)).isoformat()
        assert one.told["aid"] == {"on_board": True, "listing_id": listings[side], "until": until}
    more = {"reason": None, "asks": False, "still": True, "says": {}, "when": {"days": "soon"}}
    assert asked.look()["aid"] == asked.told["aid"] | more


# What a report is, and why a person looks after it instead (R19, R12, INV-12).
KEPT_OFF: list[tuple[str, dict[str, Any], str]] = [
    ("a repair inside a home", {"category": "AID05"}, "needs_matcher"),
    ("care", {"category": "AID06"}, "needs_matcher"),
    ("money", {"category": "AID07"}, "needs_matcher"),
    ("health, which is private", {"category": "AID11"}, "with_a_person"),
    ("shelter, which is G3", {"category": "AID08"}, "with_a_person"),
    ("a card to pay with", {"category": "AID02", "text": "Please take my bank card and PIN and buy food"},
     "needs_matcher"),
    ("a child", {"text": "Food for my baby, who is 6 months old"}, "with_a_person"),
    ("somebody old and alone", {"text": "I am 81 and live alone and cannot walk"}, "with_a_person"),
    ("no food today", {"text": "I have had no food today"}, "with_a_person"),
    ("danger", {"danger_now": True}, "with_a_person"),
    ("no place", {"place": {"landmark": "by the old bridge"}}, "no_place"),
    ("no topic", {"category": None, "text": "hello"}, "not_sorted"),
    ("no help between neighbours", {"kind": "concern", "category": "CN01"}, "not_aid"),
]  # fmt: skip


@pytest.mark.parametrize("name, said, reason", KEPT_OFF, ids=[name for name, *_ in KEPT_OFF])
def test_what_a_person_has_to_look_after_is_taken_but_not_shown(
    client: FlaskClient, neighbour: Make, name: str, said: dict[str, Any], reason: str
) -> None:
    if said.get("category", "") is None:
        body = {"client_id": str(uuid4()), "kind": "aid_request", "place": NANMEN, "aid": {"on_board": True}}
        told = client.post("/api/v1/reports", json=body | {"text": said["text"]}).get_json()
    else:
        told = neighbour(on_board=True, **said).told
    assert (told["aid"]["on_board"], told["aid"]["reason"]) == (False, reason)
    assert told["aid"]["words"]
    assert board(client) == []
    assert told["owner"]["label"]


def test_why_it_is_not_shown_is_said_in_the_readers_language(neighbour: Make) -> None:
    asked = neighbour(category="AID06", on_board=True, language="zh")
    assert "协调员" in asked.told["aid"]["words"]
    assert "coordinator" in asked.look("en")["aid"]["words"]


def changed(app: Flask, statement: str, incident: str) -> None:
    with app.app_context():
        act_as(db.session(), SYSTEM)
        db.session.execute(text(statement), {"id": incident})
        db.session.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE incident SET grade = 3 WHERE id = :id",
        "UPDATE incident SET safe_mode = true WHERE id = :id",
        "UPDATE incident SET duty_open = true WHERE id = :id",
        "UPDATE incident SET disputed = true WHERE id = :id",
        "UPDATE incident SET diverted = true WHERE id = :id",
        "UPDATE incident SET category = 'AID06' WHERE id = :id",
        "UPDATE incident SET compartment = 'incident' WHERE id = :id",
        "UPDATE incident SET state = 'closed', closed_at = now() WHERE id = :id",
        "UPDATE incident SET state = 'stabilised' WHERE id = :id",
        "UPDATE incident SET state = 'not_ours_handed_over' WHERE id = :id",
        "UPDATE incident SET exercise_id = gen_random_uuid() WHERE id = :id",
        "UPDATE report SET withdrawn_at = now() WHERE incident_id = :id",
    ],
)
def test_whatever_changes_about_the_report_takes_it_off_at_that_moment(
    app: Flask, client: FlaskClient, neighbour: Make, statement: str
) -> None:
    asked = neighbour(on_board=True)
    (listing,) = board(client)
    changed(app, statement, asked.told["incident"]["id"])
    assert board(client) == []
    offered = neighbour("aid_offer")
    refused = offered.post("aid/answers", {"listing_id": listing["id"]}, 404)
    assert refused["code"] == "no-such-listing"


@pytest.mark.parametrize("kind, days", [("aid_request", 14), ("aid_offer", 30)])
def test_a_listing_ends_by_itself(
    app: Flask, client: FlaskClient, clock: MovableClock, neighbour: Make, kind: str, days: int
) -> None:
    sent = neighbour(kind, on_board=True)
    clock.advance(days=days, seconds=-1)
    assert len(board(client)) == 1
    clock.advance(seconds=1)
    assert board(client) == []
    assert settled(app, clock) == 1
    assert settled(app, clock) == 0
    told = sent.look()["aid"]
    assert (told["on_board"], told["reason"]) == (False, "expired")


def settled(app: Flask, clock: MovableClock) -> int:
    with app.app_context():
        act_as(db.session(), SYSTEM)
        found = settle(db.session(), now=clock.now())
        db.session.commit()
        return found


def test_a_report_that_is_withdrawn_ends_its_listing(
    app: Flask, client: FlaskClient, clock: MovableClock, neighbour: Make
) -> None:
    asked = neighbour(on_board=True)
    asked.post("withdraw")
    assert board(client) == []
    assert settled(app, clock) == 1
    assert asked.look()["aid"]["reason"] == "over"


def test_a_resident_takes_it_off_and_the_report_goes_on(client: FlaskClient, neighbour: Make) -> None:
    asked = neighbour(on_board=True)
    for _ in range(2):
        assert asked.post("aid/off-board")["aid"]["on_board"] is False
    assert board(client) == []
    assert asked.look()["status"] == "sent"


def test_taking_off_what_never_was_on_the_board_changes_nothing(neighbour: Make) -> None:
    assert neighbour().post("aid/off-board")["aid"] is None


def test_the_board_is_narrowed_by_direction_and_need(client: FlaskClient, neighbour: Make) -> None:
    for kind, category in (("aid_request", "AID01"), ("aid_request", "AID03"), ("aid_offer", "AID01")):
        neighbour(kind, category, on_board=True)
    assert len(board(client)) == 3
    assert {one["need"] for one in board(client, direction="request")} == {"AID01", "AID03"}
    assert [one["direction"] for one in board(client, direction="offer")] == ["offer"]
    assert {one["direction"] for one in board(client, need="AID01")} == {"request", "offer"}
    assert board(client, need="AID02") == []


def test_the_nearest_come_first_in_bands_and_pages_go_on_where_the_last_ended(
    client: FlaskClient, neighbour: Make, clock: MovableClock
) -> None:
    # Metres to the north of the asker; none of these is near the edge of its band.
    for metres in (5000, 0, 2000, 600, 0):
        neighbour(on_board=True, place={"lat": 30.45 + metres / 111_195, "lon": 120.45})
        clock.advance(hours=1)
    whole = board(client)
    assert [one["distance"] for one in whole] == ["under_500m", "under_500m", "under_1km", "under_3km", "further"]
    assert whole[0]["listed_at"] > whole[1]["listed_at"]
    paged, cursor = [], None
    while True:
        asked = {"near": NANMEN, "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.post(SEARCH, json=asked).get_json()
        paged += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert paged == whole


def test_far_away_nothing_is_shown(client: FlaskClient, neighbour: Make) -> None:
    neighbour(on_board=True)
    assert [one["distance"] for one in board(client, near=TAOHUA)] in ([], ["further"])
    assert board(client, near=OUTSIDE) == []


def test_outside_every_area_a_listing_is_kept_as_the_largest_cell(client: FlaskClient, neighbour: Make) -> None:
    neighbour(on_board=True, place=OUTSIDE)
    assert [one["distance"] for one in board(client, near=OUTSIDE)] == ["under_3km"]


def test_one_source_puts_ten_a_day_on_the_board_and_its_further_reports_are_taken_all_the_same(
    client: FlaskClient, neighbour: Make, clock: MovableClock
) -> None:
    def offer(mail: str = "ada@example.org") -> dict[str, Any]:
        contact = {"email": mail, "consent": True}
        found: dict[str, Any] = neighbour("aid_offer", on_board=True, contact=contact).told["aid"]
        return found

    sent = [offer() for _ in range(11)]
    assert [one["on_board"] for one in sent] == [True] * 10 + [False]
    assert sent[10]["reason"] == "too_many"
    assert offer("ben@example.org")["on_board"]
    clock.advance(days=1, seconds=1)
    assert offer()["on_board"]


def test_who_asks_for_the_third_time_in_a_month_is_looked_after_by_a_person(neighbour: Make) -> None:
    told = [neighbour(on_board=True, contact=BY_MAIL).told["aid"] for _ in range(3)]
    assert [one.get("reason") for one in told] == [None, None, "with_a_person"]


def test_a_report_sent_twice_is_listed_once(client: FlaskClient, session: Session, world: Any) -> None:
    body = {"client_id": str(uuid4()), "kind": "aid_request", "category": "AID01", "place": NANMEN}
    body |= {"aid": {"on_board": True}}
    first, second = (client.post("/api/v1/reports", json=body) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.get_json()["aid"] == second.get_json()["aid"]
    act_as(session, SYSTEM)
    assert session.scalar(select(func.count()).select_from(AidListing)) == 1


def test_what_is_put_on_the_board_is_noted_in_the_incidents_journal(session: Session, neighbour: Make) -> None:
    asked = neighbour(on_board=True)
    act_as(session, SYSTEM)
    stream = f"incident:{asked.told['incident']['id']}"
    facts = session.execute(select(Event.type, Event.payload).where(Event.stream == stream)).all()
    (payload,) = [one.payload for one in facts if one.type == "AidListed"]
    assert set(payload) == {"listing_id", "direction", "expires_at"}


BAD: list[dict[str, Any]] = [
    {},
    {"near": {}},
    {"near": {"lat": 91, "lon": 0}},
    {"near": {"lat": "30", "lon": 120}},
    {"near": NANMEN | {"accuracy_m": 5}},
    {"near": NANMEN, "direction": "both"},
    {"near": NANMEN, "need": "food"},
    {"near": NANMEN, "limit": 0},
    {"near": NANMEN, "limit": 201},
    {"near": NANMEN, "cursor": "x"},
    {"near": NANMEN, "cursor": "WzEsMiwzXQ"},
    {"near": NANMEN, "who": "me"},
]


@pytest.mark.parametrize("body", BAD, ids=json.dumps)
def test_a_look_that_cannot_be_read_is_refused(client: FlaskClient, world: Any, body: dict[str, Any]) -> None:
    answer = client.post(SEARCH, json=body)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid")


@pytest.mark.parametrize("place", [{"lat": 90, "lon": 180}, {"lat": -90, "lon": -180}, {"lat": 0, "lon": 0}])
def test_the_ends_of_the_world_are_places_too(client: FlaskClient, world: Any, place: dict[str, float]) -> None:
    assert board(client, near=place) == []


@pytest.mark.parametrize(
    "aid", [{"on_board": "yes"}, {"when": {"days": "soon"}, "where": 1}, {"when": {"days": "now"}}, []]
)
def test_a_report_whose_wish_cannot_be_read_is_refused(client: FlaskClient, world: Any, aid: Any) -> None:
    body = {"client_id": str(uuid4()), "kind": "aid_request", "category": "AID01", "place": NANMEN, "aid": aid}
    assert client.post("/api/v1/reports", json=body).status_code == 422


def test_police_see_neither_listings_nor_matches(client: FlaskClient, neighbour: Make, session: Session) -> None:
    asked = neighbour(on_board=True)
    headers = sign_in(client, "wei")
    assert client.get(f"/api/v1/incidents/{asked.told['incident']['id']}", headers=headers).status_code == 404
    desk = client.get(f"/api/v1/incidents/{asked.told['incident']['id']}", headers=sign_in(client, "li")).get_json()
    assert desk["matches"] == []
    for compartments, seen in (("{incident}", 0), ("{incident,aid}", 1)):
        session.rollback()
        session.execute(
            text(
                "SELECT set_config('linli.scope', 'staff', true), set_config('linli.areas', '{0}', true),"
                " set_config('linli.compartments', :compartments, true)"
            ),
            {"compartments": compartments},
        )
        assert session.scalar(text("SELECT count(*) FROM aid_listing")) == seen


def test_the_wall_stands_also_where_a_report_has_left_the_compartment(
    app: Flask, session: Session, neighbour: Make
) -> None:
    asked = neighbour(on_board=True)
    changed(app, "UPDATE incident SET compartment = 'incident' WHERE id = :id", asked.told["incident"]["id"])
    session.rollback()
    session.execute(
        text(
            "SELECT set_config('linli.scope', 'staff', true), set_config('linli.areas', '{0}', true),"
            " set_config('linli.compartments', '{incident}', true)"
        )
    )
    assert session.scalar(select(func.count()).select_from(Report).where(Report.id == UUID(asked.told["id"]))) == 1
    assert session.scalar(select(func.count()).select_from(AidListing)) == 0
