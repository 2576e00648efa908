"""Throwaway PostgreSQL for tests: the embedded one and Debian's, so that both ends of the range are tried.

A session-scoped fixture can hold one cluster for each pytest-xdist worker::

    @pytest.fixture(scope="session")
    def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
        with cluster("embedded", tmp_path_factory.mktemp("postgres")) as dsn:
            yield dsn

and each test or module a database of its own, made by ``create_database`` from a migrated template.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from backend.kernel.embedded import EmbeddedServer

DEBIAN_BINARIES = Path("/usr/lib/postgresql/15/bin")
FAST = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "32MB"}


@contextmanager
def cluster(which: Literal["embedded", "debian"], directory: Path) -> Iterator[str]:
    """Run a cluster in ``directory`` without fsync; give its superuser's URL, or skip where it is absent."""
    if which == "debian" and not DEBIAN_BINARIES.exists():
        pytest.skip("PostgreSQL 15 of Debian is not installed")
    binaries = DEBIAN_BINARIES if which == "debian" else None
    with EmbeddedServer.start(directory, binaries=binaries, settings=FAST) as server:
        yield server.dsn


def create_database(dsn: str, name: str, template: str = "template1") -> str:
    """Create the database ``name`` as a copy of ``template``, which nobody may be using; return its URL."""
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
    _run(dsn, create.format(sql.Identifier(name), sql.Identifier(template)))
    return urlunsplit(urlsplit(dsn)._replace(path="/" + quote(name, safe="")))


def drop_database(dsn: str, name: str) -> None:
    """Drop the database ``name`` if it is there, and whoever is connected to it."""
    _run(dsn, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _run(dsn: str, statement: sql.Composed) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement)
