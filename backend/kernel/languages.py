"""Languages: every text that a person reads exists in English and Simplified Chinese.

Texts lie in ``backend/texts/*.yaml`` as ``key: {en: ..., zh: ...}``; a guard test fails when one lacks a language
or a placeholder. Dates and lists are written by Babel.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml
from babel.dates import format_datetime

LANGUAGES = ("en", "zh")
_LOCALES = {"en": "en_GB", "zh": "zh_Hans_CN"}
_WEIGHT = re.compile(r";\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*$")
_FOLDER = Path(__file__).parent.parent / "texts"


class UnknownText(KeyError):
    """A key that no text file holds: a mistake of ours, found by the guard test."""


@lru_cache(maxsize=1)
def texts() -> Mapping[str, Mapping[str, str]]:
    """All texts by key."""
    found: dict[str, Mapping[str, str]] = {}
    for path in sorted(_FOLDER.glob("*.yaml")):
        found |= yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return found


def say(key: str, language: str, **params: object) -> str:
    """The text of ``key`` in ``language``, with its placeholders filled. Raises UnknownText."""
    try:
        words = texts()[key]
    except KeyError as error:
        raise UnknownText(key) from error
    return pick(words, language).format(**params)


def pick(words: Mapping[str, str], language: str) -> str:
    """The reader's language of a text that is at hand in several; English when it lacks theirs."""
    return words.get(language) or words.get("en") or next(iter(words.values()), "")


def best_language(wanted: str | None, offered: tuple[str, ...] = LANGUAGES) -> str:
    """The offered language nearest to an ``Accept-Language`` value or a code such as ``zh-Hant-TW``.

    The one with the highest weight (RFC 9110, 12.5.4), the first of those that weigh the same.
    """
    liked = sorted(((part, _weight(part)) for part in (wanted or "").split(",")), key=lambda one: -one[1])
    for part, weight in liked:
        code = part.partition(";")[0].strip().lower().partition("-")[0]
        if code in offered and weight > 0:
            return code
    return offered[0]


def _weight(part: str) -> float:
    found = _WEIGHT.search(part)
    return float(found[1]) if found else 1.0


def say_time(at: datetime, language: str, zone: str = "UTC") -> str:
    """A moment as people write it, in local time."""
    local = at.astimezone(ZoneInfo(zone))
    return str(format_datetime(local, "d MMM HH:mm" if language == "en" else "M月d日 HH:mm", locale=_LOCALES[language]))
