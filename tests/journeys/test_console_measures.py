"""Measures, health, the audit and break-glass in a real browser: read as chart, table and file; opened, reviewed, seen."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from backend.kernel.database import owner_engine
from tests.console.test_measures import plan, write
from tests.journeys.consoles import Consoles, barriers, consoles, settled
from tests.support.processes import env_of, eventually, running
from tests.support.smtp import Mailbox, smtp_server

NARROW = {"width": 320, "height": 640}
TABLET = {"width": 820, "height": 1180}
REASON = "The caller at our door says that a child was left alone there"


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    """A mail server that takes nothing for now."""
    with smtp_server() as made:
        made.replies.extend(["451 try again later"] * 500)
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("measures")


@pytest.fixture(scope="module")
def house(postgres: str, folder: Path, mailbox: Mailbox) -> Iterator[Consoles]:
    """One world for all tests here, with four weeks of incidents behind it."""
    with consoles(postgres, folder, smtp_host="127.0.0.1", smtp_port=mailbox.port) as found:
        engine = owner_engine(found.app.extensions["linli"].settings.database_url)
        shift = found.clock.now() - max(case.opened_at for case in plan())
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for case in plan():
                write(connection, found.world, replace(case, opened_at=case.opened_at + shift, aid=False))
        engine.dispose()
        yield found


def fits(page: Page) -> bool:
    """Nothing reaches beyond the side of the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def rows_of(page: Page) -> dict[str, list[str]]:
    """The table that is shown, by the first cell of each row."""
    lines = page.locator("main table tbody tr").all()
    cells = [[one.strip() for one in line.locator("td").all_inner_texts()] for line in lines]
    return {line[0]: line[1:] for line in cells}


def saved(page: Page, button: str) -> list[dict[str, str]]:
    """The file behind a button."""
    with page.expect_download() as waiting:
        page.get_by_role("link", name=button).click()
    raw = Path(waiting.value.path()).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(raw.removeprefix("\ufeff"))))


def test_a_measure_is_read_as_chart_table_sentence_and_file_with_small_counts_hidden(house: Consoles) -> None:
    with house.at("duty", "/console/measures") as page:
        settled(page)
        expect(page.locator(".chart canvas")).to_be_visible()
        expect(page.get_by_role("img", name="Chart: How soon")).to_be_visible()
        shown = rows_of(page)
        assert set(shown) == {"G1", "G2", "G3", "G4", "G5", "All"}
        assert shown["G1"] == ["few"] * 6
        assert sum(row[0] == "few" for row in shown.values()) >= 2
        counted = sum(case.took is not None for case in plan())
        assert shown["All"][0] == str(counted)
        expect(page.locator(".measure-gist")).to_contain_text(f"{counted} counted. Half within")
        lines = {line["key"]: line for line in saved(page, "Save this table as CSV")}
        assert lines["total"]["counted"] == str(counted)
        assert (lines["1"]["counted"], "counted" in lines["1"]["hidden"].split()) == ("", True)
        assert barriers(page) == []


def test_the_measures_are_reached_by_keyboard_and_what_is_chosen_stands_in_the_address(house: Consoles) -> None:
    with house.at("duty", "/console/measures") as page:
        settled(page)
        page.get_by_role("tab", name="How soon").focus()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("tab", name="Promises")).to_be_focused()
        expect(page.locator(".measure-gist")).to_contain_text("promises kept")
        assert "measure=clocks" in page.url
        page.keyboard.press("Home")
        page.get_by_role("combobox", name="By", exact=True).select_option("hour")
        expect(page.get_by_role("cell", name="00:00").or_(page.get_by_role("cell", name="01:00")).first).to_be_visible()
        page.get_by_role("combobox", name="Place").select_option(label="– – – Nanmen Community")
        page.get_by_role("combobox", name="By", exact=True).select_option("grade")
        near = sum(case.place == "nanmen" and case.took is not None for case in plan())
        expect(page.locator("main table tbody tr").last).to_contain_text(str(near))
        page.reload()
        settled(page)
        expect(page.locator("main table tbody tr").last).to_contain_text(str(near))


@pytest.mark.parametrize("measure", ["times", "clocks", "load", "duplicates", "deliveries"])
def test_every_measure_fits_a_phone_in_both_languages(house: Consoles, measure: str) -> None:
    for language, size in (("zh", NARROW), ("en", TABLET)):
        with house.at("duty", f"/console/measures?measure={measure}", language=language, size=size) as page:
            settled(page)
            expect(page.locator("main .measure-gist, main p.card")).to_be_visible()
            assert fits(page)
            assert barriers(page) == []


def test_what_fails_on_the_way_is_said_with_a_way_on(house: Consoles) -> None:
    with house.at("duty", "/console/health") as page:
        settled(page)
        page.route("**/api/v1/measures/**", lambda route: route.abort())
        page.get_by_role("link", name="Measures").click()
        expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
        page.unroute("**/api/v1/measures/**")
        page.get_by_role("button", name="Try again").click()
        expect(page.locator(".measure-gist")).to_be_visible()


def test_a_channel_that_fails_is_named_in_health_with_what_to_do(
    house: Consoles, folder: Path, mailbox: Mailbox
) -> None:
    settings = house.app.extensions["linli"].settings
    env = env_of(settings.database_url, folder, LINLI_SMTP_HOST="127.0.0.1", LINLI_SMTP_PORT=mailbox.port)
    duty = house.client("duty")

    def findings() -> dict[str, Any]:
        return {f"{one['code']}:{one['name']}": one for one in duty.get("/api/v1/health").get_json()["items"]}

    with running("worker", env=env):
        for _ in range(3):
            house.report()
        assert eventually(lambda: findings().get("channel:email", {}).get("level") == "problem")
        assert eventually(lambda: findings()["worker:worker"]["level"] == "ok")
        with house.at("duty", "/console/health") as page:
            settled(page)
            line = page.locator("main tr").filter(has_text="Channel: e-mail")
            expect(line).to_contain_text("problem")
            expect(line).to_contain_text("Failing")
            expect(line).to_contain_text("451")
            expect(line).to_contain_text("Look at the server of this channel")
            expect(page.locator("main tr").filter(has_text="1 at work").first).to_contain_text("well")
            assert barriers(page) == []
        with house.at("duty", "/console/health", language="zh", size=NARROW) as page:
            settled(page)
            expect(page.locator("main tr").filter(has_text="渠道：电子邮件")).to_contain_text("故障")
            assert fits(page)
            assert barriers(page) == []


def break_glass(page: Page, reason: str = REASON) -> None:
    """Fill in the form and send it."""
    page.get_by_label("Why you need to see it").fill(reason)
    page.get_by_label("Open it, and tell its desk and a supervisor").check()
    page.get_by_role("button", name="Open for 30 minutes").click()


def test_from_refusal_to_review(house: Consoles) -> None:
    incident = house.report(text="Somebody cries behind the door")
    plain = f"/console/plain/incidents/{incident}"
    with house.at("tao", plain) as page:
        expect(page.get_by_text("Somebody cries behind the door")).to_have_count(0)
        page.goto(f"/console/break-glass/{incident}")
        settled(page)
        assert barriers(page) == []
        button = page.get_by_role("button", name="Open for 30 minutes")
        button.click(force=True)  # nothing happens before somebody says that they are sure
        break_glass(page, "short")
        expect(page.locator(".wrong")).to_be_visible()
        break_glass(page)
        page.wait_for_url(f"**/console/incidents/{incident}")
        expect(page.get_by_text("Opened until")).to_be_visible()
        page.goto(plain)
        expect(page.get_by_text("Somebody cries behind the door")).to_be_visible()
        page.goto("/console/audit")
        settled(page)
        expect(page.locator("main table").first).to_contain_text("opened it (break-glass)")
        page.get_by_role("button", name="End now").click()
        expect(page.locator("main table").last).to_contain_text("ended, waits for a review")
        page.goto(plain)
        expect(page.get_by_text("Somebody cries behind the door")).to_have_count(0)
    with house.at("duty", "/console/audit") as page:
        settled(page)
        expect(page.locator("main table tbody tr").first).to_contain_text("opened it (break-glass)")
        page.get_by_role("tab", name="Openings to review").click()
        line = page.locator("main table tbody tr").filter(has_text=REASON)
        line.get_by_role("button", name="Review").click()
        assert barriers(page) == []
        page.get_by_role("button", name="Not justified").click()
        expect(page.locator("dialog .wrong")).to_contain_text("Say why it was not justified")
        page.get_by_label("What you have to say about it").fill("Their desk was one call away")
        page.get_by_role("button", name="Not justified").click()
        expect(page.get_by_text("Your review is written down")).to_be_visible()
        expect(line).to_contain_text("not justified")
        expect(line).to_contain_text("Their desk was one call away")
        assert barriers(page) == []
    with house.at("tao", "/console/break-glass", language="zh", size=NARROW) as page:
        settled(page)
        expect(page.locator("main")).to_contain_text("已复核：不正当")
        assert fits(page)
        assert barriers(page) == []


def test_police_stay_out_of_what_neighbours_ask_of_each_other(house: Consoles) -> None:
    incident = house.report("AID01", kind="aid_request")
    with house.at("wei", f"/console/break-glass/{incident}") as page:
        settled(page)
        break_glass(page)
        expect(page.get_by_role("alert")).to_contain_text("There is no incident that you can open so")
        page.goto(f"/console/plain/incidents/{incident}")
        expect(page.get_by_text("The lamp is out")).to_have_count(0)
        page.goto("/console/health")
        expect(page.get_by_role("heading", level=1)).to_have_text("Your role does not open this page")


def test_the_audit_is_narrowed_saved_and_checked(house: Consoles) -> None:
    incident = house.report()
    house.client("li").get(f"/api/v1/incidents/{incident}?purpose=complaint")
    with house.at("duty", "/console/audit") as page:
        settled(page)
        page.get_by_role("combobox", name="Why").select_option("complaint")
        expect(page.locator("main table tbody tr")).to_have_count(1)
        assert [line["purpose"] for line in saved(page, "Save as CSV")] == ["complaint"]
        page.get_by_role("link", name="Lin Example").click()
        expect(page.get_by_role("button", name="Show all")).to_be_visible()
        assert "person=" in page.url
        page.get_by_role("tab", name="Is it whole?").click()
        page.get_by_role("button", name="Check now").click()
        expect(page.get_by_text("Whole: all")).to_be_visible()
        assert barriers(page) == []
