"""Two neighbours find each other: answer, yes from both, words, done; and everything that is refused or stopped on the way."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from backend.aid.actions import FACTS, TEMPLATES
from backend.aid.models import AidMessage
from backend.aid.states import Act
from backend.dispatch.models import Delivery
from backend.incidents.models import Goal, Incident
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.journal import Event
from backend.kernel.languages import texts
from tests.aid.conftest import Make, Neighbour, board
from tests.aid.test_board import settled
from tests.support.baishi import Baishi
from tests.support.people import sign_in

SECRET = "Zinnober Laterne 47"
OTHER = {
    "id", "side", "state", "state_words", "need", "when", "answered_by_me", "at", "accepted_by_me",
    "accepted_by_other", "done_by_me", "done_by_other", "allowed", "language", "messages", "proposed", "theirs", "place",
    "contact", "waits_for_second", "shares_by_me", "shares_by_other", "asks_how", "advice",
}  # fmt: skip


@pytest.fixture
def two(client: FlaskClient, neighbour: Make) -> tuple[Neighbour, Neighbour]:
    """Ada asks on the board; Ben, who offers the same, answers."""
    ada = neighbour(on_board=True, language="en")
    (listing,) = board(client)
    ben = neighbour("aid_offer", language="zh")
    ben.post("aid/answers", {"listing_id": listing["id"], "text": SECRET})
    return ada, ben


@pytest.fixture
def both(two: tuple[Neighbour, Neighbour]) -> tuple[Neighbour, Neighbour]:
    """Both have said yes."""
    two[0].say("accept")
    return two


def states(*who: Neighbour) -> list[str]:
    return [one.match()["state"] for one in who]


def facts(session: Session, incident: str) -> list[str]:
    session.rollback()
    act_as(session, SYSTEM)
    rows = session.scalars(select(Event.type).where(Event.stream == f"incident:{incident}").order_by(Event.stream_seq))
    return [one for one in rows if one.startswith("Aid")]


def told(session: Session, one: Neighbour) -> list[str]:
    """The templates in somebody's thread about neighbours."""
    session.rollback()
    act_as(session, SYSTEM)
    rows = session.execute(
        text("SELECT template FROM thread_message WHERE report_id = :id AND template LIKE 'reporter_aid%' ORDER BY at"),
        {"id": one.told["id"]},
    )
    return [row.template for row in rows]


def test_an_answer_is_seen_by_the_other_side_without_a_word_or_a_name(two: tuple[Neighbour, Neighbour]) -> None:
    ada, ben = two
    seen = ada.match()
    assert set(seen) == OTHER
    assert (seen["state"], seen["answered_by_me"], seen["accepted_by_other"]) == ("accepted_by_one", False, True)
    assert (seen["side"], seen["need"], seen["when"], seen["language"]) == ("request", "AID01", {"days": "soon"}, "zh")
    assert seen["messages"] == []
    assert set(seen["allowed"]) == {"accept", "decline", "worry"}
    assert SECRET not in str(ada.look())
    mine = ben.match()
    assert [one["words"] for one in mine["messages"]] == [SECRET]
    assert (mine["side"], mine["answered_by_me"], mine["language"]) == ("offer", True, "en")
    assert set(mine["allowed"]) == {"cancel", "worry"}
    hidden = [ben.told["id"], ben.told["receipt"], ben.told["incident"]["id"]]
    assert [one for one in hidden if one in str(ada.look())] == []


def test_both_say_yes_write_to_each_other_and_both_say_that_it_is_done(
    session: Session, both: tuple[Neighbour, Neighbour]
) -> None:
    ada, ben = both
    assert states(ada, ben) == ["accepted", "accepted"]
    assert [one["words"] for one in ada.match()["messages"]] == [SECRET]
    ada.say("messages", {"text": " At six? "})
    ben.say("messages", {"text": "Yes, at your door"})
    assert states(ada, ben) == ["in_progress", "in_progress"]
    assert [(one["from"], one["words"]) for one in ada.match()["messages"]] == [
        ("other", SECRET), ("me", "At six?"), ("other", "Yes, at your door"),
    ]  # fmt: skip
    ben.say("done")
    assert states(ada) == ["in_progress"]
    assert (ada.match()["done_by_other"], ada.match()["done_by_me"]) == (True, False)
    ada.say("done")
    assert states(ada, ben) == ["done", "done"]
    wanted = ["AidMatchAccepted", "AidMatchBegan", "AidHelpConfirmed", "AidMatchDone"]
    assert facts(session, ada.told["incident"]["id"]) == ["AidListed", "AidAnswered", *wanted, "AidListingEnded"]
    assert facts(session, ben.told["incident"]["id"]) == ["AidAnswered", *wanted]
    assert told(session, ada) == ["reporter_aid_answered", "reporter_aid_done"]
    assert told(session, ben) == ["reporter_aid_accepted", "reporter_aid_done"]


def test_done_by_both_proposes_to_the_desk_and_a_person_closes(
    client: FlaskClient, session: Session, world: Baishi, both: tuple[Neighbour, Neighbour]
) -> None:
    ada, ben = both
    ada.say("done")
    assert desk_notices(session, "aid_done") == set()
    ben.say("done")
    assert desk_notices(session, "aid_done") == {ada.told["incident"]["id"], ben.told["incident"]["id"]}
    incident = session.get_one(Incident, UUID(ada.told["incident"]["id"]))
    goals = session.scalars(select(Goal.state).where(Goal.incident_id == incident.id)).all()
    assert (incident.closed_at, set(goals)) == (None, {"open"})
    seen = client.get(f"/api/v1/incidents/{incident.id}", headers=sign_in(client, "li")).get_json()
    assert [(one["state"], one["answered_by"]) for one in seen["matches"]] == [("done", "offer")]
    sides = {"request": ada.told["incident"]["id"], "offer": ben.told["incident"]["id"]}
    assert seen["matches"][0]["incidents"] == sides


def desk_notices(session: Session, template: str) -> set[str]:
    """The incidents about which desks were told so."""
    session.rollback()
    act_as(session, SYSTEM)
    query = select(Delivery.incident_id).where(Delivery.template == template, Delivery.report_id.is_(None))
    return {str(one) for one in session.scalars(query)}


def owners(session: Session, *who: Neighbour) -> list[Any]:
    session.rollback()
    act_as(session, SYSTEM)
    rows = session.execute(
        text("SELECT incident_id, count(*) FROM ownership WHERE incident_id = ANY(:ids) GROUP BY incident_id"),
        {"ids": [UUID(one.told["incident"]["id"]) for one in who]},
    )
    return sorted(tuple(row) for row in rows)


def test_nothing_that_neighbours_do_moves_who_answers(session: Session, two: tuple[Neighbour, Neighbour]) -> None:
    ada, ben = two
    before = owners(session, ada, ben)
    for who, said in ((ada, "accept"), (ada, "done"), (ben, "done"), (ada, "worry")):
        who.say(said)
    assert owners(session, ada, ben) == before
    assert [count for _, count in before] == [1, 1]


def test_a_request_that_is_being_met_leaves_the_board_and_comes_back_when_it_fails(
    client: FlaskClient, both: tuple[Neighbour, Neighbour]
) -> None:
    ada, _ = both
    assert board(client) == []
    ada.say("failed")
    assert len(board(client)) == 1


def test_an_offer_stays_on_the_board_for_others(client: FlaskClient, neighbour: Make) -> None:
    ben = neighbour("aid_offer", on_board=True)
    ada = neighbour()
    ada.post("aid/answers", {"listing_id": board(client)[0]["id"]})
    ben.say("accept")
    assert [one["direction"] for one in board(client)] == ["offer"]
    assert ada.match()["side"] == "request"


@pytest.mark.parametrize("who, said", [(0, "decline"), (1, "cancel")])
def test_each_may_say_no_without_a_reason(
    session: Session, client: FlaskClient, two: tuple[Neighbour, Neighbour], who: int, said: str
) -> None:
    two[who].say(said)
    assert states(*two) == ["cancelled", "cancelled"]
    assert told(session, two[1 - who])[-1] == "reporter_aid_over"
    assert len(board(client)) == 1
    refused = two[1].post("aid/answers", {"listing_id": board(client)[0]["id"]}, 409)
    assert refused["reason"] == "answered"


def test_before_both_have_said_yes_nobody_writes(two: tuple[Neighbour, Neighbour]) -> None:
    for one in two:
        refused = one.say("messages", {"text": "hello"}, 409)
        assert (refused["code"], refused["reason"]) == ("match-refused", "not-both")
        assert "messages" not in refused["allowed"]


@pytest.mark.parametrize("said", ["failed", "cancel"])
def test_after_the_end_nobody_writes_and_a_worry_is_still_heard(both: tuple[Neighbour, Neighbour], said: str) -> None:
    ada, ben = both
    ada.say(said)
    assert ben.say("messages", {"text": "hello?"}, 409)["reason"] == "over"
    ben.say("worry")
    assert states(ada, ben) == ["frozen", "frozen"]


def test_a_worry_freezes_the_match_and_reaches_the_desks_and_nobody_else(
    client: FlaskClient, session: Session, world: Baishi, both: tuple[Neighbour, Neighbour]
) -> None:
    ada, ben = both
    ada.say("worry", {"text": "He asked for my bank card"})
    assert states(ada, ben) == ["frozen", "frozen"]
    for one, said in [(ada, "done"), (ben, "cancel"), (ben, "accept"), (ben, "worry"), (ada, "failed")]:
        assert one.say(said, status=409)["reason"] in {"not-in-this-state", "accepted-already"}
    assert ben.say("messages", {"text": "why?"}, 409)["reason"] == "over"
    assert told(session, ben)[-1] == "reporter_aid_paused"
    assert "bank card" not in str(ben.look())
    assert desk_notices(session, "aid_worry") == {ada.told["incident"]["id"], ben.told["incident"]["id"]}
    people = set(session.scalars(select(Delivery.person_id).where(Delivery.template == "aid_worry")))
    assert world.people["li"] in people
    assert world.people["wei"] not in people
    seen = client.get(f"/api/v1/incidents/{ada.told['incident']['id']}", headers=sign_in(client, "li"))
    assert "bank card" in seen.get_data(as_text=True)
    assert SECRET not in seen.get_data(as_text=True)
    assert seen.get_json()["matches"][0]["worried"] == "request"


def decide(client: FlaskClient, who: Neighbour, login: str, status: int = 200, **body: str) -> dict[str, Any]:
    path = f"/api/v1/incidents/{who.told['incident']['id']}/matches/{who.match()['id']}/decision"
    answer = client.post(path, json={"reason": "I spoke with both"} | body, headers=sign_in(client, login))
    assert answer.status_code == status, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


@pytest.mark.parametrize(
    "decision, state, told_of", [("resume", "in_progress", "resumed"), ("end", "cancelled", "over")]
)
def test_a_coordinator_lets_a_stopped_match_go_on_or_ends_it(
    client: FlaskClient, session: Session, both: tuple[Neighbour, Neighbour], decision: str, state: str, told_of: str
) -> None:
    ada, ben = both
    ada.say("worry", {"text": "He asked for my bank card"})
    assert decide(client, ada, "li", decision=decision)["state"] == state
    assert states(ada, ben) == [state, state]
    assert [told(session, one)[-1] for one in both] == [f"reporter_aid_{told_of}"] * 2
    assert "messages" in ben.match()["allowed"] or decision == "end"
    for who in both:
        seen = client.get(f"/api/v1/incidents/{who.told['incident']['id']}", headers=sign_in(client, "li")).get_json()
        assert seen["timeline"][-1]["type"] in {
            "AidMatchResumed",
            "AidMatchEnded",
            "NoteWritten",
            "IncidentAcknowledged",
        }
        assert ("I spoke with both" in str(seen["notes"])) is (who is ada)
    assert decide(client, ada, "li", 409, decision=decision)["reason"] == "not-in-this-state"


def test_what_was_over_before_the_worry_is_ended_and_not_begun_anew(
    client: FlaskClient, both: tuple[Neighbour, Neighbour]
) -> None:
    ada, ben = both
    ada.say("failed")
    ben.say("worry")
    refused = decide(client, ada, "li", 409, decision="resume")
    assert (refused["reason"], refused["allowed"]) == ("over", ["end"])
    assert decide(client, ada, "li", decision="end")["state"] == "cancelled"


def test_who_may_not_decide_is_refused_and_so_is_a_decision_without_a_reason(
    client: FlaskClient, both: tuple[Neighbour, Neighbour]
) -> None:
    ada, ben = both
    ada.say("worry")
    assert decide(client, ada, "wei", 403, decision="end")["code"] == "not-allowed"
    assert decide(client, ada, "li", 422, decision="end", reason="")["code"] == "invalid"
    assert states(ada, ben) == ["frozen", "frozen"]


def test_a_desk_elsewhere_learns_nothing_of_the_other_side(client: FlaskClient, neighbour: Make) -> None:
    ben = neighbour("aid_offer", on_board=True)
    ada = neighbour(place={"landmark": "outside every area"})
    ada.post("aid/answers", {"listing_id": board(client)[0]["id"]})
    path = f"/api/v1/incidents/{ben.told['incident']['id']}"
    (match,) = client.get(path, headers=sign_in(client, "li")).get_json()["matches"]
    assert match["incidents"] == {"request": None, "offer": ben.told["incident"]["id"]}


def test_whoever_a_worry_is_about_meets_nobody_else_until_a_person_has_looked(
    client: FlaskClient, neighbour: Make
) -> None:
    ben = neighbour("aid_offer", on_board=True)
    ada = neighbour()
    ada.post("aid/answers", {"listing_id": board(client)[0]["id"]})
    ben.say("accept")
    ada.say("worry")
    assert board(client) == []
    neighbour(on_board=True)
    (listing,) = board(client)
    assert ben.post("aid/answers", {"listing_id": listing["id"]}, 409)["reason"] == "with_a_person"


def test_who_is_worried_is_still_found_by_others(client: FlaskClient, two: tuple[Neighbour, Neighbour]) -> None:
    two[0].say("worry")
    assert len(board(client)) == 1


# Who answers, what is on the board, and why the two do not fit.
MISFITS: list[tuple[str, dict[str, Any], str]] = [
    ("two who ask", {"kind": "aid_request"}, "same_direction"),
    ("another need", {"kind": "aid_offer", "category": "AID03"}, "other_need"),
    ("care", {"kind": "aid_offer", "category": "AID06"}, "needs_matcher"),
    ("no aid at all", {"kind": "concern", "category": "CN01"}, "not_aid"),
    ("a child offers", {"kind": "aid_offer", "text": "I am a child of 9 years and I can bring food"}, "with_a_person"),
    ("danger", {"kind": "aid_offer", "danger_now": True}, "with_a_person"),
]


@pytest.mark.parametrize("name, said, reason", MISFITS, ids=[name for name, *_ in MISFITS])
def test_what_does_not_fit_is_refused_with_its_reason(
    client: FlaskClient, neighbour: Make, name: str, said: dict[str, Any], reason: str
) -> None:
    neighbour(on_board=True)
    (listing,) = board(client)
    refused = neighbour(**said).post("aid/answers", {"listing_id": listing["id"]}, 409)
    assert (refused["code"], refused["reason"]) == ("answer-refused", reason)
    assert refused["detail"]


def test_nobody_answers_their_own(client: FlaskClient, neighbour: Make) -> None:
    contact = {"phone": "+86 138 0000 0000", "consent": True}
    neighbour(on_board=True, contact=contact)
    again = neighbour("aid_offer", contact=contact | {"phone": "+8613800000000"})
    (listing,) = board(client)
    assert again.post("aid/answers", {"listing_id": listing["id"]}, 409)["reason"] == "own"


def test_a_report_that_is_over_answers_nothing(client: FlaskClient, neighbour: Make) -> None:
    neighbour(on_board=True)
    (listing,) = board(client)
    ben = neighbour("aid_offer")
    ben.post("withdraw")
    assert ben.post("aid/answers", {"listing_id": listing["id"]}, 409)["reason"] == "over"


def asked(neighbour: Make, client: FlaskClient, number: int) -> list[str]:
    """So many requests on the board."""
    for _ in range(number):
        neighbour(on_board=True)
    return [one["id"] for one in board(client)]


def test_five_answers_of_one_report_are_open_at_most(client: FlaskClient, neighbour: Make) -> None:
    listings = asked(neighbour, client, 6)
    ben = neighbour("aid_offer")
    for listing in listings[:5]:
        ben.post("aid/answers", {"listing_id": listing})
    assert ben.post("aid/answers", {"listing_id": listings[5]}, 409)["code"] == "too-many-answers"
    ben.say("cancel")
    ben.post("aid/answers", {"listing_id": listings[5]})


def test_five_answers_of_one_source_are_open_at_most_whatever_reports_it_has(
    client: FlaskClient, neighbour: Make
) -> None:
    listings = asked(neighbour, client, 6)
    contact = {"email": "ben@example.org", "consent": True}
    first, second = (neighbour("aid_offer", contact=contact) for _ in range(2))
    for listing in listings[:5]:
        first.post("aid/answers", {"listing_id": listing})
    assert second.post("aid/answers", {"listing_id": listings[5]}, 409)["code"] == "too-many-answers"
    neighbour("aid_offer", contact={"email": "cem@example.org"}).post("aid/answers", {"listing_id": listings[5]})


def test_five_are_open_at_most_also_when_all_are_sent_at_the_same_moment(
    app: Flask, client: FlaskClient, neighbour: Make
) -> None:
    listings = asked(neighbour, client, 7)
    headers = neighbour("aid_offer").headers

    def send(listing: str) -> int:
        body = {"listing_id": listing}
        return app.test_client().post("/api/v1/receipt/aid/answers", json=body, headers=headers).status_code

    with ThreadPoolExecutor(4) as at_once:
        answers = list(at_once.map(send, listings))
    assert sorted(answers) == [200] * 5 + [409] * 2


def test_two_who_act_at_the_same_moment_do_not_wait_for_each_other_forever(
    app: Flask, both: tuple[Neighbour, Neighbour]
) -> None:
    match = both[0].match()["id"]

    def write(number: int) -> int:
        path = f"/api/v1/receipt/aid/matches/{match}/messages"
        headers = both[number % 2].headers
        return app.test_client().post(path, json={"text": f"{number}"}, headers=headers).status_code

    with ThreadPoolExecutor(4) as at_once:
        assert set(at_once.map(write, range(12))) == {200}
    assert len(both[0].match()["messages"]) == 13


SAID = ["accept", "decline", "done", "failed", "worry", "cancel", "messages"]


@pytest.mark.parametrize("said", SAID)
def test_what_is_between_others_answers_as_if_it_did_not_exist(
    neighbour: Make, two: tuple[Neighbour, Neighbour], said: str
) -> None:
    stranger = neighbour()
    body = {"text": "hello"} if said == "messages" else {}
    refused = [
        stranger.post(f"aid/matches/{which}/{said}", body, 404) for which in (two[0].match()["id"], str(uuid4()))
    ]
    assert [one["code"] for one in refused] == ["no-such-match"] * 2
    assert refused[0] | {"request_id": ""} == refused[1] | {"request_id": ""}
    assert states(*two) == ["accepted_by_one"] * 2


@pytest.mark.parametrize(
    "path", ["aid/answers", "aid/off-board", *(f"aid/matches/{UUID(int=0)}/{said}" for said in SAID)]
)
def test_without_a_receipt_nothing_is_done(client: FlaskClient, world: Baishi, path: str) -> None:
    body = {"listing_id": str(uuid4()), "text": "x"}
    sent = body if path == "aid/answers" else {"text": "x"} if path.endswith(("messages", "worry")) else {}
    answer = client.post(f"/api/v1/receipt/{path}", json=sent)
    assert (answer.status_code, answer.get_json()["code"]) == (401, "wrong-receipt")


@pytest.mark.parametrize(
    "body", [{}, {"listing_id": "x"}, {"listing_id": str(UUID(int=0)), "text": "x" * 2001}, {"listing_id": None}]
)
def test_an_answer_that_cannot_be_read_is_refused(neighbour: Make, body: dict[str, Any]) -> None:
    assert neighbour("aid_offer").post("aid/answers", body, 422)["code"] == "invalid"


def test_what_is_not_on_the_board_cannot_be_answered(neighbour: Make) -> None:
    assert neighbour("aid_offer").post("aid/answers", {"listing_id": str(uuid4())}, 404)["code"] == "no-such-listing"


@pytest.mark.parametrize("text", ["", "x" * 2001, "a\x00b"])
def test_a_message_that_cannot_be_kept_is_refused(both: tuple[Neighbour, Neighbour], text: str) -> None:
    assert both[0].say("messages", {"text": text}, 422)["code"] == "invalid"


def test_the_same_message_sent_twice_is_kept_once(client: FlaskClient, both: tuple[Neighbour, Neighbour]) -> None:
    ada, ben = both
    path = f"/api/v1/receipt/aid/matches/{ada.match()['id']}/messages"
    ada.clock.advance(seconds=1)
    for _ in range(2):
        headers = ada.headers | {"Idempotency-Key": "once"}
        assert client.post(path, json={"text": "At six?"}, headers=headers).status_code == 200
    assert [one["words"] for one in ben.match()["messages"]] == [SECRET, "At six?"]


def test_words_between_neighbours_lie_sealed(session: Session, both: tuple[Neighbour, Neighbour]) -> None:
    act_as(session, SYSTEM)
    bodies = session.scalars(select(AidMessage.body)).all()
    assert len(bodies) == 1
    assert SECRET.encode() not in bodies[0]
    journal = session.scalars(text("SELECT payload::text FROM event")).all()
    assert [one for one in journal if SECRET in one] == []


ENDS: list[tuple[str, Callable[[Neighbour, Neighbour], object]]] = [
    ("the one who asks withdraws", lambda ada, ben: ada.post("withdraw")),
    ("the one who answered withdraws", lambda ada, ben: ben.post("withdraw")),
    ("it is taken off the board", lambda ada, ben: ada.post("aid/off-board")),
]


@pytest.mark.parametrize("name, act", ENDS, ids=[name for name, _ in ENDS])
def test_an_answer_without_a_yes_ends_with_what_it_answers(
    app: Flask, clock: MovableClock, session: Session, two: tuple[Neighbour, Neighbour], name: str,
    act: Callable[[Neighbour, Neighbour], object],
) -> None:  # fmt: skip
    act(*two)
    settled(app, clock)
    assert states(*two) == ["cancelled", "cancelled"]
    assert "AidMatchLapsed" in facts(session, two[0].told["incident"]["id"])
    assert settled(app, clock) == 0


def test_taking_it_off_the_board_leaves_those_who_both_said_yes(
    app: Flask, clock: MovableClock, both: tuple[Neighbour, Neighbour]
) -> None:
    both[0].post("aid/off-board")
    clock.advance(days=40)
    settled(app, clock)
    assert states(*both) == ["accepted", "accepted"]


def test_what_was_agreed_ends_with_a_report(
    app: Flask, clock: MovableClock, session: Session, both: tuple[Neighbour, Neighbour]
) -> None:
    both[1].post("withdraw")
    assert settled(app, clock) == 2  # the listing and the match
    assert states(*both) == ["cancelled", "cancelled"]
    assert told(session, both[0])[-1] == "reporter_aid_again"


def test_an_answer_lapses_with_the_time_of_the_listing(
    app: Flask, clock: MovableClock, two: tuple[Neighbour, Neighbour]
) -> None:
    clock.advance(seconds=timedelta(days=14).total_seconds())
    assert settled(app, clock) == 2
    assert states(*two) == ["cancelled", "cancelled"]


def test_a_state_is_said_in_the_readers_language(two: tuple[Neighbour, Neighbour]) -> None:
    ada, _ = two
    assert ada.look("en")["matches"][0]["state_words"] == "One of you has said yes."
    assert ada.look("zh")["matches"][0]["state_words"] == "有一方已同意。"


def test_every_act_has_its_fact_and_every_end_its_notice() -> None:
    # What a coordinator decides is named by the decision: what resumes and what ends.
    deciding = {Act.RETURN, Act.RESUME, Act.CLEAR, Act.END}
    assert set(FACTS) == set(Act) - deciding
    assert {f"notice.{template}.body" for template in TEMPLATES.values()} <= texts().keys()
    assert len(set(FACTS.values())) == len(FACTS)


@pytest.mark.parametrize("language, words", [("en", "Both sides say: done"), ("zh", "双方确认完成")])
def test_the_desk_reads_of_it_in_the_timeline(
    client: FlaskClient, both: tuple[Neighbour, Neighbour], language: str, words: str
) -> None:
    for one in both:
        one.say("done")
    page = client.get(
        f"/console/plain/incidents/{both[0].told['incident']['id']}?lang={language}", headers=sign_in(client, "li")
    )
    assert page.status_code == 200
    assert words in page.get_data(as_text=True)
    assert f"/console/plain/incidents/{both[1].told['incident']['id']}" in page.get_data(as_text=True)
