"""Reads one GeoJSON Feature as an area, and notes everything that is wrong with it."""

import json
import re
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from backend.areas.polygons import Areal, PolygonFault, read_polygon
from backend.areas.problems import RowProblem, say
from backend.areas.rules import MAX_LEVEL

MAX_TEXT = 200
MAX_PROPERTIES_BYTES = 8 * 1024
MAX_PROPERTIES_DEPTH = 8
DENSITIES = ("urban", "suburban", "rural")  # rules.md R15: waves reach 500 m, 1 km or 3 km by density
DEFAULT_DENSITY = "urban"

_LANGUAGE = re.compile(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
_COUNTRY = re.compile(r"^[A-Z]{2}$")
UNSTORABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_OWN_FIELDS = {"id", "name", "names", "level", "level_name", "parent_id", "timezone", "country", "density"}

_TEXT = (f"text of 1 to {MAX_TEXT} characters", f" 1 至 {MAX_TEXT} 个字符的文字")
_WHOLE = (f"a whole number from 0 to {MAX_LEVEL}", f" 0 至 {MAX_LEVEL} 的整数")
_NAMES = ("an object of language codes and names", "语言代码与名称的对象")
_TIMEZONE = ("a time zone of the IANA database such as Asia/Taipei", " IANA 时区名，例如 Asia/Taipei")
_COUNTRY_CODE = (
    "a country code of two capital letters (ISO 3166-1)",
    "两个大写字母的国家或地区代码（ISO 3166-1）",
)
_DENSITY = ("one of " + ", ".join(DENSITIES), " " + "、".join(DENSITIES) + " 之一")


@dataclass(slots=True)
class FeatureRow:
    """A feature as read: what was found, and what was wrong. ``number`` counts features from 1."""

    number: int
    properties: Mapping[str, Any] = field(default_factory=dict)
    id: str | None = None
    name: str | None = None
    level: int | None = None
    division: str = ""
    parent_id: str | None = None
    geometry: Areal | None = None
    problems: list[RowProblem] = field(default_factory=list)
    repaired: RowProblem | None = None

    def problem(self, code: str, **fields: object) -> RowProblem:
        return RowProblem(code, say(code, **fields), self.number, self.id, self.name)

    def refuse(self, code: str, **fields: object) -> None:
        self.problems.append(self.problem(code, **fields))

    def refuse_field(self, name: str, wanted: tuple[str, str]) -> None:
        self.refuse("bad_field", field=name, wanted_en=wanted[0], wanted_zh=wanted[1])


def read_feature(number: int, raw: object, *, repair: bool) -> FeatureRow:
    """Read the ``number``-th Feature of a file; what is wrong with it stands in the row's ``problems``."""
    row = FeatureRow(number)
    if not isinstance(raw, dict) or raw.get("type") != "Feature":
        row.refuse("not_a_feature")
        return row
    properties = raw.get("properties")
    row.properties = properties if isinstance(properties, dict) else {}
    _read_identity(row, raw.get("id"))
    _read_place_in_tree(row)
    _check_optional(row)
    _read_geometry(row, raw.get("geometry"), repair)
    return row


def _read_identity(row: FeatureRow, feature_id: object) -> None:
    """Name and id first, so that every later problem of the row can say whom it concerns."""
    name = row.properties.get("name")
    row.name = name if _is_text(name) else None
    raw_id = row.properties.get("id")
    raw_id = feature_id if raw_id is None else raw_id
    row.id = _as_id(raw_id)
    if raw_id is None:
        row.refuse("missing", field="id")
    elif row.id is None:
        row.refuse_field("id", _TEXT)
    if name is None:
        row.refuse("missing", field="name")
    elif row.name is None:
        row.refuse_field("name", _TEXT)


def _read_place_in_tree(row: FeatureRow) -> None:
    level = row.properties.get("level")
    whole = isinstance(level, int | float) and not isinstance(level, bool) and 0 <= level <= MAX_LEVEL
    if level is None:
        row.refuse("missing", field="level")
    elif not whole or level != int(level):
        row.refuse_field("level", _WHOLE)
    else:
        row.level = int(level)
    division = row.properties.get("level_name")
    row.division = division if isinstance(division, str) and _is_text(division) else f"level {row.level}"
    if division is not None and row.division != division:
        row.refuse_field("level_name", _TEXT)
    parent = row.properties.get("parent_id")
    row.parent_id = _as_id(parent)
    if parent is not None and row.parent_id is None:
        row.refuse_field("parent_id", _TEXT)


def _as_id(raw: object) -> str | None:
    """Ids are text; whole numbers, which GeoJSON allows, are read as their digits."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        return str(raw)
    return raw if isinstance(raw, str) and _is_text(raw) else None


def _is_text(raw: object) -> bool:
    return isinstance(raw, str) and 0 < len(raw.strip()) <= len(raw) <= MAX_TEXT and not UNSTORABLE.search(raw)


def _check_optional(row: FeatureRow) -> None:
    properties = row.properties
    names = properties.get("names")
    if names is not None and not (isinstance(names, dict) and all(map(_LANGUAGE.match, names))):
        row.refuse_field("names", _NAMES)
    for language, name in names_of(properties).items():
        if not _is_text(name):
            row.refuse_field(f"name_{language}", _TEXT)
    if (country := properties.get("country")) is not None and not _COUNTRY.match(str(country)):
        row.refuse_field("country", _COUNTRY_CODE)
    if (zone := properties.get("timezone")) is not None and zone not in _timezones():
        row.refuse_field("timezone", _TIMEZONE)
    if (density := properties.get("density")) is not None and density not in DENSITIES:
        row.refuse_field("density", _DENSITY)
    if not _is_storable(further_properties(properties)):
        row.refuse("bad_properties")


@cache
def _timezones() -> tuple[str, ...]:
    return tuple(zoneinfo.available_timezones())


def names_of(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Names by language, from ``names`` and from ``name_<language>``; the latter win."""
    names = properties.get("names")
    found = dict(names) if isinstance(names, dict) else {}
    for key, value in properties.items():
        if _is_name_field(key) and value is not None:
            found[key.removeprefix("name_")] = value
    return found


def _is_name_field(key: str) -> bool:
    return key.startswith("name_") and bool(_LANGUAGE.match(key.removeprefix("name_")))


def further_properties(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if key not in _OWN_FIELDS and not _is_name_field(key)}


def _is_storable(properties: Mapping[str, Any]) -> bool:
    """Whether PostgreSQL can keep this as JSON: bounded, finite, without NUL or half characters."""
    if _depth(properties, MAX_PROPERTIES_DEPTH) > MAX_PROPERTIES_DEPTH:
        return False
    try:
        text = json.dumps(properties, allow_nan=False, ensure_ascii=False)
        return len(text.encode()) <= MAX_PROPERTIES_BYTES and "\\u0000" not in text
    except ValueError:
        return False


def _depth(value: object, most: int) -> int:
    """How deeply ``value`` is nested, counted no further than one past ``most``."""
    children: Iterable[object] = ()
    if isinstance(value, dict):
        children = value.values()
    elif isinstance(value, list):
        children = value
    else:
        return 0
    return 1 + (max((_depth(child, most - 1) for child in children), default=0) if most else 0)


def _read_geometry(row: FeatureRow, raw: object, repair: bool) -> None:
    try:
        checked = read_polygon(raw, repair=repair)
    except PolygonFault as fault:
        row.refuse(fault.code, **fault.fields)
        return
    row.geometry = checked.geometry
    if checked.repaired:
        row.repaired = row.problem(checked.repaired.code, **checked.repaired.fields)
