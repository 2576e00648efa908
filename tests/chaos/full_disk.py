"""The database's disk fills up while reports come in: nothing is acknowledged that is not stored, and work goes on when there is room.

``python -m tests.chaos.full_disk [--megabytes N]``: the database lies on a small tmpfs of its own (the right to mount is
needed). A file fills what is left; it is removed again, and nobody does anything else.
"""

import argparse
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import Figure, at_least, at_most
from tests.chaos.ledger import entries
from tests.chaos.load import Crowd, crowd
from tests.chaos.reconcile import reconcile
from tests.chaos.showing import carry_out, parser
from tests.chaos.town import Town, town

AGAIN_S = 10.0
FULL_WITHIN_S = 60.0
MOUNTED = ("mount", "-t", "tmpfs")


@dataclass(frozen=True, slots=True)
class Plan:
    """The size of the disk, how often it fills, and for how long it stays full."""

    megabytes: int = 256
    times: int = 3
    full_s: float = 10.0


WHOLE = Plan()
SHORT = Plan(times=1, full_s=4.0)


class CannotMount(Exception):
    """This account may not mount a file system; what it was told is the text."""


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A folder on a file system of so many megabytes. Raises CannotMount."""
    place = folder / "disk"
    place.mkdir(parents=True)
    done = subprocess.run(
        [*MOUNTED, "-o", f"size={megabytes}m,mode=0755", "linli-chaos", str(place)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise CannotMount(done.stderr.strip())
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)


def run(plan: Plan, folder: Path) -> list[Figure]:
    """Fill, wait, make room, count. Raises CannotMount."""
    with small_disk(folder, plan.megabytes) as place:
        (place / "database").mkdir()
        with town(folder / "data", database_folder=place / "database") as it:
            with crowd(it.port, it.ledgers, 3, pause_s=0.02) as people:
                back = [_fill(it, people, place / "filler", plan) for _ in range(plan.times)]
            refusals, untrue = people.refusals, people.untrue
            it.await_sent(120)
            found = reconcile(it.dsn, entries(it.ledgers), it.others.arrivals())
    return [
        at_least("times that the disk was full", len(back), "", plan.times, note=f"{plan.megabytes} MB"),
        at_least("refusals with 503 meanwhile", refusals[503], "", 1, note=f"all by status: {dict(refusals)}"),
        at_most("refusals with another status than 503", refusals.total() - refusals[503] - refusals[0], "", 0),
        at_most("answers that were not true, or 503 without advice", len(untrue), "", 0, note="; ".join(untrue[:3])),
        at_most("every client is answered again after there is room", max(back), "s", AGAIN_S),
        *found.figures(),
    ]  # fmt: skip


def _fill(it: Town, people: Crowd, filler: Path, plan: Plan) -> float:
    """Once full and empty again; the seconds from when there is room until every client has an acknowledgement."""
    people.await_more(2, 60)
    refused = people.refusals[503]
    deadline = time.monotonic() + FULL_WITHIN_S
    with filler.open("ab", buffering=0) as file:
        while people.refusals[503] <= refused and time.monotonic() < deadline:
            with suppress(OSError):
                while True:
                    file.write(bytes(65_536))
            time.sleep(0.02)
    time.sleep(plan.full_s)
    filler.unlink()
    return people.await_more(1, 60)


def main() -> None:
    """Run, print, keep."""
    asked = parser("full_disk", __doc__)
    asked.add_argument("--megabytes", type=int, default=WHOLE.megabytes)
    asked.add_argument("--times", type=int, default=WHOLE.times)
    carry_out("full_disk", asked.parse_args(), _chosen)


def _chosen(chosen: argparse.Namespace, folder: Path) -> list[Figure]:
    return run(SHORT if chosen.short else Plan(chosen.megabytes, chosen.times), folder)


if __name__ == "__main__":
    main()
