"""Lighthouse's floor for what does not depend on how fast the machine is; how fast the page is stands in the benchmarks."""

import itertools
from collections.abc import Iterator

import pytest

from tests.bench import lighthouse_console
from tests.bench.lighthouse import CATEGORIES, FLOOR, PROGRAM, SCREENS, TAGS, Device, scores
from tests.bench.lighthouse_console import session_of
from tests.journeys.browser import CHROMIUM
from tests.journeys.consoles import Consoles, consoles
from tests.support.people import PASSWORD

JUDGED = [name for name in CATEGORIES if name != "performance"]


@pytest.mark.slow
@pytest.mark.parametrize("language", TAGS)
@pytest.mark.parametrize("screen", SCREENS)
def test_no_score_is_below_the_floor(url: str, screen: str, language: str) -> None:
    if not CHROMIUM.exists() or not PROGRAM.exists():
        pytest.skip("Chromium or Lighthouse is not installed")
    found = scores(url + SCREENS[screen], language, JUDGED)
    assert found.of.keys() == set(JUDGED)
    assert {name: score for name, score in found.of.items() if score < FLOOR} == {}, found.lost


@pytest.fixture(scope="module")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    """The scenarios' world with its console and the live stream."""
    with consoles(postgres, tmp_path_factory.mktemp("lighthouse")) as found:
        yield found


@pytest.mark.slow
@pytest.mark.parametrize("screen, language", list(zip(lighthouse_console.SCREENS, itertools.cycle(TAGS), strict=False)))
def test_no_screen_of_the_console_is_below_the_floor(house: Consoles, screen: str, language: str) -> None:
    if not PROGRAM.exists():
        pytest.skip("Lighthouse is not installed")
    path = lighthouse_console.SCREENS[screen].format(incident=house.report())
    cookie = "" if screen == lighthouse_console.NOBODY else session_of(house.url, "duty", PASSWORD)
    judged = [name for name in lighthouse_console.JUDGED if name != "performance"]
    found = scores(f"{house.url}/console{path}", language, judged, Device(at_desk=True, cookie=cookie))
    assert found.of.keys() == set(judged)
    assert {name: score for name, score in found.of.items() if score < FLOOR} == {}, found.lost
