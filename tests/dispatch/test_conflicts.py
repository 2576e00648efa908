"""A conflict of interest bars before any offer: nobody who has one is asked, answers for it, or closes it (C04)."""

from typing import Any

import pytest

from backend.kernel.journal import broken_chains
from tests.rights.conftest import House, built, house
from tests.support.application import acting_session

__all__ = ["built", "house"]
OURS, WORKS = "Nanmen Residents' Committee", "Baishi Public Works"


def declare(house: House, sent: dict[str, Any], login: str = "duty", **who: str) -> Any:
    path = f"/incidents/{sent['incident']['id']}/conflict-of-interest"
    return house.staff(login, "POST", path, {"kind": "complained_about", **who})


def owner(house: House, sent: dict[str, Any]) -> str:
    (row,) = house.rows("SELECT owner_org_id FROM incident WHERE id = :id", id=sent["incident"]["id"])
    return next(name for name, org in house.world.bodies.items() if org == row[0])


def test_a_body_that_is_asked_is_asked_no_more_and_never_again(house: House) -> None:
    sent = house.sent()
    offers = "SELECT state FROM offer WHERE incident_id = :id AND org_id = :org"
    which = {"id": sent["incident"]["id"], "org": house.world.bodies[WORKS]}
    assert [row.state for row in house.rows(offers, **which)] == ["proposed"]
    assert declare(house, sent, organisation_id=str(which["org"])).status_code == 200
    assert [row.state for row in house.rows(offers, **which)] == ["lapsed"]
    again = {"organisation_id": str(which["org"]), "route": "O:muni"}
    assert house.staff("li", "POST", f"/incidents/{sent['incident']['id']}/offer", again).status_code == 422
    hand = {"organisation_id": str(which["org"]), "situation": "Take it"}
    answer = house.staff("li", "POST", f"/incidents/{sent['incident']['id']}/hand-over", hand)
    assert (answer.status_code, answer.get_json()["reason"]) == (409, "conflict-of-interest")
    assert house.staff("gao", "POST", f"/incidents/{sent['incident']['id']}/accept", {}).status_code >= 400


def test_the_body_that_answers_is_replaced_at_once_and_closes_nothing(house: House) -> None:
    sent = house.sent(category="CN15")
    assert owner(house, sent) == OURS
    assert declare(house, sent, organisation_id=str(house.world.bodies[OURS])).status_code == 200
    assert owner(house, sent) == "Liuyuan Duty Office"
    answer = house.staff("li", "POST", f"/incidents/{sent['incident']['id']}/check-goals", {"goals": []})
    assert answer.status_code == 409, answer.get_json()
    assert answer.get_json()["reason"] == "conflict-of-interest"
    with acting_session(house.app) as session:
        assert list(broken_chains(session)) == []


def test_a_person_may_declare_their_own_and_no_longer_owns_it(house: House) -> None:
    sent = house.sent()
    li = str(house.world.people["li"])
    assert declare(house, sent, "li", person_id=li).status_code == 200
    (row,) = house.rows("SELECT owner_person_id FROM incident WHERE id = :id", id=sent["incident"]["id"])
    assert str(row[0]) != li


@pytest.mark.parametrize("who", [{}, {"organisation_id": "5f0e7c1a-3f8e-4a4e-9a64-0d7f0a3a8f11"}])
def test_nobody_named_and_nobody_known_is_refused(house: House, who: dict[str, str]) -> None:
    assert declare(house, house.sent(), **who).status_code == 422


def test_saying_it_twice_changes_nothing(house: House) -> None:
    sent, who = house.sent(), {"organisation_id": str(house.world.bodies[WORKS])}
    declare(house, sent, **who)
    declare(house, sent, **who)
    count = "SELECT count(*) FROM conflict_of_interest WHERE incident_id = :id"
    assert house.rows(count, id=sent["incident"]["id"])[0][0] == 1
