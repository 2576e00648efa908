"""``linli roster-pdf``: the roster and phone tree as a file to print."""

from pathlib import Path

import click

from backend.commands.database import Refused, data_option, running_database, system_session
from backend.settings import Settings


@click.command("roster-pdf")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@data_option
def roster_pdf(file: Path, language: str, data: Path | None) -> None:
    """Write who is on duty where for the coming 36 hours, whom to call in which order, and the ladder.

    The file holds names and numbers in the clear: print it, then delete it. It is readable by its owner alone.
    """
    from datetime import UTC, datetime

    from backend.dispatch.printed.paper import PaperFailed, find_font, make_pdf
    from backend.dispatch.printed.reading import paper_of
    from backend.kernel.sealed import load_keyring

    settings = Settings.from_env(data=data)
    with running_database(settings) as running, system_session(running) as session:
        ring = load_keyring(settings.data, settings.master_key)
        paper = paper_of(session, ring, language=language, zone=settings.timezone, now=datetime.now(UTC))
    try:
        pdf = make_pdf(paper, font=settings.font)
    except PaperFailed as failed:
        raise Refused(f"the file could not be made: {failed}") from failed
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_bytes(pdf)
    click.echo(f"{file}: {len(paper['desks'])} desks")
    if find_font(settings.font) is None:
        click.echo("No font with Chinese is known here: install fonts-noto-cjk or set LINLI_FONT.", err=True)
