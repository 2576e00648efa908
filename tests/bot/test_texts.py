"""Every text of the bot exists in both languages with the same gaps, and every text that is asked for exists."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

from bot.conversation.model import Conversation, State
from bot.conversation.table import TABLE
from bot.wording import LANGUAGES, best_language, labels, span, texts
from tests.bot.talking import WORLD, conversation

BOT = Path(__file__).parents[2] / "bot"
SOURCES = sorted(BOT.rglob("*.py"))


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", sorted(texts("en").keys() | texts("zh").keys()))
def test_a_text_exists_in_both_languages_with_the_same_gaps(key: str) -> None:
    found = [texts(language)[key] for language in LANGUAGES]
    assert all(isinstance(text, str) and text.strip() for text in found)
    assert gaps(found[0]) == gaps(found[1])
    own_names = re.compile("中文|使用哪种语言？")
    assert not re.search(r"[\u4e00-\u9fff]", own_names.sub("", texts("en")[key]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_defined_twice(language: str) -> None:
    lines = (BOT / "texts" / f"{language}.yaml").read_text(encoding="utf-8").splitlines()
    keys = [found[1] for line in lines if (found := re.match(r"([a-z][\w.:]*): ", line))]
    assert sorted(keys) == sorted(texts(language))


def keys_in_code() -> list[tuple[str, str]]:
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in {
                "say",
                "label",
            }:
                found += [
                    (f"{path.name}:{node.lineno}", pattern) for one in node.args[:2] if (pattern := pattern_of(one))
                ]
    return found


def pattern_of(argument: ast.expr) -> str | None:
    if isinstance(argument, ast.IfExp):
        return f"(?:{pattern_of(argument.body)}|{pattern_of(argument.orelse)})"
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and "." in argument.value:
        return re.escape(argument.value)
    if isinstance(argument, ast.JoinedStr):
        parts = argument.values
        return "".join(re.escape(str(one.value)) if isinstance(one, ast.Constant) else r"[\w.:-]*" for one in parts)
    return None


def test_every_text_that_is_asked_for_exists() -> None:
    asked = keys_in_code()
    assert [one for one in asked if not any(re.fullmatch(one[1], key) for key in texts("en"))] == []
    assert len(asked) > 60


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_prompt_fits_a_message_and_every_button_its_row(language: str) -> None:
    for state in State:
        prompt = TABLE[state].prompt(conversation(state, language), WORLD)
        assert len(prompt.text) < 1500
        assert all(len(button.label) <= 64 for row in prompt.buttons for button in row)


def test_a_label_of_the_keyboard_means_the_same_in_every_language() -> None:
    assert len(labels()) == 12
    assert set(labels().values()) == {f"menu:{name}" for name in ("sos", "place", "report", "mine", "aid", "over")}


@pytest.mark.parametrize(
    ("code", "language"),
    [("zh-hans", "zh"), ("zh", "zh"), ("zh_TW", "zh"), ("en-GB", "en"), ("fr", "en"), ("", "en"), (None, "en")],
)
def test_the_language_is_the_nearest_to_that_of_the_phone(code: str | None, language: str) -> None:
    assert best_language(code) == language
    assert Conversation(language=language).say("cancel.done")


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "a moment", "片刻"), (60, "a minute", "1分钟"), (599, "9 minutes", "9分钟"), (3600, "an hour", "1小时"),
        (86_400, "a day", "1天"), (400_000, "4 days", "4天"),
    ],
)  # fmt: skip
def test_a_length_of_time_is_said_in_its_largest_unit(seconds: int, english: str, chinese: str) -> None:
    assert (span(seconds, "en"), span(seconds, "zh")) == (english, chinese)
