"""A measure as a table: columns with their units, rows with a key and a label, a total; small counts hidden.

Screens draw it, the table beside each chart shows it, and the CSV file holds it: all from the same cells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.console.measures.rules import hide


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``unit``: ``count``, ``s``, ``percent``, ``code`` or ``text``."""

    key: str
    unit: str


@dataclass(slots=True)
class Row:
    """A row; ``cells`` holds a value for each column, or None; ``hidden`` names the columns whose value is hidden."""

    key: str
    label: Mapping[str, str]
    cells: dict[str, Any]
    hidden: tuple[str, ...] = ()


@dataclass(slots=True)
class Table:
    """A measure. ``total`` is None for tables whose rows do not add up to anything."""

    columns: tuple[Column, ...]
    rows: list[Row]
    total: Row | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Counts that add up to one another or to their total, and the figures that are made of them.

    ``also``: what is hidden of the groups before is hidden of this one too, because it is much the same.
    """

    counts: tuple[str, ...]
    made: tuple[str, ...] = ()
    also: bool = False


def conceal(table: Table, groups: Sequence[Group]) -> Table:
    """Hide the small counts of each group, with all that would give them away."""
    hidden: frozenset[int] = frozenset()
    for group in groups:
        counts = [[int(row.cells[name]) for name in group.counts] for row in table.rows]
        found = hide(counts, already=hidden if group.also else frozenset())
        hidden |= found.rows
        covered = [table.rows[at] for at in found.rows] + ([table.total] if found.total and table.total else [])
        for row in covered:
            row.hidden = (*row.hidden, *group.counts, *group.made)
    for row in (*table.rows, *([table.total] if table.total else [])):
        row.cells = {key: None if key in row.hidden else value for key, value in row.cells.items()}
    return table
