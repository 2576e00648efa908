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

TEXT_MOST = 200
# As in backend.organisations.models, which would cost every command half a second to import; a test compares.
ROLES = (
    "volunteer", "responder", "mediator", "social_worker", "police", "triage", "coordinator", "supervisor",
    "duty_officer", "administrator", "auditor",
)  # fmt: skip


@click.command("create-user")
@click.option("--login", help="What the person signs in with.")
@click.option("--name", help="The person's name; it is stored sealed.")
@click.option("--role", type=click.Choice(ROLES), default="administrator", show_default=True)
@click.option("--organisation", default="Top desk", show_default=True, help="Name or id of the body.")
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, one line.")
@data_option
def create_user(password_stdin: bool, data: Path | None, **described: str | None) -> None:
    """Let a person sign in. What is not given is asked for; a password is never an argument."""
    from backend.kernel.clock import SystemClock
    from backend.kernel.sealed import load_keyring
    from backend.organisations.actions.people import assign_role, create_person
    from backend.trust.actions import create_account

    login, name = (_asked(described[part], part, is_quiet=password_stdin) for part in ("login", "name"))
    password = _password(is_quiet=password_stdin)
    with running_database(Settings.from_env(data=data)) as settings, system_session(settings) as session:
        now, ring = SystemClock().now(), load_keyring(settings.data, settings.master_key)
        body = _organisation_id(session, str(described["organisation"]))
        person = create_person(session, ring, {"name": name, "language": described["language"]}, now=now)
        assign_role(session, person.id, role=str(described["role"]), organisation_id=body, now=now)
        create_account(session, person_id=person.id, login=login, password=password, now=now)
    click.echo(f"{login} can sign in as {described['role']}.")
    if settings.second_factor == "required":
        click.echo(f"At the first sign-in, on {settings.url}/console, a second factor is set up: a passkey or an app.")


def _asked(given: str | None, part: str, *, is_quiet: bool) -> str:
    """What was given, or else is asked for; with ``is_quiet`` standard input holds the password alone."""
    found = given if given is not None or is_quiet else str(click.prompt(part.capitalize()))
    if not (found or "").strip():
        raise Refused(f"a person needs a {part}: --{part}")
    return _checked(str(found).strip(), part)


def _checked(text: str, part: str) -> str:
    """The text, as it would be taken from the API. Raises Refused."""
    from marshmallow import ValidationError

    from backend.kernel.schemas import PlainText

    try:
        return str(PlainText(most=TEXT_MOST).deserialize(text))
    except ValidationError as error:
        raise Refused(f"--{part}: {error.messages[0]}") from error


def _password(*, is_quiet: bool) -> str:
    if is_quiet:
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
