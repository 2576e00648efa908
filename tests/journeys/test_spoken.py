"""What docs/accessibility.md says that a screen reader says is what it says."""

from pathlib import Path

import pytest

from tests.conftest import NOW
from tests.journeys.browser import OnTime, chromium, serving
from tests.journeys.spoken import DOCUMENT, made, make
from tests.support.application import application, with_baishi


@pytest.mark.slow
def test_the_spoken_pass_is_not_stale(postgres: str, tmp_path: Path) -> None:
    with application(postgres, tmp_path, NOW) as app, chromium() as browser:
        with_baishi(app, NOW)
        with serving(app, handler=OnTime) as url:
            assert make(browser, app, url) == made(DOCUMENT.read_text(encoding="utf-8")), (
                "run python -m tests.journeys.spoken"
            )
