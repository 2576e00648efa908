"""Simulations in the background: what would change, per incident, with the reason; they see what their asker sees."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from backend.policy import simulating
from backend.policy.cases import CasesRefused, read_cases
from backend.policy.simulating import resume_lost
from tests.conftest import NOW
from tests.policy.workbench import COVERS, HOUR, Workbench, workbench
from tests.support.application import acting_session
from tests.support.baishi import OUTSIDE, TAOHUA

DOCUMENT = "layer: {area: baishi, name: Baishi}\nrules: " + json.dumps({"L1": COVERS}, ensure_ascii=False)
TABLE = "kind,category,photo_count,flags\nconcern,CN01,0,\nconcern,CN01,1,fall_or_hit;under_14\nconcern,CN01,0,\n"
CASES: list[dict[str, Any]] = [
    {"kind": "concern", "category": "CN01", "photo_count": count, "flags": []} for count in (0, 1, 0)
]


@pytest.fixture(scope="module")
def bench(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A workbench with three reports, of which one lies outside the areas of those who may change rules."""
    with workbench(postgres, tmp_path_factory.mktemp("simulating")) as made:
        made.sent = [made.report(), made.report(TAOHUA), made.report(OUTSIDE)]  # type: ignore[attr-defined]
        yield made


def lines(cases: list[dict[str, Any]]) -> dict[str, str]:
    return {"format": "jsonl", "content": "\n".join(json.dumps(one) for one in cases)}


def test_a_draft_is_tried_on_what_happened(bench: Workbench) -> None:
    change = bench.draft(L1=COVERS)
    bench.post(f"changes/{change['id']}/lint")
    asked = bench.post("simulations", change_id=change["id"])
    assert (asked["state"], asked["total"], asked["done"]) == ("waiting", 2, 0)
    done = bench.run(asked)
    assert (done["state"], done["done"], done["changed"], done["unreadable"]) == ("done", 2, 2, 0)
    assert done["summary"] == {"grade": 0, "owner": 2, "offers": 2, "clocks": 0}
    results = bench.get(f"simulations/{asked['id']}/results")["items"]
    one = results[-1]
    assert (one["before"]["lead"], one["after"]["lead"]) == ("O:muni", "M")
    assert [(step["rule"], step["layer"]) for step in one["rules"]] == [("L1", "Baishi")]
    assert {found["incident_id"] for found in results} == {sent["incident"]["id"] for sent in bench.sent[:2]}  # type: ignore[attr-defined]
    assert bench.get(f"changes/{change['id']}")["state"] == "simulated"
    assert [found["id"] for found in bench.get("simulations", change=change["id"])["items"]] == [asked["id"]]


def test_results_are_paged_filtered_and_a_table(bench: Workbench) -> None:
    asked = bench.post("simulations", document=DOCUMENT)
    bench.run(asked)
    path = f"simulations/{asked['id']}/results"
    first = bench.get(path, limit=1)
    rest = bench.get(path, limit=1, cursor=first["next_cursor"])
    assert first["items"][0]["number"] != rest["items"][0]["number"]
    assert rest["next_cursor"] is None
    assert bench.get(path, changed="grade")["items"] == []
    table = bench.client.get(f"/api/v1/policy/{path}.csv", headers=bench.who["duty"])
    assert table.content_type.startswith("text/csv")
    rows = table.get_data(as_text=True).splitlines()
    assert rows[0] == "number,at,changed,part,before,after,rules"
    assert any(",lead,O:muni,M,L1" in row for row in rows)


def test_a_draft_that_was_saved_meanwhile_is_not_called_simulated(bench: Workbench) -> None:
    change = bench.draft(L2=COVERS)
    bench.post(f"changes/{change['id']}/lint")
    asked = bench.post("simulations", change_id=change["id"])
    bench.call("PATCH", f"changes/{change['id']}", edits={"L2": COVERS | {"then": {"parallel": ["NC"]}, "tests": []}})
    bench.post(f"changes/{change['id']}/lint")
    assert bench.run(asked)["state"] == "done"
    assert bench.get(f"changes/{change['id']}")["state"] == "linted"


@pytest.mark.parametrize(
    "content",
    [lines(CASES), {"format": "csv", "content": TABLE}],
    ids=["JSON lines", "CSV"],
)  # fmt: skip
def test_a_file_of_facts_is_tried_as_well(bench: Workbench, content: dict[str, str]) -> None:
    asked = bench.post("simulations", document=DOCUMENT, cases=content)
    done = bench.run(asked)
    assert (done["source"], done["total"], done["done"], done["changed"]) == ("file", 3, 3, 2)
    found = bench.get(f"simulations/{asked['id']}/results")["items"]
    assert [(one["incident_id"], one["changed"][0]) for one in found] == [(None, "lead"), (None, "lead")]


def test_a_file_may_be_larger_than_any_other_body(bench: Workbench) -> None:
    padded = lines(CASES)
    padded["content"] = padded["content"].replace("\n", " " * 600_000 + "\n")
    assert bench.post("simulations", document=DOCUMENT, cases=padded)["total"] == 3
    padded["content"] += " " * 7_000_000
    assert bench.call("POST", "simulations", document=DOCUMENT, cases=padded)[1]["code"] == "invalid"
    padded["content"] += " " * 16_000_000
    assert bench.call("POST", "simulations", document=DOCUMENT, cases=padded)[1]["code"] == "too-large"
    assert bench.call("POST", "changes", document=" " * 1_000_001, title="x")[1]["code"] == "too-large"


@pytest.mark.parametrize(
    "kind, content, line",
    [
        ("jsonl", "{", 1), ("jsonl", "[]", 1), ("jsonl", "\n\n", 1), ("jsonl", '{"kind": "complaint"}', 1),
        ("jsonl", '{"kind": "concern"}\n{"kind": "concern", "name": "Wang"}', 2),
        ("jsonl", '{"kind": "concern", "photo_count": true}', 1), ("jsonl", '{"kind": "concern", "flags": "fire"}', 1),
        ("jsonl", '{"kind": "concern", "hour_local": 24}', 1), ("jsonl", "{}", 1), ("jsonl", '{"kind": 5}', 1),
        ("csv", "kind\n", 1), ("csv", "kind\nconcern,1\n", 2), ("csv", "kind,photo_count\nconcern,x\n", 2),
        ("csv", "kind,danger_now\nconcern,perhaps\n", 2), ("csv", 'kind\n"concern', 2), ("csv", "a,b\n1,2\n", 2),
    ],
)  # fmt: skip
def test_a_file_with_a_mistake_is_refused_with_its_line(kind: str, content: str, line: int) -> None:
    with pytest.raises(CasesRefused) as refused:
        read_cases(kind, content)
    assert refused.value.members["lines"][0]["line"] == line


def test_a_file_that_names_an_area_that_is_not_there_is_refused(bench: Workbench) -> None:
    status, problem = bench.call(
        "POST", "simulations", document=DOCUMENT, cases=lines([CASES[0] | {"area": "atlantis"}])
    )
    assert (status, problem["code"]) == (404, "not-found")


def test_a_simulation_is_stopped_when_asked_and_keeps_what_it_found(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = bench.post("simulations", document=DOCUMENT, cases=lines(CASES))
    assert bench.post(f"simulations/{asked['id']}/cancel")["state"] == "cancelled"
    assert (bench.run(asked)["state"], bench.run(asked)["done"]) == ("cancelled", 0)
    again = bench.post("simulations", document=DOCUMENT, cases=lines(CASES))
    monkeypatch.setattr(simulating, "CHUNK", 1)
    with bench.app.app_context():
        assert simulating._Run(bench.app, UUID(again["id"])).chunk()
    assert bench.post(f"simulations/{again['id']}/cancel")["state"] == "running"
    stopped = bench.run(again)
    assert (stopped["state"], stopped["done"], stopped["changed"]) == ("cancelled", 1, 1)


def test_a_simulation_whose_worker_died_goes_on_where_it_was(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulating, "CHUNK", 1)
    asked = bench.post("simulations", document=DOCUMENT)
    with bench.app.app_context():
        assert simulating._Run(bench.app, UUID(asked["id"])).chunk()
    with acting_session(bench.app) as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
        # What other tests left waiting is not lost here.
        session.execute(text("UPDATE policy_simulation SET seen_at = now() WHERE id <> :id"), {"id": asked["id"]})
        assert resume_lost(session, NOW) == 0
        assert resume_lost(session, NOW + 2 * simulating.LOST) == 1
        jobs = session.scalars(text("SELECT args->>'row_id' FROM procrastinate_jobs")).all()
        session.commit()
    assert jobs == [asked["id"]]
    done = bench.run(asked)
    assert (done["state"], done["done"], done["changed"]) == ("done", 2, 2)
    numbers = [one["number"] for one in bench.get(f"simulations/{asked['id']}/results")["items"]]
    assert len(numbers) == len(set(numbers)) == 2


def test_a_simulation_that_breaks_says_so(bench: Workbench) -> None:
    asked = bench.post("simulations", document=DOCUMENT)
    with acting_session(bench.app) as session:
        session.execute(text('UPDATE policy_simulation SET bodies = \'{"L1": {"colour": 1}}\' WHERE id = :id'), asked)
        session.commit()
    assert bench.run(asked)["state"] == "failed"


def test_what_others_may_not_see_stays_out_of_results(bench: Workbench) -> None:
    asked = bench.post("simulations", document=DOCUMENT)
    bench.run(asked)
    with acting_session(bench.app) as session:
        every = session.scalar(text("SELECT count(*) FROM policy_simulation_result WHERE simulation_id = :id"), asked)
        # Who sees no area at all sees no result of an incident either.
        session.execute(text("SELECT set_config('linli.scope', 'staff', true), set_config('linli.areas', '{}', true)"))
        none = session.scalar(text("SELECT count(*) FROM policy_simulation_result WHERE simulation_id = :id"), asked)
    assert (every, none) == (2, 0)


def test_only_who_may_change_rules_may_try_them(bench: Workbench) -> None:
    assert bench.call("POST", "simulations", by="li", document=DOCUMENT)[1]["code"] == "not-allowed"
    assert bench.call("GET", f"simulations/{uuid4()}")[0] == 404
    assert bench.call("POST", "simulations", document=DOCUMENT, change_id=str(uuid4()))[1]["code"] == "invalid"
    everywhere = "rules: {L1: {values: {x: {value: 1, tighter: lower}}}}"
    assert bench.call("POST", "simulations", document=everywhere)[1]["code"] == "not-allowed"


def test_quiet_hours_list_exactly_the_reports_that_fall_into_them(bench: Workbench) -> None:
    document = "layer: {area: baishi, name: Baishi}\nrules: {R14: {values: {start: 20}}}"
    cases = [{"kind": "concern", "category": "CN01", "hour_local": hour} for hour in (19, 20, 21, 22, 23)]
    asked = bench.post("simulations", document=document, cases=lines(cases))
    bench.run(asked)
    found = bench.get(f"simulations/{asked['id']}/results", changed="quiet_now")["items"]
    assert [one["number"] for one in found] == [2, 3]
    assert [(one["before"]["quiet_now"], one["after"]["quiet_now"]) for one in found] == [(False, True)] * 2


def test_a_faster_clock_is_told_as_a_clock(bench: Workbench, tmp_path: Path) -> None:
    asked = bench.post("simulations", change_id=bench.draft("nanmen", CN01=HOUR)["id"])
    assert bench.run(asked)["summary"] == {"grade": 0, "owner": 0, "offers": 0, "clocks": 1}
