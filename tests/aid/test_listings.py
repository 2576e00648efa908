"""What requests and offers say in codes: kept, shown no further than they may be, refused where it cannot be true."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.aid.models import AidListing
from backend.incidents.desk.models import Task
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as
from tests.aid.conftest import Make, board
from tests.conftest import NOW
from tests.support.baishi import NANMEN

SAYS: dict[str, Any] = {
    "amount": 12.5, "unit": "kg", "people": 3, "languages": ["hak"], "accessibility": ["step_free"],
    "conditions": ["at_the_door", "by_day"],
}  # fmt: skip
TUESDAYS = {"weekly": ["TU"], "from": "14:00", "to": "17:00"}


def hours(begin: float, end: float) -> dict[str, str]:
    at = [NOW + timedelta(hours=one) for one in (begin, end)]
    return {"start": at[0].isoformat(), "end": at[1].isoformat()}


def kept(session: Session, report_id: str) -> AidListing:
    session.rollback()
    act_as(session, SYSTEM)
    return session.scalars(select(AidListing).where(AidListing.report_id == UUID(report_id))).one()


def test_what_an_offer_says_is_on_the_board(client: FlaskClient, neighbour: Make) -> None:
    wish = {"on_board": True, "when": {"days": "often", "windows": [TUESDAYS]}} | SAYS
    neighbour("aid_offer", aid=wish)
    (seen,) = board(client)
    assert seen["says"] == SAYS
    assert seen["when"] == {"days": "often", "windows": [TUESDAYS]}


def test_of_a_request_nothing_about_the_person_is_in_the_open(client: FlaskClient, neighbour: Make) -> None:
    ada = neighbour(aid={"on_board": True} | SAYS)
    (seen,) = board(client)
    assert set(SAYS) - set(seen["says"]) == {"people", "accessibility"}
    assert ada.look()["aid"]["says"] == SAYS


def test_what_one_side_says_of_itself_is_told_after_both_yeses(client: FlaskClient, neighbour: Make) -> None:
    ada = neighbour(aid={"on_board": True} | SAYS)
    ben = neighbour("aid_offer", aid={"conditions": ["two_come"]})
    ben.post("aid/answers", {"listing_id": board(client)[0]["id"]})
    assert "people" not in ben.match()["theirs"]["says"]
    assert ada.match()["theirs"]["says"] == {"conditions": ["two_come"]}
    ada.say("accept")
    assert ben.match()["theirs"]["says"] == SAYS


def test_a_request_that_says_nothing_is_kept_for_coordinators_and_shown_to_nobody(
    client: FlaskClient, session: Session, neighbour: Make
) -> None:
    ada = neighbour()
    found = kept(session, ada.told["id"])
    assert (found.on_board, found.direction, found.category, found.risk) == (False, "request", "AID01", "doorstep")
    assert found.rungs_s == [86_400, 259_200]
    assert board(client) == []


# The risk class of what is asked for (R19), with what its words add.
RISKS: list[tuple[dict[str, Any], str | None]] = [
    ({"category": "AID01"}, "doorstep"),
    ({"category": "AID03"}, "outdoors"),
    ({"category": "AID05"}, "in_home"),
    ({"category": "AID06"}, "care"),
    ({"category": "AID07"}, "money"),
    ({"category": "AID02", "text": "Please take my bank card and PIN and buy food"}, "money"),
    ({"category": "AID01", "text": "Food for my baby, who is 6 months old"}, "child"),
]


@pytest.mark.parametrize("said, risk", RISKS)
def test_the_risk_of_what_is_asked_for(session: Session, neighbour: Make, said: dict[str, Any], risk: str) -> None:
    assert kept(session, neighbour(**said).told["id"]).risk == risk


def test_an_hour_is_local_to_the_place(session: Session, neighbour: Make) -> None:
    ada = neighbour(aid={"when": {"windows": [TUESDAYS]}})
    (window,) = kept(session, ada.told["id"]).windows or []
    assert window == {"rrule": "FREQ=WEEKLY;BYDAY=TU", "from": "14:00", "to": "17:00", "zone": "Asia/Shanghai"}


OTHER = {"said_by": "themselves", "phone": "+86 139 1111 2222"}


def test_help_for_another_is_shown_with_their_consent_and_says_who_gave_it(
    client: FlaskClient, session: Session, neighbour: Make
) -> None:
    ada = neighbour(aid={"on_board": True, "for_another": OTHER}, voice="for_other")
    assert ada.told["aid"]["on_board"]
    found = kept(session, ada.told["id"])
    assert found.for_another == {"said_by": "themselves", "said_at": NOW.isoformat()}
    assert found.for_source is not None
    assert "139" not in json.dumps(board(client)) + str(found.for_another)


def test_without_their_consent_a_person_looks_after_it(client: FlaskClient, neighbour: Make) -> None:
    ada = neighbour(on_board=True, voice="for_other")
    assert (ada.told["aid"]["on_board"], ada.told["aid"]["reason"]) == (False, "no_consent")
    assert board(client) == []
    assert ada.told["owner"]["label"]


def phone(number: int) -> dict[str, Any]:
    return {"phone": f"+86 139 0000 00{number:02}", "consent": True}


@pytest.mark.parametrize("people", [1, 2, 3])
def test_nobody_asks_in_a_round(client: FlaskClient, neighbour: Make, people: int) -> None:
    told = []
    for one in range(people):
        other = {"said_by": "themselves", "phone": phone((one + 1) % people)["phone"]}
        wish = {"on_board": True, "for_another": other}
        place = NANMEN | {"lat": NANMEN["lat"] + one / 500}  # not thrice the same matter at the same place (R12)
        told.append(neighbour(aid=wish, voice="for_other", contact=phone(one), place=place).told["aid"])
    assert [one.get("reason") for one in told] == [None] * (people - 1) + ["circle"]
    assert len(board(client)) == people - 1


# What is over, large or far away is taken all the same, and a person looks after it.
TAKEN: list[tuple[str, dict[str, Any], str]] = [
    ("a time that has passed", {"when": {"windows": [hours(-3, -1)]}}, "past"),
    ("an offer that ended yesterday", {"until": (NOW - timedelta(days=1)).isoformat()}, "past"),
    ("in half a year", {"when": {"windows": [hours(24 * 180, 24 * 180 + 1)]}}, "too_far_ahead"),
    ("fifty thousand portions", {"amount": 50_000, "unit": "portion"}, "large"),
    ("for five thousand people", {"people": 5000}, "large"),
]


@pytest.mark.parametrize("name, wish, reason", TAKEN, ids=[name for name, *_ in TAKEN])
def test_what_time_or_size_keeps_off_the_board_is_not_lost(
    client: FlaskClient, session: Session, neighbour: Make, name: str, wish: dict[str, Any], reason: str
) -> None:
    ben = neighbour("aid_offer", aid={"on_board": True} | wish)
    assert (ben.told["aid"]["on_board"], ben.told["aid"]["reason"]) == (False, reason)
    assert ben.told["aid"]["words"]
    assert board(client) == []
    found = kept(session, ben.told["id"])
    assert found.ended_at is None
    assert found.expires_at > NOW


# What cannot be true at any time is refused with the field and what is wrong with it.
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("ends before it begins", {"when": {"windows": [hours(3, 1)]}}, "when.windows.0.end"),
    ("ends as it begins", {"when": {"windows": [hours(3, 3)]}}, "when.windows.0.end"),
    ("a window of a month", {"when": {"windows": [hours(0, 24 * 31)]}}, "when.windows.0.end"),
    ("a window without an end", {"when": {"windows": [{"start": NOW.isoformat()}]}}, "when.windows.0.end"),
    ("both kinds of window", {"when": {"windows": [hours(1, 2) | TUESDAYS]}}, "when.windows.0._schema"),
    ("an empty window", {"when": {"windows": [{}]}}, "when.windows.0.start"),
    ("an eighth day", {"when": {"windows": [TUESDAYS | {"weekly": ["XX"]}]}}, "when.windows.0.weekly.0"),
    ("a day twice", {"when": {"windows": [TUESDAYS | {"weekly": ["TU", "TU"]}]}}, "when.windows.0.weekly"),
    ("25 o'clock", {"when": {"windows": [TUESDAYS | {"from": "25:00"}]}}, "when.windows.0.from"),
    ("no hours", {"when": {"windows": [TUESDAYS | {"to": "14:00"}]}}, "when.windows.0.to"),
    ("a time without a zone is UTC, but the year 9999 is none", {"until": "9999-12-31T23:59:59+00:00"}, "until"),
    ("fifteen windows", {"when": {"windows": [hours(1, 2)] * 15}}, "when.windows"),
    ("no window", {"when": {"windows": []}}, "when.windows"),
    ("nothing of when", {"when": {}}, "when.days"),
    ("nothing", {"amount": 0}, "amount"),
    ("less than nothing", {"amount": -1}, "amount"),
    ("more than there is", {"amount": 1e9}, "amount"),
    ("no number", {"amount": "many"}, "amount"),
    ("a unit of nothing", {"unit": "kg"}, "amount"),
    ("an unknown unit", {"amount": 1, "unit": "stone"}, "unit"),
    ("nobody", {"people": 0}, "people"),
    ("everybody", {"people": 10**12}, "people"),
    ("words for a condition", {"conditions": ["ring at Ada's"]}, "conditions.0"),
    ("a language in words", {"languages": ["Hakka!"]}, "languages.0"),
    ("consent of nobody", {"for_another": {}}, "for_another.said_by"),
    ("consent of a stranger", {"for_another": {"said_by": "me"}}, "for_another.said_by"),
    ("an account that is not there", {"organisation_id": str(uuid4())}, "organisation_id"),
]


@pytest.mark.parametrize("name, wish, field", REFUSED, ids=[name for name, *_ in REFUSED])
def test_what_cannot_be_true_is_refused_with_its_field(
    client: FlaskClient, world: Any, name: str, wish: dict[str, Any], field: str
) -> None:
    body = {"client_id": str(uuid4()), "kind": "aid_offer", "category": "AID01", "place": NANMEN}
    answer = client.post("/api/v1/reports?lang=zh", json=body | {"aid": {"on_board": True} | wish})
    assert answer.status_code == 422, answer.get_data(as_text=True)
    assert f"aid.{field}" in flat(answer.get_json()["errors"])


def flat(errors: Any, at: str = "") -> set[str]:
    """The fields that problem details name, as paths."""
    if not isinstance(errors, dict):
        return {at}
    return {
        one for name, below in errors.items() for one in flat(below, f"{at}.{name}".strip(".").removeprefix("json."))
    }


def test_a_source_that_floods_the_board_loses_nothing(
    client: FlaskClient, session: Session, neighbour: Make, clock: MovableClock
) -> None:
    sent = [neighbour("aid_offer", on_board=True, contact=phone(1)) for _ in range(30)]
    assert sum(one.told["aid"]["on_board"] for one in sent) == 10
    assert {one.told["aid"].get("reason") for one in sent[10:]} == {"too_many"}
    session.rollback()
    act_as(session, SYSTEM)
    assert session.scalar(select(func.count()).select_from(AidListing)) == 30
    assert all(one.told["owner"]["label"] for one in sent)
    clock.advance(seconds=1)
    assert neighbour("aid_offer", on_board=True, contact=phone(2)).told["aid"]["on_board"]


def test_the_third_request_of_a_month_has_a_task_to_offer_case_work(session: Session, neighbour: Make) -> None:
    told = [neighbour(contact=phone(1)).told for _ in range(3)]
    session.rollback()
    act_as(session, SYSTEM)
    tasks = session.scalars(select(Task).where(Task.code == "offer_case_work")).all()
    assert [str(one.incident_id) for one in tasks] == [told[2]["incident"]["id"]]
