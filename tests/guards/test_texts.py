"""Every text that people read exists in both languages, with the same gaps to fill, and every text that is used exists."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path
from string import Formatter

import pytest
import yaml
from marshmallow import fields

from backend.dispatch.wording import words_of
from backend.incidents.states import State
from backend.intake.thread import STATUS, TOLD
from backend.kernel.languages import LANGUAGES, texts
from backend.kernel.reasons import in_language

BACKEND = Path(__file__).parents[2] / "backend"
SOURCES = sorted(path for path in BACKEND.rglob("*.py") if "migrations" not in path.parts)
TEMPLATES = sorted((BACKEND / "pages" / "templates").rglob("*.html"))
# How a text is asked for: by the function itself, or in the pages by one that puts "page." before the key.
PAGES_SAY = {"words", "say"}
TELLING = {"Notice", "tell_desks", "tell_reporters"}


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def wrong_with(words: Mapping[str, str]) -> list[str]:
    """What is wrong with a text: a language, words in it, a gap in one language alone, or Chinese where English stands."""
    if set(words) != set(LANGUAGES) or not all(isinstance(text, str) and text.strip() for text in words.values()):
        return ["lacks a language, or words in it"]
    found = ["other gaps in the other language"] if gaps(words["en"]) != gaps(words["zh"]) else []
    return found + ["Chinese in English"] * bool(re.search(r"[\u4e00-\u9fff]", words["en"]))


def test_every_text_exists_in_both_languages_with_the_same_gaps() -> None:
    assert {key: wrong for key, words in texts().items() if (wrong := wrong_with(words))} == {}
    assert len(texts()) > 800


@pytest.mark.parametrize(
    "words",
    [{"en": "a"}, {"en": "a", "zh": " "}, {"en": "{a}", "zh": "{b}"}, {"en": "好", "zh": "好"}, {"en": 1, "zh": "一"}],
)
def test_a_text_that_is_wrong_would_be_found(words: dict[str, str]) -> None:
    assert wrong_with(words)


def test_no_text_is_defined_twice() -> None:
    found: list[str] = []
    for path in sorted((BACKEND / "texts").glob("*.yaml")):
        keys = [line.split(":")[0] for line in path.read_text().splitlines() if re.match(r"[a-z][\w.-]*:", line)]
        assert len(keys) == len(yaml.safe_load(path.read_text())), path.name
        found += keys
    assert sorted(set(found)) == sorted(found)


def calls(paths: Iterable[Path], names: set[str]) -> Iterator[tuple[Path, ast.Call]]:
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in names:
                yield path, node


def keys_in_code() -> Iterator[tuple[str, str]]:
    """Where a text is asked for, and the pattern of its key: what is put together at run time may be anything."""
    pages = [path for path in SOURCES if path.parent.name == "pages"]
    rooms = [path for path in SOURCES if re.search(r"languages import .*\bsay\b", path.read_text())]
    others = [path for path in rooms if path not in pages]
    for prefix, paths, names in (("", others, {"say"}), ("page.", pages, PAGES_SAY)):
        for path, call in calls(paths, names):
            if call.args and (pattern := pattern_of(call.args[0])):
                yield f"{path.name}:{call.lineno}", re.escape(prefix) * (not pattern.startswith("page")) + pattern


def pattern_of(argument: ast.expr) -> str | None:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return re.escape(argument.value)
    if isinstance(argument, ast.JoinedStr):
        parts = argument.values
        return "".join(re.escape(str(one.value)) if isinstance(one, ast.Constant) else r"[\w.-]+" for one in parts)
    return None


def keys_in_templates() -> Iterator[tuple[str, str]]:
    for path in TEMPLATES:
        for match in re.finditer(r"\bt\('([\w.-]+)'(\s*~)?", path.read_text(encoding="utf-8")):
            yield path.name, re.escape(f"page.{match[1]}") + (r"[\w.-]+" if match[2] else "")


def test_every_text_that_is_asked_for_exists() -> None:
    asked = [*keys_in_code(), *keys_in_templates()]
    missing = [(where, key) for where, key in asked if not any(re.fullmatch(key, known) for known in texts())]
    assert missing == []
    assert len(asked) > 100


def reasons_in_code() -> set[str]:
    """What our own fields and checks say is wrong, and what the library's say that we use."""
    found = set()
    for _, call in calls(SOURCES, {"ValidationError"}):
        if call.args and isinstance(call.args[0], ast.Constant):
            found.add(str(call.args[0].value))
    kinds = (
        fields.String,
        fields.UUID,
        fields.Integer,
        fields.Float,
        fields.Boolean,
        fields.List,
        fields.Nested,
        fields.Dict,
    )
    for kind in kinds:
        found |= {
            str(said) for parent in kind.__mro__ for said in vars(parent).get("default_error_messages", {}).values()
        }
    return {said for said in found if said.isascii()}


def test_every_reason_why_a_field_is_refused_is_said_in_chinese_too() -> None:
    assert [said for said in reasons_in_code() if in_language(said, "zh") == said] == []
    errors = {
        "text": ["Longer than maximum length 10000."],
        "place": {"lat": ["Not a valid number."]},
        "rows": [{"row": 1}],
    }
    assert in_language(errors, "zh") == {
        "text": ["超过最大长度10000。"], "place": {"lat": ["不是有效的数字。"]}, "rows": [{"row": 1}]
    }  # fmt: skip
    assert in_language(errors, "en") is errors


def test_every_status_and_fact_that_a_resident_is_told_has_words() -> None:
    wanted = {f"status.{status}" for status in STATUS.values()} | {f"told.{told}" for told in TOLD.values()}
    wanted |= {f"proof.{what}.{known}" for what, known in product(("told", "seen", "coming", "arrived"), ("yes", "no"))}
    assert wanted <= texts().keys()
    assert set(STATUS) == set(State)


def told_templates() -> set[str]:
    found = set()
    for _, call in calls(SOURCES, TELLING):
        given = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "template")]
        found |= {
            one.value
            for argument in given
            for one in ast.walk(argument)
            if isinstance(one, ast.Constant)
            and isinstance(one.value, str)
            and re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", one.value)
        }
    return found - {"incident_id"}


def test_every_notice_that_is_sent_has_words_in_both_languages() -> None:
    known = {key.split(".")[1] for key in texts() if key.startswith("notice.") and key.endswith(".body")}
    named = told_templates()
    assert named - known == set()
    assert len(named) > 15
    for template, language in product(sorted(named & known), LANGUAGES):
        assert words_of(template, {}, language).body
