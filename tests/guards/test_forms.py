"""Forms lose nothing of a fast hand: a part is changed of what was said last, and not of what the screen shows."""

import re

import pytest

from backend.pages.phone import DIST

SOURCE = DIST.parent / "src"
# setDraft({ ...draft, name }) and onBody({ ...body, part }): two of them before the next picture, and one is lost.
STALE = re.compile(r"\b(?:set|on)[A-Z]\w*\(\{ ?\.\.\.(\w+)[,. ]")


def stale(text: str) -> list[str]:
    return [found.group(0) for found in STALE.finditer(text)]


def test_no_form_changes_a_part_of_what_the_screen_shows() -> None:
    files = sorted(SOURCE.rglob("*.tsx"))
    assert len(files) > 50
    found = {str(path.relative_to(SOURCE)): stale(path.read_text(encoding="utf-8")) for path in files}
    # What is read from the server in the same breath is no former value of a form.
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "text, is_found",
    [
        ("onValue={(name) => setDraft({ ...draft, name })}", True),
        ("onWords={(because) => onOne({ ...one, because })}", True),
        ("setSaid({ ...said, [id]: change })", True),
        ("setDraft((former) => ({ ...former, name }))", False),
        ("toast({ ...draft, name })", False),
    ],
)
def test_the_guard_knows_a_stale_change(text: str, is_found: bool) -> None:
    assert bool(stale(text)) is is_found
