"""The simulated Telegram, running on a loopback port."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette

from tests.fakes.telegram.clock import Clock
from tests.fakes.telegram.control import routes as control_routes
from tests.fakes.telegram.errors import Fault, Kind
from tests.fakes.telegram.limits import Meter
from tests.fakes.telegram.people import Group, Person, members_of
from tests.fakes.telegram.server import Wire
from tests.fakes.telegram.webhooks import Webhooks
from tests.fakes.telegram.world import Made, World


@dataclass
class Telegram:
    """The running service, and everybody who uses it. ``behind``: see Webhooks."""

    world: World = field(default_factory=World)
    behind: dict[str, str] = field(default_factory=dict)
    url: str = ""

    @property
    def token(self) -> str:
        """The bot's token."""
        return self.world.token

    @property
    def environment(self) -> dict[str, str]:
        """The settings with which Linli finds this Telegram."""
        return {"LINLI_TELEGRAM_TOKEN": self.token, "LINLI_TELEGRAM_API": self.url}

    def person(self, name: str = "Ann", language: str | None = "en") -> Person:
        """Somebody new with Telegram in a language."""
        with self.world.held():
            return Person(self.world, self.world.add_person(name, language))

    def people(self, count: int, language: str | None = "en") -> list[Person]:
        """Many at once."""
        return [self.person(f"Person {number}", language) for number in range(count)]

    def group(self, title: str, members: Sequence[Person]) -> Group:
        """A group of people, founded by the first."""
        with self.world.held():
            return Group(self.world, self.world.add_group(title, members_of(members)))

    def fails(
        self,
        kind: Kind,
        method: str | None = None,
        *,
        chat: int | None = None,
        times: int | None = 1,
        wait_s: float = 1.0,
    ) -> None:
        """Have something go wrong; see Fault."""
        with self.world.held():
            self.world.faults.add(Fault(kind, method, chat, times, wait_s))

    def recovers(self) -> None:
        """Have nothing go wrong any more."""
        with self.world.held():
            self.world.faults.clear()

    def repeats_updates(self, times: int = 1) -> None:
        """Lose the next confirmations: what they confirmed is given again."""
        with self.world.held():
            self.world.updates.repeat += times

    def calls(self, method: str | None = None) -> list[Made]:
        """What the bot called, in order."""
        with self.world.held():
            return [one for one in self.world.calls if method in {None, one.method}]

    @property
    def complaints(self) -> list[str]:
        """What calls and answers had against Telegram's description."""
        with self.world.held():
            return list(self.world.complaints)

    @property
    def waiting(self) -> int:
        """How many updates the bot has not confirmed."""
        with self.world.held():
            return len(self.world.updates.waiting)


def application(town: Telegram) -> Starlette:
    """Everything that is served: the Bot API, the control, the page of the demo."""
    from tests.fakes.telegram.page import routes as page_routes

    wire = Wire(town.world)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        wire.begin()
        sending = asyncio.create_task(Webhooks(wire, town.behind).run())
        yield
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending

    return Starlette(routes=[*wire.routes(), *control_routes(town), *page_routes(town)], lifespan=lifespan)


def server(town: Telegram) -> uvicorn.Server:
    """Uvicorn for it; a cut connection is meant, so it says nothing."""
    config = uvicorn.Config(
        application(town), log_level="critical", lifespan="on", timeout_graceful_shutdown=1, access_log=False
    )
    return uvicorn.Server(config)


@contextmanager
def telegram(*, speed: float = 1.0, burst: int = 3, local_links: bool = True, **world: Any) -> Iterator[Telegram]:
    """Run it while the block lasts, in a thread of its own, on a port of the system's choice.

    ``speed``: of its clock; ``burst``: see Meter; ``local_links``: whether buttons may lead to this machine.
    """
    town = Telegram(World(clock=Clock(speed), meter=Meter(burst), local_links=local_links, **world))
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    town.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    running = server(town)
    thread = threading.Thread(target=running.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield town
    finally:
        running.should_exit = True
        thread.join()
        listener.close()
