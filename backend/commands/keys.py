"""Keys and the journal's chain."""

import json
import os
import signal
import time
from pathlib import Path

import click

from backend.commands.database import data_option, running_database, system_session
from backend.settings import Settings

BATCH = 1000
RELOAD_S = 60.0


class Refused(click.ClickException):
    """What was asked cannot be done; one line says why."""


@click.command("verify-audit")
@data_option
@click.option("--heads", type=click.Path(path_type=Path, dir_okay=False), help="Write the last hash of each stream.")
def verify_audit(data: Path | None, heads: Path | None) -> None:
    """Check that the journal was only ever appended to; exit 1 when it was not."""
    from backend.kernel.journal import broken_chains

    broken = 0
    with running_database(Settings.from_env(data=data)) as settings, system_session(settings) as session:
        for found in broken_chains(session):
            broken += 1
            click.echo(f"{found.stream} entry {found.stream_seq}: {found.reason}")
        if heads:
            _write_heads(session, heads)
    if broken:
        raise Refused(f"{broken} entries of the journal do not follow from the ones before them")
    click.echo("Every entry of the journal follows from the one before it.")


def _write_heads(session: "Session", path: Path) -> None:
    """The newest number and hash of each stream: kept elsewhere, they show when the end of a stream was cut off."""
    rows = session.execute(
        text("SELECT DISTINCT ON (stream) stream, stream_seq, hash FROM event ORDER BY stream, stream_seq DESC")
    )
    found = {row.stream: {"stream_seq": row.stream_seq, "hash": row.hash.hex()} for row in rows}
    path.write_text(json.dumps(found, indent=1) + "\n")


@click.command("rotate-keys")
@data_option
def rotate_keys(data: Path | None) -> None:
    """Make a new master key and wrap every record's key with it. Old keys stay, for backups."""
    from backend.kernel.sealed import add_key, load_keyring, rewrap

    chosen = Settings.from_env(data=data)
    if chosen.master_key:
        raise Refused("LINLI_MASTER_KEY is set, so the key is kept elsewhere and is changed there")
    with running_database(chosen) as settings:
        with system_session(settings) as session:
            total = _to_wrap(session, "")
        ring = add_key(settings.data) if total or not _is_interrupted(settings) else load_keyring(settings.data)
