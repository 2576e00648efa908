"""The queue in a real browser: by keyboard alone, by two people at once, through a break of the stream, with saved views."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from sqlalchemy import text

from backend.incidents.opening import Spot
from backend.kernel.journal import Fact, incident_stream, record
from tests.journeys.browser import PHONE
from tests.journeys.consoles import Consoles, barriers, consoles, settled
from tests.support.application import acting_session
from tests.support.incidents import open_incident

OLD, NEW = 20, 20
# A page tries again after a quarter of a minute at the latest, give or take a quarter of that.
AGAIN_MS = 40_000
DECIDED = text(
    "SELECT incident_id, decided->>'category' AS category, (decided->>'grade')::int AS grade, decided_by FROM triage"
    " WHERE incident_id = ANY(:ids) ORDER BY seq"
)
# The list also tries by itself, and the button is gone when it has what it wanted.
TRY_AGAIN = "document.querySelector('[role=alert] button')?.click()"


@pytest.fixture(scope="module")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    """One world for all tests here."""
    with consoles(postgres, tmp_path_factory.mktemp("queue")) as found:
        yield found


@pytest.fixture(autouse=True)
def _swept(house: Consoles) -> Iterator[None]:
    """What a test leaves open is out of the way of the next; nobody has a view of theirs."""
    yield
    with acting_session(house.app) as session:
        session.execute(
            text("UPDATE incident SET state = 'withdrawn', closed_at = :now WHERE closed_at IS NULL"),
            {"now": house.clock.now()},
        )
        session.execute(text("DELETE FROM saved_view"))
        session.execute(text("DELETE FROM looking"))
        session.commit()


def row(page: Page, incident: UUID) -> Locator:
    """The row of an incident."""
    return page.locator(f'[data-row="{incident}"]')


def rows(page: Page) -> list[str]:
    """The incidents of the list, in their order."""
    found: list[str] = page.locator("tbody [data-row]").evaluate_all("all => all.map(one => one.dataset.row)")
    return found


def live(page: Page) -> None:
    """The line to the server stands."""
    expect(page.locator(".line-live")).to_be_visible()
    settled(page)


def open_many(house: Consoles, count: int) -> list[UUID]:
    """Incidents that begin, with their events."""
    with acting_session(house.app) as session:
        spot = Spot(chain=tuple(house.world.areas[name] for name in ("qinghe", "baishi", "liuyuan", "nanmen")))
        made = [
            open_incident(session, datetime.now(UTC), spot=spot, clocks_s={"acknowledge": 3600}) for _ in range(count)
        ]
        for incident in made:
            record(session, incident_stream(incident), [Fact("IncidentOpened", {})], now=datetime.now(UTC))
        session.commit()
    return made


def change(house: Consoles, incident: UUID, grade: int) -> None:
    """Somebody gives an incident another grade."""
    with acting_session(house.app) as session:
        session.execute(
            text("UPDATE incident SET grade = :grade, version = version + 1 WHERE id = :id"),
            {"grade": grade, "id": incident},
        )
        record(session, incident_stream(incident), [Fact("IncidentRegraded", {"new": grade})], now=datetime.now(UTC))
        session.commit()


def decided(house: Consoles, incidents: list[UUID]) -> dict[UUID, list[tuple[str, int, UUID]]]:
    """How each was sorted: the category, the grade and by whom, one after the other."""
    found: dict[UUID, list[tuple[str, int, UUID]]] = {incident: [] for incident in incidents}
    with acting_session(house.app) as session:
        for one in session.execute(DECIDED, {"ids": incidents}):
            found[one.incident_id].append((one.category, one.grade, one.decided_by))
    return found


def test_twenty_incidents_are_triaged_by_keyboard_alone(house: Consoles) -> None:
    made = [house.report(None) for _ in range(20)]
    with house.at("li") as page:
        live(page)
        expect(page.locator("tbody [data-row]")).to_have_count(20)
        for number in range(20):
            page.keyboard.press("j")
            page.keyboard.press("t")
            expect(page.get_by_role("dialog")).to_be_visible()
            page.keyboard.type("Street")
            page.keyboard.press("Tab")
            page.keyboard.type("G3")
            page.keyboard.press("Tab")
            page.keyboard.type("As it was described")
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            expect(page.get_by_role("dialog")).to_have_count(0)
            expect(page.locator("tbody [data-row]").nth(number)).to_contain_text("Street")
        assert len(rows(page)) == len(set(rows(page))) == 20
    li = house.world.people["li"]
    assert decided(house, made) == {incident: [("CN01", 3, li)] for incident in made}


def test_keys_mark_acknowledge_raise_open_and_say_what_they_do(house: Consoles) -> None:
    made = open_many(house, 3)
    with house.at("li") as page:
        live(page)
        page.keyboard.press("j")
        page.keyboard.press("a")
        expect(page.locator(".toasts")).to_contain_text("is marked as seen")
        expect(page.locator("tbody [data-row]").first).not_to_contain_text("not seen")
        page.keyboard.press("x")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("Shift+X")
        expect(page.locator(".marked-bar")).to_contain_text("3 marked")
        page.get_by_role("button", name="Unmark all").click()
        page.keyboard.press("e")
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_label("Grade")).to_have_value("2")
        assert barriers(page) == []
        dialog.get_by_role("button", name="Raise the grade").click()
        expect(page.locator(".toasts")).to_contain_text("is raised")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_contain_text("Next incident")
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.get_by_role("searchbox").blur()
        page.keyboard.press("k")
        page.keyboard.press("Enter")
        page.wait_for_url("**/console/incidents/*")
        assert page.url.rsplit("/", 1)[1] in {str(one) for one in made}
        page.keyboard.press("g")
        page.keyboard.press("q")
        expect(page.get_by_role("heading", level=1)).to_have_text("Incidents")


def both_at(house: Consoles, li: Page, zhou: Page, pressed: str) -> None:
    """Two people open the same dialog on the only incident and see each other there."""
    for page in (li, zhou):
        live(page)
        page.keyboard.press("j")
        page.keyboard.press(pressed)
    for page in (li, zhou):
        expect(page.get_by_role("dialog")).to_contain_text("looking at this")


def test_two_at_one_incident_see_each_other_and_the_slower_one_chooses(house: Consoles) -> None:
    incident = house.report(None)
    with house.at("li") as li, house.at("zhou") as zhou:
        both_at(house, li, zhou, "t")
        # The slower one still has it open as it was, whatever the stream says meanwhile.
        li.get_by_role("dialog").get_by_label("What", exact=True).select_option("CN01")
        li.get_by_role("dialog").get_by_label("Reason").fill("It is the lamp")
        li.get_by_role("dialog").get_by_role("button", name="Triage").click()
        expect(li.get_by_role("dialog")).to_have_count(0)
        zhou.get_by_role("dialog").get_by_label("What", exact=True).select_option("CN02")
        zhou.get_by_role("dialog").get_by_role("button", name="Triage").click()
        dialog = zhou.get_by_role("dialog", name="Somebody else changed")
        expect(dialog).to_contain_text("Street, traffic or public-facility hazard")
        expect(dialog).to_contain_text("Fire-safety hazard")
        assert barriers(zhou) == []
        # It was offered meanwhile, and what is offered is sorted no more: that is said, and nothing is done.
        dialog.get_by_role("button", name="Record mine all the same").click()
        expect(dialog.get_by_role("alert")).to_contain_text("An incident that is offered cannot be moved by “triage”.")
        dialog.get_by_role("button", name="Leave it as it is now").click()
        expect(row(zhou, incident)).to_contain_text("Street, traffic")
    assert [one[::2] for one in decided(house, [incident])[incident]] == [("CN01", house.world.people["li"])]


def test_the_slower_one_may_do_it_all_the_same_and_both_deeds_stand(house: Consoles) -> None:
    incident = house.report(None)
    with house.at("li") as li, house.at("zhou") as zhou:
        both_at(house, li, zhou, "e")
        li.get_by_role("dialog").get_by_label("Grade").select_option("2")
        li.get_by_role("dialog").get_by_role("button", name="Raise the grade").click()
        expect(li.get_by_role("dialog")).to_have_count(0)
        zhou.get_by_role("dialog").get_by_label("Grade").select_option("1")
        zhou.get_by_role("dialog").get_by_role("button", name="Raise the grade").click()
        dialog = zhou.get_by_role("dialog", name="Somebody else changed")
        expect(dialog).to_contain_text("G2")
        assert regraded(house, incident) == [2]
        dialog.get_by_role("button", name="Record mine all the same").click()
        expect(zhou.get_by_role("dialog")).to_have_count(0)
        for page in (li, zhou):
            expect(page.locator(f'tbody [data-row="{incident}"]')).to_contain_text("G1")
    assert regraded(house, incident) == [2, 1]


def regraded(house: Consoles, incident: UUID) -> list[int]:
    """The grades that an incident was given, one after the other, as its journal has them."""
    with acting_session(house.app) as session:
        given = (
            "SELECT (payload->>'new')::int FROM event WHERE stream = :stream AND type = 'IncidentRegraded' ORDER BY seq"
        )
        return list(session.scalars(text(given), {"stream": incident_stream(incident)}))


def spread(house: Consoles, page: Page, old: list[UUID], changes: int, during_s: float) -> list[UUID]:
    """So many changes, a few of them new incidents, over so long a time; those that are new."""
    began, new = time.monotonic(), list[UUID]()
    for at in range(changes):
        if at % (changes // NEW) == 0:
            new += open_many(house, 1)
        else:
            change(house, old[at % OLD], 2 + (at // OLD + at) % 4)
        # The browser goes on meanwhile, and tries again and again.
        page.wait_for_timeout(max(0, (began + (at + 1) * during_s / changes - time.monotonic()) * 1000))
    return new


def is_whole(house: Consoles, page: Page, before: list[str], new: list[UUID]) -> None:
    """The list stands as it stood, each row as its incident is by now; those that are new wait, and come once."""
    fresh = page.get_by_role("button", name=f"{NEW} new · show")
    expect(fresh).to_be_visible()
    assert rows(page) == before  # nothing has moved under the pointer
    old = [UUID(one) for one in before]
    with acting_session(house.app) as session:
        grades: dict[UUID, int] = dict(
            session.execute(text("SELECT id, grade FROM incident WHERE id = ANY(:ids)"), {"ids": old}).all()
        )
    for incident, grade in grades.items():
        expect(row(page, incident)).to_contain_text(f"G{grade} ")
    fresh.click()
    expect(page.locator("tbody [data-row]")).to_have_count(OLD + NEW)
    assert sorted(rows(page)) == sorted(map(str, [*old, *new]))


@pytest.mark.parametrize(
    "changes, during_s", [(100, 0), pytest.param(500, 60, marks=pytest.mark.slow)], ids=["a moment", "a minute"]
)
def test_a_stream_that_is_cut_leaves_nothing_out_and_doubles_nothing(
    house: Consoles, changes: int, during_s: float
) -> None:
    old = open_many(house, OLD)
    with house.at("li") as page:
        live(page)
        expect(page.locator("tbody [data-row]")).to_have_count(OLD)
        before = rows(page)
        house.stream.cut()
        began = time.monotonic()
        expect(page.locator(".line-lost")).to_be_visible()
        new = spread(house, page, old, changes, during_s)
        assert rows(page) == before
        expect(page.locator(".line-lost")).to_be_visible()
        assert time.monotonic() - began >= during_s
        house.stream.mend()
        expect(page.locator(".line-live")).to_be_visible(timeout=AGAIN_MS)
        is_whole(house, page, before, new)


def test_a_tab_that_slept_through_it_leaves_nothing_out_either(house: Consoles) -> None:
    old = open_many(house, OLD)
    with house.at("li") as page:
        live(page)
        expect(page.locator("tbody [data-row]")).to_have_count(OLD)
        before = rows(page)
        wire = page.context.new_cdp_session(page)
        wire.send("Page.setWebLifecycleState", {"state": "frozen"})
        new = [open_many(house, 1)[0] for _ in range(NEW)]
        for at in range(5 * OLD):
            change(house, old[at % OLD], 2 + (at // OLD + at) % 4)
        house.stream.cut()
        house.stream.mend()
        wire.send("Page.setWebLifecycleState", {"state": "active"})
        expect(page.locator(".line-live")).to_be_visible(timeout=AGAIN_MS)
        is_whole(house, page, before, new)


def test_several_are_triaged_at_once_and_the_refused_one_is_explained_and_stays_marked(house: Consoles) -> None:
    made = [house.report(None) for _ in range(3)]
    with house.at("li") as page:
        live(page)
        for incident in made:
            row(page, incident).get_by_role("checkbox").click()
        with acting_session(house.app) as session:  # quietly, so that the page does not hear of it
            session.execute(text("UPDATE incident SET version = version + 1 WHERE id = :id"), {"id": made[1]})
            session.commit()
        page.locator(".marked-bar").get_by_role("button", name="Triage").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("Triage of 3 incidents")
        dialog.get_by_label("What", exact=True).select_option("CN01")
        dialog.get_by_label("Grade").select_option("3")
        dialog.get_by_label("Reason").fill("Nobody is hurt")
        dialog.get_by_role("button", name="Triage").click()
        expect(dialog).to_contain_text("1 could not be triaged")
        expect(dialog).to_contain_text("It was changed by somebody else meanwhile")
        expect(dialog).to_contain_text("The list shows it as it is now. Look at it, then decide again.")
        assert barriers(page) == []
        dialog.get_by_role("button", name="Close").last.click()
        expect(page.locator(".marked-bar")).to_contain_text("1 marked")
        expect(row(page, made[0])).to_contain_text("Street")
        expect(row(page, made[1])).to_contain_text("Not yet sorted")


def test_several_are_seen_at_once_and_what_was_seen_or_is_over_is_explained(house: Consoles) -> None:
    made = open_many(house, 3)
    with house.at("li") as page:
        live(page)
        for incident in made:
            row(page, incident).get_by_role("checkbox").click()
        with acting_session(house.app) as session:  # quietly, so that the page does not hear of it
            for which, change_to in ((made[0], "state = 'met', ended_at = now()"), (made[1], "state = 'stopped'")):
                session.execute(
                    text(f"UPDATE clock SET {change_to} WHERE incident_id = :id AND kind = 'acknowledge'"),
                    {"id": which},
                )
            session.execute(
                text("UPDATE incident SET state = 'withdrawn', closed_at = now() WHERE id = :id"), {"id": made[1]}
            )
            session.commit()
        page.locator(".marked-bar").get_by_role("button", name="Say that it is seen").click()
        dialog = page.get_by_role("dialog", name="2 could not be marked as seen")
        expect(dialog).to_contain_text("A person has seen it already.")
        expect(dialog).to_contain_text("Nothing is left to do here.")
        expect(dialog).to_contain_text("This incident is over.")
        expect(dialog.get_by_role("link")).to_have_count(2)
        assert barriers(page) == []
        dialog.get_by_role("button", name="Close").last.click()
        expect(page.locator(".marked-bar")).to_contain_text("2 marked")


def test_a_view_is_saved_begun_with_renamed_deleted_and_brought_back(house: Consoles) -> None:
    house.report(None)
    with house.at("li", "/console?grade=2,3&late=true&sort=newest") as page:
        settled(page)
        page.locator("summary", has_text="Views").click()
        page.get_by_role("button", name="Save these filters as a view").click()
        page.get_by_role("dialog").get_by_label("Name").fill("Late ones")
        page.get_by_role("dialog").get_by_text("The queue begins with this view").click()
        page.get_by_role("dialog").get_by_role("button", name="Save").click()
        expect(page.locator(".toasts")).to_contain_text("The view Late ones is saved.")
        page.goto("/console")
        page.wait_for_url("**/console?grade=2%2C3&late=true&sort=newest")
        expect(page.get_by_role("button", name="Late", exact=True)).to_have_attribute("aria-pressed", "true")
        page.locator("summary", has_text="Views").click()
        page.get_by_role("button", name="Change the view Late ones").click()
        page.get_by_role("dialog").get_by_label("Name").fill("夜班")
        page.get_by_role("dialog").get_by_role("button", name="Save").click()
        page.get_by_role("button", name="Change the view 夜班").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(page.get_by_text("You have not saved a view yet.")).to_be_visible()
        page.locator(".toasts").get_by_role("button", name="Undo").click()
        expect(page.get_by_role("button", name="夜班 (begins)")).to_be_visible()


def test_words_are_searched_for_and_stand_in_no_address(house: Consoles) -> None:
    house.report(None)
    wanted = house.report(None, text="A turquoise kite hangs in the wires")
    with house.at("li") as page:
        addresses: list[str] = []
        page.on("request", lambda request: addresses.append(request.url))
        settled(page)
        page.get_by_role("searchbox").fill("turquoise kite")
        page.keyboard.press("Enter")
        expect(page.locator("tbody [data-row]")).to_have_count(1)
        assert rows(page) == [str(wanted)]
        assert not any("kite" in address for address in [*addresses, page.url])


@pytest.mark.parametrize(
    "language, empty, offline, lane",
    [
        ("en", "Nothing is open.", "The server cannot be reached.", "Say that it is seen"),
        ("zh", "目前没有未结事件。", "无法连接服务器", "标为已阅"),
    ],
)
def test_nothing_a_fault_and_no_network_each_say_what_to_do(
    house: Consoles, language: str, empty: str, offline: str, lane: str
) -> None:
    with house.at("li", language=language, size=PHONE) as page:
        expect(page.locator("main")).to_contain_text(empty)
        assert barriers(page) == []
        alarm = house.report(None, kind="distress")
        expect(page.locator(".lane")).to_contain_text("SOS" if language == "en" else "紧急求助")
        assert barriers(page) == []
        row(page, alarm).get_by_role("button", name=lane).click()
        expect(row(page, alarm).get_by_role("button", name=lane)).to_have_count(0)

        def broken(route: Route) -> None:
            problem = '{"title": "Linli cannot take this", "advice": "Again", "status": 503, "code": "busy"}'
            route.fulfill(status=503, content_type="application/problem+json", body=problem)

        page.route("**/api/v1/incidents/search", broken)
        page.reload()
        expect(page.get_by_role("alert")).to_contain_text("Linli cannot take this")
        page.unroute("**/api/v1/incidents/search")
        page.route("**/api/v1/incidents/search", lambda route: route.abort())
        page.evaluate(TRY_AGAIN)
        expect(page.get_by_role("alert")).to_contain_text(offline)
        page.unroute("**/api/v1/incidents/search")
        page.evaluate(TRY_AGAIN)
        expect(page.locator("main")).to_contain_text(empty)
