"""The database is shut down immediately, again and again, while reports come in: what is lost, and for how long nothing is taken.

``python -m tests.chaos.restarts [--times N] [--server embedded|own] [--clients N]``. An outage is the time from a try without
an acknowledgement to the acknowledgement of the same report, the longest of all clients. Without numbers 50 times.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import Figure, at_least, at_most, percentile
from tests.chaos.ledger import entries
from tests.chaos.load import Crowd, crowd
from tests.chaos.reconcile import reconcile
from tests.chaos.showing import carry_out, parser
from tests.chaos.town import Server, Town, town

OUTAGE_S = 5.0
AGAIN_WITHIN_S = 60.0
SENT_WITHIN_S = 120.0
REST_S = 2.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How often, and beside how many clients."""

    times: int = 50
    clients: int = 4
    server: Server = "embedded"


WHOLE = Plan()
SHORT = Plan(times=3, clients=3)


def run(plan: Plan, folder: Path) -> list[Figure]:
    """On a city of its own."""
    with town(folder, server=plan.server) as it:
        return restart_and_count(it, plan)


def restart_and_count(it: Town, plan: Plan) -> list[Figure]:
    """Restart under load; then everything is compared."""
    with crowd(it.port, it.ledgers / "restarts", plan.clients, pause_s=0.02) as people:
        outages = [_restart(it, people) for _ in range(plan.times)]
    refusals, untrue = people.refusals, people.untrue
    sent_s, dsn = it.await_sent(SENT_WITHIN_S), it.dsn
    found = reconcile(dsn, entries(it.ledgers), it.others.arrivals())
    per_restart = refusals[503] / plan.times
    note = (
        f"tries in vain by status: {dict(refusals)}; of each client {per_restart / plan.clients:.1f} a restart with 503"
    )
    return [
        at_least("immediate restarts of the database", len(outages), "", plan.times, note=f"database {plan.server}"),
        *found.figures(),
        at_most("longest outage", max(outages), "s", OUTAGE_S, note=f"median {percentile(outages, 50):.2f} s; {note}"),
        at_most("answers that were not true", len(untrue), "", 0, note="; ".join(untrue[:3])),
        at_most("everything sent, after the last restart", sent_s, "s", SENT_WITHIN_S),
    ]


def _restart(it: Town, people: Crowd) -> float:
    """One restart under load; the longest outage that a client had of it."""
    people.await_more(3, AGAIN_WITHIN_S)
    began = time.monotonic()
    it.restart_database()
    time.sleep(REST_S)
    people.await_more(2, AGAIN_WITHIN_S)
    return people.longest_outage_s(began - 1.0, time.monotonic())


def main() -> None:
    """Run, print, keep."""
    asked = parser("restarts", __doc__)
    asked.add_argument("--times", type=int, default=WHOLE.times)
    asked.add_argument("--clients", type=int, default=WHOLE.clients)
    asked.add_argument("--server", choices=("embedded", "own"), default="embedded")
    carry_out("restarts", asked.parse_args(), _chosen)


def _chosen(chosen: argparse.Namespace, folder: Path) -> list[Figure]:
    return run(SHORT if chosen.short else Plan(chosen.times, chosen.clients, chosen.server), folder)


if __name__ == "__main__":
    main()
