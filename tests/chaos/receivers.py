"""Receivers that hang, answer 500, redirect, send 1 GB or close half-way: what it costs everybody else.

``python -m tests.chaos.receivers [--seconds N] [--clients N]``: reports come in while every receiver is well, and again while a
body has one of each ill kind beside one that is well; then the mail server itself fails in each way, and SOS must be
settled, by another channel or by the word that it failed, within 60 s.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.bench.figures import Figure, at_least, at_most, at_most_times, percentile
from tests.chaos.load import crowd
from tests.chaos.showing import carry_out, parser
from tests.chaos.town import Town, town, with_webhook
from tests.chaos.wire import ILL, Arrival, Manner

BODY = "Public Works"
SLOWER_TIMES = 1.1
FALLS_OVER_S = 60.0
LETTERS_ILL = (Manner.HANG, Manner.BROKEN, Manner.FLOOD, Manner.HALF)
_CREATED = "SELECT id::text, created_at FROM delivery WHERE channel IN ('email', 'webhook')"
_ILL = "SELECT count(*) FILTER (WHERE state = 'delivered'), count(*) FROM delivery WHERE webhook_id = ANY(%s)"
# How long until each SOS letter was known to have failed, or was sent after all; those under way count until now.
_SETTLED = """
SELECT extract(epoch FROM coalesce(max(a.at) FILTER (WHERE d.state <> 'waiting'), now()) - d.created_at)::float8
FROM delivery d JOIN delivery_attempt a ON a.delivery_id = d.id
WHERE d.channel = 'email' AND d.lane = 'sos' AND d.created_at > %s GROUP BY d.id
"""
_ALARMED = """
SELECT count(DISTINCT incident_id) FROM delivery WHERE lane = 'sos' AND channel = 'email' AND state = 'failed' AND created_at > %(since)s
AND NOT EXISTS (SELECT FROM delivery t WHERE t.incident_id = delivery.incident_id
  AND t.template IN ('delivery_failed', 'sos_not_told') AND t.created_at > %(since)s)
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long each part lasts, and beside how many clients."""

    seconds: float = 60.0
    clients: int = 4
    letters: Sequence[Manner] = LETTERS_ILL
    sos: int = 5


WHOLE = Plan()
SHORT = Plan(seconds=10.0, clients=2, letters=(Manner.HANG,), sos=2)


def run(plan: Plan, folder: Path) -> list[Figure]:
    """Measure on a city of its own."""
    with town(folder) as it:
        _told(it, "warm", plan)
        well = _told(it, "well", plan)
        for manner in ILL:
            with_webhook(it.world, BODY, it.others.hook(manner))
        _told(it, "turning", plan)  # whoever is ill is found out
        ill = _told(it, "ill", plan)
        calls = sum(not one.is_taken for one in it.others.arrivals())
        letters = [_letters(it, manner, plan) for manner in plan.letters]
    note = f"from the row to the receiver, p50 of {len(ill)}; p99 {percentile(ill, 99):.2f} s beside {percentile(well, 99):.2f} s"
    return [
        at_least("calls that ill receivers got", calls, "", 1),
        at_most_times(
            "others, while receivers are ill, p50", percentile(ill, 50), "s", SLOWER_TIMES, yardstick=percentile(well, 50),
            note=f"{note}; the yardstick is the same before",
        ),
        *(one for found in letters for one in found),
    ]  # fmt: skip


def _told(it: Town, name: str, plan: Plan) -> list[float]:
    """Seconds from each delivery's row to its arrival, of receivers that are well, while reports come in for a while."""
    since = len(it.others.arrivals())
    with crowd(it.port, it.ledgers / name, plan.clients, pause_s=0.1, mix={"concern": 1}):
        time.sleep(plan.seconds)
    time.sleep(2)
    return _delays(it, it.others.arrivals()[since:])


def _delays(it: Town, arrivals: Sequence[Arrival]) -> list[float]:
    """By the machine's clock and the monotonic one, which differ by the same all the time."""
    offset = time.time() - time.monotonic()
    with it.database() as connection:
        created = {row[0]: row[1].timestamp() for row in connection.execute(_CREATED)}
    return [one.at + offset - created[one.id] for one in arrivals if one.is_taken and one.id in created]


def _letters(it: Town, manner: Manner, plan: Plan) -> list[Figure]:
    """SOS while the mail server fails in this way."""
    it.others.letters(manner)
    with it.database() as connection:
        since = connection.execute("SELECT now()").fetchone()
        assert since
        with crowd(it.port, it.ledgers / f"letters-{manner}", 1, pause_s=1.0, mix={"distress": 1}) as people:
            people.await_more(plan.sos, FALLS_OVER_S)
        settled = _await_settled(connection, since)
        silent = connection.execute(_ALARMED, {"since": since[0]}).fetchone()
    it.others.letters(Manner.WELL)
    assert silent
    return [
        at_most(
            f"an SOS letter is given up, mail server: {manner}",
            max(settled),
            "s",
            FALLS_OVER_S,
            note=f"{len(settled)} letters",
        ),
        at_most(f"SOS of which no person was told that letters fail, mail server: {manner}", silent[0], "", 0),
    ]


def _await_settled(connection: "psycopg.Connection[tuple[object, ...]]", since: tuple[object, ...]) -> list[float]:
    waiting = "SELECT count(*) FROM delivery WHERE channel = 'email' AND lane = 'sos' AND state = 'waiting' AND created_at > %s"
    deadline = time.monotonic() + 2 * FALLS_OVER_S
    while connection.execute(waiting, since).fetchone() != (0,) and time.monotonic() < deadline:
        time.sleep(0.5)
    return [float(str(row[0])) for row in connection.execute(_SETTLED, since)]


def main() -> None:
    """Run, print, keep."""
    asked = parser("receivers", __doc__)
    asked.add_argument("--seconds", type=float, default=WHOLE.seconds)
    asked.add_argument("--clients", type=int, default=WHOLE.clients)
    carry_out("receivers", asked.parse_args(), _chosen)


def _chosen(chosen: argparse.Namespace, folder: Path) -> list[Figure]:
    return run(SHORT if chosen.short else Plan(chosen.seconds, chosen.clients), folder)


if __name__ == "__main__":
    main()
