"""Importing configuration from files."""

from collections.abc import Iterable
from pathlib import Path

import click

from backend.commands.database import Refused, data_option, running_database, system_session
from backend.commands.progress import note
from backend.settings import Settings

BY = "command line"
a_file = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


@click.command("import-areas")
@a_file
@click.option("--source", required=True, help="Name of the collection that the file holds, such as a city's.")
@click.option("--repair", is_flag=True, help="Repair polygons that cross themselves, instead of refusing them.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@data_option
def import_areas(file: Path, source: str, repair: bool, dry_run: bool, data: Path | None) -> None:
    """Make the areas of one source what a GeoJSON FILE says."""
    from backend.areas.actions import import_areas as make_areas
    from backend.areas.problems import AreaImportRefused
    from backend.kernel.clock import SystemClock

    document = file.read_bytes()
    with running_database(Settings.from_env(data=data)) as settings, system_session(settings) as session:
        note(f"Reading {len(document):,} bytes of areas ...")
        now = SystemClock().now()
        try:
            done = make_areas(session, document=document, source=source, by=BY, now=now, repair=repair, dry_run=dry_run)
        except AreaImportRefused as refused:
            raise _all_of(refused.problems) from refused
    click.echo(f"{'Would be imported' if dry_run else 'Imported'} for {source}: {_said(done.counts.items())}.")


@click.command("import-policy")
@a_file
@data_option
def import_policy(file: Path, data: Path | None) -> None:
    """Make one layer of rules what a YAML FILE says: at once while a system begins, else once a second person agrees."""
    from backend.kernel.clock import SystemClock
    from backend.policy.actions import PolicyRefused
    from backend.policy.beginning import bring_in
    from backend.policy.changing import NothingChanged
    from backend.policy.models import PolicyChange

    document = text_of(file)
    with running_database(Settings.from_env(data=data)) as settings, system_session(settings) as session:
        try:
            done = bring_in(session, document=document, by=BY, now=SystemClock().now())
        except PolicyRefused as refused:
            raise _all_of([finding["en"] for finding in refused.members["findings"]]) from refused
        except NothingChanged:
            click.echo("Nothing to import: these rules hold already.")
            return
        if isinstance(done, PolicyChange):
            where = f"/console/rules/changes/{done.id}"
            said = f"The layer {done.title} holds once somebody who may approve rules has approved it: {where}"
        else:
            counts = {
                "added": done.added, "changed": done.changed, "unchanged": done.unchanged, "retired": done.retired,
            }  # fmt: skip
            said = f"Imported the layer {done.layer}: {_said(counts.items())}."
    click.echo(said)


def text_of(file: Path) -> str:
    """The text of a file. Raises Refused for one that is not UTF-8."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Refused(f"{file} is not UTF-8 text: {error.reason} at byte {error.start}") from error


def _said(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in counts if count) or "no change"


def _all_of(problems: Iterable[object]) -> Refused:
    """Print every problem, and refuse with their number in the one line that ends a command."""
    found = list(problems)
    for problem in found:
        click.echo(str(problem))
    return Refused(f"nothing was imported; problems: {len(found)}, each named above")
