"""What time does: is it still so, a need that waits, somebody who drops out, an answer nobody takes up, a silence."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.aid.models import AidListing
from backend.incidents.desk.models import Task
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as
from tests.aid.conftest import Make, Neighbour, board
from tests.aid.test_board import settled
from tests.aid.test_matches import both, desk_notices, facts, states, told, two

__all__ = ["both", "two"]


def tasks(session: Session, one: Neighbour) -> list[str]:
    session.rollback()
    act_as(session, SYSTEM)
    query = (
        select(Task.code).where(Task.incident_id == UUID(one.told["incident"]["id"])).order_by(Task.made_at, Task.code)
    )
    return [str(code) for code in session.scalars(query)]


def listing(session: Session, one: Neighbour) -> AidListing:
    session.rollback()
    act_as(session, SYSTEM)
    return session.scalars(select(AidListing).where(AidListing.report_id == UUID(one.told["id"]))).one()


def later(app: Flask, clock: MovableClock, **span: float) -> int:
    clock.advance(**span)
    found = settled(app, clock)
    assert settled(app, clock) == 0  # twice does nothing twice
    return found


@pytest.mark.parametrize("on_board", [True, False])
def test_we_ask_before_it_ends_and_silence_ends_it_and_tells(
    app: Flask, client: FlaskClient, clock: MovableClock, session: Session, neighbour: Make, on_board: bool
) -> None:
    ada = neighbour(on_board=on_board)
    assert later(app, clock, days=11.9) == 1  # the coordinator is told by then
    later(app, clock, days=0.2)
    assert told(session, ada) == ["reporter_aid_still"]
    assert (ada.look()["aid"]["asks"], ada.look()["aid"]["still"]) == (True, True)
    later(app, clock, days=2)
    assert told(session, ada) == ["reporter_aid_still", "reporter_aid_expired"]
    assert ada.told["incident"]["id"] in desk_notices(session, "aid_expired")
    assert board(client) == []
    assert (ada.look()["aid"]["on_board"], ada.look()["aid"]["reason"]) == (False, "expired")
    assert ada.look()["status"] != "closed"


@pytest.mark.parametrize("asked_days", [12.1, 15])
def test_a_yes_prolongs_it_and_brings_back_what_silence_ended(
    app: Flask, client: FlaskClient, clock: MovableClock, session: Session, neighbour: Make, asked_days: float
) -> None:
    ada = neighbour(on_board=True)
    later(app, clock, days=12.1)
    if asked_days > 14:
        later(app, clock, days=2.9)
    found = ada.post("aid/still", {"still": True})["aid"]
    assert (found["on_board"], found["asks"], found["reason"]) == (True, False, None)
    assert len(board(client)) == 1
    assert "AidListingProlonged" in facts(session, ada.told["incident"]["id"])
    assert later(app, clock, days=11.8) == 0
    assert later(app, clock, days=0.3) == 1  # asked again


def test_a_no_ends_it_and_whoever_answered_is_told(
    client: FlaskClient, session: Session, two: tuple[Neighbour, Neighbour]
) -> None:
    ada, ben = two
    assert ada.post("aid/still", {"still": False})["aid"]["reason"] == "not_needed"
    assert board(client) == []
    assert states(ada, ben) == ["cancelled", "cancelled"]
    assert told(session, ben)[-1] == "reporter_aid_over"
    assert ada.told["incident"]["id"] in desk_notices(session, "aid_not_needed")
    assert ada.post("aid/still", {"still": True}, 409)["code"] == "not-asked"


@pytest.mark.parametrize("body", [{}, {"still": "yes"}, {"still": None}, {"still": True, "why": "x"}])
def test_an_answer_that_is_neither_yes_nor_no_is_refused(neighbour: Make, body: dict[str, Any]) -> None:
    assert neighbour(on_board=True).post("aid/still", body, 422)["code"] == "invalid"


def test_what_is_withdrawn_or_no_aid_is_not_asked_about(neighbour: Make) -> None:
    for one in (neighbour(on_board=True), neighbour("concern", "CN01")):
        one.post("withdraw")
        assert one.post("aid/still", {"still": True}, 409)["code"] == "not-asked"


def test_after_a_day_a_coordinator_and_after_three_a_service_is_told_and_somebody_always_answers(
    app: Flask, clock: MovableClock, session: Session, neighbour: Make
) -> None:
    ada, offer = neighbour(on_board=True), neighbour("aid_offer", on_board=True)
    assert later(app, clock, hours=23.9) == 0
    assert later(app, clock, hours=0.2) == 1
    assert (tasks(session, ada), tasks(session, offer)) == (["find_helper"], [])
    assert desk_notices(session, "aid_unmatched") == {ada.told["incident"]["id"]}
    assert later(app, clock, hours=48) == 1
    assert tasks(session, ada) == ["find_helper", "refer_to_service"]
    assert desk_notices(session, "aid_unserved") == {ada.told["incident"]["id"]}
    assert later(app, clock, hours=48) == 0
    assert ada.look()["owner"]["label"]


def test_a_request_that_is_met_waits_for_nobody_and_again_when_somebody_drops_out(
    app: Flask, client: FlaskClient, clock: MovableClock, session: Session, both: tuple[Neighbour, Neighbour]
) -> None:
    ada, ben = both
    later(app, clock, hours=30)
    assert tasks(session, ada) == []
    ben.say("cancel")
    assert told(session, ada)[-1] == "reporter_aid_again"
    assert len(board(client)) == 1
    assert "AidListedAgain" in facts(session, ada.told["incident"]["id"])
    assert later(app, clock, seconds=1) == 1  # it has waited for more than a day since it was first asked for
    assert tasks(session, ada) == ["find_helper"]


def test_what_ended_by_time_while_it_was_met_comes_back_when_it_fails(
    app: Flask, client: FlaskClient, clock: MovableClock, session: Session, both: tuple[Neighbour, Neighbour]
) -> None:
    ada, ben = both
    for _ in range(4):
        ben.say("messages", {"text": "On my way"})
        later(app, clock, days=5)
    assert listing(session, ada).ended_at is None
    ada.say("failed")
    assert len(board(client)) == 1
    later(app, clock, days=6)
    assert ada.look()["aid"]["asks"] is True


def test_what_is_done_is_met_and_its_listing_ends(session: Session, both: tuple[Neighbour, Neighbour]) -> None:
    for one in both:
        one.say("done")
    assert listing(session, both[0]).ended_why == "met"
    assert both[0].post("aid/still", {"still": True}, 409)["code"] == "not-asked"


def test_an_answer_that_nobody_takes_up_ends_after_three_days_and_both_are_told(
    app: Flask, client: FlaskClient, clock: MovableClock, session: Session, two: tuple[Neighbour, Neighbour]
) -> None:
    later(app, clock, days=3.1)
    assert states(*two) == ["cancelled", "cancelled"]
    assert [told(session, one)[-1] for one in two] == ["reporter_aid_over"] * 2
    assert len(board(client)) == 1


def test_both_are_asked_how_it_goes_and_then_a_person_asks(
    app: Flask, clock: MovableClock, session: Session, both: tuple[Neighbour, Neighbour]
) -> None:
    ada, ben = both
    later(app, clock, days=6.9)
    assert "reporter_aid_how" not in told(session, ada)
    later(app, clock, days=0.2)
    assert [told(session, one)[-1] for one in both] == ["reporter_aid_how"] * 2
    assert ada.match()["asks_how"] is True
    later(app, clock, days=7.1)
    assert desk_notices(session, "aid_quiet") == {ada.told["incident"]["id"]}
    assert tasks(session, ada) == ["follow_up"]
    ben.say("messages", {"text": "Tomorrow at six"})
    assert ada.match()["asks_how"] is False
    assert later(app, clock, days=6.9) == 0
    assert later(app, clock, days=0.2) == 1
    assert states(ada, ben) == ["in_progress", "in_progress"]


def test_a_listing_that_ends_today_is_asked_about_in_its_last_quarter(
    app: Flask, client: FlaskClient, clock: MovableClock, session: Session, neighbour: Make
) -> None:
    end = clock.now().replace(hour=17)  # in eight hours
    window = {"start": clock.now().isoformat(), "end": end.isoformat()}
    ada = neighbour(aid={"on_board": True, "when": {"windows": [window]}})
    assert ada.told["aid"]["until"] == end.isoformat()
    assert later(app, clock, hours=5.9) == 0
    assert later(app, clock, hours=0.2) == 1
    ada.post("aid/still", {"still": True})
    # The hours that it named will be over; that it is needed is not.
    later(app, clock, hours=3)
    assert len(board(client)) == 1
