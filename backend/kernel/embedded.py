"""The PostgreSQL that comes with Linli: one cluster in one folder, started and stopped by one process.

The folder holds ``cluster/`` (PostgreSQL's own), ``server.log`` and ``held.lock``. The lock is taken with
``flock``, so the kernel gives it back however its holder ends.

When the process that started the server is killed, the server stays up: it answers whoever is still
connected, and nothing has to be recovered. The next start finds it by its name, stops it and begins anew, so
that what runs is always what this code started. Tying it to its parent (``PR_SET_PDEATHSIG``) would tie it to
the *thread* that started it, and only on Linux; adopting it would keep yesterday's programs and settings.
"""

import atexit
import fcntl
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import psutil  # type: ignore[import-untyped, unused-ignore]
import psycopg
from psycopg import sql

from backend.kernel.postgres_programs import (
    SUPERUSER,
    EmbeddedFailed,
    binaries_for,
    end,
    failure,
    find_binaries,
    is_open_to_all,
    open_to_server,
    prepare,
    spawn,
)

__all__ = ["DataDirectoryHeld", "EmbeddedFailed", "EmbeddedServer", "find_binaries", "running_dsn"]

READY_WITHIN_S = 300.0  # recovery after a crash replays little more than max_wal_size
SOCKET_PATH_BYTES = 103  # the least that any Unix allows; Linux has 107
LOG_KEPT_BYTES = 10_000_000
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "maintenance_work_mem": "32MB",
    "max_wal_size": "512MB",
    "wal_compression": "on",
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_checkpoints": "off",
    # What people wrote must not reach the log through a failed statement or the detail of a violated key.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
if sys.platform == "linux":
    # Recovery begins by making sure that every file is on the disk. One call for all of them took 0.1 s where a call for
    # each file took 2 s, and all that time reports are refused.
    SETTINGS = {**SETTINGS, "recovery_init_sync_method": "syncfs"}


class DataDirectoryHeld(EmbeddedFailed):
    """A living process already uses this folder; the text names it."""

    def __init__(self, data_dir: Path, holder: str) -> None:
        super().__init__(f"{data_dir} is in use by process {holder}: stop it first, or choose another folder")


class EmbeddedServer:
    """A running PostgreSQL, until ``stop()``, the end of its ``with`` block or that of this interpreter."""

    def __init__(self, process: Any, sockets: Path, port: int, undo: ExitStack) -> None:
        self._process, self._sockets, self._port, self._undo = process, sockets, port, undo
        self._starter = os.getpid()
        atexit.register(self.stop)

    @classmethod
    def start(
        cls,
        data_dir: Path,
        *,
        port: int | None = None,
        binaries: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> Self:
        """Start the server of ``data_dir``, making its cluster if it has none; return when it is ready.

        ``port`` only names the socket file (5432). ``binaries`` is a PostgreSQL ``bin`` folder instead of
        what ``find_binaries`` finds; ``settings`` replace those above. Raises DataDirectoryHeld when a living
        process uses the folder, EmbeddedFailed with one line that says why when it cannot be done.
        """
        with ExitStack() as undo:
            try:
                return cls._start(data_dir, port or 5432, binaries, {**SETTINGS, **(settings or {})}, undo)
            except OSError as error:
                raise EmbeddedFailed(f"PostgreSQL cannot run on {data_dir}: {error}") from error

    @classmethod
    def _start(
        cls, data_dir: Path, port: int, binaries: Path | None, settings: Mapping[str, str], undo: ExitStack
    ) -> Self:
        data_dir.mkdir(parents=True, exist_ok=True)
        data_dir = data_dir.resolve()
        _hold(data_dir, undo)
        cluster, log, name = data_dir / "cluster", _open_log(data_dir), _name(data_dir)
        binaries = open_to_server(binaries_for(cluster, binaries))
        _stop_leftovers(name, cluster)
        prepare(cluster, binaries, log, sync=settings["fsync"] == "on")
        sockets = _make_socket_folder(name, port, cluster)
        undo.callback(shutil.rmtree, sockets, ignore_errors=True)
        named = {"cluster_name": name, "unix_socket_directories": str(sockets), "port": str(port)}
        since = log.stat().st_size
        options = [f"--{key}={value}" for key, value in {**settings, **named}.items()]
        process = spawn(binaries / "postgres", cluster, options, log)
        undo.callback(process.poll)  # so that no zombie stays
        undo.callback(end, [process], [process])
        _await_ready(process, cluster, log, since)
        return cls(process, sockets, port, undo.pop_all())

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return int(self._process.pid)

    @property
    def dsn(self) -> str:
        """Connection URL of the superuser to the database ``postgres``, over the local socket."""
        return self.dsn_of(SUPERUSER)

    def dsn_of(self, database: str) -> str:
        """Connection URL of the superuser to ``database``."""
        return _dsn(str(self._sockets), self._port, database)

    def ensure_database(self, name: str) -> str:
        """Create the database ``name`` unless it is there; return its connection URL."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.dsn_of(name)

    def stop(self) -> None:
        """Stop the server and give the folder back. Does nothing a second time, or in a forked child."""
        if os.getpid() == self._starter:
            atexit.unregister(self.stop)
            self._undo.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def running_dsn(data_dir: Path, database: str = SUPERUSER) -> str | None:
    """Connection URL to the server that any process runs on ``data_dir``; None when none is ready."""
    lines = _postmaster_file(data_dir / "cluster")
    if len(lines) < 8 or lines[7] != "ready" or not psutil.pid_exists(int(lines[0])):
        return None
    return _dsn(lines[4], int(lines[3]), database)


def _dsn(sockets: str, port: int, database: str) -> str:
    return f"postgresql://{SUPERUSER}@/{quote(database, safe='')}?host={quote(sockets, safe='')}&port={port}"


def _hold(data_dir: Path, undo: ExitStack) -> None:
    """Take the folder for this process, or raise DataDirectoryHeld with the pid and command of its holder."""
    lock = os.open(data_dir / "held.lock", os.O_RDWR | os.O_CREAT, 0o644)
    _locks.add(lock)
    undo.callback(_let_go, lock)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 4096).decode(errors="replace") or "that has just begun"
        raise DataDirectoryHeld(data_dir, holder) from None
    os.ftruncate(lock, 0)
    os.write(lock, _describe(psutil.Process()).encode()[:4000])


def _describe(process: Any) -> str:
    return f"{process.pid} ({' '.join(process.cmdline())})"


_locks: set[int] = set()


def _let_go(*locks: int) -> None:
    for lock in locks or tuple(_locks):
        _locks.discard(lock)
        os.close(lock)


# A forked child shares the lock and would hold the folder in the name of its dead parent.
os.register_at_fork(after_in_child=_let_go)


def _name(data_dir: Path) -> str:
    """Name of the server and of its socket folder: that of the folder's inode, which outlives a rename."""
    folder = data_dir.stat()
    return f"linli-{folder.st_dev:x}-{folder.st_ino:x}"


def _open_log(data_dir: Path) -> Path:
    log = data_dir / "server.log"
    log.touch(mode=0o600)
    if log.stat().st_size > LOG_KEPT_BYTES:
        log.replace(data_dir / "server.log.1")
        log.touch(mode=0o600)
    return log


def _stop_leftovers(name: str, cluster: Path) -> None:
    """End what a killed predecessor left running on this folder, and forget its pid file.

    Processes are known by the cluster's name in their command line: their working folder is hidden even from
    root in a container without CAP_SYS_PTRACE. Pids are used again (in a container, nearly always), and
    PostgreSQL would take any process of its account that has the old pid for a server. One that is older than
    the pid file is a server that somebody started by hand: DataDirectoryHeld.
    """
    servers = [p for p in psutil.process_iter(["name", "cmdline"]) if p.info["name"] == "postgres"]
    found = [p for p in servers if re.search(rf"\b{name}\b", " ".join(p.info["cmdline"] or []))]
    end(found, [p for p in found if "-D" in p.info["cmdline"]])
    pid_file = cluster / "postmaster.pid"
    with suppress(psutil.NoSuchProcess, FileNotFoundError):
        process = psutil.Process(int("".join(_postmaster_file(cluster)[:1]) or 0))
        if process.name() == "postgres" and process.create_time() < pid_file.stat().st_mtime + 2:
            raise DataDirectoryHeld(cluster.parent, _describe(process))
    pid_file.unlink(missing_ok=True)


def _make_socket_folder(name: str, port: int, cluster: Path) -> Path:
    """A new folder that only the server's account enters, with a path short enough for a socket."""
    for base in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 (the folder is made anew)
        folder = base / name
        fits = len(os.fsencode(folder / f".s.PGSQL.{port}")) <= SOCKET_PATH_BYTES
        if fits and (os.geteuid() != 0 or is_open_to_all(base)):
            break
    else:
        raise EmbeddedFailed("no temporary folder with a path short enough for a socket: set TMPDIR to one")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)  # refuses one that somebody else put there
    if os.geteuid() == 0:
        os.chown(folder, cluster.stat().st_uid, cluster.stat().st_gid)
    return folder


def _await_ready(process: Any, cluster: Path, log: Path, since: int) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while (lines := _postmaster_file(cluster))[7:8] != ["ready"] or lines[0] != str(process.pid):
        if process.poll() is not None or time.monotonic() > deadline:
            raise failure("PostgreSQL did not start", log, since)
        time.sleep(0.01)


def _postmaster_file(cluster: Path) -> list[str]:
    """Lines of ``postmaster.pid``: pid, folder, start, port, socket folder, address, memory, state."""
    try:
        return [line.strip() for line in (cluster / "postmaster.pid").read_text().splitlines()]
    except FileNotFoundError:
        return []
