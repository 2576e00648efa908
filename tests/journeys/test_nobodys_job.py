"""Scenario A3, "Nobody's job": no limbo, conflict between bodies, care before force; as far as these rooms go."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.kernel.clock import MovableClock
from tests.journeys.steps import act, pass_time, receipt, refused, report, whole
from tests.support.baishi import NANMEN, Baishi
from tests.support.people import sign_in

SAID = "A man is shouting at the traffic and seems very distressed. He has no weapon."


def test_a_man_in_distress_is_never_nobodys_job(
    app: Flask, client: FlaskClient, clock: MovableClock, world: Baishi, owner_session: Session
) -> None:
    li, wei, he, duty = (sign_in(client, login) for login in ("li", "wei", "he", "duty"))
    care, station = world.bodies["Crisis Care Team"], world.bodies["Nanmen Social Work Station"]
    police = world.bodies["Baishi Police"]

    # 1: G2, the desk owns; the offer to the crisis team lapses and the desk still owns.
    sent = report(client, kind="concern", category="DS06", text=SAID, place=NANMEN, voice="witness")
    incident = sent["incident"]["id"]
    assert (sent["incident"]["grade"], sent["incident"]["status"]) == (2, "received")
    assert sent["owner"]["label"] == "Nanmen Residents' Committee desk"
    triaged = act(client, li, incident, "triage", category="DS06", grade=2)
    assert triaged["status"] == "offered"
    assert [(offer.org_id, offer.route) for offer in offered(owner_session, incident)] == [(care, "CH")]
    pass_time(app, clock, minutes=10, seconds=1)

    # 2: the fallback chain reaches the social workers; police are not offered anything.
    asked = offered(owner_session, incident)
    assert [(offer.org_id, offer.state) for offer in asked] == [(care, "lapsed"), (station, "proposed")]
    assert owner(client, li, incident) == "Nanmen Residents' Committee desk"

    # 3: the desk asks police, first without a letter, then with one; police decline; the owner is unchanged.
    ask = {"route": "P", "organisation_id": str(police)}
    assert refused(client, li, incident, "offer", **ask)["code"] == "police-need-letter"
    act(client, li, incident, "offer", **ask, letter="c")
    assert refused(client, wei, incident, "decline")["code"] == "unsuitable"
    act(client, wei, incident, "decline", reason="none of the cases of R06 is given")
    assert owner(client, li, incident) == "Nanmen Residents' Committee desk"
    assert receipt(client, sent)["owner"]["label"] == "Nanmen Residents' Committee desk"

    # 5: the duty officer hands the lead to the social workers; ownership moves with the read-back and not before.
    sbar = {"situation": "man in distress at the crossing", "recommendation": "social work leads, police out of sight"}
    act(client, duty, incident, "hand-over", organisation_id=str(station), **sbar)
    assert owner(client, li, incident) == "Nanmen Residents' Committee desk"
    assert refused(client, he, incident, "accept")["code"] == "unsuitable"
    taken = act(client, he, incident, "accept", read_back="I lead, police stay away until I call")
    assert taken["owner"]["organisation_id"] == str(station)
    assert receipt(client, sent)["owner"]["label"] == "Nanmen Social Work Station desk"

    # 6: the man picks up a bottle: anyone may raise the grade; police are asked for backup at once.
    act(client, he, incident, "regrade", grade=1)
    clocks = {clock["kind"]: clock for clock in whole(client, he, incident)["clocks"] if clock["state"] == "running"}
    assert all(clock["grade"] == 1 for clock in clocks.values())
    act(client, duty, incident, "offer", **ask, part="parallel", letter="e")
    told = owner_session.execute(
        text("SELECT count(*) FROM delivery WHERE template = 'offer_made' AND person_id = :wei AND lane = 'sos'"),
        {"wei": world.people["wei"]},
    ).scalar_one()
    assert told == 2

    # 7: a hospital accepts; the record stays open for the check that it was done.
    external = {"name": "City Hospital, Dr An", "reference": "H-77", "accepted_at": clock.now().isoformat()}
    act(client, he, incident, "hand-over", external=external)
    found = whole(client, he, incident)
    assert (found["status"], found["closed_at"]) == ("not_ours_handed_over", None)
    assert [clock["kind"] for clock in found["clocks"] if clock["state"] == "running"] == ["loop_back"]

    # 8: the audit answers why police were not sent, and orphan minutes are none.
    trace = {step["rule"]: step for decision in found["decisions"] for step in decision["trace"]}
    assert trace["R07"]["result"] == "applied"
    assert "R06" in trace
    bounced = [event for event in found["timeline"] if event["type"] in {"OfferDeclined", "OfferLapsed"}]
    assert [event["payload"]["route"] for event in bounced if "to" in event["payload"]] == ["CH", "P"]
    intervals = sorted((entry["since"], entry["until"]) for entry in found["ownership"])
    assert [until for _, until in intervals[:-1]] == [since for since, _ in intervals[1:]]
    assert intervals[-1][1] is None


def test_an_untouched_report_climbs_the_ladder_until_the_last_desk_owns_it(
    app: Flask, client: FlaskClient, clock: MovableClock, world: Baishi
) -> None:
    sent = report(client, kind="concern", category="DS06", text=SAID, place=NANMEN)
    incident, duty = sent["incident"]["id"], sign_in(client, "duty")
    owners: list[tuple[int, str]] = []
    for minute in (5, 10, 15, 20, 30, 50):
        pass_time(app, clock, minutes=minute - sum(owners_at for owners_at, _ in owners[-1:]))
        owners.append((minute, owner(client, duty, incident)))
    desk, last = "Nanmen Residents' Committee desk", "Liuyuan Duty Office desk"
    assert owners == [(5, desk), (10, desk), (15, desk), (20, desk), (30, last), (50, last)]
    found = whole(client, duty, incident)
    climbed = [event["payload"]["rung"] for event in found["timeline"] if event["type"] == "RungClimbed"]
    assert [rung for rung in climbed if rung <= 6][:1] == [1]
    assert set(range(1, 7)) <= set(climbed)
    late = [message["words"] for message in receipt(client, sent)["messages"]]
    assert any("We promised to act by now and have not" in words for words in late)


def offered(owner_session: Session, incident: str) -> list[Any]:
    """Lead offers of an incident in the order in which they were made."""
    owner_session.rollback()
    return list(
        owner_session.execute(
            text("SELECT org_id, route, state FROM offer WHERE incident_id = :i AND part = 'lead' ORDER BY offered_at"),
            {"i": incident},
        )
    )


def owner(client: FlaskClient, who: dict[str, str], incident: str) -> str:
    """The label of who answers now."""
    label: str = whole(client, who, incident)["owner"]["label"]["en"]
    return label
