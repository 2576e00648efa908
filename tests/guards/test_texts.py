"""Every text that people read exists in both languages, with the same gaps to fill, and every text that is used exists."""

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from string import Formatter

import pytest
import yaml

from backend.dispatch.wording import words_of
from backend.incidents.states import State
from backend.intake.thread import STATUS, TOLD
from backend.kernel.languages import LANGUAGES, texts

BACKEND = Path(__file__).parents[2] / "backend"
SOURCES = sorted(path for path in BACKEND.rglob("*.py") if "migrations" not in path.parts)
# Functions whose text argument is the key of a text, or the name of a notice.
SAYING = {"say"}
TELLING = {"Notice", "tell_desks", "tell_reporters"}


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", sorted(texts()))
def test_a_text_exists_in_both_languages_with_the_same_gaps(key: str) -> None:
    words = texts()[key]
    assert set(words) == set(LANGUAGES)
    assert all(isinstance(text, str) and text.strip() for text in words.values())
    assert gaps(words["en"]) == gaps(words["zh"])
    assert not re.search(r"[\u4e00-\u9fff]", words["en"])


def test_no_text_is_defined_twice() -> None:
    found: list[str] = []
    for path in sorted((BACKEND / "texts").glob("*.yaml")):
        keys = [line.split(":")[0] for line in path.read_text().splitlines() if re.match(r"[a-z][\w.]*:", line)]
        assert len(keys) == len(yaml.safe_load(path.read_text())), path.name
        found += keys
    assert sorted(set(found)) == sorted(found)


def calls(names: set[str]) -> Iterator[tuple[Path, ast.Call]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in names:
                yield path, node


def test_every_text_that_code_names_exists() -> None:
    missing = [
        f"{path.name}:{call.lineno} {argument.value}"
        for path, call in calls(SAYING)
        for argument in call.args[:1]
        if isinstance(argument, ast.Constant) and argument.value not in texts()
    ]
    assert missing == []


def test_every_text_whose_name_is_put_together_exists() -> None:
    """Names such as ``status.{status}``: some text begins and ends like each."""
    missing = []
    for path, call in calls(SAYING):
        for argument in call.args[:1]:
            if isinstance(argument, ast.JoinedStr):
                parts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[\w.-]+" for part in argument.values]
                if not any(re.fullmatch("".join(parts), key) for key in texts()):
                    missing.append(f"{path.name}:{call.lineno}")
    assert missing == []


def test_every_status_and_fact_that_a_resident_is_told_has_words() -> None:
    wanted = {f"status.{status}" for status in STATUS.values()} | {f"told.{told}" for told in TOLD.values()}
    wanted |= {f"proof.{what}.{known}" for what, known in product(("told", "seen", "coming", "arrived"), ("yes", "no"))}
    assert wanted <= texts().keys()
    assert set(STATUS) == set(State)


def told_templates() -> set[str]:
    found = set()
    for _, call in calls(TELLING):
        given = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "template")]
        found |= {
            one.value
            for argument in given
            for one in ast.walk(argument)
            if isinstance(one, ast.Constant) and isinstance(one.value, str) and re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", one.value)
        }
    return found - {"wave_size"}


def test_every_notice_that_is_sent_has_words_in_both_languages() -> None:
    known = {key.split(".")[1] for key in texts() if key.startswith("notice.") and key.endswith(".body")}
    named = told_templates()
    assert named - known == set()
    assert len(named) > 15
    for template, language in product(sorted(named & known), LANGUAGES):
        assert words_of(template, {}, language).body
