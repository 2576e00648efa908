"""Reads a GeoJSON file of areas (RFC 7946) whole or not at all.

Each Feature carries ``id``, ``name``, ``level`` (0 is the widest), ``level_name`` and ``parent_id`` (an id of
the same file, or null) among its properties, and may carry ``names`` or ``name_<language>``, ``timezone``,
``country`` and ``density``. All other properties are kept as they are. The collection may carry
``attribution``, ``licence`` and ``division_order``: the level names that come first within their levels.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.areas.features import (
    DEFAULT_DENSITY,
    UNSTORABLE,
    FeatureRow,
    further_properties,
    names_of,
    read_feature,
)
from backend.areas.polygons import Areal
from backend.areas.problems import AreaImportRefused, RowProblem, say
from backend.areas.rules import Node, division_ranks, tree_faults

MAX_DOCUMENT_BYTES = 128 * 1024 * 1024
MAX_AREAS = 100_000  # twice the 50,000 for which lookup is measured (design.md section 6)
MAX_WORDS = 2000

_WGS84 = re.compile(r"(?i)(CRS84|EPSG:+(\d|\.)*:*4326|WGS ?84)$")


@dataclass(frozen=True, slots=True)
class ParsedArea:
    """One area of a file. ``row`` counts features from 1; ``rank`` orders a level's divisions, 0 first."""

    row: int
    id: str
    name: str
    names: Mapping[str, str]
    level: int
    division: str
    rank: int
    parent_id: str | None
    timezone: str | None
    country: str | None
    density: str
    properties: Mapping[str, Any]
    geometry: Areal


@dataclass(frozen=True, slots=True)
class ParsedAreas:
    """A whole file, free of problems; parents come before children. ``repaired`` names mended polygons."""

    areas: tuple[ParsedArea, ...]
    repaired: tuple[RowProblem, ...] = ()
    attribution: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """A file with whatever is wrong in it: its sound areas, every problem, and the ids of rows that have one."""

    sound: ParsedAreas
    problems: tuple[RowProblem, ...]
    broken_ids: frozenset[str]


def parse_areas(document: bytes | str, *, repair: bool = False) -> ParsedAreas:
    """Read a file of areas. With ``repair``, invalid polygons are mended and named in ``repaired``.

    Raises AreaImportRefused with every problem found, each with its row, id and name.
    """
    survey = survey_areas(document, repair=repair)
    if survey.problems:
        raise AreaImportRefused(survey.problems)
    return survey.sound


def survey_areas(document: bytes | str, *, repair: bool = False) -> Survey:
    """Read a file of areas and tell the sound ones from those with problems, for whoever wants to look first.

    Raises AreaImportRefused for a file that cannot be read at all.
    """
    collection = _collection(_load(document))
    rows = [read_feature(number, raw, repair=repair) for number, raw in enumerate(collection["features"], start=1)]
    _check_tree(rows)
    sound = [row for row in rows if not row.problems]
    ranks = division_ranks(_nodes(rows), preferred=_texts(collection.get("division_order")))
    areas = (_finish(row, ranks) for row in sound)
    parsed = ParsedAreas(
        tuple(sorted(areas, key=lambda area: (area.level, area.row))),
        tuple(row.repaired for row in sound if row.repaired),
        _words(collection.get("attribution")),
        _words(collection.get("licence") or collection.get("license")),
    )
    problems = tuple(problem for row in rows for problem in row.problems)
    return Survey(parsed, problems, frozenset(row.id for row in rows if row.problems and row.id))


def _refuse_file(code: str, **fields: object) -> AreaImportRefused:
    return AreaImportRefused([RowProblem(code, say(code, **fields))])


def _load(document: bytes | str) -> object:
    if len(document) > MAX_DOCUMENT_BYTES:
        raise _refuse_file("too_large", size=len(document), most=MAX_DOCUMENT_BYTES)
    try:
        return json.loads(document.removeprefix("\ufeff") if isinstance(document, str) else document)
    except RecursionError:
        raise _refuse_file("too_deep") from None
    except ValueError as error:
        raise _refuse_file("not_json", reason=error) from None


def _collection(root: object) -> dict[str, Any]:
    if isinstance(root, dict) and root.get("type") == "Feature":
        root = {"type": "FeatureCollection", "features": [root]}
    features = root.get("features") if isinstance(root, dict) and root.get("type") == "FeatureCollection" else None
    if not isinstance(root, dict) or not isinstance(features, list):
        raise _refuse_file("not_features")
    if crs := _foreign_crs(root):
        raise _refuse_file("crs", crs=crs)
    if not features:
        raise _refuse_file("no_areas")
    if len(features) > MAX_AREAS:
        raise _refuse_file("too_many_areas", count=len(features), most=MAX_AREAS)
    return root


def _foreign_crs(root: Mapping[str, Any]) -> str:
    """The name of a coordinate system other than WGS84, as files from before RFC 7946 may carry it."""
    crs = root.get("crs")
    if crs is None:
        return ""
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = str(properties.get("name")) if isinstance(properties, dict) else str(crs)
    return "" if _WGS84.search(name) else name[:80]


def _texts(raw: object) -> list[str]:
    return [item for item in raw if isinstance(item, str)] if isinstance(raw, list) else []


def _words(raw: object) -> str:
    """A sentence about the whole file, without what a database cannot keep."""
    return UNSTORABLE.sub(" ", raw[:MAX_WORDS]) if isinstance(raw, str) else ""


def _nodes(rows: Iterable[FeatureRow]) -> list[Node[str]]:
    return [
        Node(row.id, row.level, row.division, row.parent_id)
        for row in rows
        if row.id is not None and row.level is not None
    ]


def _check_tree(rows: list[FeatureRow]) -> None:
    """Check parents and levels; a parent whose own row is broken is not held against its children."""
    placed = [row for row in rows if row.id is not None and row.level is not None]
    lost = {row.id for row in rows if row.id is not None and row.level is None}
    for fault in tree_faults(_nodes(placed)):
        if fault.code == "unknown_parent" and fault.fields["parent"] in lost:
            continue
        fields = dict(fault.fields)
        if fault.code == "duplicate_id":
            fields["other"] = placed[int(str(fields["other"]))].number
        placed[fault.position].refuse(fault.code, **fields)


def _finish(row: FeatureRow, ranks: Mapping[tuple[int, str], int]) -> ParsedArea:
    assert row.id
    assert row.name
    assert row.level is not None
    assert row.geometry is not None
    properties = row.properties
    return ParsedArea(
        row=row.number,
        id=row.id,
        name=row.name,
        names=names_of(properties),
        level=row.level,
        division=row.division,
        rank=ranks[row.level, row.division],
        parent_id=row.parent_id,
        timezone=properties.get("timezone"),
        country=properties.get("country"),
        density=properties.get("density") or DEFAULT_DENSITY,
        properties=further_properties(properties),
        geometry=row.geometry,
    )
