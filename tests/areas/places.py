"""Small areas for tests, and where the real ones lie."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from backend.areas.geojson import ParsedAreas
from backend.areas.index import AreaIndex, IndexedArea

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("LINLI_SHARED_DATA") or ROOT.parent / "shared" / "data")

Ring = list[list[float]]


def shared(name: str) -> Path:
    """A file of the shared data; skips the test where there is none."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the shared data has no {name} here")
    return path


def square(x: float, y: float, size: float = 1) -> Ring:
    """A closed ring, anticlockwise, from its south-west corner."""
    return [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]


def polygon(*rings: Ring) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def feature(id_: str = "a", geometry: Any = None, **properties: Any) -> dict[str, Any]:
    """A Feature that an import accepts, unless ``properties`` (None removes one) say otherwise."""
    own = {"id": id_, "name": id_.upper(), "level": 0, "level_name": "city", "parent_id": None} | properties
    kept = {key: value for key, value in own.items() if value is not None}
    return {
        "type": "Feature",
        "properties": kept,
        "geometry": polygon(square(0, 0)) if geometry is None else geometry,
    }


def document(*features: Any, **members: Any) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(features)} | members)


def index_of(parsed: ParsedAreas) -> tuple[AreaIndex, dict[str, int]]:
    """The index of a parsed file and the number that each of its ids got, in the order of the file."""
    numbers = {area.id: number for number, area in enumerate(parsed.areas, start=1)}
    shapes = [
        (
            IndexedArea(
                numbers[area.id],
                area.level,
                area.division,
                numbers[area.parent_id] if area.parent_id else None,
                area.rank,
                area.name,
            ),
            area.geometry.wkb,
        )
        for area in parsed.areas
    ]
    return AreaIndex(shapes), numbers
