"""The code under duress is answered as the true one is: alike in every member and as long, whatever the grade was."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.kernel.database import SYSTEM, act_as
from tests.journeys.steps import report

CODES = {"cancel": "1234", "duress": "9876"}


def answers(client: FlaskClient, code: str, **said: Any) -> tuple[int, list[dict[str, Any]]]:
    """How long the answer to a code is, and what it and the next look say; without what is each report's own."""
    sent = report(client, kind="distress", codes=CODES, **said)
    headers = {"Authorization": f"Receipt {sent['receipt']}"}
    answer = client.post("/api/v1/receipt/cancel", json={"code": code}, headers=headers)
    assert answer.status_code == 200
    later = client.get("/api/v1/receipt", headers=headers).get_json()
    return len(answer.data), [without_ids(answer.get_json()), without_ids(later)]


def without_ids(said: Any) -> Any:
    if isinstance(said, list):
        return [without_ids(one) for one in said]
    if not isinstance(said, dict):
        return said
    return {name: without_ids(value) for name, value in said.items() if name != "id"}


@pytest.mark.parametrize("category", ["DS02", "DS05", "DS09", None])
@pytest.mark.parametrize("danger_now", [True, False])
def test_both_codes_are_answered_alike(client: FlaskClient, category: str | None, danger_now: bool) -> None:
    said: dict[str, Any] = {"danger_now": danger_now} | ({"category": category} if category else {})
    assert answers(client, "1234", **said) == answers(client, "9876", **said)


@pytest.mark.parametrize("code, grade", [("1234", 2), ("9876", 1)])
def test_only_the_code_under_duress_raises_the_alarm(
    client: FlaskClient, session: Session, code: str, grade: int
) -> None:
    answers(client, code, category="DS09")
    session.rollback()
    act_as(session, SYSTEM)
    assert session.scalars(text("SELECT grade FROM incident")).all() == [grade]
