"""Rotas in the database (C13, R03)."""

from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.incidents.models import Incident
from backend.kernel import hooks
from backend.kernel.hooks import Departure
from backend.kernel.sealed import Keyring
from backend.organisations.actions.desks import create_desk
from backend.organisations.actions.people import assign_role
from backend.organisations.actions.rosters import hand_over, put_rota, read_hand_over, withdraw_shift
from backend.organisations.directory import DIRECTORY, TOP_DESK_ID, Owner, who_is_on_duty
from backend.organisations.models import Shift
from backend.organisations.refusals import (
    LastDeskEmpty,
    MoveRefused,
    RoleMissing,
    TurnMisplaced,
    TurnsClash,
)
from backend.organisations.rosters import desks_at, my_duty, on_duty_now, rota
from backend.organisations.rules.rotas import Turn
from tests.conftest import NOW
from tests.organisations.conftest import Town, events_of, hours, journal_text, turn
from tests.support.incidents import open_incident
from tests.support.people import make_organisation, make_person


def put(session: Session, town: Town, *turns: Turn, to: float = 24, at: float = 0) -> list[Shift]:
    return put_rota(session, town.desk.id, NOW, hours(to), turns, now=hours(at))


@pytest.fixture
def departures(monkeypatch: pytest.MonkeyPatch) -> list[Departure]:
    """What the rooms above were told of departures."""
    told: list[Departure] = []

    def listen(_session: Session, departure: Departure, _now: object) -> None:
        told.append(departure)

    monkeypatch.setattr(hooks, "on_departure", [listen])
    return told


def test_a_rota_that_leaves_the_last_desk_empty_is_refused_and_says_who_must_fill_it(
    session: Session, town: Town
) -> None:
    with pytest.raises(LastDeskEmpty) as refused:
        put(session, town, turn(0, 10, town.ana), turn(14, 24, town.bo), turn(10, 14, town.bo, rank=1), to=25)
    assert refused.value.detail["en"] == (
        "Nobody answers first at Town duty desk for 3 Mar 03:00–3 Mar 07:00; 3 Mar 17:00–3 Mar 18:00"
        " (Asia/Taipei). River Town Council must fill it: its supervisor or duty officer."
    )
    assert refused.value.members == {
        "gaps": [{"from": hours(10), "to": hours(14)}, {"from": hours(24), "to": hours(25)}],
        "must_fill": {"organisation_id": town.council, "person_ids": [town.ana]},
    }
    assert session.scalar(select(func.count()).select_from(Shift)) == 0


def test_a_rota_of_another_desk_may_have_gaps(session: Session, town: Town) -> None:
    desk = create_desk(session, {"org_id": town.council, "kind": "duty", "name": "Day desk"}, now=NOW)
    shifts = put_rota(session, desk.id, NOW, hours(24), [turn(0, 8, town.bo)], now=NOW)
    assert [shift.person_id for shift in shifts] == [town.bo]
    assert rota(session, None, desk.id, NOW, hours(24))["gaps"] == []


def test_overlapping_turns_are_named(session: Session, town: Town) -> None:
    with pytest.raises(TurnsClash) as refused:
        put(session, town, turn(0, 13, town.ana), turn(12, 24, town.bo))
    assert refused.value.members["first"]["person_id"] == town.ana
    assert refused.value.members["second"]["person_id"] == town.bo
    assert "From 3 Mar 05:00 to 3 Mar 06:00 (Asia/Taipei)" in refused.value.detail["en"]


def test_a_turn_that_began_before_the_period_counts_and_is_kept(session: Session, town: Town) -> None:
    put(session, town, turn(0, 24, town.ana))
    later = put_rota(session, town.desk.id, hours(12), hours(36), [turn(24, 36, town.bo)], now=NOW)
    assert [shift.person_id for shift in later] == [town.ana, town.bo]
    with pytest.raises(TurnsClash):
        put_rota(session, town.desk.id, hours(12), hours(36), [turn(20, 36, town.bo)], now=NOW)


def test_the_same_rota_again_changes_nothing(session: Session, town: Town, departures: list[Departure]) -> None:
    turns = (turn(0, 12, town.ana), turn(12, 24, town.bo))
    before = [shift.id for shift in put(session, town, *turns)]
    assert [shift.id for shift in put(session, town, *turns, at=3)] == before
    assert departures == []


def test_a_running_turn_that_is_replaced_ends_now_and_what_was_served_stays(
    session: Session, town: Town, departures: list[Departure]
) -> None:
    put(session, town, turn(0, 12, town.ana), turn(12, 24, town.bo))
    shifts = put(session, town, turn(0, 24, town.bo), at=5)
    served = [(shift.person_id, shift.during.lower, shift.during.upper) for shift in shifts]
    assert served == [(town.ana, NOW, hours(5)), (town.bo, hours(5), hours(24))]
    assert departures == [Departure(person_id=town.ana, desk_id=town.desk.id)]


def test_whoever_changes_rank_only_does_not_depart(session: Session, town: Town, departures: list[Departure]) -> None:
    put(session, town, turn(0, 24, town.ana))
    put(session, town, turn(0, 24, town.bo), turn(0, 24, town.ana, rank=1), at=5)
    assert departures == []


def test_only_people_of_the_body_take_a_turn_and_only_while_their_role_lasts(
    session: Session, ring: Keyring, town: Town
) -> None:
    other = make_organisation(session, NOW, name="Other")
    stranger = make_person(session, ring, NOW, roles=["coordinator"], org=other)
    for person in (stranger, UUID(int=7)):
        with pytest.raises(RoleMissing) as refused:
            put(session, town, turn(0, 24, person))
        assert refused.value.members == {"person_id": person}
    assign_role(session, stranger, role="triage", organisation_id=town.council, until=hours(12), now=NOW)
    with pytest.raises(RoleMissing):
        put(session, town, turn(0, 24, stranger))
    assert put(session, town, turn(0, 12, stranger), to=12)[0].person_id == stranger


def test_a_turn_outside_the_period_is_named_by_its_index(session: Session, town: Town) -> None:
    with pytest.raises(TurnMisplaced) as refused:
        put(session, town, turn(0, 24, town.ana), turn(30, 31, town.bo))
    assert refused.value.members == {"index": 1}


def test_a_turn_is_withdrawn_only_when_the_last_desk_stays_covered(
    session: Session, town: Town, departures: list[Departure]
) -> None:
    first, deputy = put(session, town, turn(0, 24, town.ana), turn(0, 24, town.bo, rank=1))
    with pytest.raises(LastDeskEmpty):
        withdraw_shift(session, first.id, now=hours(1))
    assert first.withdrawn_at is None
    withdraw_shift(session, deputy.id, now=hours(1))
    assert departures == [Departure(person_id=town.bo, desk_id=town.desk.id)]
    with pytest.raises(MoveRefused):
        withdraw_shift(session, deputy.id, now=hours(2))


def test_a_hand_over_note_is_sealed_and_every_reading_is_recorded(session: Session, ring: Keyring, town: Town) -> None:
    shift = put(session, town, turn(0, 24, town.ana))[0]
    assert read_hand_over(session, ring, shift.id, now=NOW) is None
    words = "Mrs Wang at number 7 waits for a call"
    hand_over(session, ring, shift.id, words, now=hours(23))
    assert shift.handover_note is not None
    assert b"Wang" not in shift.handover_note
    assert shift.during.upper == hours(24)
    hand_over(session, ring, shift.id, words + " at nine", now=hours(24))
    assert read_hand_over(session, ring, shift.id, now=hours(25)) == words + " at nine"
    assert events_of(session, f"desk:{town.desk.id}")[-3:] == [
        "TurnHandedOver", "TurnHandedOver", "HandoverNoteRead",
    ]  # fmt: skip
    assert "Wang" not in journal_text(session)


def test_whoever_hands_over_and_goes_leaves_no_minute_without_somebody(
    session: Session, ring: Keyring, town: Town, departures: list[Departure]
) -> None:
    shift = put(session, town, turn(0, 12, town.ana), turn(12, 24, town.bo))[0]
    with pytest.raises(LastDeskEmpty):
        hand_over(session, ring, shift.id, "I go", end_now=True, now=hours(11))
    put(session, town, turn(0, 11, town.ana), turn(11, 24, town.bo), at=2)
    assert departures == []
    running = who_is_on_duty(session, [town.desk.id], now=hours(10))[town.desk.id]
    assert [(one.person_id, one.until) for one in running] == [(town.ana, hours(11))]


def test_a_turn_at_another_desk_ends_with_the_hand_over_when_one_goes(
    session: Session, ring: Keyring, town: Town, departures: list[Departure]
) -> None:
    desk = create_desk(session, {"org_id": town.council, "kind": "duty", "name": "Day desk"}, now=NOW)
    shift = put_rota(session, desk.id, NOW, hours(8), [turn(0, 8, town.bo)], now=NOW)[0]
    hand_over(session, ring, shift.id, "I go", end_now=True, now=hours(7))
    assert who_is_on_duty(session, [desk.id], now=hours(7)) == {}
    assert departures == [Departure(person_id=town.bo, desk_id=desk.id)]


def test_an_incident_of_somebody_whose_turn_is_withdrawn_has_a_new_owner(session: Session, town: Town) -> None:
    desk = create_desk(session, {"org_id": town.council, "kind": "duty", "name": "Day desk"}, now=NOW)
    shift = put_rota(session, desk.id, NOW, hours(8), [turn(0, 8, town.bo)], now=NOW)[0]
    incident_id = open_incident(session, NOW, owner=Owner(town.council, desk.id, town.bo))
    withdraw_shift(session, shift.id, now=hours(1))
    assert session.get_one(Incident, incident_id).owner_desk_id == TOP_DESK_ID


def test_who_is_on_duty_here_now_names_desks_from_the_smallest_area_up(
    session: Session, ring: Keyring, town: Town
) -> None:
    put(session, town, turn(0, 12, town.bo, rank=1), turn(0, 12, town.ana), turn(12, 24, town.bo))
    desks = desks_at(session, desk_id=None, chain=[town.area_id])
    assert DIRECTORY.get(session).desks[TOP_DESK_ID] == desks[-1]
    shown = on_duty_now(session, ring, desks, now=hours(11))
    assert [desk["desk_id"] for desk in shown] == [town.desk.id, TOP_DESK_ID]
    assert [(one["name"], one["rank"]) for one in shown[0]["people"]] == [("Ana Lin", 0), ("Bo Chen", 1)]
    assert shown[1]["is_staffed"]
    unnamed = on_duty_now(session, None, desks, now=hours(13))[0]["people"]
    assert [(one["person_id"], one["name"]) for one in unnamed] == [(town.bo, None)]
    assert not on_duty_now(session, None, desks, now=hours(24))[0]["is_staffed"]


def test_my_duty_lists_my_running_and_next_turns(session: Session, town: Town) -> None:
    put(session, town, turn(0, 12, town.ana), turn(12, 24, town.bo))
    mine = my_duty(session, town.bo, now=hours(6))
    assert [one["from"] for one in mine["shifts"]] == [hours(12)]
    assert mine["on_duty"] is False
    assert my_duty(session, town.ana, now=hours(12))["shifts"] == []
