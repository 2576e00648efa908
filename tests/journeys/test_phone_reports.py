"""My reports without an account: what is said both ways, taking back, and "not solved"."""

from typing import Any

from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from tests.journeys.browser import visiting
from tests.journeys.consoles import barriers
from tests.journeys.phones import answer_to, receipt_of, until
from tests.journeys.steps import act, whole
from tests.journeys.test_phone import settled, stored, write
from tests.support.people import sign_in


def report_here(page: Page) -> str:
    """A hazard in the street, with its place; the receipt."""
    settled(page, "/report")
    page.locator("label.tile", has=page.locator("[value=CN01]")).click()
    page.get_by_role("button", name="Use my place").click()
    expect(page.locator("main")).to_contain_text("18")
    page.get_by_role("button", name="Send", exact=True).click()
    return receipt_of(page)


def open_newest(page: Page) -> None:
    """The newest of my reports."""
    page.goto("/reports")
    page.locator("main a.card").first.click()
    expect(page.locator("h1")).to_have_text("Your report")


def closed(client: FlaskClient, incident: str) -> dict[str, str]:
    """Somebody takes it on and closes it on its goals."""
    gao = sign_in(client, "gao")
    offer = next(one for one in client.get("/api/v1/offers", headers=gao).get_json()["items"])
    assert client.post(f"/api/v1/offers/{offer['id']}/accept", json={}, headers=gao).status_code == 200
    act(client, gao, incident, "start", contact=True)
    act(client, gao, incident, "message", text="We come at noon")
    found = whole(client, gao, incident)["goals"]
    goals: list[dict[str, Any]] = [{"id": goal["id"], "state": "met", "evidence": "seen"} for goal in found]
    act(client, gao, incident, "check-goals", goals=goals, view="the reporter was called and is content")
    act(client, gao, incident, "close", outcome="made_safe")
    return gao


def seen(client: FlaskClient, who: dict[str, str], incident: str) -> list[bool]:
    """Whether each message that staff wrote is known to be seen."""
    return [one["seen_at"] is not None for one in whole(client, who, incident)["messages"] if one["written_by"]]


def test_what_is_said_goes_both_ways_and_a_closed_report_is_said_to_be_not_solved(
    browser: Browser, url: str, client: FlaskClient
) -> None:
    with visiting(browser, url) as page:
        receipt = report_here(page)
        incident = answer_to(client, receipt)["incident"]["id"]
        open_newest(page)
        page.get_by_label("Add something").fill("It is beside the school")
        page.get_by_role("button", name="Send message").click()
        assert until(page, lambda: len(answer_to(client, receipt)["messages"]) == 2)
        gao = closed(client, incident)
        # The answer that was fetched above is in the background: nobody has looked at this message yet.
        answer_to(client, receipt)
        assert not any(seen(client, gao, incident))
        open_newest(page)
        expect(page.locator("main")).to_contain_text("We come at noon")
        page.get_by_text("We come at noon").scroll_into_view_if_needed()
        assert until(page, lambda: any(seen(client, gao, incident)))
        expect(page.locator("main")).to_contain_text("Closed. If it is not solved, you can open it again below.")
        page.get_by_label("What is still wrong?").fill("The hole is still there")
        page.get_by_role("button", name="Not solved: open it again").click()
        expect(page.locator("main")).not_to_contain_text("Closed. If it is not solved")
        assert answer_to(client, receipt)["incident"]["status"] == "triaged"
        assert "IncidentReopened" in {event["type"] for event in whole(client, gao, incident)["timeline"]}


def test_a_report_is_taken_back(browser: Browser, url: str, session: Session) -> None:
    with visiting(browser, url) as page:
        write(page, "The bench is loose")
        open_newest(page)
        page.get_by_role("button", name="Take this report back").click()
        page.get_by_role("button", name="Yes, take it back").click()
        expect(page.locator("main")).to_contain_text("You took this report back. Nobody works on it any more.")
    assert [report.withdrawn_at is not None for report in stored(session)] == [True]


def test_a_resident_sees_what_is_kept_objects_and_erases_by_the_phone_alone(
    browser: Browser, url: str, client: FlaskClient, session: Session
) -> None:
    with visiting(browser, url) as page:
        receipt = report_here(page)
        open_newest(page)
        page.get_by_role("button", name="Your data and your rights").click()
        part = page.get_by_role("region", name="Your data and your rights")
        expect(part).to_contain_text("How we can reach you")
        part.locator("summary").click()
        part.get_by_label("Object to something").check()
        part.get_by_label("In your words").fill("Not the police")
        part.get_by_role("button", name="Send the request").click()
        expect(part).to_contain_text("Waiting for an answer.")
        assert barriers(page) == []
        page.get_by_role("button", name="Take this report back").click()
        page.get_by_role("button", name="Yes, take it back").click()
        open_newest(page)
        page.get_by_role("button", name="Your data and your rights").click()
        part.get_by_role("button", name="Erase this report").click()
        part.get_by_role("button", name="Yes, erase it").click()
        expect(part).to_contain_text("This report was erased on")
        assert answer_to(client, receipt)["erased_at"]
    assert [report.erased_at is not None for report in stored(session)] == [True]
