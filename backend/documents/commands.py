"""The commands in docs/errors.md: what each takes, and in which words it refuses."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click

from backend.cli import linli
from backend.documents.markdown import table
from backend.documents.routes import reached_from, refusals_of
from backend.kernel.blueprint import UnreadableRequest
from backend.kernel.problems import Invalid, Refusal

# Refusals that say their reason themselves: what they are raised with ends the command in one line.
_SPOKEN = frozenset({"Refused", "NoSchema", "ArchiveRefused", "CannotServe", "EmbeddedFailed", "SettingRefused"})
# Of every call, not of a command.
_NOT_OWN: frozenset[type[Refusal]] = frozenset({Invalid, UnreadableRequest})
EVERYWHERE = (
    ("a command, an option or a choice that does not exist; a number outside its range", 2),
    ("a needed argument that is missing; a FILE that is not there or cannot be read", 2),
    ("a setting that makes no sense, or a `LINLI_` name that is none; the line names it", 1),
    ("a database that cannot be reached, or that has another schema than this program", 1),
    ("a data folder that cannot be written, or whose database another process holds", 1),
    ("what is a fault of Linli: its kind and place, never the words of people", 1),
    ("Ctrl-C, SIGTERM: the work is stopped and what was started with it", "130, 143"),
)


def commands() -> Mapping[str, click.Command]:
    """Every command by its name."""
    context = click.Context(linli)
    found = {name: linli.get_command(context, name) for name in linli.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def lines(refusals: Sequence[type[Refusal]]) -> list[str]:
    """The part of the document. ``refusals``: all that there are."""
    found = commands()
    said = {name: words_of(command.callback) for name, command in found.items()}
    everywhere = set.intersection(*map(set, said.values()))
    parts: list[str] = []
    for name, command in found.items():
        # What a room of the command's own name can refuse is the command's, however deep it lies.
        room = [kind for kind in refusals if kind.__module__.startswith(f"backend.{name}.")]
        parts += _one(name, command, [words for words in said[name] if words not in everywhere], room)
    return [
        "## Every command", "",
        "A command that is refused says why in one line on standard error, which begins with `linli:`, and exits with a",
        "status that is not 0. What it was to write is written whole or not at all. Where a file has several mistakes, each",
        "is named on standard output before that line.", "",
        *table(("What is given to any command", "Exit"), EVERYWHERE), "", *parts,
    ]  # fmt: skip


def _one(name: str, command: click.Command, said: list[str], room: list[type[Refusal]]) -> list[str]:
    assert command.callback is not None
    kinds = [*room, *(kind for kind in refusals_of(command.callback) if kind not in _NOT_OWN)]
    own = ", ".join(f"`{kind.code}`" for kind in kinds)
    takes = [(f"`{one}`", "yes" if needed else "", words) for one, needed, words in map(_parameter, command.params)]
    found = [f"- {words}" for words in said]
    made = [f"### linli {name}", "", (command.help or "").split("\n")[0], ""]
    made += [*table(("Takes", "Needed", "Anything else exits with 2"), takes), ""]
    made += [f"Refusals as in the calls above: {own}.", ""] if own else []
    return [*made, *(["Says, with exit 1 (… stands for what it found):", "", *found, ""] if found else [])]


def _parameter(parameter: click.Parameter) -> tuple[str, bool, str]:
    name = parameter.opts[0] if isinstance(parameter, click.Option) else parameter.human_readable_name
    kind = parameter.type
    words = "nothing" if getattr(parameter, "is_flag", False) else kind.name
    if isinstance(kind, click.Choice):
        words = f"one of {', '.join(f'`{one}`' for one in kind.choices)}"
    if isinstance(kind, click.IntRange):
        words = f"whole number of {kind.min} to {kind.max}"
    return name, parameter.required, words


def words_of(start: Callable[..., Any] | None) -> list[str]:
    """What a command can end with: the words of every spoken refusal that it or a function it calls raises."""
    found = {words for function in reached_from(start) for words in _raised_in(function)} if start else set()
    return sorted(found)


def _raised_in(function: Any) -> Iterator[str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _SPOKEN and node.args:
            words = _words(node.args[0])
            if re.search("[a-z]{3}", words.replace("…", "")):
                yield words


def _words(argument: ast.expr) -> str:
    if isinstance(argument, ast.Constant):
        return str(argument.value)
    if isinstance(argument, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "…" for one in argument.values)
    return ""
