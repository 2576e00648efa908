"""What a rule says, in plain words of both languages: its condition as a sentence, its effects, its values."""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.policy.effects import EFFECTS
from backend.policy.facts import variable_types
from backend.policy.markers import marker_codes
from backend.policy.rules import Rule, Words
from backend.policy.sentences import Sentence, read_sentence
from backend.policy.vocabulary import (
    codes_of,
    comparison_words,
    effect_labels,
    field_labels,
    labelled,
    value_labels,
)

LANGUAGES = ("en", "zh")
_ANY = {"en": " or ", "zh": "或"}
_AND = {"en": " and ", "zh": "且"}
_WHEN = {"en": "When {parts}", "zh": "当{parts}"}
_UNLESS = {"en": ", unless {parts}", "zh": "，除非{parts}"}
_ALWAYS = {"en": "Always", "zh": "始终"}


def say_sentence(sentence: Sentence) -> Words:
    """A condition in words: ``When ... and ..., unless ...``."""
    return {language: _said(sentence, language) for language in LANGUAGES}


def _said(sentence: Sentence, language: str) -> str:
    parts = [_part(one, language) for one in sentence.all]
    head = _WHEN[language].format(parts=_AND[language].join(parts)) if parts else _ALWAYS[language]
    if not sentence.unless:
        return head
    unless = _ANY[language].join(_comparison(one, language) for one in sentence.unless)
    return head + _UNLESS[language].format(parts=unless)


def _part(one: Mapping[str, Any], language: str) -> str:
    if "any" not in one:
        return _comparison(one, language)
    inner = _ANY[language].join(_comparison(part, language) for part in one["any"])
    return f"（{inner}）" if language == "zh" else f"({inner})"


def _comparison(one: Mapping[str, Any], language: str) -> str:
    field = str(one["field"])
    words, label = comparison_words()[str(one["is"])][language], field_labels()[field][language]
    # A marker is what somebody says, so it stands in quotation marks.
    name = f"“{label}”" if field in marker_codes() else label
    return words.format(field=name, value=_value(field, one.get("value"), language))


def _value(field: str, value: Any, language: str) -> str:
    if isinstance(value, Mapping):
        return f"${value['value_of']}"
    if isinstance(value, list | tuple):
        return labelled(map(str, value), value_labels(field), language)
    if value == "" and variable_types()[field] == "text":
        return {"en": "nothing", "zh": "空"}[language]
    return labelled([str(value)], value_labels(field), language)


def say_condition(when: str) -> Words:
    """A condition in words, or as it is written where no sentence can say it."""
    sentence = read_sentence(when)
    return say_sentence(sentence) if sentence else dict.fromkeys(LANGUAGES, when)


def say_effects(then: Mapping[str, Any]) -> Words:
    """Effects in words: ``leads: mediator; helps beside it: neighbourhood coordinator``."""
    return {
        language: {"en": "; ", "zh": "；"}[language].join(
            _effect(name, value, language) for name, value in then.items()
        )
        for language in LANGUAGES
    }


def _effect(name: str, value: Any, language: str) -> str:
    label = effect_labels()[name][language]
    if isinstance(value, bool):
        return label
    if isinstance(value, Mapping):
        return f"{label} ${value.get('value', '')}"
    codes: Sequence[Any] = value if isinstance(value, list | tuple) else [value]
    said = labelled(map(str, codes), codes_of(EFFECTS[name].takes), language)
    return f"{label}：{said}" if language == "zh" else f"{label}: {said}"


def say_rule(rule: Rule) -> dict[str, list[str]]:
    """Every clause of a rule in words, one line each."""
    found: dict[str, list[str]] = {}
    for language in LANGUAGES:
        arrow = {"en": ", then ", "zh": "，则"}[language]
        found[language] = [
            f"{say_condition(clause.when)[language]}{arrow}{say_effects(clause.then)[language]}"
            for clause in rule.clauses
        ]
    return found
