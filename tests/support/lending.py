"""Databases that are lent to one test after the other: emptied in between, which costs a tenth of making one.

A database that comes back holds the rows of its template again, and its sequences stand where the template's do. One
whose tables or rules a test has changed is dropped, and so is one that nobody can enter any more.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import psycopg
from psycopg import sql

from tests.support.postgres import create_database, drop_database

# Rows of many tests lie dead in the tables, because nobody sweeps here: then it is time for a fresh database.
LOANS_MOST = 80
_names, _loans = count(), count()
_TABLES = """SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"""
_SEQUENCES = """SELECT format('SELECT setval(%L, %s, %L)', format('%I.%I', schemaname, sequencename),
    coalesce(last_value, start_value), last_value IS NOT NULL) FROM pg_sequences"""
# How much of what a database is made of there is, and when it was last written; what a test adds, changes or drops shows.
_SHAPE = "SELECT " + ", ".join(
    f"(SELECT (count(*), max(xmin::text::bigint))::text FROM {catalogue})"
    for catalogue in (
        "pg_class", "pg_attribute", "pg_attrdef", "pg_constraint", "pg_policy", "pg_trigger", "pg_proc", "pg_namespace",
        "pg_extension", "pg_db_role_setting",
    )
)  # fmt: skip
_OTHERS = """SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""

# Journals may not be written anew, and rows are brought back in any order: triggers and references rest meanwhile.
_QUIET = "SET LOCAL session_replication_role = replica"


@dataclass
class Lender:
    """Lends copies of one template of one server."""

    dsn: str
    template: str
    idle: "list[_Copy]" = field(default_factory=list)

    @contextmanager
    def lent(self) -> Iterator[str]:
        """A database for one test: its URL, which no other loan has, so that no cache takes one for another."""
        copy = self.idle.pop() if self.idle else _Copy(self.dsn, self.template)
        try:
            yield f"{copy.url}&application_name=loan_{next(_loans)}"
        finally:
            if copy.is_as_new():
                self.idle.append(copy)
            else:
                drop_database(self.dsn, copy.name)

    def end(self) -> None:
        """Drop what is not lent."""
        while self.idle:
            drop_database(self.dsn, self.idle.pop().name)


_lenders: dict[tuple[str, str], Lender] = {}


def lender(dsn: str, template: str) -> Lender:
    """The lender of this process for copies of ``template`` on the server ``dsn``."""
    return _lenders.setdefault((dsn, template), Lender(dsn, template))


class _Copy:
    """A copy of the template, and what it held at first."""

    def __init__(self, dsn: str, template: str) -> None:
        self.name, self.loans = f"linli_lent_{os.getpid()}_{next(_names)}", 0
        self.url = create_database(dsn, self.name, template=template)
        with psycopg.connect(self.url) as connection:
            self.shape = connection.execute(_SHAPE).fetchone()
            names = [str(name) for (name,) in connection.execute(_TABLES)]
            rows = {name: b"".join(_rows_of(connection, name)) for name in names}
            self.rows = {name: found for name, found in rows.items() if found}
            emptying = [sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in names]
            stand = [sql.SQL(str(statement)) for (statement,) in connection.execute(_SEQUENCES)]
            self.reset = sql.SQL("; ").join([sql.SQL(_OTHERS), sql.SQL(_QUIET), *emptying, *stand])

    def is_as_new(self) -> bool:
        """Give it the rows of its template again; false where it cannot be lent again."""
        self.loans += 1
        if self.loans >= LOANS_MOST:
            return False
        try:
            with psycopg.connect(self.url) as connection:
                connection.execute(self.reset)
                for name, rows in self.rows.items():
                    with connection.cursor().copy(_copying(name, "FROM STDIN")) as copying:
                        copying.write(rows)
                return bool(connection.execute(_SHAPE).fetchone() == self.shape)
        except psycopg.Error:
            return False


def _copying(table: str, direction: str) -> sql.Composed:
    return sql.SQL("COPY {} {}").format(sql.Identifier(table), sql.SQL(direction))


def _rows_of(connection: psycopg.Connection, table: str) -> Iterator[bytes]:
    with connection.cursor().copy(_copying(table, "TO STDOUT")) as copying:
        yield from (bytes(block) for block in copying)
