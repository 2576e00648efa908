"""What a desk has beside the acts, over HTTP: guards in words, taking back, tasks, disputes, ready answers, duplicates."""

from collections.abc import Iterator
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend.incidents.desk import disputes
from backend.incidents.reading import BESIDE
from backend.kernel.clock import MovableClock
from backend.kernel.sweeps import sweep_of
from tests.conftest import NOW
from tests.journeys.steps import act, receipt, refused, report, whole
from tests.support.application import application, with_baishi
from tests.support.baishi import NANMEN, Baishi
from tests.support.people import sign_in

Headers = dict[str, str]
MOMENT = ("version", "disputed", "disputes", "timeline")
ABOUT = {"kind": "lead", "position": "Roads repairs covers"}


class Desk:
    """One application for all that is tried here, with people who are signed in."""

    def __init__(self, app: Flask, world: Baishi) -> None:
        self.app, self.world = app, world
        self.client: FlaskClient = app.test_client()
        self.clock: MovableClock = app.extensions["linli"].clock
        self.li, self.zhou, self.duty, self.he, self.wei = (
            sign_in(self.client, login) for login in ("li", "zhou", "duty", "he", "wei")
        )

    def opened(self, **said: Any) -> str:
        """A fresh incident at the desk in which li works."""
        said = {"kind": "concern", "category": "CN01", "text": "A loose cover", "place": NANMEN} | said
        found: str = report(self.client, **said)["incident"]["id"]
        self.clock.advance(seconds=1)  # what follows is not of the same moment
        return found

    def can(self, incident: str, who: Headers) -> dict[str, Any]:
        """Each act by its name, as the screen shows it."""
        return {one["act"]: one for one in whole(self.client, who, incident)["acts"]}

    def post(self, who: Headers, path: str, status: int = 200, **body: Any) -> Any:
        answer = self.client.post(f"/api/v1/incidents/{path}", json=body, headers=who)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json()

    def get(self, who: Headers, path: str) -> Any:
        answer = self.client.get(f"/api/v1/incidents/{path}", headers=who)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()


@pytest.fixture(scope="module")
def desk(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with application(postgres, tmp_path_factory.mktemp("desk"), NOW) as app:
        yield Desk(app, with_baishi(app, NOW))


def codes(found: dict[str, Any]) -> dict[str, str | None]:
    return {name: one["barred"] and one["barred"]["code"] for name, one in found.items()}


def test_each_act_says_whether_it_is_allowed_and_if_not_why(desk: Desk) -> None:
    incident = desk.opened()
    for who, expected in (
        (desk.li, {"acknowledge": None, "close": "not-in-this-state", "regrade-up": None}),
        (
            desk.he,
            {
                "merge": "not-your-role",
                "triage": "not-your-role",
                "note": None,
                "accept": "not-asked",
                "regrade-down": "down-needs-triage",
            },
        ),
    ):
        found = desk.can(incident, who)
        assert expected.items() <= codes(found).items()
        assert all(one["barred"]["words"].keys() == {"en", "zh"} for one in found.values() if not one["allowed"])
    assert found["close"]["barred"]["params"]["act"] == "close"
    undone = {name: one["undone"] for name, one in found.items()}
    assert undone["note"] == {"how": "within", "seconds": 60}
    assert (undone["wait"], undone["task"]) == ({"how": "act", "act": "wake"}, {"how": "act", "act": "call-off"})
    assert undone["message"] == {"how": "never"}
    act(desk.client, desk.li, incident, "acknowledge")
    assert codes(desk.can(incident, desk.li))["acknowledge"] == "seen-already"


def test_what_the_screen_says_is_what_the_act_answers(desk: Desk) -> None:
    incident = desk.opened()
    for name in ("close", "wake", "reopen", "recover", "stabilise", "split"):
        said = desk.can(incident, desk.li)[name]["barred"]["code"]
        body = {"outcome": "resolved"} if name == "close" else {}
        assert refused(desk.client, desk.li, incident, name, **body)["reason"] in {said, "not-merged"}


def test_an_acknowledgement_is_taken_back_and_its_clock_runs_on(desk: Desk) -> None:
    incident = desk.opened()
    before = clock_of(whole(desk.client, desk.li, incident), "acknowledge")
    act(desk.client, desk.li, incident, "acknowledge")
    shown = whole(desk.client, desk.li, incident)
    assert (shown["undo"]["allowed"], shown["undo"]["fact"]) == (True, "IncidentAcknowledged")
    act(desk.client, desk.li, incident, "undo")
    after = whole(desk.client, desk.li, incident)
    assert clock_of(after, "acknowledge") == before
    assert after["acknowledged_at"] is None
    assert [event["type"] for event in after["timeline"]][-2:] == ["IncidentAcknowledged", "AcknowledgementTakenBack"]
    assert refused(desk.client, desk.li, incident, "undo")["reason"] == "nothing-to-undo"


def clock_of(found: dict[str, Any], kind: str) -> Any:
    return next(one for one in found["clocks"] if one["kind"] == kind and one["state"] == "running")


def test_a_raise_by_mistake_is_taken_back_before_anybody_else_is_told(desk: Desk) -> None:
    incident = desk.opened(category="CN12", text="Not seen for days")
    act(desk.client, desk.li, incident, "acknowledge")
    before = whole(desk.client, desk.li, incident)
    act(desk.client, desk.li, incident, "regrade", grade=before["grade"] - 1)
    act(desk.client, desk.li, incident, "undo")
    after = whole(desk.client, desk.li, incident)
    assert after["grade"] == before["grade"]
    assert [one for one in after["clocks"] if one["state"] == "running"] == [
        one for one in before["clocks"] if one["state"] == "running"
    ]


def test_what_others_were_told_is_not_unsaid(desk: Desk) -> None:
    incident = desk.opened()
    grade = act(desk.client, desk.zhou, incident, "acknowledge")["grade"]
    act(desk.client, desk.zhou, incident, "regrade", grade=grade - 1)  # the desk's first answerer, li, is told
    assert refused(desk.client, desk.zhou, incident, "undo")["reason"] == "told-already"
    assert whole(desk.client, desk.zhou, incident)["undo"]["barred"]["code"] == "told-already"


def test_a_lowering_by_mistake_is_taken_back_with_the_clocks_of_before(desk: Desk) -> None:
    incident = desk.opened(category="CN12", text="Not seen for days")
    before = whole(desk.client, desk.li, incident)
    desk.clock.advance(seconds=30)
    act(desk.client, desk.li, incident, "regrade", grade=before["grade"] + 1, reason="She was seen")
    act(desk.client, desk.li, incident, "undo")
    after = whole(desk.client, desk.li, incident)
    assert after["grade"] == before["grade"]
    due = {one["kind"]: one["due_at"] for one in before["clocks"] if one["kind"] != "acknowledge"}
    assert {one["kind"]: one["due_at"] for one in after["clocks"] if one["kind"] in due} == due


def test_a_note_is_taken_back_with_its_words_unless_a_colleague_has_read_it(desk: Desk) -> None:
    incident = desk.opened()
    act(desk.client, desk.li, incident, "note", text="About somebody else")
    act(desk.client, desk.li, incident, "undo")
    found = whole(desk.client, desk.li, incident)
    assert found["notes"][0]["body"] == {"erased": True}
    desk.clock.advance(seconds=1)
    act(desk.client, desk.li, incident, "note", text="About this one")
    desk.clock.advance(seconds=1)
    whole(desk.client, desk.duty, incident)
    assert refused(desk.client, desk.li, incident, "undo")["reason"] == "read-already"


def test_after_a_minute_or_after_somebody_else_nothing_is_taken_back(desk: Desk) -> None:
    incident = desk.opened()
    act(desk.client, desk.li, incident, "acknowledge")
    assert refused(desk.client, desk.duty, incident, "undo")["reason"] == "nothing-to-undo"
    desk.clock.advance(seconds=61)
    assert refused(desk.client, desk.li, incident, "undo")["reason"] == "too-late-to-undo"


def test_a_duty_bars_the_end_until_it_is_done(desk: Desk) -> None:
    incident = desk.opened()
    org = str(desk.world.bodies["Nanmen Social Work Station"])
    desk.post(desk.li, f"{incident}/tasks", code="child_duty", organisation_id=org)
    desk.post(desk.li, f"{incident}/tasks", text="Call the baker 芳芳")
    found = whole(desk.client, desk.he, incident)
    duty, words = sorted(found["tasks"], key=lambda one: not one["duty"])
    assert (found["duty_open"], duty["duty"], words["title"], words["code"]) == (
        True,
        True,
        "Call the baker 芳芳",
        None,
    )
    assert any(one["template"] == "task_added" for one in found["deliveries"])
    assert desk.post(desk.li, f"{incident}/tasks/{duty['id']}/cancel", 409)["reason"] == "duty-needs-supervisor"
    desk.post(desk.he, f"{incident}/tasks/{duty['id']}/begin")
    desk.post(desk.he, f"{incident}/tasks/{duty['id']}/finish")
    assert whole(desk.client, desk.he, incident)["duty_open"] is False
    again = desk.post(desk.he, f"{incident}/tasks/{duty['id']}/finish", 409)
    assert (again["reason"], again["moves"]) == ("task-not-in-this-state", ["reopen"])
    assert desk.post(desk.li, f"{incident}/tasks", 422)["code"] == "invalid"


def test_a_dispute_climbs_to_a_decision_and_the_owner_stays(desk: Desk) -> None:
    sent = report(desk.client, kind="concern", category="DS06", text="He shouts at the cars", place=NANMEN)
    incident = sent["incident"]["id"]
    bodies = {name: str(desk.world.bodies[name]) for name in desk.world.bodies}
    owner = whole(desk.client, desk.li, incident)["owner"]
    desk.post(
        desk.li, f"{incident}/dispute", kind="lead", position="Not ours", with_organisation_id=bodies["Baishi Police"]
    )
    found = whole(desk.client, desk.duty, incident)
    assert (found["disputed"], found["owner"]) == (True, owner)
    assert any("still in charge" in one["words"] for one in receipt(desk.client, sent)["messages"])
    assert desk.post(desk.li, f"{incident}/dispute", 409, kind="lead", position="Again")["reason"] == "dispute-open"
    desk.post(desk.li, f"{incident}/dispute/three-way")
    called = [bodies[name] for name in ("Crisis Care Team", "Baishi Police", "Nanmen Social Work Station")]
    assert desk.post(desk.li, f"{incident}/dispute/whistle", 422)["code"] == "unsuitable"
    desk.post(desk.li, f"{incident}/dispute/whistle", organisation_ids=called, reason="nobody_leads")
    for body in called[:2]:
        desk.post(desk.li, f"{incident}/dispute/attendance", organisation_id=body, attended=True)
    desk.clock.advance(minutes=16)
    with desk.app.app_context():
        assert sweep_of(disputes.count_missing)(desk.app) == 1
    held = whole(desk.client, desk.duty, incident)["disputes"][0]
    assert [one["attended"] for one in held["called"]] == [True, True, False]
    decide: dict[str, Any] = {"decision": "Social work leads", "lead_organisation_id": called[2]}
    assert desk.post(desk.li, f"{incident}/dispute/decide", 409, **decide)["reason"] == "needs-duty-officer"
    desk.post(desk.duty, f"{incident}/dispute/decide", **decide)
    found = whole(desk.client, desk.duty, incident)
    assert (found["disputed"], found["owner"]["organisation_id"]) == (False, owner["organisation_id"])
    act(desk.client, desk.he, incident, "accept", read_back="We lead; police stand by out of sight")
    found = whole(desk.client, desk.he, incident)
    assert found["owner"]["organisation_id"] == called[2]
    assert found["handovers"][0]["read_back"].startswith("We lead")
    assert [one["state"] for one in found["disputes"]] == ["decided"]


def test_a_ready_answer_is_read_in_each_reporters_language(desk: Desk) -> None:
    english = report(desk.client, kind="concern", category="CN01", text="A hole", place=NANMEN, language="en")
    chinese = report(desk.client, kind="concern", category="CN01", text="路上有坑", place=NANMEN, language="zh")
    incident = english["incident"]["id"]
    act(desk.client, desk.li, chinese["incident"]["id"], "merge", into=incident)
    offered = desk.get(desk.li, f"{incident}/answers")
    assert offered["readers"] == [{"language": "en", "threads": 1}, {"language": "zh", "threads": 1}]
    preview = next(one for one in offered["items"] if one["key"] == "seen")["words"]
    act(desk.client, desk.li, incident, "message", template="seen")
    assert receipt(desk.client, english)["messages"][-1]["words"] == preview["en"]
    assert receipt(desk.client, chinese)["messages"][-1]["words"] == preview["zh"]
    only = whole(desk.client, desk.li, incident)["reports"][0]["id"]
    act(desk.client, desk.li, incident, "message", text="For you alone", report_id=only)
    said = [receipt(desk.client, one)["messages"][-1]["words"] for one in (english, chinese)]
    assert sorted(said) == sorted(["For you alone", preview["zh"]])
    assert refused(desk.client, desk.li, incident, "message", template="nothing")["code"] == "unsuitable"
    assert refused(desk.client, desk.li, incident, "message", template="seen", text="both")["code"] == "invalid"


def test_likely_duplicates_stand_side_by_side_and_are_joined_parted_or_rejected(desk: Desk) -> None:
    place = {"lat": 30.47, "lon": 120.47, "accuracy_m": 10}
    first = desk.opened(text="The street lamp at the bakery fell over", place=place)
    second = desk.opened(text="Street lamp fell over near the bakery", place=place)
    third = desk.opened(text="Lamp by the bakery fell over, glass on the street", place=place)
    found = {one["incident"]["id"]: one for one in desk.get(desk.li, f"{second}/duplicates")["items"]}
    assert found[first]["state"] == "suggested"
    assert any("words in common" in reason["en"] for reason in found[first]["compared"]["reasons"])
    preview = desk.get(desk.li, f"{second}/merge-preview?into={first}")
    assert (preview["allowed"], preview["reports_moved"], preview["reports_after"]) == (True, 1, 2)
    act(desk.client, desk.li, second, "merge", into=first)
    assert whole(desk.client, desk.li, first)["report_count"] == preview["reports_after"]
    parting = desk.get(desk.li, f"{second}/split-preview")
    assert (parting["allowed"], parting["state_after"], parting["parent"]["id"]) == (True, "offered", first)
    assert act(desk.client, desk.li, second, "split")["status"] == parting["state_after"]
    desk.post(desk.li, f"{third}/duplicates/{first}/reject")
    again = {one["incident"]["id"]: one for one in desk.get(desk.li, f"{third}/duplicates")["items"]}
    assert again[first]["state"] == "rejected"
    assert desk.post(desk.li, f"{third}/duplicates/{first}/reject", 422)["code"] == "unsuitable"


def test_harm_between_people_is_joined_by_a_specialist_alone(desk: Desk) -> None:
    one, other = (
        desk.opened(kind="distress", category="DS04", text="I am afraid at home", voice="self") for _ in range(2)
    )
    assert desk.get(desk.li, f"{one}/merge-preview?into={other}")["barred"]["code"] == "harm-needs-specialist"
    assert refused(desk.client, desk.li, one, "merge", into=other)["reason"] == "harm-needs-specialist"
    assert desk.get(desk.duty, f"{one}/merge-preview?into={other}")["allowed"] is True


def test_receivers_are_bodies_with_a_desk_there_and_looks_name_who_looked(desk: Desk) -> None:
    incident = desk.opened()
    items = desk.get(desk.li, f"{incident}/receivers")["items"]
    police = next(one for one in items if one["label"]["en"].startswith("Baishi Police"))
    assert (police["routes"], police["on_duty"]) == (["P"], 1)
    assert not any("Taohua" in one["label"]["en"] for one in items)
    desk.client.get(f"/api/v1/incidents/{incident}", headers=desk.duty | {"Linli-Purpose": "supervision"})
    looked = desk.get(desk.li, f"{incident}/looks")["items"]
    assert (looked[0]["purpose"], looked[0]["name"]) == ("supervision", "Lin Example")
    assert desk.client.get(f"/api/v1/incidents/{incident}/looks", headers=desk.wei).status_code in {403, 404}


def test_what_is_shown_is_of_one_moment_although_somebody_writes_meanwhile(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = desk.opened()
    written: list[Thread] = []

    def meanwhile(session: Session, incident_id: UUID) -> list[Any]:
        if not written:
            written.append(
                Thread(target=act, args=(desk.app.test_client(), desk.li, incident, "dispute"), kwargs=ABOUT)
            )
            written[0].start()
            written[0].join()
        return []

    monkeypatch.setitem(BESIDE, "meanwhile", meanwhile)
    shown = whole(desk.client, desk.li, incident)
    monkeypatch.delitem(BESIDE, "meanwhile")
    assert written
    assert shown["disputed"]
    after = whole(desk.client, desk.li, incident)
    assert {name: shown[name] for name in MOMENT} == {name: after[name] for name in MOMENT}


def test_names_of_people_are_for_those_who_may_read_people(desk: Desk) -> None:
    incident = desk.opened()
    act(desk.client, desk.li, incident, "note", text="Seen")
    assert set(whole(desk.client, desk.li, incident)["names"]["people"].values()) == {"Lin Example"}
    seen = whole(desk.client, desk.he, incident)["names"]
    assert seen["people"] == {}
    assert seen["areas"][-1]["name"] == "Nanmen Community"
