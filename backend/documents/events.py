"""docs/events.md: every type of event that the journal can hold, found where it is written."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from backend.documents.markdown import page, table
from backend.kernel.languages import texts

SOURCES = Path(__file__).parents[1]
PREFIX = "event."
_TYPE = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]+)+")
# How facts are written; a module that calls none of these writes none.
_WRITERS = frozenset({"Fact", "note", "apply"})


def event_types() -> dict[str, set[str]]:
    """The rooms that write each type of event, by the type."""
    found: dict[str, set[str]] = {}
    for path in sorted(SOURCES.glob("*/**/*.py")):
        room = path.relative_to(SOURCES).parts[0]
        if room in {"kernel", "documents", "migrations"}:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if _writes(tree):
            for name in _types_in(tree):
                found.setdefault(name, set()).add(room)
    return dict(sorted(found.items()))


def _writes(tree: ast.Module) -> bool:
    called = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return any(getattr(one, "id", getattr(one, "attr", "")) in _WRITERS for one in called)


def _types_in(tree: ast.Module) -> Iterator[str]:
    """Texts that look like a type, but where they are only compared or looked up: those are read, not written."""
    read = {id(inner) for node in ast.walk(tree) for inner in _only_read(node)}
    texts_in = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in read)
    yield from (node.value for node in texts_in if isinstance(node.value, str) and _TYPE.fullmatch(node.value))


def _only_read(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Dict):
        yield from (key for key in node.keys if key is not None)
    elif isinstance(node, ast.Compare) or _is_export(node):
        yield from ast.walk(node)


def _is_export(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "__all__" for target in node.targets)


def undocumented() -> list[str]:
    """Types that are written and have no meaning in texts/events.yaml, and meanings of types that nobody writes."""
    written = {f"{PREFIX}{name}" for name in event_types()}
    told = {key for key in texts() if key.startswith(PREFIX)}
    return sorted(written ^ told)


def make() -> str:
    """Every type with the room that writes it and its meaning in both languages."""
    known = texts()
    rows = [
        (f"`{name}`", ", ".join(sorted(rooms)), known[PREFIX + name]["en"], known[PREFIX + name]["zh"])
        for name, rooms in event_types().items()
    ]
    intro = [
        "What happened is written to one journal in the transaction of the change, and never edited. The timeline of an",
        "incident, the audit, the live stream, webhooks and measures are readings of it. An event holds ids and codes;",
        "words of people stay in sealed fields.",
    ]
    return page("Events", intro, table(("Type", "Written by", "Meaning", "含义"), rows))
