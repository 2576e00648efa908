"""Telegram's published description of its Bot API, against which every call and every answer is held.

The description is part of the shared data and never of the project: where it is absent, nothing is held against it.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from tests.support.shared import shared_data

FILE = "standards/telegram_bot_api_10.1.json"
PLAIN: Mapping[str, tuple[type, ...]] = {"Integer": (int,), "Float": (int, float), "String": (str,), "Boolean": (bool,)}
ARRAY = "Array of "


class Contract:
    """What a method takes and gives, and what each object holds."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        self._methods: Mapping[str, Any] = description["methods"]
        self._types: Mapping[str, Any] = description["types"]

    def names(self) -> Collection[str]:
        """Every method there is."""
        return self._methods.keys()

    def of_call(self, method: str, given: Mapping[str, Any], files: Collection[str]) -> list[str]:
        """What is wrong with a call; ``given`` as it came over the wire, where a form makes a text of everything."""
        if method not in self._methods:
            return [f"{method} is no method of the Bot API"]
        known = {field["name"]: field for field in self._methods[method].get("fields", ())}
        missing = [name for name, field in known.items() if field["required"] and name not in {*given, *files}]
        wrong = [f"{method} needs {name}" for name in missing]
        for name, value in given.items():
            if name not in known:
                wrong.append(f"{method} takes no {name}")
            elif not any(self._faults(kind, _read(kind, value), name) == [] for kind in known[name]["types"]):
                wrong.append(f"{method}: {name} is no {' or '.join(known[name]['types'])}")
        return wrong

    def of_answer(self, method: str, result: Any) -> list[str]:
        """What is wrong with the result of a call."""
        return self._one_of(self._methods[method]["returns"], result, method)

    def of_update(self, update: Any) -> list[str]:
        """What is wrong with an update."""
        return self._faults("Update", update, "update")

    def _one_of(self, kinds: Sequence[str], value: Any, where: str) -> list[str]:
        tried = [self._faults(kind, value, where) for kind in kinds]
        return min(tried, key=len)

    def _faults(self, kind: str, value: Any, where: str) -> list[str]:
        if kind.startswith(ARRAY):
            if not isinstance(value, list):
                return [f"{where} is no list"]
            inner = kind.removeprefix(ARRAY)
            return [fault for at, one in enumerate(value) for fault in self._faults(inner, one, f"{where}[{at}]")]
        if kind in PLAIN:
            is_right = isinstance(value, PLAIN[kind]) and (kind == "Boolean") == isinstance(value, bool)
            return [] if is_right else [f"{where} is no {kind}"]
        if kind == "InputFile":
            return [] if isinstance(value, str) and value.startswith("attach://") else [f"{where} is no file"]
        return self._faults_of_object(kind, value, where)

    def _faults_of_object(self, kind: str, value: Any, where: str) -> list[str]:
        if kind == "KeyboardButton" and isinstance(value, str):
            return []  # "for simple text buttons, String can be used instead"
        if not isinstance(value, dict):
            return [f"{where} is no {kind}"]
        described = self._types[kind]
        if described.get("subtypes"):
            return self._one_of(described["subtypes"], value, where)
        fields = {field["name"]: field for field in described.get("fields", ())}
        faults = [f"{where} lacks {name}" for name, field in fields.items() if field["required"] and name not in value]
        for name, inner in value.items():
            if name not in fields:
                faults.append(f"{where} has a {name} that {kind} does not have")
            else:
                faults += self._one_of(fields[name]["types"], inner, f"{where}.{name}")
        return faults


def _read(kind: str, value: Any) -> Any:
    """A value of a form as the kind that is tried; what does not read as it stays a text."""
    if not isinstance(value, str) or kind in {"String", "InputFile"}:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


@cache
def published() -> Contract | None:
    """The description of the shared data; None where it is not on this machine."""
    folder = shared_data()
    if folder is None or not (folder / FILE).exists():
        return None
    return Contract(json.loads((folder / FILE).read_text(encoding="utf-8")))
