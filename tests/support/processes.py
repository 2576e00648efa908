"""The command line as people run it: a process of its own, with no environment but what is given."""

import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, NoReturn

from backend.cli import main

REPOSITORY = Path(__file__).parents[2]
ENOUGH_S = 60.0


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    status: int
    said: str
    complained: str


def linli(*arguments: object, stdin: str = "", env: Mapping[str, object]) -> Done:
    """Run a command to its end, in a fork of this process: what it has imported need not be imported again."""
    with TemporaryFile() as given, TemporaryFile() as said, TemporaryFile() as complained:
        given.write(stdin.encode())
        given.seek(0)
        pid = _fork()
        if pid == 0:
            _become([str(one) for one in arguments], environment(env), (given, said, complained))
        try:
            _, status = eventually(lambda: found if (found := os.waitpid(pid, os.WNOHANG))[0] else None)
        except TypeError:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise AssertionError(f"linli {arguments} did not end") from None
        for file in (said, complained):
            file.seek(0)
        return Done(os.waitstatus_to_exitcode(status), said.read().decode(), complained.read().decode())


def _fork() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads; the child uses none of ours
        return os.fork()


def _become(arguments: list[str], env: Mapping[str, str], files: Sequence[IO[bytes]]) -> NoReturn:
    """Be ``linli`` in this freshly forked process."""
    status: object = 1
    try:
        for number, file in enumerate(files):
            os.dup2(file.fileno(), number)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115 - until the end
        os.chdir("/")
        os.environ.clear()
        os.environ.update(env)
        main(arguments)
    except SystemExit as leaving:
        status = leaving.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else int(status is not None))


def environment(env: Mapping[str, object]) -> dict[str, str]:
    """What a command gets: a path, our code, and ``env``."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LINLI_POSTGRES_BIN") if name in os.environ}
    return kept | {"PYTHONPATH": str(REPOSITORY)} | {name: str(value) for name, value in env.items()}


@contextmanager
def running(*arguments: object, env: Mapping[str, object]) -> "Iterator[subprocess.Popen[str]]":
    """A command that goes on, from nothing; at the end of the block it is told to stop, or else killed."""
    with subprocess.Popen(
        [sys.executable, "-m", "backend.cli", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        env=environment(env),
    ) as process:
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
        time.sleep(0.02)
    return found


def env_of(database_url: str, folder: Path, **more: object) -> dict[str, object]:
    """The environment of commands on a test's database."""
    return {
        "DATABASE_URL": database_url,
        "LINLI_DATA": folder,
        "LINLI_LOG_LEVEL": "warning",
        "LINLI_SECOND_FACTOR": "offered",
        **more,
    }
