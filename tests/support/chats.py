"""A small Bot API on a loopback port, which keeps what it is sent and answers as it is told; and linked chats."""

import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from backend.kernel.database import SYSTEM, act_as
from backend.kernel.sealed import Keyring
from backend.organisations.actions.chats import make_desk_code, make_person_code, redeem

TOKEN = "123456:a-token-of-tests"


@dataclass(slots=True)
class Answer:
    """What is answered to one call. ``status`` 0: the connection is cut."""

    status: int = 200
    body: Any = None
    wait_s: float = 0.0


@dataclass(slots=True)
class BotApi:
    """The address of the API and the messages that it took. ``answers`` are given instead of "ok", one for each call."""

    url: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    answers: deque[Answer] = field(default_factory=deque)

    @property
    def texts(self) -> list[str]:
        """What was said, in order."""
        return [call["text"] for call in self.calls]

    def buttons(self, at: int = 0) -> list[str]:
        """The buttons under a message: what they send, or where they lead."""
        rows = self.calls[at].get("reply_markup", {}).get("inline_keyboard", [])
        return [key.get("url") or key["callback_data"] for row in rows for key in row]


def refused(status: int, description: str, **parameters: Any) -> Answer:
    """An answer as Telegram refuses."""
    body = {"ok": False, "error_code": status, "description": description, "parameters": parameters}
    return Answer(status, body)


@contextmanager
def bot_api() -> Iterator[BotApi]:
    """Run it while the block lasts."""
    api = BotApi()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            api.paths.append(self.path)
            api.calls.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            answer = api.answers.popleft() if api.answers else Answer()
            time.sleep(answer.wait_s)
            if not answer.status:
                self.close_connection = True
                return
            said = {"ok": True, "result": {"message_id": 1}} if answer.body is None else answer.body
            raw = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def link_person(session: Session, ring: Keyring, person: UUID, chat: str, now: datetime) -> None:
    """Link a person's private chat; committed."""
    redeem(session, ring, make_person_code(session, ring, person, now=now).code, chat, now=now)
    session.commit()
    act_as(session, SYSTEM)


def link_desk(session: Session, ring: Keyring, desk: UUID, chat: str, by: UUID, now: datetime) -> None:
    """Link a desk's group; committed."""
    redeem(session, ring, make_desk_code(session, ring, desk, by=by, now=now).code, chat, now=now)
    session.commit()
    act_as(session, SYSTEM)
