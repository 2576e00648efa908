"""``linli bounce``: takes a letter that came back, as a mail server pipes it in."""

from pathlib import Path
from typing import BinaryIO

import click

from backend.commands.database import check_schema, data_option, running_database
from backend.settings import Settings


@click.command()
@click.argument("letter", type=click.File("rb"), default="-")
@data_option
def bounce(letter: BinaryIO, data: Path | None) -> None:
    """Read a delivery report (RFC 3464) from a file or standard input, and act on it.

    Have the mail server pipe what comes to the sender's address (LINLI_SMTP_FROM) here. What is no report about a letter
    of ours is left alone, with exit status 0, so that no server sends it back again.
    """
    from backend.dispatch.bounces import MOST_BYTES, read_report

    settings = Settings.from_env(data=data)
    report = read_report(letter.read(MOST_BYTES))
    with running_database(settings) as running:
        check_schema(running)
        said = (
            f"{report.action} {report.status}: {_taken(running, report)}"
            if report
            else "no report about a letter of ours"
        )
    click.echo(said)


def _taken(settings: Settings, report: object) -> str:
    from backend.app import create_app
    from backend.dispatch.bounces import Report, take_report
    from backend.kernel.database import SYSTEM, act_as, db

    assert isinstance(report, Report)
    app = create_app(settings)
    with app.app_context():
        session = db.session()
        act_as(session, SYSTEM)
        done = take_report(app, session, report, now=app.extensions["linli"].clock.now())
        session.commit()
        db.engine.dispose()
    return done
