"""``linli stream``: server-sent events for consoles and for residents, from a process of its own.

A web process answers ``/api/v1/stream`` with 307 to this one, so that no request thread is held by a viewer.
On one machine that is another port, which for a browser is another origin of the same site: the session's
cookie comes along, and the answer allows our own page to read it. A reverse proxy that sends the path here
itself avoids the detour. Clients that carry a bearer token follow the address themselves: most libraries drop
the token when a redirect leads to another port.

A stream begins with the cursor it starts from, then gives every event of the incidents that its viewer may
see. ``Last-Event-ID`` (or ``?last_event_id=`` for a page that was loaded anew) resumes it without gap or
repetition. What residents hear is in bells.py.
"""

import asyncio
import logging
import random
import resource
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

import uvicorn
from anyio import move_on_after
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from backend.console.bells import Bell, Bells, ReceiptDoorman, rung
from backend.console.health.alarm import Watch
from backend.console.stream_http import presented_receipt, presented_token, problem_answer, shared_with
from backend.kernel import pulse
from backend.kernel.clock import Clock, SystemClock
from backend.kernel.database import engine_options, prepare, sqlalchemy_url
from backend.kernel.journal import Cursor
from backend.kernel.logs import configure_logs, log, where_it_broke
from backend.kernel.problems import NotAllowed, NotSignedIn, Refusal
from backend.kernel.sealed import Keyring, load_keyring
from backend.kernel.stream import DatabaseJournal, FanOut, Viewer, parse_cursor, sight_of
from backend.kernel.web import Busy
from backend.settings import Settings
from backend.trust.access import Me, each_of

HEARTBEAT_S = 15.0
CHECK_EVERY_S = 3.0  # a session that ended or lost its role is out within 5 s
RETRY_MS = (1000, 3000)  # spread, so that all viewers of a restarted process do not return at one moment
# What the kernel keeps for one viewer. By itself it would keep 4 MB, and 2,000 that take nothing 8 GB.
SEND_BUFFER_BYTES = 256 * 1024
UNREAD_MS = 30_000  # after which the kernel gives up on a viewer that takes nothing


class BadCursor(Refusal):
    """The event id to resume from is none of ours."""

    code, status = "bad-event-id", 400
    title = {"en": "This event id cannot be resumed from", "zh": "无法从该事件编号继续"}
    advice = {
        "en": "Load the list again and open the stream without an id.",
        "zh": "请重新载入列表，并不带编号打开。",
    }


class _Closed(Exception):
    """Ends a response from outside; it is no fault."""


class Doorman:
    """Says who a viewer is, at the door and again while the stream is open."""

    def __init__(self, engine: Engine, clock: Clock, *, second_factor: str) -> None:
        self._engine, self._clock, self._second_factor = engine, clock, second_factor

    def look(self, tokens: Mapping[Any, str]) -> dict[Any, Me | None]:
        """The person of each token, or None. An open stream is no sign of a person, so it prolongs nobody's session."""
        with Session(self._engine) as session:
            found = each_of(session, set(tokens.values()), now=self._clock.now())
            let_in = {token: person for token, person in found.items() if not person.must(self._second_factor)}
            return {key: let_in.get(token) for key, token in tokens.items()}

    def admit(self, token: str | None) -> Me:
        """The person who opens a stream. Raises NotSignedIn, NotAllowed."""
        person = self.look({0: token})[0] if token else None
        if person is None:
            raise NotSignedIn()
        if not person.may("stream.read"):
            raise NotAllowed()
        return person


class StreamServer:
    """The streams of one process."""

    def __init__(self, settings: Settings, engine: Engine, clock: Clock, ring: Keyring) -> None:
        self._settings, self._engine, self._clock = settings, engine, clock
        self._journal = DatabaseJournal(engine)
        self._doorman = Doorman(engine, clock, second_factor=settings.second_factor)
        self._receipts = ReceiptDoorman(engine, ring)
        self._bells = Bells()
        self._fan_out = FanOut(self._journal, self._bells.ring)
        self._tokens: dict[Viewer, str] = {}
        self.app = Starlette(
            routes=[
                Route("/api/v1/stream", self._open, methods=["GET", "OPTIONS"]),
                Route("/api/v1/receipt/stream", self._open_for_resident, methods=["GET", "OPTIONS"]),
                Route("/healthz", _alive),
            ],
            exception_handlers={Exception: _fault},
        )

    async def run(self) -> None:
        """Read, hand out and look after who may see, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._fan_out.run())
            group.create_task(self._check())
            group.create_task(self._live())

    async def _live(self) -> None:
        """Say every few seconds that this process lives and how many follow it."""
        while True:
            try:
                await asyncio.to_thread(self._beat)
            except SQLAlchemyError as error:
                log.warning("stream cannot say that it lives", error=type(error).__name__)
            await asyncio.sleep(pulse.BEAT_S)

    def _beat(self) -> None:
        with Session(self._engine) as session:
            told = {"viewers": len(self._fan_out.viewers)}
            pulse.beat(session, "stream", now=self._clock.now(), told=told)
            session.commit()

    async def _open(self, request: Request) -> Response:
        headers = shared_with(self._settings, request)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
        try:
            token = presented_token(request, is_ours="Access-Control-Allow-Origin" in headers)
            person = await asyncio.to_thread(self._doorman.admit, token)
            cursor, is_reset = await self._start(request)
        except Refusal as refusal:
            return problem_answer(refusal, request, headers)
        except SQLAlchemyError:
            return problem_answer(Busy(), request, headers)
        viewer = Viewer(sight_of(person.actor))
        return _Stream(viewer.closed, self._messages(viewer, token or "", cursor, is_reset), headers)

    async def _open_for_resident(self, request: Request) -> Response:
        headers = shared_with(self._settings, request)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
        try:
            hashed, incident_id = await asyncio.to_thread(self._receipts.admit, presented_receipt(request))
            if not self._bells.has_room_for(hashed):
                raise Busy()  # its page asks by itself then
        except Refusal as refusal:
            return problem_answer(refusal, request, headers)
        except SQLAlchemyError:
            return problem_answer(Busy(), request, headers)
        bell = Bell(hashed, incident_id)
        return _Stream(bell.closed, rung(self._bells, bell, beat_s=HEARTBEAT_S), headers)

    async def _start(self, request: Request) -> tuple[Cursor | None, bool]:
        """Where to begin, and whether the viewer has to load everything anew first."""
        raw = request.headers.get("Last-Event-ID") or request.query_params.get("last_event_id")
        if not raw:
            return None, False
        try:
            cursor = parse_cursor(raw)
        except ValueError as error:
            raise BadCursor() from error
        # An id that lies ahead comes from another database: one that was restored from a backup since.
        is_ahead = cursor > await asyncio.to_thread(self._journal.present)
        return (None, True) if is_ahead else (cursor, False)

    async def _messages(
        self, viewer: Viewer, token: str, cursor: Cursor | None, is_reset: bool
    ) -> AsyncIterator[ServerSentEvent | bytes]:
        retry: int | None = random.randint(*RETRY_MS)
        if is_reset:
            yield ServerSentEvent("{}", event="reset", sep="\n")
        self._tokens[viewer] = token
        try:
            async for item in self._fan_out.follow(viewer, cursor, beat_s=HEARTBEAT_S):
                if isinstance(item, Cursor):
                    yield ServerSentEvent(id=str(item), retry=retry, comment="up to date", sep="\n")
                    retry = None
                else:
                    yield b"".join(entry.message for entry in item)
        except SQLAlchemyError as error:
            log.warning("stream ends without its database", error=type(error).__name__)
        finally:
            self._tokens.pop(viewer, None)

    async def _check(self) -> None:
        """End the streams of those who may no longer see, and follow changes of what they may see."""
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            try:
                found = await asyncio.to_thread(self._doorman.look, dict(self._tokens))
                receipts = self._bells.receipts
                self._bells.rehang(receipts, await asyncio.to_thread(self._receipts.look, receipts))
            except SQLAlchemyError as error:
                log.warning("stream cannot check its viewers", error=type(error).__name__)
                continue
            for viewer, person in found.items():
                if person is None or not person.may("stream.read"):
                    viewer.closed.set()
                else:
                    viewer.sight = sight_of(person.actor)


class _Stream(EventSourceResponse):
    """Ends when ``closed`` is set, also while a slow reader blocks the sending."""

    def __init__(
        self, closed: asyncio.Event, messages: AsyncIterator[ServerSentEvent | bytes], headers: Mapping[str, str]
    ) -> None:
        self._closed = closed
        super().__init__(messages, headers=headers, ping=0, data_sender_callable=self._until_closed)

    async def _until_closed(self) -> None:
        await self._closed.wait()
        raise _Closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(_Closed):
            await super().__call__(scope, receive, send)
        if self.active:
            with move_on_after(1):  # one who reads gets a proper end; one who does not is cut off
                await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _alive(_: Request) -> Response:
    return PlainTextResponse("alive\n")


async def _fault(request: Request, error: Exception) -> Response:
    log.error("fault", error=type(error).__name__, where=where_it_broke(error))
    return problem_answer(Busy(), request, {})


def serve_stream(settings: Settings, listener: socket.socket, *, clock: Clock | None = None) -> None:
    """Serve the streams on ``listener`` until SIGTERM or SIGINT. Raises what breaks the journal's reader."""
    configure_logs(settings.log_level)
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)  # its tracebacks may quote what people wrote
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard > 0 else soft, hard))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)  # those it accepts inherit it
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, signal.SIG_IGN)  # uvicorn raises the signal again when it has stopped
    engine = create_engine(sqlalchemy_url(settings.database_url), **engine_options(pool_size=settings.pool_size))
    prepare(engine)
    ring = load_keyring(settings.data, settings.master_key)
    watch = Watch(settings, engine, clock or SystemClock()).start()
    try:
        asyncio.run(_serve(StreamServer(settings, engine, clock or SystemClock(), ring), listener))
    finally:
        watch.stop()
        engine.dispose()


async def _serve(streams: StreamServer, listener: socket.socket) -> None:
    config = uvicorn.Config(
        streams.app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=3,
    )
    server = uvicorn.Server(config)
    reading, serving = asyncio.create_task(streams.run()), asyncio.create_task(server.serve([listener]))
    await asyncio.wait({reading, serving}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading
