"""People, roles, credentials and duty in the database (C34, R18, INV-15)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from backend.kernel import hooks
from backend.kernel.hooks import CompetenceLost, Departure
from backend.kernel.journal import broken_chains
from backend.kernel.problems import NotFound
from backend.kernel.sealed import Keyring, RecordKey
from backend.organisations.actions.credentials import (
    expire_credentials,
    issue_credential,
    levels_at,
    move_credential,
)
from backend.organisations.actions.duty import end_expired_duty, set_duty
from backend.organisations.actions.people import assign_role, create_person, end_role, leave, update_person
from backend.organisations.actions.rosters import put_rota
from backend.organisations.models import Credential, Person, Responder, RoleAssignment, Shift
from backend.organisations.positions import coarse
from backend.organisations.reading import open_people, person_detail
from backend.organisations.refusals import (
    CredentialOver,
    DutyTooLong,
    LastAdministrator,
    MoveRefused,
    OwnCredential,
    PlaceMissing,
    PoliceWall,
    RoleMissing,
)
from tests.conftest import NOW
from tests.organisations.conftest import Town, act_for, events_of, hours, journal_text, turn
from tests.support.people import make_organisation, make_person

SOMEBODY = {
    "name": "Zhao Min 赵敏",
    "email": "zhao@example.org",
    "phone": "+886 900 000 001",
    "language": "zh",
}
HOME = {"lat": 24.80312, "lon": 120.96875}


@pytest.fixture
def departures(monkeypatch: pytest.MonkeyPatch) -> list[Departure]:
    """What the rooms above were told of departures."""
    told: list[Departure] = []

    def listen(_session: Session, departure: Departure, _now: object) -> None:
        told.append(departure)

    monkeypatch.setattr(hooks, "on_departure", [listen])
    return told


@pytest.fixture
def losses(monkeypatch: pytest.MonkeyPatch) -> list[CompetenceLost]:
    """What the rooms above were told of lost credentials."""
    told: list[CompetenceLost] = []

    def listen(_session: Session, loss: CompetenceLost, _now: object) -> None:
        told.append(loss)

    monkeypatch.setattr(hooks, "on_competence_lost", [listen])
    return told


def test_a_person_is_stored_sealed_and_the_journal_holds_nothing_personal(
    session: Session, ring: Keyring, town: Town
) -> None:
    described = SOMEBODY | {"role": "volunteer", "organisation_id": town.council, "area_id": town.area_id}
    person = create_person(session, ring, described, now=NOW)
    update_person(session, ring, person.id, {"phone": "+886 900 000 002", "language": "en"}, now=NOW)
    stored = session.execute(text("SELECT person::text FROM person")).scalars().all()
    written = " ".join(stored) + journal_text(session)
    for secret in ("Zhao", "example.org", "900 000"):
        assert secret not in written
        assert secret.encode().hex() not in written
    shown = person_detail(session, ring, person.id, now=NOW)
    assert (shown["name"], shown["phone"]) == (SOMEBODY["name"], "+886 900 000 002")
    assert [role.role for role in shown["roles"]] == ["volunteer"]
    assert person_detail(session, None, person.id, now=NOW)["name"] is None
    assert list(broken_chains(session)) == []


def test_an_erased_key_leaves_a_person_without_a_name(session: Session, ring: Keyring, town: Town) -> None:
    session.execute(delete(RecordKey).where(RecordKey.record_id == town.ana))
    people = session.scalars(select(Person).where(Person.id.in_([town.ana, town.bo]))).all()
    opened = open_people(session, ring, people)
    assert (opened[town.ana]["name"], opened[town.bo]["name"]) == (None, "Bo Chen")


def test_whoever_leaves_has_no_role_no_turn_and_no_duty_and_owns_nothing(
    session: Session, ring: Keyring, town: Town, departures: list[Departure]
) -> None:
    turns = [turn(-2, 6, town.ana), turn(6, 12, town.bo)]
    put_rota(session, town.desk.id, hours(-2), hours(12), turns, now=hours(-2))
    set_duty(session, town.ana, {"on_duty": True, "until": hours(4), "place": HOME}, now=NOW)
    leave(session, town.ana, now=NOW)
    assert departures == [Departure(person_id=town.ana)]
    assert session.scalars(select(Shift.person_id).where(Shift.during.contains(hours(3)))).all() == []
    responder = session.get_one(Responder, town.ana)
    assert (responder.available, responder.on_duty_until) == (False, None)
    assert person_detail(session, ring, town.ana, now=NOW)["roles"] == []
    assert events_of(session, f"desk:{town.desk.id}")[-2:] == ["TurnsEnded", "LastDeskUncovered"]
    with pytest.raises(NotFound):
        update_person(session, ring, town.ana, {"language": "en"}, now=NOW)


def test_the_last_administrator_stays(session: Session, ring: Keyring, town: Town) -> None:
    first = make_person(session, ring, NOW, roles=["administrator"], org=town.council)
    role = session.scalars(select(RoleAssignment).where(RoleAssignment.person_id == first)).one()
    with pytest.raises(LastAdministrator):
        leave(session, first, now=NOW)
    with pytest.raises(LastAdministrator):
        end_role(session, first, role.id, now=NOW)
    make_person(session, ring, NOW, roles=["administrator"], org=town.council)
    assert leave(session, first, now=NOW).left_at == NOW


def test_the_last_role_in_a_body_takes_its_turns_along(
    session: Session, town: Town, departures: list[Departure]
) -> None:
    put_rota(session, town.desk.id, NOW, hours(8), [turn(0, 8, town.bo)], now=hours(-1))
    extra = assign_role(session, town.bo, role="responder", organisation_id=town.council, now=NOW)
    end_role(session, town.bo, extra.id, now=NOW)
    assert departures == []
    held = select(RoleAssignment).where(RoleAssignment.person_id == town.bo, RoleAssignment.id != extra.id)
    last = session.scalars(held).first()
    assert last is not None
    end_role(session, town.bo, last.id, now=NOW)
    assert departures == [Departure(person_id=town.bo, organisation_id=town.council)]
    assert session.scalars(select(Shift.withdrawn_at)).all() == [NOW]
    with pytest.raises(NotFound):
        end_role(session, town.bo, last.id, now=NOW)


def test_the_same_role_again_only_moves_its_end(session: Session, town: Town) -> None:
    first = assign_role(session, town.bo, role="triage", organisation_id=town.council, now=NOW)
    again = assign_role(session, town.bo, role="triage", organisation_id=town.council, until=hours(10), now=NOW)
    assert (again.id, again.until) == (first.id, hours(10))
    elsewhere = assign_role(
        session, town.bo, role="triage", organisation_id=town.council, area_id=town.area_id, now=NOW
    )
    assert elsewhere.id != first.id


def test_police_and_other_roles_are_never_held_together(session: Session, ring: Keyring, town: Town) -> None:
    police = make_organisation(session, NOW, name="Police", kind="police", methods=["enforcement"])
    officer = make_person(session, ring, NOW, roles=["police"], org=police)
    for person, role, body in (
        (town.bo, "police", town.council),
        (town.bo, "police", police),
        (officer, "volunteer", town.council),
    ):
        with pytest.raises(PoliceWall):
            assign_role(session, person, role=role, organisation_id=body, now=NOW)
    assert assign_role(session, officer, role="supervisor", organisation_id=police, now=NOW).role == "supervisor"


def issue(session: Session, person: UUID, level: str = "qualified", days: float = 1) -> Credential:
    return issue_credential(
        session, person, type_="child_safeguarding", level=level, valid_to=NOW + timedelta(days=days), now=NOW
    )


def test_a_credential_expires_by_time_without_any_job(session: Session, town: Town) -> None:
    issue(session, town.bo)
    assert levels_at(session, [town.bo], now=hours(23)) == {town.bo: {"child_safeguarding": "qualified"}}
    assert levels_at(session, [town.bo], now=hours(24)) == {town.bo: {}}


def test_the_sweep_marks_what_time_has_ended_and_withdraws_its_tasks_once(
    session: Session, town: Town, losses: list[CompetenceLost]
) -> None:
    credential = issue(session, town.bo)
    assert expire_credentials(session, now=hours(23)) == 0
    assert expire_credentials(session, now=hours(24)) == 1
    assert expire_credentials(session, now=hours(25)) == 0
    assert credential.state == "expired"
    assert losses == [CompetenceLost(town.bo, "child_safeguarding")]
    assert issue(session, town.bo, days=40).state == "active"


def test_nobody_certifies_themselves(session: Session, town: Town) -> None:
    credential = issue(session, town.ana)
    act_for(session, town.ana, town.council)
    with pytest.raises(OwnCredential):
        issue(session, town.ana, days=500)
    with pytest.raises(OwnCredential):
        move_credential(session, town.ana, credential.id, "suspend", now=NOW)
    assert issue(session, town.bo).issued_by == f"person:{town.ana}"


def test_a_lost_credential_withdraws_tasks_at_once_and_can_be_restored(
    session: Session, town: Town, losses: list[CompetenceLost]
) -> None:
    credential = issue(session, town.bo)
    lost = CompetenceLost(town.bo, "child_safeguarding")
    move_credential(session, town.bo, credential.id, "suspend", now=NOW)
    assert losses == [lost]
    with pytest.raises(MoveRefused):
        issue(session, town.bo)
    move_credential(session, town.bo, credential.id, "restore", now=NOW)
    assert levels_at(session, [town.bo], now=NOW) == {town.bo: {"child_safeguarding": "qualified"}}
    issue(session, town.bo, level="trainee")
    move_credential(session, town.bo, credential.id, "revoke", now=NOW)
    assert losses == [lost] * 3
    with pytest.raises(CredentialOver):
        move_credential(session, town.bo, credential.id, "restore", now=hours(24))
    assert events_of(session, f"person:{town.bo}")[-4:] == [
        "CredentialSuspended", "CredentialRestored", "CredentialIssued", "CredentialRevoked",
    ]  # fmt: skip


def test_a_credential_ends_in_the_future_and_belongs_to_its_person(session: Session, town: Town) -> None:
    with pytest.raises(CredentialOver):
        issue(session, town.bo, days=0)
    credential = issue(session, town.bo)
    with pytest.raises(NotFound):
        move_credential(session, town.ana, credential.id, "revoke", now=NOW)


def test_the_exact_place_exists_only_while_on_duty(session: Session, town: Town) -> None:
    responder = set_duty(session, town.bo, {"on_duty": True, "until": hours(8), "place": HOME}, now=NOW)
    assert (responder.lat, responder.lon, responder.available) == (HOME["lat"], HOME["lon"], True)
    exact_cells = (responder.cell_8, responder.cell_6)
    set_duty(session, town.bo, {"on_duty": False}, now=hours(1))
    centre = coarse(**HOME)
    assert (responder.lat, responder.lon) == (centre.lat, centre.lon) != (HOME["lat"], HOME["lon"])
    assert (responder.cell_8, responder.cell_6) == exact_cells
    assert responder.on_duty_until is None
    assert str(HOME["lat"]) not in journal_text(session)


def test_duty_ends_by_itself_and_takes_the_exact_place_along(session: Session, town: Town) -> None:
    set_duty(session, town.bo, {"on_duty": True, "until": hours(8), "place": HOME}, now=NOW)
    assert end_expired_duty(session, now=hours(7)) == 0
    assert end_expired_duty(session, now=hours(8)) == 1
    assert end_expired_duty(session, now=hours(9)) == 0
    responder = session.get_one(Responder, town.bo)
    assert (responder.lat, responder.on_duty_until) == (coarse(**HOME).lat, None)


def test_coarse_stays_as_it_is() -> None:
    once = coarse(**HOME)
    assert coarse(lat=once.lat, lon=once.lon) == once


@pytest.mark.parametrize(
    "wish",
    [
        {"on_duty": True, "place": HOME},
        {"on_duty": True, "place": HOME, "until": None},
        {"on_duty": True, "place": HOME, "until": NOW},
        {"on_duty": True, "place": HOME, "until": NOW + timedelta(hours=24, seconds=1)},
    ],
)
def test_duty_ends_within_a_day(session: Session, town: Town, wish: Mapping[str, Any]) -> None:
    with pytest.raises(DutyTooLong):
        set_duty(session, town.bo, wish, now=NOW)


def test_who_can_be_called_needs_a_place_and_a_body(session: Session, ring: Keyring, town: Town) -> None:
    with pytest.raises(PlaceMissing):
        set_duty(session, town.bo, {"on_duty": False}, now=NOW)
    nobody = create_person(session, ring, SOMEBODY, now=NOW)
    with pytest.raises(RoleMissing):
        set_duty(session, nobody.id, {"on_duty": False, "place": HOME}, now=NOW)
    home = set_duty(session, town.bo, {"on_duty": False, "place": HOME, "nights": True}, now=NOW)
    assert (home.org_id, home.available, home.nights, home.daily_cap) == (town.council, False, True, 3)
