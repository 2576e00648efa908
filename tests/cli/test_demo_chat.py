"""The demo's chat: its page is passed on by the web server, and only where no real bot has a token."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from flask import Flask

from backend.app import create_app
from backend.demo import chat
from backend.demo.start import say_where
from backend.kernel.clock import MovableClock
from backend.kernel.database import db
from backend.settings import Settings
from tests.fakes.telegram import picture, telegram
from tests.fakes.telegram.world import TOKEN
from tests.support.processes import free_port


@pytest.fixture
def app(settings: Settings, clock: MovableClock) -> Iterator[Flask]:
    """An application that has answered nothing yet, so that it takes another page."""
    made = create_app(settings, clock=clock)
    yield made
    with made.app_context():
        db.engine.dispose()


def test_the_page_and_what_is_done_on_it_are_passed_on(app: Flask) -> None:
    with telegram() as town:
        ann = town.person("Ann").starts()
        app.register_blueprint(chat.chat_page(urlsplit(town.url).port or 0))
        client = app.test_client()
        page = client.get("/demo/chat")
        assert (page.status_code, page.mimetype) == (200, "text/html")
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        assert client.get("/demo/chat/chat.js").mimetype == "text/javascript"
        sent = client.post(f"/demo/chat/chats/{ann.id}/say", json={"text": "你好"})
        assert sent.status_code == 204
        photo = client.post(f"/demo/chat/chats/{ann.id}/photo", data=picture(), content_type="image/jpeg")
        assert photo.status_code == 204
        seen = client.get(f"/demo/chat/chats/{ann.id}").get_json()
        assert [one["text"] or one["kind"] for one in seen["messages"]] == ["/start", "你好", "photo"]
        shown = client.get(f"/demo/chat/files/{seen['messages'][2]['file']}")
        assert shown.mimetype == "image/jpeg"
        assert client.post("/demo/chat/faults", json={"kind": "down"}).status_code in {404, 405}


def test_a_simulation_that_does_not_run_is_said_to_be_busy(app: Flask) -> None:
    app.register_blueprint(chat.chat_page(free_port()))
    answer = app.test_client().get("/demo/chat/chats")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "busy")


def test_without_the_demo_there_is_no_such_page(app: Flask) -> None:
    assert app.test_client().get("/demo/chat").status_code == 404


def test_the_start_says_where_the_chat_is_or_why_there_is_none(tmp_path: Path) -> None:
    settings = Settings.from_env({}, data=tmp_path)
    assert "http://localhost:8000/demo/chat" in say_where(settings, [], chat=True)
    assert "LINLI_TELEGRAM_TOKEN" in say_where(settings, [])
    with_bot = Settings.from_env({"LINLI_TELEGRAM_TOKEN": TOKEN}, data=tmp_path)
    assert "/demo/chat" not in say_where(with_bot, [])


def test_it_runs_on_a_socket_that_listens_already_and_keeps_its_people(tmp_path: Path) -> None:
    assert chat.is_here()
    assert chat.TOKEN == TOKEN
    for people in (4, 5):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            os.set_inheritable(listener.fileno(), True)
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            arguments = ["-m", chat.PROGRAM, "--fd", str(listener.fileno()), "--keep", str(tmp_path / chat.KEPT)]
            with subprocess.Popen(
                [sys.executable, *arguments], cwd=chat.CHECKOUT, pass_fds=[listener.fileno()]
            ) as process:
                try:
                    assert httpx.get(f"{address}/demo/chat", timeout=60).status_code == 200
                    assert len(httpx.get(f"{address}/demo/chat/chats").json()) == people
                    httpx.post(f"{address}/demo/chat/people", json={"name": "Bo", "language": "zh"})
                finally:
                    process.terminate()
    assert (tmp_path / chat.KEPT).stat().st_mode & 0o777 == 0o600
