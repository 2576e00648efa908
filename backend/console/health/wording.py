"""Findings in words: what is so, and what to do about it."""

from datetime import timedelta
from typing import Any

from babel.dates import format_timedelta

from backend.console.health.rules import Finding, Level
from backend.kernel.languages import LANGUAGES, say

_LOCALES = {"en": "en_GB", "zh": "zh_Hans_CN"}
assert set(_LOCALES) == set(LANGUAGES)


def said_of(finding: Finding, language: str) -> str:
    """What was found, as a sentence."""
    return say(f"health.{finding.key}", language, **_filled(finding, language))


def advice_of(finding: Finding, language: str) -> str:
    """What to do; empty where all is well."""
    return "" if finding.level is Level.OK else say(f"health.advice.{finding.about}", language)


def about_of(finding: Finding, language: str) -> str:
    """What it is about, as a heading."""
    return say(f"health.about.{finding.about}", language, **_filled(finding, language))


def _filled(finding: Finding, language: str) -> dict[str, Any]:
    values = dict(finding.values)
    if "age_s" in values:
        values["age"] = format_timedelta(
            timedelta(seconds=max(1, round(values.pop("age_s")))), threshold=2.0, locale=_LOCALES[language]
        )
    if "bytes" in values:
        values["size"] = _size(values.pop("bytes"))
    for name in ("lane", "channel"):
        if name in values:
            values[name] = say(f"health.{name}s.{values[name]}", language)
    return values


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GB" if count >= 2**30 else f"{count / 2**20:.0f} MB"
