"""Databases that are lent to one test after the other: each finds what the template holds, and nothing of another test."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.support.lending import LOANS_MOST, Lender

TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
SEQUENCES = "SELECT sequencename::text, last_value FROM pg_sequences ORDER BY 1"
AREA = "INSERT INTO area (source, source_id, level, division, division_order, name, names, timezone, properties)"
AREA += " VALUES ('test', 'town', 2, 'town', 0, 'Town', '{}', 'UTC', '{}')"


def held(url: str) -> tuple[Any, Any]:
    """All rows and the stand of all sequences."""
    with psycopg.connect(url) as connection:
        names = [name for (name,) in connection.execute(TABLES)]
        rows = {name: connection.execute(f"SELECT one::text FROM {name} one ORDER BY 1").fetchall() for name in names}
        return rows, connection.execute(SEQUENCES).fetchall()


def name_in(url: str) -> str:
    return url.partition("?")[0]


@pytest.fixture
def lender(postgres: str) -> Lender:
    return Lender(postgres, "linli_template")


def write(url: str) -> None:
    """Rows are added, changed and taken away."""
    with psycopg.connect(url) as connection:
        connection.execute(AREA)
        connection.execute("DELETE FROM config_version")
        connection.execute("INSERT INTO config_version VALUES ('areas', 7)")
        connection.execute("UPDATE organisation SET name = 'another'")


def test_a_database_comes_back_as_its_template_is_and_by_another_address(lender: Lender) -> None:
    with lender.lent() as first:
        before = held(first)
        write(first)
        assert held(first) != before
    with lender.lent() as second:
        assert name_in(second) == name_in(first)
        assert second != first
        assert held(second) == before
    lender.end()


def test_whoever_is_still_connected_is_shown_out(lender: Lender) -> None:
    with lender.lent() as first:
        left = psycopg.connect(first)
        left.execute(AREA)  # and is not committed, so that it holds locks
    with lender.lent() as second:
        assert name_in(second) == name_in(first)
        with pytest.raises(psycopg.OperationalError):
            left.execute("SELECT 1")
    left.close()
    lender.end()


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE another (id int)", "ALTER TABLE incident NO FORCE ROW LEVEL SECURITY", "DROP TABLE note CASCADE",
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'", "ALTER TABLE person DISABLE TRIGGER ALL",
        "ALTER TABLE config_version ALTER version SET DEFAULT 3", "CREATE SCHEMA another", "DROP POLICY incident_seen ON incident",
    ],
)  # fmt: skip
def test_a_database_that_is_built_otherwise_is_not_lent_again(lender: Lender, change: str) -> None:
    with lender.lent() as first, psycopg.connect(first) as connection:
        connection.execute(change)
    assert lender.idle == []


@pytest.mark.parametrize(
    "spoil", [lambda copy: setattr(copy, "loans", LOANS_MOST), lambda copy: setattr(copy, "url", "")]
)
def test_a_database_that_is_worn_or_cannot_be_entered_is_dropped(lender: Lender, spoil: Callable[[Any], None]) -> None:
    with lender.lent():
        pass
    spoil(lender.idle[0])
    with lender.lent():
        pass
    assert lender.idle == []
