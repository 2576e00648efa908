"""The network between Linli and its database is cut while reports wait to be told: after the cut all are, the gravest first.

``python -m tests.chaos.cuts [--backlog N] [--cut-seconds S] [--cuts N]``. Every connection to the database goes over a relay that
can be cut. A backlog is written while no worker can reach the database; then the road is mended. Without numbers a
backlog of 10,000.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from backend.kernel.embedded import EmbeddedServer
from tests.bench.figures import Figure, at_least, at_most, percentile
from tests.bench.load import Order, send
from tests.bench.serving import linli, started, web
from tests.bench.world import build, reports
from tests.chaos.ledger import entries
from tests.chaos.load import crowd
from tests.chaos.reconcile import reconcile
from tests.chaos.showing import carry_out, parser
from tests.chaos.wire import receivers
from tests.support.cutting import Road, road
from tests.support.processes import eventually, free_port

DRAINED_WITHIN_S = 300.0
OUTAGE_S = 5.0
_WAITING = "SELECT count(*) FROM delivery WHERE state = 'waiting' AND due_at <= now()"
# In which order what waited was handed over: the place of each lane's middle among all, from 0 to 1.
_ORDER = """
SELECT lane, percentile_cont(0.5) WITHIN GROUP (ORDER BY place), count(*) FROM (
  SELECT lane, percent_rank() OVER (ORDER BY handed_over_at) AS place FROM delivery
  WHERE channel = 'email' AND handed_over_at > %s) AS handed GROUP BY lane
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many wait, and how often and for how long the road is cut under load afterwards."""

    backlog: int = 10_000
    cuts: int = 10
    cut_s: float = 3.0


WHOLE = Plan()
SHORT = Plan(backlog=100, cuts=2, cut_s=1.0)


def run(plan: Plan, folder: Path) -> list[Figure]:
    """Measure."""
    (folder / "database").mkdir(parents=True)
    port = free_port()
    reachable = {"listen_addresses": "127.0.0.1"}
    with (
        EmbeddedServer.start(folder / "database", port=port, settings=reachable) as server,
        road(port) as way,
        receivers() as others,
    ):
        world = build(server, folder).copy(server, "linli")
        _admit(folder / "database" / "cluster", world.settings.database_url)
        settings = world.environment | {
            "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{way.port}/linli", "LINLI_SMTP_HOST": "127.0.0.1",
            "LINLI_SMTP_PORT": str(others.smtp_port), "LINLI_LOG_LEVEL": "error",
        }  # fmt: skip
        near = settings | {"DATABASE_URL": world.settings.database_url}
        with web(near) as far_port:
            _backlog(far_port, plan)
        with psycopg.connect(world.settings.database_url, autocommit=True) as connection:
            healed = connection.execute(
                "SELECT now(), (SELECT count(*) FROM delivery WHERE state = 'waiting')"
            ).fetchone()
            assert healed
            way.cut()
            with started(linli("worker"), settings):
                time.sleep(plan.cut_s)
                way.mend()
                began = time.monotonic()
                eventually(lambda: connection.execute(_WAITING).fetchone() == (0,), DRAINED_WITHIN_S + 60)
                drained_s = time.monotonic() - began
                places = {row[0]: row[1] for row in connection.execute(_ORDER, [healed[0]])}
                with web(settings) as web_port:
                    outages, refusals = _cut_under_load(web_port, way, plan, folder / "ledgers")
                eventually(lambda: connection.execute(_WAITING).fetchone() == (0,), 60)
        found = reconcile(world.settings.database_url, entries(folder / "ledgers"), others.arrivals())
    return [
        at_least("backlog of deliveries", healed[1], "", 1, note=f"of {plan.backlog} reports"),
        at_most("backlog drained after the road was mended", drained_s, "s", DRAINED_WITHIN_S),
        at_most("SOS behind others, by their middles", float(_is_behind(places)), "", 0, note=f"place of each lane: {places}"),
        at_most(
            "longest outage beyond the cut", max(outages) - plan.cut_s, "s", OUTAGE_S,
            note=f"median with the cut {percentile(outages, 50):.2f} s; {refusals}",
        ),
        *found.figures(),
    ]  # fmt: skip


def _is_behind(places: dict[str, float]) -> bool:
    return any(places.get("sos", 0.0) > place for lane, place in places.items() if lane != "sos")


def _admit(cluster: Path, database_url: str) -> None:
    """Let the relay's connections in, which come by TCP from this machine."""
    rules = cluster / "pg_hba.conf"
    rules.write_text("local all all trust\nhost all all 127.0.0.1/32 trust\n")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_reload_conf()")


def _backlog(port: int, plan: Plan) -> None:
    """Reports of all grades, an SOS among ten, written while nobody sends. The SOS come last of all."""
    most_s = max(60.0, plan.backlog / 20)
    for share, more in ((0.9, {"category": "CN12"}), (0.1, {"kind": "distress", "category": "DS02"})):
        bodies = reports(max(1, int(plan.backlog * share)), seed=5, **more)
        send(Order(port, "POST", "/api/v1/reports", bodies, connections=8, most_s=most_s))


def _cut_under_load(port: int, way: Road, plan: Plan, ledgers: Path) -> tuple[Sequence[float], dict[int, int]]:
    outages = []
    with crowd(port, ledgers, 3, pause_s=0.02) as people:
        for _ in range(plan.cuts):
            people.await_more(3, 60)
            began = time.monotonic()
            way.cut()
            time.sleep(plan.cut_s)
            way.mend()
            people.await_more(2, 60)
            outages.append(people.longest_outage_s(began - 1, time.monotonic()))
    return outages, dict(people.refusals)


def main() -> None:
    """Run, print, keep."""
    asked = parser("cuts", __doc__)
    asked.add_argument("--backlog", type=int, default=WHOLE.backlog)
    asked.add_argument("--cuts", type=int, default=WHOLE.cuts)
    asked.add_argument("--cut-seconds", type=float, default=WHOLE.cut_s)
    carry_out("cuts", asked.parse_args(), _chosen)


def _chosen(chosen: argparse.Namespace, folder: Path) -> list[Figure]:
    return run(SHORT if chosen.short else Plan(chosen.backlog, chosen.cuts, chosen.cut_seconds), folder)


if __name__ == "__main__":
    main()
