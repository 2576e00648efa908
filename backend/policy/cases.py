"""A file of facts to try rules on: JSON lines or CSV, one case a line, codes only. Read strictly; every mistake has its line."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from backend.kernel.problems import Refusal
from backend.policy.facts import Facts, variable_types

CASES_MOST = 50_000
MISTAKES_NAMED = 10
FORMATS = ("jsonl", "csv")
_LISTS = ("flags", "area_level_names")
_KINDS = {name: kind for name, kind in variable_types().items() if name in Facts.__slots__}
_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}


class CasesRefused(Refusal):
    """A file of facts has mistakes; ``lines`` names each by its line."""

    code, status = "cases-refused", 422
    title = {"en": "This file of cases cannot be used", "zh": "无法使用此案例文件"}
    advice = {"en": "Correct the named lines. Nothing was stored.", "zh": "请更正所列的行。未保存任何内容。"}


@dataclass(frozen=True, slots=True)
class FiledCase:
    """One line of a file: its facts and, where it names one, an area by its id in its source."""

    line: int
    facts: dict[str, Any]
    area: str


def read_cases(kind: str, content: str) -> list[FiledCase]:
    """The cases of a file. Raises CasesRefused; a column or member that is no fact is a mistake too."""
    found: list[FiledCase] = []
    mistakes: list[dict[str, Any]] = []
    for line, given in _lines(kind, content):
        try:
            found.append(_case(line, _checked(given)))
        except (TypeError, ValueError) as error:
            mistakes.append({"line": line, "reason": str(error)[:200]})
        if len(found) > CASES_MOST:
            mistakes.append({"line": line, "reason": f"more than {CASES_MOST} cases"})
        if len(mistakes) == MISTAKES_NAMED or len(found) > CASES_MOST:
            break
    if mistakes or not found:
        raise CasesRefused(lines=mistakes or [{"line": 1, "reason": "no case"}])
    return found


def _lines(kind: str, content: str) -> Iterator[tuple[int, Any]]:
    if kind == "jsonl":
        for line, text in enumerate(content.splitlines(), 1):
            if text.strip():
                yield line, text
        return
    reader = csv.DictReader(io.StringIO(content, newline=""), strict=True)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise CasesRefused(lines=[{"line": reader.line_num + 1, "reason": str(error)}]) from error


def _checked(given: Any) -> Mapping[str, Any]:
    """The members of a line, those of a table turned into what they stand for. Raises ValueError, TypeError."""
    if isinstance(given, str):
        found = orjson.loads(given)
        if not isinstance(found, dict):
            raise TypeError("is no object")
        return found
    if None in given or None in given.values():
        raise ValueError("has more or fewer columns than the head")
    return {name: _cell(name, text.strip()) for name, text in given.items() if text.strip()}


def _cell(name: str, text: str) -> Any:
    if name in _LISTS:
        return [part.strip() for part in text.split(";") if part.strip()]
    if _KINDS.get(name) == "bool":
        if text.lower() not in _TRUTHS:
            raise ValueError(f"{name}: {text!r} is neither true nor false")
        return _TRUTHS[text.lower()]
    return int(text) if _KINDS.get(name) == "int" else text


def _case(line: int, given: Mapping[str, Any]) -> FiledCase:
    whole = dict(given)
    area = whole.pop("area", "")
    for name, value in whole.items():
        if not _fits(name, value):
            raise ValueError(f"{name}: {str(value)[:40]!r} is of another type")
    return FiledCase(line, Facts.from_dict(whole).as_dict(), str(area))


def _fits(name: str, value: Any) -> bool:
    if name in _LISTS:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    wanted: Mapping[str, type] = {"bool": bool, "int": int, "text": str}
    kind = wanted.get(_KINDS.get(name, ""), object)
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))
