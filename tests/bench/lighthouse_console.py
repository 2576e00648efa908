"""What Lighthouse says of the console at a desk, for somebody who is signed in, in each language.

Search engines are asked to leave it alone, so of Lighthouse's categories the one about them says nothing here.
"""

from collections.abc import Iterator, Mapping

import httpx
import psycopg

from backend.trust.cookies import COOKIE
from tests.bench.figures import Figure, at_least
from tests.bench.lighthouse import CATEGORIES, FLOOR, TAGS, Device, scores
from tests.bench.listing import fill
from tests.bench.serving import await_answer, linli, started, web
from tests.bench.world import PASSWORD, STAFF, World, reports

JUDGED = [name for name in CATEGORIES if name != "seo"]
# "{incident}" is one that came in as reports do.
SCREENS: Mapping[str, str] = {
    "sign-in": "", "queue": "", "incident": "/incidents/{incident}", "rules": "/rules", "measures": "/measures",
}  # fmt: skip
NOBODY = "sign-in"
INCIDENTS = 1_000


def session_of(url: str, login: str, password: str) -> str:
    """The cookie of somebody who signs in."""
    answer = httpx.post(f"{url}/api/v1/session", json={"login": login, "password": password})
    answer.raise_for_status()
    return f"{COOKIE}={answer.json()['token']}"


def measured(url: str, cookie: str, incident: str) -> Iterator[Figure]:
    """The scores of all screens in both languages."""
    for screen, path in SCREENS.items():
        device = Device(at_desk=True, cookie="" if screen == NOBODY else cookie)
        for language in TAGS:
            found = scores(f"{url}/console{path.format(incident=incident)}", language, JUDGED, device)
            for category, score in found.of.items():
                lost = "; ".join(one for one in found.lost if one.startswith(f"{category}:"))
                name = f"Lighthouse at a desk, {screen} ({language}), {CATEGORIES[category]}"
                yield at_least(name, score, "", FLOOR, note=lost)


def run(world: World) -> list[Figure]:
    """Measure ``linli web`` with its live stream."""
    with psycopg.connect(world.settings.database_url) as connection:
        fill(world, connection, INCIDENTS)
    with web(world.environment) as port, started(linli("stream"), world.environment | {"PORT": str(port)}) as stream:
        await_answer(stream, port + 1, "/healthz")
        url = f"http://127.0.0.1:{port}"
        (sent,) = reports(1, seed=5)
        answer = httpx.post(f"{url}/api/v1/reports", content=sent, headers={"Content-Type": "application/json"})
        answer.raise_for_status()
        return list(measured(url, session_of(url, STAFF, PASSWORD), answer.json()["incident"]["id"]))
