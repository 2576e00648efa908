"""One delivery in a hundred cannot be sent at all: it ends among the dead letters, a person hears of it, and all else is on time.

``python -m tests.chaos.poison [--seconds N] [--clients N] [--share S]``. The database itself spoils rows as they are born. Waits
between the tries of those are shortened, so that a quarter of an hour need not pass.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

from backend.console.health.rules import LANE_WARNING_S
from tests.bench.figures import Figure, at_least, at_most
from tests.chaos.ledger import entries
from tests.chaos.load import crowd
from tests.chaos.reconcile import reconcile
from tests.chaos.showing import carry_out, parser
from tests.chaos.town import Town, town

POISON = "poison"
ENDED_WITHIN_S = 120.0
_SPOIL = """
CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.channel IN ('email', 'webhook') AND NEW.template <> 'delivery_failed' AND random() < {share} THEN
    NEW.template := 'poison';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER spoil BEFORE INSERT ON delivery FOR EACH ROW EXECUTE FUNCTION spoil()
"""
_HURRY = "UPDATE delivery SET due_at = now() WHERE template = 'poison' AND state = 'waiting' AND due_at > now()"
_LEFT = "SELECT count(*) FROM delivery WHERE template = 'poison' AND state = 'waiting'"
_DEAD = "SELECT count(*), count(*) FILTER (WHERE state = 'failed') FROM delivery WHERE template = 'poison'"
_SILENT = """
SELECT count(*) FROM delivery d WHERE d.template = 'poison' AND d.state = 'failed' AND NOT EXISTS (
  SELECT FROM delivery t WHERE t.incident_id = d.incident_id AND t.template = 'delivery_failed'
  UNION ALL SELECT FROM delivery t WHERE t.incident_id = d.incident_id AND t.person_id IS NOT DISTINCT FROM d.person_id
  AND t.template <> 'poison' AND t.state IN ('handed_over', 'delivered', 'seen'))
"""
_LATENESS = """
SELECT lane, max(extract(epoch FROM handed_over_at - created_at))::float8, count(*) FROM delivery
WHERE channel IN ('email', 'webhook') AND template <> 'poison' AND handed_over_at IS NOT NULL GROUP BY lane ORDER BY lane
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, beside how many clients, and how many of all are spoiled."""

    seconds: float = 300.0
    clients: int = 4
    share: float = 0.01


WHOLE = Plan()
SHORT = Plan(seconds=10.0, clients=2, share=0.05)


def run(plan: Plan, folder: Path) -> list[Figure]:
    """On a city of its own."""
    with town(folder) as it:
        return poison_and_count(it, plan)


def poison_and_count(it: Town, plan: Plan) -> list[Figure]:
    """Spoil, wait until all is settled, compare."""
    with it.database() as connection:
        connection.execute(_SPOIL.format(share=plan.share).encode())
        with crowd(it.port, it.ledgers / "poison", plan.clients, pause_s=0.05):
            time.sleep(plan.seconds)
        connection.execute("DROP TRIGGER spoil ON delivery; DROP FUNCTION spoil()")
        deadline = time.monotonic() + ENDED_WITHIN_S
        while connection.execute(_LEFT).fetchone() != (0,) and time.monotonic() < deadline:
            connection.execute(_HURRY)
            time.sleep(0.5)
        it.await_sent(ENDED_WITHIN_S)
        spoiled, dead = connection.execute(_DEAD).fetchone() or (0, 0)
        silent = connection.execute(_SILENT).fetchone() or (0,)
        late = connection.execute(_LATENESS).fetchall()
    found = reconcile(it.dsn, entries(it.ledgers), it.others.arrivals())
    return [
        at_least("deliveries spoiled", spoiled, "", 1, note=f"{100 * plan.share:g} in 100"),
        at_most("of these not among the dead letters", spoiled - dead, "", 0),
        at_most("of these, nobody told otherwise and no person told that it failed", silent[0], "", 0),
        *(
            at_most(f"latest of all others, lane {lane}", worst, "s", LANE_WARNING_S[lane], note=f"of {count}")
            for lane, worst, count in late
        ),
        *found.figures(),
    ]


def main() -> None:
    """Run, print, keep."""
    asked = parser("poison", __doc__)
    asked.add_argument("--seconds", type=float, default=WHOLE.seconds)
    asked.add_argument("--clients", type=int, default=WHOLE.clients)
    asked.add_argument("--share", type=float, default=WHOLE.share)
    carry_out("poison", asked.parse_args(), _chosen)


def _chosen(chosen: argparse.Namespace, folder: Path) -> list[Figure]:
    return run(SHORT if chosen.short else Plan(chosen.seconds, chosen.clients, chosen.share), folder)


if __name__ == "__main__":
    main()
