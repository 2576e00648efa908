"""Reports at a steady rate for long, and at twice the rate for a minute: how long answers take, and whether the worker keeps up.

``python -m tests.chaos.steady [--rate N] [--minutes M]``: two web processes, one worker, PostgreSQL with fsync, and every
letter taken. Reports begin at fixed times whatever the answers do. Without numbers 100 a second for 10 minutes.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import Figure, at_least, at_most, percentile
from tests.bench.load import Answer, Order, per_second, send
from tests.bench.world import reports
from tests.chaos.showing import carry_out, parser
from tests.chaos.town import Town, town

P99_MS = 500.0
LAG_S = 5.0
SENT_WITHIN_S = 300.0
# How late the deliveries of a part were, by the database's own times.
_LAG = """
SELECT coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM handed_over_at - created_at)), 0)::float8
FROM delivery WHERE channel = 'email' AND created_at >= %s AND handed_over_at IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """Reports a second and for how long; then twice as many for ``hurry_s``. The whole is looked at in ``parts``."""

    rate: int = 100
    seconds: float = 600.0
    hurry_s: float = 60.0
    parts: int = 10


WHOLE = Plan()
SHORT = Plan(rate=10, seconds=10.0, hurry_s=4.0, parts=2)


def run(plan: Plan, folder: Path) -> list[Figure]:
    """Measure."""
    with town(folder) as it:
        _send(it, plan.rate // 4 or 1, 10.0, seed=1)  # caches, plans and connections
        parts = [_part(it, plan, at) for at in range(plan.parts)]
        steady_sent_s = it.await_sent(SENT_WITHIN_S)
        hurried = _send(it, 2 * plan.rate, plan.hurry_s, seed=99)
        hurried_sent_s = it.await_sent(SENT_WITHIN_S)
    answers = [one for part, _ in parts for one in part]
    slowest = min(per_second(part) for part, _ in parts)
    lags = [lag_s for _, lag_s in parts]
    hurry = f"{2 * plan.rate} a second"
    name = f"{plan.rate} reports a second for {plan.seconds:.0f} s"
    return [
        at_least(f"{name}: answered a second, slowest part", slowest, "/s", 0.95 * plan.rate, note=f"{len(answers)} reports"),
        at_most(f"{name}: p50", percentile([one.ms for one in answers], 50), "ms"),
        at_most(f"{name}: p99", percentile([one.ms for one in answers], 99), "ms", P99_MS),
        at_most(
            f"{name}: letters later in the last part than in the first", lags[-1] - lags[0], "s", LAG_S,
            note=f"medians {lags[0]:.2f} s and {lags[-1]:.2f} s",
        ),
        at_most(f"{name}: everything sent after the last", steady_sent_s, "s", LAG_S),
        at_least(f"{hurry} for {plan.hurry_s:.0f} s without an error", len(hurried), "", int(2 * plan.rate * plan.hurry_s)),
        at_most(f"{hurry}: p99", percentile([one.ms for one in hurried], 99), "ms"),
        at_most(f"{hurry}: everything sent after the last", hurried_sent_s, "s"),
    ]  # fmt: skip


def _part(it: Town, plan: Plan, at: int) -> tuple[Sequence[Answer], float]:
    """A part of the whole: its answers, and by how many seconds the median letter came after its row."""
    with it.database() as connection:
        since = connection.execute("SELECT now()").fetchone()
        answers = _send(it, plan.rate, plan.seconds / plan.parts, seed=at + 2)
        time.sleep(1)
        lag = connection.execute(_LAG, since).fetchone()
    return answers, float(lag[0]) if lag else 0.0


def _send(it: Town, rate: int, seconds: float, *, seed: int) -> Sequence[Answer]:
    bodies = reports(int(rate * seconds), seed=seed, category="CN12")
    order = Order(
        it.port, "POST", "/api/v1/reports", bodies, connections=min(64, rate), rate=rate, most_s=seconds + 120
    )
    return send(order)


def main() -> None:
    """Run, print, keep."""
    asked = parser("steady", __doc__)
    asked.add_argument("--rate", type=int, default=WHOLE.rate)
    asked.add_argument("--minutes", type=float, default=WHOLE.seconds / 60)
    carry_out("steady", asked.parse_args(), _chosen)


def _chosen(chosen: argparse.Namespace, folder: Path) -> list[Figure]:
    return run(SHORT if chosen.short else Plan(chosen.rate, chosen.minutes * 60), folder)


if __name__ == "__main__":
    main()
