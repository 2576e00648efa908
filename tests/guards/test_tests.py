"""Every test can fail: it asserts, expects an error, or calls something of the tests that does."""

import ast
from collections.abc import Sequence
from pathlib import Path

TESTS = Path(__file__).parents[1]
# What fails by itself: pytest's own, Playwright's, the state machines of Hypothesis, and OpenAPI's.
FAILING = {
    "raises",
    "fail",
    "warns",
    "expect",
    "run_state_machine_as_test",
    "validate",
    "wait_for_selector",
    "wait_for",
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions() -> list[tuple[str, Function]]:
    """Every function of the tests, with the file in which it stands."""
    return [
        (str(path.relative_to(TESTS)), node)
        for path in sorted(TESTS.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, Function)
    ]


def can_fail(function: Function, failing: set[str]) -> bool:
    """Whether a function asserts or raises, or names a function that can fail: those that are called, and fixtures."""
    names = {argument.arg for argument in function.args.args}
    for node in ast.walk(function):
        if isinstance(node, ast.Assert | ast.Raise):
            return True
        names |= {node.id} if isinstance(node, ast.Name) else {node.attr} if isinstance(node, ast.Attribute) else set()
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "usefixtures":
            names |= {str(one.value) for one in node.args if isinstance(one, ast.Constant)}
    return not names.isdisjoint(failing)


def failing_functions(found: Sequence[tuple[str, Function]]) -> set[str]:
    """The names of all functions that can fail, however many calls away the assertion is."""
    failing = set(FAILING)
    while more := {one.name for _, one in found if one.name not in failing and can_fail(one, failing)}:
        failing |= more
    return failing


def test_every_test_asserts_something() -> None:
    found = functions()
    failing = failing_functions(found)
    tests = [(path, one) for path, one in found if one.name.startswith("test_")]
    assert len(tests) > 1000
    assert [f"{path}:{one.lineno} {one.name}" for path, one in tests if not can_fail(one, failing)] == []


def test_a_test_that_asserts_nothing_would_be_found() -> None:
    tree = ast.parse("def helper(): assert 1\ndef test_a(): helper()\ndef test_b(client): client.get('/')\n")
    found = [("x.py", one) for one in tree.body if isinstance(one, ast.FunctionDef)]
    failing = failing_functions(found)
    assert [can_fail(one, failing) for _, one in found] == [True, True, False]
