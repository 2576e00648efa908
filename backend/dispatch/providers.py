"""Providers that fail or are slow are moved down by themselves, and come back by themselves (circuits.py).

What a worker saw stands in the attempts of all workers, so all judge alike. While a provider is down its messages go by
the next channel of whoever is told, or wait for it without counting a try; one is let through now and then. An SOS goes
in any case: it is never held back, and it is told by every channel at once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from backend.dispatch.circuits import PROBE_S, WINDOW, Fares, Figures, turn
from backend.dispatch.gateway import DOWN
from backend.dispatch.models import Provider
from backend.dispatch.parcels import Parcel
from backend.dispatch.rules import CHANNEL_TEST
from backend.kernel.database import SYSTEM, act_as, db
from backend.kernel.logs import log
from backend.kernel.versions import bump

PROVIDER_DOWN = "provider-down"


def provider_of(channel: str, *, webhook_id: UUID | None, desk_id: UUID | None) -> str:
    """Whose fault it is when a channel does not work: each body's own system stands for itself."""
    return {"webhook": f"webhook:{webhook_id}", "service": f"service:{desk_id}"}.get(channel, channel)


_TAKE_PROBE = text(
    "UPDATE provider SET state = 'trying', since = :now, probe_at = :until WHERE name = :name AND state = 'down'"
    " AND probe_at <= :now RETURNING name"
)


def held_back(session: Session, parcels: Sequence[Parcel], *, now: datetime) -> Mapping[UUID, datetime]:
    """Which of the claimed wait for a provider that is down, and until when; the first after a while is let through."""
    down, held = DOWN.get(session), dict[UUID, datetime]()
    for parcel in parcels:
        name = provider_of(parcel.channel, webhook_id=parcel.webhook_id, desk_id=parcel.desk_id)
        if parcel.lane == "sos" or parcel.template == CHANNEL_TEST or name not in down:
            continue
        until = now + timedelta(seconds=PROBE_S)
        if down[name] <= now and session.scalar(_TAKE_PROBE, {"name": name, "now": now, "until": until}):
            bump(session, "providers")
            continue
        held[parcel.id] = max(down[name], now + timedelta(seconds=1))
    return held


_FIGURES = text(
    """
    SELECT t.name, count(*) AS tries, count(*) FILTER (WHERE t.failed) AS failed,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY t.took_ms) AS median_ms
    FROM (
      SELECT CASE d.channel WHEN 'webhook' THEN 'webhook:' || d.webhook_id WHEN 'service' THEN 'service:' || d.desk_id
                            ELSE d.channel END AS name,
             a.at, a.took_ms, a.outcome = 'retry' AND a.code NOT IN ('429', 'fault') AS failed
      FROM delivery_attempt a JOIN delivery d ON d.id = a.delivery_id
      WHERE a.at > :since AND d.channel <> 'in_app' AND a.outcome <> 'later'
    ) t LEFT JOIN provider p ON p.name = t.name
    WHERE p.name IS NULL OR t.at > p.since OR (p.state = 'trying' AND t.at = p.since) GROUP BY t.name
    """
)
_PUT = text(
    "INSERT INTO provider (name, state, since, probe_at, wait_s, reason)"
    " VALUES (:name, :state, :since, :probe_at, :wait_s, :reason) ON CONFLICT (name) DO UPDATE SET"
    " (state, since, probe_at, wait_s, reason) = (:state, :since, :probe_at, :wait_s, :reason)"
)
# What waited for a provider that is back goes now.
_FREE = text(
    "UPDATE delivery SET due_at = :now WHERE state = 'waiting' AND outcome = :code AND due_at > :now AND :name ="
    " CASE channel WHEN 'webhook' THEN 'webhook:' || webhook_id WHEN 'service' THEN 'service:' || desk_id"
    " ELSE channel END"
)
_ALONE = text("SELECT pg_try_advisory_xact_lock(hashtext('linli providers'))")


def watch(app: Flask) -> int:
    """Judge every provider anew; return how many changed their state. One worker at a time does."""
    session, now = db.session(), app.extensions["linli"].clock.now()
    act_as(session, SYSTEM)
    changed = judge_providers(session, now=now) if session.scalar(_ALONE) else 0
    session.commit()
    return changed


def judge_providers(session: Session, *, now: datetime) -> int:
    """The judging itself, in the present transaction."""
    rows = session.execute(_FIGURES, {"since": now - WINDOW})
    figures = {row.name: Figures(row.tries, row.failed, row.median_ms or 0.0) for row in rows}
    known = {row.name: row for row in session.scalars(select(Provider).execution_options(populate_existing=True))}
    changed = 0
    for name in sorted(figures.keys() | known.keys()):
        row = known.get(name)
        fares = Fares(row.state, row.since, row.probe_at, row.wait_s, row.reason) if row else None
        if new := turn(fares, figures.get(name, Figures()), now=now):
            _write(session, name, new, now=now)
            changed += 1
    if changed:
        bump(session, "providers")
    return changed


def _write(session: Session, name: str, new: Fares, *, now: datetime) -> None:
    session.execute(
        _PUT,
        {
            "name": name, "state": new.state, "since": new.since, "probe_at": new.probe_at, "wait_s": new.wait_s,
            "reason": new.reason,
        },
    )  # fmt: skip
    said: dict[str, Any] = {"channel": name.partition(":")[0], "state": new.state, "reason": new.reason}
    if new.state == "working":
        session.execute(_FREE, {"now": now, "code": PROVIDER_DOWN, "name": name})
        log.info("provider is back", **said)
    else:
        log.warning("provider is down", **said)
