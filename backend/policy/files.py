"""Reading policy files: YAML in, typed values out, and one clear error that names file, rule and field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml

from backend.kernel.problems import Refusal

DEFAULTS = Path(__file__).parent / "defaults"
Words = Mapping[str, str]
T = TypeVar("T")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class PolicyInvalid(Refusal):
    """A policy file, or a rule somebody saves, has a mistake; ``file``, ``rule`` and ``field`` say where."""

    code, status = "policy-invalid", 422
    title = {"en": "The policy has a mistake", "zh": "策略内容有误"}
    advice = {"en": "Correct the named field. Nothing was changed.", "zh": "请更正所列字段。未作任何更改。"}

    def __init__(self, file: str, rule: str, field: str, en: str, zh: str) -> None:
        where = ": ".join(part for part in (file, rule, field) if part)
        super().__init__({"en": f"{where}: {en}", "zh": f"{where}：{zh}"}, file=file, rule=rule, field=field)


@dataclass(frozen=True, slots=True)
class Entry:
    """A mapping from a policy file that knows where it stands, so that its mistakes can be found."""

    file: str
    rule: str
    data: Mapping[str, Any]
    path: str = ""

    def wrong(self, field: str, en: str, zh: str) -> PolicyInvalid:
        """The error for ``field`` of this entry."""
        return PolicyInvalid(self.file, self.rule, ".".join(part for part in (self.path, field) if part), en, zh)

    def _typed(self, field: str, kind: type[T], default: T | None, en: str, zh: str) -> T:
        value = self.data.get(field, default)
        if value is None:
            raise self.wrong(field, "is missing", "缺失")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.wrong(field, en, zh)
        return value

    def text(self, field: str, default: str | None = None) -> str:
        """A text; refused when it is missing and has no default."""
        return self._typed(field, str, default, "must be a text", "须为文本")

    def flag(self, field: str, default: bool = False) -> bool:
        """True or false."""
        return self._typed(field, bool, default, "must be true or false", "须为 true 或 false")

    def whole(self, field: str, default: int | None = None) -> int:
        """A whole number of 0 or more."""
        value = self._typed(field, int, default, "must be a whole number", "须为整数")
        if value < 0:
            raise self.wrong(field, "must not be negative", "不得为负数")
        return value

    def seconds(self, field: str) -> int | None:
        """Seconds, or None where the file says null."""
        return None if self.data.get(field) is None else self.whole(field)

    def texts(self, field: str) -> tuple[str, ...]:
        """A list of texts, empty when absent."""
        value = self.data.get(field, [])
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise self.wrong(field, "must be a list of texts", "须为文本列表")
        return tuple(value)

    def choice(self, field: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """One of the allowed texts."""
        value = self.text(field, default)
        if value not in allowed:
            raise self.wrong(field, f"{value!r} is none of {', '.join(allowed)}", f"{value!r} 不在允许范围内")
        return value

    def inside(self, field: str) -> "Entry":
        """The mapping under ``field``, empty when absent."""
        value = self.data.get(field, {})
        if not isinstance(value, Mapping):
            raise self.wrong(field, "must be a mapping", "须为键值表")
        return Entry(self.file, self.rule, value, f"{self.path}.{field}" if self.path else field)

    def each(self, field: str) -> Iterator["Entry"]:
        """The mappings in the list under ``field``."""
        value = self.data.get(field, [])
        if not isinstance(value, list | tuple) or not all(isinstance(item, Mapping) for item in value):
            raise self.wrong(field, "must be a list of mappings", "须为键值表的列表")
        for number, item in enumerate(value, 1):
            yield Entry(self.file, self.rule, item, f"{self.path}.{field}[{number}]".lstrip("."))

    def only(self, *fields: str) -> None:
        """Refuse fields that mean nothing here, so that a misspelt one does not pass silently."""
        for field in self.data:
            if field not in fields:
                raise self.wrong(str(field), "is not a field here", "此处没有该字段")


def words_of(entry: Entry, field: str) -> Words:
    """A text in English and Chinese under ``field``. Raises PolicyInvalid when a language is missing."""
    return words_at(entry.inside(field))


def words_at(entry: Entry) -> Words:
    """The English and Chinese text of an entry that holds both beside other fields."""
    return {"en": entry.text("en"), "zh": entry.text("zh")}


def read_yaml(file: str, source: str) -> Mapping[str, Any]:
    """The mapping a YAML text holds. Raises PolicyInvalid when it is not one."""
    try:
        data = yaml.load(source, Loader=_Loader)  # noqa: S506 (the safe loader, in C where it is built)
    except yaml.YAMLError as error:
        raise PolicyInvalid(file, "", "", f"is not YAML: {error}", "不是有效的 YAML") from error
    if not isinstance(data, dict):
        raise PolicyInvalid(file, "", "", "must be a mapping", "须为键值表")
    return data


def entries_of(file: str, data: Mapping[str, Any]) -> dict[str, Entry]:
    """Each top-level mapping of a file as an entry that carries its name."""
    for name, value in data.items():
        if not isinstance(value, dict):
            raise PolicyInvalid(file, str(name), "", "must be a mapping", "须为键值表")
    return {str(name): Entry(file, str(name), value) for name, value in data.items()}


@lru_cache(maxsize=8)
def default_file(name: str) -> Mapping[str, Any]:
    """One default file as it was read."""
    return read_yaml(name, (DEFAULTS / name).read_text(encoding="utf-8"))


def read_defaults(name: str, section: str = "") -> dict[str, Entry]:
    """The entries of a default file, or of one section of it."""
    data = default_file(name)
    return entries_of(name, data[section] if section else data)
