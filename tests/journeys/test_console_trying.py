"""Rules tried at the console by the worker itself: on a file, stopped half-way, taken away as a table; rules that may be wrong."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.consoles import Consoles, barriers, consoles, settled
from tests.support.processes import env_of, eventually, running

COVERS: dict[str, Any] = {
    "title": {"en": "Covers go to mediators", "zh": "井盖交给调解员"}, "categories": ["CN01"],
    "when": "photo_count == 0", "because": {"en": "nobody sent a photo", "zh": "没有图片"}, "then": {"lead": "M"},
}  # fmt: skip
CASES = [{"kind": "concern", "category": "CN01", "photo_count": photos} for photos in (0, 1, 0)]
TABLE = "kind,category,photo_count\nconcern,CN01,0\nconcern,CN01,1\nconcern,CN01,0\n"
# More than the worker gets through while somebody reaches for the button; what else it is to do goes on meanwhile.
MANY = 20_000
TAKEN_IN_MS = 60_000
DECLINED, REPORTED = 6, 8


@pytest.fixture(scope="module")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    """One world for all tests here, with a worker."""
    folder = tmp_path_factory.mktemp("trying")
    with consoles(postgres, folder) as found:
        url = found.app.extensions["linli"].settings.database_url
        with running("worker", env=env_of(url, folder)):
            assert eventually(lambda: healthy(found))
            yield found


def healthy(house: Consoles) -> bool:
    """Whether a worker is at work, as the console's health has it."""
    items = house.client("duty").get("/api/v1/health").get_json()["items"]
    return any(one["code"] == "worker" and one["level"] == "ok" for one in items)


@pytest.fixture(autouse=True)
def later(house: Consoles) -> None:
    """Tries of one moment would stand in any order."""
    house.clock.advance(seconds=1)


@pytest.fixture(scope="module")
def trying(house: Consoles) -> str:
    """Where a draft is tried that gives covers to mediators."""
    body = {"area": house.world.areas["nanmen"], "name": "Nanmen", "title": "Covers", "edits": {"COVER": COVERS}}
    answer = house.client("duty").post("/api/v1/policy/changes", json=body)
    assert answer.status_code == 201, answer.text
    return f"/console/rules/changes/{answer.get_json()['id']}?tab=simulate"


def lines(cases: list[dict[str, Any]]) -> bytes:
    """Facts as JSON lines."""
    return "\n".join(json.dumps(one) for one in cases).encode()


def put(page: Page, name: str, raw: bytes) -> None:
    """Choose a file of facts and try the draft on it."""
    page.get_by_label("a file", exact=True).check()
    file = {"name": name, "mimeType": "text/plain", "buffer": raw}
    page.get_by_label("File of facts").set_input_files(file)  # type: ignore[arg-type, unused-ignore]
    page.get_by_role("button", name="Try", exact=True).click()


def newest(page: Page) -> Locator:
    """The try that was asked for last."""
    return page.get_by_role("region", name="A try", exact=True).first


@pytest.mark.parametrize("name, raw", [("cases.jsonl", lines(CASES)), ("cases.csv", TABLE.encode())])
def test_a_draft_is_tried_on_a_file_by_the_worker(house: Consoles, trying: str, name: str, raw: bytes) -> None:
    with house.at("duty", trying) as page:
        settled(page)
        put(page, name, raw)
        run = newest(page)
        expect(run).to_contain_text("2 of 3 would be handled otherwise.")
        expect(run).to_contain_text("a file")
        expect(run.locator("tbody tr")).to_have_count(2)
        expect(run.locator("tbody tr").first).to_contain_text("Line 1")
        expect(run.locator("tbody tr").last).to_contain_text("Line 3")
        expect(run.locator("tbody tr").first).to_contain_text("mediator")
        expect(run.locator("tbody tr").first).to_contain_text("nobody sent a photo")
        assert barriers(page) == []


def test_a_file_with_a_mistake_is_refused_by_its_line_and_nothing_is_tried(house: Consoles, trying: str) -> None:
    asked = "/api/v1/policy/simulations"
    before = len(house.client("duty").get(asked).get_json()["items"])
    with house.at("duty", trying) as page:
        settled(page)
        put(page, "cases.jsonl", lines([CASES[0], CASES[1] | {"name": "Wang"}]))
        expect(page.get_by_role("alert")).to_contain_text("This file of cases cannot be used")
        expect(page.locator("form.card")).to_contain_text("Line 2:")
        assert barriers(page) == []
    assert len(house.client("duty").get(asked).get_json()["items"]) == before


def test_what_a_draft_would_change_is_taken_away_as_a_table(house: Consoles, trying: str) -> None:
    incident = house.report()
    with house.at("duty", trying) as page:
        settled(page)
        page.get_by_role("button", name="Try", exact=True).click()
        run = newest(page)
        expect(run).to_contain_text("1 of 1 would be handled otherwise.")
        expect(run.locator("tbody tr").get_by_role("link")).to_have_attribute("href", f"/console/incidents/{incident}")
        with page.expect_download() as waiting:
            run.get_by_role("link", name="Save as CSV").click()
        raw = Path(waiting.value.path()).read_text(encoding="utf-8").removeprefix("\ufeff")
    found = list(csv.DictReader(io.StringIO(raw)))
    assert {one["number"] for one in found} == {"1"}
    (lead,) = [one for one in found if one["part"] == "lead"]
    assert (lead["before"], lead["after"], lead["rules"]) == ("O:muni", "M", "COVER")


def test_a_try_is_stopped_half_way_and_says_how_far_it_came(house: Consoles, trying: str) -> None:
    with house.at("duty", trying) as page:
        settled(page)
        put(page, "cases.jsonl", lines(CASES[:1] * MANY))
        run = newest(page)
        # So long a file takes its time to be taken in.
        expect(run.get_by_role("progressbar")).to_be_visible(timeout=TAKEN_IN_MS)
        page.wait_for_function("() => document.querySelector('progress')?.value > 0", timeout=TAKEN_IN_MS)
        expect(run).to_contain_text("under way")
        assert barriers(page) == []
        run.get_by_role("button", name="Stop", exact=True).click()
        expect(run).to_contain_text("stopped")
        expect(run.get_by_role("progressbar")).to_have_count(0)
        expect(run).to_contain_text("of 20,000; the others were not looked at.")
        expect(run).not_to_contain_text("Stopped after 20,000")
        expect(run).to_contain_text("would be handled otherwise.")
        expect(run.locator("tbody tr").first).to_contain_text("Line 1")


def test_a_rule_that_people_keep_deciding_otherwise_is_reported_back(house: Consoles) -> None:
    works = house.client("gao")
    before = overridden(house)
    sent = [house.report() for _ in range(REPORTED)]
    with house.at("duty", f"/console/rules/overrides?area={house.world.areas['nanmen']}") as page:
        settled(page)
        for incident in sent[: DECLINED - 2]:
            decline(works, incident)
        page.reload()
        # Four could point at single people: they are not told.
        expect(page.locator("main")).to_contain_text("No rule was decided otherwise")
        for incident in sent[DECLINED - 2 : DECLINED]:
            decline(works, incident)
        page.reload()
        rule = page.get_by_role("row").filter(has=page.get_by_role("link", name="CN01", exact=True))
        expect(rule).to_contain_text("This rule may be wrong")
        expect(rule).to_contain_text(f"{DECLINED} / ")
        links = rule.locator("a[href^='/console/incidents/']")
        expect(links).to_have_count(DECLINED)
        assert barriers(page) == []
        page.get_by_label("Place").select_option(label="\u2003\u2003\u2003Taohua Village")
        expect(page.locator("main")).to_contain_text("No rule was decided otherwise")
        page.get_by_label("Place").select_option(label="\u2003\u2003\u2003Nanmen Community")
        rule.get_by_role("link", name="CN01", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("CN01")
    assert (before, overridden(house)) == (0, DECLINED)


def decline(works: Any, incident: Any) -> None:
    """The body that was asked to lead says no."""
    answer = works.post(f"/api/v1/incidents/{incident}/decline", json={"reason": "not ours"})
    assert answer.status_code == 200, answer.text


def overridden(house: Consoles) -> int:
    """How often people decided otherwise than the rule about streets did, as the API tells it."""
    found = house.client("duty").get("/api/v1/policy/overrides").get_json()["items"]
    return sum(one["overridden"] for one in found if one["rule"] == "CN01")
