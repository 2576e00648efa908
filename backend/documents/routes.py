"""The routes of an application: who may call each, and which refusals it can answer with."""

import ast
import importlib
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import FunctionType
from typing import Any

from flask import Flask

from backend.kernel.problems import Refusal
from backend.trust.access import access_of

_NAMEABLE = (type, FunctionType, type(lru_cache(len)))
# Where looking for refusals ends: what makes the program run, and the files that ship, which tests have read.
_BEYOND = (
    "backend.app",
    "backend.wiring",
    "backend.worker",
    "backend.demo",
    "backend.console",
    "backend.policy.catalogue",
)
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one address; ``access`` is ``public`` or a permission, None where the view has no mark."""

    method: str
    path: str
    access: str | None
    view: Callable[..., Any]

    @property
    def name(self) -> str:
        """As in ``POST /api/v1/reports``."""
        return f"{self.method.upper()} {self.address}"

    @property
    def address(self) -> str:
        """As in ``/api/v1/incidents/{incident_id}``."""
        return re.sub(r"<(?:[^<>]+:)?([^<>]+)>", r"{\1}", self.path)


def routes_of(app: Flask) -> list[Route]:
    """Every route, by address."""
    return sorted(_routes(app), key=lambda route: (route.path, METHODS.index(route.method)))


def _routes(app: Flask) -> Iterator[Route]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        made = getattr(view, "view_class", None)
        for method in METHODS:
            if method.upper() in (rule.methods or set()):
                handler = getattr(made, method) if made else view
                yield Route(method, rule.rule, access_of(handler), handler)


def refusals_of(start: Callable[..., Any]) -> list[type[Refusal]]:
    """Every refusal that a function names, itself or in the functions of ours that it calls by name."""
    named = {one for function in reached_from(start) for one in _named_by(function)}
    found = {one for one in named if inspect.isclass(one) and issubclass(one, Refusal)}
    return sorted(found - {Refusal}, key=lambda kind: kind.code)


def reached_from(start: Callable[..., Any]) -> frozenset[Any]:
    """A function with the functions of ours that it calls by name, and those that these call."""
    seen: set[Any] = set()
    waiting: list[Any] = [inspect.unwrap(start)]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += [inner for named in _named_by(one) if _is_looked_into(named) for inner in _functions_of(named)]
    return frozenset(seen)


def _is_looked_into(named: Any) -> bool:
    is_refusal = inspect.isclass(named) and issubclass(named, Refusal)
    module = str(named.__module__)
    return not is_refusal and module.startswith("backend.") and not module.startswith(_BEYOND)


def _functions_of(named: Any) -> Iterable[Any]:
    if not inspect.isclass(named):
        return [inspect.unwrap(named)]
    return [value for value in vars(named).values() if isinstance(value, FunctionType)]


@lru_cache(maxsize=4096)
def _named_by(function: FunctionType) -> tuple[Any, ...]:
    """What a function's names stand for, those that it imports itself included."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return ()
    scope = dict(getattr(function, "__globals__", {})) | dict(_imported(tree))
    found = [_resolve(name, scope) for name in _dotted_names(tree)]
    # By its true type: a proxy of the present request would ask for one.
    return tuple(one for one in found if issubclass(type(one), _NAMEABLE))


def _imported(tree: ast.AST) -> Iterator[tuple[str, Any]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("backend."):
            module = importlib.import_module(str(node.module))
            for name in node.names:
                yield name.asname or name.name, getattr(module, name.name, None)


def _dotted_names(tree: ast.AST) -> Iterator[tuple[str, ...]]:
    for node in ast.walk(tree):
        parts: list[str] = []
        inner: ast.AST = node
        while isinstance(inner, ast.Attribute):
            parts.insert(0, inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name):
            yield inner.id, *parts


def _resolve(name: tuple[str, ...], scope: dict[str, Any]) -> Any:
    value = scope.get(name[0])
    for part in name[1:]:
        if not inspect.ismodule(value):
            return value
        value = getattr(value, part, None)
    return value
