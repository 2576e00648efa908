"""A disk that is full is no fault of ours and no acknowledgement: whoever reports is told to send again."""

from uuid import uuid4

import psycopg
import pytest
from flask.testing import FlaskClient

TABLES = ("report", "incident", "event", "clock", "ownership", "delivery", "record_key")
FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION full_disk()
"""


def send(client: FlaskClient) -> tuple[int, bool]:
    """Status of a report's answer, and whether it says what to do."""
    report = {"client_id": str(uuid4()), "kind": "concern", "text": "A cover is loose in front of the school"}
    answer = client.post("/api/v1/reports", json=report)
    return answer.status_code, bool(answer.get_json().get("advice"))


@pytest.mark.parametrize("table", TABLES)
def test_a_report_that_the_disk_does_not_take_is_refused_with_advice(
    database_url: str, client: FlaskClient, table: str
) -> None:
    assert send(client)[0] == 201
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(FULL.format(table=table).encode())
        try:
            assert [send(client) for _ in range(4)] == [(503, True)] * 4
        finally:
            owner.execute(f"DROP TRIGGER full_disk ON {table}; DROP FUNCTION full_disk()".encode())
    assert send(client)[0] == 201
