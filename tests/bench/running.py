"""(f), (g) ``linli up`` on a database that exists: how soon it is ready, and what its processes hold in memory.

Memory is PSS: what a process holds alone, and its share of what it holds with others. Database apart.
"""

import time
from pathlib import Path
from statistics import median

import psutil  # type: ignore[import-untyped, unused-ignore]

from tests.bench.figures import Figure, at_most, spread
from tests.bench.load import Order, send
from tests.bench.serving import await_answer, linli, started
from tests.bench.world import World, reports
from tests.support.processes import free_port

READY_S, MEMORY_MIB = 4.0, 250.0
KIB_PER_MIB = 1024


def run(world: World, *, starts: int = 3, sent: int = 500) -> list[Figure]:
    """Measure. Nothing else may use the city's database folder meanwhile."""
    settings = {name: value for name, value in world.environment.items() if name != "DATABASE_URL"}
    ready_s: list[float] = []
    for at in range(starts):
        port, began = free_port(), time.monotonic()
        with started(linli("up", "--port", str(port)), settings) as process:
            ready_s.append(await_answer(process, port, "/readyz") - began)
            if at == starts - 1:
                send(Order(port, "POST", "/api/v1/reports", reports(sent, seed=3), connections=8))
                time.sleep(2)
                held = memory_mib(process.pid, port)
    serving = held["web"] + held["worker"]
    return [
        at_most("linli up, until ready", float(median(ready_s)), "s", READY_S, note=spread(ready_s)),
        at_most(
            f"memory of web and worker after {sent} reports", serving, "MiB", MEMORY_MIB,
            note=", ".join(f"{name} {mib:.0f}" for name, mib in held.items()),
        ),
    ]  # fmt: skip


def memory_mib(up: int, port: int) -> dict[str, float]:
    """PSS in MiB of each part of the ``linli up`` with the process id ``up``; the database is left out."""
    parent = psutil.Process(up)
    parts = {"parent": pss_kib(parent) / KIB_PER_MIB}
    for child in parent.children():
        if child.name() == "postgres":
            continue
        ports = {at.laddr.port for at in child.net_connections("tcp") if at.status == psutil.CONN_LISTEN}
        name = "web" if port in ports else "stream" if port + 1 in ports else "worker"
        held = sum(pss_kib(one) for one in (child, *child.children(recursive=True)))
        parts[name] = parts.get(name, 0.0) + held / KIB_PER_MIB
    return parts


def pss_kib(process: "psutil.Process") -> float:
    """A process's proportional set size in KiB."""
    rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    return next(float(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
