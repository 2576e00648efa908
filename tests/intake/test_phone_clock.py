"""A phone whose clock is wrong loses no report and no place; only what its clock said is not believed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.incidents.models import Report
from backend.kernel.database import SYSTEM, act_as
from tests.conftest import NOW
from tests.journeys.steps import report

HERE = {"lat": 30.45, "lon": 120.45, "accuracy_m": 20}
CASES = [
    ("a minute ago", timedelta(minutes=-1), True, True),
    ("a little ahead", timedelta(minutes=2), True, True),
    ("a year ahead", timedelta(days=365), False, False),
    # A report may have waited on the phone so long; a position that is told now cannot have.
    ("a day ago", timedelta(days=-1), True, False),
]


@pytest.mark.parametrize(
    "shift, is_believed", [(shift, first) for _, shift, first, _ in CASES], ids=[c[0] for c in CASES]
)
def test_a_report_is_taken_whatever_the_clock_of_the_phone_says(
    client: FlaskClient, session: Session, shift: timedelta, is_believed: bool
) -> None:
    said_at = NOW + shift
    report(client, kind="concern", category="CN01", text="x", place=HERE | {"taken_at": said_at.isoformat()})
    assert stored(session) == (30.45, said_at if is_believed else None)


@pytest.mark.parametrize("shift, is_believed", [(shift, now) for _, shift, _, now in CASES], ids=[c[0] for c in CASES])
def test_a_position_of_an_alarm_is_taken_whatever_the_clock_of_the_phone_says(
    client: FlaskClient, session: Session, shift: timedelta, is_believed: bool
) -> None:
    sent = report(client, kind="distress", danger_now=True)
    said_at = NOW + shift
    answer = move(client, sent, taken_at=said_at)
    assert answer.status_code == 200
    assert stored(session) == (30.45, said_at if is_believed else NOW)


def stored(session: Session) -> tuple[float | None, datetime | None]:
    session.rollback()
    act_as(session, SYSTEM)
    found = session.execute(select(Report.lat, Report.located_at)).one()
    return found.lat, found.located_at


def move(client: FlaskClient, sent: dict[str, Any], *, taken_at: datetime) -> Any:
    body = HERE | {"taken_at": taken_at.isoformat()}
    return client.post("/api/v1/receipt/location", json=body, headers={"Authorization": f"Receipt {sent['receipt']}"})
