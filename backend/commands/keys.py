"""Keys, and the journal's chain."""

import json
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backend.commands.database import (
    Refused,
    acting_for_system,
    data_option,
    running_database,
    system_engine,
    system_session,
)
from backend.commands.progress import counting, note
from backend.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from backend.kernel.sealed import Keyring

RELOAD_WITHIN_S = 60.0
BATCH = 1000


@click.command("verify-audit")
@data_option
@click.option(
    "--heads",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the last hash of each stream there.",
)
def verify_audit(data: Path | None, heads: Path | None) -> None:
    """Check that the journal was only ever appended to; exit 1 when it was not."""
    from sqlalchemy import text

    from backend.kernel.journal import broken_chains

    broken = 0
    with running_database(Settings.from_env(data=data)) as settings, system_session(settings) as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        entries = session.scalar(text("SELECT count(*) FROM event"))
        note(f"Reading {entries} entries ...")
        for found in broken_chains(session):
            broken += 1
            click.echo(f"{found.stream} entry {found.stream_seq}: {found.reason}")
        if heads:
            heads.write_text(json.dumps(_heads(session), indent=1) + "\n")
    if broken:
        raise Refused(f"{broken} of {entries} entries do not follow from the one before them")
    click.echo(f"All {entries} entries follow from the one before them.")


@click.command("export-heads")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@data_option
def export_heads(file: Path, data: Path | None) -> None:
    """Write the last hash of each stream to FILE, to be kept off this machine. Quick: nothing is checked."""
    with running_database(Settings.from_env(data=data)) as settings, system_session(settings) as session:
        heads = _heads(session)
    file.write_text(json.dumps(heads, indent=1) + "\n")
    click.echo(f"{file}: the heads of {len(heads)} streams.")


@click.command("check-heads")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@data_option
def check_heads(file: Path, data: Path | None) -> None:
    """Compare the journal with heads that were written before; exit 1 when an end was cut off or written anew."""
    from backend.kernel.journal import lost_heads

    kept = {
        name: (int(one["stream_seq"]), bytes.fromhex(one["hash"])) for name, one in json.loads(file.read_text()).items()
    }
    with running_database(Settings.from_env(data=data)) as settings, system_session(settings) as session:
        lost = lost_heads(session, kept)
    for name in lost:
        click.echo(f"{name} entry {kept[name][0]}: missing or not the one that was there")
    if lost:
        raise Refused(f"{len(lost)} of {len(kept)} streams do not hold what they held")
    click.echo(f"All {len(kept)} streams hold what they held.")


def _heads(session: "Session") -> dict[str, dict[str, object]]:
    """The last number and hash of each stream. Kept elsewhere, they show when the end of one was cut off."""
    from sqlalchemy import text

    rows = session.execute(
        text("SELECT DISTINCT ON (stream) stream, stream_seq, hash FROM event ORDER BY stream, stream_seq DESC")
    )
    return {row.stream: {"stream_seq": row.stream_seq, "hash": row.hash.hex()} for row in rows}


@click.command("rotate-keys")
@data_option
@click.option(
    "--only",
    type=click.Choice(["add", "wrap"]),
    help="With processes on other machines: add, restart them, wrap.",
)
def rotate_keys(data: Path | None, only: str | None) -> None:
    """Make a new master key and wrap the key of every record with it. Old keys stay, for old backups."""
    from backend.kernel.sealed import add_key, load_keyring

    chosen = Settings.from_env(data=data)
    if chosen.master_key:
        raise Refused("LINLI_MASTER_KEY is set: the key is kept elsewhere, and is changed there")
    with running_database(chosen) as settings, system_engine(settings) as engine:
        ring = load_keyring(settings.data) if only == "wrap" else add_key(settings.data)
        _tell_running_up(settings, ring)
        click.echo(f"The key {ring.current} wraps what is new.")
        if only != "add":
            click.echo(f"{_wrap_all(engine, ring)} records were wrapped anew.")


def _tell_running_up(settings: Settings, ring: "Keyring") -> None:
    """Have a running ``linli up`` take the new keys, before anything is stored that needs them."""
    from backend.serving import running_up

    deadline = time.monotonic() + RELOAD_WITHIN_S
    if (found := running_up(settings.data)) and found["keys"] != ring.current:
        os.kill(found["pid"], signal.SIGUSR1)
    while (found := running_up(settings.data)) and found["keys"] != ring.current:
        if time.monotonic() > deadline:
            raise Refused(f"process {found['pid']} did not take the new key; restart it, then rotate with --only wrap")
        time.sleep(0.1)


def _wrap_all(engine: "Engine", ring: "Keyring") -> int:
    from sqlalchemy import text

    from backend.kernel.sealed import rewrap

    with acting_for_system(engine) as session:
        total = session.scalar(text("SELECT count(*) FROM record_key WHERE key_id <> :id"), {"id": ring.current}) or 0
    done = 0
    with counting("Wrapping", total) as bar:
        while True:
            with acting_for_system(engine) as session:
                wrapped = rewrap(session, ring, batch=BATCH)
            done += wrapped
            bar.update(wrapped)
            if not wrapped:
                return done
