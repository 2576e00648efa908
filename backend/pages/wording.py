"""Times and spans as people say them. Pure: ``now`` is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.units import format_unit

from backend.kernel.languages import say

LOCALES = {"en": Locale("en", "GB"), "zh": Locale("zh", "CN", script="Hans")}
_DAYS = {-1: "yesterday", 0: "today", 1: "tomorrow"}
_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


def words(key: str, language: str, **params: object) -> str:
    """The text ``page.<key>`` in ``language``."""
    return say(f"page.{key}", language, **params)


def say_when(at: datetime, *, now: datetime, language: str, zone: str) -> str:
    """A moment in local time as one says it: "today at 17:05", "on 4 March at 10:00"."""
    local, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    time = local.strftime("%H:%M")
    if name := _DAYS.get((local.date() - today).days):
        return words(f"when.{name}", language, time=time)
    year = " y" if local.year != today.year else ""
    pattern = f"d MMMM{year}" if language == "en" else ("y年M月d日" if year else "M月d日")
    day = format_date(local.date(), pattern, locale=LOCALES[language])
    return words("when.date", language, date=day, time=time)


def say_span(seconds: float, language: str) -> str:
    """A length of time, rounded down, in the largest unit of which there are two: "90 sec", "3 min", "47 hrs"."""
    whole = max(int(seconds), 0)
    unit, length = next((one for one in _UNITS if whole >= 2 * one[1]), _UNITS[-1])
    return format_unit(whole // length, f"duration-{unit}", length="short", locale=LOCALES[language])


@dataclass(frozen=True, slots=True)
class Clock:
    """How a promise stands: its words, and whether its time has passed."""

    words: str
    late: bool


def say_clock(due_at: datetime, *, now: datetime, language: str) -> Clock:
    """A running promise: "due in 3 min", "late by 2 min"."""
    left_s = (due_at - now).total_seconds()
    key = "late" if left_s < 0 else "due"
    return Clock(words(f"clock.{key}", language, span=say_span(abs(left_s), language)), left_s < 0)


def say_list(parts: Sequence[str], language: str) -> str:
    """Several things in a row."""
    return ("、" if language == "zh" else ", ").join(parts)


def territory(country: str, language: str) -> str:
    """The name of a country or of the European Union, by its ISO 3166 code."""
    return str(LOCALES[language].territories.get(country, country))
