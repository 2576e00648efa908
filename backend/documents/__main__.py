"""``python -m backend.documents`` writes the documents; with ``--check`` it only says which are stale, and exits 1."""

import sys

from backend.app import create_app
from backend.documents import FOLDER, make_all, stale
from backend.settings import Settings


def main(arguments: list[str]) -> int:
    """Write, or check. Needs no database: nothing of it is read."""
    settings = Settings.from_env({}, database_url="postgresql://nobody@localhost/none", master_key=bytes(32))
    app = create_app(settings)
    if "--check" in arguments:
        found = stale(app)
        for name in found:
            print(f"docs/{name} is stale: run python -m backend.documents", file=sys.stderr)
        return 1 if found else 0
    for name, text in make_all(app).items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
