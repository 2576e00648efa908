"""Rules are changed by two people: drafted, linted, refused to their own author, approved, dated, rolled back."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from backend.kernel.database import db
from backend.kernel.journal import broken_chains
from backend.policy.actions import PolicyImport, PolicyRefused
from backend.policy.beginning import bring_in
from backend.policy.changing import NothingChanged, hold_due_changes
from backend.policy.models import PolicyChange
from tests.conftest import NOW
from tests.policy.workbench import COVERS, HOUR, TOMORROW, Workbench, workbench
from tests.support.application import acting_session


@pytest.fixture(scope="module")
def bench(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with workbench(postgres, tmp_path_factory.mktemp("changes")) as made:
        yield made


@pytest.fixture
def fresh(postgres: str, tmp_path: Path) -> Iterator[Workbench]:
    with workbench(postgres, tmp_path) as made:
        yield made


def test_a_rule_lives_from_draft_to_history(fresh: Workbench) -> None:
    before = fresh.value("CN01.action_s")
    change = fresh.draft(CN01=HOUR)
    assert (change["state"], change["revision"], change["allowed"]) == ("draft", 1, ["save", "lint", "withdraw"])
    assert fresh.value("CN01.action_s") == before
    linted = fresh.post(f"changes/{change['id']}/lint")
    assert (linted["change"]["state"], linted["can_be_taken"]) == ("linted", True)
    fresh.post(f"changes/{change['id']}/propose", why="faster")
    assert fresh.call("POST", f"changes/{change['id']}/approve")[1]["code"] == "own-change"
    held = fresh.post(f"changes/{change['id']}/approve", by="second", why="agreed")
    assert (held["state"], fresh.value("CN01.action_s")) == ("effective", 3600)
    steps = [(step["act"], step["to_state"], step["why"]) for step in held["steps"]]
    assert steps == [
        ("begin", "draft", ""), ("lint", "linted", ""), ("propose", "proposed", "faster"),
        ("approve", "approved", "agreed"), ("take_effect", "effective", ""),
    ]  # fmt: skip
    assert held["steps"][3]["by"] == held["approved_by"] == f"person:{fresh.world.people['second']}"
    back = fresh.post(f"changes/{change['id']}/roll-back", title="Back", why="too fast")
    assert (back["kind"], back["state"], back["diff"][0]["kind"]) == ("roll_back", "draft", "retired")
    fresh.propose(back)
    assert fresh.call("POST", f"changes/{back['id']}/approve")[1]["code"] == "own-change"
    fresh.post(f"changes/{back['id']}/approve", by="second")
    assert fresh.value("CN01.action_s") == before
    assert fresh.get(f"changes/{change['id']}")["state"] == "rolled_back"
    versions = fresh.get("rules/CN01/history", area=fresh.world.areas["baishi"])["items"]
    assert [(one["version"], one["state"]) for one in versions] == [(1, "retired")]
    assert versions[0]["approver"] == held["approved_by"]
    with acting_session(fresh.app) as session:
        assert list(broken_chains(session)) == []


def test_a_change_holds_by_itself_from_its_date(fresh: Workbench) -> None:
    change = fresh.draft(CN01=HOUR)
    fresh.propose(change)
    dated = fresh.post(f"changes/{change['id']}/approve", by="second", at=TOMORROW)
    assert (dated["state"], dated["due_at"][:10]) == ("scheduled", "2026-03-03")
    fresh.pass_time(hours=23)
    assert fresh.value("CN01.action_s") != 3600
    fresh.pass_time(hours=2)
    held = fresh.get(f"changes/{change['id']}")
    assert (held["state"], held["steps"][-1]["by"], fresh.value("CN01.action_s")) == ("effective", "system", 3600)


def test_a_dated_change_that_may_no_longer_hold_goes_back_to_its_author(fresh: Workbench) -> None:
    below = fresh.draft("nanmen", G2={"values": {"contact_s": 3000}})
    fresh.propose(below)
    fresh.post(f"changes/{below['id']}/approve", by="second", at=TOMORROW)
    fresh.hold("baishi", G2={"values": {"contact_s": {"value": 1200, "lock": "floor"}}})
    fresh.pass_time(hours=25)
    back = fresh.get(f"changes/{below['id']}")
    assert (back["state"], back["steps"][-1]["act"]) == ("draft", "block")
    assert "floor of Baishi" in back["steps"][-1]["why"]
    assert fresh.value("G2.contact_s") == 1200


def test_each_change_of_a_layer_supersedes_the_one_before_and_any_can_be_restored(fresh: Workbench) -> None:
    first = fresh.hold(CN01=HOUR)
    second = fresh.hold(CN01={"values": {"action_s": 7200}})
    third = fresh.hold(CN02=HOUR)
    states = {one["id"]: one["state"] for one in fresh.get("changes", area=fresh.world.areas["baishi"])["items"]}
    assert states == {first["id"]: "superseded", second["id"]: "superseded", third["id"]: "effective"}
    back = fresh.post(f"changes/{third['id']}/roll-back", title="To the first", why="it was right", to=first["id"])
    assert {one["code"]: one["kind"] for one in back["diff"]} == {"CN01": "changed", "CN02": "retired"}
    assert back["restores_id"] == first["id"]
    assert (
        fresh.call("POST", f"changes/{second['id']}/roll-back", title="x", why="x")[1]["code"] == "change-not-possible"
    )


def test_two_changes_of_one_rule_do_not_overwrite_each_other(fresh: Workbench) -> None:
    one, other = fresh.draft(CN01=HOUR), fresh.draft(by="second", CN01={"values": {"action_s": 7200}})
    apart = fresh.draft(CN02=HOUR)
    fresh.propose(one)
    fresh.post(f"changes/{one['id']}/approve", by="second")
    fresh.post(f"changes/{other['id']}/lint", by="second")
    status, refused = fresh.call("POST", f"changes/{other['id']}/propose", by="second")
    assert (status, refused["code"], refused["rules"]) == (409, "rules-moved-on", ["CN01"])
    assert fresh.get(f"changes/{other['id']}")["moved_on"] == ["CN01"]
    fresh.call("PATCH", f"changes/{other['id']}", by="second", rebase=True)
    fresh.propose(other, by="second")
    fresh.post(f"changes/{other['id']}/approve", by="duty")
    assert fresh.value("CN01.action_s") == 7200
    # Another rule of the same layer is nobody's conflict.
    fresh.propose(apart)
    fresh.post(f"changes/{apart['id']}/approve", by="second")
    assert (fresh.value("CN01.action_s"), fresh.value("CN02.action_s")) == (7200, 3600)


def test_who_wrote_a_part_of_it_does_not_approve_it_either(bench: Workbench) -> None:
    change = bench.draft(CN03=HOUR)
    bench.call("PATCH", f"changes/{change['id']}", by="second", title="Better")
    bench.propose(change)
    assert bench.call("POST", f"changes/{change['id']}/approve", by="second")[1]["code"] == "own-change"


def test_an_edit_of_a_draft_that_somebody_else_edited_is_refused(bench: Workbench) -> None:
    change = bench.draft(CN03=HOUR)
    _, read = bench.call("GET", f"changes/{change['id']}")
    tag = bench.client.get(f"/api/v1/policy/changes/{read['id']}", headers=bench.who["duty"]).headers["ETag"]
    first, _ = bench.call("PATCH", f"changes/{change['id']}", headers={"If-Match": tag}, title="Mine")
    second, refused = bench.call(
        "PATCH", f"changes/{change['id']}", by="second", headers={"If-Match": tag}, title="Hers"
    )
    assert (first, second, refused["code"]) == (200, 412, "changed-meanwhile")


def test_new_words_have_to_be_linted_anew(bench: Workbench) -> None:
    change = bench.draft(CN03=HOUR)
    bench.post(f"changes/{change['id']}/lint")
    status, saved = bench.call("PATCH", f"changes/{change['id']}", edits={"CN03": {"values": {"action_s": 60}}})
    assert (status, saved["state"], saved["revision"]) == (200, "draft", 2)
    status, refused = bench.call("POST", f"changes/{change['id']}/propose")
    assert (status, refused["code"], refused["allowed"]) == (409, "change-not-possible", ["save", "lint", "withdraw"])


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "a floor loosened": ("loosens_floor", {"G1": {"values": {"acknowledge_s": 9000}}}),
    "a floor replaced": ("replaces_floor", {"R06": COVERS}),
    "a contradiction": ("contradiction", {"L1": COVERS, "L2": COVERS | {"then": {"lead": "NC"}, "tests": []}}),
    "more force": ("widens_force", {"L1": COVERS | {"then": {"lead": "P"}, "tests": []}}),
    "a person named": ("names_a_person", {"L1": COVERS | {"when": 'category == "Wang Fang"', "tests": []}}),
    "a protected trait": ("protected_trait", {"L1": COVERS | {"when": 'language == "zh"', "tests": []}}),
    "an example that is not met": ("example_failed", {"L1": COVERS | {"then": {"lead": "NC"}}}),
    "a word that is not there": ("condition", {"L1": COVERS | {"when": "photos == 0", "tests": []}}),
    # Nanmen's own station has a rota of twelve hours from the morning on.
    "nobody at night": ("nobody_on_duty", {"L1": COVERS | {
        "categories": ["DS05"], "when": "true", "then": {"lead": "SW"}, "tests": []}}),
}  # fmt: skip


@pytest.mark.parametrize("kind, edits", WRONG.values(), ids=WRONG)
def test_a_wrong_rule_is_caught_before_it_can_be_published(bench: Workbench, kind: str, edits: dict[str, Any]) -> None:
    change = bench.draft("nanmen", **edits)
    linted = bench.post(f"changes/{change['id']}/lint")
    blocking = [one for one in linted["findings"] if one["severity"] == "blocks"]
    assert kind in {one["kind"] for one in blocking}
    assert all(one["message"]["en"] and one["message"]["zh"] and one["place"]["rule"] for one in blocking)
    assert (linted["can_be_taken"], linted["change"]["state"]) == (False, "draft")
    assert bench.call("POST", f"changes/{change['id']}/propose")[0] in {409, 422}
    assert bench.get(f"changes/{change['id']}")["state"] == "draft"


def test_the_examples_of_a_rule_are_tried_and_shown(bench: Workbench) -> None:
    linted = bench.post(f"changes/{bench.draft('nanmen', L9=COVERS)['id']}/lint")
    one = linted["examples"][0]
    assert (one["rule"], one["met"], one["found"], one["words"]["en"]) == ("L9", True, {"lead": "M"}, "leads: mediator")


def test_a_change_is_told_rule_by_rule_in_words_and_values(bench: Workbench) -> None:
    told = {one["code"]: one for one in bench.draft("taohua", L9=COVERS, CN01=HOUR)["diff"]}
    assert told["L9"]["kind"] == "added"
    assert told["L9"]["words"] == {
        "before": None,
        "after": {
            "en": ["When the number of photos is 0, then leads: mediator"],
            "zh": ["当照片数量为0，则主责：调解员"],
        },
    }
    value = told["CN01"]["values"][0]
    assert (value["name"], value["after"], value["direction"]) == ("CN01.action_s", 3600, "stricter")
    assert value["shown"]["zh"][1] == "1 小时"


DOCUMENT = """
layer: {area: taohua, name: Taohua Village}
rules:
  CN01: {values: {action_s: 3600}}
"""


def test_a_document_is_compared_before_it_is_taken_and_becomes_a_draft(fresh: Workbench) -> None:
    shown = fresh.post("changes/preview", document=DOCUMENT)
    assert ([one["code"] for one in shown["diff"]], shown["can_be_taken"]) == (["CN01"], True)
    assert fresh.get("changes")["items"] == []
    change = fresh.post("changes", title="As the village asked", document=DOCUMENT)
    assert (change["kind"], change["area_id"]) == ("import", fresh.world.areas["taohua"])
    fresh.propose(change)
    held = fresh.post(f"changes/{change['id']}/approve", by="second")
    # What is exported makes the same layer again.
    assert fresh.post("changes/preview", document=held["document"])["diff"] == []
    assert fresh.call("POST", "changes", title="Again", document=held["document"])[1]["code"] == "nothing-changed"


def test_a_layer_without_rules_needs_a_second_person_too(fresh: Workbench) -> None:
    assert fresh.call("POST", "layers", document=DOCUMENT)[0] == 405
    change = fresh.post("changes", title="The first rules of the village", document=DOCUMENT)
    fresh.propose(change)
    before = fresh.value("CN01.action_s", "taohua")
    assert fresh.call("POST", f"changes/{change['id']}/approve")[1]["code"] == "own-change"
    assert fresh.value("CN01.action_s", "taohua") == before
    fresh.post(f"changes/{change['id']}/approve", by="second")
    assert fresh.value("CN01.action_s", "taohua") == 3600


def bring(fresh: Workbench, document: str) -> PolicyImport | PolicyChange:
    """What the command line does with a document."""
    with acting_session(fresh.app) as session:
        done = bring_in(session, document=document, by="command line", now=NOW)
        session.commit()
        session.expunge_all()
        return done


def test_by_the_command_line_the_first_rules_of_a_system_hold_at_once_and_later_ones_wait(fresh: Workbench) -> None:
    assert isinstance(bring(fresh, DOCUMENT), PolicyImport)
    assert fresh.value("CN01.action_s", "taohua") == 3600
    with pytest.raises(NothingChanged):
        bring(fresh, DOCUMENT)
    waits = bring(fresh, DOCUMENT.replace("3600", "7200"))
    assert isinstance(waits, PolicyChange)
    assert fresh.value("CN01.action_s", "taohua") == 3600
    # Whoever sits at the console is the second person.
    fresh.post(f"changes/{waits.id}/approve")
    assert fresh.value("CN01.action_s", "taohua") == 7200


def test_by_the_command_line_no_layer_is_set_up_alone_once_something_was_reported(fresh: Workbench) -> None:
    fresh.report()
    waits = bring(fresh, DOCUMENT)
    assert isinstance(waits, PolicyChange)
    assert (waits.state, waits.kind) == ("proposed", "import")
    loosening = DOCUMENT.replace("CN01: {values: {action_s: 3600}}", "G1: {values: {acknowledge_s: 9000}}")
    with pytest.raises(PolicyRefused):
        bring(fresh, loosening)


@pytest.mark.parametrize(
    "body, where",
    [
        ({"title": "x"}, "edits"), ({"title": "x", "edits": {}}, "edits"), ({"edits": {"L1": None}}, "title"),
        ({"title": "x", "edits": {"L1": 5}}, "edits"), ({"title": "x", "edits": {"L1": None}, "document": "a: 1"}, "edits"),
        ({"title": "x", "edits": {"L" * 41: {}}}, "edits"), ({"title": "x", "area": "a", "edits": {"L1": None}}, "area"),
    ],
)  # fmt: skip
def test_a_draft_that_says_nothing_clear_is_refused(bench: Workbench, body: dict[str, Any], where: str) -> None:
    status, problem = bench.call("POST", "changes", **body)
    assert (status, list(problem["errors"])) == (422, [where])


@pytest.mark.parametrize(
    "edits, code",
    [({"L1": None}, "nothing-changed"), ({"L1": {"colour": "red"}}, "policy-invalid"),
     ({"L1": {"when": "true", "because": {"en": "a"}, "then": {"lead": "M"}}}, "policy-invalid"),
     ({"L1": COVERS | {"then": {"auto_triage": True}}}, "policy-invalid"),
     ({"L1": {"title": {"en": "\u0000", "zh": "b"}}}, "policy-invalid"),
     ({"L1": {"values": {"x": {"value": 1, "tighter": "true"}}}}, "policy-invalid")],
)  # fmt: skip
def test_rules_that_cannot_be_read_never_become_a_draft(bench: Workbench, edits: dict[str, Any], code: str) -> None:
    area = bench.world.areas["baishi"]
    status, problem = bench.call("POST", "changes", area=area, title="x", edits=edits)
    assert (status, problem["code"]) == (422, code)


def test_only_who_may_change_rules_changes_them_and_only_at_their_places(bench: Workbench) -> None:
    change = bench.draft(CN03=HOUR)
    for path in ("lint", "propose", "approve", "withdraw"):
        assert bench.call("POST", f"changes/{change['id']}/{path}", by="li")[1]["code"] == "not-allowed"
    assert bench.call("GET", f"changes/{change['id']}", by="li")[0] == 200
    assert bench.call("POST", "changes", title="x", edits={"CN01": HOUR})[1]["code"] == "not-allowed"
    assert bench.call("POST", f"changes/{uuid4()}/lint")[0] == 404
    assert bench.call("POST", "changes", area=99_999, title="x", edits={"CN01": HOUR})[0] == 404


def test_a_change_can_be_sent_back_with_a_reason_or_given_up(bench: Workbench) -> None:
    change = bench.draft(CN03=HOUR)
    bench.propose(change)
    assert bench.call("POST", f"changes/{change['id']}/send-back", by="second")[0] == 422
    back = bench.post(f"changes/{change['id']}/send-back", by="second", why="say who asked for it")
    assert (back["state"], back["steps"][-1]["why"]) == ("draft", "say who asked for it")
    assert bench.post(f"changes/{change['id']}/withdraw")["state"] == "withdrawn"
    assert bench.call("POST", f"changes/{change['id']}/lint")[1]["change"]["state"] == "withdrawn"


def test_changes_are_listed_by_pages_newest_first(bench: Workbench) -> None:
    made = [bench.draft("liuyuan", CN03={"values": {"action_s": 600 + number}})["id"] for number in range(3)]
    area = bench.world.areas["liuyuan"]
    first = bench.get("changes", area=area, limit=2, open="true", state="draft")
    rest = bench.get("changes", area=area, limit=2, cursor=first["next_cursor"])
    assert [one["id"] for one in first["items"] + rest["items"]] == sorted(made, reverse=True)
    assert rest["next_cursor"] is None


def test_history_cannot_be_rewritten_by_the_application(bench: Workbench) -> None:
    bench.draft(CN03=HOUR)
    for table in ("policy_step", "policy_revision"):
        for statement in (f"UPDATE {table} SET change_id = change_id", f"DELETE FROM {table}"):
            with acting_session(bench.app), pytest.raises(ProgrammingError):
                db.session.execute(text(statement))


def test_one_that_breaks_is_put_off_and_does_not_stop_the_others(fresh: Workbench) -> None:
    dated = [fresh.draft(place, CN01=HOUR) for place in ("nanmen", "taohua")]
    for change in dated:
        fresh.propose(change)
        fresh.post(f"changes/{change['id']}/approve", by="second", at=TOMORROW)
    with acting_session(fresh.app) as session:
        # As if the rules had been read by another version of the program.
        session.execute(text("UPDATE policy_change SET revision = 99 WHERE id = :id"), {"id": dated[0]["id"]})
        assert hold_due_changes(session, NOW + timedelta(days=2)) == 1
        session.commit()
        rows = session.execute(text("SELECT id, state, due_at FROM policy_change")).all()
    states = {str(row.id): row.state for row in rows}
    assert states == {dated[0]["id"]: "scheduled", dated[1]["id"]: "effective"}
