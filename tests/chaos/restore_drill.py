"""The drill: everything is lost and taken back, from a backup, and from a base copy with the archived log to a moment before a mistake.

``python -m tests.chaos.restore_drill [--reports N]`` times both ways and counts what is lost. Without numbers 100,000 reports.
"""

import argparse
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from backend.archive import restore_archive, write_archive
from backend.kernel.embedded import EmbeddedServer, find_binaries
from tests.bench.figures import Figure, at_least, at_most
from tests.bench.load import Order, send
from tests.bench.serving import web
from tests.bench.world import World, build, reports
from tests.chaos.ledger import Entry, entries
from tests.chaos.load import crowd
from tests.chaos.reconcile import chains_broken
from tests.chaos.showing import carry_out, parser
from tests.support.processes import eventually

# The server works inside its own folder, and may be closed off from every other: the archive of the drill lies there.
ARCHIVE = "drill-archive"
ARCHIVING = {
    "archive_mode": "on", "archive_command": f"test ! -f {ARCHIVE}/%f && cp %p {ARCHIVE}/%f", "wal_level": "replica",
}  # fmt: skip
AT_A_TIME = 2000
# Generous: a district's night must not be spent on it.
BACKUP_S, RESTORE_S = 600.0, 1800.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How many reports there are, and how many more are acknowledged between the base copy and the mistake."""

    reports: int = 100_000
    last: int = 200


WHOLE = Plan()
SHORT = Plan(reports=200, last=20)


def run(plan: Plan, folder: Path) -> list[Figure]:
    """Fill, lose, take back, compare."""
    data = folder / "data"
    (data / "database").mkdir(parents=True)
    with EmbeddedServer.start(data / "database", settings=ARCHIVING) as server:
        cluster = data / "database" / "cluster"
        _archive_in(cluster)
        world = build(server, data).copy(server, "linli")
        with web(world.environment) as port:
            _fill(port, plan.reports)
            base_s = _base_copy(server, folder / "base")
            with crowd(port, folder / "ledgers", 2) as people:
                people.await_more(max(1, plan.last // 2), 300)
        ledger = entries(folder / "ledgers")
        with psycopg.connect(world.settings.database_url, autocommit=True) as connection:
            erased = _erase_one(connection, ledger)
            whole = _from_backup(server, world, folder, ledger, erased)
            before, moment = _counted(connection), _mistake(connection)
            _await_archived(connection, cluster)
    return [*whole, *_to_the_moment(folder, cluster, ledger, before, moment, base_s)]


def _archive_in(cluster: Path) -> None:
    place, owner = cluster / ARCHIVE, cluster.stat()
    place.mkdir()
    os.chown(place, owner.st_uid, owner.st_gid)


def _fill(port: int, count: int) -> None:
    for at in range(0, count, AT_A_TIME):
        bodies = reports(min(AT_A_TIME, count - at), seed=at)
        send(Order(port, "POST", "/api/v1/reports", bodies, connections=8, most_s=600))


def _base_copy(server: EmbeddedServer, target: Path) -> float:
    began = time.monotonic()
    program = find_binaries() / "pg_basebackup"
    command = [str(program), "--pgdata", str(target), "--checkpoint=fast", "--wal-method=none", "--dbname", server.dsn]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=900)
    return time.monotonic() - began


def _erase_one(connection: "psycopg.Connection[Any]", ledger: list[Entry]) -> str:
    """Somebody's key goes, and with it their words; the id of their report."""
    erased = ledger[0].report
    connection.execute("DELETE FROM record_key WHERE record_id = %s", [erased])
    return erased


def _counted(connection: "psycopg.Connection[Any]") -> Mapping[str, int]:
    tables = ("report", "incident", "ownership", "event", "clock", "record_key")
    return {name: _number(connection, f"SELECT count(*) FROM {name}") for name in tables}


def _number(connection: "psycopg.Connection[Any]", query: str, *values: object) -> int:
    row = connection.execute(query, values).fetchone()  # type: ignore[arg-type, unused-ignore]
    return int(row[0]) if row else 0


def _mistake(connection: "psycopg.Connection[Any]") -> datetime:
    """The moment just before somebody deletes what they should not have."""
    moment = connection.execute("SELECT clock_timestamp()").fetchone()
    assert moment
    time.sleep(0.2)
    connection.execute("CREATE TABLE mistake (at timestamptz)")
    connection.execute("TRUNCATE delivery_attempt, clock CASCADE")
    found: datetime = moment[0]
    return found


def _await_archived(connection: "psycopg.Connection[Any]", cluster: Path) -> None:
    last = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
    assert last
    assert eventually((cluster / ARCHIVE / last[0]).exists), "the log is not archived"


def _from_backup(server: EmbeddedServer, world: World, folder: Path, ledger: list[Entry], erased: str) -> list[Figure]:
    """``linli backup`` and ``linli restore``, without their start."""
    file, photos = folder / "backup.tar.gz", folder / "no-photos"
    photos.mkdir()
    began = time.monotonic()
    done = write_archive(world.settings.database_url, photos, file)
    backup_s, began = time.monotonic() - began, time.monotonic()
    url = server.ensure_database("restored")
    back = restore_archive(url, folder / "photos-back", file)
    restore_s = time.monotonic() - began
    with psycopg.connect(url) as connection:
        lost = _lost(connection, ledger)
        again = _number(connection, "SELECT count(*) FROM record_key WHERE record_id = %s", erased)
    rows = sum(done.rows.values())
    size = file.stat().st_size / 2**20
    return [
        at_least("reports in the backup", done.rows["report"], "", 1, note=f"{rows} rows, {size:.0f} MiB"),
        at_most("backup, while it runs", backup_s, "s", BACKUP_S),
        at_most("restore into an empty database", restore_s, "s", RESTORE_S),
        at_most("rows lost by backup and restore", rows - sum(back.rows.values()), "", 0),
        at_most("acknowledged reports lost by it", lost, "", 0),
        at_most("hash chains broken after it", chains_broken(url), "", 0),
        at_most("keys of erased people that came back", again, "", 0),
    ]


def _lost(connection: "psycopg.Connection[Any]", ledger: list[Entry]) -> int:
    stored = {row[0] for row in connection.execute("SELECT id::text FROM report")}
    return sum(entry.report not in stored for entry in ledger)


def _to_the_moment(
    folder: Path, cluster: Path, ledger: list[Entry], before: Mapping[str, int], moment: datetime, base_s: float
) -> list[Figure]:
    """The base copy, and the archived log up to the moment before the mistake."""
    began = time.monotonic()
    target = folder / "again"
    target.mkdir()
    shutil.move(folder / "base", target / "cluster")
    shutil.copytree(cluster / ARCHIVE, target / "cluster" / ARCHIVE, dirs_exist_ok=True)
    (target / "cluster" / "recovery.signal").touch()
    recovery = {
        "restore_command": f"cp {ARCHIVE}/%f %p", "recovery_target_time": moment.isoformat(),
        "recovery_target_action": "promote",
    }  # fmt: skip
    with EmbeddedServer.start(target, settings=recovery) as server:
        url = server.dsn_of("linli")
        assert eventually(lambda: _is_open(url)), "recovery does not end"
        took_s = time.monotonic() - began
        with psycopg.connect(url) as connection:
            lost, found = _lost(connection, ledger), _counted(connection)
            mistaken = _number(connection, "SELECT count(*) FROM pg_class WHERE relname = 'mistake'")
        broken = chains_broken(url)
    missing = sum(abs(found[name] - count) for name, count in before.items())
    return [
        at_most("base copy, while it runs", base_s, "s", BACKUP_S),
        at_most("recovery to the moment before a mistake", took_s, "s", RESTORE_S),
        at_most("acknowledged reports lost by it, since the base copy", lost, "", 0, note=f"of {len(ledger)}"),
        at_most("rows too few or too many beside that moment", missing, "", 0),
        at_most("the mistake came back", mistaken, "", 0),
        at_most("hash chains broken after recovery", broken, "", 0),
    ]


def _is_open(url: str) -> bool:
    try:
        with psycopg.connect(url) as connection:
            return connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)
    except psycopg.OperationalError:
        return False


def main() -> None:
    """Run, print, keep."""
    asked = parser("restore_drill", __doc__)
    asked.add_argument("--reports", type=int, default=WHOLE.reports)
    carry_out("restore_drill", asked.parse_args(), _chosen)


def _chosen(chosen: argparse.Namespace, folder: Path) -> list[Figure]:
    return run(SHORT if chosen.short else Plan(chosen.reports), folder)


if __name__ == "__main__":
    main()
