"""The words of the bot: one file a language under ``texts/``, with the same keys in each."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import yaml

LANGUAGES = ("en", "zh")
_FOLDER = Path(__file__).parent / "texts"
_UNITS = (("days", 86_400), ("hours", 3600), ("minutes", 60))


@lru_cache(maxsize=4)
def texts(language: str) -> Mapping[str, str]:
    """All texts of a language by key."""
    found: Mapping[str, str] = yaml.safe_load((_FOLDER / f"{language}.yaml").read_text(encoding="utf-8"))
    return found


def say(language: str, key: str, **params: object) -> str:
    """The text of ``key``, with its gaps filled. Raises KeyError where a text is missing, which a guard test finds."""
    return texts(language)[key].format(**params)


def best_language(code: str | None, offered: tuple[str, ...] = LANGUAGES) -> str:
    """The offered language nearest to a code such as ``zh-hans``; the first one where none is near."""
    wanted = (code or "").lower().replace("_", "-").partition("-")[0]
    return wanted if wanted in offered else offered[0]


@lru_cache(maxsize=2)
def menu_of(language: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    """The keyboard of the start: rows of label and what it says."""
    rows = (("sos", "place"), ("report", "mine"), ("aid", "over"))
    return tuple(tuple((say(language, f"menu.{name}"), f"menu:{name}") for name in row) for row in rows)


@lru_cache(maxsize=1)
def labels() -> Mapping[str, str]:
    """From a label of the start's keyboard, in any language, to what it says: pressing one sends its words."""
    return {label: data for language in LANGUAGES for row in menu_of(language) for label, data in row}


def span(seconds: float, language: str) -> str:
    """A length of time in its largest whole unit: no zone of the reader's is known, so times are said as lengths."""
    for unit, size in _UNITS:
        if seconds >= size:
            count = int(seconds // size)
            return say(language, f"span.{unit}{'_one' if count == 1 else ''}", count=count)
    return say(language, "span.moment")


def span_to(moment: str, now: datetime, language: str) -> str:
    """How far off a moment in ISO 8601 is, before or after ``now``."""
    return span(abs((datetime.fromisoformat(moment) - now).total_seconds()), language)
