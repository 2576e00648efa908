"""The routes of rules: what holds where, what would be decided, what a draft would have changed."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from backend.policy.actions import PolicyImport, import_policy
from tests.conftest import NOW
from tests.support.application import Counted, acting_session, application, with_baishi
from tests.support.baishi import NANMEN, OUTSIDE, TAOHUA, Baishi
from tests.support.people import sign_in
from tests.support.processes import Done, env_of, linli

SOONER = """
layer: {area: nanmen, name: Nanmen Community}
rules:
  CN01:
    values:
      action_s: 3600
"""
TO_MEDIATORS = """
layer: {area: baishi, name: Baishi City}
rules:
  L1:
    title: {en: Covers go to mediators, zh: 井盖交给调解员}
    categories: [CN01]
    when: "photo_count == 0"
    because: {en: nobody sent a photo, zh: 没有图片}
    then: {lead: M}
"""
LOOSER = """
layer: {area: nanmen, name: Nanmen Community}
rules:
  G1: {values: {acknowledge_s: 9000}}
"""


class House:
    """An application with the scenarios' world, three reports in it, and who may call."""

    def __init__(self, app: Flask, world: Baishi) -> None:
        self.app, self.world = app, world
        self.client = app.test_client()
        self.duty, self.li = (sign_in(self.client, login) for login in ("duty", "li"))
        self.sent = [self.report(NANMEN), self.report(TAOHUA), self.report(OUTSIDE)]
        self.counted = Counted(app)

    def report(self, place: dict[str, float]) -> dict[str, Any]:
        body = {"client_id": str(uuid4()), "kind": "concern", "category": "CN01", "text": "A loose cover"}
        answer = self.client.post("/api/v1/reports", json=body | {"place": place})
        assert answer.status_code == 201
        found: dict[str, Any] = answer.get_json()
        return found

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        answer = self.client.get(f"/api/v1/{path}", query_string=query, headers=self.li)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found: dict[str, Any] = answer.get_json()
        return found

    def post(self, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
        answer = self.client.post(f"/api/v1/{path}", json=body, headers=self.duty)
        return answer.status_code, answer.get_json()


@pytest.fixture(scope="module")
def shared(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with application(postgres, tmp_path_factory.mktemp("policy"), NOW) as app:
        house = House(app, with_baishi(app, NOW))
        yield house
        house.counted.close()


@pytest.fixture
def house(shared: House) -> Iterator[House]:
    """The shared house; the test writes nothing to it."""
    before = shared.counted.rows()
    yield shared
    assert shared.counted.rows() == before


@pytest.fixture
def fresh(postgres: str, tmp_path: Path) -> Iterator[House]:
    """A house of the test's own."""
    with application(postgres, tmp_path, NOW) as app:
        house = House(app, with_baishi(app, NOW))
        yield house
        house.counted.close()


def test_every_category_is_listed_with_its_lead_and_goals(house: House) -> None:
    items = house.get("categories")["items"]
    assert len(items) == 39
    cover = next(one for one in items if one["code"] == "CN01")
    assert (cover["kind"], cover["grade"], cover["lead"]) == ("concern", "G4", "O:muni")
    assert cover["goals"][0]["text"].keys() == {"en", "zh"}


def test_layers_are_listed_behind_the_one_that_ships(house: House) -> None:
    listed = house.get("policy/layers")
    assert (listed["product"]["depth"], listed["items"], listed["next_cursor"]) == (0, [], None)
    assert {"R01", "R28", "G1", "CN01"} <= {rule["code"] for rule in listed["product"]["rules"]}


def test_rules_of_a_category_leave_those_of_others_out(house: House) -> None:
    every, one = house.get("policy/rules"), house.get("policy/rules", category="CN01")
    assert len(one["rules"]) < len(every["rules"])
    assert {"CN01.action_s", "G4.acknowledge_s", "R15.cap_day"} <= {value["name"] for value in one["values"]}
    assert not any(value["name"].startswith("CN02.") for value in one["values"])
    assert every["layers"] == ["Linli"]


@pytest.mark.parametrize(
    "query, status", [("area=999", 404), ("category=XX99", 404), ("area=x", 422), ("at=1900-01-01T00:00:00Z", 422),
                      ("area=-1", 422), ("area=9223372036854775808", 422), ("unknown=1", 422)]
)  # fmt: skip
def test_a_place_or_category_that_does_not_exist_is_refused(house: House, query: str, status: int) -> None:
    assert house.client.get(f"/api/v1/policy/rules?{query}", headers=house.li).status_code == status


def test_a_made_up_report_is_decided_with_its_trace_in_words(house: House) -> None:
    status, said = house.post("policy/evaluate", facts={"kind": "concern", "category": "CN01"}, **NANMEN)
    assert status == 200
    assert said["area_ids"] == [house.world.areas[place] for place in ("qinghe", "baishi", "liuyuan", "nanmen")]
    decision = said["decision"]
    assert (decision["grade"], decision["lead"], decision["auto_triage"]) == ("G4", "O:muni", True)
    # 09:00 UTC is 17:00 in Shanghai.
    assert decision["inputs"]["hour_local"] == 17
    assert said["words"][0].endswith("G4 Planned")
    assert any(line.startswith("R04 (applied)") for line in said["words"])


def test_a_decision_is_said_in_chinese_to_who_reads_chinese(house: House) -> None:
    answer = house.client.post(
        "/api/v1/policy/evaluate?lang=zh", json={"facts": {"kind": "distress"}}, headers=house.li
    )
    assert any("适用" in line for line in answer.get_json()["words"])


@pytest.mark.parametrize(
    "body, field",
    [
        ({}, "facts"),
        ({"facts": {}}, "facts"),
        ({"facts": {"kind": "complaint"}}, "facts"),
        ({"facts": {"kind": "concern", "flags": ["suspicious_looking"]}}, "facts"),
        ({"facts": {"kind": "concern", "hour_local": 24}}, "facts"),
        ({"facts": {"kind": "concern", "repeat_30d": 10**30}}, "facts"),
        ({"facts": {"kind": "concern", "name": "Wang"}}, "facts"),
        ({"facts": {"kind": "concern"}, "lat": 1}, "lon"),
        ({"facts": {"kind": "concern"}, "lat": 1, "lon": 1, "area": 1}, "area"),
        ({"facts": {"kind": "concern"}, "area": "nanmen"}, "area"),
    ],
)
def test_a_made_up_report_that_cannot_be_is_refused(house: House, body: dict[str, Any], field: str) -> None:
    status, problem = house.post("policy/evaluate", **body)
    assert (status, list(problem["errors"])) == (422, [field])


def test_a_draft_is_linted_without_being_taken(house: House) -> None:
    status, good = house.post("policy/lint", document=SOONER)
    assert (status, good["can_be_taken"], good["findings"], good["rules"]) == (200, True, [], 1)
    status, bad = house.post("policy/lint", document=LOOSER)
    assert (status, bad["can_be_taken"]) == (200, False)
    assert [finding["kind"] for finding in bad["findings"]] == ["loosens_floor"]


def test_a_draft_is_tried_on_past_reports(house: House) -> None:
    status, said = house.post("policy/simulate", document=TO_MEDIATORS, days=30)
    assert status == 200
    # The third report lies outside the areas of who asks.
    assert (said["considered"], said["left_out"], said["unreadable"], said["changed"]) == (2, 0, 0, 2)
    assert said["counts"]["lead"] == 2
    found = {one["incident_id"]: one for one in said["differences"]}
    assert found.keys() == {sent["incident"]["id"] for sent in house.sent[:2]}
    one = found[house.sent[0]["incident"]["id"]]
    assert (one["before"]["lead"], one["after"]["lead"]) == ("O:muni", "M")
    assert [(step["rule"], step["layer"], step["result"]) for step in one["rules"]] == [
        ("L1", "Baishi City", "applied")
    ]


def test_a_value_that_changes_is_named_as_the_rule_that_did_it(house: House) -> None:
    _, said = house.post("policy/simulate", document=SOONER)
    assert [one["changed"] for one in said["differences"]] == [["clocks"]]
    clocks = [said["differences"][0][when]["clocks"]["action"] for when in ("before", "after")]
    assert clocks[1] == 3600 < clocks[0]
    assert [step["rule"] for step in said["differences"][0]["rules"]] == ["CN01.action_s"]


def test_a_draft_that_holds_from_a_later_day_is_tried_as_on_that_day(house: House) -> None:
    later = (NOW + timedelta(days=40)).isoformat()
    document = SOONER.replace("    values:", f"    effective_from: {later}\n    values:")
    assert house.post("policy/simulate", document=document)[1]["changed"] == 1


def test_reports_before_the_days_asked_for_are_left_alone(fresh: House) -> None:
    fresh.app.extensions["linli"].clock.advance(days=3)
    fresh.duty = sign_in(fresh.client, "duty")
    considered = [fresh.post("policy/simulate", document=SOONER, days=days)[1]["considered"] for days in (2, 4)]
    assert considered == [0, 2]


@pytest.mark.parametrize("call", ["lint", "simulate", "changes/preview"])
@pytest.mark.parametrize(
    "document, code",
    [
        ("", "invalid"),
        ("[", "policy-invalid"),
        ("[" * 100_000, "policy-invalid"),
        ("a: &a [*a]", "policy-invalid"),
        ("rules: {L1: {values: {x: 1}}}\nrules: {}", "policy-invalid"),
        ("rules: []", "policy-invalid"),
        ("layer: nanmen", "policy-invalid"),
        ("rules: {L1: 5}", "policy-invalid"),
        ("rules: {1: {}}", "policy-invalid"),
        ("colour: red", "policy-invalid"),
        ("layer: {area: [nanmen]}", "no-such-area"),
        ("layer: {area: atlantis}", "no-such-area"),
        ("layer: {name: 5}", "policy-invalid"),
        (
            '{layer: {area: nanmen}, rules: {L1: {when: "1", because: {en: a, zh: b}, then: {lead: M}}}}',
            "policy-refused",
        ),
        ("rules: {L1: {values: {x: {value: a, tighter: lower}}}}", "policy-invalid"),
        ("rules: {L1: {values: {x: {value: 1, tighter: 'true'}}}}", "policy-invalid"),
        ("rules: {L1: {values: {x: .nan}}}", "policy-invalid"),
        ("rules: {L1: {effective_from: 2026-01-01, values: {x: 1}}}", "policy-invalid"),
        ("rules: {" + ", ".join(f"L{n}: {{values: {{x: 1}}}}" for n in range(101)) + "}", "policy-invalid"),
    ],
)
def test_a_document_that_is_none_is_refused_and_changes_nothing(
    house: House, call: str, document: str, code: str
) -> None:
    status, problem = house.post(f"policy/{call}", document=document)
    if code == "policy-refused":
        assert (status, problem["findings"][0]["blocking"]) == (200, True)
    else:
        assert (status, problem["code"]) == (422, code)


@pytest.mark.parametrize("call", ["changes/preview", "lint", "simulate"])
def test_only_who_may_change_rules_may_try_them(house: House, call: str) -> None:
    answer = house.client.post(f"/api/v1/policy/{call}", json={"document": SOONER}, headers=house.li)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "not-allowed")


def test_a_layer_reaches_no_further_than_the_areas_of_who_sends_it(house: House) -> None:
    everywhere = "rules: {L1: {values: {x: {value: 1, tighter: lower}}}}"
    assert house.post("policy/changes", title="Everywhere", document=everywhere)[1]["code"] == "not-allowed"


def taken(house: House, document: str) -> PolicyImport:
    """A layer of rules as a system begins with it."""
    with acting_session(house.app) as session:
        done = import_policy(session, document=document, by="command line", now=NOW)
        session.commit()
        return done


def test_a_layer_is_taken_and_holds_at_its_place_alone(fresh: House) -> None:
    assert taken(fresh, SOONER) == PolicyImport("Nanmen Community", added=1, changed=0, unchanged=0, retired=0)
    held = fresh.get("policy/rules", area=fresh.world.areas["nanmen"], category="CN01")
    value = next(one for one in held["values"] if one["name"] == "CN01.action_s")
    assert (value["value"], value["shown"]) == (3600, {"en": "1 h", "zh": "1 小时"})
    assert [(link["layer"], link["value"], link["held"]) for link in value["chain"]][-1] == (
        "Nanmen Community", 3600, True,
    )  # fmt: skip
    elsewhere = fresh.get("policy/rules", area=fresh.world.areas["taohua"], category="CN01")
    assert next(one for one in elsewhere["values"] if one["name"] == "CN01.action_s")["value"] > 3600
    assert fresh.report(NANMEN)["incident"]["status"] == "offered"


def test_a_layer_is_exported_as_the_document_that_makes_it(fresh: House) -> None:
    taken(fresh, SOONER.replace("    values:", "    effective_from: 2026-02-01T00:00:00Z\n    values:"))
    layer = fresh.get("policy/layers")["items"][0]
    assert [(rule["code"], rule["version"]) for rule in layer["rules"]] == [("CN01", 1)]
    again = taken(fresh, fresh.get(f"policy/layers/{layer['id']}")["document"])
    assert (again.unchanged, again.changed, again.added) == (1, 0, 0)


def test_a_layer_that_loosens_a_floor_is_shown_with_every_finding(house: House) -> None:
    status, shown = house.post("policy/changes/preview", document=LOOSER)
    assert (status, shown["can_be_taken"]) == (200, False)
    assert shown["findings"][0]["message"]["zh"]


def command(house: House, file: Path, document: str, *options: str) -> Done:
    file.write_text(document)
    settings = house.app.extensions["linli"].settings
    return linli("simulate", file, *options, env=env_of(settings.database_url, settings.data))


def test_the_command_says_what_would_change(house: House, tmp_path: Path) -> None:
    done = command(house, tmp_path / "layer.yaml", TO_MEDIATORS, "--days", "366")
    assert (done.status, done.complained) == (0, "")
    assert "2 of 3 reports of the last 366 days would be handled otherwise." in done.said
    assert "lead O:muni to M" in done.said
    assert "by L1 (Baishi City)" in done.said


@pytest.mark.parametrize("document", ["[", json.dumps({"layer": {"area": "atlantis"}})])
def test_the_command_refuses_a_file_that_is_no_layer(house: House, tmp_path: Path, document: str) -> None:
    done = command(house, tmp_path / "layer.yaml", document)
    assert (done.status, done.said) == (1, "")
    assert done.complained.startswith("linli: ")
