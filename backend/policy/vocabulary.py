"""The words of rules: each field with its type and values, each comparison and effect, in both languages, as data.

A form builds sentences of it, and what a rule says is told in it (``telling.py``).
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from backend.policy.catalogue import default_catalogue
from backend.policy.effects import EFFECTS, LETTERS
from backend.policy.facts import DERIVED, variable_types
from backend.policy.files import Entry, Words, read_defaults, words_at
from backend.policy.markers import in_group, markers
from backend.policy.sentences import COMPARISONS
from backend.policy.worlds import VOCABULARY

FILE = "fields.yaml"


def _section(name: str) -> Mapping[str, Words]:
    return MappingProxyType({code: words_at(entry) for code, entry in read_defaults(FILE, name).items()})


@lru_cache(maxsize=1)
def field_labels() -> Mapping[str, Words]:
    """How a sentence calls each name that a condition may look at. Raises PolicyInvalid where one has no words."""
    known = {**_section("fields"), **{code: marker.label for code, marker in markers().items()}}
    if missing := variable_types().keys() - known.keys():
        raise Entry(FILE, "fields", {}).wrong(min(missing), "has no words", "缺少文字")
    return MappingProxyType(known)


@lru_cache(maxsize=64)
def value_labels(field: str) -> Mapping[str, Words]:
    """What the codes of a field mean; empty for one whose values are numbers or free."""
    book = default_catalogue()
    if field == "category":
        return MappingProxyType({code: one.label for code, one in book.categories.items()})
    if field in {"suggested_grade", "from_grade", "to_grade"}:
        return MappingProxyType({code: one.label for code, one in book.grades.items()})
    held = read_defaults(FILE, "values").get(field)
    found = {code: words_at(held.inside(code)) for code in held.data} if held else {}
    if missing := {code for code in VOCABULARY.get(field, ()) if code} - found.keys():
        raise Entry(FILE, f"values.{field}", {}).wrong(min(missing), "has no words", "缺少文字")
    return MappingProxyType(found)


@lru_cache(maxsize=1)
def comparison_words() -> Mapping[str, Words]:
    """How each comparison is said, with gaps for the field and the value."""
    return _section("comparisons")


@lru_cache(maxsize=1)
def effect_labels() -> Mapping[str, Words]:
    """What each effect means."""
    return _section("effects")


@lru_cache(maxsize=1)
def event_labels() -> Mapping[str, Words]:
    """When rules are tried."""
    return _section("events")


def codes_of(takes: str) -> Mapping[str, Words]:
    """What an effect may hold, by the ``takes`` of its table; empty for numbers and for true or false."""
    book = default_catalogue()
    held: Mapping[str, Mapping[str, Words]] = {
        "route": {code: one.label for code, one in book.routes.items()},
        "word": book.words,
        "service": book.services,
        "letter": {letter: {"en": f"({letter})", "zh": f"（{letter}）"} for letter in LETTERS},
        "grade": {code: one.label for code, one in book.grades.items()},
    }
    return held.get(takes if takes == "grade" else takes.removesuffix("s"), {})


@lru_cache(maxsize=1)
def vocabulary() -> dict[str, Any]:
    """Everything that a sentence is built of, as clients see it."""
    return {
        "fields": [_field(name, kind) for name, kind in variable_types().items()],
        "comparisons": [
            {"type": kind, "name": name, "label": comparison_words()[name]}
            for kind, names in COMPARISONS.items()
            for name in names
        ],
        "effects": [
            {"name": name, "takes": one.takes, "label": effect_labels()[name], "reserved_for": one.owner or None,
             "values": _values(codes_of(one.takes))}
            for name, one in EFFECTS.items()
        ],
        "events": _values(event_labels()),
    }  # fmt: skip


def _field(name: str, kind: str) -> dict[str, Any]:
    marker, group = markers().get(name), DERIVED.get(name)
    entry = read_defaults(FILE, "fields").get(name)
    return {
        "name": name, "type": kind, "label": field_labels()[name], "values": _values(value_labels(name)),
        "group": marker.group if marker else "marker_group" if group else "fact",
        "markers": sorted(in_group(group)) if group else [],
        "event_only": bool(entry and entry.flag("event")),
    }  # fmt: skip


def _values(labels: Mapping[str, Words]) -> list[dict[str, Any]]:
    return [{"code": code, "label": label} for code, label in labels.items()]


def labelled(codes: Iterable[str], labels: Mapping[str, Words], language: str) -> str:
    """Codes in words, a code without any as it is."""
    return ("、" if language == "zh" else ", ").join(labels[one][language] if one in labels else one for one in codes)
