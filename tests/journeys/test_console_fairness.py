"""Scenario A11, "Strange man in the yard", from the resident's page to the console: behaviour, repeats by one source, rights.

As far as these rooms go: labels on sources and their appeals, and a form for sharing with police, are not among them.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from sqlalchemy import text

from backend.kernel.database import owner_engine
from tests.journeys.browser import PHONE
from tests.journeys.consoles import Consoles, barriers, consoles, settled
from tests.journeys.test_console_incident import choose, facts, key, part, press, screen, send
from tests.journeys.views import at_rest, dictionary
from tests.support.application import Counted, acting_session

LOOKS, ACT = "A foreign-looking man is hanging around", "He tried three car doors, now at No. 12"
FLAT_502, MEI = {"lat": 30.4571, "lon": 120.4571, "accuracy_m": 10}, {"email": "mei@example.org"}
COMMITTEE = "Nanmen Residents' Committee desk"
# Rows that a resident's page writes before anything is sent, and that say nothing of anybody.
BESIDE = {"throttle", "procrastinate_workers"}


@pytest.fixture(scope="module")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    """One world for all tests here."""
    with consoles(postgres, tmp_path_factory.mktemp("fairness")) as found:
        yield found


def whole(client: FlaskClient, incident: UUID | str) -> dict[str, Any]:
    """Everything that the API says of an incident."""
    answer = client.get(f"/api/v1/incidents/{incident}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def latest(house: Consoles) -> UUID:
    """The incident that was opened last."""
    with acting_session(house.app) as session:
        found = session.scalar(text("SELECT id FROM incident ORDER BY number DESC LIMIT 1"))
    assert isinstance(found, UUID)
    return found


def write(page: Page, words: str) -> None:
    """Say something on the resident's page and send it."""
    page.locator("textarea[name=text]").fill(words)
    page.get_by_role("button", name="Send", exact=True).click()


def test_looks_alone_are_no_incident_and_an_act_is_one_that_a_person_judges(house: Consoles) -> None:
    """Steps 1 to 3."""
    counted = Counted(house.app)
    before = counted.rows()
    with house.at(None, "/report", size=PHONE) as page:
        at_rest(page)
        page.get_by_role("button", name=dictionary("en")["report.place"]).click()
        write(page, LOOKS)
        expect(page.get_by_role("alert")).to_contain_text("We act on what somebody does, not on how they look.")
        page.get_by_role("link", name="Look at it again").click()
        expect(page.locator("main")).to_contain_text("What did the person do?")
        expect(page.locator("main")).to_contain_text("Talk with the neighbourhood coordinator")
        expect(page.locator("textarea[name=text]")).to_have_value(LOOKS)
        grown = {name for name, rows in counted.rows().items() if rows != before[name]}
        counted.close()
        assert grown <= BESIDE
        write(page, ACT)
        expect(page).to_have_url(re.compile("/sent/"))
        expect(page.locator("main")).to_contain_text(re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}"))
    judged_and_closed(house, latest(house))


def judged_and_closed(house: Consoles, incident: UUID) -> None:
    """Steps 2 and 3 at the console: the desk owns it, police need a case that somebody names, the man was a courier."""
    with house.at("li", screen(incident)) as page:
        settled(page)
        expect(part(page, "Who answers")).to_contain_text(COMMITTEE)
        why = part(page, "Why it was routed so")
        expect(why).to_contain_text("Police are not asked: no case of R06 is in sight.")
        expect(why).to_contain_text("R21 Behaviour, not people")
        form = press(page, "t", "Triage")
        choose(form, "Category", "CN07")
        form.get_by_label("Reason").fill("An act is described")
        send(form, "Triage")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Suspicious behaviour")
        expect(why.locator("details[open]")).to_contain_text("several details before appearance is kept")
        expect(why.locator("details[open]")).to_contain_text("no appearance in notifications")
        form = press(page, "o", "Ask a body")
        choose(form, "Whom", "Baishi Police")
        ask = form.get_by_role("button", name="Ask a body", exact=True)
        expect(ask).to_be_disabled()
        expect(form).to_contain_text("Police are asked only by a named person who names the case.")
        choose(form, "Case of R06", "(b)")
        expect(ask).to_be_enabled()
        form.get_by_role("button", name="Cancel").click()
        assert barriers(page) == []
    client = house.client("li")
    found = whole(client, incident)
    assert [one for one in found["offers"] if one["route"] == "P"] == []
    assert "car door" not in json.dumps(found["deliveries"])
    worked_through(house, incident)


def worked_through(house: Consoles, incident: UUID) -> None:
    """The desk takes it, finds a courier, and closes it as what it was."""
    with house.at("li", screen(incident)) as page:
        settled(page)
        form = press(page, "o", "Ask a body")
        choose(form, "Whom", "Nanmen Residents' Committee")
        send(form, "Ask a body")
        send(press(page, "y", "Accept"), "Accept")
        form = press(page, "s", "Begin work")
        form.get_by_label("I have reached the person").check()
        send(form, "Begin work")
        form = press(page, "l", "Check the goals")
        for goal in form.get_by_label("How did it end?").all():
            goal.select_option("met")
        for evidence in form.get_by_label("Evidence or reason").all():
            evidence.fill("A courier looked for a door; he has said so himself")
        form.get_by_label("What the person concerned thinks").fill("Content")
        send(form, "Check the goals")
        form = press(page, "c", "Close the incident")
        choose(form, "How did it end?", "An honest mistake")
        send(form, "Close the incident")
        expect(facts(page)).to_contain_text("An honest mistake")
        expect(part(page, "Messages with those who reported")).to_contain_text(re.compile("closed", re.IGNORECASE))


def test_one_source_that_keeps_reporting_a_household_is_seen_and_never_slows_help(house: Consoles) -> None:
    """Steps 4 and 5: the fifth report begins a review that hears the household; the sixth, of a child, goes first all the same."""
    sent = []
    for number in range(5):
        sent.append(house.report("CN04", text=f"Noise from 502 again, {number}", place=FLAT_502, contact=MEI))
        house.clock.advance(days=1)
    with house.at("li", screen(sent[3])) as page:
        settled(page)
        expect(facts(page)).not_to_contain_text("a harassment review")
        page.goto(screen(sent[4]))
        expect(facts(page)).to_contain_text("a harassment review")
        why = part(page, "Why it was routed so")
        expect(why).to_contain_text("one source keeps reporting one household")
        expect(why).to_contain_text("hear the household")
        expect(why).to_contain_text("never slower because of who reports")
        form = press(page, "k", "Task")
        form.get_by_label("What is to be done").fill("Hear the household before anything else")
        send(form, "Add a task")
        form = press(page, "k", "Task")
        choose(form, "What", "Find an interpreter")
        send(form, "Add a task")
        expect(part(page, "Tasks")).to_contain_text("Hear the household before anything else")
        assert barriers(page) == []
    child_goes_first(house)


def child_goes_first(house: Consoles) -> None:
    """A child is reported by the same source, and, to compare, by somebody who never reported before."""
    said = {"text": "502 is beating a child, the child is screaming", "voice": "witness", "place": FLAT_502}
    sixth, other = house.report(None, **said, contact=MEI), house.report(None, **said)
    client = house.client("li")
    known, fresh = whole(client, sixth), whole(client, other)
    assert known["grade"] == fresh["grade"] <= 2
    assert clocks(known) == clocks(fresh)
    with house.at("li", screen(sixth)) as page:
        settled(page)
        expect(part(page, "Why it was routed so")).to_contain_text("one safeguarding lead")
        expect(part(page, "Why it was routed so")).to_contain_text("never slower because of who reports")
        tasks = part(page, "Tasks")
        expect(tasks).to_contain_text("a duty to report applies")
        form = press(page, "k", "Task")
        choose(form, "What", "Report a child at risk")
        send(form, "Add a task")
        expect(facts(page)).to_contain_text("a duty is open")
        expect(tasks).not_to_contain_text("a duty to report applies")
        key(page, "c")
        expect(page.locator(".toasts")).to_contain_text("Close the incident:")


def clocks(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What was promised of an incident, by the grade and the rungs of each clock."""
    return sorted((one["kind"], one["grade"], one["rungs_s"]) for one in found["clocks"])


def test_police_find_nothing_of_what_a_household_asked_for(house: Consoles) -> None:
    """Step 7, as far as the walls go."""
    said = {"kind": "aid_request", "text": "We in 502 need a warm meal", "place": FLAT_502, "contact": MEI}
    asked = house.report("AID01", **said)
    with house.at("wei") as page:
        settled(page)
        page.get_by_role("searchbox").fill("warm meal")
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_contain_text("Nothing fits.")
        page.goto(screen(asked))
        expect(page.locator("main")).to_contain_text("There is no such")
        assert "warm meal" not in page.content()
    with house.at("li") as page:
        settled(page)
        page.get_by_role("searchbox").fill("warm meal")
        page.keyboard.press("Enter")
        expect(page.locator(f'[data-row="{asked}"]')).to_be_visible()


@contextmanager
def forged(house: Consoles, incident: UUID, entry: int) -> Iterator[None]:
    """An entry of an incident's journal with one letter changed, as only the owner of the database can."""
    engine = owner_engine(house.app.extensions["linli"].settings.database_url)

    def change(sign: str) -> None:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            changed = connection.execute(
                text(
                    "UPDATE event SET actor = :sign || substr(actor, 2) WHERE stream = :stream AND stream_seq = :entry"
                ),
                {"sign": sign, "stream": f"incident:{incident}", "entry": entry},
            )
            assert changed.rowcount == 1

    change("q")
    try:
        yield
    finally:
        change("p")
        engine.dispose()


def test_a_journal_that_was_tampered_with_is_named_at_the_right_entry(house: Consoles) -> None:
    """Step 8: one changed letter is found."""
    incident = house.report()
    house.client("li").post(f"/api/v1/incidents/{incident}/acknowledge", json={})
    entry = whole(house.client("li"), incident)["timeline"][-1]
    assert entry["actor"].startswith("person:")
    with forged(house, incident, entry["stream_seq"]), house.at("duty", "/console/audit?tab=chain") as page:
        settled(page)
        page.get_by_role("button", name="Check now").click()
        rows = page.get_by_role("row").filter(has_text=f"incident:{incident}")
        expect(rows).to_have_count(1)
        expect(rows.locator("td")).to_have_text(
            [f"incident:{incident}", str(entry["stream_seq"]), re.compile("changed")]
        )
        assert barriers(page) == []
