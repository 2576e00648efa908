"""Every benchmark in one run: ``python -m tests.bench [--quick] [--only NAME ...]``.

Prints a table and writes ``build/bench.json``. ``--quick`` takes less of everything and ends within a minute; its
figures are rougher and some are of smaller numbers, which their names say.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from backend.kernel.embedded import EmbeddedServer
from tests.bench import (
    board,
    bot,
    create,
    duplicates,
    lighthouse,
    lighthouse_console,
    listing,
    lookup,
    matching,
    measuring,
    page,
    queue_screen,
    responders,
    rules,
    running,
    simulating,
    suggesting,
    telling,
    told_apart,
    watching,
)
from tests.bench.figures import KEPT, Figure, keep, table
from tests.bench.serving import quiet_machine
from tests.bench.world import World, build

Bench = Callable[["Town"], list[Figure]]


@dataclass
class Town:
    """The city of the benchmarks that need one, built when the first of them asks."""

    folder: Path
    _server: EmbeddedServer | None = None
    _world: World | None = None
    _copies: dict[str, World] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The folder that ``linli up`` is given."""
        return self.folder / "data"

    def copy(self, name: str) -> World:
        """The city in a database of this name."""
        if self._server is None:
            self.data.mkdir()
            self._server = EmbeddedServer.start(self.data / "database")
            self._world = build(self._server, self.data)
        assert self._world
        if name not in self._copies:
            self._copies[name] = self._world.copy(self._server, name)
        return self._copies[name]

    def stop(self) -> None:
        """Stop the database server."""
        if self._server:
            self._server.stop()
            self._server = None


def full() -> Mapping[str, Bench]:
    """The benchmarks in order; those of ``linli up`` come last, because the server must be stopped before."""
    return {
        "create": lambda town: create.run(town.copy("linli")),
        "rules": lambda _: rules.run(),
        "lookup": lambda _: lookup.run(),
        "responders": lambda _: responders.run(),
        "duplicates": lambda _: duplicates.run(),
        "told_apart": lambda _: told_apart.run(),
        "listing": lambda town: listing.run(town.copy("listing")),
        "measuring": lambda town: measuring.run(town.copy("measuring")),
        "simulating": lambda town: simulating.run(town.copy("simulating")),
        "board": lambda town: board.run(town.copy("board")),
        "matching": lambda _: matching.run(),
        "suggesting": lambda town: suggesting.run(town.copy("suggesting")),
        "telling": lambda town: telling.run(town.copy("telling")),
        "page": lambda town: page.run(town.copy("page")),
        "queue_screen": lambda town: queue_screen.run(town.copy("listing")),
        "lighthouse": lambda town: lighthouse.run(town.copy("page")),
        "lighthouse_console": lambda town: lighthouse_console.run(town.copy("listing")),
        "bot": lambda town: bot.run(town.copy("bot")),
        "watching": lambda town: watching.run(town.copy("watching")),
        "running": _running,
    }


def quick() -> Mapping[str, Bench]:
    """The same, smaller."""
    few = create.Plan(rounds=1, alone=60, together=100, connections=(8,), warm=100)
    phases = (telling.Phase(5, 10, 50.0), telling.Phase(100, 60, 250.0))
    some = telling.Plan(phases, rungs=20, rungs_over_s=2.0)
    return {
        "create": lambda town: create.run(town.copy("linli"), few),
        "rules": lambda _: rules.run(rounds=3, times=100),
        "lookup": lambda _: lookup.run(polygons=5_000, rounds=3, points=1000),
        "responders": lambda _: responders.run(people=10_000, searches=50),
        "listing": lambda town: listing.run(town.copy("listing"), sizes=(1_000, 10_000), rounds=1, requests=20),
        "measuring": lambda town: measuring.run(town.copy("measuring"), incidents=5_000, requests=2),
        "simulating": lambda town: simulating.run(town.copy("simulating"), incidents=2_000),
        "board": lambda town: board.run(town.copy("board"), listings=2_000, rounds=1, requests=5),
        "matching": lambda _: matching.run(asked=200, given=1_000, opened=5_000, rounds=1, small=20),
        "suggesting": lambda town: suggesting.run(town.copy("suggesting"), opened=5_000, requests=30),
        "telling": lambda town: telling.run(town.copy("telling"), some),
        "page": lambda town: page.run(town.copy("page"), rounds=1),
        "queue_screen": lambda town: queue_screen.run(town.copy("listing"), size=10_000, rounds=1, events=20),
        "bot": lambda town: bot.run(town.copy("bot"), people=60),
        "watching": lambda town: watching.run(town.copy("watching"), watching.Plan(viewers=200, reports=10, rounds=1)),
        "running": partial(_running, starts=1, sent=100),
    }


def _running(town: Town, starts: int = 3, sent: int = 500) -> list[Figure]:
    world = town.copy("linli")
    town.stop()
    return running.run(world, starts=starts, sent=sent)


def carry_out(benches: Mapping[str, Bench], say: Callable[[str], None], path: Path | None = None) -> list[Figure]:
    """Run benchmarks one after the other; what is there is kept in ``path`` after each."""
    found: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as folder:
        town = Town(Path(folder))
        try:
            for name, bench in benches.items():
                began = time.monotonic()
                found += bench(town)
                if path:
                    keep(found, path)
                say(f"{name}: {time.monotonic() - began:.0f} s, {quiet_machine()}")
        finally:
            town.stop()
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Run, print, keep."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything, within a minute")
    parser.add_argument("--only", nargs="+", choices=list(full()), help="only these")
    asked = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # so that what was started is stopped again
    benches = quick() if asked.quick else full()
    chosen = {name: bench for name, bench in benches.items() if not asked.only or name in asked.only}
    found = carry_out(chosen, lambda line: print(line, file=sys.stderr, flush=True), KEPT)
    print(table(found))
    print("\n".join(f"  {one.name}: {one.note}" for one in found if one.note))


if __name__ == "__main__":
    main()
