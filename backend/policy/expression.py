"""Conditions of rules, in the Common Expression Language. The only file that knows the CEL library.

The language is kept small on purpose: typed names, comparisons, ``in``, ``size``, ``startsWith``,
``endsWith``, ``contains``, and one level of ``exists`` or ``all``. What it cannot say, a condition cannot do.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, NewType

from cel_expr_python import cel

from backend.kernel.problems import Refusal
from backend.policy.facts import variable_types

MAX_LENGTH = 2000
MAX_DEPTH = 24
MAX_MACROS = 4
_CALLS = frozenset({"size", "startsWith", "endsWith", "contains", "exists", "all"})
_MACROS = frozenset({"exists", "all"})
_STRING = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")
_CALL = re.compile(r"([A-Za-z_]\w*)\s*\(")
_NAME = re.compile(r"[A-Za-z_]\w*")
_WHERE = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*?)(?:\n|$)")
_CEL_TYPES = {
    "text": cel.Type.STRING,
    "bool": cel.Type.BOOL,
    "int": cel.Type.INT,
    "texts": cel.Type.List(cel.Type.STRING),
}
Activation = NewType("Activation", object)


class ExpressionRefused(Refusal):
    """A condition that is not saved: ``position`` is the place in the text, counted from 0."""

    code, status = "condition-refused", 422
    title = {"en": "This condition cannot be used", "zh": "无法使用此条件"}
    advice = {"en": "Look at the named position.", "zh": "请查看所指位置。"}

    def __init__(self, en: str, zh: str, position: int = 0) -> None:
        self.position = position
        super().__init__({"en": en, "zh": zh}, position=position)


class ExpressionFailed(Exception):
    """A condition broke while it was evaluated; the rule counts as failed and people decide."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition that was checked. ``constant`` is its value when it does not depend on the facts."""

    source: str
    names: frozenset[str]
    literals: tuple[str, ...]
    constant: bool | None
    program: Any


@lru_cache(maxsize=1)
def _environment() -> Any:
    return cel.NewEnv(variables={name: _CEL_TYPES[kind] for name, kind in variable_types().items()})


@lru_cache(maxsize=8192)
def compile_expression(source: str) -> Expression:
    """Check a condition and make it ready. Raises ExpressionRefused with the place of the mistake.

    Refused: unknown names, wrong types, a result that is not true or false, functions outside the language,
    texts over 2,000 characters, and nested or more than four ``exists``/``all`` (design.md section 7).
    """
    bare = _bounded(source)
    try:
        program = _environment().compile(source)
    except RuntimeError as error:
        raise _refusal_of(source, str(error)) from error
    if program.return_type() != cel.Type.BOOL:
        said = program.return_type().name()
        raise ExpressionRefused(f"must be true or false, not {said}", f"结果须为真或假，而不是 {said}")
    names = frozenset(_NAME.findall(bare)) & variable_types().keys()
    literals = tuple(match.group()[1:-1] for match in _STRING.finditer(source))
    return Expression(source, names, literals, None if names else _constant(program), program)


def activation(values: Mapping[str, Any]) -> Activation:
    """The values of names, made ready once for the evaluation of many conditions."""
    return Activation(_environment().Activation(values))


def evaluate(expression: Expression, values: Activation) -> bool:
    """Whether the condition holds. Raises ExpressionFailed when it breaks, such as by a division by zero."""
    if expression.constant is not None:
        return expression.constant
    # An error comes back as a value of type ERROR whose text is truthy: only True and False are answers.
    answer = expression.program.eval(values).value()
    if answer is True or answer is False:
        return answer
    raise ExpressionFailed(str(answer))


def _constant(program: Any) -> bool | None:
    answer = program.eval(_environment().Activation({})).value()
    return answer if isinstance(answer, bool) else None


def _bounded(source: str) -> str:
    """The source with its texts blanked, when it keeps within our own limits."""
    if len(source) > MAX_LENGTH:
        raise ExpressionRefused(f"is longer than {MAX_LENGTH} characters", f"超过{MAX_LENGTH}个字符", MAX_LENGTH)
    for sign in ("\\", '"""', "'''", "//", "{", "`"):
        if sign in source:
            raise ExpressionRefused(f"{sign} is not part of the language", f"不支持 {sign}", source.index(sign))
    bare = _STRING.sub(lambda match: " " * len(match.group()), source)
    for call in _CALL.finditer(bare):
        if call.group(1) not in _CALLS and call.group(1) != "in":
            said = call.group(1)
            raise ExpressionRefused(
                f"the function {said} is not part of the language", f"不支持函数 {said}", call.start()
            )
    _shallow(bare)
    return bare


def _shallow(bare: str) -> None:
    """Refuse deep brackets, and loops inside loops: the two ways to make a short condition slow."""
    loops = {call.end() - 1 for call in _CALL.finditer(bare) if call.group(1) in _MACROS}
    open_brackets: list[bool] = []
    for at, sign in enumerate(bare):
        if sign in "([":
            if at in loops and (any(open_brackets) or len(loops) > MAX_MACROS):
                raise ExpressionRefused("has too many or nested exists/all", "exists/all 过多或嵌套", at)
            open_brackets.append(at in loops)
            if len(open_brackets) > MAX_DEPTH:
                raise ExpressionRefused("has too many brackets inside brackets", "括号嵌套过深", at)
        elif sign in ")]" and open_brackets:
            open_brackets.pop()


def _refusal_of(source: str, said: str) -> ExpressionRefused:
    """The library's words in ours, with the place as an offset into the source."""
    found = _WHERE.search(said)
    if found is None:
        return ExpressionRefused("cannot be read", "无法读取")
    line, column, words = int(found.group(1)), int(found.group(2)), found.group(3)
    position = sum(len(part) + 1 for part in source.split("\n")[: line - 1]) + column - 1
    return ExpressionRefused(*_plain(words), position)


def _plain(words: str) -> tuple[str, str]:
    if unknown := re.match(r"undeclared reference to '(\w+)'", words):
        near = get_close_matches(unknown.group(1), variable_types(), n=1)
        hint = (f"; did you mean {near[0]}?", f"；是否指 {near[0]}？") if near else ("", "")
        return (
            f"there is nothing called {unknown.group(1)}{hint[0]}",
            f"没有名为 {unknown.group(1)} 的项{hint[1]}",
        )
    if types := re.match(r"found no matching overload for '\S+' applied to '\((.*)\)'", words):
        return f"these do not go together: {types.group(1)}", f"类型不匹配：{types.group(1)}"
    short = words.partition(" expecting ")[0]
    return short, f"语法有误：{short}"
