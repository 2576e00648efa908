"""Reading a policy document that somebody sends: YAML with nothing in it that means more than it shows.

The C reader of YAML follows brackets by recursion and dies of a few thousand, an alias can make a page a gigabyte, a
key that is there twice silently loses a rule, and a tag makes other things than texts, numbers and lists. So the
document is looked at as a flat run of events first.
"""

import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import yaml

from backend.policy.files import PolicyInvalid

CHARACTERS_MOST = 200_000
DEPTH_MOST = 20
WHOLE_MOST = 2**53  # beyond it JSON readers lose digits
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_upload(file: str, source: str) -> dict[str, Any]:
    """The mapping in a document, as JSON could hold it. Raises PolicyInvalid naming the place of a mistake."""
    if len(source) > CHARACTERS_MOST:
        raise PolicyInvalid(
            file, "", "", f"is longer than {CHARACTERS_MOST:,} characters", f"超过{CHARACTERS_MOST}个字符"
        )
    try:
        _check_events(file, source)
        data = yaml.load(source, Loader=_Loader)  # noqa: S506 (the safe loader, in C where it is built)
    except (yaml.YAMLError, ValueError) as error:
        raise PolicyInvalid(file, "", "", f"is not YAML: {_said(error)}", "不是有效的YAML") from error
    if not isinstance(data, dict):
        raise PolicyInvalid(file, "", "", "must be a mapping", "须为键值表")
    found: dict[str, Any] = _plain(file, data, ())
    return found


def as_upload(file: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent as JSON, held to the same bounds as a document. Raises PolicyInvalid."""
    if _depth(data) > DEPTH_MOST:
        raise PolicyInvalid(file, "", "", "is nested too deeply", "嵌套过深")
    found: dict[str, Any] = _plain(file, data, ())
    return found


def _depth(value: Any) -> int:
    """How deep mappings and lists lie in each other. The reader of JSON has bounded it already."""
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0) if isinstance(value, Mapping | list) else 0


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _check_events(file: str, source: str) -> None:
    """Walk the document without building it. Raises PolicyInvalid, or YAMLError for what is not YAML at all."""
    keys: list[set[str] | None] = []  # for each open collection the keys of a mapping, None for a list
    is_key: list[bool] = []  # whether the next node of an open collection is a key
    for event in yaml.parse(source, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _wrong(file, event, "anchors and aliases are not taken", "不接受锚点和别名")
        if getattr(event, "tag", None):
            raise _wrong(file, event, "tags are not taken", "不接受标签")
        if isinstance(event, yaml.NodeEvent):
            _note_key(file, event, keys, is_key)
        if isinstance(event, yaml.CollectionStartEvent):
            if len(keys) == DEPTH_MOST:
                raise _wrong(file, event, "is nested too deeply", "嵌套过深")
            is_mapping = isinstance(event, yaml.MappingStartEvent)
            keys.append(set() if is_mapping else None)
            is_key.append(is_mapping)
        elif isinstance(event, yaml.CollectionEndEvent):
            keys.pop()
            is_key.pop()


def _note_key(file: str, event: Any, keys: list[set[str] | None], is_key: list[bool]) -> None:
    if not keys or (held := keys[-1]) is None:
        return
    if is_key[-1]:
        name = event.value if isinstance(event, yaml.ScalarEvent) else None
        if name is None or name == "<<":
            raise _wrong(file, event, "a key must be a text", "键须为文本")
        if name in held:
            raise _wrong(file, event, f"{name[:60]} is there twice", f"{name[:60]} 重复出现")
        held.add(name)
    is_key[-1] = not is_key[-1]


def _wrong(file: str, event: Any, en: str, zh: str) -> PolicyInvalid:
    line = event.start_mark.line + 1
    return PolicyInvalid(file, "", "", f"line {line}: {en}", f"第{line}行：{zh}")


def _plain(file: str, value: Any, path: tuple[str, ...]) -> Any:
    """The value as JSON could hold it: dates become texts, keys must be texts, numbers finite."""
    if isinstance(value, Mapping):
        return {_key(file, key, path): _plain(file, inner, (*path, str(key))) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(file, inner, (*path, str(at))) for at, inner in enumerate(value, 1)]
    if isinstance(value, str):
        return _text(file, value, path)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, int | float) and not (math.isfinite(value) and abs(value) <= WHOLE_MOST):
        raise _at(file, path, "is no number that can be kept", "不是可保存的数字")
    return value


def _key(file: str, key: Any, path: tuple[str, ...]) -> str:
    if not isinstance(key, str):
        raise _at(file, (*path, str(key)), "must be a text; put it in quotes", "须为文本，请加引号")
    return _text(file, key, path)


def _text(file: str, value: str, path: tuple[str, ...]) -> str:
    if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        raise _at(file, path, "holds a character that cannot be kept", "含有无法保存的字符")
    return value


def _at(file: str, path: tuple[str, ...], en: str, zh: str) -> PolicyInvalid:
    return PolicyInvalid(file, path[0] if path else "", ".".join(path[1:]), en, zh)
