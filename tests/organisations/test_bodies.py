"""Bodies, mandates and desks in the database (C01, C02)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.incidents.models import Incident
from backend.kernel import hooks
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.etags import etag_of
from backend.kernel.hooks import Departure
from backend.kernel.journal import broken_chains
from backend.kernel.problems import Conflict, Invalid, NotFound, Refusal
from backend.kernel.versions import ConfigVersion
from backend.organisations.actions.bodies import create_organisation, update_organisation
from backend.organisations.actions.closing import Closing, close_desk, closing_of, reopen_desk
from backend.organisations.actions.desks import create_desk, update_desk
from backend.organisations.actions.mandates import (
    accept_mandate,
    end_mandate,
    propose_mandate,
    suspend_mandate,
)
from backend.organisations.actions.rosters import put_rota
from backend.organisations.directory import TOP_DESK_ID, TOP_ORGANISATION_ID, Owner, load_directory
from backend.organisations.gaps import find_gaps
from backend.organisations.models import KINDS, Desk, Mandate, Organisation, Shift
from backend.organisations.refusals import (
    DeputyIsLead,
    EmptyPromise,
    LastDeskEmpty,
    LastDeskTaken,
    MayNotHold,
    MoveRefused,
    NameTaken,
    NoCommand,
    NotActive,
    OwnProfile,
    ParentLoop,
    SignatureMissing,
    SuccessorNeeded,
    SuccessorUnfit,
    TopDeskStays,
)
from backend.organisations.rules.closing import Part
from backend.organisations.sheet import sheet_of
from tests.conftest import NOW
from tests.organisations.conftest import Town, act_for, events_of, hours, turn
from tests.support.incidents import open_incident
from tests.support.people import make_organisation

MONTH = timedelta(days=30.5)


def profile(name: str = "Green Lane", **properties: Any) -> dict[str, Any]:
    return {
        "kind": "civic",
        "name": name,
        "purpose": "Helps neighbours",
        "neutrality": "neutral",
        "resource_modes": ["donations"],
        "methods": ["personnel"],
    } | properties


def terms(organisation_id: UUID, **properties: Any) -> dict[str, Any]:
    return {"org_id": organisation_id, "route": "NC", "role": "lead", "basis": "Charter"} | properties


def version_of(session: Session) -> int:
    return session.scalar(select(ConfigVersion.version).where(ConfigVersion.room == "organisations")) or 0


def test_a_body_of_each_kind_can_be_entered(session: Session) -> None:
    before = version_of(session)
    for kind in KINDS:
        create_organisation(session, profile(f"A {kind}", kind=kind), now=NOW)
    session.commit()
    act_as(session, SYSTEM)
    stored = session.scalars(select(Organisation).where(Organisation.name.startswith("A "))).all()
    assert {body.kind for body in stored} == set(KINDS)
    assert version_of(session) == before + len(KINDS)
    assert list(broken_chains(session)) == []


def test_a_name_is_taken_once(session: Session) -> None:
    create_organisation(session, profile(), now=NOW)
    with pytest.raises(NameTaken):
        create_organisation(session, profile(), now=NOW)


def test_a_body_cannot_be_above_itself(session: Session) -> None:
    above = create_organisation(session, profile("Above"), now=NOW)
    below = create_organisation(session, profile("Below", parent_id=above.id), now=NOW)
    with pytest.raises(ParentLoop):
        update_organisation(session, above.id, {"parent_id": below.id}, now=NOW)


def test_an_edit_of_what_changed_meanwhile_is_refused(session: Session) -> None:
    body = create_organisation(session, profile(), now=NOW)
    read = etag_of(body)
    update_organisation(session, body.id, {"purpose": "Cooks"}, if_match=read, now=NOW)
    with pytest.raises(Conflict):
        update_organisation(session, body.id, {"purpose": "Drives"}, if_match=read, now=NOW)
    assert body.purpose == "Cooks"


def test_nobody_assures_their_own_body_nor_gives_it_enforcement(session: Session, town: Town) -> None:
    act_for(session, town.ana, town.council)
    own_hand: list[dict[str, Any]] = [{"assured_on": NOW}, {"methods": ["administrative", "enforcement"]}]
    for changes in own_hand:
        with pytest.raises(OwnProfile):
            update_organisation(session, town.council, changes, now=NOW)
    other = make_organisation(session, NOW, name="Other")
    act_for(session, town.ana, other)
    assert update_organisation(session, town.council, own_hand[0], now=NOW).assured_by == f"person:{town.ana}"


def test_a_profile_assured_thirteen_months_ago_is_stale_and_on_the_gap_board(session: Session) -> None:
    body = create_organisation(session, profile(assured_on=NOW - 13 * MONTH), now=NOW)
    fresh = create_organisation(session, profile("Fresh", assured_on=NOW - 11 * MONTH), now=NOW)
    assert sheet_of(session, body.id, zone="UTC", now=NOW)["organisation"]["is_stale"]
    stale = {gap.organisation_id for gap in find_gaps(session, zone="UTC", now=NOW) if gap.kind == "profile_stale"}
    assert body.id in stale
    assert fresh.id not in stale


def test_an_enterprise_may_not_lead_violence_and_the_message_names_the_property(session: Session) -> None:
    body = create_organisation(session, profile("Dafeng Logistics", kind="enterprise"), now=NOW)
    with pytest.raises(MayNotHold) as refused:
        propose_mandate(session, terms(body.id, route="NC", category="DS03"), now=NOW)
    assert refused.value.members == {"property": "kind", "value": "enterprise"}
    assert "enterprise" in refused.value.detail["en"]
    assert "DS03" in refused.value.detail["en"]


@pytest.mark.parametrize(
    "properties, refusal",
    [
        ({"obligations": ["attend"], "capacity": {"people": 0.0}}, EmptyPromise),
        ({"obligations": ["attend"]}, EmptyPromise),
        ({"role": "advise", "rights": ["command"]}, NoCommand),
        ({"area_id": 999_999}, Invalid),
        ({"route": "CH"}, MayNotHold),
    ],
)
def test_a_mandate_that_cannot_be_kept_is_refused(
    session: Session, properties: dict[str, Any], refusal: type[Refusal]
) -> None:
    body = create_organisation(session, profile(), now=NOW)
    with pytest.raises(refusal):
        propose_mandate(session, terms(body.id, **properties), now=NOW)
    assert session.scalars(select(Mandate)).all() == []


def test_a_deputy_comes_from_another_body_that_may_lead_too(session: Session) -> None:
    lead = create_organisation(session, profile("Care", methods=["professional_care"]), now=NOW)
    lay = create_organisation(session, profile("Lay"), now=NOW)
    with pytest.raises(DeputyIsLead):
        propose_mandate(session, terms(lead.id, route="SW", deputy_org_id=lead.id), now=NOW)
    with pytest.raises(MayNotHold, match="Lay lacks the method professional_care"):
        propose_mandate(session, terms(lead.id, route="SW", deputy_org_id=lay.id), now=NOW)


def test_a_mandate_counts_only_once_its_body_has_signed_it(session: Session, town: Town) -> None:
    mandate = propose_mandate(session, terms(town.council), now=NOW)
    assert load_directory(session).mandates == ()
    with pytest.raises(SignatureMissing):
        accept_mandate(session, mandate.id, now=NOW)
    act_for(session, town.ana, town.council)
    accept_mandate(session, mandate.id, now=NOW)
    assert (mandate.accepted_by, mandate.accepted_at) == (f"person:{town.ana}", NOW)
    assert [entry.id for entry in load_directory(session).mandates] == [mandate.id]


def test_a_document_signed_elsewhere_is_recorded_with_who_recorded_it(session: Session, town: Town) -> None:
    mandate = propose_mandate(session, terms(town.council), now=NOW)
    accept_mandate(session, mandate.id, signed_by="Letter 7/2026, mayor's office", now=NOW)
    assert mandate.accepted_by == "system; Letter 7/2026, mayor's office"


def test_a_suspended_mandate_is_taken_up_again_and_an_ended_one_is_not(session: Session, town: Town) -> None:
    mandate = propose_mandate(session, terms(town.council), now=NOW)
    accept_mandate(session, mandate.id, signed_by="Letter", now=NOW)
    suspend_mandate(session, mandate.id, now=NOW)
    assert load_directory(session).mandates == ()
    accept_mandate(session, mandate.id, signed_by="Letter", now=NOW)
    end_mandate(session, mandate.id, now=hours(1))
    assert mandate.valid_to == hours(1)
    with pytest.raises(MoveRefused) as refused:
        accept_mandate(session, mandate.id, signed_by="Letter", now=hours(2))
    assert refused.value.members == {"state": "ended"}
    assert events_of(session, f"organisation:{town.council}") == [
        "MandateProposed", "MandateAccepted", "MandateSuspended", "MandateAccepted", "MandateEnded",
    ]  # fmt: skip


def test_ending_the_only_lead_shows_on_the_gap_board_until_another_takes_over(session: Session, town: Town) -> None:
    care = profile("Care", kind="health", methods=["professional_care"])
    first = create_organisation(session, care, now=NOW)
    second = create_organisation(session, care | {"name": "Second"}, now=NOW)
    crisis = {"route": "CH", "category": "DS06", "area_id": town.area_id}
    mandate = propose_mandate(session, terms(first.id, **crisis), now=NOW)
    accept_mandate(session, mandate.id, signed_by="Letter", now=NOW)
    assert "lead_missing" not in gap_kinds(session)
    assert "lead_without_deputy" in gap_kinds(session)
    end_mandate(session, mandate.id, now=NOW)
    assert "lead_missing" in gap_kinds(session)
    replacement = propose_mandate(session, terms(second.id, route="CH", deputy_org_id=first.id), now=NOW)
    accept_mandate(session, replacement.id, signed_by="Letter", now=NOW)
    assert gap_kinds(session).isdisjoint({"lead_missing", "lead_without_deputy"})


def gap_kinds(session: Session) -> set[str]:
    return {gap.kind for gap in find_gaps(session, zone="UTC", now=NOW)}


def test_a_profile_may_not_lose_what_its_mandates_need(session: Session) -> None:
    care = profile("Care", kind="health", methods=["professional_care"])
    body = create_organisation(session, care, now=NOW)
    propose_mandate(session, terms(body.id, route="CH"), now=NOW)
    with pytest.raises(MayNotHold):
        update_organisation(session, body.id, {"methods": ["material"]}, now=NOW)


def test_all_rights_and_duties_of_a_body_are_on_one_sheet(session: Session, town: Town) -> None:
    helper = make_organisation(session, NOW, name="Helper")
    promise = {"rights": ["be told"], "obligations": ["attend"], "capacity": {"people": 3.0}}
    own = propose_mandate(session, terms(town.council, deputy_org_id=helper, **promise), now=NOW)
    deputised = propose_mandate(session, terms(helper, deputy_org_id=town.council), now=NOW)
    ended = end_mandate(session, propose_mandate(session, terms(town.council), now=NOW).id, now=NOW)
    sheet = sheet_of(session, town.council, zone="UTC", now=NOW)
    assert sheet["mandates"] == [own]
    assert sheet["as_deputy"] == [deputised]
    assert ended not in sheet["mandates"]
    assert sheet["desks"] == [town.desk]
    assert {gap.kind for gap in sheet["gaps"]} == {"profile_stale", "last_desk_empty"}


def test_suspending_the_owner_of_three_incidents_gives_each_a_new_owner_at_once(session: Session, town: Town) -> None:
    owner = Owner(town.council, town.desk.id, None)
    incidents = [open_incident(session, NOW, owner=owner) for _ in range(3)]
    session.commit()
    act_for(session, town.ana, TOP_ORGANISATION_ID)
    assert session.scalars(select(Incident)).all() == []
    update_organisation(session, town.council, {"status": "suspended"}, now=hours(1))
    session.commit()
    act_as(session, SYSTEM)
    owners = session.execute(select(Incident.id, Incident.owner_org_id, Incident.owner_desk_id)).all()
    assert {row.id for row in owners} == set(incidents)
    assert {(row.owner_org_id, row.owner_desk_id) for row in owners} == {(TOP_ORGANISATION_ID, TOP_DESK_ID)}


@pytest.fixture
def departures(monkeypatch: pytest.MonkeyPatch) -> list[Departure]:
    """What the rooms above were told of departures."""
    told: list[Departure] = []

    def listen(_session: Session, departure: Departure, _now: object) -> None:
        told.append(departure)

    monkeypatch.setattr(hooks, "on_departure", [listen])
    return told


def test_a_change_does_not_happen_when_a_room_above_cannot_follow(
    session: Session, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no new owner")

    monkeypatch.setattr(hooks, "on_departure", [fail])
    with pytest.raises(RuntimeError):
        update_organisation(session, town.council, {"status": "suspended"}, now=NOW)
    session.rollback()
    act_as(session, SYSTEM)
    assert session.get_one(Organisation, town.council).status == "active"


def test_whoever_suspends_a_body_stays_bound_to_their_own_areas(
    session: Session, town: Town, departures: list[Departure]
) -> None:
    open_incident(session, NOW)
    act_for(session, town.ana)
    update_organisation(session, town.council, {"status": "suspended"}, now=NOW)
    assert departures == [Departure(organisation_id=town.council)]
    assert session.scalars(select(Incident)).all() == []


def test_a_body_that_leaves_has_no_mandate_any_more(session: Session, town: Town, departures: list[Departure]) -> None:
    mandate = propose_mandate(session, terms(town.council), now=NOW)
    with pytest.raises(SuccessorNeeded) as refused:
        update_organisation(session, town.council, {"status": "left"}, now=NOW)
    assert refused.value.members == {"parts": ["last_desk"], "desk_id": town.desk.id}
    close_desk(session, town.desk.id, successor_id=TOP_DESK_ID, now=NOW)
    departures.clear()
    update_organisation(session, town.council, {"status": "left"}, now=NOW)
    assert mandate.state == "ended"
    assert departures == [Departure(organisation_id=town.council)]
    with pytest.raises(NotActive):
        propose_mandate(session, terms(town.council), now=NOW)


def test_the_top_desk_and_its_body_stay(session: Session) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: update_organisation(session, TOP_ORGANISATION_ID, {"status": "suspended"}, now=NOW),
        lambda: close_desk(session, TOP_DESK_ID, now=NOW),
    ]
    for attempt in attempts:
        with pytest.raises(TopDeskStays):
            attempt()


def test_a_standing_that_does_not_follow_is_refused(session: Session) -> None:
    body = create_organisation(session, profile(status="invited"), now=NOW)
    with pytest.raises(MoveRefused):
        update_organisation(session, body.id, {"status": "suspended"}, now=NOW)


def test_an_area_has_one_last_desk(session: Session, town: Town) -> None:
    described = {"org_id": town.council, "kind": "buck_stops", "name": "Second"}
    with pytest.raises(LastDeskTaken) as refused:
        create_desk(session, described | {"area_id": town.area_id}, now=NOW)
    assert refused.value.members == {"desk_id": town.desk.id}
    with pytest.raises(LastDeskTaken):
        create_desk(session, described, now=NOW)


def test_a_closed_desk_has_no_rota_and_what_it_owned_moves_on(
    session: Session, town: Town, departures: list[Departure]
) -> None:
    turns = [turn(-1, 12, town.ana), turn(12, 24, town.bo)]
    put_rota(session, town.desk.id, hours(-1), hours(24), turns, now=hours(-1))
    close_desk(session, town.desk.id, successor_id=TOP_DESK_ID, now=NOW)
    assert departures == [Departure(desk_id=town.desk.id)]
    assert town.desk.id not in load_directory(session).desks
    ends = [shift.during.upper for shift in session.scalars(select(Shift)) if not shift.withdrawn_at]
    assert ends == [NOW]
    with pytest.raises(MoveRefused):
        close_desk(session, town.desk.id, now=NOW)


def test_a_last_desk_is_followed_by_one_that_answers_or_stays(session: Session, town: Town) -> None:
    described = {"org_id": town.council, "area_id": town.area_id, "kind": "duty", "name": "Day desk"}
    day = create_desk(session, described, now=NOW)
    other = create_desk(session, {"org_id": town.council, "kind": "organisation", "name": "Office"}, now=NOW)
    assert closing_of(session, town.desk, now=NOW) == Closing(
        (Part.LAST_DESK,), tuple(sorted((session.get_one(Desk, TOP_DESK_ID), day), key=lambda desk: desk.id))
    )
    with pytest.raises(SuccessorNeeded):
        close_desk(session, town.desk.id, now=NOW)
    with pytest.raises(SuccessorUnfit):
        close_desk(session, town.desk.id, successor_id=other.id, now=NOW)
    session.begin_nested()
    with pytest.raises(LastDeskEmpty):
        close_desk(session, town.desk.id, successor_id=day.id, now=NOW)
    session.rollback()


def test_the_successor_becomes_the_last_desk_and_a_closed_one_opens_again(session: Session, town: Town) -> None:
    described = {"org_id": town.council, "area_id": town.area_id, "kind": "duty", "name": "Day desk"}
    day = create_desk(session, described | {"always_staffed": True}, now=NOW)
    close_desk(session, town.desk.id, successor_id=day.id, now=NOW)
    assert [desk.id for desk in load_directory(session).last_desks_over([town.area_id])] == [day.id, TOP_DESK_ID]
    with pytest.raises(LastDeskTaken):
        reopen_desk(session, town.desk.id, now=NOW)
    close_desk(session, day.id, successor_id=TOP_DESK_ID, now=NOW)
    assert reopen_desk(session, town.desk.id, now=NOW).closed_at is None
    assert events_of(session, f"desk:{town.desk.id}")[-2:] == ["DeskClosed", "DeskReopened"]
    with pytest.raises(MoveRefused):
        reopen_desk(session, town.desk.id, now=NOW)


def test_a_last_desk_goes_over_to_a_rota_only_when_the_rota_covers_the_next_day(session: Session, town: Town) -> None:
    update_desk(session, town.desk.id, {"always_staffed": True}, now=NOW)
    put_rota(session, town.desk.id, NOW, hours(48), [turn(0, 23, town.ana)], now=NOW)
    with pytest.raises(LastDeskEmpty):
        update_desk(session, town.desk.id, {"always_staffed": False}, now=NOW)
    put_rota(session, town.desk.id, NOW, hours(48), [turn(0, 24, town.ana)], now=NOW)
    assert update_desk(session, town.desk.id, {"always_staffed": False}, now=NOW).always_staffed is False


def test_what_does_not_exist_is_not_found(session: Session) -> None:
    nothing = UUID(int=5)
    for attempt in (
        lambda: update_organisation(session, nothing, {}, now=NOW),
        lambda: end_mandate(session, nothing, now=NOW),
        lambda: close_desk(session, nothing, now=NOW),
        lambda: sheet_of(session, nothing, zone="UTC", now=NOW),
    ):
        with pytest.raises(NotFound):
            attempt()
