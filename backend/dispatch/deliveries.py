"""Sending: a worker claims deliveries, sends them, and records what became of each while its lease holds.

The claim is committed before anything leaves, so no transaction is open during a send. A worker that dies loses its
leases and another sends again, with the same message ids; one that was only slow finds that the fence has moved and
records its try, but not the outcome.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.dispatch import batches
from backend.dispatch.batches import Batch
from backend.dispatch.channels import Channel, ChannelFailed, Message, Outcome, open_channels, switched_on
from backend.dispatch.gateway import SEND, DispatchGateway
from backend.dispatch.groups import put_together
from backend.dispatch.outcomes import Ended, record_outcomes
from backend.dispatch.parcels import Around, Parcel, digest_of, look_around, make_ready
from backend.dispatch.providers import PROVIDER_DOWN, held_back, watch
from backend.dispatch.rules import DOWN_WITHIN_S, Result, Settled, Verdict, settle
from backend.dispatch.unseen import tell_unseen
from backend.kernel.database import SYSTEM, act_as, db
from backend.kernel.jobs import ON_STOP, SWEEPS, TASKS, Sweep, defer_rows
from backend.kernel.logs import log, where_it_broke
from backend.kernel.outbox import wire_gateway
from backend.kernel.sweeps import STOPPING

HELD_EVERY_S = 10.0

_opening = threading.Lock()
# What the threads of this process have in hand.
_in_hand: set[Batch] = set()


def wire_dispatch(app: Flask) -> None:
    """Enter the gateway, its task and its sweeps; called by the application's wiring."""
    wire_gateway(DispatchGateway(app.extensions["linli"].settings))
    TASKS[SEND] = send_delivery
    SWEEPS["deliveries"] = Sweep(sweep)
    SWEEPS["providers"] = Sweep(watch, every_s=2.0)
    SWEEPS["unseen SOS"] = Sweep(_tell_unseen, every_s=1.0)
    SWEEPS["held deliveries"] = Sweep(release_held, every_s=HELD_EVERY_S)
    ON_STOP["deliveries"] = give_back


def send_delivery(app: Flask, delivery_id: UUID) -> None:
    """Send a delivery if it waits, is due and nobody holds it, and others that wait in its lane for its channel.

    Running this twice sends nothing twice.
    """
    parcels, around, held = _claim(app, delivery_id)
    if not parcels:
        return
    batch = Batch(parcels)
    _in_hand.add(batch)
    try:
        while not STOPPING.is_set() and (parcel := batch.take()):
            batch.end(*_send(app, parcel, around, held))
        _hand_in(app, batch)
    finally:
        _in_hand.discard(batch)


def _claim(
    app: Flask, delivery_id: UUID
) -> tuple[list[Parcel], Mapping[UUID, Around | Exception], Mapping[UUID, datetime]]:
    """What was claimed, what is known around each, and until when some wait for a provider that is down."""
    carried, session = app.extensions["linli"], db.session()
    now = carried.clock.now()
    act_as(session, SYSTEM)
    parcels = batches.claim(session, delivery_id, now=now)
    parcels = put_together(session, parcels, task=SEND, now=now)
    every = [one for parcel in parcels for one in (parcel, *parcel.mates)]
    around = look_around(session, every, settings=carried.settings, now=now) if every else {}
    held = held_back(session, parcels, now=now) if parcels else {}
    session.commit()
    return parcels, around, held


def _send(
    app: Flask, parcel: Parcel, around: Mapping[UUID, Around | Exception], held: Mapping[UUID, datetime]
) -> list[Ended]:
    """Send one, with those that go in the same message. What is wrong with one of them costs the others nothing."""
    if until := held.get(parcel.id):
        now = app.extensions["linli"].clock.now()
        return [_put_off(one, until, now=now) for one in (parcel, *parcel.mates)]
    if parcel.not_before:
        return [Ended(parcel, Settled("waiting", "group-pace", parcel.not_before), app.extensions["linli"].clock.now())]
    made = [(one, _made_ready(app, one, around[one.id])) for one in (parcel, *parcel.mates)]
    ready = [(one, message) for one, message in made if isinstance(message, Message)]
    return [found for _, found in made if isinstance(found, Ended)] + (_sent(app, ready) if ready else [])


def _put_off(parcel: Parcel, until: datetime, *, now: datetime) -> Ended:
    is_over = (now - parcel.created_at).total_seconds() > DOWN_WITHIN_S
    return Ended(parcel, Settled("failed" if is_over else "waiting", PROVIDER_DOWN, now if is_over else until), now)


def _made_ready(app: Flask, parcel: Parcel, around: Around | Exception) -> Message | Ended:
    carried = app.extensions["linli"]
    try:
        if isinstance(around, Exception):
            raise around
        ready = make_ready(parcel, around, ring=carried.keyring, settings=carried.settings, now=carried.clock.now())
    except Exception as error:  # noqa: BLE001 - loudly, but for this one delivery
        return _ended(app, parcel, _fault(parcel, error), 0.0)
    if isinstance(ready, Verdict):
        return Ended(parcel, Settled(ready.state, ready.outcome or "", ready.due_at), carried.clock.now())
    return ready


def _sent(app: Flask, ready: Sequence[tuple[Parcel, Message]]) -> list[Ended]:
    first, message = ready[0]
    if len(ready) > 1:
        message = digest_of([one for _, one in ready], settings=app.extensions["linli"].settings)
    began = time.perf_counter()
    try:
        outcome = channels_of(app)[first.channel].send(message)
    except ChannelFailed as failed:
        outcome = Outcome(Result.RETRY, failed.code)
    except Exception as error:  # noqa: BLE001 - loudly, but for this one message
        outcome = _fault(first, error)
    took_ms = (time.perf_counter() - began) * 1000
    return [_ended(app, parcel, outcome, took_ms) for parcel, _ in ready]


def _fault(parcel: Parcel, error: Exception) -> Outcome:
    log.error("channel broke", channel=parcel.channel, error=type(error).__name__, where=where_it_broke(error))
    return Outcome(Result.RETRY, "fault")


def _ended(app: Flask, parcel: Parcel, outcome: Outcome, took_ms: float) -> Ended:
    now = app.extensions["linli"].clock.now()
    settled = settle(
        outcome.state, outcome.code, lane=parcel.lane, attempts=parcel.attempts, now=now, after_s=outcome.after_s
    )
    if outcome.state is Result.LATER:
        return Ended(parcel, settled, now)
    return Ended(parcel, settled, now, outcome.state, took_ms)


def _hand_in(app: Flask, batch: Batch, *, is_last: bool = False) -> None:
    """Record what has ended and give back what was not begun; at the very last also what is being sent."""
    ended, waiting = batch.hand_in()
    if ended:
        record_outcomes(app, ended)
    sending = [batch.sending] if is_last and batch.sending else []
    if waiting or sending:
        session = db.session()
        act_as(session, SYSTEM)
        batches.give_back(session, waiting, sending)
        session.commit()


def channels_of(app: Flask) -> dict[str, Channel]:
    """The channels of this application, opened at the first send, once: what a channel keeps to, all threads keep to."""
    with _opening:
        if "linli_channels" not in app.extensions:
            app.extensions["linli_channels"] = open_channels(app.extensions["linli"].settings)
    found: dict[str, Channel] = app.extensions["linli_channels"]
    return found


_OVERDUE = text(
    "SELECT d.id, d.lane FROM delivery d WHERE d.state = 'waiting' AND d.due_at <= :now"
    " AND (d.lease_until IS NULL OR d.lease_until <= :now) AND NOT EXISTS (SELECT FROM procrastinate_jobs j"
    " WHERE j.queueing_lock = :task || ':' || d.id AND j.status = 'todo') ORDER BY d.due_at LIMIT 500"
)


def sweep(app: Flask) -> int:
    """Give a job to every delivery that is due and has none: retries, expired leases, lost jobs.

    What waits in this process for one slow send is given back as well.
    """
    for batch in list(_in_hand):
        if batch.is_stuck:
            _hand_in(app, batch)
    session, now = db.session(), app.extensions["linli"].clock.now()
    act_as(session, SYSTEM)
    found = session.execute(_OVERDUE, {"now": now, "task": SEND}).all()
    defer_rows(session, [(SEND, row.id, row.lane, None) for row in found])
    session.commit()
    return len(found)


def _tell_unseen(app: Flask) -> int:
    """As unseen.py says; the channel is opened before anybody needs it."""
    if "sms" in switched_on(app.extensions["linli"].settings):
        channels_of(app)["sms"]
    return tell_unseen(app)


_RELEASE = text("UPDATE delivery SET state = 'waiting', outcome = NULL WHERE state = 'held' AND due_at <= :now")


def release_held(app: Flask) -> int:
    """Let go what was held back until now; the sweep sends it, after all checks were made once more."""
    session = db.session()
    act_as(session, SYSTEM)
    released: Any = session.execute(_RELEASE, {"now": app.extensions["linli"].clock.now()})
    session.commit()
    return int(released.rowcount)


def give_back(app: Flask) -> None:
    """End the leases of sends that this worker cannot see to their end, so that another need not wait for them."""
    for batch in list(_in_hand):
        _hand_in(app, batch, is_last=True)


_SEEN = text(
    "UPDATE delivery SET state = 'seen', seen_at = :now WHERE id = ANY(:ids) AND person_id = :person"
    " AND channel = 'in_app' AND state = 'handed_over'"
)


def mark_seen(session: Session, delivery_ids: Sequence[UUID], *, person_id: UUID, now: datetime) -> int:
    """Record that a person has read messages of theirs in the application; return how many were new to them."""
    seen: Any = session.execute(_SEEN, {"ids": list(delivery_ids), "person": person_id, "now": now})
    return int(seen.rowcount)
