"""Rosters, people, bodies, areas and the ladder at the console, in a real browser."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.areas.models import Area, AreaShape
from backend.dispatch.models import Delivery
from backend.kernel.database import SYSTEM, act_as, db
from backend.kernel.ids import new_id
from backend.kernel.journal import Event
from backend.organisations.models import Credential
from tests.areas.places import document, feature, polygon, square
from tests.journeys.browser import DESKTOP, PHONE
from tests.journeys.consoles import Consoles, barriers, consoles, settled
from tests.support.people import make_person

COMMITTEE = "Nanmen Residents' Committee"
NARROW = {"width": 320, "height": 640}
NEXT_WEEK = "kind=duty&of={}"
BOW = [[120.1, 30.1], [120.2, 30.2], [120.2, 30.1], [120.1, 30.2], [120.1, 30.1]]


@pytest.fixture(scope="module")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    """The world with two more coordinators of the committee, one of whom has a credential that ends in five days."""
    with consoles(postgres, tmp_path_factory.mktemp("console")) as found:
        with found.app.app_context():
            session = system()
            ring, org = found.app.extensions["linli"].keyring, found.world.bodies[COMMITTEE]
            for login, name in (("mei", "Mei Zhao"), ("bo", "Bo Chen")):
                found.world.people[login] = make_person(
                    session, ring, found.clock.now(), roles=["coordinator"], org=org, login=login, name=name
                )
            session.add(
                Credential(
                    id=new_id(), person_id=found.world.people["mei"], type="first_aid", level="qualified",
                    issued_by="test", valid_to=found.clock.now() + timedelta(days=5, hours=1), state="active",
                )
            )  # fmt: skip
            session.commit()
        yield found


def system() -> Session:
    """A session that sees everything."""
    session: Session = db.session()
    act_as(session, SYSTEM)
    return session


def week_of(house: Consoles, weeks: int) -> datetime:
    """Midnight in Nanmen, on the Monday so many weeks ahead."""
    day = (house.clock.now() + timedelta(hours=8)).date()
    monday = day - timedelta(days=day.weekday()) + timedelta(weeks=weeks)
    return datetime(monday.year, monday.month, monday.day, tzinfo=UTC) - timedelta(hours=8)


def planned(house: Consoles, weeks: int, login: str, *, days: tuple[int, int] = (0, 7)) -> str:
    """A turn of somebody at the committee's desk, from a day to another of a week; its id."""
    monday = week_of(house, weeks) + timedelta(hours=8)
    body = {
        "desk_id": str(house.world.desks[COMMITTEE]), "person_id": str(house.world.people[login]),
        "local_from": f"{monday + timedelta(days=days[0]):%Y-%m-%dT%H:%M}",
        "local_to": f"{monday + timedelta(days=days[1]):%Y-%m-%dT%H:%M}",
    }  # fmt: skip
    answer = house.client("li").post("/api/v1/shifts", json=body)
    assert answer.status_code == 201, answer.text
    found: str = answer.get_json()["id"]
    return found


def rosters(house: Consoles, weeks: int) -> str:
    """The address of a week of the duty desks."""
    return f"/console/rosters?kind=duty&of={week_of(house, weeks) + timedelta(hours=8):%Y-%m-%d}"


def toast(page: Page, words: str) -> None:
    """It is said in passing."""
    expect(page.locator(".toasts")).to_contain_text(words)


def dialog(page: Page) -> Locator:
    """The dialog that stands on top."""
    return page.get_by_role("dialog").last


def test_a_gap_is_named_filled_and_opened_again(house: Consoles) -> None:
    with house.at("li", "/console/rosters?kind=duty") as page:
        settled(page)
        page.keyboard.press("n")
        gaps = page.get_by_role("region", name="Gaps this week: 1")
        expect(gaps).to_contain_text(
            "nobody at Nanmen Residents' Committee desk. Reports then go to Liuyuan Duty Office"
        )
        gaps.get_by_role("button").click()
        assert barriers(page) == []
        dialog(page).get_by_label("Who").select_option(label="Mei Zhao")
        dialog(page).get_by_role("button", name="Add a shift").click()
        toast(page, "The shift is in the rota.")
        expect(page.locator("main")).to_contain_text("No gaps")
        expect(page.get_by_role("button", name="Mei Zhao").first).to_be_visible()
        page.locator(".toasts").get_by_role("button", name="Undo").click()
        expect(page.get_by_role("region", name="Gaps this week: 1")).to_be_visible()


def test_a_turn_that_clashes_is_refused_in_words_above_the_form(house: Consoles) -> None:
    planned(house, 2, "mei", days=(0, 3))
    with house.at("li", rosters(house, 2)) as page:
        page.get_by_role("button", name="Add a shift at").click()
        dialog(page).get_by_label("Who").select_option(label="Bo Chen")
        dialog(page).get_by_role("button", name="Add a shift").click()
        expect(dialog(page).get_by_role("alert")).to_contain_text("Two shifts overlap")
        expect(dialog(page).get_by_label("Who")).to_have_value(str(house.world.people["bo"]))


def test_a_swap_changes_the_rota_only_when_the_other_accepts(house: Consoles) -> None:
    planned(house, 3, "mei")

    def holder() -> list[str]:
        query = rosters(house, 3).partition("?")[2]
        week = house.client("li").get(f"/api/v1/rosters/weeks?{query}").get_json()["items"][0]
        return [shift["name"] for shift in week["shifts"]]

    with house.at("mei", rosters(house, 3)) as page:
        page.get_by_role("button", name="Mei Zhao").first.click()
        dialog(page).get_by_role("tab", name="Swap").click()
        dialog(page).get_by_label("Who is asked").select_option(label="Bo Chen")
        dialog(page).get_by_role("button", name="Ask", exact=True).click()
        toast(page, "Nothing has changed yet")
        assert holder() == ["Mei Zhao"]
    with house.at("bo", "/console/rosters?view=swaps") as page:
        expect(page.locator("main")).to_contain_text("Mei Zhao asks Bo Chen to take")
        assert barriers(page) == []
        page.get_by_role("button", name="Accept").click()
        dialog(page).get_by_role("button", name="Accept").click()
        toast(page, "The shifts have changed hands")
        expect(page.locator("main")).to_contain_text("No swap is open")
    assert holder() == ["Bo Chen"]


def test_a_hand_over_is_left_read_back_and_the_reading_recorded(house: Consoles) -> None:
    planned(house, 4, "mei")
    with house.at("mei", rosters(house, 4)) as page:
        page.get_by_role("button", name="Mei Zhao").first.click()
        dialog(page).get_by_role("tab", name="Hand-over").click()
        dialog(page).get_by_label("Note to whoever comes next").fill("The spare keys are with Zhou")
        dialog(page).get_by_role("button", name="Leave the note").click()
        toast(page, "The note is there")
    with house.at("li", rosters(house, 4)) as page:
        page.get_by_role("button", name="Mei Zhao").first.click()
        dialog(page).get_by_role("tab", name="Hand-over").click()
        dialog(page).get_by_role("button", name="Read the note").click()
        expect(dialog(page).locator("blockquote")).to_have_text("The spare keys are with Zhou")
    with house.app.app_context():
        read = system().scalar(select(func.count()).where(Event.type == "HandoverNoteRead"))
    assert read == 1


def test_a_credential_that_ends_soon_is_seen_by_body_and_suspended(house: Consoles) -> None:
    with house.at("duty", "/console/people?view=credentials") as page:
        expect(page.get_by_role("region", name="Over, or ending")).to_contain_text("0 over, 1 ending soon")
        row = page.get_by_role("row").filter(has_text="Mei Zhao")
        expect(row).to_contain_text("5 d left")
        row.get_by_role("link").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Mei Zhao")
        page.get_by_role("button", name="Suspend: first_aid").click()
        dialog(page).get_by_role("button", name="Suspend").click()
        toast(page, "Suspended")
        expect(page.get_by_role("row").filter(has_text="first_aid")).to_contain_text("proves nothing now")
        assert barriers(page) == []


def test_people_are_found_by_name_and_no_name_stands_in_an_address(house: Consoles) -> None:
    asked: list[str] = []
    with house.at("duty", "/console/people") as page:
        page.on("request", lambda request: asked.append(request.url))
        page.get_by_label("Find by name or address").fill("mei zh")
        page.get_by_role("button", name="Find", exact=True).click()
        expect(page.locator("main tbody tr")).to_have_count(1)
        expect(page.locator("main tbody tr")).to_contain_text("Mei Zhao")
        assert "mei" not in page.url.lower()
    assert [url for url in asked if "mei" in url.lower()] == []


def test_a_gap_of_the_matrix_is_named(house: Consoles) -> None:
    area = house.world.areas["taohua"]
    with house.at("li", f"/console/organisations?view=matrix&area={area}") as page:
        expect(page.locator("main")).to_contain_text("in Taohua Village. Reports stay with the desk.")
        everything = page.locator("main tbody tr").count()
        page.get_by_role("button", name="Only gaps, overlaps and missing deputies").click()
        expect(page.locator("main tbody tr")).not_to_have_count(everything)
        expect(page.locator("main tbody tr").filter(has_text="Nobody leads").first).to_be_visible()
        assert barriers(page) == []


def test_a_gap_of_the_matrix_is_filled_by_a_mandate_that_is_proposed_and_signed(house: Consoles) -> None:
    area, body = house.world.areas["taohua"], house.world.bodies["Taohua Mediators"]

    def gaps() -> int:
        found: int = house.client("li").get(f"/api/v1/mandates/matrix?area={area}").get_json()["gaps"]
        return found

    before = gaps()
    with house.at("duty", f"/console/organisations/{body}") as page:
        page.get_by_role("button", name="Propose a mandate").click()
        form = dialog(page)
        form.get_by_label("Route").fill("NC")
        form.get_by_label("Area").select_option(str(area))
        form.get_by_label("People promised").fill("2")
        form.get_by_role("button", name="Propose a mandate").click()
        expect(form.get_by_role("alert")).to_be_visible()  # the basis is missing
        form.get_by_label("Basis").fill("Village charter of 2026")
        assert barriers(page) == []
        form.get_by_role("button", name="Propose a mandate").click()
        toast(page, "It counts once the organisation has signed")
        assert gaps() == before
        page.get_by_role("row").filter(has_text="proposed").get_by_role("button", name="Sign").click()
        dialog(page).get_by_label("Signed by").fill("Minutes no. 4, chair")
        dialog(page).get_by_role("button", name="Sign").click()
        toast(page, "Signed. It counts from now on.")
    assert gaps() < before


def test_a_body_is_entered_with_a_desk_and_changed_with_a_way_back(house: Consoles) -> None:
    with house.at("duty", "/console/organisations") as page:
        settled(page)
        page.get_by_role("button", name="Enter an organisation").click()
        form = dialog(page)
        form.get_by_role("button", name="Enter an organisation").click()
        expect(form.get_by_role("alert")).to_be_visible()  # its name and purpose are missing
        # As fast as a hand can: nothing that was typed gets lost.
        form.get_by_label("Name", exact=True).fill("Reed Bank Neighbours")
        form.get_by_label("What it is there for").fill("Look after each other")
        form.get_by_label("people", exact=True).check()
        form.get_by_label("donations").check()
        assert barriers(page) == []
        form.get_by_role("button", name="Enter an organisation").click()
        toast(page, "Open a desk for it")
        expect(page.locator("main h2").first).to_have_text("Reed Bank Neighbours")
        page.get_by_role("button", name="Open a desk").click()
        dialog(page).get_by_label("Name of the desk").fill("Reed Bank desk")
        dialog(page).get_by_label("E-mail of the desk").fill("desk@reed.example")
        dialog(page).get_by_role("button", name="Open a desk").click()
        expect(page.locator("main")).to_contain_text("desk@reed.example")
        page.get_by_role("button", name="Change Reed Bank desk").click()
        dialog(page).get_by_label("E-mail of the desk").fill("night@reed.example")
        dialog(page).get_by_role("button", name="Save").click()
        expect(page.locator("main")).to_contain_text("night@reed.example")
        page.get_by_role("button", name="Undo").last.click()
        expect(page.locator("main")).to_contain_text("desk@reed.example")
        page.get_by_role("button", name="Suspend").click()
        expect(dialog(page)).to_contain_text("These desks answer no more: Reed Bank desk.")
        dialog(page).get_by_role("button", name="Suspend").click()
        toast(page, "Now: suspended")
        page.get_by_role("button", name="Undo").last.click()
        expect(page.get_by_role("button", name="Suspend")).to_be_visible()
        page.get_by_role("button", name="Tell its system").click()
        dialog(page).get_by_label("Address of the system").fill("https://hooks.example/linli")
        dialog(page).get_by_role("button", name="Tell its system").click()
        expect(dialog(page)).to_contain_text("whsec_")
        dialog(page).get_by_role("button", name="I have kept it").click()
        expect(page.locator("main")).to_contain_text("told since")
        assert barriers(page) == []


def test_two_who_change_a_body_do_not_overwrite_each_other(house: Consoles) -> None:
    body = house.world.bodies["Liuyuan Mediators"]
    with house.at("duty", f"/console/organisations/{body}") as page:
        page.get_by_role("button", name="Change the profile").click()
        form = dialog(page)
        expect(form.get_by_label("What it is there for")).not_to_have_value("")
        other = house.client("duty").patch(f"/api/v1/organisations/{body}", json={"purpose": "Settle quarrels"})
        assert other.status_code == 200
        form.get_by_label("What it is there for").fill("Mediate")
        form.get_by_role("button", name="Save").click()
        expect(form.get_by_role("alert")).to_contain_text("It was changed by somebody else meanwhile")
        expect(form.get_by_label("What it is there for")).to_have_value("Mediate")
    read = house.client("duty").get(f"/api/v1/organisations/{body}").get_json()
    assert read["purpose"] == "Settle quarrels"


def test_a_last_desk_closes_only_with_somebody_who_goes_on(house: Consoles) -> None:
    body = house.world.bodies["Liuyuan Duty Office"]
    with house.at("duty", f"/console/organisations/{body}") as page:
        page.get_by_role("button", name="Close Liuyuan Duty Office desk").click()
        form = dialog(page)
        expect(form).to_contain_text("the ladder ends here, and what nobody takes becomes its own")
        expect(form.get_by_role("button", name="Close", exact=True).last).to_be_disabled()
        form.get_by_label("Who goes on with it").select_option(label="Qinghe Duty Office desk")
        assert barriers(page) == []
        form.get_by_role("button", name="Close", exact=True).last.click()
        toast(page, "Liuyuan Duty Office desk is closed")
        expect(page.locator("main")).to_contain_text("No desk: this organisation cannot be reached.")
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("button", name="Close Liuyuan Duty Office desk")).to_be_visible()


def areas_file(folder: Path, *features: Any) -> Path:
    """A file of areas."""
    folder.mkdir(exist_ok=True)
    path = folder / "areas.geojson"
    path.write_text(document(*features), encoding="utf-8")
    return path


def stored(house: Consoles) -> tuple[int, int]:
    """How many areas and shapes there are."""
    with house.app.app_context():
        session = system()
        counted = [session.scalar(select(func.count()).select_from(one)) or 0 for one in (Area, AreaShape)]
    return counted[0], counted[1]


def test_a_broken_polygon_is_named_and_changes_nothing_and_a_good_file_is_confirmed(
    house: Consoles, tmp_path: Path
) -> None:
    before = stored(house)
    ward = {"level": 1, "level_name": "ward", "parent_id": "hill"}
    hill = feature("hill", polygon(square(121, 31, 1)), name="Hill Town")
    with house.at("duty", "/console/areas") as page:
        page.get_by_role("link", name="Import areas").click()
        page.get_by_label("File").set_input_files(areas_file(tmp_path, hill, feature("bow", polygon(BOW), **ward)))
        page.get_by_label("Collection").fill("hill")
        page.get_by_role("button", name="Look at what it would do").click()
        expect(page.locator(".note.warn").first).to_contain_text("Row 2 BOW (bow)")
        expect(page.locator("main")).to_contain_text("This file cannot be imported")
        expect(page.get_by_role("button", name="Import just this")).to_have_count(0)
        assert barriers(page) == []
        assert stored(house) == before
        east = feature("east", polygon(square(121, 31, 0.5)), name="East Ward", **ward)
        page.get_by_label("File").set_input_files(areas_file(tmp_path / "again", hill, east))
        page.get_by_role("button", name="Look at what it would do").click()
        expect(page.get_by_role("list", name="What it would do")).to_have_text("new: 2")
        expect(page.get_by_role("img", name="Outlines of 2 areas")).to_be_visible()
        assert stored(house) == before
        page.get_by_role("button", name="Import just this").click()
        dialog(page).get_by_role("button", name="Import just this").click()
        toast(page, "The areas are imported.")
        expect(page.get_by_role("link", name="Hill Town")).to_be_visible()
    assert stored(house) == (before[0] + 2, before[1] + 2)


def test_the_ladder_is_rehearsed_for_an_empty_night_and_nobody_is_told(house: Consoles) -> None:
    def told() -> int:
        with house.app.app_context():
            return system().scalar(select(func.count()).select_from(Delivery)) or 0

    before = told()
    night = house.clock.now() + timedelta(hours=20)
    with house.at("li", f"/console/ladder?area={house.world.areas['nanmen']}&grade=2") as page:
        expect(page.get_by_label("Area")).to_have_value(str(house.world.areas["nanmen"]))
        page.get_by_label("When it comes in").fill(f"{night:%Y-%m-%dT%H:%M}")
        page.get_by_role("button", name="Rehearse every rung").click()
        found = page.get_by_role("region").filter(has=page.get_by_role("heading", name="Nanmen Community"))
        expect(found).to_contain_text("It breaks")
        expect(found).to_contain_text(
            "Liuyuan Duty Office desk is always staffed from outside, but it has no address here"
        )
        expect(found).to_contain_text("Nobody was told.")
        expect(found.locator("details[open] .rung")).to_have_count(6)
        assert barriers(page) == []
    assert told() == before
    with house.app.app_context():
        (entry,) = system().scalars(select(Event).where(Event.type == "LadderRehearsed"))
    assert (entry.actor, entry.payload["broken"] > 0) == (f"person:{house.world.people['li']}", True)


def addresses(house: Consoles) -> Sequence[str]:
    """Every screen of these."""
    person, area = house.world.people["mei"], house.world.areas["liuyuan"]
    body: UUID = house.world.bodies[COMMITTEE]
    return (
        "rosters", "rosters?list=true", "rosters?view=swaps", "people", "people?view=credentials", f"people/{person}",
        "organisations", f"organisations?view=matrix&area={area}", "organisations?view=gaps",
        f"organisations/{body}", "areas", f"areas/{area}", "areas/import", f"ladder?area={area}",
    )  # fmt: skip


@pytest.mark.parametrize(
    "size, language, theme",
    [(NARROW, "zh", "dark"), (PHONE, "en", "light"), (DESKTOP, "zh", "light")],
    ids=["narrow", "phone", "desktop"],
)
def test_every_screen_fits_and_stands_in_nobodys_way(
    house: Consoles, size: dict[str, int], language: str, theme: str
) -> None:
    wrong: list[str] = []
    with house.at("duty", "/console/rosters", language=language, size=size) as page:
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type, unused-ignore]
        for address in addresses(house):
            page.goto(f"/console/{address}")
            settled(page)
            expect(page.locator("main").get_by_text("正在加载" if language == "zh" else "Loading")).to_have_count(0)
            if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
                wrong.append(f"{address} is wider than the screen")
            wrong += [f"{address}: {barrier}" for barrier in barriers(page)]
    assert wrong == []


def test_a_screen_without_a_network_says_what_to_do_and_comes_back(house: Consoles) -> None:
    with house.at("li", "/console/rosters") as page:
        settled(page)
        page.route("**/api/v1/organisations*", lambda route: route.abort())
        page.get_by_role("link", name="Organisations").click()
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("Nothing was changed")
        page.unroute("**/api/v1/organisations*")
        alert.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("link", name=COMMITTEE)).to_be_visible()


def test_the_words_of_a_rehearsal_are_there_in_chinese(house: Consoles) -> None:
    with house.at("li", f"/console/ladder?area={house.world.areas['nanmen']}", language="zh") as page:
        page.get_by_role("button", name="演练每一级").click()
        expect(page.get_by_role("status").filter(has_text="这是演练")).to_be_visible()
        said = json.dumps(page.locator("main").inner_text(), ensure_ascii=False)
        assert "第1级：提醒责任人" in said
