"""What clients were told, beside the database, its journal and what receivers got: nothing lost, nothing untrue, little twice."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from sqlalchemy.orm import Session

from backend.kernel.database import owner_engine
from backend.kernel.journal import broken_chains
from tests.bench.figures import Figure, at_least, at_most, percentile
from tests.chaos.ledger import Entry
from tests.chaos.wire import Arrival

# An owner at every moment, without gap or overlap, until now (INV-1).
_UNOWNED = """
SELECT count(*) FROM incident i WHERE NOT EXISTS (
  SELECT FROM ownership o WHERE o.incident_id = i.id HAVING count(*) > 0 AND count(*) FILTER (WHERE upper_inf(o.during)) = 1
  AND range_agg(o.during) = multirange(tstzrange(min(lower(o.during)), NULL)))
"""
_UNTOLD = """
SELECT count(*) FROM incident i WHERE NOT EXISTS (
  SELECT FROM delivery d WHERE d.incident_id = i.id AND d.state IN ('handed_over', 'delivered', 'seen'))
"""
# The same message planned twice for the same person by the same way, whatever its rows are called.
_PLANNED_TWICE = """
SELECT coalesce(sum(times - 1), 0) FROM (
  SELECT count(*) AS times FROM delivery WHERE channel <> 'in_app' GROUP BY incident_id, offer_id, person_id, desk_id, report_id,
  webhook_id, channel, template, created_at) AS same
"""
_SENT = "SELECT id::text, channel FROM delivery WHERE channel IN ('email', 'webhook') AND state IN ('handed_over', 'delivered')"
_FIRST = "SELECT id::text, incident_id::text FROM delivery WHERE channel IN ('email', 'webhook')"


@dataclass
class Found:
    """How many of each; all but ``acknowledged`` and ``arrived`` should be 0, or nearly so."""

    acknowledged: int = 0
    lost: int = 0
    twice_stored: int = 0
    unowned: int = 0
    untold: int = 0
    broken: int = 0
    waiting: int = 0
    arrived: int = 0
    twice_arrived: int = 0
    twice_planned: int = 0
    never_arrived: int = 0
    examples: list[str] = field(default_factory=list)

    def figures(self, least: int = 1) -> list[Figure]:
        """As figures with their goals; ``least`` acknowledgements make the run worth something."""
        share = 1000 * (self.twice_arrived + self.twice_planned) / max(1, self.arrived)
        note = f"{self.twice_arrived} of {self.arrived} arrived again, {self.twice_planned} were planned twice"
        return [
            at_least("reports acknowledged", self.acknowledged, "", least),
            at_most("acknowledged reports lost", self.lost, "", 0, note="; ".join(self.examples[:3])),
            at_most("reports stored twice", self.twice_stored, "", 0),
            at_most("incidents without an owner at some moment", self.unowned, "", 0),
            at_most("incidents of which nobody was told", self.untold, "", 0),
            at_most("hash chains broken", self.broken, "", 0),
            at_most("deliveries still waiting at the end", self.waiting, "", 0),
            at_most("said to be sent, but never arrived", self.never_arrived, "", 0),
            at_most("messages to a person twice, of 1,000", share, "", 1, note=note),
        ]


def reconcile(database_url: str, ledger: Sequence[Entry], arrivals: Sequence[Arrival]) -> Found:
    """Compare, as the database's owner. The receivers must have run all the time."""
    with psycopg.connect(database_url) as connection:
        found = _compared(connection, ledger, arrivals)
    found.broken = chains_broken(database_url)
    return found


def _compared(connection: "psycopg.Connection[Any]", ledger: Sequence[Entry], arrivals: Sequence[Arrival]) -> Found:
    found = Found(acknowledged=len(ledger))
    stored = {
        row[0]: row[1:] for row in connection.execute("SELECT client_id::text, id::text, incident_id::text FROM report")
    }
    for entry in ledger:
        if stored.get(entry.client_id) != (entry.report, entry.incident):
            found.lost += 1
            found.examples.append(f"{entry.kind} {entry.client_id}: {stored.get(entry.client_id)}")
    found.twice_stored = _number(connection, "SELECT count(*) - count(DISTINCT client_id) FROM report")
    found.unowned, found.untold = _number(connection, _UNOWNED), _number(connection, _UNTOLD)
    found.waiting = _number(connection, "SELECT count(*) FROM delivery WHERE state = 'waiting' AND due_at <= now()")
    found.twice_planned = _number(connection, _PLANNED_TWICE)
    times = Counter(one.id for one in arrivals if one.is_taken)
    found.arrived, found.twice_arrived = len(times), times.total() - len(times)
    found.never_arrived = sum(row[0] not in times for row in connection.execute(_SENT))
    return found


def _number(connection: "psycopg.Connection[Any]", query: str) -> int:
    row = connection.execute(query).fetchone()  # type: ignore[arg-type, unused-ignore]
    return int(row[0]) if row else 0


def chains_broken(database_url: str) -> int:
    """How many entries of the journal do not follow from the one before them."""
    engine = owner_engine(database_url)
    try:
        with Session(engine) as session:
            return len(list(broken_chains(session)))
    finally:
        engine.dispose()


def first_told_s(
    database_url: str, ledger: Sequence[Entry], arrivals: Sequence[Arrival], kind: str = "distress"
) -> list[float]:
    """Seconds from each acknowledgement of a ``kind`` until the first message about its incident was taken by a receiver.

    A report that joined an incident of which somebody was told before counts as told at once.
    """
    with psycopg.connect(database_url) as connection:
        incidents = {row[0]: row[1] for row in connection.execute(_FIRST)}
    first: dict[str, float] = {}
    for one in arrivals:
        if one.is_taken and (incident := incidents.get(one.id)):
            first[incident] = min(one.at, first.get(incident, one.at))
    return [max(0.0, first.get(entry.incident, float("inf")) - entry.ended) for entry in ledger if entry.kind == kind]


def sos_figures(
    when: str, told_s: Sequence[float], *, p99_s: float | None = None, p999_s: float | None = None
) -> list[Figure]:
    """First deliveries of SOS as figures."""
    return [
        at_most(f"SOS, acknowledged to first delivery, {when}, p50", percentile(told_s, 50), "s", note=f"{len(told_s)} SOS"),
        at_most(f"SOS, acknowledged to first delivery, {when}, p99", percentile(told_s, 99), "s", p99_s),
        at_most(f"SOS, acknowledged to first delivery, {when}, p99.9", percentile(told_s, 99.9), "s", p999_s),
    ]  # fmt: skip
