"""The tree keeps the rules of the house: walls between rooms, pure rules, nothing of one machine, nothing put off."""

import ast
import re
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Spelt in parts, so that this file does not find itself.
PUT_OFF = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" * 3 + r"\b")))
REGISTRIES = re.compile(
    "|".join(
        name.replace(".", r"\.")
        for name in ("pypi" + ".org", "python" + "hosted.org", "registry" + ".npmjs.org", "npmjs" + ".com", "proxy" + ".golang.org",
                     "crates" + ".io", "registry" + ".yarnpkg.com", "docker" + ".io")
    )
)  # fmt: skip
MACHINE = re.compile(r"(?<![\w.])/(?:" + "|".join(("wo" + "rk", "ro" + "ot", "ho" + "me", "Us" + "ers")) + r")/\w")
PURE = (
    "*/rules.py", "*/rules/*.py", "incidents/states.py", "policy/clocks.py", "policy/decide.py", "policy/effects.py",
    "policy/layers.py", "policy/lint.py", "policy/routing.py", "policy/simulation.py", "intake/open311/rules.py",
)  # fmt: skip
IMPURE = re.compile(r"^(flask|sqlalchemy|psycopg|procrastinate|os|socket|requests|httpx|time|subprocess)\b")


@lru_cache(maxsize=1)
def tracked() -> tuple[Path, ...]:
    """The files of the project, those included that were not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return tuple(path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file())


def lines_like(pattern: re.Pattern[str], *, leaving_out: tuple[str, ...] = ()) -> list[str]:
    found = []
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(leaving_out):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture, an archive
        found += [f"{name}:{at}" for at, line in enumerate(text.splitlines(), 1) if pattern.search(line)]
    return found


def test_rooms_import_downwards_only() -> None:
    run = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr


def test_nothing_is_put_off() -> None:
    assert lines_like(PUT_OFF) == []


def test_no_file_names_a_registry() -> None:
    # A lock file names where each version comes from.
    assert (
        lines_like(REGISTRIES, leaving_out=("requirements/", "uv.lock", "package-lock.json", "pwa/package-lock.json"))
        == []
    )


def test_no_file_names_a_folder_of_one_machine() -> None:
    assert lines_like(MACHINE) == []


def test_nothing_of_the_shared_data_is_in_the_project() -> None:
    assert [path.name for path in tracked() if path.stat().st_size > 3_000_000] == []


def pure_files() -> list[Path]:
    return sorted({path for pattern in PURE for path in (ROOT / "backend").glob(pattern)})


@pytest.mark.parametrize("path", pure_files(), ids=lambda path: "/".join(path.parts[-2:]))
def test_rules_know_no_framework_no_clock_and_no_network(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    imported += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert [name for name in imported if IMPURE.match(name)] == []
    asked = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert [name for name in asked if name.endswith((".now", ".today", ".utcnow", "environ.get", "getenv"))] == []


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


SOURCES = [
    path
    for path in tracked()
    if path.suffix == ".py" and path.is_relative_to(ROOT / "backend") and "migrations" not in path.parts
]


def test_no_function_has_grown_past_50_lines() -> None:
    long = [
        f"{path.name}:{one.lineno} {one.name}: {size} lines"
        for path in SOURCES
        for one in functions(path)
        if (size := (one.end_lineno or one.lineno) - one.lineno + 1) > 50
    ]
    assert long == []


def test_no_error_is_swallowed() -> None:
    silent = [
        f"{path.name}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler) and all(isinstance(one, ast.Pass) for one in node.body)
    ]
    assert silent == []
