"""Marker strings through the surfaces: none is found in what is written down, and the search finds what is planted.

A few hundred here; ``python -m tests.chaos.markers`` sends 10,000.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.markers import HAN, STEMS, WORD, codings, found_in

pytestmark = pytest.mark.slow
PLACES = {
    "log", "letters", "database files", "write-ahead log", "photos", "backup", "error pages", "public answers",
}  # fmt: skip


def run(folder: Path, *more: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.chaos.markers", "--count", "300", "--folder", str(folder), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_nothing_of_anybody_is_found_where_it_does_not_belong(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done["markers"] >= 300
    assert done["letters"] > 0
    assert done["found"] == dict.fromkeys(PLACES, 0)


def test_the_search_finds_what_is_planted_in_each_place(tmp_path: Path) -> None:
    done = run(tmp_path, "--plant")
    assert {name for name, number in done["found"].items() if number} == PLACES


@pytest.mark.parametrize("stem", STEMS)
def test_a_marker_is_found_in_every_coding(stem: str) -> None:
    assert all(found_in(b"..." + one + b"...") == 1 for one in codings(stem))


@pytest.mark.parametrize("innocent", ["Zinnober", "zq xj", "槑", "30.45", "+99"])
def test_what_is_no_marker_is_not_found(innocent: str) -> None:
    assert found_in(innocent.encode()) == 0
    assert found_in((WORD + HAN).encode()) == 2
