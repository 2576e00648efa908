"""Reasons in the reader's language: distances rounded, times of the place, languages by their names."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time

from backend.aid.matching.facts import Window
from backend.aid.matching.rules import Unknown, Verdict, Why
from backend.aid.matching.scoring import Reason
from backend.kernel.languages import say

_LOCALES = {"en": "en_GB", "zh": "zh_Hans_CN"}
# What fills a gap of another name.
_GAPS = {"metres": "distance", "window": "when", "language": "tongue"}
# From which hour of the local day each part of it begins.
_PARTS = ((5, "morning"), (12, "afternoon"), (18, "evening"), (22, "night"))


def said(reason: Reason, language: str, *, zone: str) -> dict[str, str]:
    """A reason with its code and its words."""
    fills = {name: _filled(name, value, language, zone) for name, value in reason.fills.items()}
    fills = {_GAPS.get(name, name): words for name, words in fills.items()}
    return {"code": reason.key, "words": say(f"aid.match.reason.{reason.key}", language, **fills)}


def why_said(verdict: Verdict, language: str) -> list[dict[str, str]]:
    """All that speaks against a pair."""
    return [{"code": one.value, "words": why(one, language)} for one in verdict.why_not]


def why(code: Why, language: str) -> str:
    """The words of a hard condition that is broken."""
    return say(f"aid.match.why.{code.value}", language)


def unknown(code: Unknown, language: str) -> str:
    """The words of what is not known."""
    return say(f"aid.match.reason.unknown_{code.value}", language)


def _filled(name: str, value: Any, language: str, zone: str) -> str:
    if name == "metres":
        return distance(value)
    if name == "window":
        return when(value, language, zone)
    if name == "language":
        return language_name(value, language)
    return f"{value:g}" if isinstance(value, float) else str(value)


def distance(metres: float) -> str:
    """A distance as people say it: to 50 m below a kilometre, then to a tenth of one; never less than 50 m."""
    if metres < 975:
        return f"{max(50, round(metres / 50) * 50)} m"
    return f"{metres / 1000:.1f} km"


def when(window: Window, language: str, zone: str) -> str:
    """A time in common, local: the part of a day, or from a day to another."""
    start, end = (at.astimezone(ZoneInfo(zone)) for at in window)
    day = _day(start, language)
    if end - start > timedelta(hours=18):
        return say("aid.match.when_long", language, day=day, until=_day(end, language))
    weekday = format_date(start, "EEEE", locale=_LOCALES[language])
    part = say(f"aid.match.part.{part_of(start)}", language)
    hours = {name: format_time(at, "HH:mm", locale=_LOCALES[language]) for name, at in (("start", start), ("end", end))}
    return say("aid.match.when", language, weekday=weekday, part=part, day=day, **hours)


def part_of(local: datetime) -> str:
    """The part of the local day that a time lies in."""
    return next((part for hour, part in reversed(_PARTS) if local.hour >= hour), "night")


def _day(local: datetime, language: str) -> str:
    return str(format_date(local, "d MMM" if language == "en" else "M月d日", locale=_LOCALES[language]))


def language_name(code: str, language: str) -> str:
    """A language by its name in the reader's; its code where it has none there."""
    try:
        found = Locale.parse(_LOCALES[language]).languages.get(code)
    except UnknownLocaleError:
        found = None
    return str(found or code)
