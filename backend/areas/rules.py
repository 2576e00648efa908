"""Rules of the tree of areas: who may be whose parent, and which division of a level comes first.

A *level* counts downwards from 0, the widest. A *division* is one way of cutting up a level: Seattle's level
2 is divided into police beats and, independently, into neighbourhoods. Divisions of a level may overlap.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key", str, int)

MAX_LEVEL = 20


@dataclass(frozen=True, slots=True)
class Node(Generic[Key]):
    """An area's place in the tree, without its shape."""

    id: Key
    level: int
    division: str
    parent_id: Key | None


@dataclass(frozen=True, slots=True)
class TreeFault:
    """What is wrong with the node at ``position``; ``code`` and ``fields`` as in ``problems.TEXTS``."""

    position: int
    code: str
    fields: Mapping[str, object]


def tree_faults(nodes: Sequence[Node[Key]]) -> list[TreeFault]:
    """Everything wrong with ids, parents and levels, in the order of ``nodes``; empty when it is a forest."""
    first_at: dict[Key, int] = {}
    for position, node in enumerate(nodes):
        first_at.setdefault(node.id, position)
    parents = {node.id: node.parent_id for node in reversed(nodes)}
    faults = [_fault(position, node, nodes, first_at, _cycle(node.id, parents)) for position, node in enumerate(nodes)]
    return [fault for fault in faults if fault]


def _fault(
    position: int, node: Node[Key], nodes: Sequence[Node[Key]], first_at: Mapping[Key, int], cycle: list[Key]
) -> TreeFault | None:
    if first_at[node.id] != position:
        return TreeFault(position, "duplicate_id", {"other": first_at[node.id]})
    if node.parent_id is None:
        return None
    if node.parent_id not in first_at:
        return TreeFault(position, "unknown_parent", {"parent": node.parent_id})
    if cycle:
        return TreeFault(position, "parent_cycle", {"cycle": " → ".join(map(str, cycle))})
    parent = nodes[first_at[node.parent_id]]
    if node.level <= parent.level:
        fields = {"level": node.level, "parent": parent.id, "parent_level": parent.level}
        return TreeFault(position, "level_not_below", fields)
    return None


def _cycle(start: Key, parents: Mapping[Key, Key | None]) -> list[Key]:
    """The way from ``start`` through its parents back to itself, or nothing."""
    way: list[Key] = [start]
    seen: set[Key] = {start}
    step = parents.get(start)
    while step is not None and step not in seen:
        way.append(step)
        seen.add(step)
        step = parents.get(step)
    return way + [start] if step == start else []  # noqa: RUF005 - one list type for both kinds of key


def division_ranks(nodes: Iterable[Node[Key]], *, preferred: Sequence[str] = ()) -> dict[tuple[int, str], int]:
    """Rank the divisions of each level, 0 first; the first one gives the level's area of a place.

    Divisions named in ``preferred`` come first, in that order; then those whose areas have children, because
    the tree goes on through them; then in order of appearance.
    """
    nodes = list(nodes)
    with_children = {node.parent_id for node in nodes if node.parent_id is not None}
    bears: dict[tuple[int, str], bool] = {}
    for node in nodes:
        key = (node.level, node.division)
        bears[key] = bears.get(key, False) or node.id in with_children
    wishes = {division: rank for rank, division in enumerate(preferred)}
    ordered = sorted(bears, key=lambda key: (key[0], wishes.get(key[1], len(wishes)), not bears[key]))
    ranks: dict[tuple[int, str], int] = {}
    for level, division in ordered:
        ranks[level, division] = sum(1 for other, _ in ranks if other == level)
    return ranks
