"""The first people: those who can then enter the others on the screen."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from backend.commands.database import Refused, data_option, running_database, system_session
from backend.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# As in backend.organisations.models, which would cost every command half a second to import; a test compares.
ROLES = (
    "volunteer", "responder", "mediator", "social_worker", "police", "triage", "coordinator", "supervisor",
    "duty_officer", "administrator", "auditor",
)  # fmt: skip


@click.command("create-user")
@click.option("--login", prompt=True, help="What the person signs in with.")
@click.option("--name", prompt=True, help="The person's name; it is stored sealed.")
@click.option("--role", prompt=True, type=click.Choice(ROLES), default="administrator", show_default=True)
@click.option(
    "--organisation", prompt=True, default="Top desk", show_default=True, help="Name or id of the body."
)
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, one line.")
@data_option
def create_user(  # noqa: PLR0917 - click passes them by name
    login: str,
    name: str,
    role: str,
    organisation: str,
    language: str,
    password_stdin: bool,
    data: Path | None,
) -> None:
    """Let a person sign in. The password is asked for or read from standard input; it is no argument."""
    from backend.kernel.clock import SystemClock
    from backend.kernel.sealed import load_keyring
    from backend.organisations.actions.people import assign_role, create_person
    from backend.trust.actions import create_account

    if not login.strip() or not name.strip():
        raise Refused("a person needs a login and a name")
    password = _password(password_stdin)
    with running_database(Settings.from_env(data=data)) as settings, system_session(settings) as session:
        now, ring = SystemClock().now(), load_keyring(settings.data, settings.master_key)
        body = _organisation_id(session, organisation)
        person = create_person(session, ring, {"name": name, "language": language}, now=now)
        assign_role(session, person.id, role=role, organisation_id=body, now=now)
        create_account(session, person_id=person.id, login=login, password=password, now=now)
    click.echo(f"{login} can sign in as {role}.")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _organisation_id(session: "Session", wanted: str) -> UUID:
    from sqlalchemy import select

    from backend.organisations.models import Organisation

    rows = session.execute(select(Organisation.id, Organisation.name).order_by(Organisation.name)).all()
    for row in rows:
        if wanted in {row.name, str(row.id)}:
            return UUID(str(row.id))
    raise Refused(f"there is no body {wanted}; there are: {', '.join(row.name for row in rows)}")
