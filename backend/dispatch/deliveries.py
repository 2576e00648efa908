"""Sending: a worker claims a delivery, sends it, and records the outcome while its lease holds.

The claim is committed before anything leaves, so no transaction is open during a send. A worker that dies loses its
lease and another sends again, with the same message id; one that was only slow finds that the fence has moved and
records its try, but not the outcome.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from backend.dispatch.channels import Channel, ChannelFailed, Message, Outcome, open_channels, switched_on
from backend.dispatch.gateway import SEND, DispatchGateway, delivery_row
from backend.dispatch.models import Delivery
from backend.dispatch.parcels import Parcel, make_ready
from backend.dispatch.rules import IN_APP_ONLY, Result, Settled, Verdict, next_channel, settle
from backend.incidents.models import Incident
from backend.kernel.database import SYSTEM, act_as, db, insert_all
from backend.kernel.jobs import ON_STOP, SWEEPS, TASKS, Sweep, defer_rows
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.logs import log, where_it_broke
from backend.kernel.outbox import Notice, announce, wire_gateway
from backend.organisations.directory import TOP_DESK_ID
from backend.organisations.models import Person

LEASE = timedelta(seconds=30)
# How often a worker that cannot record an outcome tries again, a second apart, before the lease decides.
RECORD_TRIES = 10
HELD_EVERY_S = 10.0

# What this process is sending now: delivery and fence, given back when the worker has to stop before they end.
_in_flight: dict[UUID, int] = {}


def wire_dispatch(app: Flask) -> None:
    """Enter the gateway, its task and its sweeps; called by the application's wiring."""
    wire_gateway(DispatchGateway(app.extensions["linli"].settings))
    TASKS[SEND] = send_delivery
    SWEEPS["deliveries"] = Sweep(sweep)
    SWEEPS["held deliveries"] = Sweep(release_held, every_s=HELD_EVERY_S)
    ON_STOP["deliveries"] = give_back


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try and what the channel made of it."""

    outcome: Outcome
    took_ms: float


def send_delivery(app: Flask, delivery_id: UUID) -> None:
    """Send one delivery if it waits, is due and nobody holds it; running this twice sends nothing twice."""
    claimed = _claim(app, delivery_id)
    if claimed is None:
        return
    parcel, message = claimed
    _in_flight[parcel.id] = parcel.fence
    try:
        attempt = _try(app, parcel, message)
        _record(app, parcel, attempt)
    finally:
        _in_flight.pop(parcel.id, None)


_CLAIM = text(
    "UPDATE delivery SET lease_until = :until, fence = fence + 1, attempts = attempts + 1 WHERE id = ("
    "SELECT id FROM delivery WHERE id = :id AND state = 'waiting' AND due_at <= :now"
    " AND (lease_until IS NULL OR lease_until <= :now) FOR UPDATE SKIP LOCKED)"
    " RETURNING id, fence, attempts, channel, lane, template, created_at, incident_id, report_id, offer_id, person_id,"
    " desk_id, webhook_id, params, language"
)


def _claim(app: Flask, delivery_id: UUID) -> tuple[Parcel, Message] | None:
    """Take the lease and make the message; None when there is nothing to do, or it does not go (which is recorded)."""
    carried, session = app.extensions["linli"], db.session()
    now = carried.clock.now()
    act_as(session, SYSTEM)
    row = session.execute(_CLAIM, {"id": delivery_id, "now": now, "until": now + LEASE}).one_or_none()
    parcel = Parcel(*row) if row else None
    ready = parcel and make_ready(session, parcel, ring=carried.keyring, settings=carried.settings, now=now)
    if parcel and isinstance(ready, Verdict):
        _conclude(app, session, parcel, Settled(ready.state, ready.outcome or "", ready.due_at), now=now)
    session.commit()
    return (parcel, ready) if parcel and isinstance(ready, Message) else None


def _try(app: Flask, parcel: Parcel, message: Message) -> Attempt:
    began = time.perf_counter()
    try:
        outcome = channels_of(app)[parcel.channel].send(message)
    except ChannelFailed as failed:
        outcome = Outcome(Result.RETRY, failed.code)
    except Exception as error:  # noqa: BLE001 - a channel's fault costs one delivery a try, loudly, and nothing else
        log.error("channel broke", channel=parcel.channel, error=type(error).__name__, where=where_it_broke(error))
        outcome = Outcome(Result.RETRY, "fault")
    return Attempt(outcome, (time.perf_counter() - began) * 1000)


def channels_of(app: Flask) -> dict[str, Channel]:
    """The channels of this application, opened at the first send."""
    if "linli_channels" not in app.extensions:
        app.extensions["linli_channels"] = open_channels(app.extensions["linli"].settings)
    found: dict[str, Channel] = app.extensions["linli_channels"]
    return found


def _record(app: Flask, parcel: Parcel, attempt: Attempt) -> None:
    """Record a try. The message is gone already, so a database that is away for a moment is waited for."""
    for left in reversed(range(RECORD_TRIES)):
        try:
            _record_once(app, parcel, attempt)
            return
        except OperationalError:
            db.session.rollback()
            if not left:
                raise
            time.sleep(1)


def _record_once(app: Flask, parcel: Parcel, attempt: Attempt) -> None:
    session, now = db.session(), app.extensions["linli"].clock.now()
    act_as(session, SYSTEM)
    outcome = attempt.outcome
    settled = settle(outcome.state, outcome.code, lane=parcel.lane, attempts=parcel.attempts, now=now)
    session.execute(
        _ATTEMPT,
        {"id": parcel.id, "at": now, "took_ms": attempt.took_ms, "outcome": outcome.state, "code": outcome.code},
    )
    if not _conclude(app, session, parcel, settled, now=now):
        log.warning("lease was lost", delivery_id=str(parcel.id), outcome=outcome.state, code=outcome.code)
    session.commit()


_ATTEMPT = text(
    "INSERT INTO delivery_attempt (delivery_id, at, took_ms, outcome, code)"
    " VALUES (:id, :at, :took_ms, :outcome, :code)"
)
# Holding back is not a try, so it does not count as one.
_SETTLE = text(
    "UPDATE delivery SET state = :state, outcome = :outcome, due_at = :due_at, lease_until = NULL,"
    " attempts = attempts - CASE WHEN :state = 'held' THEN 1 ELSE 0 END,"
    " handed_over_at = CASE WHEN :state IN ('handed_over', 'delivered') THEN :now ELSE handed_over_at END,"
    " delivered_at = CASE WHEN :state = 'delivered' THEN :now ELSE delivered_at END"
    " WHERE id = :id AND fence = :fence AND state = 'waiting' RETURNING id"
)


def _conclude(app: Flask, session: Session, parcel: Parcel, settled: Settled, *, now: datetime) -> bool:
    """Write the state that follows, if the fence is still ours; a failure goes on to the next channel or a desk."""
    values = {"id": parcel.id, "fence": parcel.fence, "state": settled.state, "outcome": settled.outcome}
    values |= {"due_at": settled.due_at, "now": now}
    if session.execute(_SETTLE, values).one_or_none() is None:
        return False
    if settled.state == "failed":
        _go_on(app, session, parcel, settled.outcome, now=now)
    return True


def _go_on(app: Flask, session: Session, parcel: Parcel, code: str, *, now: datetime) -> None:
    """After a failure: the next channel; when none is left, a person is told, so that it is never silent."""
    log.warning("delivery failed", delivery_id=str(parcel.id), channel=parcel.channel, code=code, lane=parcel.lane)
    following = next_channel(parcel.channel, tried=_tried(session, parcel), reachable=_reachable(app, session, parcel))
    if following:
        _send_by(session, parcel, following, now=now)
        return
    incident = _incident_of(session, parcel)
    if incident is not None:
        fact = Fact("DeliveryFailed", {"delivery_id": parcel.id, "channel": parcel.channel, "code": code})
        record(session, incident_stream(incident.id), [fact], now=now)
    if parcel.template in IN_APP_ONLY:
        return  # this was the word of a failure itself
    desk = incident.owner_desk_id if incident else TOP_DESK_ID
    person = incident.owner_person_id if incident and not desk else None
    params = {"delivery_id": str(parcel.id)} | ({"number": incident.number} if incident else {})
    notice = Notice(
        "delivery_failed", parcel.incident_id, desk_id=desk, person_id=person, lane=parcel.lane, params=params
    )
    announce(session, [notice], now=now)


def _incident_of(session: Session, parcel: Parcel) -> Incident | None:
    """The incident, locked as writers of its stream must."""
    return session.get(Incident, parcel.incident_id, with_for_update=True) if parcel.incident_id else None


def _tried(session: Session, parcel: Parcel) -> Sequence[str]:
    """The channels by which the same message went to the same addressee."""
    same = (
        Delivery.template == parcel.template,
        Delivery.created_at == parcel.created_at,
        Delivery.incident_id.is_not_distinct_from(parcel.incident_id),
        Delivery.offer_id.is_not_distinct_from(parcel.offer_id),
        Delivery.person_id.is_not_distinct_from(parcel.person_id),
        Delivery.report_id.is_not_distinct_from(parcel.report_id),
        Delivery.desk_id.is_not_distinct_from(parcel.desk_id),
    )
    return session.scalars(select(Delivery.channel).where(*same)).all()


def _reachable(app: Flask, session: Session, parcel: Parcel) -> frozenset[str]:
    """The channels for which a person has left an address. Only people have more than one."""
    if parcel.person_id is None:
        return frozenset()
    has_email = session.scalar(select(Person.email.is_not(None)).where(Person.id == parcel.person_id))
    return switched_on(app.extensions["linli"].settings) & frozenset({"email"} if has_email else ())


def _send_by(session: Session, parcel: Parcel, channel: str, *, now: datetime) -> None:
    """Send the same message by another channel. It keeps its time of creation, by which its siblings are known."""
    notice = Notice(
        parcel.template, parcel.incident_id, offer_id=parcel.offer_id, lane=parcel.lane, params=parcel.params
    )
    row = delivery_row(
        notice, channel, Verdict("waiting", None, now), language=parcel.language, now=parcel.created_at,
        person_id=parcel.person_id, desk_id=parcel.desk_id,
    )  # fmt: skip
    insert_all(session, {Delivery.metadata.tables["delivery"]: [row]})
    defer_rows(session, [(SEND, row["id"], parcel.lane, None)])


_OVERDUE = text(
    "SELECT d.id, d.lane FROM delivery d WHERE d.state = 'waiting' AND d.due_at <= :now"
    " AND (d.lease_until IS NULL OR d.lease_until <= :now) AND NOT EXISTS (SELECT FROM procrastinate_jobs j"
    " WHERE j.queueing_lock = :task || ':' || d.id AND j.status = 'todo') ORDER BY d.due_at LIMIT 500"
)


def sweep(app: Flask) -> int:
    """Give a job to every delivery that is due and has none: retries, expired leases, lost jobs."""
    session, now = db.session(), app.extensions["linli"].clock.now()
    act_as(session, SYSTEM)
    found = session.execute(_OVERDUE, {"now": now, "task": SEND}).all()
    defer_rows(session, [(SEND, row.id, row.lane, None) for row in found])
    session.commit()
    return len(found)


_RELEASE = text("UPDATE delivery SET state = 'waiting', outcome = NULL WHERE state = 'held' AND due_at <= :now")


def release_held(app: Flask) -> int:
    """Let go what was held back until now; the sweep sends it, after all checks were made once more."""
    session = db.session()
    act_as(session, SYSTEM)
    released: Any = session.execute(_RELEASE, {"now": app.extensions["linli"].clock.now()})
    session.commit()
    return int(released.rowcount)


_GIVE_BACK = text(
    "UPDATE delivery SET lease_until = NULL, fence = fence + 1 WHERE id = :id AND fence = :fence AND state = 'waiting'"
)


def give_back(app: Flask) -> None:
    """End the leases of sends that this worker cannot see to their end, so that another need not wait for them."""
    for delivery_id, fence in list(_in_flight.items()):
        session = db.session()
        act_as(session, SYSTEM)
        session.execute(_GIVE_BACK, {"id": delivery_id, "fence": fence})
        session.commit()


_SEEN = text(
    "UPDATE delivery SET state = 'seen', seen_at = :now WHERE id = ANY(:ids) AND person_id = :person"
    " AND channel = 'in_app' AND state = 'handed_over'"
)


def mark_seen(session: Session, delivery_ids: Sequence[UUID], *, person_id: UUID, now: datetime) -> int:
    """Record that a person has read messages of theirs in the application; return how many were new to them."""
    seen: Any = session.execute(_SEEN, {"ids": list(delivery_ids), "person": person_id, "now": now})
    return int(seen.rowcount)
