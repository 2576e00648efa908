"""Conditions as sentences: "when A and B, unless C". A part of the language that a form can show, read and written.

A condition of this part becomes a tree and comes back as the same condition; whatever lies outside stays a text for
experts. ``all`` holds comparisons, or groups ``{"any": [...]}`` of them; where one of ``unless`` holds, nothing does.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.policy.facts import variable_types

# Comparisons by type of field, in the order in which a form offers them.
COMPARISONS: Mapping[str, tuple[str, ...]] = {
    "bool": ("is_so", "is_not_so"),
    "text": ("is", "is_not", "is_one_of", "is_none_of", "starts_with", "ends_with", "contains"),
    "int": ("is", "is_not", "at_least", "more_than", "at_most", "less_than", "is_one_of", "is_none_of"),
    "texts": ("has", "has_not"),
}
SIGNS = {"is": "==", "is_not": "!=", "at_least": ">=", "more_than": ">", "at_most": "<=", "less_than": "<"}
CALLS = {"starts_with": "startsWith", "ends_with": "endsWith", "contains": "contains"}
_BY_SIGN = {sign: name for name, sign in SIGNS.items()}
_BY_CALL = {call: name for name, call in CALLS.items()}
_TOKEN = re.compile(
    r"\s*(?:(?P<text>\"[^\"\n]*\"|'[^'\n]*')|(?P<number>\d+(?![\w.]))|(?P<name>\$?[A-Za-z_]\w*(?:\.[a-z]\w*)?)"
    r"|(?P<sign>&&|\|\||[=!<>]=|[<>!()\[\],]))"
)
Comparison = Mapping[str, Any]


class Outside(Exception):
    """The condition says what a sentence cannot; it is shown as it is written."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A condition as parts. ``all`` holds comparisons and groups of which one must hold."""

    all: tuple[Mapping[str, Any], ...] = ()
    unless: tuple[Comparison, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The tree as JSON."""
        return {"all": [dict(one) for one in self.all], "unless": [dict(one) for one in self.unless]}


def read_sentence(source: str) -> Sentence | None:
    """The sentence of a condition; None for one that only its text can say."""
    try:
        return _Reader(source).sentence()
    except Outside:
        return None


def write_sentence(tree: Mapping[str, Any]) -> str:
    """The condition of a tree. Raises Outside for a tree that is none, such as a comparison its field does not have."""
    parts = [_part(one) for one in _listed(tree, "all")]
    if unless := [_comparison(one) for one in _listed(tree, "unless")]:
        joined = " || ".join(unless)
        # One that is itself written with "!" keeps a second pair, so that it is read as an exception again.
        parts.append(f"!(({joined}))" if len(unless) == 1 and " in " in joined else f"!({joined})")
    return " && ".join(parts) or "true"


def _listed(tree: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    found = tree.get(name, ())
    if not isinstance(found, list | tuple) or not all(isinstance(one, Mapping) for one in found):
        raise Outside(name)
    return found


def _part(one: Mapping[str, Any]) -> str:
    if "any" not in one:
        return _comparison(one)
    group = _listed(one, "any")
    if len(group) < 2:
        raise Outside("any")
    return f"({' || '.join(_comparison(inner) for inner in group)})"


def _comparison(one: Comparison) -> str:
    """One comparison as it is written. Raises Outside."""
    name, how, value = one.get("field"), one.get("is"), one.get("value")
    kind = variable_types().get(name) if isinstance(name, str) else None
    if kind is None or how not in COMPARISONS[kind]:
        raise Outside(str(name))
    if kind == "bool":
        return f"{name}" if how == "is_so" else f"!{name}"
    if kind == "texts":
        found = f"{_text(value)} in {name}"
        return found if how == "has" else f"!({found})"
    write: Callable[[Any], str] = _text if kind == "text" else _number
    if how in {"is_one_of", "is_none_of"}:
        if not isinstance(value, list | tuple) or not value:
            raise Outside(str(name))
        found = f"{name} in [{', '.join(map(write, value))}]"
        return found if how == "is_one_of" else f"!({found})"
    if how in CALLS:
        return f"{name}.{CALLS[how]}({_text(value)})"
    return f"{name} {SIGNS[str(how)]} {write(value)}"


def _text(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[^\"\\\n`{]*", value) or "//" in value:
        raise Outside("value")
    return json.dumps(value, ensure_ascii=False)


def _number(value: Any) -> str:
    """A whole number, or ``{"value_of": "R15.cap_day"}``: the value of a rule at the place."""
    if isinstance(value, Mapping):
        name = value.get("value_of")
        if not isinstance(name, str) or not re.fullmatch(r"(?:[A-Z]\w*\.)?[a-z]\w*", name):
            raise Outside("value")
        return f"${name}"
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise Outside("value")
    return str(value)


class _Reader:
    """Reads the part of the language that a sentence can say, by descent."""

    def __init__(self, source: str) -> None:
        self._tokens = list(_tokens(source))
        self._at = 0

    def sentence(self) -> Sentence:
        """The whole condition."""
        all_: list[Mapping[str, Any]] = []
        unless: list[Comparison] = []
        while True:
            self._term(all_, unless)
            if self._next() is None:
                return Sentence(tuple(all_), tuple(unless))
            if self._next() == "||" and len(all_) == 1 and not unless and "any" not in all_[0]:
                return Sentence(({"any": [all_[0], *self._alternatives()]},))
            self._take("&&")

    def _alternatives(self) -> list[Comparison]:
        found = []
        while self._next() == "||":
            self._at += 1
            found.append(self._one())
        if self._next() is not None:
            raise Outside
        return found

    def _term(self, all_: list[Mapping[str, Any]], unless: list[Comparison]) -> None:
        begin = self._at
        if self._next() == "true":
            self._at += 1
        elif self._next() == "(":
            group = self._group()
            all_.append(group[0] if len(group) == 1 else {"any": group})
        elif self._next() == "!" and self._next(1) == "(":
            try:
                all_.append(self._one())
            except Outside:
                self._at = begin + 1
                unless += self._group()
        else:
            all_.append(self._one())

    def _group(self) -> list[Comparison]:
        """Comparisons in brackets, of which one must hold."""
        self._take("(")
        if self._next() == "(":
            found = self._group()
        else:
            found = [self._one()]
            while self._next() == "||":
                self._at += 1
                found.append(self._one())
        self._take(")")
        return found

    def _one(self) -> Comparison:
        """One comparison."""
        if self._next() == "!":
            self._at += 1
            if self._next() == "(":
                self._at += 1
                found = self._membership(negated=True)
                self._take(")")
                return found
            return {"field": self._field("bool"), "is": "is_not_so"}
        after = self._next(1)
        if after == "in":
            return self._membership(negated=False)
        if after in _BY_SIGN:
            return self._compared()
        if after == "(":
            return self._called()
        return {"field": self._field("bool"), "is": "is_so"}

    def _membership(self, *, negated: bool) -> Comparison:
        token = self._next() or ""
        if token[:1] in "\"'":
            value = self._value("text")
            self._take("in")
            return {"field": self._field("texts"), "is": "has_not" if negated else "has", "value": value}
        name = self._field("text", "int")
        self._take("in")
        self._take("[")
        values = [self._value(variable_types()[name])]
        while self._next() == ",":
            self._at += 1
            values.append(self._value(variable_types()[name]))
        self._take("]")
        return {"field": name, "is": "is_none_of" if negated else "is_one_of", "value": values}

    def _compared(self) -> Comparison:
        name = self._field("text", "int")
        how = _BY_SIGN[self._advance()]
        kind = variable_types()[name]
        if how not in COMPARISONS[kind]:
            raise Outside
        return {"field": name, "is": how, "value": self._value(kind)}

    def _called(self) -> Comparison:
        whole, _, call = self._advance().partition(".")
        if variable_types().get(whole) != "text" or call not in _BY_CALL:
            raise Outside
        self._take("(")
        value = self._value("text")
        self._take(")")
        return {"field": whole, "is": _BY_CALL[call], "value": value}

    def _field(self, *kinds: str) -> str:
        token = self._advance()
        if variable_types().get(token) not in kinds:
            raise Outside
        return token

    def _value(self, kind: str) -> Any:
        token = self._advance()
        if kind == "text" and token[:1] in "\"'" and '"' not in token[1:-1]:
            return token[1:-1]
        if kind == "int" and token.isdecimal():
            return int(token)
        if kind == "int" and token.startswith("$"):
            return {"value_of": token[1:]}
        raise Outside

    def _next(self, ahead: int = 0) -> str | None:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else None

    def _advance(self) -> str:
        token = self._next()
        if token is None:
            raise Outside
        self._at += 1
        return token

    def _take(self, wanted: str) -> None:
        if self._advance() != wanted:
            raise Outside


def _tokens(source: str) -> Iterator[str]:
    at, end = 0, len(source.rstrip())
    while at < end:
        found = _TOKEN.match(source, at)
        if found is None:
            raise Outside
        at = found.end()
        yield found[0].strip()
