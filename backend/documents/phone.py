"""``python -m backend.documents.phone FOLDER``: what the phone page is built with, made from the code.

``openapi.json`` is the contract, from which its client is typed; ``config.json`` is the configuration of a fresh
deployment, so that categories and emergency numbers are there before the server was ever reached (INV-13).
"""

import json
import sys
from pathlib import Path

from flask import Flask

from backend.app import create_app
from backend.intake.configuration import configuration
from backend.settings import Settings


def write(app: Flask, folder: Path) -> None:
    """Write both files into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    settings: Settings = app.extensions["linli"].settings
    told = configuration(settings, (settings.country,)) | {"keys": {}}
    for name, content in (("openapi.json", document), ("config.json", told)):
        (folder / name).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Write into the folder that is named. Needs no database."""
    settings = Settings.from_env({}, database_url="postgresql://nobody@localhost/none", master_key=bytes(32))
    write(create_app(settings), Path(sys.argv[1]))


if __name__ == "__main__":
    main()
