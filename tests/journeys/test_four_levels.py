"""Scenario A7, "Four levels, one quarrel": layers, floors and local rules; as far as these rooms go."""

import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend.areas.actions import import_areas
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as, db
from backend.policy.actions import PolicyImport, PolicyRefused, import_policy
from tests.conftest import NOW
from tests.journeys.steps import act, receipt, report, whole
from tests.support.baishi import TAOHUA, Baishi, places
from tests.support.people import sign_in

VILLAGE = """
layer: {area: taohua, name: Taohua Village}
rules:
  R15: {values: {radius_rural_m: 3000}}
  G4: {values: {action_s: 432000}}
"""
TOWN_NOW = """
layer: {area: liuyuan, name: Liuyuan Town}
rules:
  R14: {values: {start: 23, end: 7}}
"""
TOWN_LATER = """
layer: {area: liuyuan, name: Liuyuan Town}
rules:
  R14: {effective_from: "2026-04-01T00:00:00+08:00", values: {start: 21, end: 6}}
"""
TEAM_OF_ONE = "layer: {area: taohua, name: Taohua Village}\nrules: {R07: {values: {team: 1}}}"
NO_OPT_IN = "layer: {area: taohua, name: Taohua Village}\nrules: {R14: {values: {opt_in: false}}}"
MEDIATORS_LEAD = """
layer: {area: baishi, name: Baishi City}
rules:
  BS01:
    title: {en: Quarrels go to mediators, zh: 纠纷先调解}
    driven_by: [ReportReceived]
    categories: [CN05]
    when: "true"
    because: {en: it is a quarrel, zh: 属于纠纷}
    then: {lead: M}
"""
POLICE_LEAD = """
layer: {area: liuyuan, name: Liuyuan Town}
rules:
  LY01:
    title: {en: Quarrels always go to police, zh: 纠纷一律报警}
    driven_by: [ReportReceived]
    categories: [CN05]
    when: "true"
    because: {en: it is a quarrel, zh: 属于纠纷}
    then: {lead: P}
"""


def take(app: Flask, document: str, now: datetime = NOW) -> PolicyImport:
    """Import a layer as an administrator does."""
    with app.app_context():
        act_as(db.session(), SYSTEM)
        outcome = import_policy(db.session(), document=document, by="duty", now=now)
        db.session.commit()
        return outcome


def test_a_village_adapts_defaults_and_may_be_faster(app: Flask, world: Baishi) -> None:
    assert take(app, VILLAGE).added == 2
    assert take(app, VILLAGE).unchanged == 2


@pytest.mark.parametrize("document, names", [(TEAM_OF_ONE, ("R07", "2")), (NO_OPT_IN, ("R14",))])
def test_a_floor_is_not_loosened_and_the_refusal_names_it(
    app: Flask, world: Baishi, document: str, names: tuple[str, ...]
) -> None:
    with pytest.raises(PolicyRefused) as refused:
        take(app, document)
    said = json.dumps(refused.value.members["findings"], ensure_ascii=False)
    assert all(name in said for name in names)
    assert "Linli" in said


def test_rules_that_contradict_a_floor_are_blocked_with_the_pair(app: Flask, world: Baishi) -> None:
    take(app, MEDIATORS_LEAD)
    with pytest.raises(PolicyRefused) as refused:
        take(app, POLICE_LEAD)
    said = json.dumps(refused.value.members["findings"])
    assert {"LY01", "R06"} <= {name for name in ("LY01", "BS01", "R06") if name in said}


def test_quiet_hours_change_on_their_date_and_not_before(
    app: Flask, client: FlaskClient, clock: MovableClock, world: Baishi
) -> None:
    take(app, TOWN_NOW)
    take(app, TOWN_LATER)

    def quiet() -> dict[str, Any]:
        sent = report(client, kind="concern", category="CN04", text="A loud party", place=TAOHUA)
        decisions = whole(client, sign_in(client, "duty"), sent["incident"]["id"])["decisions"]
        hours: dict[str, Any] = decisions[0]["result"]["quiet_hours"]
        return hours

    assert (quiet()["start"], quiet()["end"]) == (23, 7)
    clock.advance(days=31)
    assert (quiet()["start"], quiet()["end"]) == (21, 6)


def test_a_noise_between_neighbours_goes_to_the_village_mediators_on_village_clocks(
    app: Flask, client: FlaskClient, world: Baishi
) -> None:
    take(app, VILLAGE)
    sent = report(client, kind="concern", category="CN04", text="The neighbour plays loud music at night", place=TAOHUA)
    assert sent["incident"]["status"] == "offered"
    tao = sign_in(client, "tao")
    incident = sent["incident"]["id"]
    assert [offer["incident_id"] for offer in client.get("/api/v1/offers", headers=tao).get_json()["items"]] == [
        incident
    ]
    found = whole(client, tao, incident)
    lengths = {
        clock["kind"]: datetime.fromisoformat(clock["due_at"]) - datetime.fromisoformat(clock["started_at"])
        for clock in found["clocks"]
    }
    # Five service days from a Monday on reach over a weekend.
    assert (lengths["contact"], lengths["action"]) == (timedelta(days=1), timedelta(days=7))
    said = [step["why"]["en"] for step in found["decisions"][0]["trace"] if step.get("why")]
    assert any("Taohua Village" in words and "Linli" in words for words in said)


@pytest.mark.parametrize(
    "category, local, promised",
    [
        ("CN04", "2026-03-06 17:00", "2026-03-09 17:00"),
        ("CN04", "2026-03-07 12:00", "2026-03-10 08:30"),
        ("DS06", "2026-03-07 12:00", "2026-03-07 12:10"),
    ],
)
def test_a_resident_is_promised_what_the_place_can_keep(
    client: FlaskClient, clock: MovableClock, world: Baishi, category: str, local: str, promised: str
) -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    made, due = (datetime.fromisoformat(text).replace(tzinfo=shanghai) for text in (local, promised))
    clock.advance(seconds=(made - clock.now()).total_seconds())
    sent = report(client, kind="concern", category=category, text="It goes on and on", place=TAOHUA)
    assert datetime.fromisoformat(sent["next_update_by"]) == due
    assert datetime.fromisoformat(receipt(client, sent)["next_update_by"]) == due
    clocks = whole(client, sign_in(client, "duty"), sent["incident"]["id"])["clocks"]
    assert min(datetime.fromisoformat(one["due_at"]) for one in clocks) == due


def test_a_fear_at_home_opens_apart_and_is_linked_to_nothing(client: FlaskClient, world: Baishi) -> None:
    noise = report(client, kind="concern", category="CN04", text="Shouting and loud music next door", place=TAOHUA)
    fear = report(
        client, kind="distress", category="DS04", text="Shouting at home, I am afraid of my husband", place=TAOHUA
    )
    assert fear["incident"]["grade"] <= 2
    duty = sign_in(client, "duty")
    assert whole(client, duty, fear["incident"]["id"])["links"] == []
    assert whole(client, duty, noise["incident"]["id"])["links"] == []
    tao = sign_in(client, "tao")
    assert fear["incident"]["id"] not in str(client.get("/api/v1/offers", headers=tao).get_json())
    assert whole(client, duty, fear["incident"]["id"])["safe_mode"] is True
    merged = client.post(
        f"/api/v1/incidents/{fear['incident']['id']}/merge", json={"into": noise["incident"]["id"]}, headers=duty
    )
    assert merged.status_code == 409
    assert "fear" not in str(receipt(client, noise))


def test_a_knife_just_now_is_g1_with_the_number_first(client: FlaskClient, world: Baishi) -> None:
    sent = report(
        client, kind="concern", category="CN05", text="He threatened me with a knife just now", danger_now=True,
        place=TAOHUA, voice="self",
    )  # fmt: skip
    assert (sent["incident"]["grade"], sent["incident"]["status"]) == (1, "received")
    assert sent["emergency"]["number"] == "110"
    result = whole(client, sign_in(client, "duty"), sent["incident"]["id"])["decisions"][0]["result"]
    assert "a" in result["police"]["letters"]
    assert result["police"]["allowed"] is False


def test_a_redrawn_village_governs_new_reports_and_leaves_open_ones_alone(
    app: Flask, client: FlaskClient, session: Session, world: Baishi
) -> None:
    take(app, VILLAGE)
    old = report(client, kind="concern", category="CN04", text="Loud music", place=TAOHUA)
    redrawn = json.loads(places())
    village = next(one for one in redrawn["features"] if one["properties"]["id"] == "taohua")
    ring = village["geometry"]["coordinates"][0]
    village["geometry"]["coordinates"] = [[[lon, lat - 0.04] for lon, lat in ring]]
    act_as(session, SYSTEM)
    import_areas(session, document=json.dumps(redrawn), source="baishi", by="duty", now=NOW)
    session.commit()
    new = report(client, kind="concern", category="CN04", text="Loud music again", place=TAOHUA | {"lat": 30.345})
    duty = sign_in(client, "duty")
    before, after = (whole(client, duty, sent["incident"]["id"]) for sent in (old, new))
    assert before["area_id"] == world.areas["taohua"]
    assert after["area_id"] == world.areas["liuyuan"]
    assert before["decisions"][0]["policy_version"] != after["decisions"][0]["policy_version"]
    assert act(client, duty, old["incident"]["id"], "acknowledge")["area_id"] == world.areas["taohua"]
