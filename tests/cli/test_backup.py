"""A backup is taken back whole, into an empty place only, and its keys are kept apart."""

import io
import json
import re
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from backend.archive import ArchiveRefused, restore_archive, write_archive
from backend.incidents.opening import Spot
from backend.kernel.database import SYSTEM, act_as, prepare, sqlalchemy_url
from backend.kernel.journal import Cursor, Fact, broken_chains, incident_stream, present, read_after, record
from backend.kernel.sealed import add_key, load_keyring, seal_of
from tests.conftest import NOW
from tests.support.incidents import add_report, open_incident
from tests.support.people import make_organisation, make_person
from tests.support.postgres import create_database, drop_database
from tests.support.processes import env_of, linli

PHOTO = bytes(range(256)) * 100
TABLES = text(
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
)


@pytest.fixture
def empty_url(postgres: str, database_url: str) -> Iterator[str]:
    """A database without any table."""
    name = database_url.rpartition("/")[2].partition("?")[0] + "_empty"
    yield create_database(postgres, name)
    drop_database(postgres, name)


def fill(session: Session, data: Path) -> None:
    """Something in many tables: people, an incident with its owner, a report, jobs, the journal, a photo."""
    ring = load_keyring(data)
    body = make_organisation(session, NOW)
    make_person(session, ring, NOW, roles=["triage", "coordinator"], org=body, login="anna", name='tab\t\\N "x" 灯')
    session.execute(
        text(
            "INSERT INTO area (id, source, source_id, parent_id, level, division, division_order, name, names,"
            " properties) SELECT n, 'test', n::text, nullif(n, 1) - 1, 0, 'city', 0, 'A', '{}', '{}'"
            " FROM generate_series(1, 3) n"
        )
    )
    incident_id = open_incident(session, NOW, spot=Spot(lat=1.5, lon=2.5, chain=(1, 2)), clocks_s={"acknowledge": 60})
    add_report(session, ring, NOW, incident_id=incident_id, contact={"phone": "1"})
    for number in range(3):
        record(session, incident_stream(incident_id), [Fact("NoteAdded", {"number": number})], now=NOW)
    session.execute(text("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('sos', 'deliver')"))
    session.commit()
    act_as(session, SYSTEM)
    (data / "photos" / "ab").mkdir(parents=True)
    (data / "photos" / "ab" / "cd").write_bytes(PHOTO)


def rows_of(engine: Engine) -> dict[str, list[str]]:
    """Every row of every table as text, without what a backup leaves out."""
    with engine.begin() as connection:
        connection.execute(text("SELECT set_config('linli.scope', 'system', true)"))
        return {
            name: sorted(connection.scalars(text(f"SELECT (to_jsonb(t) - 'xid')::text FROM {name} t")))
            for name in connection.scalars(TABLES)
            if name not in {"signed_in", "pulse"}
        }


def engine_of(url: str) -> Engine:
    return create_engine(sqlalchemy_url(url))


def test_a_restore_brings_back_every_row_and_photo(
    database_url: str, empty_url: str, tmp_path: Path, session: Session
) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    fill(session, before)
    session.execute(text("INSERT INTO signed_in SELECT '\\x00', person_id, now(), now(), now() FROM account"))
    session.commit()
    file, keys = tmp_path / "backup.tar.gz", tmp_path / "keys.json"
    done = linli("backup", file, "--keys", keys, env=env_of(database_url, before))
    assert (done.status, done.complained) == (0, "")
    done = linli("restore", file, "--keys", keys, env=env_of(empty_url, after))
    assert (done.status, done.complained) == (0, "")
    source, target = engine_of(database_url), engine_of(empty_url)
    assert rows_of(target) == rows_of(source)
    assert (after / "photos" / "ab" / "cd").read_bytes() == PHOTO
    application = engine_of(empty_url)
    prepare(application)
    with Session(application) as restored:
        act_as(restored, SYSTEM)
        check_life(restored, after)
    for engine in (source, target, application):
        engine.dispose()


def check_life(restored: Session, data: Path) -> None:
    """What was restored can be worked with: chains, keys, counters, row security, and readers by cursor."""
    assert list(broken_chains(restored)) == []
    assert restored.scalar(text("SELECT count(*) FROM signed_in")) == 0
    person_id, name = restored.execute(text("SELECT id, name FROM person")).one()
    assert seal_of(restored, load_keyring(data), person_id).open("name", bytes(name)) == 'tab\t\\N "x" 灯'
    newest = restored.scalar(text("SELECT max(seq) FROM event"))
    start = present(restored)
    stream = restored.scalar(text("SELECT stream FROM event WHERE stream LIKE 'incident:%' LIMIT 1"))
    record(restored, str(stream), [Fact("NoteAdded", {"number": 3})], now=NOW)
    restored.commit()
    found = read_after(restored, start)
    assert [(row.stream_seq, row.seq > newest) for row in found] == [(4, True)]
    assert len(read_after(restored, Cursor())) == newest + 1
    assert restored.scalar(text("SELECT count(*) FROM incident")) == 0  # nobody, since the commit


def test_a_backup_is_of_one_moment_and_private(database_url: str, tmp_path: Path, session: Session) -> None:
    fill(session, tmp_path)
    file = tmp_path / "backup.tar.gz"
    seen: list[str] = []

    def meanwhile(tables: list[str]) -> Iterator[str]:
        make_organisation(session, NOW, name="Too late")
        seen.extend(tables)
        yield from tables

    contents = write_archive(database_url, tmp_path / "photos", file, each=meanwhile)  # type: ignore[arg-type]
    assert contents.rows["organisation"] == 2
    assert seen.index("organisation") < seen.index("desk") < seen.index("ownership")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"Too late" not in b"".join(members(file).values())


def test_a_backup_holds_no_keys_and_says_so(database_url: str, tmp_path: Path, session: Session) -> None:
    fill(session, tmp_path)
    done = linli("backup", tmp_path / "b.tar.gz", env=env_of(database_url, tmp_path))
    assert "The keys are not in it" in done.said
    stored = json.loads((tmp_path / "keys.json").read_text())["keys"]["k1"]
    assert not any(stored.encode() in body for body in members(tmp_path / "b.tar.gz").values())


def test_nothing_is_written_over(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    file.write_text("precious")
    done = linli("backup", file, env=env_of(database_url, tmp_path))
    assert (done.status, done.complained) == (1, f"linli: {file} is already there\n")
    assert file.read_text() == "precious"


def test_a_restore_refuses_a_database_that_is_not_empty(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    linli("backup", file, env=env_of(database_url, tmp_path))
    done = linli("restore", file, env=env_of(database_url, tmp_path / "other"))
    assert done.status == 1
    assert done.complained.startswith("linli: the database is not empty")


def test_a_restore_refuses_a_folder_with_other_keys_or_photos(
    database_url: str, empty_url: str, tmp_path: Path, session: Session
) -> None:
    fill(session, tmp_path / "before")
    file, keys, other = tmp_path / "b.tar.gz", tmp_path / "k.json", tmp_path / "other"
    linli("backup", file, "--keys", keys, env=env_of(database_url, tmp_path / "before"))
    load_keyring(other)
    done = linli("restore", file, "--keys", keys, env=env_of(empty_url, other))
    assert (done.status, "holds other keys already" in done.complained) == (1, True)
    done = linli("restore", file, env=env_of(empty_url, tmp_path / "before"))
    assert (done.status, "holds photos already" in done.complained) == (1, True)
    assert rows_of(engine_of(empty_url)) == {}


def test_a_restore_with_the_wrong_keys_says_so(
    database_url: str, empty_url: str, tmp_path: Path, session: Session
) -> None:
    fill(session, tmp_path / "before")
    file, other = tmp_path / "b.tar.gz", tmp_path / "other"
    linli("backup", file, env=env_of(database_url, tmp_path / "before"))
    add_key(other)
    done = linli("restore", file, env=env_of(empty_url, other))
    assert (done.status, "these keys do not open it" in done.complained) == (1, True)


def members(file: Path) -> dict[str, bytes]:
    """The members of an archive."""
    with tarfile.open(file) as archive:
        return {member.name: body.read() for member in archive if (body := archive.extractfile(member))}


def rewritten(file: Path, found: dict[str, bytes]) -> None:
    with tarfile.open(file, "w:gz") as archive:
        for name, body in found.items():
            member = tarfile.TarInfo(name)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-500])


def flip(file: Path) -> None:
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 0x10
    file.write_bytes(body)


def without_rows(file: Path) -> None:
    rewritten(file, {name: b"" if "/event/" in name else body for name, body in members(file).items()})


def without_end(file: Path) -> None:
    rewritten(file, {name: body for name, body in members(file).items() if name != "end.json"})


def without_table(file: Path) -> None:
    rewritten(file, {name: body for name, body in members(file).items() if "/note/" not in name})


def from_the_future(file: Path) -> None:
    found = members(file)
    found["manifest.json"] = re.sub(rb'"\d{4}"', b'"9999"', found["manifest.json"])
    rewritten(file, found)


def climbing_out(file: Path) -> None:
    found = members(file)
    end = found.pop("end.json")
    rewritten(file, {**found, "photos/../../../outside": b"x", "end.json": end})


@pytest.mark.parametrize(
    "damage",
    [
        cut,
        flip,
        without_rows,
        without_end,
        without_table,
        from_the_future,
        climbing_out,
        lambda file: file.write_text("x"),
    ],
)
def test_a_damaged_backup_leaves_the_database_empty(
    database_url: str, empty_url: str, tmp_path: Path, session: Session, damage: object
) -> None:
    fill(session, tmp_path / "before")
    file, photos = tmp_path / "b.tar.gz", tmp_path / "after" / "photos"
    write_archive(database_url, tmp_path / "before" / "photos", file)
    assert callable(damage)
    damage(file)
    with pytest.raises(ArchiveRefused):
        restore_archive(empty_url, photos, file)
    engine = engine_of(empty_url)
    assert rows_of(engine) == {}
    engine.dispose()
    assert not photos.exists()
    assert not (tmp_path / "outside").exists()
