"""The rule workbench in a real browser: rules are written as sentences, checked, tried, approved by another, taken back."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect

from backend.kernel.database import SYSTEM, act_as, db
from backend.policy.changing import hold_due_changes
from backend.policy.simulating import run_simulation
from tests.journeys.browser import PHONE
from tests.journeys.consoles import Consoles, barriers, consoles, settled
from tests.support.application import acting_session
from tests.support.people import make_person

NARROW = {"width": 320, "height": 640}
COVERS: dict[str, Any] = {
    "title": {"en": "Covers go to mediators", "zh": "井盖交给调解员"}, "categories": ["CN01"],
    "when": "photo_count == 0", "because": {"en": "nobody sent a photo", "zh": "没有图片"}, "then": {"lead": "M"},
}  # fmt: skip

# Nanmen's own station has a rota of some hours.
NIGHT = COVERS | {"categories": ["DS05"], "when": "true", "then": {"lead": "SW"}}


@pytest.fixture(scope="module")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    """One world for all tests here, with a second person who may change and approve rules."""
    with consoles(postgres, tmp_path_factory.mktemp("rules")) as found:
        with found.app.app_context():
            act_as(db.session(), SYSTEM)
            make_person(
                db.session(), found.app.extensions["linli"].keyring, found.clock.now(), login="second",
                roles=("duty_officer", "supervisor", "administrator"), org=found.world.bodies["Qinghe Duty Office"],
            )  # fmt: skip
        found.report()
        yield found


def drafted(house: Consoles, place: str = "nanmen", **edits: Any) -> str:
    """A draft of ``duty``; its id."""
    body = {"area": house.world.areas[place], "name": place.title(), "title": "A change", "edits": edits}
    answer = house.client("duty").post("/api/v1/policy/changes", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["id"])


def many(scope: Page | Locator, label: str, *codes: str) -> None:
    """Choose codes of a list that is closed at first."""
    scope.locator("summary", has_text=f"{label}:").click()
    for code in codes:
        scope.get_by_role("group", name=label, exact=True).locator("label", has_text=code).get_by_role(
            "checkbox"
        ).check()
    scope.locator("summary", has_text=f"{label}:").click()


def step(page: Page, deed: str, why: str = "", **more: str) -> None:
    """Do what may be done next, with a reason."""
    page.locator("main").get_by_role("button", name=deed, exact=True).click()
    dialog = page.get_by_role("dialog")
    for label, text in more.items():
        dialog.get_by_label(label.replace("_", " ")).fill(text)
    dialog.locator("textarea").fill(why)
    dialog.get_by_role("button", name=deed, exact=True).click()


def state(page: Page, words: str) -> None:
    """The change stands so."""
    expect(page.locator("main p.row .badge").first).to_have_text(words)


def write_the_rule(page: Page) -> None:
    """A rule of its own, from the sentence to the example."""
    page.get_by_label("Title").fill("Covers without a photo")
    page.get_by_label("Code of a new rule").fill("COVER")
    page.get_by_role("button", name="Write a new rule").click()
    rule = page.get_by_role("region", name="COVER")
    rule.get_by_label("Name (English)").fill("Covers go to mediators")
    rule.get_by_label("Name (Chinese)").fill("井盖交给调解员")
    many(rule, "About what", "CN01")
    expect(rule.get_by_text("Always", exact=True).first).to_be_visible()
    rule.get_by_role("button", name="Add “and”").click()
    one = rule.get_by_role("group", name="Condition 1")
    one.get_by_label("What is looked at").select_option("photo_count")
    one.get_by_label("How").select_option("is")
    one.get_by_label("Number").fill("0")
    expect(rule.locator(".note")).to_have_text("When the number of photos is 0")
    rule.get_by_label("Add what follows").first.select_option("lead")
    rule.get_by_role("group", name="leads").get_by_role("combobox").select_option("M")
    rule.get_by_label("Reason shown to people (English)").fill("nobody sent a photo")
    rule.get_by_label("Reason shown to people (Chinese)").fill("没有图片")
    rule.get_by_role("button", name="Add an example").click()
    example = rule.get_by_role("group", name="Example 1")
    example.get_by_label("What it shows").fill("a cover without a photo")
    example.get_by_label("What is reported").select_option("CN01")
    example.get_by_label("Add what follows").select_option("lead")
    example.get_by_role("group", name="leads").get_by_role("combobox").select_option("M")


def run_the_newest(house: Consoles) -> None:
    """Let the worker have its turn."""
    run = house.client("duty").get("/api/v1/policy/simulations").get_json()["items"][0]
    with house.app.app_context():
        run_simulation(house.app, UUID(run["id"]))


def decided_by(house: Consoles, code: str) -> bool:
    """Whether a report that is sent now is decided by a rule."""
    incident = house.report()
    return code in house.client("duty").get(f"/api/v1/incidents/{incident}").text


def write_check_and_try(house: Consoles, page: Page) -> str:
    """A rule is written, checked and tried on what happened; the address of its change."""
    write_the_rule(page)
    # What was written outlives a page that is lost before it is sent.
    page.reload()
    expect(page.get_by_label("Name (Chinese)")).to_have_value("井盖交给调解员")
    page.get_by_role("button", name="Begin the draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Covers without a photo")
    address = page.url
    check(page)
    expect(page.get_by_text("As expected.")).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("tab", name="Try").click()
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.get_by_text("waits", exact=True)).to_be_visible()
    run_the_newest(house)
    expect(page.get_by_text("1 of 1 would be handled otherwise.")).to_be_visible()
    row = page.locator("tbody tr").first
    expect(row).to_contain_text("mediator")
    expect(row).to_contain_text("COVER")
    assert barriers(page) == []
    return address


def check(page: Page) -> None:
    """Have a draft looked at, which finds nothing that keeps it from being proposed."""
    page.get_by_role("button", name="Check", exact=True).first.click()
    expect(page.get_by_text("Nothing keeps this from being proposed.")).to_be_visible()


def take_back(house: Consoles, address: str) -> None:
    """What holds is taken back by one person and approved by the other."""
    with house.at("duty", address) as page:
        state(page, "in force")
        step(page, "Take back", "the mediators have no time")
        expect(page.get_by_role("heading", level=1)).to_have_text("Take back: Covers without a photo")
        back = page.url
        check(page)
        step(page, "Propose")
        state(page, "waits for a second person")
    with house.at("second", back) as page:
        step(page, "Approve")
        state(page, "in force")


def test_a_rule_is_written_checked_tried_approved_dated_and_taken_back(house: Consoles) -> None:
    area = house.world.areas["nanmen"]
    with house.at("duty", f"/console/rules/new?area={area}") as page:
        address = write_check_and_try(house, page)
        page.goto(address)
        step(page, "Propose", "neighbours know each other")
        state(page, "waits for a second person")
        step(page, "Approve")
        expect(page.get_by_role("dialog")).to_contain_text("You wrote this change of rules yourself")
    tomorrow = house.clock.now() + timedelta(days=1)
    with house.at("second", address) as page:
        step(page, "Approve", "agreed", Holds_from=tomorrow.strftime("%Y-%m-%dT%H:%M"))
        state(page, "holds from a date")
    assert not decided_by(house, "COVER")
    with acting_session(house.app) as session:
        hold_due_changes(session, tomorrow + timedelta(days=1))
        session.commit()
    assert decided_by(house, "COVER")
    take_back(house, address)
    assert not decided_by(house, "COVER")
    with house.at("second", address) as page:
        state(page, "taken back")
        page.goto(f"/console/rules/rule/COVER?area={area}")
        expect(page.get_by_text("Nanmen Community · version 1")).to_be_visible()


WRONG: dict[str, tuple[str, str, dict[str, Any]]] = {
    "nobody at night": ("Nobody is on duty at some hours", "无人值班", {"L1": NIGHT}),
    "a contradiction": ("Two rules contradict each other", "相互矛盾", {"L1": COVERS, "L2": COVERS | {"then": {"lead": "NC"}}}),
}  # fmt: skip


@pytest.mark.parametrize("en, zh, edits", WRONG.values(), ids=WRONG)
def test_a_wrong_rule_is_caught_before_it_can_be_proposed(
    house: Consoles, en: str, zh: str, edits: dict[str, Any]
) -> None:
    change = drafted(house, **edits)
    for language, words, check in (("en", en, "Check"), ("zh", zh, "检查")):
        with house.at("duty", f"/console/rules/changes/{change}", language=language) as page:
            page.get_by_role("button", name=check, exact=True).first.click()
            expect(page.locator(".note.warn").filter(has_text=words).first).to_be_visible()
            expect(page.get_by_role("button", name={"en": "Propose", "zh": "提交审批"}[language])).to_have_count(0)
            assert barriers(page) == []


def test_a_floor_that_is_loosened_is_named_beside_its_value(house: Consoles) -> None:
    area = house.world.areas["nanmen"]
    with house.at("duty", f"/console/rules/rule/G1?area={area}") as page:
        expect(page.get_by_text("may only get stricter than 2 min").first).to_be_visible()
        page.get_by_role("link", name="Change it here").click()
        rule = page.get_by_role("region", name="G1")
        rule.get_by_label("Change a value").select_option("G1.acknowledge_s")
        value = rule.locator(".value input").first
        value.fill("3 h")
        page.get_by_label("Title").fill("More time")
        page.get_by_role("button", name="Begin the draft").click()
        page.get_by_role("button", name="Check", exact=True).first.click()
        expect(page.locator(".note.warn", has_text="A floor is loosened")).to_contain_text("3 h is refused")
        page.get_by_role("tab", name="Write").click()
        expect(rule.locator(".note.warn", has_text="A floor is loosened")).to_be_visible()
        value.fill("90")
        page.get_by_role("button", name="Check", exact=True).first.click()
        expect(page.get_by_role("button", name="Propose")).to_be_visible()


def test_an_expression_is_read_while_it_is_typed_and_its_mistake_is_marked(house: Consoles) -> None:
    change = drafted(house, L5=COVERS)
    with house.at("duty", f"/console/rules/changes/{change}") as page:
        expect(page.locator(".clause .note")).to_have_text("When the number of photos is 0")
        page.get_by_role("button", name="As an expression").click()
        text = page.get_by_label("Expression")
        text.fill("photo_count == 0 && phtos > 1")
        expect(page.locator(".marked mark")).to_be_visible()
        expect(text).to_have_attribute("aria-invalid", "true")
        assert barriers(page) == []
        text.fill("photo_count == 0 && !(weapon)")
        expect(page.locator(".clause .note")).to_contain_text("unless")
        page.get_by_role("button", name="As a sentence").click()
        expect(page.get_by_role("group", name="Exception 1")).to_be_visible()


def test_two_people_at_one_draft_see_both_versions_and_nothing_is_lost(house: Consoles) -> None:
    change = drafted(house, L6=COVERS)
    with house.at("duty", f"/console/rules/changes/{change}") as page:
        page.get_by_label("Name (English)").fill("Mine")
        other = {"edits": {"L6": COVERS | {"title": {"en": "Hers", "zh": "她的"}}}}
        assert house.client("second").patch(f"/api/v1/policy/changes/{change}", json=other).status_code == 200
        page.get_by_role("button", name="Save", exact=True).click()
        dialog = page.get_by_role("dialog", name="Somebody else saved this draft meanwhile")
        expect(dialog).to_contain_text("Mine / ")
        expect(dialog).to_contain_text("Hers / ")
        assert barriers(page) == []
        dialog.get_by_role("button", name="Save the chosen").click()
        expect(page.get_by_text("Saved", exact=True)).to_be_visible()
        page.get_by_role("tab", name="What changes").click()
        expect(page.get_by_role("heading", name="L6 Mine")).to_be_visible()


def test_what_was_kept_of_a_lost_page_does_not_undo_what_others_wrote_since(house: Consoles) -> None:
    change = drafted(house, L9=COVERS)
    with house.at("duty", f"/console/rules/changes/{change}") as page:
        page.get_by_label("Name (English)").fill("Mine")
        page.context.set_offline(True)
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator("main").get_by_text("The server cannot be reached.")).to_be_visible()
        page.context.set_offline(False)
        other = {"edits": {"L9": COVERS | {"title": {"en": "Hers", "zh": "她的"}}}}
        assert house.client("second").patch(f"/api/v1/policy/changes/{change}", json=other).status_code == 200
        page.reload()
        dialog = page.get_by_role("dialog", name="Somebody else saved this draft meanwhile")
        dialog.get_by_role("button", name="Cancel").click()
        page.get_by_role("button", name="Save", exact=True).click()
        dialog.get_by_role("radio", name="theirs").check()
        dialog.get_by_role("button", name="Save the chosen").click()
        expect(page.get_by_label("Name (English)")).to_have_value("Hers")
        expect(page.get_by_text("Saved", exact=True)).to_be_visible()


def test_a_document_shows_what_it_would_change_before_it_becomes_a_draft(house: Consoles) -> None:
    document = "layer: {area: taohua, name: Taohua Village}\nrules:\n  CN01: {values: {action_s: 3600}}\n"
    with house.at("duty", "/console/rules/import", language="zh") as page:
        page.get_by_label("文件内容").fill(document)
        page.get_by_role("button", name="查看更改内容").click()
        expect(page.get_by_role("region", name="将更改的内容")).to_contain_text("1 小时")
        expect(page.get_by_role("region", name="将更改的内容")).to_contain_text("更严")
        assert house.client("duty").get("/api/v1/policy/changes?area=0").get_json()["items"] == []
        assert barriers(page) == []
        page.get_by_role("button", name="建立草稿").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("导入：Taohua Village")


@pytest.mark.parametrize("size, theme", [(NARROW, "dark"), (PHONE, "light")], ids=["narrow dark", "phone light"])
def test_the_workbench_fits_and_leaves_nobody_out(house: Consoles, size: dict[str, int], theme: str) -> None:
    change = drafted(house, "taohua", L7=COVERS, G2={"values": {"contact_s": 1200}})
    area = house.world.areas["taohua"]
    paths = (f"?area={area}", f"/changes/{change}", "/changes", "/overrides", f"/rule/R15?area={area}")
    with house.at("duty", "/console/rules", size=size) as page:
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type, unused-ignore]
        for path in paths:
            page.goto(f"/console/rules{path}")
            settled(page)
            expect(page.locator("main .card, main table").first).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
            assert barriers(page) == [], path


def test_whoever_may_only_read_rules_changes_none(house: Consoles) -> None:
    change = drafted(house, L8=COVERS)
    with house.at("li", f"/console/rules/changes/{change}") as page:
        expect(page.get_by_role("tab", name="What changes")).to_be_visible()
        expect(page.locator("main").get_by_role("button", name="Save", exact=True)).to_have_count(0)
        page.goto("/console/rules")
        settled(page)
        expect(page.get_by_role("link", name="New change")).to_have_count(0)
