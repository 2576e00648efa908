"""The page of the demo on which one talks to the bot as in Telegram; it says that it is a simulation."""

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from tests.fakes.telegram.control import People

if TYPE_CHECKING:
    from tests.fakes.telegram.running import Telegram

ADDRESS = "/demo/chat"
FOLDER = Path(__file__).parent / "chat"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self';"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


async def page(_: Request) -> Response:
    """The page."""
    headers = {
        "Content-Security-Policy": POLICY,
        "Permissions-Policy": "geolocation=(self)",
        "Cache-Control": "no-store",
    }
    return FileResponse(FOLDER / "chat.html", media_type="text/html", headers=headers)


async def asset(request: Request) -> Response:
    """Its style, script and words."""
    path = FOLDER / request.path_params["name"]
    return (
        FileResponse(path, headers={"Cache-Control": "no-store"})
        if path.parent == FOLDER and path.is_file()
        else Response(status_code=404)
    )


def routes(town: "Telegram") -> list[BaseRoute]:
    """Everything under the page's address."""
    people = People(town.world).routes()
    return [
        Route(ADDRESS, page, methods=["GET"]),
        Mount(ADDRESS, routes=[*people, Route("/{name}", asset, methods=["GET"])]),
    ]
