"""What the page of health looks at, as figures for Prometheus; ``docs/alerts.yaml`` says when somebody must get up.

Everything here comes from the database and is the same from every process. What has never been is infinitely old, so that
an alert need not know of absence.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from math import inf
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.console.health.reading import LOOKED_BACK, Pulses, free_bytes, lanes, read_pulses
from backend.console.health.rules import Life
from backend.kernel.jobs import SWEEPS

_RUNGS = text("SELECT min(next_rung_at) FROM clock WHERE next_rung_at <= :now")
_DEAD = text("SELECT lane, count(*) FROM delivery WHERE state = 'failed' AND created_at > :yesterday GROUP BY lane")
_TRIES = text(
    "SELECT d.channel, a.outcome IN ('retry', 'never') AS failed, count(*) FROM delivery_attempt a"
    " JOIN delivery d ON d.id = a.delivery_id WHERE a.at > :since GROUP BY 1, 2"
)
_DATABASE = text("SELECT pg_database_size(current_database())")


def families(session: Session, *, folder: Path, now: datetime) -> Iterator[GaugeMetricFamily]:
    """The families. The transaction acts for the system; ``folder`` is Linli's data."""
    yield from _of_pulses(read_pulses(session, now=now))
    found = lanes(session, now=now)
    yield _family("linli_lane_waiting", "What is due and waits", "lane", {one.name: one.waiting for one in found})
    late = {one.name: one.oldest_s for one in found}
    yield _family("linli_lane_oldest_seconds", "For how long the oldest that waits has been due", "lane", late)
    due = session.scalar(_RUNGS, {"now": now})
    yield _one(
        "linli_rung_overdue_seconds", "By how much the ladder is late", (now - due).total_seconds() if due else 0
    )
    dead: dict[str, float] = dict.fromkeys(late, 0.0)
    for lane, count in session.execute(_DEAD, {"yesterday": now - timedelta(days=1)}):
        dead[lane] = count
    yield _family("linli_deliveries_dead", "Given up in the last day, after every try", "lane", dead)
    yield from _of_tries(session, now=now)
    yield _one("linli_database_bytes", "Size of the database", session.scalar(_DATABASE) or 0)
    yield _one("linli_data_free_bytes", "Room that is left where the data lie", free_bytes(folder))


def _of_pulses(pulses: Pulses) -> Iterator[GaugeMetricFamily]:
    ages = {"worker": _youngest(pulses.workers), "stream": _youngest(pulses.streams)}
    yield _family("linli_pulse_age_seconds", "Since any process of this kind said that it lives", "kind", ages)
    swept = {name: pulses.swept_s.get(name, inf) for name in SWEEPS}
    yield _family("linli_sweep_age_seconds", "Since a sweep came to its end", "sweep", swept)
    every = {name: sweep.every_s for name, sweep in SWEEPS.items()}
    yield _family("linli_sweep_interval_seconds", "How often a sweep is to run", "sweep", every)
    backup_s = inf if pulses.backup_s is None else pulses.backup_s
    yield _one("linli_backup_age_seconds", "Since the last backup was made", backup_s)


def _of_tries(session: Session, *, now: datetime) -> Iterator[GaugeMetricFamily]:
    tries: dict[str, float] = {}
    failed: dict[str, float] = {}
    for channel, has_failed, count in session.execute(_TRIES, {"since": now - LOOKED_BACK}):
        tries[channel] = tries.get(channel, 0) + count
        failed[channel] = failed.get(channel, 0) + (count if has_failed else 0)
    yield _family("linli_channel_tries", "Tries to send in the last hour", "channel", tries)
    yield _family("linli_channel_tries_failed", "Of these, how many failed", "channel", failed)


def _youngest(lives: tuple[Life, ...]) -> float:
    return min((one.age_s for one in lives), default=inf)


def _one(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)


def _family(name: str, words: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    made = GaugeMetricFamily(name, words, labels=[label])
    for key, value in values.items():
        made.add_metric([key], value)
    return made
