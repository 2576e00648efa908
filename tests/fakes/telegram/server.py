"""The Bot API over HTTP: calls, long polling, files, and everything that goes wrong on the way."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from tests.fakes.telegram.calls import Call
from tests.fakes.telegram.errors import (
    BAD_GATEWAY,
    NOT_FOUND,
    TWO_POLLERS,
    UNAUTHORIZED,
    WEBHOOK_IS_SET,
    Fault,
    Refused,
    refusal_of,
)
from tests.fakes.telegram.methods import NAMES, carry_out, note
from tests.fakes.telegram.world import World

UPLOAD_MOST = 50 * 1024 * 1024
LIMIT_MOST, WAIT_MOST_S = 100, 50
TOKEN = re.compile(r"\d+:[\w-]{30,}")


@dataclass
class Wire:
    """The server's side of a world; everything runs in one event loop, which other threads only wake."""

    world: World
    _loop: asyncio.AbstractEventLoop | None = None
    _woken: set[asyncio.Event] = field(default_factory=set)
    _poller: int = 0

    def begin(self) -> None:
        """Belong to the running loop."""
        self._loop = asyncio.get_running_loop()
        self.world.updates.wake = self.wake

    def wake(self) -> None:
        """Have everybody who waits look again; from any thread."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake_all)

    def _wake_all(self) -> None:
        for event in self._woken:
            event.set()

    async def look_until(self, look: Callable[[], Any], wait_s: float) -> Any:
        """What ``look`` finds as soon as it finds something, or None after ``wait_s``."""
        event = asyncio.Event()
        self._woken.add(event)
        deadline = asyncio.get_running_loop().time() + wait_s
        try:
            while True:
                event.clear()
                with self.world.held():
                    if found := look():
                        return found
                left_s = deadline - asyncio.get_running_loop().time()
                if left_s <= 0:
                    return None
                await _wait(event, left_s)
        finally:
            self._woken.discard(event)

    async def api(self, request: Request) -> Response:
        """A call of the Bot API."""
        token, name = request.path_params["token"], request.path_params["method"]
        if token != self.world.token:
            return _refuse(UNAUTHORIZED if TOKEN.fullmatch(token) else NOT_FOUND)
        given, files = await _read(request)
        call = Call(NAMES.get(name.lower(), name), given, files, int(request.headers.get("content-length", 0)))
        with self.world.held():
            fault = self.world.faults.next_for(call.method, _chat_of(call))
            if fault and fault.kind != "slow":
                note(self.world, call, (refusal_of(fault) or NOT_FOUND).code if fault.kind != "down" else 502)
        if fault and fault.kind == "slow":
            await asyncio.sleep(fault.wait_s)
        elif fault and fault.kind != "cut after":
            return _broken(fault)
        answer = await self._answer(call)
        return _cut() if fault and fault.kind == "cut after" else answer

    async def _answer(self, call: Call) -> Response:
        try:
            if call.method == "getUpdates":
                return _answer(await self._get_updates(call))
            with self.world.held():
                return _answer(carry_out(self.world, call))
        except Refused as refused:
            return _refuse(refused)

    async def _get_updates(self, call: Call) -> list[dict[str, Any]]:
        """Updates, as soon as there are any. Whoever asks takes the place of whoever waits."""
        world, updates = self.world, self.world.updates
        self._poller += 1
        mine = self._poller
        self._wake_all()
        offset, limit = call.whole("offset") or 0, min(call.whole("limit") or LIMIT_MOST, LIMIT_MOST)
        with world.held():
            note(world, call, 409 if world.webhook else 200)
            updates.want(call.tree("allowed_updates"))

        def look() -> Any:
            if world.webhook:
                raise WEBHOOK_IS_SET
            if mine != self._poller:
                raise TWO_POLLERS
            return updates.fetch(offset, limit, world.clock.now())

        return await self.look_until(look, min(call.whole("timeout") or 0, WAIT_MOST_S)) or []

    async def file(self, request: Request) -> Response:
        """A file."""
        if request.path_params["token"] != self.world.token:
            return _refuse(UNAUTHORIZED)
        with self.world.held():
            fault = self.world.faults.next_for("file", None)
            kept = self.world.files.by_path.get(request.path_params["path"])
        if fault and fault.kind == "slow":
            await asyncio.sleep(fault.wait_s)
        elif fault:
            return _broken(fault)
        return Response(kept.content, media_type="application/octet-stream") if kept else _refuse(NOT_FOUND)

    def routes(self) -> list[BaseRoute]:
        """The addresses of the Bot API."""
        return [
            Route("/bot{token}/{method}", self.api, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", self.file, methods=["GET"]),
        ]


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return


async def _read(request: Request) -> tuple[dict[str, Any], dict[str, tuple[str, bytes]]]:
    """The fields and files of a call, in any of the ways in which Telegram takes them."""
    given: dict[str, Any] = dict(request.query_params)
    body = await request.body()
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind == "application/json":
        return given | (orjson.loads(body) if body else {}), {}
    _, form, sent = FormDataParser(max_content_length=UPLOAD_MOST, max_form_memory_size=UPLOAD_MOST).parse(
        BytesIO(body), kind, len(body), options
    )
    files = {name: (one.filename or name, one.stream.read()) for name, one in sent.items()}
    return given | form.to_dict(), files


def _chat_of(call: Call) -> int | None:
    try:
        return call.chat_id()
    except Refused:
        return None


def _answer(result: Any) -> Response:
    return Response(orjson.dumps({"ok": True, "result": result}), media_type="application/json")


def _refuse(refused: Refused) -> Response:
    return Response(orjson.dumps(refused.as_dict()), refused.code, media_type="application/json")


def _broken(fault: Fault) -> Response:
    refused = refusal_of(fault)
    if refused:
        return _refuse(refused)
    return _cut() if fault.kind == "cut" else Response(BAD_GATEWAY, 502, media_type="text/html")


def _cut() -> Response:
    """An answer that breaks off: the connection is closed before all was sent that was announced."""

    async def part() -> AsyncIterator[bytes]:
        yield b'{"ok":'

    return StreamingResponse(part(), headers={"Content-Length": "4096"}, media_type="application/json")
