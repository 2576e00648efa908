"""Every command of this folder, one after the other: ``python -m tests.chaos [--short] [--only NAME ...]``; ``make chaos``.

Each prints its figures and is over before the next begins; the whole takes some three hours, ``--short`` ten minutes. It leaves with
1 when any goal was missed or any command could not run, which is said.
"""

import argparse
import subprocess
import sys
import time

# The longest that each may take, in minutes.
COMMANDS = {
    "kills": 120, "restarts": 30, "receivers": 20, "poison": 20, "clocks": 20, "cuts": 60, "full_disk": 15,
    "restore_drill": 60, "power_loss": 30, "steady": 30,
}  # fmt: skip


def main() -> None:
    """Run them."""
    asked = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    asked.add_argument("--short", action="store_true", help="a minute or less of each")
    asked.add_argument("--only", nargs="+", choices=list(COMMANDS), help="only these")
    chosen = asked.parse_args()
    ended = {name: _run(name, short=chosen.short) for name in chosen.only or COMMANDS}
    print("\n".join(f"{name}: {how}" for name, how in ended.items()))
    sys.exit(any(how != "all goals met" for how in ended.values()))


def _run(name: str, *, short: bool) -> str:
    """Run one to its end; how it ended."""
    command = [sys.executable, "-m", f"tests.chaos.{name}", *(["--short"] if short else [])]
    print(f"\n{name}", flush=True)
    began = time.monotonic()
    with subprocess.Popen(command) as process:
        try:
            status = process.wait(60 * COMMANDS[name])
        except subprocess.TimeoutExpired:
            process.terminate()
            return "took too long"
    print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    return {0: "all goals met", 1: "a goal was missed, or it could not run"}.get(status, f"ended with {status}")


if __name__ == "__main__":
    main()
