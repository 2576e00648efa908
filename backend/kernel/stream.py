"""The live stream: one reader of the journal, any number of viewers.

The reader asks the journal for what is new every 200 ms, with one range scan of an index. That costs the same
whether ten or ten thousand changes are written (0.5 ms, 1 % of a core when nothing happens), and writers do
nothing for it. A ``NOTIFY`` in each of their transactions takes a lock that all of them share: 32 writers made
600 transactions a second with it and 4,500 without. A viewer waits 0.1 s longer, which no person sees.

Who sees an event is decided by row security alone: for each batch the reader asks, in the name of every
*sight* (the bodies, areas and compartments of a viewer), which of the batch's incidents exist for it. Viewers
of one desk share a sight and so one question; nothing is remembered from batch to batch, so nothing is out of
date.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from backend.kernel.database import Actor, act_as
from backend.kernel.journal import Cursor, present, read_after
from backend.kernel.logs import log

POLL_S = 0.2
AFTER_FAILURE_S = 1.0
BATCH = 500
BUFFER_MOST = 1000  # entries that wait for one viewer; about 0.5 MB, most of it shared with the other viewers
TOGETHER_MOST = 40  # entries in one message; more would lie in the buffer of a viewer that takes nothing
BIGGEST = 2**63 - 1
INCIDENT = "incident:"


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of an incident; ``message`` is how every viewer gets it, written once for all."""

    cursor: Cursor
    incident_id: UUID
    message: bytes
    type: str = ""


def sight_of(actor: Actor) -> Actor:
    """What row security looks at when it shows incidents to ``actor``; equal for all who see the same.

    What somebody opened for a while is not followed live: nothing of it may come after its time.
    """
    return replace(actor, label="viewer", person_id=None, opened_ids=())


def parse_cursor(raw: str) -> Cursor:
    """The cursor of a ``Last-Event-ID``; ValueError when it cannot be one of ours."""
    if not raw.isascii() or not raw.replace(".", "", 1).isdigit():
        raise ValueError(f"{raw[:40]!r} is no event id")
    cursor = Cursor.parse(raw)
    if max(cursor.xid, cursor.seq) > BIGGEST:
        raise ValueError(f"{raw[:40]!r} is no event id")
    return cursor


class Journal(Protocol):
    """Where the stream reads. Every method may be called from any thread."""

    def present(self) -> Cursor:
        """The cursor behind which only events to come lie."""

    def after(self, cursor: Cursor) -> tuple[Cursor, list[Entry]]:
        """The next events of incidents behind ``cursor``, and the cursor that was reached."""

    def seen(self, sights: Iterable[Actor], incident_ids: Collection[UUID]) -> Mapping[Actor, frozenset[UUID]]:
        """Which of the incidents each sight sees."""


class DatabaseJournal:
    """The journal in the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def present(self) -> Cursor:
        with Session(self._engine) as session:
            return present(session)

    def after(self, cursor: Cursor) -> tuple[Cursor, list[Entry]]:
        with Session(self._engine) as session:
            rows = read_after(session, cursor, limit=BATCH)
        if rows:
            cursor = Cursor(rows[-1].xid, rows[-1].seq)
        return cursor, [_entry(row) for row in rows if row.stream.startswith(INCIDENT)]

    def seen(self, sights: Iterable[Actor], incident_ids: Collection[UUID]) -> Mapping[Actor, frozenset[UUID]]:
        found: dict[Actor, frozenset[UUID]] = {}
        with Session(self._engine) as session:
            for sight in sights:
                act_as(session, sight)
                rows = session.scalars(_SEEN, {"ids": list(incident_ids)})
                found[sight] = frozenset(rows)
                session.rollback()
        return found


_SEEN = text("SELECT id FROM incident WHERE id = ANY(:ids)")


def _entry(row: Any) -> Entry:
    incident_id = UUID(row.stream.removeprefix(INCIDENT))
    body = {
        "incident_id": str(incident_id),
        "stream_seq": row.stream_seq,
        "type": row.type,
        "at": row.at.isoformat().replace("+00:00", "Z"),
        "actor": row.actor,
        "payload": row.payload,
    }
    cursor = Cursor(row.xid, row.seq)
    written = json.dumps(body, ensure_ascii=False, separators=(",", ":"))  # which leaves no line break in it
    return Entry(cursor, incident_id, f"id: {cursor}\ndata: {written}\n\n".encode(), row.type)


@dataclass(eq=False, slots=True)
class Viewer:
    """One open stream. ``closed`` is set when it must end: signed out, fallen behind, or stopping."""

    sight: Actor
    waiting: "asyncio.Queue[Entry]" = field(default_factory=lambda: asyncio.Queue(BUFFER_MOST))
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    def give(self, entry: Entry) -> None:
        """Put an entry behind those that wait; one too many ends the stream, to be resumed by its cursor."""
        if self.waiting.full():
            self.closed.set()
        else:
            self.waiting.put_nowait(entry)


class FanOut:
    """Reads the journal once for all viewers. ``tell`` is called with what is new before any viewer has it."""

    def __init__(self, journal: Journal, tell: Callable[[Sequence[Entry]], None] = lambda _: None) -> None:
        self._journal = journal
        self._tell = tell
        self._viewers: set[Viewer] = set()
        self._read: Cursor | None = None  # up to here the entries are with the viewers, or on their way to them
        self._given: Cursor | None = None  # up to here they are with the viewers

    @property
    def viewers(self) -> frozenset[Viewer]:
        """Those whose streams are open."""
        return frozenset(self._viewers)

    async def run(self) -> None:
        """Read and hand out until cancelled. A database that is away is waited for."""
        while True:
            try:
                more = await self._step()
            except SQLAlchemyError as error:
                log.warning("stream waits for the database", error=type(error).__name__)
                await asyncio.sleep(AFTER_FAILURE_S)
            else:
                if not more:
                    await asyncio.sleep(POLL_S)

    async def _step(self) -> bool:
        """Hand out what is new; whether there was anything."""
        if self._read is None:
            self._read = self._given = await asyncio.to_thread(self._journal.present)
        before = self._read
        self._read, entries = await asyncio.to_thread(self._journal.after, before)
        self._tell(entries)
        # A viewer who joins from here on reads these entries for himself, up to self._read.
        viewers = [(viewer, viewer.sight) for viewer in self._viewers]
        try:
            if entries and viewers:
                await self._hand_out(entries, viewers)
        except SQLAlchemyError:
            for viewer, _ in viewers:
                viewer.closed.set()
            raise
        self._given = self._read
        return self._read != before

    async def _hand_out(self, entries: list[Entry], viewers: list[tuple[Viewer, Actor]]) -> None:
        incident_ids = {entry.incident_id for entry in entries}
        seen = await asyncio.to_thread(self._journal.seen, {sight for _, sight in viewers}, incident_ids)
        for viewer, sight in viewers:
            for entry in entries:
                if entry.incident_id in seen[sight]:
                    viewer.give(entry)

    async def follow(
        self, viewer: Viewer, cursor: Cursor | None, *, beat_s: float
    ) -> AsyncIterator[tuple[Entry, ...] | Cursor]:
        """Everything behind ``cursor`` (None: from now on) that ``viewer`` may see, as it happens.

        What is there at one moment comes at once: a report makes several events, and each message costs as much as
        another. A bare Cursor says how far the stream has come: at the beginning, and after ``beat_s`` of silence.
        """
        while self._read is None:
            await asyncio.sleep(POLL_S)
        self._viewers.add(viewer)
        joined = self._read
        try:
            start = cursor or joined
            yield start
            async for entries in self._caught_up(viewer, start, joined):
                yield entries
            async for item in self._live(viewer, max(start, joined), beat_s):
                yield item
        finally:
            self._viewers.discard(viewer)

    async def _caught_up(self, viewer: Viewer, cursor: Cursor, until: Cursor) -> AsyncIterator[tuple[Entry, ...]]:
        while cursor < until:
            reached, entries = await asyncio.to_thread(self._journal.after, cursor)
            entries = [entry for entry in entries if entry.cursor <= until]
            if entries:
                sight, incident_ids = viewer.sight, {entry.incident_id for entry in entries}
                seen = await asyncio.to_thread(self._journal.seen, [sight], incident_ids)
                if shown := tuple(entry for entry in entries if entry.incident_id in seen[sight]):
                    yield shown
            if reached == cursor:
                return
            cursor = reached

    async def _live(self, viewer: Viewer, since: Cursor, beat_s: float) -> AsyncIterator[tuple[Entry, ...] | Cursor]:
        while True:
            try:
                entries = [await asyncio.wait_for(viewer.waiting.get(), beat_s)]
            except TimeoutError:
                # Nothing waits for this viewer, so it has all that was given: no await lies between.
                yield max(since, self._given or since)
            else:
                while not viewer.waiting.empty() and len(entries) < TOGETHER_MOST:
                    entries.append(viewer.waiting.get_nowait())
                if fresh := tuple(entry for entry in entries if entry.cursor > since):
                    yield fresh
