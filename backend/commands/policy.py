"""Trying rules before they count."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backend.commands.database import data_option, running_database, system_session
from backend.commands.imports import a_file, text_of
from backend.commands.progress import note
from backend.settings import Settings

if TYPE_CHECKING:
    from backend.policy.drafts import Simulated
    from backend.policy.simulation import Difference

DAYS_MOST = 366


@click.command()
@a_file
@click.option("--days", type=click.IntRange(1, DAYS_MOST), default=30, show_default=True, help="How far back to look.")
@data_option
def simulate(file: Path, days: int, data: Path | None) -> None:
    """Say which past incidents a layer of rules in a YAML FILE would have handled otherwise. Changes nothing."""
    from backend.kernel.clock import SystemClock
    from backend.policy.drafts import simulate as try_layer

    document = text_of(file)
    with running_database(Settings.from_env(data=data)) as settings, system_session(settings) as session:
        note(f"Deciding the reports of the last {days} days again ...")
        done = try_layer(session, document, days=days, country=settings.country, now=SystemClock().now())
    _say(done, days)


def _say(done: "Simulated", days: int) -> None:
    found = done.simulation
    for finding in done.findings:
        click.echo(f"{'Refused' if finding.blocking else 'Note'}: {finding.en}")
    for difference in found.differences:
        click.echo(_line(difference))
    click.echo(
        f"{len(found.differences)} of {found.considered} reports of the last {days} days would be handled otherwise."
    )
    if found.counts:
        click.echo(", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in found.counts.items()))
    if found.unreadable:
        click.echo(f"{found.unreadable} could not be tried: these rules no longer understand what was noted then.")
    if done.left_out:
        click.echo(f"{done.left_out} older ones were left out.")


def _line(difference: "Difference") -> str:
    changes = (f"{name} {_short(difference.before[name], difference.after[name])}" for name in difference.changed)
    rules = ", ".join(dict.fromkeys(f"{step.rule} ({step.layer})" for step in difference.rules))
    return f"no. {difference.past.number}: {'; '.join(changes)}; by {rules or 'a value that changed'}"


def _short(before: Any, after: Any) -> str:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        return ", ".join(f"{name} {before.get(name)} to {after.get(name)}" for name in names)
    return f"{_written(before)} to {_written(after)}"


def _written(value: Any) -> str:
    return "+".join(map(str, value)) or "none" if isinstance(value, list | tuple) else str(value)
