"""Parts of a bigger event, and major: who may, what stands in the way, what stays as it was (C18, C21)."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.incidents.parts import Side, part_bar
from backend.incidents.states import TERMINAL, State
from backend.kernel.database import SYSTEM, act_as
from tests.conftest import NOW
from tests.journeys.steps import act, refused, report, whole
from tests.support.baishi import NANMEN, TAOHUA, Baishi, build
from tests.support.people import sign_in

OPEN = State.IN_PROGRESS


def side(state: State = OPEN, wall: str = "incident", category: str = "CN01", **more: bool) -> Side:
    return Side(state, wall, category, **more)


@pytest.mark.parametrize(
    "part, whole, specialist, code",
    [
        (side(), side(), False, None),
        (side(category="CN04"), side(category="CN12"), False, None),
        (side(is_part=True), side(), True, "part-already"),
        (side(has_parts=True), side(), True, "has-parts"),
        (side(), side(is_part=True), True, "whole-is-part"),
        (side(), side(has_parts=True), False, None),
        (side(wall="aid", category="AID01"), side(), True, "other-wall"),
        (side(category="DS05"), side(), False, "harm-needs-specialist"),
        (side(category="DS05"), side(), True, None),
    ],
)
def test_what_may_be_part_of_what(part: Side, whole: Side, specialist: bool, code: str | None) -> None:
    barred = part_bar(part, whole, specialist=specialist)
    assert (barred.code if barred else None) == code


@pytest.mark.parametrize("state", State)
def test_what_is_over_becomes_no_part_and_takes_none(state: State) -> None:
    as_part, as_whole = part_bar(side(state), side(), specialist=True), part_bar(side(), side(state), specialist=True)
    assert (as_part is not None, as_whole is not None) == (state in TERMINAL, state in TERMINAL)


@pytest.fixture
def world(app: Flask, session: Session) -> Baishi:
    return build(app, session, NOW)


@pytest.fixture
def duty(client: FlaskClient, world: Baishi) -> dict[str, str]:
    return sign_in(client, "duty")


def told(client: FlaskClient, place: dict[str, float] = NANMEN, category: str = "CN01") -> str:
    sent = report(client, kind="concern", category=category, text=f"Water in the street {place}", place=place)
    found: str = sent["incident"]["id"]
    return found


def bar_of(client: FlaskClient, who: dict[str, str], incident: str, name: str) -> str | None:
    found = next(one for one in whole(client, who, incident)["acts"] if one["act"] == name)
    return None if found["allowed"] else found["barred"]["code"]


def test_a_part_keeps_its_owner_and_clocks_and_each_shows_the_other(client: FlaskClient, duty: dict[str, str]) -> None:
    part, flood = told(client), told(client, TAOHUA)
    before = whole(client, duty, part)
    assert bar_of(client, duty, part, "detach") == "no-part"
    act(client, duty, part, "attach", into=flood)
    after = whole(client, duty, part)
    for same in ("owner", "status", "grade", "due_since", "reports", "goals"):
        assert after[same] == before[same]
    # Somebody has seen it now; every other promise runs on.
    running = [[one["kind"] for one in found["clocks"] if one["state"] == "running"] for found in (before, after)]
    assert sorted(running[0]) == sorted([*running[1], "acknowledge"])
    assert after["family"]["whole"]["id"] == flood
    assert [one["id"] for one in whole(client, duty, flood)["family"]["parts"]] == [part]
    assert after["links"] == before["links"]  # it is no copy
    assert bar_of(client, duty, part, "attach") == "part-already"
    assert bar_of(client, duty, flood, "attach") == "has-parts"
    assert refused(client, duty, flood, "merge", into=told(client))["reason"] == "has-parts"
    act(client, duty, part, "detach")
    assert whole(client, duty, part)["family"] == {"whole": None, "parts": []}
    events = [one["type"] for one in whole(client, duty, flood)["timeline"]]
    assert [one for one in events if one.startswith("Part")] == ["PartAdded", "PartRemoved"]
    act(client, duty, part, "attach", into=flood)


def test_the_bigger_one_does_not_close_over_an_open_part(
    client: FlaskClient, duty: dict[str, str], session: Session
) -> None:
    part, flood = told(client), told(client, TAOHUA)
    act(client, duty, part, "attach", into=flood)
    act_as(session, SYSTEM)
    session.execute(text("UPDATE incident SET state = 'goals_checked' WHERE id = :id"), {"id": flood})
    session.execute(text("UPDATE goal SET state = 'dropped' WHERE incident_id = :id"), {"id": flood})
    session.commit()
    answer = refused(client, duty, flood, "close", outcome="made_safe")
    assert answer["reason"] == "parts-open"
    act(client, duty, part, "detach")
    assert act(client, duty, flood, "close", outcome="made_safe")["status"] == "closed"


def test_who_does_not_lead_declares_nothing_major(client: FlaskClient, duty: dict[str, str]) -> None:
    incident = told(client)
    li = sign_in(client, "li")
    assert bar_of(client, li, incident, "major") == "not-your-role"
    assert refused(client, li, incident, "major", level=2, reason="a dam broke")["code"] == "not-allowed"


def test_major_has_a_level_is_found_in_the_queue_and_ends(client: FlaskClient, duty: dict[str, str]) -> None:
    incident, other = told(client), told(client, TAOHUA)
    shown = act(client, duty, incident, "major", level=3, reason="the whole street is flooded")
    assert (shown["major"], shown["major_level"]) == (True, 3)
    act(client, duty, incident, "major", level=1, reason="and the next")
    assert refused(client, duty, incident, "major", level=1, reason="again")["status"] == 422

    def found(**query: Any) -> set[str]:
        items = client.get("/api/v1/incidents", query_string=query, headers=duty).get_json()["items"]
        return {one["id"] for one in items}

    assert found(major="true") == {incident}
    act(client, duty, other, "attach", into=incident)
    assert found(has_parts="true") == {incident}
    assert found() - found(no_part="true") == {other}
    act(client, duty, incident, "major", level=None, reason="the water is gone")
    assert found(major="true") == set()
    told_of = whole(client, duty, incident)
    declared = [
        one["payload"]["level"] for one in told_of["timeline"] if one["type"] in {"DeclaredMajor", "MajorEnded"}
    ]
    assert declared == [3, 1, None]
    assert {one["template"] for one in told_of["deliveries"]} >= {"incident_major", "incident_major_ended"}
    assert "flooded" not in str(told_of["timeline"])
