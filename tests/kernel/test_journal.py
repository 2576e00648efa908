"""The journal: chained, complete for readers by cursor, closed to edits."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from backend.kernel.journal import Cursor, Fact, broken_chains, present, read_after, record

NOW = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)


def test_events_of_a_stream_are_chained_and_verify(session: Session) -> None:
    record(session, "incident:a", [Fact("ReportReceived", {"n": 1}), Fact("IncidentOpened", {})], now=NOW)
    record(session, "incident:a", [Fact("IncidentTriaged", {"grade": 2})], now=NOW)
    session.commit()
    assert list(broken_chains(session)) == []
    assert [row.stream_seq for row in read_after(session, Cursor())] == [1, 2, 3]


@pytest.mark.parametrize(
    "damage, reason",
    [
        ("UPDATE event SET payload = '{\"n\": 2}' WHERE stream_seq = 1", "changed"),
        ("UPDATE event SET actor = 'someone' WHERE stream_seq = 2", "changed"),
        ("DELETE FROM event WHERE stream_seq = 1", "missing"),
    ],
)
def test_a_changed_or_missing_entry_is_named(
    session: Session, owner_session: Session, damage: str, reason: str
) -> None:
    record(session, "incident:a", [Fact("ReportReceived", {"n": 1}), Fact("IncidentOpened", {})], now=NOW)
    session.commit()
    owner_session.execute(text(damage))
    found = list(broken_chains(owner_session))
    assert len(found) == 1
    assert reason in found[0].reason


def test_the_application_cannot_edit_the_journal(session: Session) -> None:
    record(session, "incident:a", [Fact("ReportReceived", {})], now=NOW)
    with pytest.raises(ProgrammingError):
        session.execute(text("UPDATE event SET actor = 'nobody'"))


def test_a_reader_waits_for_an_earlier_transaction_that_is_still_open(session: Session, owner_session: Session) -> None:
    start = present(session)
    session.commit()
    record(owner_session, "incident:slow", [Fact("ReportReceived", {})], now=NOW)
    record(session, "incident:fast", [Fact("ReportReceived", {})], now=NOW)
    session.commit()
    assert read_after(session, start) == []
    owner_session.commit()
    session.commit()
    assert [row.stream for row in read_after(session, start)] == ["incident:slow", "incident:fast"]
