"""Pictures of the console for the documentation: ``python -m tests.journeys.console_screens [FOLDER]``.

Every screen in both languages on a desk's display, and the queue and an incident on a phone, in the scenarios' invented
world. Times of day differ from run to run, because the live stream looks at the real clock.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect

from backend.kernel.database import owner_engine
from backend.kernel.migrate import migrate
from tests.journeys.browser import DESKTOP, PHONE
from tests.journeys.consoles import Consoles, consoles, settled
from tests.journeys.screens import FOLDER, REPORTS, keep
from tests.support.postgres import cluster, create_database

# The picture's name, the address, and who sits there.
PICTURED = (
    ("queue", "", "li"), ("incident", "incidents/{incident}", "li"), ("map", "map", "duty"), ("rosters", "rosters", "duty"),
    ("ladder", "ladder", "duty"), ("people", "people", "duty"), ("organisations", "organisations", "duty"),
    ("areas", "areas", "duty"), ("rules", "rules", "duty"), ("measures", "measures", "duty"), ("health", "health", "duty"),
    ("audit", "audit", "duty"),
)  # fmt: skip
ON_A_PHONE = ("queue", "incident")
# What draws or moves by itself has come to rest by then.
REST_MS = 2500


def quiet(page: Page) -> None:
    """Wait until a screen stands as people find it: nothing is fetched, and the line to the server is open."""
    settled(page)
    expect(page.locator(".line-live")).to_have_count(1)
    page.wait_for_timeout(REST_MS)


def take(house: Consoles, folder: Path) -> None:
    """All pictures."""
    sent = [house.report(**said) for said, _ in REPORTS]
    for language in ("en", "zh"):
        for name, path, login in PICTURED:
            address = f"/console/{path.format(incident=sent[2])}".rstrip("/")
            for size in (DESKTOP, PHONE) if name in ON_A_PHONE else (DESKTOP,):
                with house.at(login, address, language=language, size=size) as page:
                    quiet(page)
                    kind = "phone-" if size is PHONE else ""
                    keep(page, folder / f"console-{kind}{name}-{language}.png", whole=size is DESKTOP)


def main(folder: Path) -> None:
    """Make the world, and take them."""
    with tempfile.TemporaryDirectory() as made, cluster("embedded", Path(made) / "postgres") as dsn:
        engine = owner_engine(create_database(dsn, "linli_template"))
        migrate(engine)
        engine.dispose()
        data = Path(made) / "data"
        data.mkdir()
        with consoles(dsn, data) as house:
            take(house, folder)
    print(f"{len(list(folder.glob('console-*.png')))} pictures in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
