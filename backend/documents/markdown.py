"""Markdown by hand: a table, a cell, a note on where a document comes from."""

from collections.abc import Iterable, Sequence

MADE = "<!-- Made from the code by `python -m backend.documents`; a test fails when it is stale. -->"


def cell(text: object) -> str:
    """A text that keeps within its cell."""
    return " ".join(str(text).split()).replace("|", "\\|")


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """The lines of a table; none without rows."""
    lines = ["| " + " | ".join(map(cell, row)) + " |" for row in rows]
    return [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *lines] if lines else []


def page(title: str, *parts: Iterable[str]) -> str:
    """A whole document."""
    lines = [f"# {title}", "", MADE, ""]
    for part in parts:
        lines += [*part, ""]
    return "\n".join(lines).rstrip() + "\n"
