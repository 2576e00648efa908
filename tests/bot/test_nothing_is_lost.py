"""Nothing that was said is lost: a server that is away, an end in the middle, several bots at once."""

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug import Request
from werkzeug.serving import make_server

from tests.bot.conftest import Town
from tests.bot.running import running
from tests.bot.test_residents import receipt_in, reports, shown, tells_report
from tests.journeys.browser import Quiet


def free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@dataclass
class Breaking:
    """The API, broken for some calls: 500 so often, by method and path. ``cut``: what was done before goes unanswered."""

    app: Flask
    times: dict[str, int]
    cut: bool = False

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        call = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        if self.times.get(call, 0) < 1:
            return self.app(environ, start)
        self.times[call] -= 1
        if self.cut:
            self.app.test_client().open(Request(environ))
        start("503 Service Unavailable" if self.cut else "500 Internal Server Error", [])
        return [b""]


@contextmanager
def api_on(town: Town, port: int, *, cut: bool = False, **times: int) -> Iterator[None]:
    """The API on a port of one's choice, so that it can go away and come back; ``times``: see Breaking."""
    paths = {
        "reports": "POST /api/v1/reports",
        "messages": "POST /api/v1/receipt/messages",
        "config": "GET /api/v1/config",
    }
    app = Breaking(town.app, {paths[name]: count for name, count in times.items()}, cut)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def at(port: int) -> dict[str, str]:
    """The setting by which a bot finds the API there."""
    return {"LINLI_API_URL": f"http://127.0.0.1:{port}"}


def until(holds: object, within_s: float = 15.0) -> None:
    """Wait until it holds. Raises AssertionError."""
    deadline = time.monotonic() + within_s
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)


def test_while_the_server_is_away_the_number_is_said_once_and_all_goes_when_it_is_back(town: Town) -> None:
    port = free_port()
    environment = town.environment | {"LINLI_API_URL": f"http://127.0.0.1:{port}"}
    ann = town.telegram.person("Ann")
    before = reports(town)
    with running(environment):
        with api_on(town, port):
            ann.starts().sees("What do you need?")
        ann.says("The lift is stuck between two floors")
        away = ann.sees("cannot reach our own server")
        assert away.text.startswith("Call first if somebody is in danger: 110")
        ann.says("Somebody is in it")
        ann.says("/sos").sees("cannot reach our own server")
        time.sleep(1.5)
        assert [one.text for one in ann.unseen() if "cannot reach" in one.text] == []
        assert town.telegram.waiting >= 3
        with api_on(town, port):
            ann.sees("Your words are noted", within_s=30)
            ann.sees("Nothing is sent yet", within_s=30)
            ann.taps("🆘 Send SOS now")
            ann.sees("SOS is on")
            until(lambda: town.telegram.waiting == 0)
    assert reports(town) == before + 1


def test_the_number_is_known_after_a_start_without_a_server(town: Town) -> None:
    environment = town.environment
    with running(environment):
        town.telegram.person("Bo").starts().sees("110")
    ann = town.telegram.person("Ann", language="zh")
    with running(environment | {"LINLI_API_URL": f"http://127.0.0.1:{free_port()}"}):
        assert "请先拨打：110、119（消防）、120（急救）" in ann.says("有人吗").sees("连不上").text
    with running(environment):
        ann.sees("已记下您的话")


def test_a_conversation_goes_on_after_a_restart_in_its_middle(town: Town) -> None:
    ann = town.telegram.person("Ann")
    with running(town.environment):
        ann.starts().sees("What do you need?")
        ann.taps("Report something")
        ann.taps("Noise or nuisance")
        ann.sees("Where is it?")
    ann.says("Behind the market")
    with running(town.environment):
        ann.sees("What did you see, hear or smell?")
        ann.says("Drilling every night").sees("Nothing is sent yet")
    with running(town.environment):
        ann.taps("Send, do not write to me")
        text = ann.sees("Your receipt").text
    assert re.search("We do not write to you", text)
    assert receipt_in(text)


def test_an_answer_of_the_server_that_was_lost_makes_no_second_report(town: Town) -> None:
    port = free_port()
    ann = town.telegram.person("Ann")
    before = reports(town)
    with api_on(town, port, cut=True, reports=1, messages=1), running(town.environment | at(port)):
        receipt = tells_report(ann)
        ann.says("/mine").sees_buttons("Report 1")
        ann.taps("Report 1")
        ann.says("It is near the school").sees("Your message is passed on")
    assert reports(town) == before + 1
    shown_now = shown(town, receipt)
    assert [one["words"] for one in shown_now["messages"] if one["from"] == "me"] == ["It is near the school"]


def test_a_fault_of_the_server_that_passes_is_not_noticed_and_one_that_stays_is_said(town: Town) -> None:
    port = free_port()
    ann = town.telegram.person("Ann")
    before = reports(town)
    with running(town.environment | at(port)):
        with api_on(town, port, reports=2):
            tells_report(ann)
        with api_on(town, port, reports=3):
            ann.says("/report").sees("What is it about?")
            ann.says("Smoke in the stairs").sees("Your words are noted")
            ann.taps("Skip this")
            ann.taps("Skip this")
            ann.sees("Nothing is sent yet")
            ann.taps("Send, do not write to me")
            ann.sees("Something of ours broke")
            ann.taps("Send, do not write to me")
            ann.sees("Your receipt")
    assert reports(town) == before + 2


def test_a_key_that_does_not_fit_loses_nothing(town: Town) -> None:
    ann = town.telegram.person("Ann")
    with running(town.environment | {"LINLI_BOT_KEY": "another key of forty characters, or so"}):
        ann.says("Loose cover").sees("cannot reach our own server")
        until(lambda: town.telegram.waiting == 1)
    with running(town.environment):
        assert "What is it about?" in ann.sees("Your words are noted").text


def test_what_was_said_is_answered_after_the_bot_was_killed_in_the_middle(town: Town) -> None:
    ann = town.telegram.person("Ann")
    before = reports(town)
    with running(town.environment):
        ann.says("/report").sees("What is it about?")
        ann.says("Loose cover").sees("Your words are noted")
        ann.taps("Skip this")
        ann.taps("Skip this")
        ann.sees("Nothing is sent yet")
    bot = subprocess.Popen([sys.executable, "-m", "bot"], env=os.environ | town.environment)
    try:
        until(lambda: town.telegram.calls("setMyCommands"))
        town.telegram.fails("slow", "editMessageText", times=1, wait_s=60)
        taken = len(town.telegram.calls("answerCallbackQuery"))
        ann.taps("Send, do not write to me")
        until(lambda: reports(town) == before + 1)
        until(lambda: len(town.telegram.calls("answerCallbackQuery")) > taken)
    finally:
        bot.kill()
        bot.wait(10)
        town.telegram.recovers()
    assert not any("Your receipt" in one.text for one in ann.everything())
    with running(town.environment):
        ann.sees("Your receipt")
    assert reports(town) == before + 1
