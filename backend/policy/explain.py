"""A stored decision in plain words, in the reader's language, for people who were not there."""

from collections.abc import Iterable, Mapping
from typing import Any

from backend.policy.catalogue import Catalogue, default_catalogue

_LOCKS = {
    "floor": {"en": "floor", "zh": "底线"},
    "ceiling": {"en": "ceiling", "zh": "上限"},
    "default": {"en": "default", "zh": "默认"},
    "local": {"en": "local", "zh": "本地"},
}


def explain(stored: Mapping[str, Any], language: str = "en", *, catalogue: Catalogue | None = None) -> list[str]:
    """What was decided and why, line by line: the result, each rule that was tried, and who reviews it.

    Args:
        stored: what ``Decision.as_dict`` wrote; ``trace`` may come from a column of its own.
        language: ``en`` or ``zh``.
    """
    book = catalogue or default_catalogue()
    return [
        *_result(stored, language, book),
        *(explain_step(step, language, book) for step in stored.get("trace", ())),
        book.words[stored["human_review"]][language],
    ]


def explain_step(step: Mapping[str, Any], language: str = "en", catalogue: Catalogue | None = None) -> str:
    """One line of a trace, such as ``R20 applies because ... (Baishi City, default, version 2)``."""
    book = catalogue or default_catalogue()
    lock = _LOCKS[step["lock"]][language]
    result = book.results[step["result"]][language]
    if language == "zh":
        where = f"{step['layer']}，{lock}，第{step['version']}版"
        return f"{step['rule']}（{result}）：{step['why']['zh']}（{where}）"
    return f"{step['rule']} ({result}): {step['why']['en']} ({step['layer']}, {lock}, version {step['version']})"


def _result(stored: Mapping[str, Any], language: str, book: Catalogue) -> Iterable[str]:
    category = book.categories.get(stored["category"])
    label = category.label[language] if category else stored["category"]
    grade = book.grades[stored["grade"]].label[language]
    lead = book.routes[stored["lead"]].label[language]
    colon = "：" if language == "zh" else ": "
    yield f"{label}{colon}{stored['grade']} {grade}"
    yield f"{'主责' if language == 'zh' else 'Lead'}{colon}{lead}"
    if stored["refusal"]:
        yield book.words[stored["refusal"]][language]
    letters = ", ".join(f"({letter})" for letter in stored["police"]["letters"])
    if letters:
        zh = f"警察：须由具名人员核对 R06 {letters}"
        yield zh if language == "zh" else f"Police: a named person first checks R06 {letters}"
