"""The texts of notices: in every language, with the same placeholders, and neutral."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from backend.dispatch.rules import ALERTS, DEPUTY_TOO, IN_APP_ONLY, OWN_THREAD
from backend.dispatch.wording import FOR_RESIDENTS, link_of, words_of
from backend.kernel.languages import LANGUAGES, UnknownText, texts

BACKEND = Path(__file__).parent.parent.parent / "backend"
TEXTS = {key: words for key, words in texts().items() if key.startswith("notice.")}
TEMPLATES = sorted({key.split(".")[1] for key in TEXTS if key.count(".") == 2})
KNOWN = {"reference", "due", "link", "code_word", "count"}
# Words that would tell what it is about, or who or where.
TELLING = re.compile(r"police|abuse|violen|suicid|drug|weapon|child|street|警察|公安|暴力|自杀|毒品|儿童|街道", re.I)


TEMPLATE = re.compile(r"(rung|offer|reporter|incident|handover|report|message|delivery|clock)_[a-z_]+")


def templates_told() -> Iterator[str]:
    """The templates that the code names where it tells somebody something."""
    for path in BACKEND.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called == "Notice" or called.lstrip("_").startswith(("tell_", "note_to_")):
                words = (one.value for one in node.args if isinstance(one, ast.Constant))
                yield from (word for word in words if isinstance(word, str) and TEMPLATE.fullmatch(word))


def test_everything_that_the_code_tells_has_words() -> None:
    told = set(templates_told())
    assert {"report_received_desk", "reporter_triaged"} <= told
    assert told <= set(TEMPLATES)


def placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name}


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_every_text_exists_in_each_language_with_the_same_placeholders(key: str) -> None:
    words = TEXTS[key]
    assert set(words) == set(LANGUAGES)
    assert all(words.values())
    assert placeholders(words["en"]) == placeholders(words["zh"]) <= KNOWN


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_no_text_tells_what_it_is_about(key: str) -> None:
    assert not TELLING.search(" ".join(TEXTS[key].values()))


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_has_a_subject_and_a_body_that_can_be_filled(template: str) -> None:
    for language in LANGUAGES:
        words = words_of(template, {}, language, link="https://x")
        assert words.subject
        assert words.body
        assert "{" not in words.subject + words.body


def test_the_rules_name_templates_that_exist() -> None:
    assert ALERTS | DEPUTY_TOO | IN_APP_ONLY | OWN_THREAD | {FOR_RESIDENTS} <= set(TEMPLATES)


@pytest.mark.parametrize("template", [name for name in TEMPLATES if name.startswith("offer_vol")])
def test_a_volunteer_learns_the_place_only_after_accepting(template: str) -> None:
    assert "{reference}" not in TEXTS[f"notice.{template}.body"]["en"]


def test_a_template_without_texts_is_a_mistake() -> None:
    with pytest.raises(UnknownText):
        words_of("no_such_thing", {}, "en")


@pytest.mark.parametrize(
    "params, language, expected",
    [
        ({"due_at": "2026-03-02T09:10:00+00:00"}, "en", "2 Mar 17:10"),
        ({"until": "2026-03-02T09:10:00+00:00"}, "zh", "3月2日 17:10"),
        ({}, "en", "as soon as you can"),
    ],
)
def test_times_are_local(params: dict[str, str], language: str, expected: str) -> None:
    assert (
        expected
        in words_of("offer_made", params, language, zone="Asia/Taipei").body
        + words_of("reporter_waiting", params, language, zone="Asia/Taipei").body
    )


def test_links_of_residents_tell_nothing() -> None:
    assert link_of("https://x", incident_id=None, offer_id=None, is_resident=True) == "https://x/receipt"
