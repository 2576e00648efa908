"""A new key over 100,000 records while Linli serves: ``python -m tests.chaos.rotation``.

Reports come in and are read by their receipts throughout; the rotation is stopped half-way once and goes on. At the end no
record is wrapped by the old key, every report that was acknowledged opens, and no call failed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from backend.commands.database import DATABASE, database_folder
from backend.kernel.embedded import running_dsn
from backend.kernel.sealed import load_keyring
from backend.settings import Settings
from tests.cli.test_up import up


def fill(dsn: str, data: Path, records: int) -> None:
    """So many keys of records, each a true one under the present master key."""
    from datetime import UTC, datetime

    from backend.kernel.ids import new_id
    from backend.kernel.sealed import Seal

    ring, now = load_keyring(data), datetime.now(UTC)
    into = "COPY record_key (record_id, key_id, wrapped, created_at) FROM STDIN"
    with psycopg.connect(dsn) as owner, owner.cursor() as cursor, cursor.copy(into) as rows:
        for _ in range(records):
            row = Seal.fresh(new_id()).row(ring, now)
            rows.write_row((row["record_id"], row["key_id"], row["wrapped"], row["created_at"]))


class Caller(threading.Thread):
    """Sends a report and reads it again, one after the other, until told to stop."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port, self.receipts, self.failed, self.slowest_ms = port, list[str](), list[str](), 0.0
        self.over = threading.Event()

    def run(self) -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api/v1", timeout=30) as client:
            while not self.over.is_set():
                began = time.monotonic()
                body = {"client_id": str(uuid4()), "kind": "concern", "category": "CN01", "text": "A loose cover"}
                sent = client.post("/reports", json=body | {"place": {"landmark": "at the gate"}})
                if sent.status_code != 201 or not opens(client, receipt := sent.json()["receipt"]):
                    self.failed.append(f"{sent.status_code}")
                    continue
                self.receipts.append(receipt)
                self.slowest_ms = max(self.slowest_ms, (time.monotonic() - began) * 1000)


def opens(client: httpx.Client, receipt: str) -> bool:
    """Whether a report's words can still be read."""
    found = client.get("/receipt", headers={"Authorization": f"Receipt {receipt}"})
    return found.status_code == 200 and found.json()["text"] == "A loose cover"


def rotate(data: Path, *more: str, until: Callable[[], bool] | None = None) -> int:
    """Run the command; it is ended as soon as ``until`` holds."""
    command = [sys.executable, "-m", "backend.cli", "rotate-keys", "--data", str(data), *more]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ})
    while until and process.poll() is None and not until():
        time.sleep(0.05)
    if until and process.poll() is None:
        process.terminate()
    return process.wait(300)


def run(records: int, folder: Path) -> dict[str, Any]:
    """The whole drill; what it showed."""
    with up(folder) as started:
        port = started.port
        settings = Settings.from_env({}, data=folder)
        dsn = running_dsn(database_folder(settings), DATABASE)
        assert dsn
        fill(dsn, folder, records)
        caller = Caller(port)
        caller.start()
        began = time.monotonic()
        stopped = rotate(folder, until=lambda: count(dsn, "key_id = 'k2'") > records // 10)
        left = count(dsn, "key_id = 'k1'")
        rotate(folder, "--only", "wrap")
        took = time.monotonic() - began
        caller.over.set()
        caller.join(60)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=30) as client:
            lost = [one for one in caller.receipts if not opens(client, one)]
        return {
            "records": records, "stopped with": stopped, "left when stopped": left, "seconds": round(took, 1),
            "left at the end": count(dsn, "key_id = 'k1'"), "reports meanwhile": len(caller.receipts),
            "calls that failed": len(caller.failed), "reports that do not open": len(lost),
            "slowest report and reading ms": round(caller.slowest_ms),
        }  # fmt: skip


def count(dsn: str, which: str) -> int:
    with psycopg.connect(dsn) as owner:
        row = owner.execute(f"SELECT count(*) FROM record_key WHERE {which}").fetchone()
        return int(row[0]) if row else 0


def main() -> None:
    """Print what the drill showed; exit 1 when anything failed, was left or was lost."""
    parser = argparse.ArgumentParser(prog="tests.chaos.rotation", description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shown = run(chosen.records, Path(folder) / "data")
    print(json.dumps(shown, indent=1))
    bad = ("left at the end", "calls that failed", "reports that do not open")
    sys.exit(1 if any(shown[name] for name in bad) else 0)


if __name__ == "__main__":
    main()
