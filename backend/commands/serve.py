"""Running Linli: all of it on one machine, or one process of it."""

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from backend.commands.database import (
    DATABASE,
    Refused,
    data_option,
    database_folder,
    migrate_database,
    running_database,
)
from backend.settings import Settings

if TYPE_CHECKING:
    from socket import socket

    from flask import Flask

    from backend.kernel.embedded import EmbeddedServer
    from backend.processes import Program

IMPORTED_MEANWHILE = ("backend.app", "backend.worker", "backend.console.operations", "backend.serving")
port_option = click.option("--port", type=click.IntRange(1, 65535), help="Port of the web server.")


@click.command()
@port_option
@data_option
def up(port: int | None, data: Path | None) -> None:
    """Run everything on this machine: database, web, worker, live stream, and the bot where it has a token."""
    settings = Settings.from_env(port=port, data=data)
    with ExitStack() as undo:
        undo.enter_context(shared_metrics())
        _Up(settings, undo).run()


class _Up:
    """One ``linli up``: what it starts, it stops."""

    def __init__(self, settings: Settings, undo: ExitStack) -> None:
        from backend.serving import listen

        self._sockets = listen(settings.host, settings.port), listen(settings.host, settings.stream_port_used)
        self._undo = undo
        self._folder = database_folder(settings)
        self._server: EmbeddedServer | None = None
        self._app: Flask | None = None
        undo.callback(self._stop_database)
        self._settings = replace(settings, database_url=settings.database_url or self._start_beside_imports())

    def run(self) -> None:
        """Until told to stop."""
        from backend.processes import Supervisor
        from backend.serving import answers, beacon

        migrate_database(self._settings)
        supervisor = Supervisor(self._programs, self._look_after_database)
        self._undo.callback(supervisor.stop)
        supervisor.start()
        if supervisor.wait_until(lambda: answers(self._settings.host, self._settings.port)):
            light = self._undo.enter_context(beacon(self._settings, self._keys_in_use))
            click.echo(f"Linli is ready at {self._settings.url} (Ctrl-C stops it)")
            supervisor.run(reloaded=light)

    def _programs(self) -> "Sequence[Program]":
        from backend.processes import Program
        from backend.serving import serve_web
        from backend.worker import run_worker

        app = self._app = self._make_app()
        settings, (web_socket, stream_socket) = self._settings, self._sockets
        programs = [
            Program("web", lambda: serve_web(app, settings, web_socket), (web_socket,)),
            Program("worker", lambda: run_worker(app, settings)),
            Program("stream", lambda: serve_live(settings, stream_socket), (stream_socket,)),
        ]
        return [*programs, Program("bot", lambda: run_bot(settings))] if settings.telegram_token else programs

    def _make_app(self) -> "Flask":
        return web_app(self._settings)

    def _keys_in_use(self) -> str:
        assert self._app
        return str(self._app.extensions["linli"].keyring.current)

    def _start_beside_imports(self) -> str:
        """Start the database while the application is imported: each takes about a second."""
        with ThreadPoolExecutor(1) as beside:  # the thread has ended before anything is forked
            starting = beside.submit(self._start_database)
            for module in IMPORTED_MEANWHILE:
                import_module(module)
            return starting.result()

    def _start_database(self) -> str:
        from backend.kernel.embedded import EmbeddedServer

        self._server = EmbeddedServer.start(self._folder)
        return self._server.ensure_database(DATABASE)

    def _stop_database(self) -> None:
        if self._server:
            self._server.stop()

    def _look_after_database(self) -> None:
        """Start the embedded server again when something killed it; its address stays the same."""
        if self._server and not is_running(self._server.pid):
            from backend.kernel.logs import log

            log.error("the database was killed, is started again", process="postgres", pid=self._server.pid)
            self._server.stop()
            self._start_database()


def is_running(pid: int) -> bool:
    """Whether the process lives; one that ended and was not yet waited for does not."""
    import psutil  # type: ignore[import-untyped, unused-ignore]

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@contextmanager
def shared_metrics() -> Iterator[None]:
    """A folder where the web processes count together; must be set before prometheus_client is imported."""
    with tempfile.TemporaryDirectory(prefix="linli-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


def web_app(settings: Settings) -> "Flask":
    """The application with the routes for those who run it."""
    from backend.app import create_app
    from backend.console.operations import blueprint
    from backend.intake.lexicon import load_lexicon
    from backend.policy.catalogue import default_catalogue

    # Before the fork, so that the processes share them and the first reports do not wait for them.
    load_lexicon()
    default_catalogue()
    app = create_app(settings)
    if blueprint.name not in app.blueprints:
        app.register_blueprint(blueprint)
    return app


def serve_live(settings: Settings, listener: "socket") -> None:
    """The live stream; imported in its own process only, which alone needs an asyncio server."""
    from backend.console.stream import serve_stream

    serve_stream(settings, listener)


@click.command()
@port_option
@data_option
def web(port: int | None, data: Path | None) -> None:
    """Run the web server alone."""
    from backend.serving import listen, serve_web

    settings = Settings.from_env(port=port, data=data)
    with ExitStack() as undo:
        listener = undo.enter_context(listen(settings.host, settings.port))
        undo.enter_context(shared_metrics())
        running = undo.enter_context(running_database(settings))
        serve_web(web_app(running), running, listener)


@click.command()
@data_option
def worker(data: Path | None) -> None:
    """Run one worker alone: deliveries, offers, clocks, upkeep."""
    from backend.app import create_app
    from backend.worker import run_worker

    with running_database(Settings.from_env(data=data)) as settings:
        run_worker(create_app(settings), settings)


@click.command()
@data_option
def stream(data: Path | None) -> None:
    """Run the live stream alone."""
    from backend.serving import listen

    settings = Settings.from_env(data=data)
    with listen(settings.host, settings.stream_port_used) as listener, running_database(settings) as running:
        serve_live(running, listener)


def run_bot(settings: Settings) -> NoReturn:
    """Become the bot, which knows of us nothing but where the API is and its key."""
    from backend.kernel.sealed import load_keyring
    from backend.trust.bots import bot_key

    key = bot_key(settings, load_keyring(settings.data, settings.master_key))
    told = {
        "LINLI_TELEGRAM_TOKEN": settings.telegram_token,
        "LINLI_TELEGRAM_API": settings.telegram_api,
        "LINLI_TELEGRAM_WEBHOOK": settings.telegram_webhook,
        "LINLI_BOT_KEY": key,
        "LINLI_BOT_PORT": str(settings.bot_port),
        "LINLI_API_URL": settings.api_url_used,
        "LINLI_PUBLIC_URL": settings.public_url,
        "LINLI_DATA": str(settings.data),
        "LINLI_HOST": settings.host,
        "LINLI_LOG_LEVEL": settings.log_level,
    }
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("LINLI_") and name != "DATABASE_URL"
    }
    os.execve(sys.executable, [sys.executable, "-m", "bot"], kept | told)  # noqa: S606 - no shell is meant


@click.command()
@data_option
def bot(data: Path | None) -> None:
    """Run the Telegram bot alone; it needs no database."""
    settings = Settings.from_env(data=data)
    if not settings.telegram_token:
        raise Refused("set LINLI_TELEGRAM_TOKEN to the token that BotFather gave")
    run_bot(settings)
