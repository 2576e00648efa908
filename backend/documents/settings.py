"""docs/settings.md."""

from dataclasses import fields

from backend.documents.markdown import page, table
from backend.settings import ALSO_READ, Settings


def make() -> str:
    """Every setting with its default and meaning."""
    rows = [
        (
            f"`{one.metadata['env']}`",
            f"`{one.metadata['default']}`" if one.metadata["default"] else "",
            one.metadata["meaning"],
        )
        for one in fields(Settings)
    ]
    rows += [(f"`{name}`", "", meaning) for name, meaning in ALSO_READ.items()]
    intro = [
        "Settings are read from the environment once, at start. A value that makes no sense, or a `LINLI_` name that",
        "is not in this table, keeps Linli from starting, and one line says which.",
    ]
    return page("Settings", intro, table(("Name", "Default", "Meaning"), rows))
