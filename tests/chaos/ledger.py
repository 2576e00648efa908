"""What a client was told, kept where no failure of the machine takes it: each acknowledgement is on the disk before more is sent."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Entry:
    """One acknowledgement: what was sent, what was answered, how often it was sent, and the seconds on the monotonic clock."""

    client_id: str
    kind: str
    report: str
    incident: str
    receipt: str
    tries: int
    began: float
    ended: float


class Ledger:
    """One client's file; a line for each acknowledgement."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def keep(self, entry: Entry) -> None:
        """Write an acknowledgement and wait until the disk has it."""
        self._file.write(json.dumps(asdict(entry)) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def entries(folder: Path) -> list[Entry]:
    """Every acknowledgement that the clients of a run kept in ``folder`` and below."""
    return list(_lines(folder))


def _lines(folder: Path) -> Iterator[Entry]:
    for path in sorted(folder.rglob("*.ledger")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield Entry(**json.loads(line))
