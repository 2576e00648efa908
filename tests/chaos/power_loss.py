"""The power fails: every write that was not synced is gone. What was acknowledged is there; without waiting for the disk it is not.

``python -m tests.chaos.power_loss [--reports N]``. No file system that drops writes can be installed from Debian or PyPI
(LazyFS is built from source), so strace (Debian's) writes down each write and each sync of the database's log. What the
disk would hold is made from a copy of the moment before, and of the log as much as was synced, in its order; all other
files are as they were at the last checkpoint. The control does the same with ``synchronous_commit = off``.
"""

import argparse
import random
import re
import shutil
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped, unused-ignore]
import psycopg
from sqlalchemy import event

from backend.app import create_app
from backend.kernel.database import db
from backend.kernel.embedded import EmbeddedServer
from tests.bench.figures import Figure, at_least, at_most
from tests.bench.world import World, build, report
from tests.chaos.ledger import Entry, Ledger, entries
from tests.chaos.reconcile import chains_broken
from tests.chaos.showing import carry_out, parser
from tests.support.processes import eventually

# No checkpoint may come in between: what it syncs is not followed here.
STILL = {
    "checkpoint_timeout": "1h",
    "wal_writer_delay": "10s",
    "max_wal_size": "4GB",
    "autovacuum": "off",
    "wal_compression": "on",
}
CALLS = "trace=pwrite64,fdatasync,fsync"
SEGMENT_BYTES = 16 * 2**20
# strace writes paths and bytes alike in hexadecimal digits.
_HEX = r"((?:\\x[0-9a-f]{2})*)"
_WRITE = re.compile(rf'pwrite64\(\d+<{_HEX}>, "{_HEX}", \d+, (\d+)')
_SYNC = re.compile(rf"f(?:data)?sync\(\d+<{_HEX}>")
_SEGMENT = re.compile(rb".*/pg_wal/([0-9A-F]{24})")


@dataclass(frozen=True, slots=True)
class Plan:
    """How many reports are acknowledged before the power fails, and how many go before the copy is made."""

    reports: int = 1000
    before: int = 20


WHOLE = Plan()
SHORT = Plan(reports=40)


class NoStrace(Exception):
    """strace is not here, or may not look at the database's processes."""


def run(plan: Plan, folder: Path) -> list[Figure]:
    """With and without waiting for the disk. Raises NoStrace."""
    if shutil.which("strace") is None:
        raise NoStrace("install strace (apt-get install strace)")
    lost, told, broken = _lose_power(plan, folder / "durable", durable=True)
    lost_off, told_off, _ = _lose_power(plan, folder / "control", durable=False)
    return [
        at_least("reports acknowledged before the power failed", told, "", plan.reports),
        at_most("acknowledged reports lost", lost, "", 0),
        at_most("hash chains broken", broken, "", 0),
        at_least("lost with synchronous_commit = off, the control", lost_off, "", 1, note=f"of {told_off}"),
    ]


def _lose_power(plan: Plan, folder: Path, *, durable: bool) -> tuple[int, int, int]:
    """How many were lost of how many, and how many entries of the journal do not hold."""
    database = folder / "database"
    database.mkdir(parents=True)
    server = EmbeddedServer.start(database, settings=STILL)
    try:
        world = build(server, folder).copy(server, "linli")
        _report(world, folder / "before.ledger", plan.before, durable=True)
        with psycopg.connect(world.settings.database_url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        shutil.copytree(
            database / "cluster", folder / "disk" / "cluster", ignore=shutil.ignore_patterns("postmaster.pid")
        )
        with _watched(server.pid, folder / "trace"):
            _report(world, folder / "after.ledger", plan.reports, durable=durable)
            _kill_all(server.pid)
    finally:
        server.stop()
    _replay(folder / "trace", folder / "disk" / "cluster" / "pg_wal")
    return _compare(folder, entries(folder))


def _report(world: World, path: Path, count: int, *, durable: bool) -> None:
    """Reports one after the other; each acknowledgement is kept."""
    app, dice = create_app(world.settings), random.Random(count)
    with app.app_context():
        if not durable:
            event.listen(db.engine, "connect", _without_waiting)
        client = app.test_client()
        with Ledger(path) as ledger:
            for _ in range(count):
                body, began = report(dice), time.monotonic()
                said = client.post("/api/v1/reports", json=body).get_json()
                ids = (body["client_id"], "concern", said["id"], said["incident"]["id"], said["receipt"])
                ledger.keep(Entry(*ids, 1, began, time.monotonic()))


def _without_waiting(connection: Any, _record: Any) -> None:
    connection.autocommit = True
    connection.execute("SET synchronous_commit = off")
    connection.autocommit = False


@contextmanager
def _watched(postmaster: int, trace: Path) -> Iterator[None]:
    """Every write and sync of the server and of whatever it forks, written to ``trace``."""
    every = [postmaster, *(child.pid for child in psutil.Process(postmaster).children())]
    pids = [part for pid in every for part in ("-p", str(pid))]
    command = ["strace", "-f", "-y", "-xx", "-s", str(SEGMENT_BYTES), "-e", CALLS, "-o", str(trace), *pids]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
        assert strace.stderr
        said = strace.stderr.readline()
        if "attached" not in said:
            strace.kill()
            raise NoStrace(said.strip())
        time.sleep(1)  # until it has attached to each
        try:
            yield
        finally:
            eventually(lambda: strace.poll() is not None, 15)
            strace.kill()


def _kill_all(postmaster: int) -> None:
    """At one moment, as the power goes: the server has no time to write anything more."""
    parent = psutil.Process(postmaster)
    every = [parent, *parent.children(recursive=True)]
    for one in every:
        with suppress(psutil.NoSuchProcess):
            one.send_signal(signal.SIGSTOP)
    for one in every:
        with suppress(psutil.NoSuchProcess):
            one.kill()


@dataclass
class _Segment:
    """A file of the log: what was written to it and is not yet synced, and what is."""

    waiting: list[tuple[int, bytes]] = field(default_factory=list)
    synced: list[tuple[int, bytes]] = field(default_factory=list)


def _replay(trace: Path, folder: Path) -> None:
    """Write to the files of the log in ``folder`` what was synced, and nothing else."""
    for name, segment in _followed(trace).items():
        path = folder / name
        if not path.exists():
            path.write_bytes(bytes(SEGMENT_BYTES))
        with path.open("r+b") as file:
            for offset, written in segment.synced:
                file.seek(offset)
                file.write(written)


def _followed(trace: Path) -> Mapping[str, _Segment]:
    """Writes and syncs in the order in which they ended; a sync covers what was written before it began."""
    segments: dict[str, _Segment] = defaultdict(_Segment)
    begun: dict[
        str, tuple[str, int]
    ] = {}  # by process: the call as far as it was written, and how many writes it covers
    for line in trace.read_text(errors="replace").splitlines():
        process, _, said = line.partition(" ")
        head, covers = begun.pop(process, ("", -1)) if said.lstrip().startswith("<...") else ("", -1)
        call, _, _ = (head + said.lstrip()).partition(" <unfinished ...>")
        found = _SYNC.match(call) or _WRITE.match(call)
        segment = segments[name] if found and (name := _segment_of(found[1])) else None
        if segment is None or found is None:
            continue
        is_sync = found.re is _SYNC
        covers = len(segment.waiting) if covers < 0 else covers
        if said.endswith("<unfinished ...>"):
            begun[process] = (call, covers)
        elif is_sync and said.endswith("= 0"):
            segment.synced += segment.waiting[:covers]
            del segment.waiting[:covers]
        elif not is_sync:
            segment.waiting.append((int(found[3]), _bytes(found[2])))
    return segments


def _segment_of(path: str) -> str:
    """The name of a file of the log; empty for any other."""
    found = _SEGMENT.fullmatch(_bytes(path))
    return found[1].decode() if found else ""


def _bytes(written: str) -> bytes:
    return bytes.fromhex(written.replace("\\x", ""))


def _compare(folder: Path, ledger: list[Entry]) -> tuple[int, int, int]:
    with EmbeddedServer.start(folder / "disk") as server:
        url = server.dsn_of("linli")
        with psycopg.connect(url) as connection:
            stored = {row[0] for row in connection.execute("SELECT id::text FROM report")}
        return sum(entry.report not in stored for entry in ledger), len(ledger), chains_broken(url)


def main() -> None:
    """Run, print, keep."""
    asked = parser("power_loss", __doc__)
    asked.add_argument("--reports", type=int, default=WHOLE.reports)
    carry_out("power_loss", asked.parse_args(), _chosen)


def _chosen(chosen: argparse.Namespace, folder: Path) -> list[Figure]:
    return run(SHORT if chosen.short else Plan(chosen.reports), folder)


if __name__ == "__main__":
    main()
