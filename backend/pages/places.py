"""What pages know of places: the countries of the areas, and the areas that a list can be narrowed to."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from backend.areas.models import Area
from backend.kernel.versions import Cached

# A list to choose from stays one that a person can read; below that many areas whole levels are left out.
CHOICES_MOST = 400


@dataclass(frozen=True, slots=True)
class Choice:
    """An area in a list of areas; ``depth`` 0 is on top."""

    id: int
    depth: int
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Places:
    """The present areas as pages show them, in the order of their tree."""

    countries: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    names: Mapping[int, Mapping[str, str]] = field(default_factory=dict, repr=False)


def load_places(session: Session) -> Places:
    """Read the areas' names. Use ``PLACES.get(session)``, which keeps them by version."""
    columns = (Area.id, Area.parent_id, Area.level, Area.name, Area.names, Area.country)
    rows = session.execute(select(*columns).where(Area.retired_at.is_(None)).order_by(Area.level, Area.id)).all()
    names = {row.id: {"en": row.name, **(row.names or {})} for row in rows}
    countries = dict.fromkeys(row.country for row in rows if row.country)
    return Places(tuple(countries), tuple(_tree(_readable(rows), names)), names)


def _readable(
    rows: Sequence[Row[Any]],
) -> list[tuple[int, int | None]]:
    kept: list[tuple[int, int | None]] = []
    for _, level in groupby(rows, key=lambda row: row.level):
        more = [(row.id, row.parent_id) for row in level]
        if len(kept) + len(more) > CHOICES_MOST:
            break
        kept += more
    return kept


def _tree(nodes: Sequence[tuple[int, int | None]], names: Mapping[int, Mapping[str, str]]) -> Iterator[Choice]:
    known = {area for area, _ in nodes}
    below: dict[int | None, list[int]] = defaultdict(list)
    for area, parent in nodes:
        below[parent if parent in known else None].append(area)

    def walk(parent: int | None, depth: int) -> Iterator[Choice]:
        for area in below[parent]:
            yield Choice(area, depth, names[area])
            yield from walk(area, depth + 1)

    return walk(None, 0)


PLACES = Cached("areas", load=load_places)
