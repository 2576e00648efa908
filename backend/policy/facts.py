"""Facts: all that rules may know about a report. Codes only: no name, address or words of people (INV-5)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from backend.policy.markers import in_group, marker_codes

KINDS = ("concern", "aid_request", "aid_offer", "distress")
VOICES = ("self", "for_other", "witness", "about_own_behaviour", "official")
DENSITIES = ("urban", "suburban", "rural")
CHANNELS = ("page", "telegram", "open311", "sms", "phone", "paper", "operator", "email", "signal")
SEVERITIES = ("minor", "moderate", "severe", "extreme")
READERS = ("police", "health", "social_work", "responder", "organisation", "oversight")
GRADES = ("G1", "G2", "G3", "G4", "G5")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about one report when a decision is made.

    ``repeat_30d``: earlier reports about the same person, or the same place when no person is known, in 30
    days. ``reports_24h_same_source``: earlier reports by the same source in 24 hours.
    ``same_source_place_10d``: earlier reports by the same source about the same place in 10 days. This report
    is never counted. ``area_level_names``: names of the levels that cover the place, widest first.
    ``hour_local`` is 0 to 23 and ``weekday_local`` 1 (Monday) to 7 at the place.

    Raises ValueError for a value outside its list: that is a mistake of ours, never of the reporter.
    """

    kind: str
    category: str = ""
    suggested_grade: str = ""
    danger_now: bool = False
    voice: str = "witness"
    anonymous: bool = False
    language: str = ""
    channel: str = "page"
    has_text: bool = True
    has_place: bool = True
    photo_count: int = 0
    people_count: int = 0
    flags: frozenset[str] = frozenset()
    hour_local: int = 12
    weekday_local: int = 1
    area_level_names: tuple[str, ...] = ()
    density: str = "urban"
    repeat_30d: int = 0
    reports_24h_same_source: int = 0
    same_source_place_10d: int = 0

    def __post_init__(self) -> None:
        _within("kind", self.kind, KINDS)
        _within("voice", self.voice, VOICES)
        _within("density", self.density, DENSITIES)
        _within("channel", self.channel, CHANNELS)
        _within("suggested_grade", self.suggested_grade, ("", *GRADES))
        if unknown := self.flags - marker_codes():
            raise ValueError(f"unknown markers: {', '.join(sorted(unknown))}")
        if not (0 <= self.hour_local <= 23 and 1 <= self.weekday_local <= 7):
            raise ValueError(f"no such local time: hour {self.hour_local}, weekday {self.weekday_local}")

    def as_dict(self) -> dict[str, Any]:
        """The facts as JSON, to be stored with the decision (INV-14)."""
        found = {name: getattr(self, name) for name in _FACT_NAMES}
        return found | {"flags": sorted(self.flags), "area_level_names": list(self.area_level_names)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Facts":
        """The facts that ``as_dict`` wrote. Raises TypeError for a field that does not exist."""
        given = dict(stored)
        given["flags"] = frozenset(given.get("flags", ()))
        given["area_level_names"] = tuple(given.get("area_level_names", ()))
        return cls(**given)


@dataclass(frozen=True, slots=True)
class Moment:
    """What has just happened to an incident, for rules that another event than a new report drives."""

    rung: int = 0
    from_grade: str = ""
    to_grade: str = ""
    exercise: bool = False
    reader: str = ""
    severity: str = ""
    distinct_sources: int = 0
    share_percent: int = 0
    share_weeks: int = 0


NO_MOMENT = Moment()
# Groups of markers that rules may ask for as a whole: `has_danger` is true when one of the group is set.
DERIVED = {"has_danger": "danger", "has_child": "child", "has_vulnerability": "vulnerability"}
_TYPES = {"str": "text", "bool": "bool", "int": "int", "tuple[str, ...]": "texts"}
_FACT_NAMES = tuple(item.name for item in fields(Facts) if item.name != "flags")
_MOMENT_NAMES = tuple(item.name for item in fields(Moment))


def variable_types() -> dict[str, str]:
    """Every name a condition may use, with its type: ``text``, ``bool``, ``int`` or ``texts``."""
    known = (item for item in (*fields(Facts), *fields(Moment)) if item.name != "flags")
    found = {item.name: _TYPES[_type_name(item.type)] for item in known}
    return found | {"risk_class": "text"} | dict.fromkeys((*DERIVED, *sorted(marker_codes())), "bool")


def variables(facts: Facts, *, kind: str, category: str, risk_class: str, moment: Moment = NO_MOMENT) -> dict[str, Any]:
    """The value of every name in ``variable_types`` for facts under the category they are handled as."""
    found: dict[str, Any] = dict.fromkeys(marker_codes(), False)
    found |= {name: getattr(facts, name) for name in _FACT_NAMES}
    found |= {name: getattr(moment, name) for name in _MOMENT_NAMES}
    found |= {name: not facts.flags.isdisjoint(in_group(group)) for name, group in DERIVED.items()}
    found |= dict.fromkeys(facts.flags, True)
    found["area_level_names"] = list(facts.area_level_names)
    found |= {"kind": kind, "category": category, "risk_class": risk_class}
    return found


def _within(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} {value!r} is none of {', '.join(allowed)}")


def _type_name(annotation: Any) -> str:
    return str(annotation) if hasattr(annotation, "__args__") else str(getattr(annotation, "__name__", annotation))
