"""``linli doctor``: one line for each thing that must hold, with what to do where it does not."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backend.commands.database import Refused, data_option, running_database
from backend.console.health.rules import FREE_PROBLEM, FREE_WARNING, Level
from backend.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

OLDEST_MAJOR = 15
SKEW_WARNING_S, SKEW_PROBLEM_S = 1.0, 30.0
WORKER_WARNING_S, WORKER_PROBLEM_S = 10.0, 60.0  # it says every 2 s that it lives, and is stalled after 8 s
OVERDUE_WARNING_S, OVERDUE_PROBLEM_S = 10.0, 120.0
SMTP_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``advice`` says what to do where it is not well."""

    about: str
    level: Level
    said: str
    advice: str = ""

    def __str__(self) -> str:
        advice = f" -> {self.advice}" if self.advice and self.level is not Level.OK else ""
        return f"{self.level:<8} {self.about}: {self.said}{advice}"


@click.command()
@data_option
def doctor(data: Path | None) -> None:
    """Look at everything that must hold for Linli to work; exit 1 when something does not."""
    settings = Settings.from_env(data=data)
    problems = 0
    for finding in _findings(settings):
        click.echo(str(finding))
        problems += finding.level is Level.PROBLEM
    if problems:
        raise Refused(f"problems: {problems}, each named above")


def _findings(settings: Settings) -> Iterator[Finding]:
    from sqlalchemy.exc import OperationalError

    from backend.kernel.embedded import EmbeddedFailed

    yield _disk(settings)
    if settings.smtp_host:
        yield _smtp(settings)
    try:
        with running_database(settings) as running:
            yield from _database_findings(running)
    except (OperationalError, EmbeddedFailed) as error:
        said = " ".join(str(getattr(error, "orig", None) or error).split())
        yield Finding("database", Level.PROBLEM, said, "start it, or correct DATABASE_URL")


def _database_findings(settings: Settings) -> Iterator[Finding]:
    from backend.kernel.database import owner_engine, prepare
    from backend.kernel.health import expected_revision, found_revision

    engine = owner_engine(settings.database_url)
    prepare(engine, role=None)
    try:
        with engine.connect() as connection:
            yield _version(connection.dialect.server_version_info or (0,))
            found, expected = found_revision(connection), expected_revision()
        is_current = found == expected
        level = Level.OK if is_current else Level.PROBLEM
        yield Finding("schema", level, f"revision {found or 'none'}, expected {expected}", "run `linli migrate`")
        if is_current:
            yield from _content_findings(engine, settings)
    finally:
        engine.dispose()


def _version(version: tuple[int | str, ...]) -> Finding:
    level = Level.OK if int(version[0]) >= OLDEST_MAJOR else Level.PROBLEM
    said = f"PostgreSQL {'.'.join(map(str, version))}"
    return Finding("database", level, said, f"Linli needs PostgreSQL {OLDEST_MAJOR} or newer")


def _content_findings(engine: "Engine", settings: Settings) -> Iterator[Finding]:
    from backend.commands.database import acting_for_system

    looks: tuple[Callable[[Session], Finding], ...] = (_worker, _overdue, _skew, _row_security)
    with acting_for_system(engine) as session:
        yield _keys(session, settings)
        yield from _health(session, settings)
        for look in looks:  # the last one gives up the right to see
            yield look(session)


def _keys(session: "Session", settings: Settings) -> Finding:
    from backend.kernel.health import are_keys_readable, unknown_keys
    from backend.kernel.sealed import load_keyring

    advice = "put back the keys.json or LINLI_MASTER_KEY with which the records were made"
    if not settings.master_key and not (settings.data / "keys.json").exists():
        return Finding("keys", Level.WARNING, "there are none yet", "they are made at the first start")
    ring = load_keyring(settings.data, settings.master_key)
    unknown = unknown_keys(session, ring)
    if unknown:
        listed = ", ".join(f"{count} records need {name}" for name, count in unknown.items())
        return Finding("keys", Level.PROBLEM, listed, advice)
    if not are_keys_readable(session, ring):
        return Finding("keys", Level.PROBLEM, f"{ring.current} does not open what is stored", advice)
    return Finding("keys", Level.OK, f"{ring.current} wraps, {len(ring.keys)} known")


def _health(session: "Session", settings: Settings) -> Iterator[Finding]:
    """What the console's page of health says as well: channels, jobs, the last backup."""
    from backend.console.health import reading, rules
    from backend.console.health.wording import about_of, advice_of, said_of
    from backend.dispatch.channels import switched_on

    now = datetime.now(UTC)
    found = [
        *reading.look_at_sending(session, channels=switched_on(settings), now=now),
        *reading.look_at_jobs(session, now=now),
    ]
    found.append(rules.judge_backup(reading.read_pulses(session, now=now).backup_s))
    for one in found:
        about = about_of(one, "en").replace(": ", " ")
        yield Finding(about, one.level, said_of(one, "en"), advice_of(one, "en"))


def _row_security(session: "Session") -> Finding:
    from backend.kernel.health import row_security_gaps

    gaps = row_security_gaps(session.connection())
    level = Level.PROBLEM if gaps else Level.OK
    said = "; ".join(gaps) or "in force for the role linli_app"
    return Finding("row security", level, said, "somebody changed roles or tables by hand: undo it at once")


def _worker(session: "Session") -> Finding:
    from backend.kernel.health import worker_age_s

    age_s, advice = (
        worker_age_s(session),
        "start `linli worker`: nothing is sent and no ladder climbs without it",
    )
    if age_s is None:
        return Finding("worker", Level.WARNING, "none is running", advice)
    said = f"said {age_s:.0f} s ago that it lives"
    return Finding("worker", _level(age_s, WORKER_WARNING_S, WORKER_PROBLEM_S), said, advice)


def _overdue(session: "Session") -> Finding:
    from backend.kernel.health import overdue_s

    late_s = overdue_s(session, now=datetime.now(UTC))
    said = f"the oldest that waits is {late_s:.0f} s late" if late_s else "none is late"
    level = _level(late_s, OVERDUE_WARNING_S, OVERDUE_PROBLEM_S)
    return Finding("deliveries", level, said, "look at the worker, then at the channel's server")


def _skew(session: "Session") -> Finding:
    from sqlalchemy import text

    before = datetime.now(UTC)
    theirs = session.scalar(text("SELECT clock_timestamp()"))
    after = datetime.now(UTC)
    assert theirs is not None
    skew_s = max(0.0, (before - theirs).total_seconds(), (theirs - after).total_seconds())
    said = f"{skew_s:.3f} s from the database's"
    return Finding("clock", _level(skew_s, SKEW_WARNING_S, SKEW_PROBLEM_S), said, "set both by NTP")


def _level(value: float, warning: float, problem: float) -> Level:
    if value >= problem:
        return Level.PROBLEM
    return Level.WARNING if value >= warning else Level.OK


def _disk(settings: Settings) -> Finding:
    folder = settings.data.resolve()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    level = _level(-free, -FREE_WARNING, -FREE_PROBLEM)
    return Finding("disk", level, f"{free / 2**30:.1f} GB free at {settings.data}", "make room: writing stops at 0")


def _smtp(settings: Settings) -> Finding:
    import smtplib

    about, where = "e-mail", f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=SMTP_WITHIN_S) as server:
            server.ehlo()
    except (OSError, smtplib.SMTPException) as error:
        return Finding(about, Level.PROBLEM, f"{where}: {error}", "correct LINLI_SMTP_HOST or start the server")
    return Finding(about, Level.OK, f"{where} answers")
