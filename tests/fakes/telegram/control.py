"""The simulation over HTTP: who there is, what they do and see, what goes wrong, what was called.

Everything lies under ``/control``; the page of the demo uses that part which people do, under its own address.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from tests.fakes.telegram import acts
from tests.fakes.telegram.errors import Fault
from tests.fakes.telegram.files import picture, voice_note
from tests.fakes.telegram.looking import chat_view, chats_of
from tests.fakes.telegram.world import Chat, World

if TYPE_CHECKING:
    from tests.fakes.telegram.running import Telegram

JSON = "application/json"


class People:
    """What people do: each act is a POST to ``chats/{chat}/{act}``, as the one named by ``as`` where it is a group."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[BaseRoute]:
        """Their addresses."""
        return [
            Route("/chats", self.chats, methods=["GET"]),
            Route("/people", self.add_person, methods=["POST"]),
            Route("/groups", self.add_group, methods=["POST"]),
            Route("/chats/{chat}", self.chat, methods=["GET"]),
            Route("/chats/{chat}/{act}", self.act, methods=["POST"]),
            Route("/files/{path:path}", self.file, methods=["GET"]),
        ]

    async def chats(self, _: Request) -> Response:
        """Every chat."""
        with self._world.held():
            return JSONResponse(chats_of(self._world))

    async def add_person(self, request: Request) -> Response:
        """Somebody new."""
        said = await _json(request)
        with self._world.held():
            chat = self._world.add_person(str(said.get("name") or "Ann"), said.get("language"))
            return JSONResponse({"id": chat.id}, 201)

    async def add_group(self, request: Request) -> Response:
        """A group with the bot in it, founded by a person."""
        said = await _json(request)
        with self._world.held():
            founder = self._world.chats[int(said["as"])]
            chat = self._world.add_group(str(said.get("title") or "Group"), [founder.id])
            acts.set_standing(self._world, founder.id, chat, "member")
            return JSONResponse({"id": chat.id}, 201)

    async def chat(self, request: Request) -> Response:
        """A chat; 204 where it still looks like the version that is named."""
        with self._world.held():
            chat = self._chat(request)
            if chat is None:
                return Response(status_code=404)
            view = chat_view(self._world, chat)
        is_known = request.query_params.get("version") == view["version"]
        return Response(status_code=204) if is_known else JSONResponse(view)

    async def act(self, request: Request) -> Response:
        """Do something in a chat."""
        chat = self._chat(request)
        done = ACTS.get(request.path_params["act"])
        if chat is None or done is None:
            return Response(status_code=404)
        is_json = request.headers.get("content-type", "").startswith(JSON)
        said: dict[str, Any] = await _json(request) if is_json else {"content": await request.body()}
        with self._world.held():
            done(self._world, chat, int(said.get("as") or chat.members[0]), said)
        return Response(status_code=204)

    def _chat(self, request: Request) -> Chat | None:
        named = request.path_params["chat"]
        return self._world.chats.get(int(named)) if named.lstrip("-").isdigit() else None

    async def file(self, request: Request) -> Response:
        """A file, for whoever looks at the chat."""
        with self._world.held():
            kept = self._world.files.by_path.get(request.path_params["path"])
        kinds = {"photos": "image/jpeg", "voice": "audio/ogg"}
        if kept is None:
            return Response(status_code=404)
        return Response(kept.content, media_type=kinds.get(kept.path.partition("/")[0], "application/octet-stream"))


def _say(world: World, chat: Chat, who: int, said: dict[str, Any]) -> None:
    acts.say(world, who, chat, str(said["text"]))


def _tap(world: World, chat: Chat, who: int, said: dict[str, Any]) -> None:
    found = acts.find_button(chat, said["label"], message=said.get("message"))
    if found is None:
        return
    message, button = found
    if message is None:
        acts.tap_keyboard(world, who, chat, button, _place_of(said))
    elif "callback_data" in button:
        acts.tap(world, who, chat, message, button)


def _photo(world: World, chat: Chat, who: int, said: dict[str, Any]) -> None:
    acts.send_photo(world, who, chat, said.get("content") or picture(with_place=True))


def _voice(world: World, chat: Chat, who: int, said: dict[str, Any]) -> None:
    content = said.get("content") or voice_note()
    acts.post(world, who, chat, {"voice": world.files.voice(content, 2)})


def _share(world: World, chat: Chat, who: int, said: dict[str, Any]) -> None:
    acts.share_place(world, who, chat, _place_of(said), accuracy_m=said.get("accuracy_m"), live_s=said.get("live_s"))


def _move(world: World, chat: Chat, _: int, said: dict[str, Any]) -> None:
    acts.move(world, chat, int(said["message"]), _place_of(said))


def _stop(world: World, chat: Chat, _: int, said: dict[str, Any]) -> None:
    acts.stop_sharing(world, chat, int(said["message"]))


def _block(world: World, chat: Chat, who: int, _: dict[str, Any]) -> None:
    acts.set_standing(world, who, chat, "blocked" if chat.is_private else "kicked")


def _unblock(world: World, chat: Chat, who: int, _: dict[str, Any]) -> None:
    acts.set_standing(world, who, chat, "member")


def _speak(world: World, chat: Chat, who: int, said: dict[str, Any]) -> None:
    world.users[who]["language_code"] = str(said["language"])


ACTS: dict[str, Callable[[World, Chat, int, dict[str, Any]], None]] = {
    "say": _say, "tap": _tap, "photo": _photo, "voice": _voice, "place": _share, "move": _move, "stop": _stop,
    "block": _block, "unblock": _unblock, "language": _speak,
}  # fmt: skip


def _place_of(said: dict[str, Any]) -> tuple[float, float]:
    return float(said.get("lat", 24.8039)), float(said.get("lon", 120.9647))


async def _json(request: Request) -> dict[str, Any]:
    """The body; one that another site's form could send is not read."""
    found: dict[str, Any] = await request.json() if request.headers.get("content-type", "").startswith(JSON) else {}
    return found


def routes(town: "Telegram") -> list[BaseRoute]:
    """Everything under ``/control``."""

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            town.recovers()
        else:
            said = await _json(request)
            with town.world.held():
                town.world.faults.add(Fault(**said))
        return Response(status_code=204)

    async def calls(request: Request) -> Response:
        found = town.calls(request.query_params.get("method"))
        return JSONResponse([{"method": one.method, "status": one.status, "at": one.at} for one in found])

    async def clock(request: Request) -> Response:
        said = await _json(request)
        with town.world.held():
            if "speed" in said:
                town.world.clock.run(float(said["speed"]))
            town.world.clock.advance(float(said.get("advance_s", 0)))
            return JSONResponse({"now": town.world.clock.now(), "speed": town.world.clock.speed})

    async def limits(request: Request) -> Response:
        meter = town.world.meter
        if request.method == "PUT":
            said = await _json(request)
            meter.enforced, meter.burst = bool(said.get("enforced", True)), int(said.get("burst", meter.burst))
        return JSONResponse(
            {"refused": meter.refused, "peak": meter.overall.peak, "burst": meter.burst, "enforced": meter.enforced}
        )

    async def complaints(_: Request) -> Response:
        return JSONResponse(town.complaints)

    async def repeat(request: Request) -> Response:
        town.repeats_updates(int((await _json(request)).get("times", 1)))
        return Response(status_code=204)

    return [
        Mount(
            "/control",
            routes=[
                *People(town.world).routes(),
                Route("/faults", faults, methods=["POST", "DELETE"]),
                Route("/calls", calls, methods=["GET"]),
                Route("/clock", clock, methods=["GET", "POST"]),
                Route("/limits", limits, methods=["GET", "PUT"]),
                Route("/complaints", complaints, methods=["GET"]),
                Route("/repeat", repeat, methods=["POST"]),
            ],
        )
    ]
