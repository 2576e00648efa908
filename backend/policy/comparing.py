"""Two states of a layer side by side: rule by rule, in words and as values before and after. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from backend.policy.files import Entry
from backend.policy.layers import Effective, show
from backend.policy.rulefile import rule_from
from backend.policy.rules import Rule, Setting, Tighter, is_looser
from backend.policy.telling import say_rule

# What a reader is told beside the sentences and the values.
PLAIN = (
    "lock", "basis", "title", "explanation", "driven_by", "categories", "effective_from", "effective_to",
)  # fmt: skip
Held = Mapping[str, Effective]


def compare(before: Mapping[str, Any], after: Mapping[str, Any], held: Held) -> list[dict[str, Any]]:
    """Every rule that differs, by code. ``held``: the effective values above, for labels, units and directions."""
    codes = sorted({*before, *after})
    return [_rule(code, before.get(code), after.get(code), held) for code in codes if before.get(code) != after.get(code)]  # fmt: skip


def _rule(code: str, before: Any, after: Any, held: Held) -> dict[str, Any]:
    old, new = (rule_from(Entry("rules", code, body)) if body is not None else None for body in (before, after))
    standing = new or old
    assert standing is not None
    words = {"before": say_rule(old) if old else None, "after": say_rule(new) if new else None}
    return {
        "code": code, "kind": "added" if old is None else "retired" if new is None else "changed",
        "title": standing.title, "words": words, "says_otherwise": words["before"] != words["after"],
        "values": list(_values(code, old, new, held)), "fields": _fields(before, after),
        "tests": {"before": len(old.tests) if old else 0, "after": len(new.tests) if new else 0},
    }  # fmt: skip


def _values(code: str, old: Rule | None, new: Rule | None, held: Held) -> Iterator[dict[str, Any]]:
    was, is_ = (dict[str, Setting]() if one is None else {item.name: item for item in one.settings} for one in (old, new))  # fmt: skip
    for name in sorted({*was, *is_}):
        one, other = was.get(name), is_.get(name)
        if one == other:
            continue
        known = held.get(f"{code}.{name}")
        # A value that the layer no longer says is the one from above again, and the other way round.
        values = [item.value if item else known.value if known else None for item in (one, other)]
        unit = known.unit if known else (other or one).unit if (other or one) else ""  # type: ignore[union-attr]
        yield {
            "name": f"{code}.{name}", "label": known.label if known else (other or one).label,  # type: ignore[union-attr]
            "before": _plain(values[0]), "after": _plain(values[1]),
            "shown": {language: [show(value, unit, language) if value is not None else None for value in values]
                      for language in ("en", "zh")},
            "direction": _direction(values, known.tighter if known else (other or one).tighter),  # type: ignore[union-attr]
            "locks": [item.lock.value if item else None for item in (one, other)],
        }  # fmt: skip


def _direction(values: list[Any], tighter: Tighter | None) -> str:
    """Whether the new value is stricter, looser, or simply another one."""
    before, after = values
    if tighter in {None, Tighter.NONE} or before is None or after is None or type(before) is not type(after):
        return "other"
    assert tighter is not None
    if before == after:
        return "same"
    return "looser" if is_looser(after, before, tighter) else "stricter"


def _fields(before: Any, after: Any) -> list[dict[str, Any]]:
    old, new = before or {}, after or {}
    return [
        {"name": name, "before": old.get(name), "after": new.get(name)}
        for name in PLAIN
        if old.get(name) != new.get(name)
    ]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
