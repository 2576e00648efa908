"""How long it takes from the commit of a notice until the first person's e-mail is at the server.

``python -m tests.bench.first_delivery`` runs a worker as a process of its own and an SMTP server on loopback, tells
somebody a hundred times, one after the other and then all at once, and prints the times.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from uuid import UUID

from sqlalchemy.orm import Session

from backend.app import create_app
from backend.kernel.database import SYSTEM, act_as, db, owner_engine
from backend.kernel.migrate import migrate
from backend.kernel.outbox import Notice, announce
from backend.organisations.directory import TOP_ORGANISATION_ID
from backend.settings import Settings
from tests.support.incidents import open_incident
from tests.support.people import make_person
from tests.support.postgres import cluster, create_database
from tests.support.smtp import Mailbox, smtp_server

TIMES = 100
ROOT = Path(__file__).parent.parent.parent


@contextmanager
def worker(settings: Settings) -> Iterator[None]:
    """A worker that has begun."""
    env = {"PATH": os.environ["PATH"], "DATABASE_URL": settings.database_url, "LINLI_DATA": str(settings.data),
           "LINLI_SMTP_HOST": settings.smtp_host, "LINLI_SMTP_PORT": str(settings.smtp_port)}  # fmt: skip
    command = [sys.executable, "-m", "backend.worker"]
    with subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        while b"worker started" not in (line := process.stderr.readline()):
            assert line, "the worker ended before it began"
        yield
        process.terminate()
        process.communicate()


def tell(session: Session, person: UUID) -> float:
    """Open an incident, tell ``person`` of it, commit; when that was done."""
    act_as(session, SYSTEM)
    now = datetime.now(UTC)
    incident = open_incident(session, now, grade=1)
    announce(session, [Notice("offer_made", incident, person_id=person, lane="sos")], now=now)
    session.commit()
    return time.monotonic()


def said(name: str, waits_ms: list[float]) -> str:
    """One line of figures."""
    ranked = sorted(waits_ms)
    return (
        f"{name:<22} mean {mean(ranked):7.1f} ms   p50 {ranked[len(ranked) // 2]:7.1f} ms"
        f"   p99 {ranked[int(len(ranked) * 0.99) - 1]:7.1f} ms   most {ranked[-1]:7.1f} ms"
    )


def measure(session: Session, person: UUID, mailbox: Mailbox) -> None:
    """Print the times."""
    waits = []
    for at in range(TIMES):
        committed = tell(session, person)
        mailbox.wait_for(at + 1, 30)
        waits.append((mailbox.arrived_at[at] - committed) * 1000)
    print(said("one after the other", waits))
    began = time.monotonic()
    for _ in range(TIMES):
        tell(session, person)
    mailbox.wait_for(2 * TIMES, 60)
    print(said("all at once", [(at - began) * 1000 for at in mailbox.arrived_at[TIMES:]]))


def main() -> None:
    """Print the figures."""
    with (
        tempfile.TemporaryDirectory() as folder,
        cluster("embedded", Path(folder) / "db") as server,
        smtp_server() as mailbox,
    ):
        dsn = create_database(server, "bench")
        migrate(owner_engine(dsn))
        settings = Settings.from_env(
            {}, database_url=dsn, data=Path(folder), smtp_host="127.0.0.1", smtp_port=mailbox.port, log_level="error"
        )
        app = create_app(settings)
        with worker(settings), app.app_context():
            session = db.session()
            act_as(session, SYSTEM)
            ring, now = app.extensions["linli"].keyring, datetime.now(UTC)
            person = make_person(
                session, ring, now, roles=["duty_officer"], org=TOP_ORGANISATION_ID, email="a@example.org"
            )
            measure(session, person, mailbox)


if __name__ == "__main__":
    main()
