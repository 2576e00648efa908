"""What importing a file would change, worked out before anything is written."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from backend.areas.geojson import ParsedArea


class Kind(StrEnum):
    """What happens to an area. ``CHANGED`` keeps its shape, ``RESHAPED`` may change all else as well."""

    ADDED = "added"
    CHANGED = "changed"
    RESHAPED = "reshaped"
    RESTORED = "restored"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class KnownArea:
    """An area as the database has it. ``shape_digest`` is the SHA-256 of its present shape's WKB."""

    id: int
    source_id: str
    fields: Mapping[str, Any]
    parent_source_id: str | None
    shape_digest: bytes | None
    is_retired: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One area's change. ``id`` is None for one that is new, ``area`` for one that the file left out."""

    kind: Kind
    source_id: str
    name: str
    level: int
    id: int | None = None
    area: ParsedArea | None = None


def fields_of(area: ParsedArea) -> dict[str, Any]:
    """The columns of an area that a file decides, without its parent and its shape."""
    return {
        "level": area.level,
        "division": area.division,
        "division_order": area.rank,
        "name": area.name,
        "names": dict(area.names),
        "country": area.country,
        "timezone": area.timezone,
        "density": area.density,
        "properties": dict(area.properties),
    }


def plan(known: Iterable[KnownArea], areas: Iterable[ParsedArea]) -> list[Change]:
    """The changes that make ``known`` what the file says: those of the file in its order, then those gone.

    Empty when the file says what is known already.
    """
    left = {one.source_id: one for one in known}
    changes = []
    for area in areas:
        before = left.pop(area.id, None)
        kind = _kind(before, area)
        if kind:
            changes.append(Change(kind, area.id, area.name, area.level, before.id if before else None, area))
    gone = (one for one in left.values() if not one.is_retired)
    return changes + [
        Change(Kind.RETIRED, one.source_id, one.fields["name"], one.fields["level"], one.id) for one in gone
    ]


def _kind(before: KnownArea | None, area: ParsedArea) -> Kind | None:
    if before is None:
        return Kind.ADDED
    if before.is_retired:
        return Kind.RESTORED
    if before.shape_digest != hashlib.sha256(area.geometry.wkb).digest():
        return Kind.RESHAPED
    if before.parent_source_id != area.parent_id or before.fields != fields_of(area):
        return Kind.CHANGED
    return None
