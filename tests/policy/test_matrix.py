"""The matrix of mandates: gaps and overlaps are named (C02)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.areas.actions import import_areas
from backend.areas.models import Area
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.ids import new_id
from backend.kernel.versions import bump
from backend.organisations.models import Desk, Mandate
from backend.policy.matrix.rules import Holder, Verdict, verdict_of, words_of
from tests.areas.test_api import TOWN
from tests.conftest import NOW
from tests.support.people import make_organisation, make_person, sign_in

CARE, CLINIC = UUID(int=1), UUID(int=2)


def holder(body: UUID = CARE, role: str = "lead", area: int | None = 1, **more: Any) -> Holder:
    names = {CARE: {"en": "Care", "zh": "关怀"}, CLINIC: {"en": "Clinic", "zh": "诊所"}}[body]
    told: dict[str, Any] = {"category": None, "has_deputy": True, "has_desk": True, "is_own": True} | more
    return Holder(new_id(), body, names, role, area, **told)


@pytest.mark.parametrize(
    "holders, route, verdict",
    [
        ([], "CH", Verdict.GAP),
        ([], "V", Verdict.DESK),
        ([], "DESK", Verdict.DESK),
        ([holder(role="support")], "CH", Verdict.GAP),
        ([holder()], "CH", Verdict.FINE),
        ([holder(has_deputy=False)], "CH", Verdict.NO_DEPUTY),
        ([holder(has_desk=False)], "CH", Verdict.GAP),
        ([holder(), holder(CLINIC)], "CH", Verdict.OVERLAP),
        ([holder(), holder(CARE)], "CH", Verdict.FINE),
        ([holder(category="DS06"), holder(CLINIC)], "CH", Verdict.FINE),
        ([holder(), holder(CLINIC, area=None)], "CH", Verdict.FINE),
    ],
)
def test_a_cell_is_judged(holders: list[Holder], route: str, verdict: Verdict) -> None:
    assert verdict_of(holders, route=route) is verdict


def test_a_verdict_is_said_in_both_languages() -> None:
    names: Mapping[str, str] = {"en": "crisis", "zh": "危机"}
    place = {"en": "East", "zh": "东区"}
    words = words_of(Verdict.OVERLAP, [holder(), holder(CLINIC)], category=names, area=place)
    assert words["en"] == "Care, Clinic all lead crisis in East. Care is asked first."
    assert words["zh"] == "东区的“危机”由关怀、诊所同时牵头。先询问关怀。"
    assert words_of(Verdict.GAP, [], category=names, area=place)["en"] == (
        "Nobody leads crisis in East. Reports stay with the desk."
    )


def test_the_matrix_of_a_town_names_what_its_wards_lack(app: Flask, session: Session, client: FlaskClient) -> None:
    import_areas(session, document=TOWN, source="town", by="a test", now=NOW)
    session.commit()
    act_as(session, SYSTEM)
    ids = {area.source_id: area.id for area in session.scalars(select(Area))}
    body = make_organisation(session, NOW, kind="health", methods=["professional_care"])
    session.add(
        Desk(id=new_id(), org_id=body, area_id=ids["east"], kind="organisation", name="D", names={"en": "D"},
             always_staffed=False)
    )  # fmt: skip
    session.add(
        Mandate(
            id=new_id(), org_id=body, area_id=ids["east"], category=None, route="CH", phase="respond", role="lead",
            rights=[], obligations=[], capacity={}, basis="b", valid_from=NOW - timedelta(days=1), state="accepted",
        )
    )  # fmt: skip
    bump(session, "organisations")
    make_person(session, app.extensions["linli"].keyring, NOW, roles=["auditor"], org=body, login="audit")
    headers = sign_in(client, "audit")
    said = client.get(f"/api/v1/mandates/matrix?area={ids['city']}", headers=headers).get_json()
    assert [area["name"] for area in said["areas"]] == ["River Town", "100% West", "EAST"]
    crisis = next(row for row in said["rows"] if row["category"] == "DS06")
    assert [(cell["area_id"], cell["verdict"]) for cell in crisis["cells"]] == [
        (ids["city"], "gap"),
        (ids["west"], "gap"),
        (ids["east"], "no_deputy"),
    ]
    assert said["gaps"] > 2
    assert client.get("/api/v1/mandates/matrix?area=99999", headers=headers).status_code == 404
    assert client.get("/api/v1/mandates/matrix?phase=recover", headers=headers).get_json()["without_deputy"] == 0
