"""Backup and restore; what a backup is stands in ``backend/archive.py``."""

from datetime import UTC, datetime
from pathlib import Path

import click

from backend.commands.database import Refused, check_schema, data_option, running_database
from backend.commands.progress import passing
from backend.settings import Settings

KEYS_APART = "The keys are not in it; without them nothing personal can be read: keep them too, elsewhere (--keys)."
KEYS_MISSING = "The keys are not there: put keys.json into {} (or set LINLI_MASTER_KEY) before Linli starts."
a_file = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("file", type=a_file)
@click.option("--keys", type=a_file, help="Write the keys there, to be kept apart from the backup.")
@data_option
def backup(file: Path, keys: Path | None, data: Path | None) -> None:
    """Write all but the keys to FILE (.tar.gz), as it is at one moment. Linli may run meanwhile.

    Keep erasures.log of the data folder elsewhere too: it keeps erased people erased when an older backup is restored.
    """
    from backend.archive import write_archive, write_keys
    from backend.kernel.sealed import load_keyring

    for path in (file, keys):
        if path and path.exists():
            raise Refused(f"{path} is already there")
    with running_database(Settings.from_env(data=data)) as settings:
        check_schema(settings)
        done = write_archive(settings.database_url, settings.data / "photos", file, each=passing("Backup"))
        _note_made(settings, sum(done.rows.values()))
        if keys:
            write_keys(keys, load_keyring(settings.data, settings.master_key))
    click.echo(f"{file}: {sum(done.rows.values()):,} rows of {len(done.rows)} tables, {done.photos} photos.")
    if not keys:
        click.echo(KEYS_APART)


def _note_made(settings: Settings, rows: int) -> None:
    """Leave a sign that a backup was made, for those who look after Linli's health: when, and of how many rows."""
    from backend.commands.database import system_session
    from backend.kernel.pulse import beat

    with system_session(settings) as session:
        beat(session, "backup", now=datetime.now(UTC), told={"rows": rows}, name="backup")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--keys", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="The keys kept apart.")
@click.option(
    "--erasures",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The newest list of what was erased (erasures.log of the data folder), where it is not there already.",
)
@data_option
def restore(file: Path, keys: Path | None, erasures: Path | None, data: Path | None) -> None:
    """Fill an empty database and data folder from the backup FILE: all of it or nothing."""
    from backend.archive import restore_archive, take_keys

    with running_database(Settings.from_env(data=data)) as settings:
        if keys and settings.master_key:
            raise Refused("LINLI_MASTER_KEY is set, so a file of keys would never be read")
        if keys:
            take_keys(keys, settings.data)
        done = restore_archive(settings.database_url, settings.data / "photos", file, each=passing("Restore"))
        click.echo(f"Restored {sum(done.rows.values()):,} rows of {len(done.rows)} tables, {done.photos} photos.")
        if erasures:
            take_list(settings, erasures)
        if _check_keys(settings):
            _erase_again(settings)


def take_list(settings: Settings, erasures: Path) -> None:
    """Add a list of erasures to the one of the data folder; the next worker goes by it too."""
    from backend.rights.erasing import LIST_NAME

    with (settings.data / LIST_NAME).open("a", encoding="utf-8") as file:
        file.write("\n" + erasures.read_text(encoding="utf-8"))


def _erase_again(settings: Settings) -> None:
    """Erase what was erased after the backup was made, so that nobody comes back by it."""
    from backend.commands.database import system_session
    from backend.kernel.sealed import load_keyring
    from backend.rights.erasing import LIST_NAME, carry_out, catch_up, listed

    ring, now = load_keyring(settings.data, settings.master_key), datetime.now(UTC)
    with system_session(settings) as session:
        done = catch_up(session, listed(settings.data / LIST_NAME), ring=ring, now=now)
        carry_out(session, data=settings.data, now=now)
    if done:
        click.echo(f"Erased again what was erased after the backup: {done} times.")


def _check_keys(settings: Settings) -> bool:
    """Whether the keys are there. Say at once when the keys do not fit, while whoever restores is still here."""
    from backend.commands.database import system_session
    from backend.kernel.health import are_keys_readable
    from backend.kernel.sealed import load_keyring

    if not settings.master_key and not (settings.data / "keys.json").exists():
        click.echo(KEYS_MISSING.format(settings.data))
        return False
    with system_session(settings) as session:
        if not are_keys_readable(session, load_keyring(settings.data, settings.master_key)):
            raise Refused("everything was restored, but these keys do not open it: find the right ones")
    return True
