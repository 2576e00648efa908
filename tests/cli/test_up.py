"""``linli up``: everything starts, is kept running, and stops; also when parts of it are killed."""

import json
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped, unused-ignore]
import pytest

from backend.kernel.sealed import load_keyring
from tests.support.people import PASSWORD
from tests.support.processes import ENOUGH_S, environment, eventually, free_port, linli, running

pytestmark = pytest.mark.slow


@dataclass
class Up:
    """A running ``linli up``."""

    process: "subprocess.Popen[str]"
    data: Path
    port: int
    first_line: str

    def get(self, path: str, port: int = 0, token: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.get(f"http://127.0.0.1:{port or self.port}{path}", headers=headers, timeout=20)

    def answers(self) -> bool:
        try:
            return self.get("/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def children(self) -> list[Any]:
        """The programs and the database's server, in the order of their start."""
        found = psutil.Process(self.process.pid).children()
        return sorted(found, key=lambda child: child.create_time())

    def everything(self) -> list[Any]:
        own = psutil.Process(self.process.pid)
        return [own, *own.children(recursive=True)]


@contextmanager
def up(data: Path, **env: object) -> Iterator[Up]:
    """Run it until it says that it is ready."""
    port = free_port()
    env = {"LINLI_LOG_LEVEL": "warning", "LINLI_SECOND_FACTOR": "offered", **env}
    with running("up", "--port", port, "--data", data, env=env) as process:
        yield Up(process, data, port, first_line(process))


def first_line(process: "subprocess.Popen[str]") -> str:
    """What it says first; nothing when it ends or takes too long."""
    assert process.stdout
    readable, _, _ = select.select([process.stdout], [], [], ENOUGH_S)
    return process.stdout.readline() if readable else ""


def are_gone(processes: list[Any]) -> bool:
    return all(not one.is_running() or one.status() == psutil.STATUS_ZOMBIE for one in processes)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for all tests here: a second start goes on with the same data."""
    return tmp_path_factory.mktemp("instance")


@pytest.fixture(scope="module")
def it(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One that runs on data of its own while the tests here do which leave it running, with its database untouched."""
    with up(tmp_path_factory.mktemp("running")) as made:
        yield made


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_serves_and_stops_in_order(data: Path, sig: signal.Signals) -> None:
    with up(data) as it:
        assert it.first_line == f"Linli is ready at http://localhost:{it.port} (Ctrl-C stops it)\n"
        assert eventually(lambda: it.get("/readyz").json()["worker_age_s"] is not None)
        assert it.get("/healthz", it.port + 1).status_code == 200
        all_of_it = it.everything()
        it.process.send_signal(sig)
        assert it.process.wait(timeout=12) == 0
        assert eventually(lambda: are_gone(all_of_it))
        assert not (data / "up.json").exists()


def test_what_is_killed_is_started_again_and_no_connection_is_refused(it: Up) -> None:
    _, *programs = it.children()
    assert len(programs) == 3
    for killed in programs:
        before = {child.pid for child in it.children()}
        killed.kill()
        assert eventually(partial(is_replaced, it, killed.pid, before))
        assert it.get("/healthz").status_code == 200
        assert it.get("/healthz", it.port + 1).status_code == 200
    assert len(it.children()) == 4


def is_replaced(it: Up, pid: int, before: set[int]) -> bool:
    return pid not in pids(it) and bool(pids(it) - before)


def pids(it: Up) -> set[int]:
    return {child.pid for child in it.children()}


def test_a_killed_database_is_started_again(data: Path) -> None:
    with up(data) as it:
        server = it.children()[0]
        server.kill()
        assert eventually(lambda: server.pid not in pids(it) and len(pids(it)) == 4)
        assert eventually(it.answers)


def programs_of(it: Up) -> list[Any]:
    """All but the database, with the processes that they forked themselves."""
    return [child for one in it.children()[1:] for child in (one, *one.children(recursive=True))]


def test_a_killed_parent_takes_everything_but_the_data_with_it(data: Path) -> None:
    with up(data) as it:
        assert eventually(lambda: len(programs_of(it)) == 5), "web and two of its own, worker, stream"
        programs = programs_of(it)
        it.process.kill()
        it.process.wait()
        assert eventually(lambda: are_gone(programs), 10)
    with up(data) as again:
        assert again.answers()


def test_a_second_one_on_the_same_data_says_who_holds_it(it: Up) -> None:
    with running("up", "--port", free_port(), "--data", it.data, env={}) as second:
        _, complaint = second.communicate(timeout=ENOUGH_S)
        assert second.returncode == 1
        assert complaint.count("\n") == 1
        assert f"in use by process {it.process.pid}" in complaint
        assert it.answers()


def test_a_second_one_on_the_same_port_says_so_and_leaves_the_first_alone(it: Up, tmp_path: Path) -> None:
    with running("up", "--port", it.port, "--data", tmp_path, env={}) as second:
        _, complaint = second.communicate(timeout=ENOUGH_S)
        assert (second.returncode, complaint.count("\n")) == (1, 1)
        assert f"cannot listen on 127.0.0.1:{it.port}" in complaint
        assert it.answers()


def test_commands_work_while_it_runs(it: Up, tmp_path: Path) -> None:
    env = {"LINLI_DATA": it.data}
    user = ("create-user", "--login", "anna", "--name", "Anna", "--role", "triage", "--password-stdin")
    assert linli(*user, stdin=PASSWORD, env=env).status == 0
    signed_in = httpx.post(f"http://127.0.0.1:{it.port}/api/v1/session", json={"login": "anna", "password": PASSWORD})
    assert it.get("/api/v1/me", token=signed_in.json()["token"]).json()["roles"] == ["triage"]
    assert it.get("/api/v1/stream").headers["Location"] == f"http://127.0.0.1:{it.port + 1}/api/v1/stream"
    assert linli("backup", tmp_path / "b.tar.gz", env=env).status == 0
    assert linli("verify-audit", env=env).status == 0
    assert linli("doctor", env=env).complained == ""
    assert it.answers()


def test_new_keys_are_taken_without_a_pause(it: Up) -> None:
    before = pids(it)
    used = load_keyring(it.data).current
    done = linli("rotate-keys", env={"LINLI_DATA": it.data})
    assert (done.status, done.complained) == (0, "")
    found = it.get("/readyz").json()
    assert found["keys"] is True
    assert len(before & pids(it)) == 1  # the database
    assert json.loads((it.data / "up.json").read_text())["keys"] == load_keyring(it.data).current != used


def test_request_figures_are_of_all_web_processes(data: Path) -> None:
    with up(data, LINLI_WEB_WORKERS=2) as it:
        for _ in range(20):
            it.get("/healthz")
        counts = {count_of(it.get("/metrics").text) for _ in range(10)}
    assert counts == {20.0}


def count_of(metrics: str) -> float:
    line = next(line for line in metrics.splitlines() if line.startswith("linli_requests_total") and "/healthz" in line)
    return float(line.rpartition(" ")[2])


def test_web_and_worker_together_stay_within_250_mib(data: Path) -> None:
    with up(data) as it:
        for _ in range(50):
            it.get("/api/v1/me")
        _, web, worker, _ = it.children()
        used = sum(one.memory_full_info().pss for one in (web, *web.children(recursive=True), worker))
    assert used < 250 * 2**20


def test_processes_apart_serve_one_database(database_url: str, tmp_path: Path) -> None:
    port = free_port()
    env = {"DATABASE_URL": database_url, "LINLI_DATA": tmp_path, "PORT": port}
    with running("web", env=env) as web, running("worker", env=env) as worker:
        it = Up(web, tmp_path, port, "")
        assert eventually(lambda: it.answers() and it.get("/readyz").json()["worker_age_s"] is not None)
        for process in (web, worker):
            process.send_signal(signal.SIGTERM)
        assert [process.wait(timeout=12) for process in (web, worker)] == [0, 0]


SUPERVISED = """
import os, signal, sys, time
from backend.kernel.logs import configure_logs
from backend.processes import CannotServe, Program, Supervisor
configure_logs("warning")
programs = {
    "breaks": lambda: 1 / 0,
    "stubborn": lambda: (signal.signal(signal.SIGTERM, signal.SIG_IGN), time.sleep(60)),
}
supervisor = Supervisor(lambda: [Program(sys.argv[1], programs[sys.argv[1]])])
supervisor.start()
try:
    print(supervisor.wait_until(lambda: False), flush=True)
except CannotServe as error:
    print(error, flush=True)
supervisor.stop()
"""


@contextmanager
def supervised(name: str) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISED, name],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment({}),
    ) as process:
        yield process


def test_a_program_that_cannot_start_ends_the_start() -> None:
    with supervised("breaks") as process:
        said, complained = process.communicate(timeout=ENOUGH_S)
    assert said == "breaks does not start; its reason is above\n"
    assert complained.count('"error": "ZeroDivisionError"') == 3


def test_a_second_signal_hurries_what_does_not_stop() -> None:
    with supervised("stubborn") as process:
        assert eventually(lambda: psutil.Process(process.pid).children())
        for _ in range(2):
            eventually(lambda: False, 0.5)
            process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=ENOUGH_S)
    assert (said, process.returncode) == ("False\n", 0)
