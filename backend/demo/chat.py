"""Talking to the bot in the demo without Telegram: a simulated one, which is part of a checkout and not of a release.

It runs as one more program. Its page is passed on by the web server, so that the demo has one address.
"""

import os
import socket
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from flask import Blueprint, Response, request

from backend.kernel.web import Busy
from backend.trust.access import open_to_all

ADDRESS = "/demo/chat"
CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAM = "tests.fakes.telegram"
# It answers on this machine alone, to one bot alone; with the token of a real bot it is not used at all.
TOKEN = "7100000001:AAFakeTokenOfTheSimulatedTelegram00"  # noqa: S105 - it opens nothing
KEPT = "demo-chat.json"
WITHIN_S = 10.0
PASSED_ON = ("Content-Type", "Content-Security-Policy", "Permissions-Policy", "Cache-Control")


def is_here() -> bool:
    """Whether the simulated Telegram is part of this installation."""
    return (CHECKOUT / Path(*PROGRAM.split("."))).is_dir()


def run_telegram(listener: socket.socket, data: Path) -> NoReturn:
    """Become the simulated Telegram, which listens on ``listener`` and keeps its people in ``data``."""
    kept = str((data / KEPT).resolve())
    os.set_inheritable(listener.fileno(), True)
    os.chdir(CHECKOUT)
    arguments = ["-m", PROGRAM, "--token", TOKEN, "--fd", str(listener.fileno()), "--keep", kept]
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 - no shell is meant


def chat_page(port: int) -> Blueprint:
    """The page, passed on from the simulated Telegram at ``port`` of this machine."""
    blueprint = Blueprint("demo_chat", __name__)

    @blueprint.route(ADDRESS, methods=["GET"])
    @blueprint.route(f"{ADDRESS}/<path:rest>", methods=["GET", "POST"])
    @open_to_all
    def passed_on(rest: str = "") -> Response:
        """Answer as the simulated Telegram does. Raises Busy while it does not run."""
        connection = HTTPConnection("127.0.0.1", port, timeout=WITHIN_S)
        asked = f"{quote(request.path)}?{request.query_string.decode()}"
        kind = {"Content-Type": request.content_type} if request.content_type else {}
        try:
            connection.request(request.method, asked, body=request.get_data(), headers=kind)
            answer = connection.getresponse()
            headers = {name: value for name in PASSED_ON if (value := answer.headers.get(name))}
            return Response(answer.read(), answer.status, headers)
        except (OSError, HTTPException) as error:
            raise Busy() from error
        finally:
            connection.close()

    return blueprint
