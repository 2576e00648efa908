"""How every command of this folder ends: a table of figures, the same as JSON, and a status that says whether all goals are met."""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from tests.bench.figures import Figure, table
from tests.bench.serving import quiet_machine

KEPT = Path(__file__).parents[2] / "build" / "chaos"
Run = Callable[[argparse.Namespace, Path], list[Figure]]


def parser(name: str, words: str | None) -> argparse.ArgumentParser:
    """A parser of arguments; ``--short`` is understood by every command."""
    made = argparse.ArgumentParser(prog=f"python -m tests.chaos.{name}", description=words)
    made.add_argument("--short", action="store_true", help="a minute or less instead of the whole")
    return made


def carry_out(name: str, chosen: argparse.Namespace, run: Run) -> None:
    """Run in a folder of its own, print and keep the figures; leave with 1 when a goal was missed."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # so that what was started is stopped again
    with tempfile.TemporaryDirectory(prefix=f"linli-{name}-") as folder:
        found = run(chosen, Path(folder))
    print(table(found))
    print("\n".join(f"  {one.name}: {one.note}" for one in found if one.note))
    print(quiet_machine())
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{name}.json").write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n", encoding="utf-8")
    if missed(found):
        sys.exit(1)


def missed(found: Sequence[Figure]) -> list[str]:
    """What did not meet its goal, in words."""
    return [f"{one.name}: {one.value:g} {one.unit}, {one.goal} {one.note}" for one in found if one.met is False]
