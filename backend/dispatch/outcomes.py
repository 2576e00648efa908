"""What became of deliveries: recorded while the lease holds, and a failure goes on to the next channel or a desk.

What was sent well is recorded together. What failed is recorded each by itself, because it causes more: one of these
that breaks must not take the others' outcomes with it, or they would be sent again.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy import ColumnElement, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from backend.dispatch.channels import switched_on
from backend.dispatch.gateway import DOWN, LOUD, SEND, delivery_row, person_ways
from backend.dispatch.models import Delivery
from backend.dispatch.parcels import Parcel
from backend.dispatch.providers import PROVIDER_DOWN
from backend.dispatch.rules import (
    CHANNEL_TEST,
    CLOSED_CHAT,
    FALL_OVER,
    IN_APP_ONLY,
    SOS_NOT_TOLD,
    Result,
    Settled,
    Verdict,
    next_channel,
)
from backend.incidents.contacts import drop_chat, drop_push
from backend.incidents.models import Incident
from backend.incidents.ownership import chain_in
from backend.kernel.database import SYSTEM, act_as, db, insert_all
from backend.kernel.jobs import defer_rows
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.logs import log, where_it_broke
from backend.kernel.outbox import Notice, announce
from backend.organisations.actions.chats import end_links
from backend.organisations.directory import DIRECTORY, TOP_DESK_ID
from backend.organisations.models import ChatLink

# How push services answer for a phone that is gone (RFC 8030, 7.3): its subscription ended or never was.
GONE_PHONE = frozenset({"404", "410"})
PAGE_AGAIN = timedelta(minutes=10)
# How often a worker that cannot record an outcome tries again, a second apart, before the lease decides.
RECORD_TRIES = 10


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a parcel at ``at``. ``result`` and ``took_ms`` are those of a try; without one it did not go."""

    parcel: Parcel
    settled: Settled
    at: datetime
    result: Result | None = None
    took_ms: float | None = None


def record_outcomes(app: Flask, ended: Sequence[Ended]) -> None:
    """Record what became of claimed deliveries, each by its own fence."""
    failed = [one for one in ended if one.settled.state == "failed"]
    others = [one for one in ended if one.settled.state != "failed"]
    if others:
        _record(app, others)
    for one in failed:
        try:
            _record(app, [one])
        except Exception as error:  # noqa: BLE001 - the others go on; this one is tried again when its lease is over
            db.session.rollback()
            log.error("a failure was not recorded", error=type(error).__name__, where=where_it_broke(error))


def _record(app: Flask, ended: Sequence[Ended]) -> None:
    """The messages are gone already, so a database that is away for a moment is waited for."""
    for left in reversed(range(RECORD_TRIES)):
        try:
            _record_once(app, ended)
            return
        except OperationalError:
            db.session.rollback()
            if not left:
                raise
            time.sleep(1)


# Holding back and putting off are no tries, so they do not count as such.
_SETTLE = text(
    "WITH ended AS (SELECT * FROM jsonb_to_recordset(CAST(:ended AS jsonb)) AS e (id uuid, fence bigint, state text,"
    " outcome text, due_at timestamptz, at timestamptz, result text, took_ms float8)),"
    " tries AS (INSERT INTO delivery_attempt (delivery_id, at, took_ms, outcome, code)"
    " SELECT id, at, took_ms, result, outcome FROM ended WHERE result IS NOT NULL)"
    " UPDATE delivery d SET state = e.state, outcome = e.outcome, due_at = e.due_at, lease_until = NULL,"
    " attempts = d.attempts - CASE WHEN e.state = 'held' OR e.state = 'waiting' AND e.result IS NULL THEN 1 ELSE 0 END,"
    " handed_over_at = CASE WHEN e.state IN ('handed_over', 'delivered') THEN e.at ELSE d.handed_over_at END,"
    " delivered_at = CASE WHEN e.state = 'delivered' THEN e.at ELSE d.delivered_at END"
    " FROM ended e WHERE d.id = e.id AND d.fence = e.fence AND d.state = 'waiting' RETURNING d.id"
)


def _record_once(app: Flask, ended: Sequence[Ended]) -> None:
    session = db.session()
    act_as(session, SYSTEM)
    kept = set(session.scalars(_SETTLE, {"ended": json.dumps([_row(one) for one in ended], default=str)}))
    for one in ended:
        if one.parcel.id not in kept:
            result = one.result or one.settled.state
            log.warning("lease was lost", delivery_id=str(one.parcel.id), outcome=result, code=one.settled.outcome)
        elif one.settled.state == "failed":
            go_on(app, session, one.parcel, one.settled.outcome, now=one.at)
        elif one.settled.outcome == PROVIDER_DOWN:
            _go_around(app, session, one.parcel, now=one.at)
    session.commit()


def _row(one: Ended) -> dict[str, object]:
    return {
        "id": one.parcel.id, "fence": one.parcel.fence, "state": one.settled.state, "outcome": one.settled.outcome,
        "due_at": one.settled.due_at, "at": one.at, "result": one.result, "took_ms": one.took_ms,
    }  # fmt: skip


def go_on(app: Flask, session: Session, parcel: Parcel, code: str, *, now: datetime) -> None:
    """After a failure: the next channel; when none is left, a person is told, so that it is never silent."""
    log.warning("delivery failed", delivery_id=str(parcel.id), channel=parcel.channel, code=code, lane=parcel.lane)
    if parcel.channel == "telegram" and code in CLOSED_CHAT:
        _forget_chat(app, session, parcel, now=now)
    if parcel.channel == "push" and code in GONE_PHONE and parcel.report_id:
        drop_push(session, parcel.report_id, now=now)
    if parcel.template == CHANNEL_TEST:
        return
    if following := following_of(app, session, parcel):
        send_by(session, parcel, following, now=now)
        return
    incident = _incident_of(session, parcel)
    if _goes_by_another(session, parcel):
        return
    if incident is not None:
        fact = Fact("DeliveryFailed", {"delivery_id": parcel.id, "channel": parcel.channel, "code": code})
        record(session, incident_stream(incident.id), [fact], now=now)
    if parcel.template in IN_APP_ONLY:
        return  # this was the word of a failure itself
    desks = _to_page(session, parcel, incident, now=now)
    template = SOS_NOT_TOLD if desks else "delivery_failed"
    desk = incident.owner_desk_id if incident and parcel.template != SOS_NOT_TOLD else TOP_DESK_ID
    person = incident.owner_person_id if incident and not desk else None
    params = {"delivery_id": str(parcel.id)} | ({"number": incident.number} if incident else {})
    notices = [
        Notice(
            template,
            parcel.incident_id,
            desk_id=one,
            person_id=None if one else person,
            lane=parcel.lane,
            params=params,
        )
        for one in desks or [desk]
    ]
    announce(session, notices, now=now)


def _to_page(session: Session, parcel: Parcel, incident: Incident | None, *, now: datetime) -> list[UUID | None]:
    """The desks that are called because an SOS reached nobody by any way: its owner's and the last one over the place.

    None of them again within PAGE_AGAIN, so that one outage calls once and not for each who was not reached.
    """
    if parcel.lane != "sos" or incident is None or parcel.template == SOS_NOT_TOLD:
        return []
    lately = select(Delivery.id).where(
        Delivery.incident_id == incident.id, Delivery.template == SOS_NOT_TOLD, Delivery.created_at > now - PAGE_AGAIN
    )
    if session.scalar(lately.limit(1)) is not None:
        return []
    last = DIRECTORY.get(session).last_desks_over(chain_in(incident.area_ids, incident.area_id))
    return list(dict.fromkeys([incident.owner_desk_id, *(desk.id for desk in last[:1])]))


def _go_around(app: Flask, session: Session, parcel: Parcel, *, now: datetime) -> None:
    """Its provider is down: by another channel that is not, if the person has one that was not tried; else it waits."""
    following = following_of(app, session, parcel)
    if following and following not in DOWN.get(session):
        session.execute(_TAKEN_OVER, {"id": parcel.id})
        send_by(session, parcel, following, now=now)


_TAKEN_OVER = text("UPDATE delivery SET state = 'failed' WHERE id = :id AND state = 'waiting'")


def _forget_chat(app: Flask, session: Session, parcel: Parcel, *, now: datetime) -> None:
    """The chat is closed to us: the link ends, or the resident's contact goes on without it."""
    ring = app.extensions["linli"].keyring
    if parcel.report_id:
        drop_chat(session, ring, parcel.report_id, now=now)
        return
    is_theirs = ChatLink.person_id == parcel.person_id if parcel.person_id else ChatLink.desk_id == parcel.desk_id
    end_links(session, is_theirs, now=now)


def _goes_by_another(session: Session, parcel: Parcel) -> bool:
    """Whether the same message went, or still goes, to the same person or desk by another channel that calls them.

    Asked with the incident locked: of two that fail at the same moment, the second sees that the first has.
    """
    if parcel.channel not in FALL_OVER:
        return False  # a body's system is told beside its people
    stands = Delivery.state.in_(("waiting", "held", "handed_over", "delivered", "seen"))
    others = select(Delivery.id).where(*_same(parcel), Delivery.id != parcel.id, Delivery.channel.in_(LOUD), stands)
    return session.scalar(others.limit(1)) is not None


def _incident_of(session: Session, parcel: Parcel) -> Incident | None:
    """The incident, locked as writers of its stream must."""
    return session.get(Incident, parcel.incident_id, with_for_update=True) if parcel.incident_id else None


def _tried(session: Session, parcel: Parcel) -> Sequence[str]:
    """The channels by which the same message went to the same addressee."""
    return session.scalars(select(Delivery.channel).where(*_same(parcel))).all()


def _same(parcel: Parcel) -> tuple[ColumnElement[bool], ...]:
    """The same message to the same addressee."""
    return (
        Delivery.template == parcel.template,
        Delivery.created_at == parcel.created_at,
        Delivery.incident_id.is_not_distinct_from(parcel.incident_id),
        Delivery.offer_id.is_not_distinct_from(parcel.offer_id),
        Delivery.person_id.is_not_distinct_from(parcel.person_id),
        Delivery.report_id.is_not_distinct_from(parcel.report_id),
        Delivery.desk_id.is_not_distinct_from(parcel.desk_id),
    )


def following_of(app: Flask, session: Session, parcel: Parcel) -> str | None:
    """The channel to go on to, None where none is left. Only people have more than one that could take over."""
    if parcel.person_id is None:
        return None
    facts = person_ways(session, parcel.person_id, on=switched_on(app.extensions["linli"].settings))
    if facts is None:
        return None
    return next_channel(
        parcel.channel, tried=_tried(session, parcel), reachable=facts.reachable, ways=facts.ways,
        down=DOWN.get(session),
    )  # fmt: skip


def send_by(session: Session, parcel: Parcel, channel: str, *, now: datetime) -> None:
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
