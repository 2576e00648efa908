"""Commands that end: each does its work, and each mistake is one line and a status that is not 0."""

import json
import stat
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.commands.people import ROLES as OFFERED_ROLES
from backend.kernel.health import expected_revision
from backend.kernel.journal import Fact, record
from backend.kernel.sealed import add_key, load_keyring, seal_of
from backend.organisations.models import ROLES
from backend.trust.actions import check_password
from tests.conftest import NOW
from tests.support.people import PASSWORD, make_organisation, make_person
from tests.support.processes import env_of, linli

ANNA = ["create-user", "--login", "anna", "--name", "Anna Example", "--password-stdin"]
UNREACHABLE = "postgresql://a:b@127.0.0.1:1/c"
SQUARE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"id": "a", "name": "A", "level": 0, "level_name": "city"},
            "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]},
        }
    ],
}


@pytest.mark.parametrize(
    "arguments, settings, status, words",
    [
        (["fly"], {}, 2, "No such command 'fly'"),
        (["up", "--port", "99999"], {}, 2, "99999"),
        (["migrate", "--nonsense"], {}, 2, "--nonsense"),
        (["import-areas"], {}, 2, "FILE"),
        (["import-areas", "/nowhere.json", "--source", "x"], {}, 2, "/nowhere.json"),
        (["migrate"], {"PORT": "none"}, 1, "PORT"),
        (["migrate"], {"LINLI_MASTERKEY": "x"}, 1, "LINLI_MASTERKEY is not a setting"),
        (["migrate"], {"LINLI_MASTER_KEY": "c2hvcnQ="}, 1, "LINLI_MASTER_KEY"),
        (["migrate"], {"DATABASE_URL": "mysql://x"}, 1, "DATABASE_URL"),
        (["migrate"], {"DATABASE_URL": UNREACHABLE}, 1, "the database cannot be used"),
        (["doctor"], {"DATABASE_URL": UNREACHABLE}, 1, "problems: 1"),
        (["migrate"], {"DATABASE_URL": "", "LINLI_DATA": "/dev/null/x"}, 1, "/dev/null/x"),
        (["web"], {"LINLI_HOST": "192.0.2.1"}, 1, "cannot listen on 192.0.2.1:8000"),
        (["backup", "/nowhere/at/all.tar.gz"], {}, 1, "/nowhere/at/all.tar.gz"),
        (["create-user", "--role", "king"], {}, 2, "king"),
        (["create-user", "--password", "secret"], {}, 2, "--password"),
        (["create-user", "--login", "anna", "--password-stdin"], {}, 1, "a person needs a name"),
        (
            ["create-user", "--login", "a" * 201, "--name", "A", "--password-stdin"],
            {},
            1,
            "--login: Longer than maximum",
        ),
        (["create-user", "--login", "\udcff", "--name", "A", "--password-stdin"], {}, 1, "--login: holds half of a"),
        ([*ANNA, "--organisation", "Nobody"], {}, 1, "there is no body Nobody; there are: Top desk"),
        ([*ANNA, "--role", "police"], {}, 1, "olice"),
        (["rotate-keys"], {"LINLI_MASTER_KEY": "A" * 43 + "="}, 1, "LINLI_MASTER_KEY is set"),
    ],
)
def test_a_mistake_is_one_line_and_no_success(
    database_url: str,
    tmp_path: Path,
    arguments: list[str],
    settings: dict[str, str],
    *,
    status: int,
    words: str,
) -> None:
    done = linli(*arguments, stdin=f"{PASSWORD}\n", env=env_of(database_url, tmp_path) | settings)
    assert done.status == status
    assert done.complained.startswith("linli: ")
    assert done.complained.count("\n") == 1
    assert words in done.complained


def test_a_command_without_the_schema_says_what_to_run(postgres: str, tmp_path: Path) -> None:
    done = linli("verify-audit", env=env_of(postgres, tmp_path))
    expected = f"the database has schema none, not {expected_revision()}: run `linli migrate`"
    assert done.complained == f"linli: {expected}\n"
    assert done.status == 1


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"type": "FeatureCollection", "features": [{}, {}]}'])
def test_areas_that_cannot_be_read_are_named_and_not_imported(
    database_url: str, tmp_path: Path, session: Session, body: bytes
) -> None:
    file = tmp_path / "areas.json"
    file.write_bytes(body)
    done = linli("import-areas", file, "--source", "test", env=env_of(database_url, tmp_path))
    assert (done.status, done.complained.count("\n")) == (1, 1)
    assert "nothing was imported" in done.complained
    assert done.said
    assert session.scalar(text("SELECT count(*) FROM area")) == 0


def test_areas_are_imported_and_a_dry_run_only_says_so(database_url: str, tmp_path: Path, session: Session) -> None:
    file = tmp_path / "areas.json"
    file.write_text(json.dumps(SQUARE))
    counts = []
    for options in (["--dry-run"], [], []):
        done = linli("import-areas", file, "--source", "test", *options, env=env_of(database_url, tmp_path))
        counts.append((done.said, session.scalar(text("SELECT count(*) FROM area"))))
    assert counts == [
        ("Would be imported for test: 1 added.\n", 0),
        ("Imported for test: 1 added.\n", 1),
        ("Imported for test: 1 unchanged.\n", 1),
    ]


@pytest.mark.parametrize("body", ["rules: [", "layer: {area: nowhere}"])
def test_rules_that_cannot_be_taken_are_refused(database_url: str, tmp_path: Path, body: str) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(body)
    done = linli("import-policy", file, env=env_of(database_url, tmp_path))
    assert (done.status, done.complained.count("\n")) == (1, 1)


def test_a_person_is_created_sealed_and_can_sign_in(database_url: str, tmp_path: Path, session: Session) -> None:
    done = linli(*ANNA, "--role", "triage", stdin=f"{PASSWORD}\n", env=env_of(database_url, tmp_path))
    assert (done.status, done.said) == (0, "anna can sign in as triage.\n")
    person_id = check_password(session, login="anna", password=PASSWORD).person_id
    sealed = session.scalar(text("SELECT name FROM person WHERE id = :id"), {"id": person_id})
    seal = seal_of(session, load_keyring(tmp_path), person_id)
    assert b"Anna" not in bytes(sealed or b"")
    assert seal.open("name", bytes(sealed or b"")) == "Anna Example"


@pytest.mark.parametrize("password, words", [("short\n", "characters or more"), ("", "characters or more")])
def test_a_weak_password_creates_nobody(
    database_url: str, tmp_path: Path, session: Session, password: str, words: str
) -> None:
    done = linli(*ANNA, stdin=password, env=env_of(database_url, tmp_path))
    assert (done.status, words in done.complained) == (1, True)
    assert session.scalar(text("SELECT count(*) FROM person")) == 0


def test_the_roles_that_are_offered_are_the_roles_there_are() -> None:
    assert set(OFFERED_ROLES) == set(ROLES)


def test_an_audit_that_holds_is_confirmed_and_its_heads_are_written(
    database_url: str, tmp_path: Path, session: Session
) -> None:
    record(session, "incident:a", [Fact("ReportReceived", {}), Fact("IncidentOpened", {})], now=NOW)
    session.commit()
    heads = tmp_path / "heads.json"
    done = linli("verify-audit", "--heads", heads, env=env_of(database_url, tmp_path))
    assert (done.status, done.said) == (0, "All 2 entries follow from the one before them.\n")
    newest = session.scalar(text("SELECT encode(hash, 'hex') FROM event WHERE stream_seq = 2"))
    assert json.loads(heads.read_text()) == {"incident:a": {"stream_seq": 2, "hash": newest}}


@pytest.mark.parametrize(
    "flip",
    [
        "hash = set_byte(hash, 7, get_byte(hash, 7) # 1)",
        "prev_hash = set_byte(prev_hash, 0, get_byte(prev_hash, 0) # 1)",
        "payload = jsonb_set(payload, '{grade}', '4')",
        "actor = 'Systen'",
        "at = at + interval '1 microsecond'",
    ],
)
def test_an_audit_finds_one_flipped_byte(
    database_url: str, tmp_path: Path, session: Session, owner_session: Session, flip: str
) -> None:
    for stream in ("incident:a", "incident:b"):
        record(session, stream, [Fact("IncidentTriaged", {"grade": 3}), Fact("NoteAdded", {})], now=NOW)
    session.commit()
    owner_session.execute(text(f"UPDATE event SET {flip} WHERE stream = 'incident:b' AND stream_seq = 1"))
    owner_session.commit()
    done = linli("verify-audit", env=env_of(database_url, tmp_path))
    assert done.status == 1
    assert done.said.startswith("incident:b entry 1: this entry was changed\n")
    assert "incident:a" not in done.said


def test_after_a_rotation_only_the_new_key_is_needed(database_url: str, tmp_path: Path, session: Session) -> None:
    ring = load_keyring(tmp_path)
    body = make_organisation(session, NOW)
    people = [make_person(session, ring, NOW, roles=["triage"], org=body) for _ in range(3)]
    done = linli("rotate-keys", env=env_of(database_url, tmp_path))
    assert done.said == "The key k2 wraps what is new.\n3 records were wrapped anew.\n"
    session.expire_all()
    rotated = load_keyring(tmp_path)
    assert (rotated.current, set(rotated.keys)) == ("k2", {"k1", "k2"})
    assert set(session.scalars(text("SELECT key_id FROM record_key"))) == {"k2"}
    assert all(seal_of(session, rotated, person).record_id == person for person in people)
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600


def test_a_rotation_can_be_done_in_two_steps_for_several_machines(
    database_url: str, tmp_path: Path, session: Session
) -> None:
    ring = load_keyring(tmp_path)
    make_person(session, ring, NOW, roles=["triage"], org=make_organisation(session, NOW))
    used = []
    for step in ("add", "wrap"):
        linli("rotate-keys", "--only", step, env=env_of(database_url, tmp_path))
        used.append(list(session.scalars(text("SELECT key_id FROM record_key"))))
    assert used == [["k1"], ["k2"]]
    assert load_keyring(tmp_path).current == "k2"


def doctor(database_url: str, data: Path, **more: object) -> tuple[int, dict[str, str]]:
    """The status, and the level of each thing that was looked at."""
    done = linli("doctor", env=env_of(database_url, data, **more))
    lines = [line.split(maxsplit=1) for line in done.said.splitlines()]
    return done.status, {rest.partition(":")[0]: level for level, rest in lines}


def test_a_doctor_finds_nothing_wrong_where_nothing_is(database_url: str, tmp_path: Path, session: Session) -> None:
    session.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES"))
    session.commit()
    load_keyring(tmp_path)
    assert linli("backup", tmp_path / "a.tar.gz", env=env_of(database_url, tmp_path)).status == 0
    names = (
        "disk", "database", "schema", "keys", "Channel in the application", "Channel service of a desk",
        "Channel webhook", "Jobs of dead workers", "Jobs given up", "Messages that reached nobody", "Last backup",
        "worker", "deliveries", "clock", "row security",
    )  # fmt: skip
    assert doctor(database_url, tmp_path) == (0, dict.fromkeys(names, "ok"))


@pytest.mark.parametrize(
    "about, level, damage",
    [
        ("schema", "problem", "UPDATE alembic_version SET version_num = '0000'"),
        ("keys", "problem", "INSERT INTO record_key VALUES (gen_random_uuid(), 'k9', '\\x00', now())"),
        ("keys", "problem", "INSERT INTO record_key VALUES (gen_random_uuid(), 'k1', '\\x00', now())"),
        ("row security", "problem", "ALTER TABLE incident DISABLE ROW LEVEL SECURITY"),
        ("worker", "warning", "SELECT 1"),
        (
            "worker",
            "problem",
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '2 min')",
        ),
        (
            "deliveries",
            "problem",
            "INSERT INTO delivery (id, channel, lane, template, params, language, state, created_at, due_at, fence,"
            " attempts) VALUES (gen_random_uuid(), 'email', 'sos', 'x', '{}', 'en', 'waiting', now(),"
            " now() - interval '5 min', 0, 0)",
        ),
    ],
)
def test_a_doctor_names_what_is_wrong(
    database_url: str, tmp_path: Path, owner_session: Session, *, about: str, level: str, damage: str
) -> None:
    load_keyring(tmp_path)
    owner_session.execute(text(damage))
    owner_session.commit()
    status, found = doctor(database_url, tmp_path)
    assert found[about] == level
    assert status == (1 if level == "problem" else 0)


def test_a_doctor_misses_a_backup(database_url: str, tmp_path: Path) -> None:
    load_keyring(tmp_path)
    assert doctor(database_url, tmp_path)[1]["Last backup"] == "warning"


def test_a_doctor_tries_the_mail_server(database_url: str, tmp_path: Path) -> None:
    add_key(tmp_path)
    status, found = doctor(database_url, tmp_path, LINLI_SMTP_HOST="127.0.0.1", LINLI_SMTP_PORT=1)
    assert (status, found["e-mail"]) == (1, "problem")
