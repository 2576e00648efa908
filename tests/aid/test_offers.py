"""Bodies and enterprises offer resources from their accounts: typed, with an amount, conditions and an end (C29)."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from backend.aid.offering import OFFERS_A_DAY_MOST
from backend.kernel.clock import MovableClock
from tests.aid.conftest import board
from tests.conftest import NOW
from tests.support.baishi import NANMEN, Baishi
from tests.support.people import sign_in

OFFERS = "/api/v1/aid/offers"
WORKS = "Baishi Public Works"
PUMPS: dict[str, Any] = {
    "resource": "pump", "amount": 6, "unit": "piece", "conditions": ["return_it"], "place": NANMEN,
    "until": (NOW + timedelta(days=80)).isoformat(),
}  # fmt: skip


def offer(client: FlaskClient, login: str = "gao", status: int = 201, **more: Any) -> dict[str, Any]:
    body = {"client_id": str(uuid4())} | PUMPS | more
    answer = client.post(OFFERS, json=body, headers=sign_in(client, login))
    assert answer.status_code == status, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


def own(client: FlaskClient, login: str = "gao", query: str = "") -> dict[str, Any]:
    found: dict[str, Any] = client.get(OFFERS + query, headers=sign_in(client, login)).get_json()
    return found


def test_a_body_offers_six_pumps_that_have_to_come_back(client: FlaskClient, world: Baishi) -> None:
    told = offer(client, organisation_id=str(world.bodies[WORKS]), on_board=True)
    assert told["aid"]["on_board"]
    assert told["owner"]["label"]
    (seen,) = own(client)["items"]
    assert seen["says"] == {"amount": 6.0, "unit": "piece", "conditions": ["return_it"], "resource": "pump"}
    assert (seen["need"], seen["organisation_id"]) == ("AID09", str(world.bodies[WORKS]))
    assert seen["until"] == PUMPS["until"]
    (shown,) = board(client)
    assert shown["says"] == seen["says"]
    assert str(world.bodies[WORKS]) not in str(shown)


def test_a_body_may_offer_more_than_a_household(client: FlaskClient, world: Baishi) -> None:
    told = offer(client, organisation_id=str(world.bodies[WORKS]), resource="blanket", amount=5000, on_board=True)
    assert told["aid"]["on_board"]
    soon = (NOW + timedelta(days=30)).isoformat()
    assert offer(client, resource="blanket", amount=5000, on_board=True, until=soon)["aid"]["reason"] == "large"


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"until": (NOW - timedelta(seconds=1)).isoformat()}, 409, "past"),
    ({"until": (NOW + timedelta(days=400)).isoformat()}, 409, "too_far_ahead"),
    ({"until": (NOW + timedelta(days=100)).isoformat()}, 409, "too_far_ahead"),
    ({"organisation_id": str(uuid4())}, 409, "not_yours"),
    ({"amount": 0}, 422, ""),
    ({"amount": 10**9}, 422, ""),
    ({"resource": "cash"}, 422, ""),
    ({"place": {"lat": 1}}, 422, ""),
    ({"until": "soon"}, 422, ""),
]


@pytest.mark.parametrize("more, status, reason", REFUSED)
def test_what_cannot_be_offered_is_refused_with_its_reason(
    client: FlaskClient, world: Baishi, more: dict[str, Any], status: int, reason: str
) -> None:
    told = offer(client, status=status, **more)
    assert told.get("reason", "") == reason
    assert told.get("detail") or told["errors"]
    assert own(client)["items"] == []


def test_who_has_no_part_in_it_offers_nothing(client: FlaskClient, world: Baishi) -> None:
    assert client.post(OFFERS, json={"client_id": str(uuid4())} | PUMPS).status_code == 401
    assert offer(client, "wei", 403)["code"] == "not-allowed"


def test_the_same_offer_sent_twice_is_one(client: FlaskClient, world: Baishi) -> None:
    first = offer(client, client_id=str(UUID(int=7)))
    again = offer(client, client_id=str(UUID(int=7)), status=200)
    assert first["id"] == again["id"]
    assert len(own(client)["items"]) == 1


def test_only_those_of_the_body_end_it_and_what_was_ended_stays_so(
    client: FlaskClient, clock: MovableClock, world: Baishi
) -> None:
    offer(client, organisation_id=str(world.bodies[WORKS]), on_board=True)
    (seen,) = own(client)["items"]
    path = f"{OFFERS}/{seen['id']}/end"
    assert client.post(path, headers=sign_in(client, "he")).status_code == 404
    ended = client.post(path, headers=sign_in(client, "gao")).get_json()
    assert (ended["on_board"], ended["ended_why"]) == (False, "not_needed")
    clock.advance(seconds=5)
    assert client.post(path, headers=sign_in(client, "gao")).get_json() == ended
    assert board(client) == []


def test_own_offers_come_in_pages(client: FlaskClient, clock: MovableClock, world: Baishi) -> None:
    for amount in (1, 2, 3):
        clock.advance(seconds=1)
        offer(client, amount=amount)
    first = own(client, query="?limit=2")
    rest = own(client, query=f"?limit=2&cursor={first['next_cursor']}")
    assert [one["says"]["amount"] for one in first["items"] + rest["items"]] == [3, 2, 1]
    assert rest["next_cursor"] is None


def test_an_account_offers_so_much_a_day_and_no_more(
    client: FlaskClient, clock: MovableClock, world: Baishi, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert OFFERS_A_DAY_MOST == 100
    monkeypatch.setattr("backend.aid.offering.OFFERS_A_DAY_MOST", 2)
    same = str(uuid4())
    offer(client, client_id=same)
    offer(client)
    assert offer(client, status=409)["reason"] == "too_many"
    assert offer(client, client_id=same, status=200)["id"]
    clock.advance(days=1, seconds=1)
    offer(client)
