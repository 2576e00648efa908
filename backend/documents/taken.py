"""What a call takes, in words, from its part of the OpenAPI document."""

from collections.abc import Iterator, Mapping
from typing import Any

from backend.kernel.schemas import NUMBER_MOST

Row = tuple[str, str, str]
_FORMATS = {
    "uuid": "UUID",
    "date-time": "time with its offset, such as `2026-03-01T08:00:00+08:00`, from 2000 to 2099",
    "email": "e-mail address",
    "binary": "file",
}


def fields_of(operation: Mapping[str, Any], components: Mapping[str, Any]) -> list[Row]:
    """Name, whether it is needed, and what it may be: parameters first, then the members of the body."""
    rows = [
        (f"{one['name']} ({one['in']})", "yes" if one.get("required") else "", _words(one["schema"], components))
        for one in operation.get("parameters", ())
    ]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        rows += _members(content["schema"], components, "")
    return rows


def _members(schema: Mapping[str, Any], components: Mapping[str, Any], prefix: str) -> Iterator[Row]:
    whole = _resolved(schema, components)
    for name, member in whole.get("properties", {}).items():
        inner = _resolved(member, components)
        yield f"{prefix}{name}", "yes" if name in whole.get("required", ()) else "", _words(member, components)
        item = _resolved(inner.get("items", {}), components)
        if inner.get("properties"):
            yield from _members(inner, components, f"{prefix}{name}.")
        elif item.get("properties"):
            yield from _members(item, components, f"{prefix}{name}[].")


def _resolved(schema: Mapping[str, Any], components: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema that is meant: references followed, alternatives with null taken as the other one."""
    for options in (schema.get("anyOf"), schema.get("oneOf"), schema.get("allOf")):
        chosen = [one for one in options or () if one.get("type") != "null"]
        if len(chosen) == 1:
            return _resolved({**schema, "anyOf": None, "oneOf": None, "allOf": None, **chosen[0]}, components)
    if reference := schema.get("$ref"):
        return _resolved(components["schemas"][str(reference).rpartition("/")[2]], components)
    return schema


def _words(schema: Mapping[str, Any], components: Mapping[str, Any]) -> str:
    found = _resolved(schema, components)
    kinds = found.get("type", "")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    kind = next((one for one in kinds if one != "null"), "")
    said = _kind_words(kind, found, components)
    is_nullable = "null" in kinds or any(one.get("type") == "null" for one in schema.get("anyOf") or ())
    return f"{said}, or null" if is_nullable else said


def _kind_words(kind: str, found: Mapping[str, Any], components: Mapping[str, Any]) -> str:
    if "enum" in found:
        return "one of " + ", ".join(f"`{one}`" for one in found["enum"] if one is not None)
    if kind == "string":
        return _text_words(found)
    if kind in {"integer", "number"}:
        return ("whole number" if kind == "integer" else "number") + _range(found, "minimum", "maximum", is_number=True)
    if kind == "array":
        return f"list{_range(found, 'minItems', 'maxItems')} of: {_words(found.get('items', {}), components)}"
    return {"boolean": "true or false", "object": "object"}.get(kind, "anything")


def _text_words(found: Mapping[str, Any]) -> str:
    if found.get("format") in _FORMATS:
        return _FORMATS[found["format"]]
    words = f"text{_range(found, 'minLength', 'maxLength', ' characters')}"
    return f"{words} like `{found['pattern']}`" if "pattern" in found else words


def _range(found: Mapping[str, Any], least: str, most: str, unit: str = "", *, is_number: bool = False) -> str:
    low, high = found.get(least), found.get(most)
    has_low = bool(low) or (is_number and low is not None)
    if high is None:
        return f" of at least {_figure(low)}{unit}" if has_low else ""
    return f" of {_figure(low)} to {_figure(high)}{unit}" if has_low else f" of at most {_figure(high)}{unit}"


def _figure(number: float | None) -> str:
    # An odd number of 19 digits is hard to read; this one says what it is.
    return "2^62" if number == NUMBER_MOST else f"{number:,.10g}" if isinstance(number, float) else f"{number:,}"
