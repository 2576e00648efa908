"""Masked until both agree: place, name and number; what a coordinator proposes; checks before a yes; how it went."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from backend.aid.models import AidListing, AidMatch
from backend.aid.states import State
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as, db
from backend.kernel.ids import new_id
from backend.kernel.journal import Event
from backend.organisations.models import Credential
from tests.aid.conftest import Make, Neighbour, board
from tests.aid.test_board import changed
from tests.support.baishi import NANMEN, Baishi
from tests.support.people import sign_in

STREET = "Zinnober Lane 47"
ADA: dict[str, Any] = {"name": "Ada", "phone": "+86 138 0000 0001", "email": "ada@example.org", "consent": True}
BEN: dict[str, Any] = {"name": "Ben", "phone": "+86 138 0000 0002", "consent": True}
PLACE = NANMEN | {"landmark": STREET}


@pytest.fixture
def pair(client: FlaskClient, neighbour: Make) -> tuple[Neighbour, Neighbour]:
    """Ada asks with a place and a contact; Ben has answered."""
    ada = neighbour(on_board=True, place=PLACE, contact=ADA)
    ben = neighbour("aid_offer", place=NANMEN | {"landmark": "Cinnabar Yard 3"}, contact=BEN)
    ben.post("aid/answers", {"listing_id": board(client)[0]["id"]})
    return ada, ben


def test_the_place_of_the_request_is_shown_after_both_yeses_and_only_while_it_goes_on(
    pair: tuple[Neighbour, Neighbour],
) -> None:
    ada, ben = pair
    assert ben.match()["place"] is None
    assert STREET not in str(ben.look())
    ada.say("accept")
    assert ben.match()["place"] == PLACE
    assert ada.match()["place"] is None  # whoever helps comes; nobody needs to know where they live
    ada.say("worry")
    assert ben.match()["place"] is None
    assert STREET not in str(ben.look())


@pytest.mark.parametrize("said", ["cancel", "failed"])
def test_after_the_end_nothing_is_shown_any_more(pair: tuple[Neighbour, Neighbour], said: str) -> None:
    ada, ben = pair
    ada.say("accept")
    for one in pair:
        one.say("share")
    assert ada.match()["contact"]
    ben.say(said)
    assert [(one.match()["place"], one.match()["contact"]) for one in pair] == [(None, None)] * 2


def test_what_is_to_be_picked_up_has_a_place_too(client: FlaskClient, neighbour: Make) -> None:
    ada = neighbour(on_board=True)
    ben = neighbour("aid_offer", place=PLACE, aid={"conditions": ["pick_up"]})
    ben.post("aid/answers", {"listing_id": board(client)[0]["id"]})
    ada.say("accept")
    assert ada.match()["place"] == PLACE


def test_how_to_reach_each_other_is_shown_once_both_let_it_be(pair: tuple[Neighbour, Neighbour]) -> None:
    ada, ben = pair
    for early in ("share", "unshare"):
        assert ben.say(early, status=409)["reason"] == "not-both"
    ada.say("accept")
    ada.say("share")
    assert (ben.match()["contact"], ben.match()["shares_by_other"]) == (None, True)
    assert "ada@" not in str(ben.look())
    ben.say("share")
    assert ben.match()["contact"] == {"name": "Ada", "phone": ADA["phone"], "email": "ada@example.org"}
    assert ada.match()["contact"] == {"name": "Ben", "phone": BEN["phone"]}
    ada.say("unshare")
    assert [one.match()["contact"] for one in pair] == [None, None]


# What a resident left, and what of it another may be shown (INV-8, INV-15).
LEFT: list[tuple[dict[str, Any], dict[str, str] | None]] = [
    ({}, None),
    ({"contact": ADA | {"consent": False}}, None),
    ({"contact": {"name": "Ada", "consent": True}}, None),
    ({"contact": ADA, "safe_contact": {"channel": "none"}}, None),
    ({"contact": ADA, "safe_contact": {"channel": "in_app"}}, None),
    ({"contact": ADA, "safe_contact": {"channel": "email"}}, {"name": "Ada", "email": "ada@example.org"}),
    ({"contact": ADA, "safe_contact": {"channel": "sms"}}, {"name": "Ada", "phone": ADA["phone"]}),
]


@pytest.mark.parametrize("left, seen", LEFT)
def test_nothing_is_shown_that_was_not_left_to_be_used(
    client: FlaskClient, neighbour: Make, left: dict[str, Any], seen: dict[str, str] | None
) -> None:
    ben = neighbour("aid_offer", on_board=True, contact=BEN)
    ada = neighbour(**left)
    (listing,) = [one for one in board(client) if one["direction"] == "offer"]
    ada.post("aid/answers", {"listing_id": listing["id"]})
    ben.say("accept")
    ben.say("share")
    if seen is None:
        assert ada.say("share", status=409)["reason"] == "no-contact"
        return
    ada.say("share")
    assert ben.match()["contact"] == seen


@pytest.mark.parametrize("column", ["safe_mode", "diverted"])
def test_whoever_must_not_be_found_is_hidden_at_once(
    app: Flask, pair: tuple[Neighbour, Neighbour], column: str
) -> None:
    ada, ben = pair
    ada.say("accept")
    for one in pair:
        one.say("share")
    changed(app, f"UPDATE incident SET {column} = true WHERE id = :id", ada.told["incident"]["id"])
    assert (ben.match()["place"], ben.match()["contact"]) == (None, None)


def test_no_word_of_place_or_contact_gets_into_the_journal(session: Session, pair: tuple[Neighbour, Neighbour]) -> None:
    ada, ben = pair
    ada.say("accept")
    for said in ("share", "done"):
        for one in pair:
            one.say(said)
    for one in pair:
        one.say("rating", {"went": "so_so"})
    session.rollback()
    act_as(session, SYSTEM)
    journal = "".join(session.scalars(text("SELECT payload::text FROM event")))
    assert [one for one in (STREET, "138", "Ada", "Ben", "ada@", "so_so") if one in journal] == []
    assert ben.told["id"]


def proposed(app: Flask, world: Baishi, request: Neighbour, offer: Neighbour) -> None:
    """A coordinator brings two together."""
    with app.app_context():
        act_as(db.session(), SYSTEM)
        listing = db.session.scalars(select(AidListing).where(AidListing.report_id == UUID(request.told["id"]))).one()
        now = app.extensions["linli"].clock.now()
        db.session.add(
            AidMatch(
                id=new_id(), listing_id=listing.id, request_report_id=listing.report_id,
                offer_report_id=UUID(offer.told["id"]), state=State.TENTATIVE, proposed_by=world.people["li"],
                answered_at=now, moved_at=now,
            )
        )  # fmt: skip
        db.session.commit()


def checked(app: Flask, world: Baishi, offer: Neighbour, *types: str, state: str = "active", days: int = 100) -> None:
    """Whoever offers has an account with these credentials."""
    with app.app_context():
        act_as(db.session(), SYSTEM)
        listing = db.session.scalars(select(AidListing).where(AidListing.report_id == UUID(offer.told["id"]))).one()
        listing.person_id = world.people["song"]
        valid_to = app.extensions["linli"].clock.now()
        for one in types:
            credential = Credential(
                id=new_id(), person_id=world.people["song"], type=one, level="qualified", issued_by="Linli", state=state,
                valid_to=valid_to.replace(year=valid_to.year + days // 100),
            )  # fmt: skip
            db.session.add(credential)
        db.session.commit()


def test_what_a_coordinator_proposes_is_answered_by_both(
    app: Flask, world: Baishi, session: Session, neighbour: Make
) -> None:
    ada, ben = neighbour(), neighbour("aid_offer")
    proposed(app, world, ada, ben)
    assert [(one.match()["state"], one.match()["proposed"]) for one in (ada, ben)] == [("tentative", True)] * 2
    ben.say("accept")
    assert ada.match()["accepted_by_other"]
    ada.say("accept")
    assert ben.match()["state"] == "accepted"


Checks = Callable[[Flask, Baishi, Neighbour], None]
UNCHECKED: list[tuple[str, dict[str, Any], Checks]] = [
    ("a repair in a home, by anybody", {"category": "AID05"}, lambda app, world, one: None),
    ("care, by one who may go into homes", {"category": "AID06"}, lambda app, world, one: checked(app, world, one, "in_home")),
    ("a child, by one who may care", {"text": "Food for my baby, who is 6 months old"},
     lambda app, world, one: checked(app, world, one, "care")),
    ("a child, by one whose check has ended", {"text": "Food for my baby, who is 6 months old"},
     lambda app, world, one: checked(app, world, one, "child_safeguarding", days=0)),
    ("a child, by one whose check is suspended", {"text": "Food for my baby, who is 6 months old"},
     lambda app, world, one: checked(app, world, one, "child_safeguarding", state="suspended")),
]  # fmt: skip


@pytest.mark.parametrize("name, said, checks", UNCHECKED, ids=[name for name, *_ in UNCHECKED])
def test_nobody_says_yes_with_a_helper_who_is_not_checked(
    app: Flask, world: Baishi, neighbour: Make, name: str, said: dict[str, Any], checks: Checks
) -> None:
    ada, ben = neighbour(**said), neighbour("aid_offer", said.get("category", "AID01"))
    checks(app, world, ben)
    proposed(app, world, ada, ben)
    for one in (ada, ben):
        assert "accept" not in one.match()["allowed"]
        assert one.say("accept", status=409)["reason"] == "not_checked"


def test_into_a_home_two_come_and_only_then_are_they_told_where(app: Flask, world: Baishi, neighbour: Make) -> None:
    ada = neighbour(category="AID05", place=PLACE)
    helpers = [neighbour("aid_offer", "AID05") for _ in range(2)]
    checked(app, world, helpers[0], "in_home")
    checked(app, world, helpers[1])
    for one in helpers:
        proposed(app, world, ada, one)
        one.say("accept")
        ada.say("accept")
        first = helpers[0].match()
        is_second = one is helpers[1]
        assert (first["waits_for_second"], first["place"]) == ((False, PLACE) if is_second else (True, None))
    assert "two helpers" in " ".join(helpers[1].match()["advice"])


def test_what_became_a_matter_for_a_person_is_not_agreed_between_neighbours(
    app: Flask, pair: tuple[Neighbour, Neighbour]
) -> None:
    ada, _ = pair
    changed(app, "UPDATE incident SET grade = 3 WHERE id = :id", ada.told["incident"]["id"])
    assert "accept" not in ada.match()["allowed"]
    assert ada.say("accept", status=409)["reason"] == "with_a_person"


def test_how_it_went_is_said_once_and_read_by_nobody_but_a_desk_where_it_went_badly(
    client: FlaskClient, session: Session, clock: MovableClock, pair: tuple[Neighbour, Neighbour]
) -> None:
    ada, ben = pair
    ada.say("accept")
    assert ada.say("rating", {"went": "well"}, 409)["reason"] == "not-in-this-state"
    for one in pair:
        one.say("done")
    ada.say("rating", {"went": "badly"})
    ben.say("rating", {"went": "well"})
    assert ada.say("rating", {"went": "well"}, 409)["reason"] == "not-in-this-state"
    assert "badly" not in str(ben.look())
    seen = client.get(f"/api/v1/incidents/{ben.told['incident']['id']}", headers=sign_in(client, "li")).get_json()
    (match,) = seen["matches"]
    assert match["badly"] == ["request"]
    assert "well" not in str(match)
    session.rollback()
    act_as(session, SYSTEM)
    assert session.scalars(select(Event.payload).where(Event.type == "AidMatchRated")).all()


@pytest.mark.parametrize("body", [{}, {"went": "5"}, {"went": "well", "stars": 5}])
def test_a_rating_that_cannot_be_read_is_refused(pair: tuple[Neighbour, Neighbour], body: dict[str, Any]) -> None:
    assert pair[0].say("rating", body, 422)["code"] == "invalid"
