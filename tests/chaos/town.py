"""A city with everything running: ``linli up`` on a database that is the embedded one or one of its own, and receivers.

Every part can be killed by its name. The database of its own is looked after here, as an init system would.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psutil  # type: ignore[import-untyped, unused-ignore]
import psycopg

from backend.app import create_app
from backend.commands.database import DATABASE
from backend.dispatch.webhooks import add_webhook
from backend.kernel.database import SYSTEM, act_as, db
from backend.kernel.embedded import EmbeddedServer, running_dsn
from backend.serving import answers
from tests.bench.serving import linli, started
from tests.bench.world import World, build
from tests.chaos.wire import Manner, Receivers, receivers
from tests.support.postgres import DEBIAN_BINARIES
from tests.support.processes import eventually, free_port

Server = Literal["embedded", "own"]
PARTS = ("web", "worker", "stream", "bot", "database")
READY_WITHIN_S = 180.0
HOOKS: Mapping[str, Manner] = {"Public Works": Manner.WELL}
# The bot asks a Telegram that is nowhere: it starts, asks, waits and asks again.
NO_TELEGRAM = {"LINLI_TELEGRAM_TOKEN": "1:nobody", "LINLI_TELEGRAM_API": "http://127.0.0.1:9"}


class OwnServer:
    """A PostgreSQL beside Linli, started again when it was killed."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        binaries = DEBIAN_BINARIES if DEBIAN_BINARIES.exists() else None
        self._start: Callable[[], EmbeddedServer] = lambda: EmbeddedServer.start(
            folder, binaries=binaries, settings=settings
        )
        self.server, self._ending = self._start(), threading.Event()
        self._tending = threading.Thread(target=self._tend, daemon=True)

    def tend(self) -> None:
        """Look after it from now on."""
        self._tending.start()

    def _tend(self) -> None:
        while not self._ending.wait(0.1):
            if not _lives(self.server.pid):
                self.server.stop()
                self.server = self._start()

    def stop(self) -> None:
        """Stop it for good."""
        self._ending.set()
        if self._tending.is_alive():
            self._tending.join()
        self.server.stop()


def _lives(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False


@dataclass
class Town:
    """What runs. ``folder`` is Linli's data; ``ledgers`` is where clients keep theirs."""

    folder: Path
    world: World
    port: int
    pid: int
    others: Receivers

    @property
    def ledgers(self) -> Path:
        """Where clients keep what they were told."""
        return self.folder / "ledgers"

    @property
    def dsn(self) -> str:
        """The address of the database, of its owner, once it is there."""
        folder = self.folder / "database"
        return str(eventually(lambda: running_dsn(folder, DATABASE)))

    def parts(self, name: str) -> list["psutil.Process"]:
        """The processes of a part: those of the web are its parent and its workers."""
        if name == "database":
            return [psutil.Process(pid)] if (pid := self._postmaster()) else []
        found = []
        for child in psutil.Process(self.pid).children():
            with suppress(psutil.NoSuchProcess):
                if child.name() != "postgres" and self._name_of(child) == name:
                    found += [child, *child.children()] if name == "web" else [child]
        return found

    def _postmaster(self) -> int:
        with suppress(OSError, ValueError, IndexError):
            pid = int((self.folder / "database" / "cluster" / "postmaster.pid").read_text().splitlines()[0])
            return pid if _lives(pid) else 0
        return 0

    def _name_of(self, child: "psutil.Process") -> str:
        if "bot" in child.cmdline():
            return "bot"
        ports = {at.laddr.port for at in child.net_connections("tcp") if at.status == psutil.CONN_LISTEN}
        return "web" if self.port in ports else "stream" if self.port + 1 in ports else "worker"

    def restart_database(self) -> None:
        """Have the database shut down immediately, as ``pg_ctl -m immediate`` does; whoever looks after it starts it."""
        with suppress(psutil.NoSuchProcess):
            for process in self.parts("database"):
                process.send_signal(signal.SIGQUIT)

    @contextmanager
    def database(self) -> Iterator["psycopg.Connection[Any]"]:
        """A connection of the owner's, once the database takes one."""
        with eventually(self._connected) as connection:
            yield connection

    def has_worker(self) -> bool:
        """Whether a worker has said that it lives."""
        with self.database() as connection:
            return connection.execute("SELECT count(*) > 0 FROM procrastinate_workers").fetchone() == (True,)

    def _connected(self) -> "psycopg.Connection[Any] | None":
        with suppress(psycopg.OperationalError):
            return psycopg.connect(self.dsn, autocommit=True)
        return None

    def await_sent(self, within_s: float) -> float:
        """Wait until nothing that is due waits to be sent; the seconds it took, more than ``within_s`` if it did not."""
        began = time.monotonic()
        waiting = "SELECT count(*) FROM delivery WHERE state = 'waiting' AND due_at <= now() + interval '1 s'"
        while time.monotonic() - began < within_s:
            with suppress(psycopg.OperationalError), self.database() as connection:
                while connection.execute(waiting).fetchone() != (0,) and time.monotonic() - began < within_s:
                    time.sleep(0.1)
                return time.monotonic() - began
        return time.monotonic() - began


def with_webhook(world: World, body: str, url: str) -> None:
    """A webhook of one of the city's bodies."""
    app = create_app(world.settings)
    with app.app_context():
        session, carried = db.session(), app.extensions["linli"]
        act_as(session, SYSTEM)
        add_webhook(
            session, organisation_id=world.bodies[body], url=url, private_allowed=True, ring=carried.keyring,
            now=world.now,
        )  # fmt: skip
        session.commit()
        db.session.remove()
        db.engine.dispose()


@contextmanager
def town(
    folder: Path, *, server: Server = "embedded", bot: bool = False, hooks: Mapping[str, Manner] | None = None,
    postgres: Mapping[str, str] | None = None, database_folder: Path | None = None, **settings: str,
) -> Iterator[Town]:  # fmt: skip
    """Build the city in ``folder`` and run Linli on it while the block lasts.

    ``hooks``: bodies whose systems are told, and how these behave; ``postgres``: settings of a database of its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (database_folder or folder / "database").mkdir(exist_ok=True)
    if database_folder:
        (folder / "database").symlink_to(database_folder, target_is_directory=True)
    with ExitStack() as undo:
        others = undo.enter_context(receivers())
        own = OwnServer(folder / "database", postgres or {}) if server == "own" else None
        if own:
            undo.callback(own.stop)
        world = _built(folder, own, {body: others.hook(manner) for body, manner in (hooks or HOOKS).items()})
        if own:
            own.tend()
        environment = _environment(world, others) | (NO_TELEGRAM if bot else {}) | settings
        if not own:
            del environment["DATABASE_URL"]
        port = free_port()
        process = undo.enter_context(started(linli("up", "--port", str(port)), environment))
        assert eventually(lambda: answers("127.0.0.1", port), READY_WITHIN_S), "linli up does not answer"
        it = Town(folder, world, port, process.pid, others)
        assert eventually(it.has_worker, READY_WITHIN_S), "the worker does not begin"
        yield it


def _built(folder: Path, own: OwnServer | None, hooks: Mapping[str, str]) -> World:
    with ExitStack() as building:
        server = own.server if own else building.enter_context(EmbeddedServer.start(folder / "database"))
        world = build(server, folder).copy(server, DATABASE)
        for body, url in hooks.items():
            with_webhook(world, body, url)
    return world


def _environment(world: World, others: Receivers) -> dict[str, str]:
    return world.environment | {
        "LINLI_SMTP_HOST": "127.0.0.1", "LINLI_SMTP_PORT": str(others.smtp_port),
        "LINLI_WEBHOOK_PRIVATE_TARGETS": "true", "LINLI_LOG_LEVEL": "error",
    }  # fmt: skip
