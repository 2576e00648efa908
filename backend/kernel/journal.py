"""One journal: what happened, appended in the transaction of the change, never edited.

A stream is one incident, account, rule layer or area import. The hash chain runs within a stream, so writers of
different streams never wait for each other; writers of one stream hold its row (the incident) locked. Payloads
hold ids and codes only; words of people stay in sealed fields.

A reader by cursor misses nothing: ``xid`` is the transaction that wrote the event, and a reader takes only events
whose transaction is older than every one still running, in the order of (xid, seq).
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Identity, Index, LargeBinary, Table, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.kernel.database import Base, insert_all
from backend.kernel.ids import new_id

GENESIS = bytes(32)
# That somebody looked at something, for the audit.
LOOKS = ("IncidentRead", "AuditRead")
_LOOKS = text(f"type IN {LOOKS}")


class Event(Base):
    """One fact. ``xid`` is filled by the database."""

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("stream", "stream_seq"),
        Index("ix_event_cursor", "xid", "seq"),
        Index("ix_event_looks", "at", "seq", postgresql_where=_LOOKS),
        Index("ix_event_looks_actor", "actor", "at", "seq", postgresql_where=_LOOKS),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(Identity(always=True))
    xid: Mapped[int] = mapped_column(server_default=text("(pg_current_xact_id()::text)::bigint"))
    stream: Mapped[str]
    stream_seq: Mapped[int]
    type: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]
    payload: Mapped[dict[str, Any]]
    prev_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)

    __mapper_args__ = {"eager_defaults": False}


@dataclass(frozen=True, slots=True)
class Fact:
    """An event about to be written. ``type`` is past tense; ``payload`` holds ids and codes, nothing personal."""

    type: str
    payload: Mapping[str, Any]


def incident_stream(incident_id: UUID) -> str:
    """The stream of an incident."""
    return f"incident:{incident_id}"


def reads_stream(incident_id: UUID) -> str:
    """The stream of those who looked at an incident."""
    return f"reads:{incident_id}"


def digest(prev_hash: bytes, row: Mapping[str, Any]) -> bytes:
    """SHA-256 over the former hash and the canonical JSON of the event without its hashes and database columns."""
    at: datetime = row["at"]
    members = [str(row["id"]), row["stream"], row["stream_seq"], row["type"], at.isoformat(), row["actor"]]
    canonical = orjson.dumps([*members, row["payload"]], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(prev_hash + canonical).digest()


def chained(
    stream: str, facts: Iterable[Fact], *, after: tuple[int, bytes], actor: str, now: datetime
) -> list[dict[str, Any]]:
    """The rows of ``facts``, chained behind ``after``: the stream's last sequence number and hash."""
    seq, prev = after
    rows = []
    for seq, fact in enumerate(facts, start=seq + 1):  # noqa: B020 - counting on from the stream's last number
        payload = orjson.loads(orjson.dumps(dict(fact.payload), default=str))
        row: dict[str, Any] = {"id": new_id(), "stream": stream, "stream_seq": seq, "type": fact.type}
        row |= {"at": now, "actor": actor, "payload": payload, "prev_hash": prev}
        prev = row["hash"] = digest(prev, row)
        rows.append(row)
    return rows


def head_of(session: Session, stream: str) -> tuple[int, bytes]:
    """Last sequence number and hash of a stream; the caller holds the lock of what the stream is about."""
    row = session.execute(
        select(Event.stream_seq, Event.hash).where(Event.stream == stream).order_by(Event.stream_seq.desc()).limit(1)
    ).one_or_none()
    return (row.stream_seq, row.hash) if row else (0, GENESIS)


def record(session: Session, stream: str, facts: Sequence[Fact], *, now: datetime) -> None:
    """Append ``facts`` to ``stream`` in the present transaction."""
    actor = str(session.info.get("actor", "system"))
    rows = chained(stream, facts, after=head_of(session, stream), actor=actor, now=now)
    insert_all(session, {event_table(): rows})


_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:stream, 0))")


def record_alone(session: Session, stream: str, facts: Sequence[Fact], *, now: datetime) -> None:
    """As ``record``, for a stream that has no row of its own to lock: writers wait for each other."""
    session.execute(_ONE_AT_A_TIME, {"stream": stream})
    record(session, stream, facts, now=now)


def event_table() -> Table:
    """The table of events, for rows that are written together with others."""
    table = Event.__table__
    assert isinstance(table, Table)
    return table


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A reader's place in the journal; as text ``xid.seq``, the live stream's event id."""

    xid: int = 0
    seq: int = 0

    def __str__(self) -> str:
        return f"{self.xid}.{self.seq}"

    @classmethod
    def parse(cls, raw: str) -> "Cursor":
        """Read a cursor from its text; ValueError when it is none."""
        xid, _, seq = raw.partition(".")
        return cls(int(xid), int(seq))


_READ = text(
    "SELECT xid, seq, id, stream, stream_seq, type, at, actor, payload FROM event"
    " WHERE (xid, seq) > (:xid, :seq) AND xid < (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint"
    " ORDER BY xid, seq LIMIT :limit"
)


def read_after(session: Session, cursor: Cursor, *, limit: int = 500) -> list[Any]:
    """The next events behind ``cursor``, none of which can still be joined by an earlier one."""
    found = session.execute(_READ, {"xid": cursor.xid, "seq": cursor.seq, "limit": limit})
    return list(found)


def present(session: Session) -> Cursor:
    """The cursor behind which only events to come lie."""
    xmin = session.execute(text("SELECT (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint")).scalar_one()
    return Cursor(int(xmin) - 1, 2**62)


@dataclass(frozen=True, slots=True)
class BrokenChain:
    """Where a stream's chain does not hold; ``code`` is the reason for programs: ``missing`` or ``changed``."""

    stream: str
    stream_seq: int
    reason: str
    code: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a part of the journal was found to be: entries and streams that were looked at, breaks, and where to go on."""

    entries: int
    streams: int
    broken: tuple[BrokenChain, ...]
    next_after: str | None


def broken_chains(session: Session) -> Iterable[BrokenChain]:
    """Walk every stream and yield each entry that does not follow from the one before it."""
    found = session.execute(_IN_ORDER.execution_options(yield_per=2000))
    for _, broken in _followed(found):
        if broken:
            yield broken


def check_part(session: Session, *, after: str = "", only: Sequence[str] = (), most: int = 20_000) -> Checked:
    """Check whole streams behind ``after``, in order, until ``most`` entries were read; or ``only`` those named."""
    query = _IN_ORDER.where(Event.stream.in_(only)) if only else _IN_ORDER.where(Event.stream > after)
    entries, streams, last = 0, 0, after
    broken: list[BrokenChain] = []
    with session.execute(query.execution_options(yield_per=2000)) as found:
        for event, wrong in _followed(found):
            if event.stream != last:
                if entries >= most and not only:
                    return Checked(entries, streams, tuple(broken), last)
                streams, last = streams + 1, event.stream
            entries += 1
            broken += [wrong] if wrong else []
    return Checked(entries, streams, tuple(broken), None)


def lost_heads(session: Session, kept: Mapping[str, tuple[int, bytes]]) -> list[str]:
    """The streams that no longer hold the entry with this number and hash, in order."""
    lost = []
    for name, (seq, expected) in sorted(kept.items()):
        found = session.scalar(select(Event.hash).where(Event.stream == name, Event.stream_seq == seq))
        if found is None or bytes(found) != expected:
            lost.append(name)
    return lost


_HASHED = ("id", "stream", "stream_seq", "type", "at", "actor", "payload")
_IN_ORDER = select(*(getattr(Event, name) for name in _HASHED), Event.prev_hash, Event.hash).order_by(
    Event.stream, Event.stream_seq
)


def _followed(events: Iterable[Any]) -> Iterator[tuple[Any, BrokenChain | None]]:
    """Each entry of streams in order, and how it fails to follow from the one before it."""
    stream, seq, prev = None, 0, GENESIS
    for event in events:
        if event.stream != stream:
            seq, prev = 0, GENESIS
        yield event, _break_at(event, seq, prev)
        stream, seq, prev = event.stream, event.stream_seq, event.hash


def _break_at(event: Any, seq: int, prev: bytes) -> BrokenChain | None:
    if event.stream_seq != seq + 1:
        return BrokenChain(event.stream, event.stream_seq, "an entry before this one is missing", "missing")
    row = {name: getattr(event, name) for name in _HASHED}
    if event.prev_hash != prev or event.hash != digest(event.prev_hash, row):
        return BrokenChain(event.stream, event.stream_seq, "this entry was changed", "changed")
    return None
