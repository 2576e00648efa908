"""A backup: one ``.tar.gz`` that any PostgreSQL from 15 on takes back, whichever made it.

It holds the rows of one moment (COPY in a repeatable-read transaction), the schema's revision and the photos,
which are sealed. ``pg_dump`` is not used: it must be as new as the server, and a machine that reaches a
database elsewhere often has none; one way for every database is also one to test. The schema is not in it:
migrations make it, up to the archive's revision before the rows come, and on to the present one after them.

Left out are the keys (see ``write_keys``), open sessions and one-time codes (what was ended since must not come back),
signs of life, and the number of the transaction that wrote an event, which means nothing in another database.
"""

import base64
import json
import os
import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from gzip import BadGzipFile
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any

import click
import psycopg
from alembic import command
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import Connection, text

from backend.kernel.database import owner_engine
from backend.kernel.health import found_revision
from backend.kernel.migrate import config
from backend.kernel.sealed import Keyring

FORMAT = 1
PART_BYTES = 4_000_000  # a member's size stands before it, so rows are collected up to this many bytes
WITHOUT_ROWS = ("alembic_version", "signed_in", "sign_in_step", "chat_code", "pulse")
WITHOUT_COLUMNS = {"event": ("xid",)}
Each = Callable[[Sequence[str]], Iterable[str]]


class ArchiveRefused(click.ClickException):
    """A backup that cannot be written or taken back; one line says why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands at the head of an archive. ``tables`` are in the order in which they can be filled."""

    revision: str
    made_at: str
    tables: dict[str, list[str]]
    sequences: dict[str, int]
    format: int = FORMAT


@dataclass(slots=True)
class Contents:
    """What stands at the end of an archive: its absence shows that something was cut off."""

    rows: dict[str, int] = field(default_factory=dict)
    photos: int = 0


def write_archive(database_url: str, photos: Path, path: Path, *, each: Each = iter) -> Contents:
    """Write a backup to ``path``, whole or not at all. ``each`` may show the tables as they pass."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    contents = Contents()
    try:
        with (
            _private_file(unfinished) as file,
            tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as archive,
        ):
            with _snapshot(database_url) as connection:
                manifest = _manifest(connection)
                _add(archive, "manifest.json", json.dumps(asdict(manifest), indent=1).encode())
                for table in each(list(manifest.tables)):
                    contents.rows[table] = _add_table(archive, connection, table, manifest.tables[table])
            for photo in sorted(photo for photo in photos.rglob("*") if photo.is_file()):
                archive.add(photo, f"photos/{photo.relative_to(photos)}", recursive=False)
                contents.photos += 1
            _add(archive, "end.json", json.dumps(asdict(contents)).encode())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return contents


@contextmanager
def _private_file(path: Path) -> Iterator[Any]:
    """A file that only we can read, on the disk when the block ends."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _snapshot(database_url: str) -> "Iterator[psycopg.Connection[Any]]":
    with psycopg.connect(database_url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        # The owner of a table whose row security is forced is bound by it too, unless a superuser.
        connection.execute("SELECT set_config('linli.scope', 'system', true)")
        yield connection


_COLUMNS = """
    SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
      AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' GROUP BY c.relname
"""
_REFERENCES = """
    SELECT k.conrelid::regclass::text, k.confrelid::regclass::text FROM pg_constraint k
    WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace AND k.conrelid <> k.confrelid
"""
_SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"


def _manifest(connection: "psycopg.Connection[Any]") -> Manifest:
    columns = {
        name: [one for one in found if one not in WITHOUT_COLUMNS.get(name, ())]
        for name, found in connection.execute(_COLUMNS)
        if name not in WITHOUT_ROWS
    }
    order = TopologicalSorter({name: set[str]() for name in sorted(columns)})
    for table, referred in connection.execute(_REFERENCES):
        if table in columns and referred in columns:
            order.add(table, referred)
    revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return Manifest(
        revision=revision[0] if revision else "",
        made_at=datetime.now(UTC).isoformat(),
        tables={name: columns[name] for name in order.static_order()},
        sequences=dict(connection.execute(_SEQUENCES).fetchall()),
    )


def _add_table(
    archive: tarfile.TarFile, connection: "psycopg.Connection[Any]", table: str, columns: Sequence[str]
) -> int:
    """Add the rows of a table in parts, at least one; return how many there are."""
    part, number = bytearray(), 1
    with connection.cursor() as cursor:
        with cursor.copy(_copy(table, columns, "TO STDOUT")) as rows:
            for row in rows:
                part += row
                if len(part) > PART_BYTES:
                    _add(archive, f"tables/{table}/{number:06}", bytes(part))
                    part, number = bytearray(), number + 1
        _add(archive, f"tables/{table}/{number:06}", bytes(part))
        return cursor.rowcount


def _copy(table: str, columns: Sequence[str], way: str) -> sql.Composed:
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("COPY {} ({}) " + way).format(sql.Identifier(table), listed)


def _add(archive: tarfile.TarFile, name: str, body: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(body), 0o600
    archive.addfile(member, BytesIO(body))


def restore_archive(database_url: str, photos: Path, path: Path, *, each: Each = iter) -> Contents:
    """Fill an empty database and an empty photo folder from the backup at ``path``: all of it or nothing.

    Raises ArchiveRefused when something is there already, or the archive is damaged or too new.
    """
    if photos.exists() and any(photos.iterdir()):
        raise ArchiveRefused(f"{photos} holds photos already: restore into an empty data folder")
    arriving = photos.with_name("photos.arriving")
    engine = owner_engine(database_url)
    try:
        with tarfile.open(path, "r:gz") as archive, engine.begin() as connection:
            contents = _restore(archive, connection, arriving, each)
        shutil.rmtree(photos, ignore_errors=True)
        arriving.rename(photos)
        return contents
    except (tarfile.TarError, BadGzipFile, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise ArchiveRefused(f"{path} is no whole backup of Linli ({error})") from error
    except (psycopg.DataError, psycopg.IntegrityError) as error:  # its text may quote a row
        raise ArchiveRefused(f"{path} is no whole backup of Linli ({type(error).__name__})") from error
    finally:
        shutil.rmtree(arriving, ignore_errors=True)
        engine.dispose()


def _restore(archive: tarfile.TarFile, connection: Connection, arriving: Path, each: Each) -> Contents:
    members = iter(archive)
    manifest = Manifest(**_read_json(archive, next(members, None), "manifest.json"))
    _demand_fitting(connection, manifest)
    _upgrade(connection, manifest.revision)
    with _nothing_reacts(connection):
        found, rest = _fill(archive, members, connection, manifest, each)
    found.photos, last = _take_photos(archive, rest, arriving)
    if Contents(**_read_json(archive, last, "end.json")) != found:
        raise ValueError("rows or photos are missing")
    while archive.fileobj and archive.fileobj.read(PART_BYTES):
        pass  # the checksum of the whole stands at its very end, and is compared when that is read
    _upgrade(connection, "head")
    return found


def _read_json(archive: tarfile.TarFile, member: tarfile.TarInfo | None, name: str) -> dict[str, Any]:
    if member is None or member.name != name:
        raise ValueError(f"{name} is missing")
    body = archive.extractfile(member)
    assert body
    found: dict[str, Any] = json.loads(body.read())
    return found


def _demand_fitting(connection: Connection, manifest: Manifest) -> None:
    if found_revision(connection) or connection.scalars(text(_TABLES)).first():
        raise ArchiveRefused("the database is not empty: restore into a new one, or into a new data folder")
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    if manifest.format != FORMAT or manifest.revision not in known:
        raise ArchiveRefused(f"this Linli does not know the backup's schema {manifest.revision}: use a newer Linli")


def _upgrade(connection: Connection, revision: str) -> None:
    settings = config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, revision)


@contextmanager
def _nothing_reacts(connection: Connection) -> Iterator[None]:
    """Empty tables, without triggers (what they did is in the rows) or row security for the owner."""
    tables = connection.scalars(text(_TABLES)).all()
    forced = connection.scalars(text(f"{_TABLES} AND relforcerowsecurity")).all()
    connection.execute(text(f"TRUNCATE {', '.join(tables)}"))
    _alter(connection, tables, "DISABLE TRIGGER USER")
    _alter(connection, forced, "NO FORCE ROW LEVEL SECURITY")
    yield
    _alter(connection, tables, "ENABLE TRIGGER USER")
    _alter(connection, forced, "FORCE ROW LEVEL SECURITY")


_TABLES = """
    SELECT quote_ident(relname) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
"""


def _alter(connection: Connection, tables: Sequence[str], change: str) -> None:
    for table in tables:
        connection.execute(text(f"ALTER TABLE {table} {change}"))


def _fill(
    archive: tarfile.TarFile,
    members: Iterator[tarfile.TarInfo],
    connection: Connection,
    manifest: Manifest,
    each: Each,
) -> tuple[Contents, Iterator[tarfile.TarInfo]]:
    """Copy the rows of every table in; return what came, and the members behind them."""
    raw: Any = connection.connection.dbapi_connection
    contents, groups = Contents(), groupby(members, key=lambda member: member.name.rpartition("/")[0])
    for table in each(list(manifest.tables)):
        name, parts = next(groups, ("", iter(())))  # a damaged archive may end anywhere
        if name != f"tables/{table}":
            raise ValueError(f"the rows of {table} are missing")
        with raw.cursor() as cursor:
            with cursor.copy(_copy(table, manifest.tables[table], "FROM STDIN")) as rows:
                for part in parts:
                    body = archive.extractfile(part)
                    assert body
                    rows.write(body.read())
            contents.rows[table] = cursor.rowcount
    for sequence, value in manifest.sequences.items():
        raw.execute("SELECT setval(%s::regclass, %s)", [sequence, value])
    return contents, (member for _, group in groups for member in group)


def _take_photos(
    archive: tarfile.TarFile, members: Iterator[tarfile.TarInfo], arriving: Path
) -> tuple[int, tarfile.TarInfo | None]:
    """Unpack the photos; return their number and the member behind them."""
    arriving.mkdir(mode=0o700, parents=True)
    count = 0
    for member in members:
        if not member.name.startswith("photos/"):
            return count, member
        _take_photo(archive, member, arriving)
        count += 1
    return count, None


def _take_photo(archive: tarfile.TarFile, member: tarfile.TarInfo, arriving: Path) -> None:
    # Not tarfile's own filter: Debian 12 has Python 3.11.2, which came before it.
    target, body = (arriving / member.name.removeprefix("photos/")).resolve(), archive.extractfile(member)
    if body is None or not member.isreg() or not target.is_relative_to(arriving.resolve()):
        raise ValueError(f"{member.name} is no photo")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _private_file(target) as file:
        shutil.copyfileobj(body, file)


def write_keys(path: Path, ring: Keyring) -> None:
    """Write the keys in the form of ``keys.json``, readable by us alone."""
    keys = {name: base64.b64encode(key).decode() for name, key in ring.keys.items()}
    with _private_file(path) as file:
        file.write(json.dumps({"current": ring.current, "keys": keys}).encode())


def take_keys(path: Path, data: Path) -> None:
    """Put the keys of a backup into the data folder. Raises ArchiveRefused: no keys, or others are there."""
    try:
        stored = json.loads(path.read_text())
        ring = Keyring(stored["current"], {name: base64.b64decode(key) for name, key in stored["keys"].items()})
        is_whole = ring.current in ring.keys and all(len(key) == 32 for key in ring.keys.values())
    except (ValueError, KeyError, TypeError, AttributeError):
        is_whole = False
    if not is_whole:
        raise ArchiveRefused(f"{path} holds no keys of Linli")
    present = data / "keys.json"
    if present.exists() and json.loads(present.read_text()) != stored:
        raise ArchiveRefused(f"{present} holds other keys already: restore into an empty data folder")
    data.mkdir(parents=True, exist_ok=True)
    write_keys(present, ring)
