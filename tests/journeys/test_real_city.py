"""A real city: Boston's neighbourhoods are imported and residents' reports of several years go in over HTTP."""

import json
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.areas.actions import import_areas
from backend.kernel.journal import broken_chains
from tests.conftest import NOW, fresh_name
from tests.support.postgres import create_database, drop_database
from tests.support.shared import shared_file

FILES = ("random", "safety_keywords", "unsafe_conditions")
NAMESPACE = UUID("6d1f6d7e-33a5-4b3b-8f3e-9d5d0c6a1b11")
LABELS = Path(__file__).parent.parent / "intake" / "boston_labels.yaml"


@pytest.fixture
def database_url(postgres: str) -> Any:
    """An empty migrated database: Boston is no part of the invented world."""
    name = fresh_name()
    yield create_database(postgres, name, template="linli_template")
    drop_database(postgres, name)


def rows() -> list[dict[str, Any]]:
    """All 3,138 reports."""
    return [row for name in FILES for row in json.loads(shared_file(f"reports/boston_311_{name}.json").read_text())]


def as_report(row: dict[str, Any]) -> dict[str, Any]:
    """A service request of the city as one of ours."""
    return {
        "client_id": str(uuid5(NAMESPACE, row["service_request_id"])),
        "kind": "concern",
        "text": row["description"],
        "place": {"lat": row["lat"], "lon": row["long"], "landmark": row["address"]},
        "happened_at": row["requested_datetime"],
        "language": "en",
        "channel": "open311",
    }


@pytest.mark.slow
def test_every_report_of_boston_is_owned_with_a_trace_and_none_is_in_limbo(
    app: Flask, client: FlaskClient, session: Session, owner_session: Session
) -> None:
    document = shared_file("areas/boston_neighborhoods.geojson").read_text()
    import_areas(session, document=document, source="boston", by="test", now=NOW, repair=True)
    session.commit()
    statuses: Counter[int] = Counter()
    categories: dict[str, str | None] = {}
    for row in rows():
        answer = client.post("/api/v1/reports", json=as_report(row))
        statuses[answer.status_code] += 1
        categories[row["service_request_id"]] = answer.get_json()["incident"]["category"]
    assert statuses == {201: len(categories)}
    reached = sum(category is not None for category in categories.values()) / len(categories)
    print(f"\n{len(categories)} reports, all 201; {reached:.1%} reached a category with a reason")
    assert reached > 0.8

    def count(sql: str) -> int:
        return int(owner_session.execute(text(sql)).scalar_one())

    assert count("SELECT count(*) FROM incident") == len(categories)
    assert count("SELECT count(*) FROM incident WHERE owner_org_id IS NULL OR owner_desk_id IS NULL") == 0
    assert count("SELECT count(*) FROM ownership WHERE upper_inf(during)") == len(categories)
    assert count("SELECT count(*) FROM decision WHERE jsonb_array_length(trace) > 0") == len(categories)
    assert count("SELECT count(DISTINCT incident_id) FROM clock WHERE state = 'running'") == len(categories)
    inside = count("SELECT count(*) FROM incident WHERE area_id IS NOT NULL") / len(categories)
    print(f"{inside:.1%} lie inside a neighbourhood, the rest are owned by the top desk")
    assert inside > 0.95
    assert list(broken_chains(owner_session)) == []
    again = client.post("/api/v1/reports", json=as_report(rows()[0]))
    assert (again.status_code, count("SELECT count(*) FROM report")) == (200, len(categories))
    labels = {code: label for part in yaml.safe_load(LABELS.read_text()).values() for code, label in part.items()}
    agreed = sum(
        (categories[code] or "none") in {label["best"], *label.get("also", [])} for code, label in labels.items()
    )
    print(f"{agreed} of {len(labels)} rows checked by hand agree")
    assert len(labels) >= 60
    assert agreed / len(labels) > 0.8
