"""Processes that are measured: started as people start them, waited for, and stopped by their own id."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes import environment, free_port

READY_WITHIN_S = 90.0
STOP_WITHIN_S = 15.0


def linli(*arguments: str) -> list[str]:
    """The command line of Linli with ``arguments``."""
    return [sys.executable, "-m", "backend.cli", *arguments]


class NotReady(Exception):
    """A process did not start; its last words are the text."""


@contextmanager
def web(settings: Mapping[str, str]) -> Iterator[int]:
    """``linli web`` as it is; the block gets its port."""
    port = free_port()
    with started(linli("web", "--port", str(port)), settings) as process:
        await_answer(process, port, "/readyz")
        yield port


@contextmanager
def floor(settings: Mapping[str, str]) -> Iterator[int]:
    """The bare application, served in the same way."""
    port = free_port()
    with started([sys.executable, "-m", "tests.bench.floor", str(port)], settings) as process:
        await_answer(process, port, "/")
        yield port


@contextmanager
def started(arguments: list[str], settings: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """A process with no environment but ``settings``; stopped at the end of the block."""
    log = Path(settings["LINLI_DATA"]) / f"{arguments[2].rpartition('.')[2]}.log"
    with (
        log.open("ab") as opened,
        subprocess.Popen(arguments, stdout=opened, stderr=opened, cwd="/", env=environment(settings)) as process,
    ):
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()


def await_answer(process: "subprocess.Popen[bytes]", port: int, path: str) -> float:
    """Wait until anything is answered below 500; return the moment. Raises NotReady."""
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", path)
            if connection.getresponse().status < 500:
                return time.monotonic()
        except OSError:
            time.sleep(0.01)
        finally:
            connection.close()
    raise NotReady(f"{' '.join(map(str, process.args))} on port {port}" if isinstance(process.args, list) else "")


def quiet_machine() -> str:
    """How busy the machine is with other work: a figure taken on a loaded one says little."""
    return f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
