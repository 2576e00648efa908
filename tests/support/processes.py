"""The command line as people run it: a process of its own, with no environment but what is given."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
ENOUGH_S = 30.0


def environment(**settings: object) -> dict[str, str]:
    """What a command gets: a path, our code, and ``settings``."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LINLI_POSTGRES_BIN") if name in os.environ}
    own = {"PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
    return kept | own | {name: str(value) for name, value in settings.items()}


def command(*arguments: object) -> list[str]:
    """``linli`` with ``arguments``."""
    return [sys.executable, "-m", "backend.cli", *map(str, arguments)]


def linli(*arguments: object, stdin: str = "", **settings: object) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end."""
    return subprocess.run(
        command(*arguments), input=stdin, capture_output=True, text=True, timeout=60, check=False, cwd="/",
        env=environment(**settings),
    )  # fmt: skip


@contextmanager
def running(*arguments: object, **settings: object) -> "Iterator[subprocess.Popen[str]]":
    """A command that goes on; at the end of the block it is told to stop, and killed if it does not."""
    with subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/",
        env=environment(**settings),
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.communicate(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()


def free_port() -> int:
    """A port that nobody listens on, with the next one free too."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


def eventually(look: Callable[[], Any], within_s: float = ENOUGH_S) -> Any:
    """What ``look`` finds as soon as it finds something; the last it found when time is up."""
    deadline = time.monotonic() + within_s
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def settings_of(database_url: str, folder: Path, **more: object) -> Mapping[str, object]:
    """Settings for commands on a test's database."""
    return {"DATABASE_URL": database_url, "LINLI_DATA": folder, "LINLI_LOG_LEVEL": "warning", **more}
