"""What was reported before counts when a report comes in: R12's third report, R13's offer of case work, R22's checks."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.incidents.models import Report
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as
from backend.policy.models import StoredDecision
from tests.bench.statements import counted
from tests.journeys.steps import report
from tests.support.baishi import NANMEN

MEI = {"email": "Mei@example.org", "consent": True}
SAME_MEI = {"email": "mei@example.ORG"}
ELSEWHERE = {"lat": NANMEN["lat"] + 0.001, "lon": NANMEN["lon"]}  # about 110 m
NEXT_DOOR = {"lat": NANMEN["lat"] + 0.0001, "lon": NANMEN["lon"]}  # about 11 m


def decided(session: Session, sent: Mapping[str, Any]) -> StoredDecision:
    """The decision about a report."""
    act_as(session, SYSTEM)
    found = select(StoredDecision).where(StoredDecision.incident_id == sent["incident"]["id"])
    return session.scalars(found).one()


def welfare(client: FlaskClient, **said: Any) -> dict[str, Any]:
    """Somebody says that they are not well."""
    base = {"kind": "concern", "category": "CN12", "text": "I cannot cope", "voice": "self", "contact": MEI}
    return report(client, **base | {"place": NANMEN} | said)


def noise(client: FlaskClient, **said: Any) -> dict[str, Any]:
    """Somebody complains of noise."""
    return report(client, **{"kind": "concern", "category": "CN04", "text": "drilling", "place": NANMEN} | said)


@pytest.mark.usefixtures("world")
class TestRepeats:
    def test_a_persons_own_second_welfare_report_leads_to_an_offer_of_case_work(
        self, client: FlaskClient, session: Session
    ) -> None:
        first = welfare(client)
        second = welfare(client, contact=SAME_MEI, place=ELSEWHERE)
        assert "case_work" not in decided(session, first).result["offers"]
        assert "case_work" in decided(session, second).result["offers"]
        assert decided(session, second).inputs["repeat_30d"] == 1

    def test_the_third_report_in_thirty_days_raises_the_grade(self, client: FlaskClient, clock: MovableClock) -> None:
        grades = []
        for _ in range(3):
            grades.append(welfare(client)["incident"]["grade"])
            clock.advance(days=3)
        assert grades[0] == grades[1] == grades[2] + 1

    def test_after_thirty_days_it_begins_anew(self, client: FlaskClient, clock: MovableClock, session: Session) -> None:
        welfare(client)
        clock.advance(days=31)
        assert decided(session, welfare(client)).inputs["repeat_30d"] == 0

    @pytest.mark.parametrize(
        ("said", "counted"),
        [
            ({"place": NEXT_DOOR}, 1),
            ({"place": ELSEWHERE}, 0),
            ({"place": NEXT_DOOR, "category": "CN01"}, 0),
            ({"place": {"landmark": "by the gate"}}, 0),
        ],
    )
    def test_where_nobody_speaks_for_themselves_the_same_matter_at_the_same_place_repeats(
        self, client: FlaskClient, session: Session, said: dict[str, Any], counted: int
    ) -> None:
        noise(client)
        assert decided(session, noise(client, **said)).inputs["repeat_30d"] == counted

    def test_a_report_that_was_taken_back_does_not_count(self, client: FlaskClient, session: Session) -> None:
        sent = noise(client, contact=MEI)
        receipt = {"Authorization": f"Receipt {sent['receipt']}"}
        assert client.post("/api/v1/receipt/withdraw", json={}, headers=receipt).status_code == 200
        assert decided(session, noise(client, contact=MEI)).inputs["reports_24h_same_source"] == 0

    def test_one_source_that_keeps_reporting_one_household_opens_a_review(
        self, client: FlaskClient, clock: MovableClock, session: Session
    ) -> None:
        for _ in range(4):
            last = noise(client, contact=MEI)
            clock.advance(days=1)
        assert decided(session, last).result["reviews"] == []
        assert "harassment" in decided(session, noise(client, contact=MEI)).result["reviews"]

    def test_a_busy_source_is_checked_in_parallel_and_never_slowed(self, client: FlaskClient, session: Session) -> None:
        places = [{"lat": NANMEN["lat"] + 0.01 * at, "lon": NANMEN["lon"]} for at in range(4)]
        last = [noise(client, contact=MEI, place=place) for place in places][-1]
        result = decided(session, last).result
        assert "verify_in_parallel" in result["needs"]
        assert "slow_because_of_source" in result["forbids"]

    @pytest.mark.parametrize("said", [{"anonymous": True, "contact": MEI}, {}])
    def test_who_leaves_no_address_is_not_told_apart(
        self, client: FlaskClient, session: Session, said: dict[str, Any]
    ) -> None:
        for _ in range(5):
            last = noise(client, **said)
        assert decided(session, last).inputs["reports_24h_same_source"] == 0
        assert session.scalars(select(Report.source)).unique().all() == [None]

    def test_the_source_is_a_keyed_hash_and_no_address(self, client: FlaskClient, session: Session) -> None:
        noise(client, contact=MEI)
        act_as(session, SYSTEM)
        source = session.scalars(select(Report.source)).one()
        assert source is not None
        assert len(source) == 32
        assert b"mei" not in source.lower()


@pytest.mark.usefixtures("world")
def test_what_lies_around_costs_one_statement(app: Flask, client: FlaskClient) -> None:
    noise(client, contact=MEI)
    with counted(app) as sent:
        noise(client, contact=MEI)
    assert len(sent) == 5
    assert len([one for one in sent if "INSERT INTO" not in one]) == 2  # whom it acts for, and what lies around
    assert sum("json_agg" in one for one in sent) == 1
