"""Every route says who may call it, and answers whatever is thrown at it with problem details, never with a fault."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.documents.routes import Route, reached_from, routes_of
from backend.incidents.reading import whole
from backend.intake.photos import read_photo
from backend.intake.voice import read_voice
from backend.kernel.blueprint import Blueprint
from backend.trust.access import PERMISSIONS
from backend.trust.bots import ACCESS as BOT
from backend.trust.reads import audit_of
from backend.wiring import blueprints
from tests.guards.conftest import Guarded

CLOSED = PERMISSIONS.keys() | {BOT}
IDS = {"uuid": "5f0e7c1a-3f8e-4a4e-9a64-0d7f0a3a8f11", "int": "7", "string": "x", "default": "x", "path": "x/y"}
# Ending the session under which all others are tried is tried elsewhere.
LEFT_OUT = {"DELETE /api/v1/session"}


def test_every_route_says_who_may_call_it(guarded: Guarded) -> None:
    unmarked = [route.name for route in routes_of(guarded.app) if route.access is None]
    assert unmarked == []


def test_every_permission_that_is_asked_for_exists_and_somebody_has_it(guarded: Guarded) -> None:
    asked = {route.access for route in routes_of(guarded.app)} - {"public", BOT}
    assert asked <= PERMISSIONS.keys()
    assert all(PERMISSIONS.values())


def test_every_permission_is_asked_for_somewhere(guarded: Guarded) -> None:
    asked = {str(route.access) for route in routes_of(guarded.app)}
    # The live stream and names of people are asked for inside, not at a route.
    assert PERMISSIONS.keys() - asked <= {"stream.read", "people.read"}


def test_every_route_that_shows_an_incident_or_a_photo_records_who_reads(guarded: Guarded) -> None:
    shown = {whole, read_photo, read_voice}
    showing = [route for route in routes_of(guarded.app) if shown & reached_from(route.view)]
    assert [route.name for route in showing if audit_of(route.view) is None] == []
    wanted = ("incidents/{incident_id}", "photos/{photo_id}", "voice/{voice_id}")
    pages = {"GET /console/plain/incidents/{incident_id}", "POST /console/plain/incidents/{incident_id}/note"}
    assert {f"GET /api/v1/{one}" for one in wanted} | pages <= {route.name for route in showing}


def test_every_blueprint_of_the_api_reads_strictly() -> None:
    assert [one.name for one in blueprints() if not isinstance(one, Blueprint)] == []


def test_what_asks_for_a_permission_is_closed_without_a_session(guarded: Guarded) -> None:
    client = guarded.app.test_client()
    open_ = {
        route.name: answer.status_code
        for route in routes_of(guarded.app)
        if route.access in CLOSED
        and (answer := client.open(address(route, guarded), method=route.method)).status_code != 401
        and not _is_page(route)
    }
    assert open_ == {}


def address(route: Route, guarded: Guarded) -> str:
    """An address of the route with ids in it; that of an incident is one that exists."""
    known = {"incident_id": str(guarded.incident_id), "suffix": "json"}

    def made(variable: re.Match[str]) -> str:
        kind, _, name = variable[1].rpartition(":")
        if kind.startswith("any("):
            return kind[4:].split(",")[0].strip(" )'")
        return known.get(name, IDS.get(kind.partition("(")[0], "x"))

    return re.sub("<([^<>]+)>", made, route.path)


def _is_page(route: Route) -> bool:
    return not route.path.startswith(("/api/", "/open311/"))


JSON = {"content_type": "application/json"}
DEEP = b"[" * 100_000
# Nothing of this is what any call takes.
GARBAGE: dict[str, dict[str, Any]] = {
    "nothing": {},
    "no JSON": {"data": b"\xff\xfe{", **JSON},
    "a number": {"data": b"7", **JSON},
    "a list": {"data": b"[{}]", **JSON},
    "an empty object": {"data": b"{}", **JSON},
    "unknown members": {"data": b'{"__proto__": {"a": 1}, "\\u0000": "\\ud800", "": null}', **JSON},
    "a depth bomb": {"data": DEEP, **JSON},
    "NaN": {"data": b'{"lat": NaN}', **JSON},
    "2 MB": {"data": b'"' + b"a" * 2_000_000 + b'"', **JSON},
    "a broken form": {"data": b"--x\r\n\r\n", "content_type": "multipart/form-data; boundary=x"},
    "a form": {"data": b"a=%00&b=%ff&=&&", "content_type": "application/x-www-form-urlencoded"},
    "an odd media type": {"data": b"{}", "content_type": "a/b; charset=\xff; ;;="},
    "an odd query": {
        "environ_overrides": {"QUERY_STRING": "limit=-1&cursor=%5B%5B&lang=xx&status=%00&q=%ff%00&page=\xff&a[]=1"}
    },
    "an odd cursor": {"query_string": "cursor=WyJcdWQ4MDAiLCAiXHUwMDAwIiwgMV0&limit=1"},
    "odd headers": {
        "headers": {
            "If-Match": "\xb2", "Accept-Language": "\xff;q=x,,;", "Range": "bytes=9-1", "Idempotency-Key": "\xe9" * 300,
            "If-Modified-Since": "never", "Cookie": 'linli_session="\\377\xe9; =;', "Last-Event-ID": "\xb2.\xb2",
        }
    },
    "an odd host": {"headers": {"Host": "[::1"}},
    "another odd host": {"headers": {"Host": "a b/..:99999999"}},
    "a foreign page": {"headers": {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}},
}  # fmt: skip


# What a call that is closed to the caller still looks at.
AT_THE_DOOR = {"no JSON", "2 MB", "an odd query", "odd headers"}


def thrown(client: FlaskClient, route: Route, guarded: Guarded, who: str) -> Iterator[tuple[str, TestResponse]]:
    """The answers of a route to all garbage that can reach it."""
    is_closed = route.access == BOT or (who == "nobody" and route.access in PERMISSIONS)
    for name, garbage in GARBAGE.items():
        is_unread = route.method == "get" and "data" in garbage and name != "a list"
        if is_unread or (is_closed and name not in AT_THE_DOOR):
            continue
        language = {"Accept-Language": "zh"} if who == "duty" else {}
        headers = {**guarded.headers[who], **language, **garbage.get("headers", {})}
        yield name, client.open(address(route, guarded), method=route.method, **{**garbage, "headers": headers})


@pytest.mark.parametrize("who", ["nobody", "resident", "duty"])
def test_garbage_is_never_a_fault_and_always_a_problem(guarded: Guarded, who: str) -> None:
    wrong = {}
    for route in routes_of(guarded.app):
        if route.name in LEFT_OUT or (who == "resident") != ("/receipt" in route.path):
            continue
        for name, answer in thrown(guarded.app.test_client(), route, guarded, who):
            if reason := _wrong(route, answer):
                wrong[f"{route.name}: {name}"] = reason
    assert wrong == {}


def _wrong(route: Route, answer: TestResponse) -> str | None:
    """What is wrong with an answer; None when nothing is."""
    if answer.status_code >= 500:
        return f"{answer.status_code} {answer.get_data(as_text=True)[:200]}"
    if answer.status_code < 400:
        return None
    if route.path.startswith("/open311/"):
        return _wrong_list(answer)
    if _is_page(route) and answer.mimetype == "text/html":
        return None if answer.headers["Content-Language"] in {"en", "zh"} else "no language"
    if answer.content_type != "application/problem+json":
        return f"{answer.status_code} {answer.content_type}"
    return _wrong_members(answer)


def _wrong_list(answer: TestResponse) -> str | None:
    """What is wrong with an error of Open311, whose form is not ours."""
    said = answer.get_json() if answer.content_type == "application/json; charset=utf-8" else None
    if not said or any(one.keys() != {"code", "description"} or one["code"] != answer.status_code for one in said):
        return f"no list of errors: {answer.content_type} {answer.get_data(as_text=True)[:200]}"
    english = [one for one in said if not re.search(r"[\u4e00-\u9fff]", one["description"])]
    return f"not in Chinese: {english}" if answer.headers["Content-Language"] == "zh" and english else None


def _wrong_members(answer: TestResponse) -> str | None:
    problem = json.loads(answer.get_data())
    expected = {
        "type": f"/problems/{problem.get('code')}",
        "status": answer.status_code,
        "request_id": answer.headers["X-Request-Id"],
    }
    if not problem.get("title") or {name: problem.get(name) for name in expected} != expected:
        return f"not a problem of ours: {problem}"
    if answer.headers["Content-Language"] == "zh" and (english := list(_english(problem))):
        return f"not in Chinese: {english}"
    return None if answer.headers["Content-Language"] in {"en", "zh"} else "no language"


def _english(problem: dict[str, Any]) -> Iterator[str]:
    """What a reader of Chinese would get in English."""
    said = [problem.get(name, "") for name in ("title", "detail", "advice")]
    waiting = [problem.get("errors", {})]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict | list):
            waiting += part.values() if isinstance(part, dict) else part
        else:
            said.append(part)
    return (text for text in said if text and not re.search(r"[\u4e00-\u9fff]", text))


def test_every_answer_has_the_headers_that_protect_its_reader(guarded: Guarded) -> None:
    client = guarded.app.test_client()
    lacking = {}
    for path in ("/api/v1/config", "/api/v1/incidents", "/api/v1/nowhere", "/", "/healthz"):
        headers = client.get(path, headers=guarded.headers["li"]).headers
        wanted = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
                  "Cross-Origin-Opener-Policy": "same-origin"}  # fmt: skip
        missing = [name for name, value in wanted.items() if headers.get(name) != value]
        missing += [] if "frame-ancestors 'none'" in headers.get("Content-Security-Policy", "") else ["CSP"]
        missing += [] if headers.get("Cache-Control") else ["Cache-Control"]
        if missing:
            lacking[path] = missing
    assert lacking == {}
