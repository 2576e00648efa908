"""Groups are told in digests: Telegram lets a bot write to a group 20 times a minute, and nobody reads a flood.

When a group may be written to again stands in its link, so that all workers keep to it. What waits meanwhile is told of
by one message, whoever of them sends it. An SOS goes at once and alone; the others wait longer for it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.dispatch.batches import LEASE
from backend.dispatch.parcels import Parcel

# One message in 3 s is 20 a minute.
SPACE = timedelta(seconds=3)

_TAKE = text("UPDATE chat_link SET free_at = :until WHERE desk_id = :desk AND free_at <= :now RETURNING id")
_FREE_AT = text("SELECT free_at FROM chat_link WHERE desk_id = :desk")
_PUSH = text("UPDATE chat_link SET free_at = greatest(free_at, :now) + :space WHERE desk_id = :desk")
# Also those that were put off until the group is free; one whose lease ran out may have ended the worker that sent it.
_MATES = text(
    "WITH others AS (SELECT id FROM delivery WHERE channel = 'telegram' AND desk_id = :desk AND person_id IS NULL"
    " AND state = 'waiting' AND lane <> 'sos' AND lease_until IS NULL AND id <> ALL(:held)"
    " ORDER BY created_at LIMIT 200 FOR UPDATE SKIP LOCKED),"
    " claimed AS (UPDATE delivery d SET lease_until = :until, fence = d.fence + 1, attempts = d.attempts + 1"
    " FROM others WHERE d.id = others.id RETURNING d.id, d.fence, d.attempts, d.channel, d.lane, d.template,"
    " d.created_at, d.incident_id, d.report_id, d.offer_id, d.person_id, d.desk_id, d.webhook_id, d.params, d.language),"
    " jobs AS (DELETE FROM procrastinate_jobs WHERE status = 'todo'"
    " AND queueing_lock = ANY (ARRAY(SELECT :task || ':' || id FROM claimed)))"
    " SELECT * FROM claimed ORDER BY created_at, id"
)


def put_together(session: Session, parcels: Sequence[Parcel], *, task: str, now: datetime) -> list[Parcel]:
    """The claimed parcels, those to one group in one with the others that wait for it, or put off until it is free."""
    alone = [one for one in parcels if not one.is_to_group]
    by_desk: dict[UUID, list[Parcel]] = {}
    for one in parcels:
        if one.is_to_group and one.desk_id:
            by_desk.setdefault(one.desk_id, []).append(one)
    for desk, waiting in sorted(
        by_desk.items(), key=lambda pair: str(pair[0])
    ):  # one order, so that none locks another out
        alone += _for_group(session, desk, waiting, task=task, now=now)
    return alone


def _for_group(session: Session, desk: UUID, waiting: list[Parcel], *, task: str, now: datetime) -> list[Parcel]:
    if waiting[0].lane == "sos":  # a claim holds parcels of one lane
        session.execute(_PUSH, {"desk": desk, "now": now, "space": SPACE * len(waiting)})
        return waiting
    if session.scalar(_TAKE, {"desk": desk, "now": now, "until": now + SPACE}) is None:
        free_at = session.scalar(_FREE_AT, {"desk": desk})
        return [replace(one, not_before=free_at) for one in waiting]  # None: the link ended, and the send says so
    held = [one.id for one in waiting]
    rows = session.execute(_MATES, {"desk": desk, "held": held, "until": now + LEASE, "task": task})
    mates = (*waiting[1:], *(Parcel(*row) for row in rows))
    return [replace(waiting[0], mates=mates)]
