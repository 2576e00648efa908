"""Documents that are made from the code, so that they cannot say anything else: ``python -m backend.documents``."""

from collections.abc import Mapping
from pathlib import Path

from flask import Flask

from backend.documents import errors, events, permissions, settings

FOLDER = Path(__file__).parents[2] / "docs"


def make_all(app: Flask) -> Mapping[str, str]:
    """Every document by the name of its file."""
    return {
        "errors.md": errors.make(app),
        "events.md": events.make(),
        "permissions.md": permissions.make(app),
        "settings.md": settings.make(),
    }


def stale(app: Flask, folder: Path = FOLDER) -> list[str]:
    """The names of the documents that no longer say what the code does."""
    return [name for name, text in make_all(app).items() if _held(folder / name) != text]


def _held(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
