"""The command line. ``linli --help`` lists what the modules of ``backend/commands`` hold.

Whatever goes wrong is said in one line on standard error, with an exit status that is not 0: 2 for a command
line that cannot be understood, 1 for the rest, 130 and 143 when stopped by a signal.
"""

import importlib
import os
import pkgutil
import signal
import sys
import traceback
from functools import cached_property
from types import FrameType

import click


class Commands(click.Group):
    """Every ``click.Command`` in a module of ``backend.commands``: a new one needs only its file."""

    @cached_property
    def _found(self) -> dict[str, click.Command]:
        package = importlib.import_module("backend.commands")
        modules = [
            importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__)
        ]
        found = (value for module in modules for value in vars(module).values())
        return {str(command.name): command for command in found if isinstance(command, click.Command)}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._found)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self._found.get(cmd_name)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="linli", message="%(prog)s %(version)s")
def linli() -> None:
    """Linli: neighbourhood safety, routed to the right hands."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave the interpreter."""
    signal.signal(signal.SIGTERM, _leave)  # so that what was started is stopped again
    try:
        status = linli.main(arguments, prog_name="linli", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(error.exit_code)
    except click.ClickException as error:
        _complain(error.format_message(), error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _complain("stopped", 130)
    except BrokenPipeError:
        os._exit(1)  # whoever read our output has gone; nothing can be said to them
    except Exception as error:  # noqa: BLE001 - the outermost place: every error becomes one line
        if os.environ.get("LINLI_LOG_LEVEL") == "debug":
            traceback.print_exc()
        _complain(explain(error), 1)
    sys.exit(status if isinstance(status, int) else 0)


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _complain(words: str, status: int) -> None:
    click.echo(f"linli: {' '.join(words.split())}", err=True)
    sys.exit(status)


def explain(error: Exception) -> str:
    """What went wrong, for the person at the keyboard; not the text of a fault, which may quote people."""
    from sqlalchemy.exc import OperationalError, ProgrammingError

    from backend.kernel.logs import where_it_broke
    from backend.kernel.postgres_programs import EmbeddedFailed
    from backend.kernel.problems import Refusal
    from backend.processes import CannotServe
    from backend.settings import SettingRefused

    if isinstance(error, SettingRefused | EmbeddedFailed | CannotServe):
        return str(error)
    if isinstance(error, Refusal):
        return " ".join(filter(None, (str(error), _fields(error.members.get("errors")), error.advice["en"])))
    if isinstance(error, OperationalError):
        return f"the database cannot be used: {error.orig}"
    if isinstance(error, ProgrammingError) and "does not exist" in str(error.orig):
        return "the database has not this program's schema: run `linli migrate`"
    if isinstance(error, OSError):
        return f"{error.strerror or type(error).__name__}: {error.filename}" if error.filename else str(error)
    return f"this is a fault of Linli: {type(error).__name__} at {where_it_broke(error)}"


def _fields(errors: object) -> str:
    """The fields that a refusal names, with the reasons."""
    if not isinstance(errors, dict):
        return ""
    return "; ".join(f"{name}: {', '.join(map(str, reasons))}" for name, reasons in errors.items()) + "."


if __name__ == "__main__":
    main()
