"""Bodies share by agreement or with a reason, police see one line and no more, and every share or refusal is written down."""

from datetime import timedelta
from typing import Any

import pytest

from backend.sharing.actions import settle
from tests.rights.conftest import House
from tests.support.application import acting_session

OURS, POLICE = "Nanmen Residents' Committee", "Baishi Police"


@pytest.fixture(scope="module", autouse=True)
def supervisors(built: House) -> None:
    """A supervisor in each of the two bodies."""
    from tests.support.people import make_person

    ring = built.app.extensions["linli"].keyring
    with acting_session(built.app) as session:
        for login, body in (("mo", OURS), ("chief", POLICE)):
            built.world.people[login] = make_person(
                session, ring, built.clock.now(), roles=("supervisor",), org=built.world.bodies[body], login=login
            )


def agreed(house: House, **said: Any) -> str:
    """An agreement of ours with police that is in force."""
    body = {
        "from_organisation_id": str(house.world.bodies[OURS]), "to_organisation_id": str(house.world.bodies[POLICE]),
        "purpose": "So that nobody is visited twice", "legal_basis": "Ordinance 12", "fields": ["exists", "state"],
        "valid_to": (house.clock.now() + timedelta(days=5)).isoformat(),
    }  # fmt: skip
    made = house.staff("mo", "POST", "/agreements", body | said)
    assert made.status_code == 201, made.get_json()
    which = str(made.get_json()["id"])
    assert house.staff("mo", "POST", f"/agreements/{which}/accept").get_json()["code"] == "not-the-other-body"
    assert house.staff("chief", "POST", f"/agreements/{which}/accept").get_json()["in_force"] is True
    return which


def share(house: House, sent: dict[str, Any], **said: Any) -> Any:
    body = {
        "to_organisation_id": str(house.world.bodies[POLICE]), "decision": "shared", "fields": ["exists", "state"],
        "basis": "legal_duty", "reason": "A duty to tell",
    }  # fmt: skip
    whole = {name: value for name, value in (body | said).items() if value is not None}
    return house.staff("li", "POST", f"/incidents/{sent['incident']['id']}/shares", whole)


def read(house: House, sent: dict[str, Any], login: str = "wei") -> dict[str, Any] | None:
    items = house.staff(login, "GET", "/shared-with-us").get_json()["items"]
    found = [one["facts"] for one in items if one["incident_id"] == sent["incident"]["id"]]
    return found[0] if found else None


def aid(house: House) -> dict[str, Any]:
    return house.sent(kind="aid_request", category="AID01", text="No food today")


def test_police_see_that_one_line_by_an_agreement_and_nothing_the_moment_it_ends(house: House) -> None:
    sent, which = aid(house), agreed(house)
    assert house.staff("wei", "GET", f"/incidents/{sent['incident']['id']}").status_code == 404
    made = share(house, sent, basis="agreement", agreement_id=which, reason=None)
    assert made.status_code == 201, made.get_json()
    assert read(house, sent) == {"exists": True, "state": sent["incident"]["status"]}
    assert house.staff("wei", "GET", f"/incidents/{sent['incident']['id']}").status_code == 404
    house.staff("chief", "POST", f"/agreements/{which}/end")
    assert read(house, sent) is None


def test_an_agreement_that_runs_out_shows_nothing_and_both_are_told(house: House) -> None:
    sent, which = aid(house), agreed(house)
    share(house, sent, basis="agreement", agreement_id=which, reason=None)
    house.clock.advance(seconds=timedelta(days=5).total_seconds())
    assert read(house, sent) is None
    with acting_session(house.app) as session:
        assert settle(session, now=house.clock.now()) >= 1
        session.commit()
    told = "SELECT count(DISTINCT desk_id) FROM delivery WHERE template = 'agreement_over' AND created_at = :now"
    assert house.rows(told, now=house.clock.now())[0][0] == 2


@pytest.mark.parametrize(
    "said, why",
    [
        ({"fields": ["exists", "place"]}, "behind-the-wall"),
        ({"reason": " "}, "reason-missing"),
        ({"basis": "agreement"}, "no-agreement"),
        ({"until": "2020-01-01T00:00:00Z"}, "no-end"),
    ],
)
def test_what_may_not_be_shared_is_refused_with_the_rule(house: House, said: dict[str, Any], why: str) -> None:
    answer = share(house, aid(house), **said)
    assert (answer.status_code, answer.get_json()["reason"]) == (422, why)


def test_a_refusal_is_recorded_too(house: House) -> None:
    sent = aid(house)
    assert share(house, sent, decision="not_shared", reason="Not needed").status_code == 201
    assert read(house, sent) is None
    (one,) = house.staff("li", "GET", f"/incidents/{sent['incident']['id']}/shares").get_json()["items"]
    assert (one["decision"], one["reason"]) == ("not_shared", "Not needed")
    facts = house.rows("SELECT type FROM event WHERE stream = :s", s=f"incident:{sent['incident']['id']}")
    assert "SharingRefused" in {row.type for row in facts}


def test_the_resident_is_told_what_was_shared_with_whom_and_who_read_it(house: House) -> None:
    sent = aid(house)
    share(house, sent)
    read(house, sent)
    (told,) = house.mine(sent, "/rights").get_json()["shared"]
    assert (told["with"], told["fields"], told["words"]) == (
        POLICE,
        ["exists", "state"],
        "A law says that it must be told.",
    )
    assert [one["who"] for one in house.mine(sent).get_json()["looked"]] == ["shared"]


def test_telling_is_put_off_where_it_would_endanger_somebody_and_not_for_ever(house: House) -> None:
    sent = aid(house)
    share(house, sent, tell_at=(house.clock.now() + timedelta(days=3)).isoformat())
    assert house.mine(sent, "/rights").get_json()["shared"] == []
    house.clock.advance(seconds=timedelta(days=3).total_seconds())
    with acting_session(house.app) as session:
        settle(session, now=house.clock.now())
        session.commit()
    assert len(house.mine(sent, "/rights").get_json()["shared"]) == 1


def test_a_share_on_a_vital_interest_is_reviewed_by_another_person_within_a_day(house: House) -> None:
    sent = aid(house)
    made = share(house, sent, basis="vital_interest", reason="She may be alone with him").get_json()
    assert made["review_due_at"] == (house.clock.now() + timedelta(days=1)).isoformat()
    house.clock.advance(seconds=timedelta(days=1).total_seconds())
    with acting_session(house.app) as session:
        settle(session, now=house.clock.now())
        session.commit()
    late = "SELECT count(*) FROM delivery WHERE incident_id = :id AND template = 'share_unreviewed'"
    assert house.rows(late, id=sent["incident"]["id"])[0][0] >= 1
    assert house.staff("mo", "POST", f"/shares/{made['id']}/review").get_json()["reviewed_at"]
    assert house.staff("mo", "POST", f"/shares/{made['id']}/review").status_code == 409


def test_only_the_body_that_answers_for_it_shares_and_it_stops_at_once(house: House) -> None:
    sent = house.sent()
    made = share(house, sent).get_json()
    assert read(house, sent) is not None
    assert house.staff("chief", "POST", f"/shares/{made['id']}/end").get_json()["code"] == "no-part-in-it"
    assert house.staff("li", "POST", f"/shares/{made['id']}/end").get_json()["ended_at"]
    assert read(house, sent) is None


def test_a_body_sees_the_agreements_to_which_it_is_a_party_alone(house: House) -> None:
    which = agreed(house)
    for login, sees in (("wei", True), ("li", True), ("gao", False)):
        items = house.staff(login, "GET", "/agreements").get_json()["items"]
        assert (login, which in [one["id"] for one in items]) == (login, sees)
    assert house.staff("duty", "POST", f"/agreements/{which}/end").status_code == 404


def test_police_read_neither_grievances_nor_what_staff_noted(house: House) -> None:
    grievance, concern = house.sent(category="CN15"), house.sent()
    for sent in (grievance, concern):
        path = f"/incidents/{sent['incident']['id']}/note"
        assert house.staff("li", "POST", path, {"text": "Zinnober: she is afraid of him"}).status_code == 200
    assert house.staff("wei", "GET", f"/incidents/{grievance['incident']['id']}").status_code == 404
    seen = house.staff("wei", "GET", f"/incidents/{concern['incident']['id']}")
    assert (seen.status_code, "Zinnober: she" in seen.get_data(as_text=True)) == (200, False)
    assert "Zinnober: she" in house.staff("he", "GET", f"/incidents/{concern['incident']['id']}").get_data(as_text=True)
