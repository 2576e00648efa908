"""A resident with a receipt alone sees, corrects, objects and erases; a person answers in time; another the appeal."""

import pytest
from sqlalchemy import text

from backend.rights.requests import call_again
from backend.rights.rules import ANSWER_WITHIN, REMIND_AFTER
from tests.rights.conftest import SAID, House
from tests.support.application import acting_session


def ask(house: House, sent: dict, kind: str, **said: object) -> dict:  # type: ignore[type-arg]
    answer = house.mine(sent, "/rights", {"kind": kind, **said})
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()["requests"][0]  # type: ignore[no-any-return]


def waiting(house: House, login: str) -> list[str]:
    return [one["id"] for one in house.staff(login, "GET", "/rights-requests?limit=200").get_json()["items"]]


def test_the_copy_holds_all_that_was_given_and_nothing_of_others(house: House) -> None:
    photo = house.photo()
    sent = house.sent(photo_ids=[photo])
    house.staff("li", "POST", f"/incidents/{sent['incident']['id']}/note", {"text": "She sounded afraid"})
    copy = house.mine(sent, "/copy").get_json()
    assert (copy["report"]["text"], copy["report"]["landmark"]) == (SAID, "by the blue gate")
    assert copy["report"]["contact"]["email"] == "mei@example.org"
    assert [one["id"] for one in copy["photos"]] == [photo]
    assert copy["photos"][0]["base64"].startswith("/9j/")
    assert copy["decisions"][0]["trace"]
    assert {"looked", "deliveries", "thread", "rights"} <= copy.keys()
    assert "She sounded afraid" not in str(copy)


def test_what_is_kept_says_how_long_and_until_when(house: House) -> None:
    sent = house.sent()
    kept = {one["code"]: one for one in house.mine(sent, "/rights").get_json()["kept"]}
    assert (kept["words"]["days"], kept["words"]["until"], kept["words"]["gone"]) == (365, None, False)
    house.over(sent)
    answer = house.mine(sent, "/rights", headers={"Accept-Language": "zh"}).get_json()
    assert answer["kept"][0]["until"] is not None
    assert answer["kept"][0]["words"] == "您的联系方式"


def test_a_report_that_is_over_is_erased_at_once(house: House) -> None:
    photo = house.photo()
    sent = house.sent(photo_ids=[photo])
    assert house.mine(sent, "/messages", {"text": "Zinnober again"}).status_code == 200
    house.over(sent)
    (message,) = house.rows("SELECT id FROM thread_message WHERE report_id = :id AND body IS NOT NULL", id=sent["id"])
    ids = [sent["id"], photo, str(message[0])]
    assert house.keys(*ids) == 3
    answer = house.mine(sent, "/rights", {"kind": "erase"}).get_json()
    assert answer["erased_at"]
    assert {one["code"] for one in answer["kept"] if not one["gone"]} == {"staff_words"}
    assert house.keys(*ids) == 0
    (row,) = house.rows("SELECT * FROM report WHERE id = :id", id=sent["id"])
    gone = ("text", "landmark", "contact", "safe_contact", "push", "lat", "lon", "source", "chat_hash")
    assert {name for name in gone if getattr(row, name) is not None} == set()
    (incident,) = house.rows("SELECT * FROM incident WHERE id = :id", id=sent["incident"]["id"])
    assert (incident.lat, incident.words, bool(incident.area_ids)) == (None, [], True)


def test_an_erased_report_still_opens_by_its_receipt_and_takes_nothing_more(house: House) -> None:
    sent = house.sent()
    house.over(sent)
    house.mine(sent, "/rights", {"kind": "erase"})
    shown = house.mine(sent).get_json()
    assert (shown["erased_at"] is not None, shown["allowed"], shown["text"]) == (True, [], None)
    for path, body in (("/messages", {"text": "hello"}), ("/feedback", {"solved": True, "text": "x"}), ("/reopen", {})):
        answer = house.mine(sent, path, body)
        assert (path, answer.status_code, answer.get_json()["code"]) in {
            (path, 410, "report-erased"), (path, 422, "invalid")
        }  # fmt: skip
    assert house.mine(sent, "/copy").get_json()["report"]["contact"] is None


@pytest.mark.parametrize(
    "said, over, bar",
    [({}, False, "not_over"), ({"kind": "distress", "category": "DS01"}, True, "protected")],
)
def test_where_something_bars_it_a_person_looks_first(house: House, said: dict, over: bool, bar: str) -> None:  # type: ignore[type-arg]
    sent = house.sent(**said)
    if over:
        house.over(sent)
    erasing = house.mine(sent, "/rights").get_json()["erasing"]
    assert (erasing["at_once"], bar in [one["code"] for one in erasing["because"]]) == (False, True)
    first, second = (ask(house, sent, "erase") for _ in range(2))
    assert (first["id"], first["state"]) == (second["id"], "open")
    assert house.keys(sent["id"]) == 1


def test_a_coordinator_grants_and_it_is_done(house: House) -> None:
    sent = house.sent()
    request = ask(house, sent, "erase", words="I am moving away")
    detail = house.staff("li", "GET", f"/rights-requests/{request['id']}").get_json()
    assert (detail["asked"], detail["allowed"]) == ("I am moving away", ["grant", "partly", "refuse"])
    path = f"/rights-requests/{request['id']}/answer"
    assert house.staff("li", "POST", path, {"decision": "grant"}, **{"If-Match": '"old"'}).status_code == 412
    done = house.staff("li", "POST", path, {"decision": "grant", "words": "Done."}, **{"If-Match": detail["etag"]})
    assert (done.status_code, done.get_json()["state"]) == (200, "granted")
    assert house.keys(sent["id"]) == 0
    mine = house.mine(sent, "/rights").get_json()["requests"][0]
    assert (mine["answer"], mine["state_words"], mine["allowed"]) == ("Done.", "Done as you asked.", [])
    assert house.staff("li", "POST", path, {"decision": "grant"}).status_code == 409


def test_a_refusal_needs_its_reason_and_an_appeal_another_person(house: House) -> None:
    sent = house.sent()
    request = ask(house, sent, "object", words="Not the police")
    path = f"/rights-requests/{request['id']}/answer"
    assert house.staff("li", "POST", path, {"decision": "refuse"}).get_json()["code"] == "reason-needed"
    no = {"decision": "refuse", "reason": "others_safety", "words": "A child lives there."}
    assert house.staff("li", "POST", path, no).status_code == 200
    mine = house.mine(sent, "/rights").get_json()["requests"][0]
    assert (mine["reason_words"], mine["allowed"]) == ("It would put somebody else at risk.", ["appeal"])
    appeal = house.mine(sent, f"/rights/{request['id']}/appeal", {"words": "Look again"})
    assert appeal.get_json()["requests"][0]["state"] == "appealed"
    assert house.staff("li", "POST", path, no).get_json()["code"] == "another-person"
    assert house.staff("zhou", "POST", path, no).get_json()["state"] == "refusal_upheld"
    assert house.mine(sent, f"/rights/{request['id']}/appeal", {}).status_code == 409


def test_a_correction_replaces_the_words_and_whoever_works_on_it_is_told(house: House) -> None:
    sent = house.sent()
    request = ask(house, sent, "correct", text="It was the red gate", words="I mixed them up")
    path = f"/rights-requests/{request['id']}/answer"
    assert house.staff("li", "POST", path, {"decision": "grant"}).status_code == 200
    assert house.mine(sent).get_json()["text"] == "It was the red gate"
    told = house.rows(
        "SELECT count(*) FROM delivery WHERE incident_id = :id AND template = 'report_corrected'",
        id=sent["incident"]["id"],
    )
    assert told[0][0] > 0
    assert house.mine(sent, "/rights", {"kind": "correct"}).get_json()["code"] == "nothing-to-correct"


def test_a_request_of_another_report_is_not_found(house: House) -> None:
    mine, other = house.sent(), house.sent()
    request = ask(house, mine, "see")
    assert house.mine(other, f"/rights/{request['id']}/take-back", {}).status_code == 404
    assert house.mine(mine, f"/rights/{request['id']}/take-back", {}).get_json()["requests"][0]["state"] == "taken_back"


def test_whoever_does_not_see_the_incident_does_not_see_the_request(house: House) -> None:
    sent = house.sent(kind="aid_request", category="AID01", text="No food today")
    request = ask(house, sent, "see")
    assert request["id"] in waiting(house, "li")
    assert house.staff("wei", "GET", "/rights-requests").status_code == 403
    assert house.staff("he", "GET", f"/rights-requests/{request['id']}").status_code == 403


def test_what_is_late_is_called_and_goes_to_where_the_buck_stops(house: House) -> None:
    sent = house.sent()
    request = ask(house, sent, "object", words="No")

    def desk() -> tuple[str, list[str]]:
        with acting_session(house.app) as session:
            call_again(session, now=house.clock.now())
            session.commit()
        (row,) = house.rows("SELECT desk_id FROM rights_request WHERE id = :id", id=request["id"])
        told = house.rows(
            "SELECT DISTINCT template FROM delivery WHERE incident_id = :id AND template LIKE 'rights_%'",
            id=sent["incident"]["id"],
        )
        return str(row[0]), sorted(one[0] for one in told)

    first = str(house.world.desks["Nanmen Residents' Committee"])
    assert desk() == (first, ["rights_asked"])
    house.clock.advance(seconds=REMIND_AFTER.total_seconds())
    assert desk() == (first, ["rights_asked", "rights_reminder"])
    house.clock.advance(seconds=(ANSWER_WITHIN - REMIND_AFTER).total_seconds())
    last = str(house.world.desks["Liuyuan Duty Office"])
    assert desk() == (last, ["rights_asked", "rights_late", "rights_reminder"])
    assert house.rows(
        "SELECT next_at > :now FROM rights_request WHERE id = :id", id=request["id"], now=house.clock.now()
    )[0][0]


def test_reading_a_request_is_recorded_and_the_resident_is_told(house: House) -> None:
    sent = house.sent()
    request = ask(house, sent, "see")
    house.staff("li", "GET", f"/rights-requests/{request['id']}?purpose=rights_request")
    assert [one["why"] for one in house.mine(sent).get_json()["looked"]] == ["rights_request"]


def test_a_hold_stops_everything(house: House) -> None:
    sent = house.sent()
    house.over(sent)
    path = f"/incidents/{sent['incident']['id']}/legal-hold"
    assert house.staff("li", "PUT", path, {"reason": "court"}).status_code == 200
    assert house.staff("li", "PUT", path, {"reason": "court"}).status_code == 409
    request = ask(house, sent, "erase")
    answer = house.staff("li", "POST", f"/rights-requests/{request['id']}/answer", {"decision": "grant"})
    assert (answer.status_code, answer.get_json()["code"], house.keys(sent["id"])) == (409, "legal-hold", 1)
    assert house.staff("li", "DELETE", path).status_code == 200
    answer = house.staff("li", "POST", f"/rights-requests/{request['id']}/answer", {"decision": "grant"})
    assert (answer.status_code, house.keys(sent["id"])) == (200, 0)


def test_no_words_of_a_request_are_in_the_open(house: House) -> None:
    sent = house.sent()
    ask(house, sent, "object", words="Zinnober in my request")
    with acting_session(house.app) as session:
        dumped = session.execute(text("SELECT row_to_json(q)::text FROM rights_request q")).scalars().all()
        events = session.execute(text("SELECT payload::text FROM event")).scalars().all()
    assert [one for one in (*dumped, *events) if "Zinnober" in one or b"Zinnober".hex() in one] == []
