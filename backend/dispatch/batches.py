"""What one thread of a worker has in hand: a delivery that a job named, with others that wait in the same lane.

One claim, one look-up and one recording serve them all, so that a crowd of reports is told of as quickly as one. A
batch is small where a channel is slow: its deliveries go one after the other, and other threads could send as well.
"""

import json
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.dispatch.gateway import SEND
from backend.dispatch.outcomes import Ended
from backend.dispatch.parcels import Parcel
from backend.kernel.jobs import defer_rows

LEASE = timedelta(seconds=30)
# A batch is as large as can be sent in this time, judged by the channel's last send.
BATCH_S = 0.25
BATCH_MOST = 25
BATCH_UNKNOWN = 5
# What is not sent by then is given back, so that it neither waits for one slow send nor for the lease to end.
PATIENCE_S = 1.0

# How long the last send by each channel took in this process, in seconds.
_pace: dict[str, float] = {}


def size_of(took_s: float | None) -> int:
    """How many are claimed together where the channel's last send took so long; None: nothing is known yet."""
    return BATCH_UNKNOWN if took_s is None else max(1, min(BATCH_MOST, int(BATCH_S / max(took_s, 0.001))))


def forget_pace() -> None:
    """Begin without knowing how quick the channels are, as a fresh process does."""
    _pace.clear()


class Batch:
    """Claimed deliveries on their way. Its thread sends them; another may take from it what it should not keep."""

    def __init__(self, parcels: Sequence[Parcel]) -> None:
        self._lock = threading.Lock()
        self._waiting, self._ended = deque(parcels), list[Ended]()
        self._sending: Parcel | None = None
        self._since = self._began = time.monotonic()

    def take(self) -> Parcel | None:
        """The next to send; None when all were taken, or when the batch has lasted too long."""
        with self._lock:
            self._since = time.monotonic()
            in_time = self._since - self._began < PATIENCE_S
            self._sending = self._waiting.popleft() if self._waiting and in_time else None
            return self._sending

    def end(self, *ended: Ended) -> None:
        """Note what became of the one that was taken, and of those that went in one message with it."""
        with self._lock:
            self._sending = None
            self._ended += ended
            for one in ended:
                if one.took_ms is not None:
                    _pace[one.parcel.channel] = one.took_ms / 1000

    @property
    def is_stuck(self) -> bool:
        """Whether one send takes so long that the rest should not wait for it."""
        return self._sending is not None and time.monotonic() - self._since > PATIENCE_S

    def hand_in(self) -> tuple[list[Ended], list[Parcel]]:
        """What has ended and is to be recorded, and what was not begun and is to be given back; no longer in hand."""
        with self._lock:
            ended, waiting = self._ended, list(self._waiting)
            self._ended = []
            self._waiting.clear()
            return ended, waiting

    @property
    def sending(self) -> Parcel | None:
        """The one that is being sent."""
        return self._sending


# A delivery whose lease ran out may have ended the worker that sent it: it goes alone, and not again with others. One
# that somebody holds, or that went already, still names the lane and the channel of those that wait.
_CLAIM = text(
    "WITH named AS (SELECT lane, channel, coalesce(CAST(CAST(:sizes AS jsonb) ->> channel AS integer), :unknown) AS size"
    " FROM delivery WHERE id = :id),"
    " own AS (SELECT id, lease_until FROM delivery WHERE id = :id AND state = 'waiting' AND due_at <= :now"
    " AND (lease_until IS NULL OR lease_until <= :now) FOR UPDATE SKIP LOCKED),"
    " others AS (SELECT d.id FROM delivery d JOIN named n ON d.lane = n.lane AND d.channel = n.channel"
    " WHERE d.state = 'waiting' AND d.due_at <= :now AND d.lease_until IS NULL AND d.id <> :id"
    " AND NOT EXISTS (SELECT FROM own WHERE lease_until IS NOT NULL)"
    " ORDER BY d.due_at LIMIT (SELECT size FROM named) - (SELECT count(*) FROM own) FOR UPDATE OF d SKIP LOCKED),"
    " claimed AS (UPDATE delivery SET lease_until = :until, fence = fence + 1, attempts = attempts + 1"
    " WHERE id = ANY (ARRAY(SELECT id FROM own UNION ALL SELECT id FROM others))"
    " RETURNING id, fence, attempts, channel, lane, template, created_at, incident_id, report_id, offer_id, person_id,"
    " desk_id, webhook_id, params, language),"
    " jobs AS (DELETE FROM procrastinate_jobs WHERE status = 'todo'"
    " AND queueing_lock = ANY (ARRAY(SELECT :task || ':' || id FROM claimed)))"
    " SELECT * FROM claimed ORDER BY id <> :id, created_at, id"
)


def claim(session: Session, delivery_id: UUID, *, now: datetime) -> list[Parcel]:
    """Lease a delivery, where it waits and nobody holds it, and others like it that are due; delete their jobs."""
    sizes = {channel: size_of(took_s) for channel, took_s in list(_pace.items())}
    values = {"id": delivery_id, "now": now, "until": now + LEASE, "task": SEND, "unknown": size_of(None)}
    return [Parcel(*row) for row in session.execute(_CLAIM, values | {"sizes": json.dumps(sizes)})]


# What was never begun does not count as a try.
_GIVE_BACK = text(
    "UPDATE delivery d SET lease_until = NULL, fence = d.fence + 1, attempts = d.attempts - g.unbegun"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:fences AS bigint[]), CAST(:unbegun AS integer[])) AS g (id, fence, unbegun)"
    " WHERE d.id = g.id AND d.fence = g.fence AND d.state = 'waiting' RETURNING d.id, d.lane"
)


def give_back(session: Session, unbegun: Iterable[Parcel], begun: Iterable[Parcel] = ()) -> None:
    """End leases that are still ours and let other threads and workers have the deliveries at once."""
    held = [(one, 1) for each in unbegun for one in (each, *each.mates)]
    held += [(one, 0) for each in begun for one in (each, *each.mates)]
    values = {"ids": [one.id for one, _ in held], "fences": [one.fence for one, _ in held]}
    rows = session.execute(_GIVE_BACK, values | {"unbegun": [count for _, count in held]}).all()
    defer_rows(session, [(SEND, row.id, row.lane, None) for row in rows])
