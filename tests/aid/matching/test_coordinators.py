"""What coordinators see and do: the board, suggestions with their reasons, plans that write nothing, proposals, gaps."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from backend.aid.models import AidListing, AidMatch
from backend.incidents.models import Incident, Report
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as, db
from backend.kernel.journal import Event
from backend.organisations.models import Credential
from tests.aid.conftest import Make, Neighbour
from tests.support.baishi import NANMEN, TAOHUA, Baishi
from tests.support.people import sign_in

API = "/api/v1/aid"
NEAR = {"lat": NANMEN["lat"] + 0.004, "lon": NANMEN["lon"]}  # 443 m to the north
Call = Callable[..., Any]


@pytest.fixture
def li(client: FlaskClient) -> Call:
    """Calls as Li, who answers for Nanmen."""
    return caller(client, "li")


def caller(client: FlaskClient, who: str) -> Call:
    headers = sign_in(client, who)

    def call(path: str, body: dict[str, Any] | None = None, status: int = 200, language: str = "en") -> Any:
        method = client.get if body is None else client.post
        more = {} if body is None else {"json": body}
        answer = method(f"{API}{path}", headers=headers | {"Accept-Language": language}, **more)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json()

    return call


def listing_of(session: Session, one: Neighbour) -> AidListing:
    session.rollback()
    act_as(session, SYSTEM)
    return session.scalars(select(AidListing).where(AidListing.report_id == UUID(one.told["id"]))).one()


def count(session: Session, model: Any) -> int:
    session.rollback()
    act_as(session, SYSTEM)
    return session.scalar(select(func.count()).select_from(model)) or 0


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in found]


def changed(app: Flask, model: Any, where: Any, **values: Any) -> None:
    with app.app_context():
        act_as(db.session(), SYSTEM)
        db.session.execute(update(model).where(where).values(**values))
        db.session.commit()


def trusted(app: Flask, world: Baishi, one: Neighbour, *credentials: str, who: str = "wei") -> None:
    """Make an offer that of a person with an account who holds these credentials."""
    with app.app_context():
        session, person = db.session(), world.people[who]
        act_as(session, SYSTEM)
        listing_of(session, one).person_id = person
        for name in credentials:
            session.add(
                Credential(
                    id=uuid4(), person_id=person, type=name, level="qualified", issued_by="Baishi", state="active",
                    valid_to=one.clock.now().replace(year=2030),
                )
            )  # fmt: skip
        db.session.commit()


def test_the_board_shows_what_neighbours_see_and_what_they_do_not(
    neighbour: Make, li: Call, clock: MovableClock
) -> None:
    shown = neighbour(on_board=True)
    clock.advance(minutes=1)
    hidden = neighbour(category="AID05")
    found = li("/board")["items"]
    assert [(one["on_board"], one["need"], one["safeguards"]) for one in found] == [
        (True, "AID01", []), (False, "AID05", ["in_home"]),
    ]  # fmt: skip
    assert [one["incident"]["id"] for one in found] == [one.told["incident"]["id"] for one in (shown, hidden)]


def test_the_board_is_narrowed_by_side_need_area_and_waiting(
    client: FlaskClient, neighbour: Make, clock: MovableClock, world: Baishi
) -> None:
    asked = neighbour()
    clock.advance(hours=30)
    given, li = neighbour("aid_offer", category="AID09"), caller(client, "li")
    of = {
        "?direction=request": [asked], "?direction=offer": [given], "?need=AID09": [given], "?waiting_h=24": [asked],
        "?on_board=true": [], f"?area={world.areas['nanmen']}": [asked, given], f"?area={world.areas['taohua']}": [],
        "?alone=true": [asked, given],
    }  # fmt: skip
    for query, expected in of.items():
        found = [one["incident"]["id"] for one in li(f"/board{query}")["items"]]
        assert found == [one.told["incident"]["id"] for one in expected], query


def test_the_board_comes_by_pages(neighbour: Make, li: Call) -> None:
    for _ in range(5):
        neighbour()
    first = li("/board?limit=2")
    second = li(f"/board?limit=2&cursor={first['next_cursor']}")
    third = li(f"/board?limit=2&cursor={second['next_cursor']}")
    found = ids(first["items"]) + ids(second["items"]) + ids(third["items"])
    assert (len(set(found)), third["next_cursor"]) == (5, None)


def test_suggestions_say_why_in_the_readers_language(neighbour: Make, li: Call, session: Session) -> None:
    asked, given = neighbour(), neighbour("aid_offer", place=NEAR)
    found = li(f"/listings/{listing_of(session, asked).id}/suggestions")
    (best,) = found["best"]
    assert best["listing"]["id"] == str(listing_of(session, given).id)
    words = {one["code"]: one["words"] for one in best["reasons"]}
    assert (words["near"], words["light"]) == ("450 m away", "has not been asked this week")
    assert 0 < best["score"] < 1
    chinese = li(f"/listings/{listing_of(session, asked).id}/suggestions", language="zh")["best"][0]["reasons"]
    assert {"code": "near", "words": "相距450 m"} in chinese


def test_an_offer_is_suggested_requests_as_well(neighbour: Make, li: Call, session: Session) -> None:
    asked, given = neighbour(), neighbour("aid_offer")
    found = li(f"/listings/{listing_of(session, given).id}/suggestions")
    assert ids([one["listing"] for one in found["best"]]) == [str(listing_of(session, asked).id)]


def test_what_does_not_fit_says_what_speaks_against_it(neighbour: Make, li: Call, session: Session) -> None:
    asked = neighbour(category="AID05")
    neighbour("aid_offer", category="AID05")
    found = li(f"/listings/{listing_of(session, asked).id}/suggestions")
    assert (found["best"], [one["code"] for one in found["others"][0]["why_not"]]) == ([], ["credential"])
    assert [(one["code"], one["count"]) for one in found["barred"]] == [("credential", 1)]


def test_who_looks_at_suggestions_is_noted(neighbour: Make, li: Call, session: Session) -> None:
    asked = neighbour()
    li(f"/listings/{listing_of(session, asked).id}/suggestions")
    stream = f"reads:{asked.told['incident']['id']}"
    assert session.scalar(select(func.count()).select_from(Event).where(Event.stream == stream)) == 1


def test_a_proposal_reaches_both_sides_and_nobody_has_said_yes(neighbour: Make, li: Call, session: Session) -> None:
    asked, given = neighbour(), neighbour("aid_offer")
    pair = {"request": str(listing_of(session, asked).id), "offer": str(listing_of(session, given).id)}
    told = li("/proposals", pair, 201)
    assert told["state"] == "tentative"
    for one in (asked, given):
        match = one.match()
        assert (match["state"], match["accepted_by_me"], match["accepted_by_other"]) == ("tentative", False, False)
        assert {"accept", "decline"} <= set(match["allowed"])
    asked.say("accept")
    given.say("accept")
    assert asked.match()["state"] == "accepted"
    facts = session.scalars(select(Event.type).where(Event.stream == f"incident:{given.told['incident']['id']}"))
    assert "AidMatchProposed" in set(facts)


def test_the_same_two_are_proposed_once(neighbour: Make, li: Call, session: Session) -> None:
    asked, given = neighbour(), neighbour("aid_offer")
    pair = {"request": str(listing_of(session, asked).id), "offer": str(listing_of(session, given).id)}
    li("/proposals", pair, 201)
    assert li("/proposals", pair, 409)["why_not"] == ["excluded"]
    assert count(session, AidMatch) == 1


def test_a_request_is_no_offer(neighbour: Make, li: Call, session: Session) -> None:
    one, other = neighbour(), neighbour()
    pair = {"request": str(listing_of(session, one).id), "offer": str(listing_of(session, other).id)}
    assert li("/proposals", pair, 409)["code"] == "not-two-sides"
    assert li("/proposals", pair | {"request": str(uuid4())}, 404)["code"] == "no-such-listing"


def test_inside_a_home_only_somebody_with_the_proof_is_proposed(
    app: Flask, neighbour: Make, li: Call, session: Session, world: Baishi
) -> None:
    asked, given = neighbour(category="AID05"), neighbour("aid_offer", category="AID05")
    pair = {"request": str(listing_of(session, asked).id), "offer": str(listing_of(session, given).id)}
    assert li("/proposals", pair, 409)["why_not"] == ["credential"]
    trusted(app, world, given, "in_home")
    li("/proposals", pair, 201)


def test_a_child_is_proposed_nobody_without_the_proof_for_children(
    app: Flask, neighbour: Make, li: Call, session: Session, world: Baishi
) -> None:
    asked, given = neighbour(category="AID06"), neighbour("aid_offer", category="AID06")
    pair = {"request": str(listing_of(session, asked).id), "offer": str(listing_of(session, given).id)}
    trusted(app, world, given, "care")
    assert li("/proposals", pair, 409)["why_not"] == ["child"]
    with app.app_context():
        act_as(db.session(), SYSTEM)
        db.session.execute(
            update(Credential).where(Credential.person_id == world.people["wei"]).values(level="trainee")
        )
        db.session.commit()
    assert li("/proposals", pair, 409)["why_not"] == ["child"]


def test_what_a_person_has_to_look_at_first_is_proposed_to_nobody(
    app: Flask, neighbour: Make, li: Call, session: Session
) -> None:
    asked, given = neighbour(), neighbour("aid_offer")
    changed(app, Incident, Incident.id == UUID(asked.told["incident"]["id"]), safe_mode=True)
    pair = {"request": str(listing_of(session, asked).id), "offer": str(listing_of(session, given).id)}
    assert li("/proposals", pair, 409)["why_not"] == ["held"]


def test_a_helper_is_asked_three_times_a_day_and_no_more(neighbour: Make, li: Call, session: Session) -> None:
    given = neighbour("aid_offer")
    offer = str(listing_of(session, given).id)
    asked = [str(listing_of(session, neighbour()).id) for _ in range(4)]
    for request in asked[:3]:
        li("/proposals", {"request": request, "offer": offer}, 201)
    assert li("/proposals", {"request": asked[3], "offer": offer}, 409)["why_not"] == ["load"]


def test_own_offers_are_not_suggested_to_oneself(neighbour: Make, li: Call, session: Session) -> None:
    by_mail = {"email": "ada@example.org", "consent": True}
    asked = neighbour(contact=by_mail)
    neighbour("aid_offer", contact=by_mail)
    found = li(f"/listings/{listing_of(session, asked).id}/suggestions")
    assert [one["code"] for one in found["others"][0]["why_not"]] == ["excluded"]


def test_a_plan_writes_nothing_until_a_person_confirms_it(neighbour: Make, li: Call, session: Session) -> None:
    for number in range(3):
        neighbour()
        neighbour("aid_offer", place=NANMEN | {"lat": NANMEN["lat"] + 0.001 * number})
    neighbour(category="AID09")
    found = li("/plans", {})
    assert (len(found["pairs"]), [one["listing"]["need"] for one in found["open"]]) == (3, ["AID09"])
    assert count(session, AidMatch) == 0
    assert len({one["listing"]["id"] for one in found["pairs"]}) == 3
    pairs = [{"request": one["request"]["id"], "offer": one["listing"]["id"]} for one in found["pairs"]]
    told = li("/plans/confirmed", {"pairs": [*pairs[:2], {"request": pairs[0]["request"], "offer": str(uuid4())}]})
    assert [(bool(one["match"]), one["problem"] and one["problem"]["code"]) for one in told["pairs"]] == [
        (True, None), (True, None), (False, "no-such-listing"),
    ]  # fmt: skip
    assert count(session, AidMatch) == 2
    assert len(li("/plans", {})["pairs"]) == 1


def test_a_plan_says_why_a_request_stays_open(neighbour: Make, li: Call) -> None:
    neighbour(category="AID05")
    neighbour("aid_offer", category="AID05")
    (left,) = li("/plans", {})["open"]
    assert [one["code"] for one in left["barred"]] == ["credential"]


def test_gaps_say_unknown_where_nobody_asked_and_hide_small_counts(neighbour: Make, li: Call, world: Baishi) -> None:
    for _ in range(6):
        neighbour()
    neighbour("aid_offer", category="AID09")
    rows = li(f"/gaps?area={world.areas['liuyuan']}")["rows"]
    nanmen = next(one for one in rows if one["area_id"] == world.areas["nanmen"])
    domains = {one["domain"]: one for one in nanmen["domains"]}
    assert (domains["food"]["state"], domains["food"]["open"], domains["food"]["asked"]) == ("nobody", 6, 6)
    assert (domains["livelihood"]["state"], domains["livelihood"]["offered"]) == ("spare", None)
    assert {one["state"] for name, one in domains.items() if name not in {"food", "livelihood"}} == {"unknown"}
    taohua = next(one for one in rows if one["area_id"] == world.areas["taohua"])
    assert {one["state"] for one in taohua["domains"]} == {"unknown"}
    assert all("not mean that all is well" in one["words"] for one in taohua["domains"])


def test_a_place_that_there_is_not_has_no_gaps(li: Call) -> None:
    assert li("/gaps?area=4000000", status=404)["code"] == "not-found"


SECRET = "Zinnober Laterne 47"


def test_the_printed_board_tells_nothing_of_anybody(client: FlaskClient, neighbour: Make, li: Call) -> None:
    asked = neighbour(on_board=True, text=SECRET, place=NANMEN | {"landmark": SECRET})
    neighbour(category="AID05", text=SECRET)
    answer = client.get(f"{API}/noticeboard", headers=sign_in(client, "li"))
    (line,) = answer.get_json()["items"]
    assert (line["need"], line["area"], line["when"]) == ("AID01", "Nanmen Community", {"days": "soon"})
    told = answer.get_data(as_text=True)
    hidden = [SECRET, "30.4", asked.told["id"], asked.told["incident"]["id"], asked.told["receipt"]]
    assert [one for one in hidden if one in told] == []


def test_the_board_as_a_file_holds_codes_alone(client: FlaskClient, neighbour: Make) -> None:
    neighbour(text=SECRET)
    answer = client.get(f"{API}/board.csv", headers=sign_in(client, "li"))
    lines = answer.get_data(as_text=True).splitlines()
    assert (answer.mimetype, len(lines), SECRET in lines[1]) == ("text/csv", 2, False)
    assert lines[1].startswith("request,AID01,")


PATHS = ("/board", "/board.csv", "/plans", "/gaps", "/noticeboard", "/imports/example.csv")


@pytest.mark.parametrize("path", PATHS)
def test_police_see_nothing_of_it(client: FlaskClient, world: Baishi, path: str) -> None:
    method, headers = "POST" if path == "/plans" else "GET", sign_in(client, "wei")
    assert client.open(API + path, method=method, json={}, headers=headers).status_code == 403


def test_another_areas_coordinator_does_not_find_the_listing(
    neighbour: Make, session: Session, client: FlaskClient
) -> None:
    asked = neighbour(place=TAOHUA)
    found = caller(client, "li")(f"/listings/{listing_of(session, asked).id}/suggestions", status=404)
    assert found["code"] == "no-such-listing"


def test_reports_of_neighbours_are_read_by_nobody_through_it(neighbour: Make, li: Call, session: Session) -> None:
    neighbour(text=SECRET)
    assert SECRET not in str(li("/board"))
    assert count(session, Report) == 1
