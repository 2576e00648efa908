"""What pages know of places: the areas that a list can be narrowed to, and their names."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import select
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

    choices: tuple[Choice, ...] = ()
    names: Mapping[int, Mapping[str, str]] = field(default_factory=dict, repr=False)


def load_places(session: Session) -> Places:
    """Read the areas' names. Use ``PLACES.get(session)``, which keeps them by version."""
    columns = (Area.id, Area.parent_id, Area.level, Area.name, Area.names)
    rows = session.execute(select(*columns).where(Area.retired_at.is_(None)).order_by(Area.level, Area.id)).all()
    names = {row.id: {"en": row.name, **(row.names or {})} for row in rows}
    nodes = _readable([Node(row.id, row.parent_id, row.level) for row in rows])
    return Places(tuple(_tree(nodes, names)), names)


class Node(NamedTuple):
    """An area's place in the tree."""

    id: int
    parent_id: int | None
    level: int


def _readable(nodes: Sequence[Node]) -> list[Node]:
    kept: list[Node] = []
    for _, found in groupby(nodes, key=lambda node: node.level):
        level = list(found)
        if len(kept) + len(level) > CHOICES_MOST:
            break
        kept += level
    return kept


def _tree(nodes: Sequence[Node], names: Mapping[int, Mapping[str, str]]) -> Iterator[Choice]:
    known = {node.id for node in nodes}
    below: dict[int | None, list[int]] = defaultdict(list)
    for node in nodes:
        below[node.parent_id if node.parent_id in known else None].append(node.id)

    def walk(parent: int | None, depth: int) -> Iterator[Choice]:
        for area in below[parent]:
            yield Choice(area, depth, names[area])
            yield from walk(area, depth + 1)

    return walk(None, 0)


PLACES = Cached("areas", load=load_places)
