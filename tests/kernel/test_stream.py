"""The fan-out: everything once and in order, only what may be seen, and nobody waits for a slow reader."""

import asyncio
from collections.abc import AsyncIterator, Collection, Coroutine, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from backend.kernel.database import SYSTEM, Actor, Scope, prepare, sqlalchemy_url
from backend.kernel.ids import new_id
from backend.kernel.journal import Cursor, Fact, incident_stream, record
from backend.kernel.stream import (
    BUFFER_MOST,
    DatabaseJournal,
    Entry,
    FanOut,
    Viewer,
    parse_cursor,
    sight_of,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SEEN, HIDDEN = new_id(), new_id()
DESK = Actor("desk", Scope.STAFF)
Found = TypeVar("Found")


class ListedJournal:
    """A journal in memory; everybody sees all but ``HIDDEN``. ``grow`` is called at each reading."""

    def __init__(self, *entries: Entry) -> None:
        self.entries = list(entries)
        self.batch = 2

    def present(self) -> Cursor:
        return self.entries[-1].cursor if self.entries else Cursor()

    def after(self, cursor: Cursor) -> tuple[Cursor, list[Entry]]:
        found = [entry for entry in self.entries if entry.cursor > cursor][: self.batch]
        return (found[-1].cursor if found else cursor), found

    def seen(self, sights: Iterable[Actor], incident_ids: Collection[UUID]) -> Mapping[Actor, frozenset[UUID]]:
        return {sight: frozenset(incident_ids) - {HIDDEN} for sight in sights}


def entry(xid: int, incident_id: UUID = SEEN) -> Entry:
    return Entry(Cursor(xid, xid), incident_id, b"")


def run(work: Coroutine[Any, Any, Found]) -> Found:
    return asyncio.run(asyncio.wait_for(work, 20))


Streamed = tuple[Entry, ...] | Cursor


async def first(stream: AsyncIterator[Streamed], count: int) -> list[int]:
    """The numbers of the next entries until there are ``count``; where the stream has come is passed over."""
    found: list[int] = []
    while len(found) < count:
        item = await anext(stream)
        if not isinstance(item, Cursor):
            found += [entry.cursor.xid for entry in item]
    return found


@pytest.mark.parametrize("start", [0, 3, 5])
def test_a_viewer_gets_each_entry_once_from_where_it_left(start: int) -> None:
    async def work() -> list[int]:
        journal = ListedJournal(*(entry(number) for number in range(1, 6)))
        fan_out = FanOut(journal)
        reading = asyncio.create_task(fan_out.run())
        stream = fan_out.follow(Viewer(DESK), Cursor(start, start), beat_s=10)
        await anext(stream)  # the viewer has joined; what is written now comes live
        journal.entries += [entry(number) for number in range(6, 10)]
        found = await first(stream, 9 - start)
        reading.cancel()
        return found

    assert run(work()) == list(range(start + 1, 10))


def test_what_a_viewer_may_not_see_is_left_out_in_the_past_and_live() -> None:
    async def work() -> list[int]:
        journal = ListedJournal(entry(1), entry(2, HIDDEN), entry(3))
        fan_out = FanOut(journal)
        reading = asyncio.create_task(fan_out.run())
        stream = fan_out.follow(Viewer(DESK), Cursor(0, 1), beat_s=10)
        await anext(stream)
        journal.entries += [entry(4, HIDDEN), entry(5)]
        found = await first(stream, 3)
        reading.cancel()
        return found

    assert run(work()) == [1, 3, 5]


def test_a_heartbeat_says_how_far_the_stream_has_come_beyond_what_was_hidden() -> None:
    async def work() -> Streamed:
        journal = ListedJournal(entry(1))
        fan_out = FanOut(journal)
        reading = asyncio.create_task(fan_out.run())
        stream = fan_out.follow(Viewer(DESK), None, beat_s=0.6)
        await anext(stream)
        journal.entries += [entry(2, HIDDEN)]
        found = await anext(stream)
        reading.cancel()
        return found

    assert run(work()) == Cursor(2, 2)


def test_one_who_falls_behind_is_closed_and_the_others_go_on() -> None:
    async def work() -> tuple[bool, list[int]]:
        journal = ListedJournal()
        journal.batch = BUFFER_MOST
        fan_out = FanOut(journal)
        reading = asyncio.create_task(fan_out.run())
        slow, quick = Viewer(DESK), Viewer(DESK)
        streams = [fan_out.follow(viewer, None, beat_s=10) for viewer in (slow, quick)]
        for stream in streams:
            await anext(stream)
        journal.entries += [entry(number) for number in range(1, BUFFER_MOST + 1)]
        found = await first(streams[1], BUFFER_MOST)
        journal.entries += [entry(BUFFER_MOST + 1)]
        found += await first(streams[1], 1)
        reading.cancel()
        return slow.closed.is_set() and not quick.closed.is_set(), found

    is_closed, found = run(work())
    assert is_closed
    assert found == list(range(1, BUFFER_MOST + 2))


@pytest.fixture
def engine(database_url: str) -> Iterable[Engine]:
    made = create_engine(sqlalchemy_url(database_url))
    prepare(made)
    yield made
    made.dispose()


def write(session: Session, incident_id: UUID) -> None:
    record(session, incident_stream(incident_id), [Fact("NoteAdded", {})], now=NOW)


def test_entries_of_transactions_that_commit_out_of_order_are_all_given(engine: Engine) -> None:
    journal = DatabaseJournal(engine)
    start = journal.present()
    with Session(engine) as slow, Session(engine) as quick:
        write(slow, SEEN)
        write(quick, HIDDEN)
        quick.commit()
        assert journal.after(start) == (start, [])
        slow.commit()
    reached, entries = journal.after(start)
    assert [found.incident_id for found in entries] == [SEEN, HIDDEN]
    assert journal.after(reached) == (reached, [])


def test_only_events_of_incidents_are_streamed_but_the_cursor_passes_the_others(engine: Engine) -> None:
    journal = DatabaseJournal(engine)
    start = journal.present()
    with Session(engine) as session:
        record(session, f"account:{SEEN}", [Fact("AccountCreated", {})], now=NOW)
        session.commit()
    reached, entries = journal.after(start)
    assert entries == []
    assert reached > start


def test_nobody_sees_an_incident_that_row_security_hides(engine: Engine) -> None:
    seen = DatabaseJournal(engine).seen([DESK, SYSTEM], [SEEN])
    assert seen == {DESK: frozenset(), SYSTEM: frozenset()}


def test_people_with_the_same_roles_share_one_sight() -> None:
    one = Actor("person:1", Scope.STAFF, new_id(), (SEEN,), (5,), ("incident",))
    other = Actor("person:2", Scope.STAFF, new_id(), (SEEN,), (5,), ("incident",))
    elsewhere = Actor("person:3", Scope.STAFF, new_id(), (SEEN,), (6,), ("incident",))
    assert sight_of(one) == sight_of(other)
    assert sight_of(one) != sight_of(elsewhere)


@pytest.mark.parametrize("raw", ["7.12", "0.0", f"9.{2**63 - 1}"])
def test_a_cursor_of_ours_is_read(raw: str) -> None:
    assert str(parse_cursor(raw)) == raw


@pytest.mark.parametrize(
    "raw", ["", "1", "x", "1.2.3", "-1.2", "1_0.2", "٣.4", "1 .2", f"{2**63}.1", "." * 9, "9" * 5000 + ".1"]
)
def test_what_is_no_cursor_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match=r"event id|invalid literal|digits"):
        parse_cursor(raw)


def test_a_database_that_is_away_does_not_end_the_reader(engine: Engine) -> None:
    async def work() -> list[int]:
        journal = ListedJournal(entry(1))
        fan_out, failures = FanOut(journal), iter([True, False])

        def away(cursor: Cursor) -> tuple[Cursor, list[Entry]]:
            if next(failures, False):
                with engine.connect() as connection:
                    connection.execute(text("SELECT nothing"))
            return ListedJournal.after(journal, cursor)

        journal.after = away  # type: ignore[method-assign]
        reading = asyncio.create_task(fan_out.run())
        stream = fan_out.follow(Viewer(DESK), None, beat_s=10)
        await anext(stream)
        journal.entries += [entry(2)]
        found = await first(stream, 1)
        reading.cancel()
        return found

    assert run(work()) == [2]
