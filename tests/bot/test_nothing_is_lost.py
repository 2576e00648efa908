"""Nothing that was said is lost: a server that is away, an end in the middle, several bots at once."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.serving import make_server

from tests.bot.conftest import Town
from tests.bot.running import running
from tests.bot.test_residents import receipt_in, reports
from tests.journeys.browser import Quiet


def free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def api_on(town: Town, port: int) -> Iterator[None]:
    """The API on a port of one's choice, so that it can go away and come back."""
    server = make_server("127.0.0.1", port, town.app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


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
