"""One incident at the console: scenarios A3 and A7, joining and parting, taking back, refusals explained, two at once, print."""

import io
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Locator, Page, Request, expect

from backend.incidents.desk import disputes
from backend.kernel.database import SYSTEM, act_as, db
from backend.kernel.sweeps import sweep_of
from backend.policy.actions import import_policy
from tests.intake.test_photos import picture
from tests.journeys.browser import PHONE
from tests.journeys.consoles import Consoles, barriers, consoles, settled
from tests.journeys.steps import receipt, report
from tests.journeys.test_four_levels import VILLAGE
from tests.support.baishi import TAOHUA

NARROW = {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    """One world for all tests here."""
    with consoles(postgres, tmp_path_factory.mktemp("incident")) as found:
        yield found


def screen(incident: UUID | str) -> str:
    """Where an incident is shown."""
    return f"/console/incidents/{incident}"


def told(client: FlaskClient, incident: UUID | str, path: str, **body: Any) -> Any:
    """Somebody else does something meanwhile."""
    answer = client.post(f"/api/v1/incidents/{incident}/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def part(page: Page, heading: str) -> Locator:
    """A part of the screen by its heading."""
    return page.locator("section", has=page.get_by_role("heading", name=heading, exact=True))


def facts(page: Page) -> Locator:
    """The line of facts below the heading."""
    return page.locator(".facts")


def key(page: Page, pressed: str) -> None:
    """A key, once the page listens: it begins to when what it shows was painted."""
    expect(page.locator(".acts button").first).to_be_enabled()
    page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")
    page.keyboard.press(pressed)


def press(page: Page, pressed: str, dialog: str) -> Locator:
    """A key opens a form."""
    key(page, pressed)
    found = page.get_by_role("dialog", name=dialog)
    expect(found).to_be_visible()
    return found


def send(form: Locator, button: str) -> None:
    """Send a form and wait until it has gone."""
    form.get_by_role("button", name=button, exact=True).click()
    expect(form).to_have_count(0)


def choose(form: Locator, label: str, words: str) -> None:
    """Choose the option that begins so."""
    field = form.get_by_label(label, exact=True)
    value = field.locator("option", has_text=words).first.get_attribute("value")
    field.select_option(value)


def test_nobodys_job_is_somebodys_until_another_has_read_it_back(house: Consoles) -> None:
    """A3: refusals all around, a dispute, a whistle that one body misses, a decision that is read back, a warm hand-over."""
    said = {"kind": "concern", "text": "A man shouts at the traffic; no weapon", "place": {"lat": 30.44, "lon": 120.44}}
    incident = house.report("DS06", **said)
    desk, social = "Nanmen Residents' Committee desk", "Nanmen Social Work Station desk"
    with house.at("li", screen(incident)) as page:
        settled(page)
        form = press(page, "t", "Triage")
        choose(form, "Grade", "G2")
        send(form, "Triage")
        expect(facts(page)).to_contain_text("offered")
        expect(part(page, "Who was asked")).to_contain_text("Crisis Care Team desk")
        told(house.client("song"), incident, "decline", reason="no team before 15:20")
        expect(part(page, "Who was asked")).to_contain_text("declined")
        expect(part(page, "Who was asked").locator("li", has_text=social).filter(has_text="to lead")).to_have_count(1)
        expect(part(page, "Who answers")).to_contain_text(desk)
        expect(part(page, "Why it was routed so")).to_contain_text("Police are not asked: no case of R06 is in sight.")
        form = press(page, "i", "Disagree")
        choose(form, "With whom", "Baishi Police")
        form.get_by_label("How you see it").fill("Police say that no case of R06 is met")
        send(form, "Open the disagreement")
        expect(facts(page)).to_contain_text("disputed")
        expect(part(page, "Messages with those who reported")).to_contain_text("still in charge of your report")
        dispute = part(page, "Disagreement between bodies")
        dispute.get_by_role("button", name="Three-way call").click()
        dispute.get_by_role("button", name="Blow the whistle").click()
        form = page.get_by_role("dialog", name="Blow the whistle")
        for body in ("Crisis Care Team desk", "Baishi Police desk", social):
            form.get_by_label(body).check()
        assert barriers(page) == []
        send(form, "Blow the whistle")
        for body in ("Crisis Care Team", "Baishi Police"):
            dispute.get_by_role("button", name=f"has come: {body}").click()
            expect(dispute).to_contain_text(f"{body}: has come")
        house.clock.advance(minutes=16)
        with house.app.app_context():
            sweep_of(disputes.count_missing)(house.app)
        expect(dispute).to_contain_text("Nanmen Social Work Station: has not come")
        dispute.get_by_role("button", name="Decide").click()
        form = page.get_by_role("dialog", name="Decide")
        form.get_by_label("What is decided").fill("Social work")
        form.get_by_role("button", name="Decide", exact=True).click()
        expect(form.get_by_role("alert")).to_contain_text("The duty officer decides a dispute.")
    decided_and_read_back(house, incident, desk, social)


def decided_and_read_back(house: Consoles, incident: UUID, desk: str, social: str) -> None:
    """The second half of A3: the duty officer decides, the lead reads it back, a hospital takes over warmly."""
    with house.at("duty", screen(incident)) as page:
        part(page, "Disagreement between bodies").get_by_role("button", name="Decide").click()
        form = page.get_by_role("dialog", name="Decide")
        form.get_by_label("What is decided").fill(
            "Social work leads, police stand by out of sight, a clinician on the phone"
        )
        choose(form, "Who is to lead", social)
        send(form, "Decide")
        expect(part(page, "Hand-overs")).to_contain_text("waits for an answer")
        expect(facts(page)).to_contain_text(desk)
    with house.at("he", screen(incident)) as page:
        settled(page)
        form = press(page, "y", "Accept")
        expect(form).to_contain_text("Social work leads")
        form.get_by_label("Your read-back").fill("We lead. Police out of sight, clinician on the phone.")
        send(form, "Accept")
        expect(facts(page)).to_contain_text(social)
        expect(part(page, "Hand-overs")).to_contain_text("We lead. Police out of sight")
        key(page, "e")
        expect(facts(page)).to_contain_text("G1")
        form = press(page, "h", "Hand over")
        form.get_by_label("A body outside Linli has accepted already").check()
        form.get_by_label("Who accepted there: body and name").fill("City Hospital, Dr. Example")
        form.get_by_label("Its reference").fill("H-17")
        form.get_by_label("When it accepted").fill("2026-01-05T15:40")
        send(form, "Hand over")
        expect(facts(page)).to_contain_text("handed over outside")
        expect(part(page, "What was promised")).to_contain_text("Check that it was done")
        owners = part(page, "Who answers").locator("ol li")
        expect(owners).to_have_count(2)


def test_a_quarrel_is_closed_by_the_village_on_its_own_terms(house: Consoles) -> None:
    """A7: routed to the village's mediators by a rule of its own, worked through to its end by keyboard."""
    with house.app.app_context():
        act_as(db.session(), SYSTEM)
        import_policy(db.session(), document=VILLAGE, by="duty", now=house.clock.now())
        db.session.commit()
    incident = house.report("CN04", text="Loud music at night", place=TAOHUA)
    fear = house.report("DS04", kind="distress", text="Shouting, I am afraid of my husband", place=TAOHUA)
    with house.at("tao", screen(incident)) as page:
        settled(page)
        why = part(page, "Why it was routed so")
        expect(why).to_contain_text("Taohua Village")
        expect(page.get_by_text("May be the same happening")).to_have_count(0)
        send(press(page, "y", "Accept"), "Accept")
        expect(facts(page)).to_contain_text("Taohua Mediators desk")
        form = press(page, "s", "Begin work")
        form.get_by_label("I have reached the person").check()
        send(form, "Begin work")
        expect(part(page, "What was promised")).to_contain_text("First contact: kept")
        form = press(page, "l", "Check the goals")
        for goal in form.get_by_label("How did it end?").all():
            goal.select_option("met")
        for evidence in form.get_by_label("Evidence or reason").all():
            evidence.fill("Both sides were heard and agree")
        form.get_by_label("What the person concerned thinks").fill("Both are content")
        assert barriers(page) == []
        send(form, "Check the goals")
        form = press(page, "c", "Close the incident")
        choose(form, "How did it end?", "Resolved")
        send(form, "Close the incident")
        expect(facts(page)).to_contain_text("closed")
        expect(facts(page)).to_contain_text("Resolved")
    preview = house.client("duty").get(f"/api/v1/incidents/{fear}/merge-preview?into={incident}").get_json()
    assert preview["allowed"] is False


def test_two_incidents_are_joined_and_parted_with_a_look_at_what_it_does(house: Consoles) -> None:
    place = {"lat": 30.47, "lon": 120.47, "accuracy_m": 10}
    first = house.report(text="The lamp at the bakery fell over", place=place)
    second = house.report(text="Lamp fell over at the bakery, glass everywhere", place=place)
    with house.at("li", screen(second)) as page:
        settled(page)
        likely = part(page, "May be the same happening")
        expect(likely).to_contain_text("words in common")
        likely.get_by_role("button", name="Compare side by side").click()
        form = page.get_by_role("dialog", name="Two incidents side by side")
        expect(form).to_contain_text("1 report(s) move")
        expect(form).to_contain_text("glass everywhere")
        assert barriers(page) == []
        form.get_by_role("button", name="Join into no.").click()
        page.wait_for_url(f"**{screen(first)}")
        expect(part(page, "What was said (2)")).to_contain_text("glass everywhere")
        page.goto(screen(second))
        expect(facts(page)).to_contain_text("merged")
        form = press(page, "q", "Part again")
        expect(form).to_contain_text("1 report(s) come back")
        send(form, "Part them again")
        expect(facts(page)).to_contain_text("offered")
        expect(part(page, "What was said (1)")).to_be_visible()


def test_a_bigger_event_has_parts_and_is_declared_major(house: Consoles) -> None:
    part_of_it, flood = (house.report(place={"lat": lat, "lon": 120.41}) for lat in (30.412, 30.488))
    number = house.client("duty").get(f"/api/v1/incidents/{flood}").get_json()["number"]
    with house.at("duty", screen(part_of_it)) as page:
        settled(page)
        form = press(page, "j", "Part of a bigger one")
        form.get_by_label("Number of the bigger incident").fill(str(number))
        form.get_by_role("button", name="Find it").click()
        expect(form.get_by_role("link", name=str(number))).to_be_visible()
        assert barriers(page) == []
        send(form, f"Make it part of no. {number}")
        whole_card = part(page, "Part of a bigger incident")
        whole_card.get_by_role("link", name=str(number)).click()
        form = press(page, "M", "Major")
        form.get_by_label("How grave").select_option("2")
        form.get_by_label("Reason").fill("The whole street is under water")
        send(form, "Major")
        expect(page.locator(".facts")).to_contain_text("Major: II, grave")
        parts = part(page, "Its parts")
        expect(parts).to_contain_text("As long as one is open, this incident does not close.")
        parts.get_by_role("button", name="Take no.").click()
        expect(parts).to_have_count(0)
        page.get_by_role("button", name="Undo").last.click()
        expect(parts).to_be_visible()
        assert barriers(page) == []
        page.goto("/console?major=true")
        settled(page)
        # What is immediate is pinned above, whatever is filtered.
        expect(page.locator("tbody [data-row]")).to_have_count(1)
        expect(page.locator(f'tbody [data-row="{flood}"]')).to_be_visible()


def test_a_slip_is_taken_back_and_both_stand_in_the_timeline(house: Consoles) -> None:
    incident = house.report()
    house.clock.advance(seconds=1)
    with house.at("li", screen(incident)) as page:
        settled(page)
        key(page, "a")
        expect(part(page, "What was promised")).to_contain_text("Be read by a person: kept")
        page.locator(".toast").get_by_role("button", name="Undo").click()
        expect(part(page, "What was promised").locator("li", has_text="Be read by a person")).to_contain_text("left")
        expect(part(page, "Timeline")).to_contain_text("Acknowledgement taken back")
        expect(part(page, "Timeline")).to_contain_text("Read by a person")
        page.keyboard.press("u")
        expect(page.locator(".toasts")).to_contain_text("There is nothing of yours here that can be taken back.")


def test_what_is_not_allowed_says_why_before_and_when_it_is_tried(house: Consoles) -> None:
    incident = house.report()
    with house.at("li", screen(incident)) as page:
        settled(page)
        key(page, "c")
        expect(page.locator(".toasts")).to_contain_text("Close the incident: Not while the incident is “offered”.")
        page.get_by_text("Not possible now, and why").click()
        expect(page.locator(".barred")).to_contain_text("Not while the incident is “offered”.")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Raise the grade")
        assert barriers(page) == []
    with house.at("he", screen(incident), language="zh") as page:
        page.get_by_text("目前不能执行及原因").click()
        expect(page.locator(".barred")).to_contain_text("您的角色无权执行此操作。")


def test_two_at_once_see_both_versions_before_one_goes_on(house: Consoles) -> None:
    incident = house.report("CN12", text="Not seen for three days")
    with house.at("li", screen(incident)) as page:
        settled(page)
        form = press(page, "d", "Lower the grade")
        form.get_by_label("Reason").fill("She was seen this morning")
        told(house.client("zhou"), incident, "regrade", grade=1)
        expect(facts(page)).to_contain_text("G1")
        form.get_by_role("button", name="Lower the grade").click()
        clash = page.get_by_role("dialog", name="Somebody changed it meanwhile")
        expect(clash.get_by_role("region", name="As you saw it")).to_contain_text("G2")
        expect(clash.get_by_role("region", name="As it stands now")).to_contain_text("G1")
        assert barriers(page) == []
        clash.get_by_role("button", name="Leave it as it is now").click()
        expect(facts(page)).to_contain_text("G1")
    assert regraded(house, incident) == [1]


def test_whoever_was_slower_may_do_it_all_the_same_and_both_deeds_stand(house: Consoles) -> None:
    incident = house.report("CN02", text="Boxes in the stairs", place={"lat": 30.405, "lon": 120.405})
    with house.at("li", screen(incident)) as page:
        settled(page)
        form = press(page, "d", "Lower the grade")
        choose(form, "New grade", "G4")
        form.get_by_label("Reason").fill("They are being carried away")
        told(house.client("zhou"), incident, "regrade", grade=1 if "G2" in facts(page).inner_text() else 2)
        form.get_by_role("button", name="Lower the grade").click()
        clash = page.get_by_role("dialog", name="Somebody changed it meanwhile")
        assert len(regraded(house, incident)) == 1
        clash.get_by_role("button", name="Do it all the same").click()
        expect(facts(page)).to_contain_text("G4")
        expect(clash).to_have_count(0)
    assert regraded(house, incident)[1:] == [4]


def regraded(house: Consoles, incident: UUID) -> list[int]:
    """The grades that an incident was given, one after the other, as the journal has them."""
    found = house.client("li").get(f"/api/v1/incidents/{incident}").get_json()
    return [event["payload"]["new"] for event in found["timeline"] if event["type"] == "IncidentRegraded"]


def test_a_photo_is_veiled_until_asked_for_and_the_look_is_recorded_with_its_purpose(house: Consoles) -> None:
    client = house.app.test_client()
    photo = client.post("/api/v1/photos", data={"photo": (io.BytesIO(picture("JPEG")), "a.jpg")}).get_json()["id"]
    incident = house.report(photo_ids=[photo], place={"lat": 30.41, "lon": 120.41})
    with house.at("li", screen(incident)) as page:
        asked: list[str | None] = []

        def heard(request: Request) -> None:
            if "/photos/" in request.url:
                asked.append(request.headers.get("linli-purpose"))

        page.on("request", heard)
        settled(page)
        page.get_by_text("Purpose: by how you are concerned").click()
        page.get_by_label("Why you read it").select_option("second_opinion")
        settled(page)
        assert asked == []
        page.get_by_role("button", name="Show photo 1").click()
        image = page.get_by_role("img", name="Photo 1 of this report")
        expect(image).to_have_class("blurred")
        page.get_by_role("button", name="Show it clearly").click()
        expect(image).to_have_class("")
        assert asked == ["second_opinion"]
        page.get_by_text("Who looked at it").click()
        expect(page.locator("details", has_text="Who looked at it").last).to_contain_text("a second opinion · a photo")


def test_a_ready_answer_goes_out_in_the_readers_language_and_says_how_far_it_came(house: Consoles) -> None:
    said = {
        "kind": "concern",
        "category": "CN01",
        "language": "zh",
        "text": "路灯坏了",
        "place": {"lat": 30.42, "lon": 120.42},
    }
    resident = house.app.test_client()
    sent = report(resident, **said)
    incident = UUID(sent["incident"]["id"])
    with house.at("li", screen(incident)) as page:
        settled(page)
        form = press(page, "m", "Write to them")
        form.get_by_label("Ready answer").select_option("more")
        expect(form.get_by_role("status")).to_contain_text("我们需要再了解一些情况")
        send(form, "Send")
        thread = part(page, "Messages with those who reported")
        expect(thread).to_contain_text("我们需要再了解一些情况")
        expect(thread).to_contain_text("In the thread. Whether it was read is not known.")
        who = {"Authorization": f"Receipt {sent['receipt']}"}
        ids = [one["id"] for one in receipt(resident, sent)["messages"] if one["from"] == "linli"]
        assert resident.post("/api/v1/receipt/seen", json={"ids": ids}, headers=who).status_code == 204
        # By the stream, without a new look.
        expect(thread).to_contain_text("it stood on the screen where the report was opened")


def test_a_duty_bars_closing_and_appears_by_itself_at_a_colleagues(house: Consoles) -> None:
    incident = house.report(place={"lat": 30.43, "lon": 120.43})
    with house.at("zhou", screen(incident)) as other, house.at("li", screen(incident)) as page:
        settled(page)
        settled(other)
        form = press(page, "k", "Task")
        choose(form, "What", "Report a child at risk")
        send(form, "Add a task")
        expect(part(other, "Tasks")).to_contain_text("Report a child at risk")
        expect(facts(other)).to_contain_text("a duty is open")
        part(other, "Tasks").get_by_role("button", name="Done: Report a child at risk").click()
        expect(facts(page)).not_to_contain_text("a duty is open")


def test_paper_says_who_printed_and_leaves_out_what_is_not_for_paper(house: Consoles) -> None:
    incident = house.report(text="<img src=x onerror=alert(1)> & a lamp", place={"lat": 30.46, "lon": 120.46})
    with house.at("li", screen(incident)) as page:
        settled(page)
        expect(part(page, "What was said (1)")).to_contain_text("<img src=x onerror=alert(1)>")
        key(page, "n")
        page.keyboard.press("Escape")
        page.emulate_media(media="print")
        expect(page.locator(".print-only")).to_contain_text("Printed by")
        expect(page.locator(".acts")).to_be_hidden()
        expect(page.locator("nav")).to_be_hidden()
        expect(part(page, "What was said (1)")).to_be_visible()


def test_without_a_network_what_was_shown_stays_and_says_so(house: Consoles) -> None:
    incident = house.report(place={"lat": 30.48, "lon": 120.48})
    with house.at("li", screen(incident)) as page:
        settled(page)
        page.context.set_offline(True)
        form = press(page, "n", "Note")
        form.get_by_label("Your words").fill("He is calm")
        form.get_by_role("button", name="Write it").click()
        expect(form.get_by_role("alert")).to_contain_text("The server cannot be reached.")
        page.context.set_offline(False)
        send(form, "Write it")
        expect(part(page, "Notes for colleagues")).to_contain_text("He is calm")


@pytest.mark.parametrize("rest", ["5f0e7c1a-3f8e-4a4e-9a64-0d7f0a3a8f11", "nonsense"])
def test_an_incident_that_is_not_there_says_so(house: Consoles, rest: str) -> None:
    with house.at("li", screen(rest)) as page:
        expect(page.locator("main")).to_contain_text("There is no such")
        assert barriers(page) == []


@pytest.mark.parametrize("size", [NARROW, PHONE], ids=["narrow", "phone"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_screen_fits_and_nothing_stands_in_the_way(house: Consoles, size: dict[str, int], language: str) -> None:
    incident = house.report("DS06", text="Somebody shouts", place={"lat": 30.49, "lon": 120.49, "accuracy_m": 300})
    with house.at("li", screen(incident), size=size, language=language) as page:
        page.emulate_media(color_scheme="dark" if size == PHONE else "light")
        expect(page.locator(".incident")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert barriers(page) == []
