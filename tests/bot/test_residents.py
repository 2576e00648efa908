"""A resident in a chat: telling, asking, following up, and being forgotten, against the real API."""

import re

from sqlalchemy import select

from backend.incidents.models import Report
from tests.bot.conftest import Town
from tests.bot.running import Running
from tests.fakes.telegram import Person
from tests.support.application import acting_session

RECEIPT = re.compile(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}")


def receipt_in(text: str) -> str:
    found = RECEIPT.search(text)
    assert found, text
    return found[0]


def reports(town: Town) -> int:
    with acting_session(town.app) as session:
        return len(session.scalars(select(Report.id)).all())


def tells_report(ann: Person) -> str:
    ann.starts().sees("What do you need?")
    ann.taps("Report something")
    ann.sees_buttons("All topics", "‹ Back", "Cancel", "Start over")
    ann.taps("Something broken or dangerous in the street")
    ann.sees("Where is it?")
    ann.shares_location(30.45, 120.45, accuracy_m=12).sees("Your place is noted")
    ann.says("A manhole cover is loose").sees("Nothing is sent yet")
    ann.taps("Send, and write to me here")
    return receipt_in(ann.sees("Your receipt").text)


def test_a_report_is_told_by_buttons_place_and_words(town: Town, bot: Running) -> None:
    ann = town.telegram.person("Ann")
    first = ann.starts().sees("In danger? Call first: 110")
    assert "not an emergency service" in first.text
    assert ann.keyboard[:2] == ["🆘 SOS", "📍 Send my place"]
    before = reports(town)
    receipt = tells_report(ann)
    assert reports(town) == before + 1
    ann.taps("My reports")
    listed = ann.sees("1. Sent")
    assert "manhole" not in listed.text
    ann.taps("Report 1")
    ann.sees("Status: Sent")
    ann.says("It is near the school").sees("Your message is passed on")
    ann.taps("Show the receipt")
    ann.sees(receipt)
