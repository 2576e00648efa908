"""Markers: the closed list of words in which a report says what is happening (defaults/markers.yaml)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from backend.policy.files import Words, read_defaults, words_at

GROUPS = ("danger", "child", "vulnerability", "need", "exit", "safety", "task", "police", "report")


@dataclass(frozen=True, slots=True)
class Marker:
    """One word that a lexicon or a person may set on a report, and that rules may ask about."""

    code: str
    group: str
    label: Words


@lru_cache(maxsize=1)
def markers() -> Mapping[str, Marker]:
    """All markers by code, in the order of the file. Raises PolicyInvalid for an unknown group."""
    found = {}
    for code, entry in read_defaults("markers.yaml").items():
        entry.choice("group", GROUPS)
        found[code] = Marker(code, entry.text("group"), words_at(entry))
    return MappingProxyType(found)


@lru_cache(maxsize=1)
def marker_codes() -> frozenset[str]:
    """The codes of all markers."""
    return frozenset(markers())


@lru_cache(maxsize=len(GROUPS))
def in_group(group: str) -> frozenset[str]:
    """The codes of the markers of one group, such as ``danger``."""
    return frozenset(code for code, marker in markers().items() if marker.group == group)
