"""Whatever a schema, an address or a method is refused for is said in the reader's language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields, missing, validate

from backend.documents.errors import all_refusals
from backend.kernel.blueprint import UnreadableRequest
from backend.kernel.languages import best_language
from backend.kernel.reasons import in_language
from tests.guards.conftest import Guarded

BACKEND = Path(__file__).parents[2] / "backend"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# What people and programs send for a field that is something else.
ODD: tuple[Any, ...] = (
    missing, None, True, 0, -1, 1.5, float("nan"), float("inf"), 10**400, -(10**30), "", " ", "x", "1e999", "5" * 300,
    "a" * 10_001, "x" * 200_001, "\x00", "\ud800", "a@b\n", "2026-13-01T00:00:00Z", "1900-01-01T00:00:00Z",
    "2100-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "2026-03-01", [], [None], ["x"], [{}], [1] * 3000,
    ["x"] * 3000, {}, {"x": 1}, {"": None}, {"en": 1},
)  # fmt: skip


def said_by(error: ValidationError) -> Iterator[str]:
    """Every reason in an error, however deep it lies."""

    def leaves(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            for inner in part.values():
                yield from leaves(inner)
        elif isinstance(part, list):
            for inner in part:
                yield from leaves(inner)
        else:
            yield str(part)

    yield from leaves(error.messages)


def schemas() -> list[type[Schema]]:
    """Every schema of the program."""
    all_refusals()  # which imports every module
    found: list[type[Schema]] = []
    waiting = list(Schema.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("backend."):
            found.append(kind)
    return sorted(found, key=lambda kind: f"{kind.__module__}.{kind.__name__}")


SCHEMAS = schemas()


def every_field(schema: Schema) -> Iterator[fields.Field[Any]]:
    """The fields that a schema reads, with those inside lists and mappings."""
    waiting: list[Any] = list(schema.load_fields.values())
    while waiting:
        one = waiting.pop()
        yield one
        waiting += [inner for name in ("inner", "key_field", "value_field") if (inner := getattr(one, name, None))]


def reasons_of(field: fields.Field[Any]) -> set[str]:
    """What a field says of all that is odd, and its checks of what they are for."""
    found: set[str] = set()
    for value in ODD:
        try:
            field.deserialize(value)
        except ValidationError as error:
            found |= set(said_by(error))
    for check in field.validators:
        found |= reasons_of_check(check)
    return found


def reasons_of_check(check: Any) -> set[str]:
    tried: list[Any] = ["zzz", "", "a" * 3, [], list("abc")]
    if isinstance(check, validate.Range):
        tried = [
            edge for end, step in ((check.min, -1), (check.max, 1)) if end is not None for edge in (end + step, end)
        ]
    if isinstance(check, validate.Length):
        tried = ["", "a" * ((check.max or check.equal or 0) + 1), [None] * ((check.max or 0) + 1)]
    found: set[str] = set()
    for value in tried:
        try:
            check(value)
        except ValidationError as error:
            found |= set(said_by(error))
        except (TypeError, AttributeError):
            continue  # a check of another type
    return found


def untold(reasons: set[str]) -> list[str]:
    """Those that a reader of Chinese would get in English."""
    return sorted(one for one in reasons if not CHINESE.search(in_language(one, "zh")))


@pytest.mark.parametrize(
    "kind", SCHEMAS, ids=lambda kind: f"{kind.__module__.removeprefix('backend.')}.{kind.__name__}"
)
def test_every_reason_of_a_schema_exists_in_chinese(kind: type[Schema]) -> None:
    schema = kind()
    found = {reason for field in every_field(schema) for reason in reasons_of(field)}
    bodies: list[Any] = [None, 7, "x", [], [{}], {"no such member": 1}, {"\ud800": 1}, dict.fromkeys(schema.fields)]
    for body in bodies:
        try:
            schema.load(body)
        except ValidationError as error:
            found |= set(said_by(error))
    assert found
    assert untold(found) == []


def test_every_schema_is_looked_at() -> None:
    assert len(SCHEMAS) > 60
    assert "backend.intake.schemas.NewReportSchema" in {f"{kind.__module__}.{kind.__name__}" for kind in SCHEMAS}


def written_reasons() -> set[str]:
    """The reasons that our own code writes: in checks of fields, of whole schemas, and in refusals of a field."""
    found: set[str] = set()
    for path in sorted(BACKEND.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                found |= {said for argument in _of_a_field(node) if (said := _template(argument))}
    return found


def _of_a_field(call: ast.Call) -> Iterator[ast.expr]:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    if name in {"ValidationError", "UnreadableRequest"}:
        yield from call.args[:1]
    if name == "Invalid" and call.args and isinstance(call.args[0], ast.Dict):
        yield from (item for value in call.args[0].values if isinstance(value, ast.List) for item in value.elts)
    if name in {"Pattern", "OneOf", "Length", "Range", "Regexp"}:
        yield from (keyword.value for keyword in call.keywords if keyword.arg == "error")


def _template(argument: ast.expr) -> str | None:
    """The words; what is put into them at run time stands as a figure."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    if isinstance(argument, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "7" for one in argument.values)
    return None


def test_every_reason_that_our_code_writes_exists_in_chinese() -> None:
    found = written_reasons()
    assert len(found) > 15
    assert untold(found) == []


UNREADABLE = [b"help", b'{"a": ', b"{} {}", b'"\xff"', b'{"a": NaN}', b"[1e400]", b"[" * 99, b"9" * 5000, b'{"a":1,"a":2}',
              b'{"a"', b'["\x01"]', b'["\\x"]', b'["\\u12"]', b"\xef\xbb\xbf{}", b"-Infinity", b"[1,]", b"'a'"]  # fmt: skip


@pytest.mark.parametrize("raw", UNREADABLE)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_why_a_body_cannot_be_read_is_said_in_the_readers_language(guarded: Guarded, raw: bytes, language: str) -> None:
    answer = guarded.app.test_client().post(
        f"/api/v1/reports?lang={language}", data=raw, content_type="application/json"
    )
    problem = answer.get_json(force=True)
    assert (answer.status_code, problem["code"]) == (400, "unreadable")
    assert bool(CHINESE.search(problem["detail"])) == (language == "zh")


def test_a_request_that_cannot_be_read_for_no_reason_of_ours_has_no_detail() -> None:
    assert UnreadableRequest().detail == {}


@pytest.mark.parametrize(
    "method, path, options, status",
    [
        ("GET", "/api/v1/nowhere", {}, 404),
        ("GET", "/api/v1/photos/1", {}, 404),
        ("PUT", "/api/v1/reports", {}, 405),
        ("POST", "/api/v1/reports", {"data": b"a=b", "content_type": "text/plain"}, 415),
        ("POST", "/api/v1/reports", {"data": b"x" * 1_000_001, "content_type": "application/json"}, 413),
        ("GET", "/api/v1/incidents?grade=9&limit=0&colour=red&owner=x&status=open&category=7", {}, 422),
        ("GET", "/api/v1/incidents?cursor=%5B", {}, 422),
        ("GET", "/api/v1/areas/locate?lat=91&lon=x", {}, 422),
        ("GET", "/api/v1/shifts?from=1900-01-01T00:00:00Z", {}, 422),
        ("POST", "/api/v1/receipt/cancel", {"json": {"code": "1"}}, 401),
        ("GET", "/api/v1/me", {"headers": {"Authorization": "Bearer x"}}, 401),
        ("GET", "/api/v1/policy/rules", {"environ_overrides": {"QUERY_STRING": "q=\xff"}}, 400),
    ],
)
def test_what_an_address_a_method_or_a_filter_is_refused_for_is_said_in_chinese(
    guarded: Guarded, method: str, path: str, options: dict[str, Any], status: int
) -> None:
    headers = {**guarded.headers["duty"], "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8", **options.get("headers", {})}
    answer = guarded.app.test_client().open(path, method=method, **(options | {"headers": headers}))
    problem = answer.get_json(force=True)
    assert (answer.status_code, answer.headers["Content-Language"]) == (status, "zh")
    for name in ("title", "detail", "advice"):
        assert name not in problem or CHINESE.search(problem[name]), problem
    assert untold(set(said_by(ValidationError(problem.get("errors", {}))))) == []
    assert status != 422 or problem["errors"]


@pytest.mark.parametrize(
    "wanted, language",
    [
        (None, "en"), ("", "en"), ("zh", "zh"), ("zh-Hant-TW", "zh"), ("fr, zh;q=0.4, en;q=0.8", "en"),
        ("en;q=0.2, zh;q=0.9", "zh"), ("en;q=0, zh;q=0.1", "zh"), ("en;q=0", "en"), ("fr", "en"), ("zh;q=x", "zh"),
        ("*", "en"), (",;,", "en"), ("EN-gb;Q=1", "en"),
    ],
)  # fmt: skip
def test_the_language_is_the_one_that_the_reader_likes_best(wanted: str | None, language: str) -> None:
    assert best_language(wanted) == language


def test_a_deployment_offers_its_languages_and_the_first_is_the_default() -> None:
    assert best_language("fr", ("zh", "en")) == "zh"
    assert best_language("en", ("zh",)) == "zh"


def test_no_pattern_takes_the_words_of_another() -> None:
    assert in_language("Must be greater than or equal to 1 and less than or equal to 5.", "zh") == "须在1与5之间。"
    assert in_language("Must be greater than or equal to 1.", "zh") == "不得小于1。"
    assert in_language("Must be greater than 1.", "zh") == "须大于1。"
