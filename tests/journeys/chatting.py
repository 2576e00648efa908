"""Everything at once for journeys in the chat: the scenarios' world, all of Linli's processes, and a Telegram."""

import base64
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from backend.app import create_app
from backend.areas.rings import search_cells
from backend.kernel.database import SYSTEM, act_as, db
from backend.kernel.ids import new_id
from backend.organisations.directory import TOP_ORGANISATION_ID
from backend.organisations.models import Credential, Responder
from backend.settings import Settings
from bot.wording import say
from tests.conftest import TEST_KEY, fresh_name
from tests.fakes.telegram import Person, Shown, Telegram, telegram
from tests.fakes.telegram.people import SOON_S
from tests.fakes.telegram.recording import Recorder
from tests.support.baishi import NANMEN, Baishi, build
from tests.support.people import PASSWORD, make_person
from tests.support.postgres import create_database, drop_database
from tests.support.processes import eventually, free_port, running

HELPERS = 4


@dataclass
class House:
    """What runs: the Telegram, the web server's address, the database, the world's names, and ``linli up``."""

    town: Telegram
    api: httpx.Client
    database_url: str
    world: Baishi
    pid: int
    folder: Path
    _sessions: dict[str, dict[str, str]] = field(default_factory=dict)

    def as_(self, login: str) -> dict[str, str]:
        """The headers of somebody who is signed in."""
        if login not in self._sessions:
            answer = self.api.post("/api/v1/session", json={"login": login, "password": PASSWORD})
            assert answer.status_code == 201, answer.text
            self.api.cookies.clear()
            self._sessions[login] = {"Authorization": f"Bearer {answer.json()['token']}"}
        return self._sessions[login]

    def get(self, path: str, headers: Mapping[str, str]) -> dict[str, Any]:
        """What is answered to a reader who may read."""
        answer = self.api.get(f"/api/v1/{path}", headers=headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def post(self, path: str, headers: Mapping[str, str], **body: Any) -> dict[str, Any]:
        """What is answered to somebody who may do it."""
        answer = self.api.post(f"/api/v1/{path}", json=body, headers=headers)
        assert answer.status_code in {200, 201}, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def receipt(self, code: str) -> dict[str, Any]:
        """A report as its resident sees it."""
        return self.get("receipt", {"Authorization": f"Receipt {code}"})

    def incident_of(self, code: str) -> dict[str, Any]:
        """The incident of a receipt's report, as the top desk sees it."""
        reports = self.rows("SELECT id::text, incident_id::text FROM report")
        wanted = str(self.receipt(code)["id"])
        incident = next(one["incident_id"] for one in reports if one["id"] == wanted)
        return self.get(f"incidents/{incident}", self.as_("top"))

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Rows of the database, behind row security."""
        with psycopg.connect(self.database_url) as connection:
            cursor = connection.execute(query)  # type: ignore[arg-type, unused-ignore]
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def report(self, **said: Any) -> dict[str, Any]:
        """Somebody reports on the page."""
        return self.post("reports", {}, client_id=str(uuid4()), **said)


@dataclass
class Talk:
    """One person's talk with the bot, in their language. ``patience_s``: how long they wait for an answer."""

    house: House
    who: Person
    language: str
    patience_s: float = SOON_S

    def says(self, key: str, **params: object) -> str:
        """What the bot says, or what stands on a button, in the person's language."""
        return say(self.language, key, **params)

    def tap(self, key: str, **params: object) -> None:
        """Tap the button that is called so."""
        self.who.taps(self.says(key, **params), within_s=self.patience_s)

    def topic(self, code: str) -> None:
        """Tap the tile of a category."""
        categories = self.house.api.get("/api/v1/config").json()["categories"]
        plain = next(one["plain"] for one in categories if one["code"] == code)
        self.who.taps(plain[self.language], within_s=self.patience_s)

    def sees(self, key: str, **params: object) -> Shown:
        """Wait until the bot says so."""
        return self.who.sees(self.says(key, **params), within_s=self.patience_s)

    def begins(self) -> "Talk":
        """Open the chat."""
        self.who.starts()
        self.sees("home.ask")
        return self

    def receipt(self) -> str:
        """The receipt in the newest message that shows one."""
        first, _, rest = self.says("sent.receipt", receipt="@").partition("@")
        shown = self.who.sees(first, within_s=self.patience_s)
        return shown.text.partition(first)[2].partition(rest)[0]


@contextmanager
def house(postgres: str, folder: Path, **settings: str) -> Iterator[House]:
    """All of it, from a fresh database on. The bot may not differ from Telegram's description in any call."""
    name = fresh_name()
    url = create_database(postgres, name, template="linli_template")
    try:
        world = furnished(url, folder)
        with telegram() as town, written_down(town):
            port = free_port()
            env = {
                "DATABASE_URL": url, "LINLI_MASTER_KEY": base64.b64encode(TEST_KEY).decode(), "LINLI_DATA": folder,
                "LINLI_LOG_LEVEL": "error", "LINLI_SECOND_FACTOR": "offered",
                "LINLI_PUBLIC_URL": f"http://localhost:{port}", **town.environment, **settings,
            }  # fmt: skip
            address = f"http://127.0.0.1:{port}"
            with running("up", "--port", port, env=env) as process, httpx.Client(base_url=address, timeout=30) as api:
                assert eventually(partial(is_ready, api)), "linli up does not answer"
                assert eventually(lambda: town.calls("getUpdates")), "the bot does not ask for updates"
                yield House(town, api, url, world, process.pid, folder)
            assert town.complaints == []
    finally:
        drop_database(postgres, name)


@contextmanager
def written_down(town: Telegram) -> Iterator[None]:
    """The conversations of the block are added to the file that ``LINLI_RECORD_CHAT`` names, where it names one."""
    recorder = Recorder(town.world)
    yield
    if path := os.environ.get("LINLI_RECORD_CHAT"):
        recorder.write(Path(path))


def is_ready(api: httpx.Client) -> bool:
    """Whether reports are taken."""
    try:
        return api.get("/readyz").status_code == 200
    except httpx.HTTPError:
        return False


def furnished(url: str, folder: Path) -> Baishi:
    """The world, with volunteers around the community who may be asked at any time."""
    settings = Settings.from_env(
        {}, second_factor="offered", database_url=url, data=folder, master_key=TEST_KEY, log_level="error"
    )
    app, now = create_app(settings), datetime.now(UTC)
    with app.app_context():
        session = db.session()
        act_as(session, SYSTEM)
        world = build(app, session, now)
        ring, body = app.extensions["linli"].keyring, world.bodies["Nanmen Residents' Committee"]
        desk = ("supervisor", "triage", "coordinator", "duty_officer", "administrator")
        make_person(session, ring, now, roles=desk, org=TOP_ORGANISATION_ID, login="top")
        for at in range(HELPERS):
            login = f"helper{at}"
            world.people[login] = make_person(
                session, ring, now, roles=["volunteer"], org=body, login=login, language="zh" if at % 2 else "en"
            )
            place = {"lat": NANMEN["lat"] + 0.0002 * at, "lon": NANMEN["lon"]}
            cells = {f"cell_{size}": cell for size, cell in search_cells(**place).items()}
            session.add(
                Responder(
                    person_id=world.people[login], org_id=body, available=False, **place, **cells, skills=["in_home"], nights=True,
                    daily_cap=50, weekly_cap=50, updated_at=now,
                )
            )  # fmt: skip
            session.add(
                Credential(
                    id=new_id(), person_id=world.people[login], type="in_home", level="qualified", issued_by="test",
                    valid_to=now + timedelta(days=30), state="active",
                )
            )  # fmt: skip
        session.commit()
        db.session.remove()
        db.engine.dispose()
    return world
