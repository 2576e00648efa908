"""Serving on one machine: sockets, Gunicorn, and the note that a running ``linli up`` leaves for commands."""

import gc
import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped, unused-ignore]
from flask import Flask
from gunicorn.app.base import BaseApplication

from backend.processes import CannotServe, die_with_parent
from backend.settings import Settings

FINISH_REQUESTS_S = 6  # less than the parent waits for its children
BEACON = "up.json"


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises CannotServe with the address when it is taken or not ours."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        made = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise CannotServe(f"cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}") from error
    made.set_inheritable(True)
    return made


class _Gunicorn(BaseApplication):  # type: ignore[misc, unused-ignore]
    """Gunicorn, told everything here and nothing by files, environment or command line."""

    def __init__(self, app: Flask, settings: Settings, listener: socket.socket) -> None:
        self._app, self._settings, self._fd = app, settings, listener.detach()
        super().__init__()

    def load_config(self) -> None:
        """Set what we need; the rest is Gunicorn's default."""
        options = {
            "bind": f"fd://{self._fd}",
            "workers": self._settings.web_workers,
            "threads": self._settings.web_threads,
            "worker_class": "gthread",
            "preload_app": True,
            "graceful_timeout": FINISH_REQUESTS_S,
            "timeout": 60,
            "loglevel": "warning",
            "control_socket_disable": True,
            "post_fork": lambda arbiter, _: die_with_parent(arbiter.pid),
            "child_exit": _forget_process,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application, made before the fork."""
        return self._app


def _forget_process(_: Any, worker: Any) -> None:
    from prometheus_client.multiprocess import mark_process_dead

    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call, unused-ignore]


def serve_web(app: Flask, settings: Settings, listener: socket.socket) -> None:
    """Answer HTTP on ``listener`` until SIGTERM; leaves by SystemExit, as Gunicorn does."""
    gc.freeze()  # what the collector does not touch stays shared
    _Gunicorn(app, settings, listener).run()


def answers(host: str, port: int, path: str = "/readyz") -> bool:
    """Whether an HTTP server there answers ``path`` with 200 within a second."""
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - a comparison, not a bind
    connection = HTTPConnection(reached, port, timeout=1)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def beacon(settings: Settings, keys: Callable[[], str]) -> Iterator[Callable[[], None]]:
    """A file in the data folder that tells commands of this ``up``; call the yielded function to renew it."""
    path = settings.data / BEACON

    def light() -> None:
        body = {
            "pid": os.getpid(),
            "since": psutil.Process().create_time(),
            "url": settings.url,
            "keys": keys(),
        }
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(body))
        fresh.replace(path)

    light()
    try:
        yield light
    finally:
        path.unlink(missing_ok=True)


def running_up(data: Path) -> dict[str, Any] | None:
    """What the ``linli up`` that runs on this folder says of itself: pid, url, keys; None when none runs."""
    with suppress(OSError, ValueError, KeyError, psutil.NoSuchProcess):
        found: dict[str, Any] = json.loads((data / BEACON).read_text())
        if psutil.Process(found["pid"]).create_time() == found["since"]:
            return found
    return None
