"""Every command refuses in one line and by its exit status, and docs/errors.md says of each what it takes and refuses."""

from pathlib import Path

import click
import pytest

from backend.cli import explain
from backend.documents import FOLDER
from backend.documents.commands import EVERYWHERE, commands, words_of
from backend.documents.errors import all_refusals
from backend.kernel.problems import Invalid, Refusal
from tests.support.processes import linli

COMMANDS = commands()
# An address where no database is, so that nothing is started.
NOWHERE = {"DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c"}


def arguments(command: click.Command, folder: Path) -> list[object]:
    """What a command needs at least, as far as it is there."""
    found: list[object] = []
    for one in command.params:
        if isinstance(one, click.Argument) and one.required:
            file = folder / "file"
            if one.type.exists:  # type: ignore[attr-defined]
                file.write_text("{}")
            found.append(file)
        elif isinstance(one, click.Option) and one.required:
            found += [one.opts[0], "x"]
    return found


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("wrong", [["--nonsense"], ["--data"], ["one", "two", "three"]])
def test_a_command_line_that_cannot_be_understood_exits_with_2(name: str, wrong: list[str], tmp_path: Path) -> None:
    done = linli(name, *wrong, env={"LINLI_DATA": str(tmp_path)})
    assert (done.status, done.complained.count("\n"), done.complained[:7]) == (2, 1, "linli: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_a_file_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    needed = [
        one for one in COMMANDS[name].params if isinstance(one, click.Argument) and getattr(one.type, "exists", False)
    ]
    if not needed:
        assert name not in {"import-areas", "import-policy", "simulate", "restore"}
        return
    done = linli(name, tmp_path / "nowhere", *(["--source", "x"] if name == "import-areas" else []), env={})
    assert (done.status, done.complained.count("\n")) == (2, 1)
    assert "nowhere" in done.complained


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("setting", [{"PORT": "none"}, {"LINLI_PROT": "8000"}, {"LINLI_MASTER_KEY": "c2hvcnQ="}])
def test_a_setting_that_makes_no_sense_stops_every_command(name: str, setting: dict[str, str], tmp_path: Path) -> None:
    given = arguments(COMMANDS[name], tmp_path)
    quiet = ["--login", "a", "--name", "A", "--password-stdin"] if name == "create-user" else []
    done = linli(name, *given, *quiet, stdin="a long password\n", env=NOWHERE | {"LINLI_DATA": str(tmp_path)} | setting)
    assert (done.status, done.complained.count("\n")) == (1, 1)
    assert next(iter(setting)) in done.complained


@pytest.mark.parametrize(
    "name",
    sorted(set(COMMANDS) - {"bill-of-materials", "bot", "doctor", "stream", "web", "worker", "up", "demo", "restore"}),
)
def test_a_database_that_is_not_there_is_one_line(name: str, tmp_path: Path) -> None:
    given = arguments(COMMANDS[name], tmp_path)
    quiet = ["--login", "a", "--name", "A", "--password-stdin"] if name == "create-user" else []
    done = linli(name, *given, *quiet, stdin="a long password\n", env=NOWHERE | {"LINLI_DATA": str(tmp_path)})
    assert (done.status, done.complained.count("\n")) == (1, 1)
    assert "the database cannot be used" in done.complained


def test_the_bot_says_that_it_needs_a_token(tmp_path: Path) -> None:
    done = linli("bot", env=NOWHERE | {"LINLI_DATA": str(tmp_path)})
    assert (done.status, done.complained.count("\n")) == (1, 1)
    assert "LINLI_TELEGRAM_TOKEN" in done.complained
    assert list(tmp_path.iterdir()) == []


def test_the_document_says_of_every_command_what_it_takes_and_refuses() -> None:
    text = (FOLDER / "errors.md").read_text(encoding="utf-8")
    for name, command in COMMANDS.items():
        part = text.partition(f"\n### linli {name}\n")[2].partition("\n### ")[0]
        assert all(
            f"`{one.opts[0] if isinstance(one, click.Option) else one.human_readable_name}`" in part
            for one in command.params
        )
        assert [words for words in words_of(command.callback) if words not in part] == []
    assert len(EVERYWHERE) > 5
    assert "not-a-demo" in text.partition("\n### linli demo\n")[2].partition("\n### ")[0]


def test_what_a_command_says_is_found_in_its_code() -> None:
    assert "… is already there" in words_of(COMMANDS["backup"].callback)
    assert "… holds photos already: restore into an empty data folder" in words_of(COMMANDS["restore"].callback)


@pytest.mark.parametrize("kind", all_refusals(), ids=lambda kind: kind.__name__)
def test_a_refusal_is_explained_at_the_keyboard(kind: type[Refusal]) -> None:
    refusal = kind.__new__(kind)
    Refusal.__init__(refusal)
    assert explain(refusal).startswith(kind.title["en"])


def test_the_fields_of_a_refusal_are_named_at_the_keyboard() -> None:
    said = explain(Invalid({"area_id": ["is no area"], "to": ["lies before the year 2000"]}))
    assert "area_id: is no area; to: lies before the year 2000." in said
