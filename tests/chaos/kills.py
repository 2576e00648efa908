"""Parts are killed at random while reports come in: whatever was acknowledged is there afterwards, owned, told, in whole chains.

``python -m tests.chaos.kills [--kills N] [--acknowledged N] [--server embedded|own] [--clients N] [--most-minutes M]``:
SIGKILL for web, worker, stream, bot and the database, and for SOS how soon the first message arrives: at rest, and while
workers are killed every 5 to 15 s. Without numbers 500 kills and 50,000 acknowledgements.
"""

import argparse
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped, unused-ignore]

from tests.bench.figures import Figure, at_least, at_most
from tests.chaos.ledger import entries
from tests.chaos.load import Crowd, crowd
from tests.chaos.reconcile import first_told_s, reconcile, sos_figures
from tests.chaos.showing import carry_out, parser
from tests.chaos.town import PARTS, Server, Town, town

AGAIN_WITHIN_S = 60.0
SENT_WITHIN_S = 120.0
WORKERS_EVERY_S = (5.0, 15.0)
SOS_ALONE = {"distress": 1}
AT_REST_P99_S, KILLED_P999_S = 2.0, 15.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How much. ``sos_s``: for how long SOS are sent at rest, and again while workers are killed."""

    kills: int = 500
    acknowledged: int = 50_000
    clients: int = 4
    server: Server = "embedded"
    sos_s: float = 300.0
    most_s: float = 5400.0
    seed: int = 7


WHOLE = Plan()
SHORT = Plan(kills=8, acknowledged=100, clients=3, sos_s=15.0, most_s=60.0)


def run(plan: Plan, folder: Path) -> list[Figure]:
    """On a city of its own."""
    with town(folder, server=plan.server, bot=True) as it:
        return kill_and_count(it, plan)


def kill_and_count(it: Town, plan: Plan) -> list[Figure]:
    """SOS at rest, random kills, SOS while workers are killed; then everything is compared."""
    at_rest, killing, hurried = (it.ledgers / name for name in ("at-rest", "killing", "hurried"))
    with crowd(it.port, at_rest, 1, pause_s=0.5, mix=SOS_ALONE):
        time.sleep(plan.sos_s)
    with crowd(it.port, killing, plan.clients) as people:
        killed, took_s = kill_at_random(it, people, plan)
    with crowd(it.port, hurried, 1, pause_s=0.5, mix=SOS_ALONE) as hasty:
        workers = kill_workers(it, plan.sos_s, random.Random(plan.seed))
        hasty.await_more(1, AGAIN_WITHIN_S)
    sent_s, dsn, told = it.await_sent(SENT_WITHIN_S), it.dsn, it.others.arrivals()
    found = reconcile(dsn, entries(it.ledgers), told)
    at_rest_s, hurried_s = (first_told_s(dsn, entries(one), told) for one in (at_rest, hurried))
    note = ", ".join(f"{name} {number}" for name, number in sorted(killed.items()))
    tries = ", ".join(f"{number} of status {status}" for status, number in sorted(people.refusals.items()))
    untrue = people.untrue
    return [
        at_least(
            "random kills", killed.total(), "", plan.kills, note=f"{note}; {took_s:.0f} s, database {plan.server}"
        ),
        *found.figures(plan.acknowledged),
        at_most(
            "answers that were not true", len(untrue), "", 0, note=f"{'; '.join(untrue[:3])} tries in vain: {tries}"
        ),
        at_most("everything sent, after the last kill", sent_s, "s", SENT_WITHIN_S),
        *sos_figures("at rest", at_rest_s, p99_s=AT_REST_P99_S),
        *sos_figures(f"while {workers} workers are killed", hurried_s, p999_s=KILLED_P999_S),
    ]


def kill_at_random(it: Town, people: Crowd, plan: Plan) -> tuple[Counter[str], float]:
    """Kill so many, and as often as it takes for so many acknowledgements; how many of each part, and the seconds it took."""
    dice, killed, began = random.Random(plan.seed), Counter[str](), time.monotonic()
    each = max(1, plan.acknowledged // plan.kills // plan.clients)
    while killed.total() < plan.kills or people.acknowledged < plan.acknowledged:
        if time.monotonic() - began > plan.most_s:
            break
        people.await_more(each, AGAIN_WITHIN_S)
        name = dice.choice(PARTS)
        with suppress(psutil.NoSuchProcess, IndexError):  # it died just before, or is not there again yet
            dice.choice(it.parts(name)).kill()
            killed[name] += 1
    people.await_more(1, AGAIN_WITHIN_S)
    return killed, time.monotonic() - began


def kill_workers(it: Town, during_s: float, dice: random.Random) -> int:
    """Kill the worker again and again; how often it was."""
    killed, until = 0, time.monotonic() + during_s
    while (wait_s := dice.uniform(*WORKERS_EVERY_S)) < until - time.monotonic():
        time.sleep(wait_s)
        for worker in it.parts("worker"):
            with suppress(psutil.NoSuchProcess):
                worker.kill()
                killed += 1
    return killed


def main() -> None:
    """Run, print, keep."""
    asked = parser("kills", __doc__)
    asked.add_argument("--kills", type=int, default=WHOLE.kills)
    asked.add_argument("--acknowledged", type=int, default=WHOLE.acknowledged)
    asked.add_argument("--clients", type=int, default=WHOLE.clients)
    asked.add_argument("--server", choices=("embedded", "own"), default="embedded")
    asked.add_argument("--most-minutes", type=float, default=WHOLE.most_s / 60)
    carry_out("kills", asked.parse_args(), _chosen)


def _chosen(chosen: argparse.Namespace, folder: Path) -> list[Figure]:
    if chosen.short:
        return run(SHORT, folder)
    plan = Plan(
        kills=chosen.kills, acknowledged=chosen.acknowledged, clients=chosen.clients, server=chosen.server,
        most_s=chosen.most_minutes * 60,
    )  # fmt: skip
    return run(plan, folder)


if __name__ == "__main__":
    main()
