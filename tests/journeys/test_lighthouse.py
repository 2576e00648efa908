"""Lighthouse's floor for what does not depend on how fast the machine is; how fast the page is stands in the benchmarks."""

import pytest

from tests.bench.lighthouse import CATEGORIES, FLOOR, PROGRAM, SCREENS, TAGS, scores
from tests.journeys.browser import CHROMIUM

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
