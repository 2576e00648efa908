"""Swapping turns: nobody is off duty until the other has accepted, and no last desk is emptied by it."""

from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.dispatch.models import Delivery
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.sealed import Keyring
from backend.organisations.actions.people import leave
from backend.organisations.actions.rosters import put_rota, withdraw_shift
from backend.organisations.actions.swaps import ask_swap, lapse_swaps, move_swap
from backend.organisations.actions.turns import gaps_of, shifts_between, turn_of
from backend.organisations.directory import who_is_on_duty
from backend.organisations.models import Desk, Shift
from backend.organisations.refusals import MoveRefused, RoleMissing, SwapOpen, TurnsClash
from backend.organisations.rules.swaps import SwapAct
from backend.organisations.swap_model import ShiftSwap
from tests.conftest import NOW
from tests.organisations.conftest import Town, events_of, hours, turn
from tests.support.people import make_person, sign_in

Headers = dict[str, str]


@pytest.fixture
def rota(session: Session, town: Town) -> dict[str, Shift]:
    """Ana serves now and tomorrow's day, Bo the night between; committed."""
    turns = [turn(0, 8, town.ana), turn(8, 24, town.bo), turn(24, 32, town.ana)]
    put_rota(session, town.desk.id, NOW, hours(32), turns, now=NOW)
    session.commit()
    act_as(session, SYSTEM)
    return dict(zip(("day", "night", "next"), shifts_between(session, town.desk.id, NOW, hours(32)), strict=True))


def there(session: Session, town: Town, at: float) -> list[UUID]:
    found = who_is_on_duty(session, [town.desk.id], now=hours(at)).get(town.desk.id, ())
    return [one.person_id for one in found]


def told(session: Session) -> set[tuple[str, UUID | None]]:
    rows = session.execute(select(Delivery.template, Delivery.person_id))
    return {(row.template, row.person_id) for row in rows}


def test_the_rota_changes_only_when_the_other_has_accepted(
    session: Session, town: Town, rota: dict[str, Shift]
) -> None:
    swap = ask_swap(session, rota["next"].id, to_person_id=town.bo, now=NOW)
    assert there(session, town, 25) == [town.ana]
    move_swap(session, swap.id, SwapAct.ACCEPT, by=town.bo, now=NOW)
    assert swap.state == "done"
    assert there(session, town, 25) == [town.bo]
    assert gaps_of(session, town.desk, NOW, hours(32)) == ()
    assert told(session) == {("swap_asked", town.bo), ("swap_accepted", town.ana), ("swap_done", town.ana)}
    assert events_of(session, f"desk:{town.desk.id}")[-4:] == [
        "SwapAsked", "SwapAccepted", "RotaPut", "SwapConfirmed",
    ]  # fmt: skip


def test_a_desk_that_confirms_keeps_the_rota_until_it_has(session: Session, town: Town, rota: dict[str, Shift]) -> None:
    town.desk.confirms_swaps = True
    swap = ask_swap(session, rota["next"].id, to_person_id=town.bo, return_shift_id=rota["night"].id, now=NOW)
    move_swap(session, swap.id, SwapAct.ACCEPT, by=town.bo, now=NOW)
    assert (swap.state, there(session, town, 10), there(session, town, 25)) == ("accepted", [town.bo], [town.ana])
    move_swap(session, swap.id, SwapAct.CONFIRM, by=None, now=NOW)
    assert (swap.state, there(session, town, 10), there(session, town, 25)) == ("done", [town.ana], [town.bo])


@pytest.mark.parametrize("act", [SwapAct.DECLINE, SwapAct.WITHDRAW])
def test_what_is_not_accepted_changes_nothing(
    session: Session, town: Town, rota: dict[str, Shift], act: SwapAct
) -> None:
    before = {turn_of(shift) for shift in shifts_between(session, town.desk.id, NOW, hours(32))}
    swap = ask_swap(session, rota["next"].id, to_person_id=town.bo, now=NOW)
    move_swap(session, swap.id, act, by=town.bo, now=NOW)
    assert {turn_of(shift) for shift in shifts_between(session, town.desk.id, NOW, hours(32))} == before
    with pytest.raises(MoveRefused):
        move_swap(session, swap.id, SwapAct.ACCEPT, by=town.bo, now=NOW)


def test_a_running_turn_is_handed_over_at_the_moment_of_acceptance(
    session: Session, town: Town, rota: dict[str, Shift], ring: Keyring
) -> None:
    cai = make_person(session, ring, NOW, roles=["coordinator"], org=town.council, name="Cai")
    swap = ask_swap(session, rota["day"].id, to_person_id=cai, now=hours(1))
    move_swap(session, swap.id, SwapAct.ACCEPT, by=cai, now=hours(2))
    assert [there(session, town, at) for at in (1.9, 2, 7.9)] == [[town.ana], [cai], [cai]]


def test_one_swap_of_a_turn_is_open_at_a_time(session: Session, town: Town, rota: dict[str, Shift]) -> None:
    ask_swap(session, rota["next"].id, to_person_id=town.bo, now=NOW)
    with pytest.raises(SwapOpen):
        ask_swap(session, rota["next"].id, to_person_id=town.bo, now=NOW)


def test_nobody_takes_a_turn_who_serves_at_that_time_already(
    session: Session, town: Town, rota: dict[str, Shift]
) -> None:
    both = [turn(24, 32, town.ana), turn(24, 32, town.bo, rank=1)]
    put_rota(session, town.desk.id, hours(24), hours(32), both, now=NOW)
    with pytest.raises(TurnsClash):
        ask_swap(session, rota["next"].id, to_person_id=town.bo, now=NOW)


def test_a_turn_stays_when_the_other_has_left_meanwhile(
    session: Session, town: Town, rota: dict[str, Shift], ring: Keyring
) -> None:
    cai = make_person(session, ring, NOW, roles=["coordinator"], org=town.council, name="Cai")
    town.desk.confirms_swaps = True
    swap = ask_swap(session, rota["next"].id, to_person_id=cai, now=NOW)
    move_swap(session, swap.id, SwapAct.ACCEPT, by=cai, now=NOW)
    leave(session, cai, now=NOW)
    with pytest.raises(RoleMissing):
        move_swap(session, swap.id, SwapAct.CONFIRM, by=town.bo, now=NOW)
    assert there(session, town, 25) == [town.ana]


def test_a_swap_lapses_when_its_turn_is_over_or_gone(session: Session, town: Town, rota: dict[str, Shift]) -> None:
    town.desk.always_staffed = True
    session.flush()
    over = ask_swap(session, rota["day"].id, to_person_id=town.bo, now=NOW)
    gone = ask_swap(session, rota["next"].id, to_person_id=town.bo, now=NOW)
    assert lapse_swaps(session, now=NOW) == 0
    withdraw_shift(session, rota["next"].id, now=NOW)
    assert lapse_swaps(session, now=NOW) == 1
    assert (gone.state, over.state) == ("lapsed", "asked")
    assert lapse_swaps(session, now=hours(8)) == 1
    assert over.state == "lapsed"


@pytest.fixture
def signed(client: FlaskClient, town: Town, rota: dict[str, Shift]) -> dict[str, Headers]:
    """Headers of the town's supervisor and her colleague."""
    return {name: sign_in(client, name) for name in ("ana", "bo")}


def test_each_side_sees_its_swaps_and_may_do_its_own_part_only(
    client: FlaskClient, session: Session, signed: dict[str, Headers], town: Town, rota: dict[str, Shift]
) -> None:
    def post(path: str, who: str, body: Any = None) -> Any:
        return client.post(f"/api/v1/{path}", json=body, headers=signed[who])

    asked = post(f"shifts/{rota['next'].id}/swaps", "ana", {"to_person_id": str(town.bo)})
    assert (asked.status_code, asked.get_json()["acts"]) == (201, ["withdraw"])
    swap = asked.get_json()["id"]
    assert post(f"swaps/{swap}/accept", "ana").status_code == 403
    listed = client.get("/api/v1/swaps?open=true", headers=signed["bo"]).get_json()["items"]
    assert [(one["id"], one["acts"], one["other"]["name"]) for one in listed] == [
        (swap, ["accept", "decline"], "Bo Chen")
    ]
    done = post(f"swaps/{swap}/accept", "bo").get_json()
    assert (done["state"], done["acts"]) == ("done", [])
    assert client.get("/api/v1/swaps?open=true", headers=signed["bo"]).get_json()["items"] == []
    act_as(session, SYSTEM)
    assert there(session, town, 25) == [town.bo]


def test_a_side_never_confirms_its_own_swap(
    client: FlaskClient, session: Session, signed: dict[str, Headers], town: Town, rota: dict[str, Shift], ring: Keyring
) -> None:
    session.get_one(Desk, town.desk.id).confirms_swaps = True
    session.commit()
    act_as(session, SYSTEM)
    make_person(session, ring, NOW, roles=["supervisor"], org=town.council, login="eve", name="Eve")
    eve = sign_in(client, "eve")
    body = {"to_person_id": str(town.bo)}
    swap = client.post(f"/api/v1/shifts/{rota['next'].id}/swaps", json=body, headers=signed["ana"]).get_json()["id"]
    assert client.post(f"/api/v1/swaps/{swap}/accept", headers=signed["bo"]).get_json()["state"] == "accepted"
    assert client.post(f"/api/v1/swaps/{swap}/confirm", headers=signed["ana"]).status_code == 403
    assert client.post(f"/api/v1/swaps/{swap}/confirm", headers=eve).get_json()["state"] == "done"
    act_as(session, SYSTEM)
    assert session.get_one(ShiftSwap, UUID(swap)).settled_by is not None
